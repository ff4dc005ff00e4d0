"""Copying, syncing and moving real trees; what the statistics say about it (rc-surface 3.2 to 3.8)."""
import os
import random
import socket
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402

OVERLAP = "can't sync or move files on overlapping remotes (try excluding the destination with a filter rule)"
KIB, MIB = 1 << 10, 1 << 20


class Copying(running.DaemonTest):
    @classmethod
    def setUpClass(cls):
        cls.keep = running.stack()
        keep, cls.all_folders = cls.keep.__enter__()
        cls.daemon = running.Daemon(cls.binary, cls.all_folders)
        keep.callback(cls.daemon.close)

    @classmethod
    def tearDownClass(cls):
        cls.keep.__exit__(None, None, None)

    def setUp(self):
        self.folder = os.path.join(self.all_folders, self._testMethodName)
        os.mkdir(self.folder)
        self.source, self.copy = self.path("source"), self.path("copy")
        self.runs = 0

    def run_sync(self, command="copy", **parameters):
        """The statistics of one call, which must succeed."""
        self.runs += 1
        group = f"{self._testMethodName} {self.runs}"
        self.daemon.call(f"sync/{command}", **{"srcFs": self.source, "dstFs": self.copy, "_group": group, **parameters})
        stats = self.daemon.call("core/stats", group=group)
        self.assertEqual((0, False, False), (stats["errors"], stats["fatalError"], stats["retryError"]), stats)
        self.assertEqual((stats["totalTransfers"], stats["totalChecks"], stats["totalBytes"]),
                         (stats["transfers"], stats["checks"], stats["bytes"]), "all that was planned is done")
        return stats

    def counts(self, *arguments, **parameters):
        stats = self.run_sync(*arguments, **parameters)
        return {key: stats[key] for key in ["transfers", "checks", "deletes"]}

    def make(self, files=10, size=100):
        for number in range(files):
            trees.write(f"{self.source}/folder {number % 3}/file {number}", number.to_bytes(4, "big") * (size // 4),
                        1_600_000_000_000_000_000 + number)

    def assert_same(self):
        self.assertEqual([], trees.differences(self.source, self.copy))

    # -- what comes out --------------------------------------------------------------------------------------------

    def test_random_trees_arrive_whole_and_once(self):
        for seed in range(3):
            with self.subTest(seed=seed):
                self.source, self.copy = self.path(f"source {seed}"), self.path(f"copy {seed}")
                trees.make_random(self.source, seed)
                names = list(trees.walk_files(self.source))
                size = sum(os.path.getsize(os.path.join(os.fsencode(self.source), name)) for name in names)

                first = self.run_sync()
                self.assert_same()
                self.assertEqual((len(names), size), (first["transfers"], first["bytes"]))

                self.assertEqual({"transfers": 0, "checks": len(names), "deletes": 0}, self.counts())

                changed = random.Random(seed).sample(names, 10)
                for name in changed:
                    trees.write(os.path.join(os.fsencode(self.source), name), b"changed", 1_700_000_000_123_456_789)
                again = self.run_sync()
                self.assert_same()
                self.assertEqual((10, 70, len(names)), (again["transfers"], again["bytes"], again["checks"]))

    def test_two_thousand_small_files(self):
        for number in range(2000):
            trees.write(f"{self.source}/{number % 20}/{number}", b"%d" % number, 1_500_000_000_000_000_000 + number)

        self.assertEqual({"transfers": 2000, "checks": 0, "deletes": 0}, self.counts())
        self.assert_same()
        self.assertEqual({"transfers": 0, "checks": 2000, "deletes": 0}, self.counts())

    def test_one_large_file(self):
        trees.write(f"{self.source}/large", random.Random(1).randbytes(64 * MIB), 1_500_000_000_987_654_321)

        self.assertEqual(64 * MIB, self.run_sync()["bytes"])
        self.assert_same()

    def test_two_hundred_levels(self):
        deep = "/".join(f"level {number}" for number in range(200))
        trees.write(f"{self.source}/{deep}/bottom", b"found", 1)

        self.counts()

        self.assert_same()

    def test_sparse_files_keep_their_content(self):
        os.mkdir(self.source)
        with open(f"{self.source}/sparse", "wb") as file:
            file.write(b"begin")
            file.seek(20 * MIB)
            file.write(b"middle")
            file.truncate(40 * MIB + 1)

        self.counts()

        self.assert_same()

    def test_links_and_special_files_are_left_out(self):
        self.make(3)
        os.symlink("folder 0", f"{self.source}/link to a folder")
        os.symlink("folder 0/file 0", f"{self.source}/link to a file")
        os.symlink("nowhere", f"{self.source}/link to nothing")
        os.mkfifo(f"{self.source}/pipe")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{self.source}/socket")

            self.assertEqual({"transfers": 3, "checks": 0, "deletes": 0}, self.counts())

        self.assertEqual({"folder 0", "folder 1", "folder 2"}, set(os.listdir(self.copy)))

    def test_links_of_the_destination_are_not_followed_out_of_it(self):
        self.make(1)
        trees.write(self.path("outside", "file 0"), b"untouched", 1)
        os.makedirs(f"{self.copy}/folder 0")
        os.symlink(self.path("outside", "file 0"), f"{self.copy}/folder 0/file 0")

        self.run_sync()

        self.assertEqual(b"untouched", Path(self.path("outside", "file 0")).read_bytes())
        self.assert_same()

    def test_folders_keep_their_times(self):
        self.make(3)
        for number in range(3):
            os.utime(f"{self.source}/folder {number}", ns=(1, 1_400_000_000_111_222_333 + number))

        self.run_sync()

        for number in range(3):
            self.assertEqual(1_400_000_000_111_222_333 + number, os.stat(f"{self.copy}/folder {number}").st_mtime_ns)

    def test_empty_folders_come_along_only_when_wanted(self):
        self.make(1)
        os.makedirs(f"{self.source}/empty/within")

        self.run_sync()
        self.assertEqual({b"folder 0"}, trees.walk_folders(self.copy))
        self.run_sync(createEmptySrcDirs=True)
        self.assertEqual({b"folder 0", b"empty", b"empty/within"}, trees.walk_folders(self.copy))

    @unittest.skipIf(os.geteuid() == 0, "root can read every file")
    def test_an_unreadable_file_is_an_error_and_the_others_are_copied(self):
        self.make(10)
        os.chmod(f"{self.source}/folder 0/file 3", 0)

        self.assertIn("permission denied", self.daemon.fails("sync/copy", srcFs=self.source, dstFs=self.copy, _group="unreadable"))

        os.chmod(f"{self.source}/folder 0/file 3", 0o600)
        self.assertEqual(["missing: b'folder 0/file 3'"], trees.differences(self.source, self.copy))
        self.assertEqual(1, self.daemon.call("core/stats", group="unreadable")["errors"])

    # -- when a file is copied -------------------------------------------------------------------------------------

    def test_another_time_with_the_same_content_is_corrected_in_place(self):
        self.make(5)
        self.run_sync()
        os.utime(f"{self.source}/folder 0/file 0", ns=(1, 1_700_000_000_000_000_001))
        inode = os.stat(f"{self.copy}/folder 0/file 0").st_ino

        self.assertEqual({"transfers": 0, "checks": 5, "deletes": 0}, self.counts())

        self.assert_same()
        self.assertEqual(inode, os.stat(f"{self.copy}/folder 0/file 0").st_ino)

    def test_options_of_the_call_decide_what_differs(self):
        self.make(5)
        self.run_sync()
        file = f"{self.source}/folder 0/file 0"
        trees.write(file, b"x" * 100, 1_700_000_000_000_000_000)  # content and time
        copied = Path(f"{self.copy}/folder 0/file 0")
        old = copied.read_bytes()

        for config in [{"SizeOnly": True}, {"IgnoreExisting": True}, {"DryRun": True}]:
            self.run_sync(_config=config)
            self.assertEqual(old, copied.read_bytes(), config)
        self.assertEqual(1, self.counts(_config={"CheckSum": True})["transfers"])
        self.assert_same()

        os.utime(file, ns=(1, 1))
        self.assertEqual(0, self.counts(_config={"CheckSum": True})["transfers"])
        self.assertEqual(1_700_000_000_000_000_000, copied.stat().st_mtime_ns, "with equal sums the time does not matter")
        self.assertEqual(5, self.counts(_config={"IgnoreTimes": True})["transfers"])

    def test_a_dry_run_changes_nothing(self):
        self.make(5)
        trees.write(f"{self.copy}/old", b"old", 1)
        before = (set(trees.walk_files(self.source)), set(trees.walk_files(self.copy)))

        for command in ["copy", "sync", "move"]:
            self.daemon.call(f"sync/{command}", srcFs=self.source, dstFs=self.copy, _config={"DryRun": True})

        self.assertEqual(before, (set(trees.walk_files(self.source)), set(trees.walk_files(self.copy))))

    def test_any_number_of_workers_copies_all(self):
        for workers in [1, 2, 64]:
            with self.subTest(workers):
                self.make(60)
                self.copy = self.path(f"copy {workers}")
                self.assertEqual(60, self.counts(_config={"Transfers": workers, "Checkers": workers})["transfers"])
                self.assert_same()

    # -- sync and move ---------------------------------------------------------------------------------------------

    def test_copy_leaves_what_the_source_lacks_and_sync_deletes_it(self):
        self.make(10)
        for name in ["old", "folder 0/old", "old folder/below/old", "old folder/older"]:
            trees.write(f"{self.copy}/{name}", b"old", 1)
        os.makedirs(f"{self.copy}/empty/below")

        self.assertEqual(0, self.counts("copy")["deletes"])
        self.assertTrue(os.path.exists(f"{self.copy}/old folder/below/old"))
        stats = self.run_sync("sync")

        self.assert_same()
        self.assertEqual({b"folder 0", b"folder 1", b"folder 2"}, trees.walk_folders(self.copy))
        self.assertEqual((0, 4, 14), (stats["transfers"], stats["deletes"], stats["checks"]))
        self.assertEqual(4, stats["deletedDirs"])

    def test_sync_deletes_nothing_after_an_error(self):
        self.make(3)
        trees.write(f"{self.copy}/old", b"old", 1)
        os.makedirs(f"{self.copy}/folder 0/file 0")  # a folder where a file has to go

        self.daemon.fails("sync/sync", srcFs=self.source, dstFs=self.copy)

        self.assertTrue(os.path.exists(f"{self.copy}/old"))
        self.assertTrue(os.path.exists(f"{self.copy}/folder 1/file 1"))

    def test_move_to_a_new_place_renames_the_root(self):
        self.make(10)
        inodes = {name: os.stat(os.path.join(os.fsencode(self.source), name)).st_ino for name in trees.walk_files(self.source)}

        self.run_sync("move")

        self.assertFalse(os.path.exists(self.source))
        self.assertEqual(inodes, {name: os.stat(os.path.join(os.fsencode(self.copy), name)).st_ino
                                  for name in trees.walk_files(self.copy)})

    def test_move_into_an_existing_place_leaves_the_root(self):
        self.make(10)
        trees.write(f"{self.copy}/old", b"old", 1)
        self.daemon.call("operations/copyfile", srcFs=self.source, srcRemote="folder 0/file 0", dstFs=self.copy,
                         dstRemote="folder 0/file 0")
        twin = self.path("twin")
        self.daemon.call("sync/copy", srcFs=self.source, dstFs=twin)

        self.run_sync("move", deleteEmptySrcDirs=True)

        self.assertEqual([], os.listdir(self.source))
        os.remove(f"{self.copy}/old")
        self.assertEqual([], trees.differences(twin, self.copy))

    def test_trees_that_overlap(self):
        self.make(3)
        before = set(trees.walk_files(self.source))
        for command in ["copy", "move"]:
            self.assertEqual({}, self.daemon.call(f"sync/{command}", srcFs=self.source, dstFs=self.source))
        for command, inner in [("sync", ""), ("sync", "/folder 0"), ("move", "/folder 0")]:
            self.assertEqual(OVERLAP, self.daemon.fails(f"sync/{command}", srcFs=self.source, dstFs=self.source + inner))
            self.assertEqual(OVERLAP, self.daemon.fails(f"sync/{command}", srcFs=self.source + inner, dstFs=self.source))
        self.assertEqual(before, set(trees.walk_files(self.source)))

    def test_a_source_must_be_a_folder(self):
        self.make(1)
        for command in ["copy", "sync", "move"]:
            status, _, body = self.daemon.post(f"sync/{command}", {"srcFs": self.path("nothing"), "dstFs": self.copy})
            self.assertEqual(404, status)
            self.assertIn(b"directory not found", body)
            status, _, body = self.daemon.post(f"sync/{command}", {"srcFs": f"{self.source}/folder 0/file 0", "dstFs": self.copy})
            self.assertEqual(500, status)
            self.assertIn(b"is a file not a directory", body)

    # -- statistics ------------------------------------------------------------------------------------------------

    def test_transferred_files_are_listed(self):
        self.make(5)
        trees.write(f"{self.copy}/old", b"old", 1)
        self.run_sync("sync")

        items = self.daemon.call("core/transferred", group=f"{self._testMethodName} 1")["transferred"]

        copied = {item["name"]: item for item in items if item["what"] == "transferring"}
        self.assertEqual({f"folder {n % 3}/file {n}" for n in range(5)}, set(copied))
        for item in copied.values():
            self.assertEqual((100, 100, False, "", f"{self._testMethodName} 1"),
                             tuple(item[key] for key in ["size", "bytes", "checked", "error", "group"]))
            self.assertLessEqual(item["started_at"], item["completed_at"])
        self.assertEqual(["old"], [item["name"] for item in items if item["what"] == "deleting"])

    def test_progress_is_seen_and_the_limit_changed_while_it_runs(self):
        trees.write(f"{self.source}/large", random.Random(2).randbytes(8 * MIB), 1)
        self.addCleanup(self.daemon.call, "core/bwlimit", rate="off")
        self.assertEqual({"rate": "256Ki", "bytesPerSecond": 256 * KIB, "bytesPerSecondTx": 256 * KIB,
                          "bytesPerSecondRx": 256 * KIB}, self.daemon.call("core/bwlimit", rate="256k"))
        job = self.daemon.start("sync/copy", srcFs=self.source, dstFs=self.copy, _group="progress")

        def moving():
            stats = self.daemon.call("core/stats", group="progress")
            return stats if stats.get("transferring") and 0 < stats["transferring"][0].get("bytes", 0) < 8 * MIB else None
        stats = running.wait_for(moving, 30, "bytes flow")

        item, = stats["transferring"]
        self.assertEqual(("large", 8 * MIB, "progress"), (item["name"], item["size"], item["group"]))
        self.assertEqual(100 * item["bytes"] // item["size"], item["percentage"])
        self.assertEqual((8 * MIB, 1, 0), (stats["totalBytes"], stats["totalTransfers"], stats["transfers"]))
        self.assertNotIn("transferring", self.daemon.call("core/stats", group="progress", short=True))
        running.wait_for(lambda: moving()["bytes"] > stats["bytes"], 30, "more bytes flow")

        self.assertEqual("off", self.daemon.call("core/bwlimit", rate="off")["rate"])
        self.assertTrue(self.daemon.finished(job)["success"])
        self.assert_same()
        after = self.daemon.call("core/stats", group="progress")
        self.assertEqual((8 * MIB, 1), (after["bytes"], after["transfers"]))
        self.assertNotIn("transferring", after)


if __name__ == "__main__":
    running.main()
