"""sync/bisync beside rclone's own bisync: the same trees and calls must end in the same trees and listings, and either
program goes on where the other stopped."""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402

THEN = 1_600_000_000_123_456_789
DAY = 86_400 * 10 ** 9
FLAGS = {"resync": "--resync", "force": "--force", "checkAccess": "--check-access", "dryRun": "--dry-run",
         "removeEmptyDirs": "--remove-empty-dirs", "noCleanup": "--no-cleanup"}
OPTIONS = {"maxDelete": "--max-delete", "checkFilename": "--check-filename", "filtersFile": "--filters-file",
           "checkSync": "--check-sync"}
ABORTED = "bisync aborted"


class Place:
    """Two folders and a working folder, and a program that syncs them."""

    def __init__(self, root, bisync):
        self.root = root
        self.bisync = bisync
        self.one, self.two, self.work = f"{root}/one", f"{root}/two", f"{root}/work"

    def make(self):
        for folder in (self.one, self.two, self.work):
            os.makedirs(folder)

    def sync(self, **parameters):
        return self.bisync(self, {key: value.replace("ROOT", self.root) if isinstance(value, str) else value
                                  for key, value in parameters.items()})

    def write(self, path, content, day=0):
        trees.write(f"{self.root}/{path}", content, THEN + day * DAY)

    def remove(self, path):
        os.remove(f"{self.root}/{path}")

    def move(self, path, to):
        os.rename(f"{self.root}/{path}", f"{self.root}/{to}")

    def mkdir(self, path):
        os.makedirs(f"{self.root}/{path}")

    def files(self):
        """path -> (content, time); folders end in a slash."""
        found = {}
        for side in ("one", "two"):
            root = os.fsencode(f"{self.root}/{side}")
            for name in trees.walk_files(root):
                path = os.path.join(root, name)
                found[side, name] = (Path(os.fsdecode(path)).read_bytes(), os.stat(path).st_mtime_ns)
            for name in trees.walk_folders(root):
                found[side, name + b"/"] = None
        return found

    def listings(self):
        """ending of the name -> sorted lines, without the time of writing."""
        return {name[name.index(".path"):]: sorted(Path(self.work, name).read_text().splitlines()[1:])
                for name in os.listdir(self.work) if ".path" in name and not name.endswith("-new")}

    def locks(self):
        return [name for name in os.listdir(self.work) if name.endswith(".lck")]


class Bisync(running.DaemonTest):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.keep = running.stack()
        keep, cls.all_folders = cls.keep.__enter__()
        cls.daemon = running.Daemon(cls.binary, cls.all_folders, "-v")
        keep.callback(cls.daemon.close)

    @classmethod
    def tearDownClass(cls):
        cls.keep.__exit__(None, None, None)

    def setUp(self):
        self.use_folder(self._testMethodName)

    def use_folder(self, name):
        self.folder = os.path.join(self.all_folders, name)
        self.ours = Place(f"{self.folder}/ours", self.sync_here)
        self.theirs = Place(f"{self.folder}/them", self.sync_by_rclone)
        self.both = (self.ours, self.theirs)
        for place in self.both:
            place.make()

    def sync_here(self, place, parameters):
        """(error, its reason) of a call, or Nones."""
        status, _, body = self.daemon.post("sync/bisync", {"path1": place.one, "path2": place.two,
                                                           "workdir": place.work, **parameters})
        reply = json.loads(body)
        if status == 200:
            return None, None
        reason = re.findall(r"Bisync critical error: (.*)", self.daemon.output())
        return (reply["error"].replace(place.root, "ROOT"),
                reason[-1].replace(place.root, "ROOT") if reply["error"] == ABORTED else None)

    def sync_by_rclone(self, place, parameters):
        command = [running.needed("rclone"), "bisync", place.one, place.two, "--workdir", place.work, "--config",
                   f"{self.all_folders}/rclone.conf", "-v"]
        for key, value in parameters.items():
            if key in FLAGS:
                command += [FLAGS[key]] if value else []
            else:
                command += [OPTIONS[key], str(value)]
        ended = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60)
        if ended.returncode == 0:
            return None, None
        reason = re.findall(r"Bisync critical error: (.*)", ended.stderr)
        if reason:
            return ABORTED, reason[-1].replace(place.root, "ROOT")
        return re.findall(r"Failed to bisync: (.*)", ended.stderr)[-1].replace(place.root, "ROOT"), None

    @staticmethod
    def neutral(said):
        """(error, reason) without what differs between two places."""
        return tuple(text and re.sub("_(ours|them)_", "_PLACE_", text) for text in said)

    def do(self, change):
        for place in self.both:
            change(place)

    def sync(self, **parameters):
        """Both programs on their trees; what they say and leave must be the same. The error."""
        ours, theirs = (place.sync(**parameters) for place in self.both)
        self.assertEqual(self.neutral(theirs), self.neutral(ours))
        self.assert_same()
        return ours[0]

    def assert_same(self):
        self.assertEqual(self.theirs.files(), self.ours.files())
        self.assertEqual(self.theirs.listings(), self.ours.listings())
        self.assertEqual((self.theirs.locks(), []), (self.ours.locks(), []))

    def begin(self, *more):
        """A tree that was synced once."""
        def make(place):
            for number in range(8):
                place.write(f"one/folder {number % 3}/file{number}", b"%d" % number)
            place.write("two/only here", b"2")
            for path, content in more:
                place.write(path, content)
        self.do(make)
        self.assertIsNone(self.sync(resync=True))

    # -- beside rclone ----------------------------------------------------------------------------------------------

    def test_the_first_run_needs_a_resync(self):
        self.do(lambda place: place.write("one/x", b"1"))

        self.assertEqual(ABORTED, self.sync())
        self.assertIsNone(self.sync(resync=True))
        self.assertIsNone(self.sync())

    def test_a_resync_makes_both_sides_the_same_and_prefers_path1(self):
        def make(place):
            place.write("one/both", b"one")
            place.write("two/both", b"two!", 1)
            place.write("one/deep/er/a", b"a")
            place.write("two/deep/b", b"b")
            place.write("one/touched", b"same")
            place.write("two/touched", b"same", 3)
        self.do(make)

        self.assertIsNone(self.sync(resync=True))

        self.assertEqual(b"one", Path(self.ours.two, "both").read_bytes())

    def test_changes_of_each_side_reach_the_other(self):
        self.begin()

        def change(place):
            place.write("one/new1", b"new1", 1)
            place.write("two/deep/er/new2", b"new2", 1)
            place.write("one/folder 0/file0", b"changed on one", 2)
            place.write("two/folder 1/file1", b"changed on two", 2)
            place.write("two/folder 2/file2", b"2", 3)  # touched
            place.write("one/folder 0/file3", b"older", -3)
            place.remove("one/folder 1/file4")
            place.remove("two/folder 2/file5")
        self.do(change)

        self.assertIsNone(self.sync())
        self.assertIsNone(self.sync())

        self.assertEqual([], trees.differences(self.ours.one, self.ours.two))

    def test_the_same_file_changed_deleted_or_made_on_both_sides(self):
        self.begin()

        def change(place):
            place.write("one/folder 0/file0", b"conflict one", 1)
            place.write("two/folder 0/file0", b"conflict two", 2)
            place.write("one/made", b"made on one", 1)
            place.write("two/made", b"made on two!", 1)
            place.remove("one/folder 1/file1")
            place.remove("two/folder 1/file1")
            place.remove("one/folder 2/file2")
            place.write("two/folder 2/file2", b"kept", 1)
            place.write("one/folder 0/file3", b"kept too", 1)
            place.remove("two/folder 0/file3")
        self.do(change)

        self.assertIsNone(self.sync())

        self.assertEqual(b"conflict one", Path(self.ours.two, "folder 0/file0..path1").read_bytes())
        self.assertIsNone(self.sync())

    def test_a_renamed_file_is_renamed_on_the_other_side(self):
        self.begin()
        self.do(lambda place: place.move("one/folder 0/file0", "one/folder 1/moved"))

        self.assertIsNone(self.sync())

        self.assertFalse(os.path.exists(f"{self.ours.two}/folder 0/file0"))

    def test_awkward_names(self):
        names = [name for name in trees.AWKWARD if len(name) < 200 and "\u201b" not in name.decode(errors="replace")]  # rclone itself fails on it
        def make(place):
            for side in (b"one", b"two"):
                for name in names:
                    trees.write(os.path.join(os.fsencode(place.root), side, name + side), name, THEN)
                    trees.write(os.path.join(os.fsencode(place.root), side, b"d " + name, b"\xc3\xa9 f"), name, THEN)
        self.do(make)
        self.assertIsNone(self.sync(resync=True))

        def change(place):
            for name in names[::2]:
                trees.write(os.path.join(os.fsencode(place.one), name + b"one"), b"changed", THEN + DAY)
                os.remove(os.path.join(os.fsencode(place.two), b"d " + name, b"\xc3\xa9 f"))
        self.do(change)

        self.assertIsNone(self.sync())
        self.assertEqual([], trees.differences(self.ours.one, self.ours.two))

    def test_random_changes(self):
        for seed in range(3):
            with self.subTest(seed=seed):
                self.use_folder(f"random {seed}")
                self.begin()
                for step in range(6):
                    def change(place):
                        chance = random.Random(100 * seed + step)
                        for _ in range(6):
                            side, name = chance.choice(["one", "two"]), f"folder {chance.randrange(3)}/file{chance.randrange(12)}"
                            path = f"{side}/{name}"
                            if chance.random() < 0.3 and os.path.exists(f"{place.root}/{path}"):
                                place.remove(path)
                            else:
                                place.write(path, chance.randbytes(chance.randrange(1, 9)), chance.randrange(1000))
                    self.do(change)
                    self.sync(maxDelete=100)

    # -- what is refused --------------------------------------------------------------------------------------------

    def test_too_many_deletes_are_refused_unless_forced(self):
        self.begin()
        self.do(lambda place: [place.remove(f"two/folder {n % 3}/file{n}") for n in range(5)])

        self.assertEqual("too many deletes", self.sync())
        self.assertEqual("too many deletes", self.sync(maxDelete=10))
        self.assertIsNone(self.sync(force=True))
        self.do(lambda place: place.remove("one/folder 2/file5"))
        self.assertEqual("too many deletes", self.sync(maxDelete=0))
        self.assertEqual("too many deletes", self.ours.sync(_config={"MaxDelete": 10})[0])
        self.assertIsNone(self.sync(maxDelete=25))

    def test_all_files_changed_is_refused_unless_forced(self):
        self.begin()
        def touch(place):
            for name in trees.walk_files(place.one):
                os.utime(os.path.join(os.fsencode(place.one), name), ns=(THEN + DAY, THEN + DAY))
        self.do(touch)

        self.assertEqual("all files were changed", self.sync())
        self.assertIsNone(self.sync(force=True))

    def test_an_empty_side_is_refused_and_locks_out(self):
        self.begin()
        self.do(lambda place: (shutil.rmtree(place.one), os.mkdir(place.one)))

        self.assertEqual(ABORTED, self.sync(force=True))
        self.assertEqual(ABORTED, self.sync())
        self.assertIsNone(self.sync(resync=True))

    def test_check_access(self):
        self.begin()
        self.assertEqual(ABORTED, self.sync(checkAccess=True))
        self.assertIsNone(self.sync(resync=True))
        self.do(lambda place: [place.write(f"one/{path}", b"") for path in ("RCLONE_TEST", "folder 0/RCLONE_TEST")])
        self.assertIsNone(self.sync())
        self.assertIsNone(self.sync(checkAccess=True))
        self.assertIsNone(self.sync(checkAccess=True, checkFilename="file1"))
        self.do(lambda place: place.remove("two/folder 0/RCLONE_TEST"))
        self.assertEqual(ABORTED, self.sync(checkAccess=True))

    def test_a_changed_filters_file_needs_a_resync(self):
        self.begin(("one/x.bak", b"1"))
        self.do(lambda place: place.write("filters", b"- *.bak\n"))
        parameters = {"filtersFile": "ROOT/filters"}

        self.assertEqual(ABORTED, self.sync(**parameters))
        self.assertIsNone(self.sync(**parameters, resync=True))
        self.do(lambda place: place.write("one/y.bak", b"2"))
        self.assertIsNone(self.sync(**parameters))
        self.do(lambda place: place.write("filters", b"- *.tmp\n"))
        self.assertEqual(ABORTED, self.sync(**parameters))
        self.assertEqual(ABORTED, self.sync(filtersFile="ROOT/missing"))
        self.assertEqual(Path(self.theirs.root, "filters.md5").read_text(),
                         Path(self.ours.root, "filters.md5").read_text())

    def test_check_sync_only_compares_the_listings(self):
        self.begin()
        self.assertIsNone(self.sync(checkSync="only"))
        def damage(place):
            for name in os.listdir(place.work):
                if name.endswith(".path2.lst"):
                    lines = Path(place.work, name).read_text().splitlines(keepends=True)
                    Path(place.work, name).write_text("".join(sorted(lines)[:-1]))
        self.do(damage)

        self.assertEqual(ABORTED, self.sync(checkSync="only"))

    def test_a_lock_file_refuses(self):
        self.begin()
        names = [next(name for name in os.listdir(place.work)).split(".path")[0] + ".lck" for place in self.both]
        for place, name in zip(self.both, names):
            Path(place.work, name).write_text("123")

        ours, theirs = (place.sync() for place in self.both)

        self.assertEqual((f"prior lock file found: ROOT/work/{names[0]}", None), ours)
        self.assertEqual(self.neutral(theirs), self.neutral(ours))

    # -- the rest ---------------------------------------------------------------------------------------------------

    def test_a_dry_run_changes_nothing(self):
        self.begin()
        def change(place):
            place.write("one/new", b"1")
            place.write("one/folder 0/file0", b"c1", 1)
            place.write("two/folder 0/file0", b"c2", 2)
            place.remove("two/folder 1/file1")
        self.do(change)
        before = self.ours.files()

        self.assertIsNone(self.sync(dryRun=True))

        self.assertEqual(before, self.ours.files())

    def test_empty_folders_are_left_alone_or_removed(self):
        self.begin()
        self.do(lambda place: (place.mkdir("one/empty/deep"), place.mkdir("two/other")))

        self.assertIsNone(self.sync())
        self.assertIsNone(self.sync(removeEmptyDirs=True))

    def test_empty_folders_travel_when_asked(self):
        self.ours.write("one/x", b"1")
        self.ours.mkdir("one/empty/deep")
        self.ours.mkdir("two/other")
        self.assertEqual((None, None), self.ours.sync(resync=True, createEmptySrcDirs=True))
        self.assertTrue(os.path.isdir(f"{self.ours.two}/empty/deep") and os.path.isdir(f"{self.ours.one}/other"))
        os.rmdir(f"{self.ours.two}/empty/deep")
        self.ours.mkdir("one/more")
        self.ours.write("two/other/file", b"2")

        self.assertEqual((None, None), self.ours.sync(createEmptySrcDirs=True))

        self.assertEqual([], trees.differences(self.ours.one, self.ours.two))
        self.assertEqual({b"empty", b"other", b"more"}, trees.walk_folders(self.ours.one))
        self.assertEqual({b"empty", b"other", b"more"}, trees.walk_folders(self.ours.two))

    def test_either_program_goes_on_where_the_other_stopped(self):
        self.begin()
        place = self.ours
        for day, sync in enumerate([self.sync_by_rclone, self.sync_here, self.sync_by_rclone, self.sync_here], start=1):
            place.write(f"one/new {day}", b"1", day)
            place.write(f"two/folder 0/file0", b"%d" % day, day)
            place.remove(f"one/folder {day % 3}/file{day}")
            place.write("one/both", b"one" * day, day)
            place.write("two/both", b"two" * day * 2, day)

            self.assertEqual((None, None), sync(place, {}))

            self.assertEqual([], trees.differences(place.one, place.two))
            self.assertFalse(os.path.exists(f"{place.two}/folder {day % 3}/file{day}"))
            self.assertTrue(os.path.exists(f"{place.one}/both..path2"))
            for side, name in [(place.one, "both..path1"), (place.one, "both..path2"), (place.two, "both..path1"),
                               (place.two, "both..path2")]:
                os.remove(f"{side}/{name}")

    def test_a_file_with_the_same_content_on_both_sides_is_no_conflict(self):
        self.begin()
        self.ours.write("one/same", b"same", 1)
        self.ours.write("two/same", b"same", 2)

        self.assertEqual((None, None), self.ours.sync())

        self.assertFalse(os.path.exists(f"{self.ours.one}/same..path1"))

    def test_conflicts_by_the_newer_parameters(self):
        cases = [
            ({"conflictResolve": "newer"}, {"x": b"two!!", "x.conflict1": b"one"}),
            ({"conflictResolve": "larger", "conflictLoser": "delete"}, {"x": b"two!!"}),
            ({"conflictResolve": "path1", "conflictLoser": "pathname"}, {"x": b"one", "x.conflict2": b"two!!"}),
            ({"conflictLoser": "num"}, {"x.conflict1": b"one", "x.conflict2": b"two!!"}),
            ({"conflictLoser": "pathname", "conflictSuffix": "a,b"}, {"x.a": b"one", "x.b": b"two!!"}),
        ]
        for number, (parameters, expected) in enumerate(cases):
            with self.subTest(parameters):
                place = Place(f"{self.folder}/{number}", self.sync_here)
                place.make()
                place.write("one/other", b"")
                place.write("one/x", b"")
                place.sync(resync=True)
                place.write("one/x", b"one", 1)
                place.write("two/x", b"two!!", 2)

                self.assertEqual((None, None), place.sync(**parameters))

                for side in (place.one, place.two):
                    found = {name: Path(side, name).read_bytes() for name in os.listdir(side) if name != "other"}
                    self.assertEqual(expected, found)

    def test_overwritten_and_removed_files_go_to_their_backups(self):
        self.begin()
        self.ours.write("two/folder 0/file0", b"changed", 1)
        self.ours.remove("one/folder 1/file1")

        self.assertEqual((None, None), self.ours.sync(backupDir1="ROOT/kept1", backupDir2="ROOT/kept2"))

        self.assertEqual(b"0", Path(self.ours.root, "kept1/folder 0/file0").read_bytes())
        self.assertEqual(b"1", Path(self.ours.root, "kept2/folder 1/file1").read_bytes())

    def test_content_that_changed_under_its_time_is_found_by_checksum(self):
        self.begin()
        self.ours.write("one/folder 0/file0", b"X")

        self.assertEqual((None, None), self.ours.sync())
        self.assertEqual(b"0", Path(self.ours.two, "folder 0/file0").read_bytes())
        self.assertEqual((None, None), self.ours.sync(compare="size,modtime,checksum"))
        self.assertEqual(b"X", Path(self.ours.two, "folder 0/file0").read_bytes())

    def test_parameters_that_make_no_sense(self):
        def refused(**parameters):
            status, _, body = self.daemon.post("sync/bisync", {"path1": self.ours.one, "path2": self.ours.two,
                                                               "workdir": self.ours.work, **parameters})
            return status, json.loads(body)["error"]

        self.assertEqual((400, "maxDelete must be a percentage between 0 and 100"), refused(maxDelete=101))
        self.assertEqual((400, 'couldn\'t parse key "resync" (maybe) as bool: strconv.ParseBool: parsing "maybe": '
                               'invalid syntax'), refused(resync="maybe"))
        self.assertEqual((500, 'unknown check-sync mode for bisync: "bad"'), refused(checkSync="bad"))
        self.assertEqual(404, refused(path1=self.ours.one + "/missing", resync=True)[0])
        self.assertEqual([], os.listdir(self.ours.work), "nothing but listings was to be left there")

    # -- interrupted --------------------------------------------------------------------------------------------------

    def killed_in_the_middle(self, **parameters):
        """Listings as after a daemon that was killed while it copied; the daemon of now."""
        place = self.ours
        place.write("one/a", b"1")
        place.write("one/b", b"2")
        daemon = running.Daemon(self.binary, self.folder)
        self.addCleanup(daemon.log.close)
        paths = {"path1": place.one, "path2": place.two, "workdir": place.work}
        daemon.call("sync/bisync", **paths, resync=True, **parameters)
        for number in range(4):
            place.write(f"one/new {number}", bytes(200_000), 1)
        place.write("two/from two", b"2", 1)
        place.remove("two/a")
        daemon.call("core/bwlimit", rate="200k")
        job = daemon.start("sync/bisync", **paths, **parameters, _config={"Transfers": 1})
        running.wait_for(lambda: daemon.call("core/stats", group=f"job/{job}")["transfers"] >= 2, 60, "some are copied")
        daemon.end(signal.SIGKILL)
        self.assertEqual(1, len(place.locks()))
        return paths

    def test_after_a_kill_the_lock_stays_and_then_nothing_is_lost(self):
        paths = self.killed_in_the_middle()
        self.assertIn("prior lock file found", self.daemon.fails("sync/bisync", **paths))
        os.remove(os.path.join(self.ours.work, self.ours.locks()[0]))

        self.daemon.call("sync/bisync", **paths)

        self.assertEqual([], trees.differences(self.ours.one, self.ours.two))
        self.assertEqual(sorted(["b", "from two"] + [f"new {n}" for n in range(4)]),
                         sorted(name for name in os.listdir(self.ours.one) if ".partial" not in name))

    def test_after_a_kill_an_expired_lock_is_taken_over_and_the_run_recovers(self):
        parameters = {"resilient": True, "recover": True, "maxLock": "2m"}
        paths = self.killed_in_the_middle(**parameters)
        lock = Path(self.ours.work, self.ours.locks()[0])
        held = json.loads(lock.read_text())
        self.assertIn("prior lock file found", self.daemon.fails("sync/bisync", **paths, **parameters))
        lock.write_text(json.dumps({**held, "TimeExpires": "2020-01-01T00:00:00Z"}))

        self.daemon.call("sync/bisync", **paths, **parameters)

        self.assertEqual([], trees.differences(self.ours.one, self.ours.two))
        self.assertFalse(os.path.exists(f"{self.ours.one}/a"))
        self.assertEqual([], self.ours.locks())

    def test_a_stopped_job_gives_the_lock_back_and_needs_a_resync_unless_resilient(self):
        for resilient in (True, False):
            with self.subTest(resilient=resilient):
                place = Place(f"{self.folder}/{resilient}", self.sync_here)
                place.make()
                place.write("one/a", b"1")
                place.sync(resync=True)
                for number in range(4):
                    place.write(f"one/new {number}", bytes(1_000_000), 1)
                self.daemon.call("core/bwlimit", rate="200k")
                self.addCleanup(self.daemon.call, "core/bwlimit", rate="off")
                job = self.daemon.start("sync/bisync", path1=place.one, path2=place.two, workdir=place.work,
                                        resilient=resilient)
                running.wait_for(lambda: self.daemon.call("core/stats", group=f"job/{job}")["bytes"] > 0, 60, "it copies")
                self.daemon.call("job/stop", jobid=job)

                self.assertEqual("context canceled", self.daemon.finished(job)["error"])
                self.assertEqual([], place.locks())
                self.daemon.call("core/bwlimit", rate="off")
                error = place.sync()[0]
                self.assertEqual(None if resilient else ABORTED, error)
                if resilient:
                    self.assertEqual([], trees.differences(place.one, place.two))

    def test_resilient_forgives_what_another_run_can_mend(self):
        self.begin()
        parameters = {"resilient": True, "checkAccess": True}
        self.assertEqual((ABORTED, "check file check failed"), self.ours.sync(**parameters))
        for side in ("one", "two"):
            self.ours.write(f"{side}/RCLONE_TEST", b"")

        self.assertEqual((None, None), self.ours.sync(**parameters))

    def test_nothing_is_left_alive(self):
        self.begin()
        self.assertEqual((None, None), self.ours.sync())

        for kind in ("bisync", "sync", "transfer"):
            running.wait_for(lambda: self.daemon.live("argosy_actors", kind=kind) == 0, 20, f"no {kind} actor lives")


if __name__ == "__main__":
    running.main()
