"""Options of sync/copy, sync/sync and sync/move on real trees, each with the trees before and after."""
import os
import stat
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import faulty  # noqa: E402 (after the path)
import running  # noqa: E402
import trees  # noqa: E402

KIB, MIB = 1 << 10, 1 << 20
THEN = 1_600_000_000_000_000_000


class Options(running.DaemonTest):
    def setUp(self):
        super().setUp()
        self.source, self.copy = self.path("source"), self.path("copy")

    def make(self, top, **files):
        """Files with their content; the time follows from it."""
        for name, content in files.items():
            content = content.encode() if isinstance(content, str) else content
            trees.write(f"{top}/{name}", content, THEN + sum(content[:100]))

    @staticmethod
    def look(top):
        return {os.fsdecode(name): Path(top, os.fsdecode(name)).read_bytes().decode() for name in trees.walk_files(top)}

    def sync(self, command="copy", config=None, rules=None, **parameters):
        self.daemon.call(f"sync/{command}", **{"srcFs": self.source, "dstFs": self.copy, "_config": config or {},
                                               "_filter": rules or {}, **parameters})

    def refused(self, command="copy", config=None, **parameters):
        return self.daemon.fails(f"sync/{command}", **{"srcFs": self.source, "dstFs": self.copy, "_config": config or {},
                                                       **parameters})

    def with_faults(self, *rules):
        self.daemon = self.start_daemon(environment=faulty.environment(*rules))


class Metadata(Options):
    def setUp(self):
        super().setUp()
        self.make(self.source, **{"private": "p", "sub/public": "q"})
        os.chmod(f"{self.source}/private", 0o600)
        os.chmod(f"{self.source}/sub/public", 0o4755)
        try:
            os.setxattr(f"{self.source}/private", "user.colour", b"red")
            os.setxattr(f"{self.source}/sub", "user.shape", b"round")
        except OSError as why:
            self.skipTest(f"the disk keeps no extended attributes: {why}")
        os.utime(f"{self.source}/private", ns=(THEN - 5, THEN))
        os.chmod(f"{self.source}/sub", 0o750)
        os.utime(f"{self.source}/sub", ns=(THEN - 7, THEN + 7))

    def mode(self, name):
        return stat.S_IMODE(os.stat(f"{self.copy}/{name}").st_mode)

    def test_mode_attributes_and_times_come_along_on_demand(self):
        self.sync()
        self.assertEqual([], os.listxattr(f"{self.copy}/private"))
        self.assertNotEqual(0o4755, self.mode("sub/public"))

        os.utime(f"{self.source}/private", ns=(THEN - 5, THEN))  # it was read meanwhile
        self.sync(config={"Metadata": True, "IgnoreTimes": True})

        self.assertEqual((0o600, 0o4755, 0o750), tuple(map(self.mode, ["private", "sub/public", "sub"])))
        self.assertEqual(b"red", os.getxattr(f"{self.copy}/private", "user.colour"))
        self.assertEqual(b"round", os.getxattr(f"{self.copy}/sub", "user.shape"))
        self.assertEqual(THEN - 5, os.stat(f"{self.copy}/private").st_atime_ns)
        self.assertEqual(THEN + 7, os.stat(f"{self.copy}/sub").st_mtime_ns)

    @unittest.skipIf(os.geteuid() != 0, "only root can give files away")
    def test_the_owner_comes_along_on_demand(self):
        os.chown(f"{self.source}/private", 12, 34)

        self.sync(config={"Metadata": True})

        made = os.stat(f"{self.copy}/private")
        self.assertEqual((12, 34), (made.st_uid, made.st_gid))

    def test_what_is_set_counts_more_than_what_the_source_has(self):
        chosen = {"mode": "100640", "colour": "blue", "mtime": "2001-02-03T04:05:06.000000007Z"}

        self.sync(config={"Metadata": True, "MetadataSet": chosen})

        self.assertEqual((0o640, 0o640), (self.mode("private"), self.mode("sub/public")))
        self.assertEqual(b"blue", os.getxattr(f"{self.copy}/private", "user.colour"))
        self.assertEqual(981_173_106_000_000_007, os.stat(f"{self.copy}/private").st_mtime_ns)
        os.remove(f"{self.copy}/private")
        self.sync(config={"MetadataSet": chosen})
        self.assertEqual(THEN, os.stat(f"{self.copy}/private").st_mtime_ns, "nothing is set without Metadata")

    def test_filters_look_at_the_metadata_of_each_side(self):
        self.make(self.copy, **{"sub/public": "surplus"})
        os.chmod(f"{self.copy}/sub/public", 0o600)

        self.sync("sync", rules={"MetaRules": {"IncludeRule": ["mode=100600"]}})

        self.assertEqual({"private": "p"}, self.look(self.copy))

    def test_no_metadata_mapper_is_passed_over(self):
        self.assertIn("--metadata-mapper is not supported", self.refused(config={"Metadata": True, "MetadataMapper": ["cat"]}))


class DirectoryTimes(Options):
    def setUp(self):
        super().setUp()
        self.make(self.source, **{"a/b/file": "x", "a/c/file": "y"})
        os.makedirs(f"{self.source}/empty/within")
        self.times = {}
        for number, name in enumerate(["empty/within", "empty", "a/c", "a/b", "a"]):
            self.times[name] = THEN + number
            os.utime(f"{self.source}/{name}", ns=(THEN, THEN + number))

    def got(self, *names):
        return {name: os.stat(f"{self.copy}/{name}").st_mtime_ns for name in names}

    def wanted(self, *names):
        return {name: self.times[name] for name in names}

    def test_are_those_of_the_source_at_all_depths(self):
        self.sync(createEmptySrcDirs=True)
        self.assertEqual(self.times, self.got(*self.times))

        os.remove(f"{self.source}/a/c/file")
        for name in ["a/c", "a"]:
            os.utime(f"{self.source}/{name}", ns=(THEN, self.times[name]))
        self.sync("sync")
        self.assertEqual(self.wanted("a", "a/c"), self.got("a", "a/c"), "although something was removed in it")

    def test_are_left_alone_on_demand(self):
        self.sync(config={"NoUpdateDirModTime": True})

        self.assertNotEqual(self.times["a"], os.stat(f"{self.copy}/a").st_mtime_ns)

    def test_are_mended_where_nothing_else_is_to_do(self):
        self.sync()
        os.utime(f"{self.copy}/a/b", ns=(5, 5))

        self.sync()

        self.assertEqual(self.wanted("a", "a/b", "a/c"), self.got("a", "a/b", "a/c"))

    def test_do_not_matter_where_times_of_files_do_not(self):
        self.sync()
        for config in [{"SizeOnly": True}, {"IgnoreExisting": True}, {"Immutable": True}]:
            os.utime(f"{self.copy}/a/b", ns=(5, 5))
            self.sync(config=config)
            self.assertEqual(5, os.stat(f"{self.copy}/a/b").st_mtime_ns, config)
        os.utime(f"{self.copy}/a/b", ns=(THEN + 9, THEN + 9))
        self.sync(config={"UpdateOlder": True})
        self.assertEqual(THEN + 9, os.stat(f"{self.copy}/a/b").st_mtime_ns, "a newer one stays")

    def test_a_dry_run_sets_none(self):
        self.sync()
        os.utime(f"{self.copy}/a/b", ns=(5, 5))

        self.sync(config={"DryRun": True})

        self.assertEqual(5, os.stat(f"{self.copy}/a/b").st_mtime_ns)


class Links(Options):
    def setUp(self):
        super().setUp()
        self.make(self.source, **{"sub/file": "content"})
        self.make(self.path("outside"), file="outside")
        os.symlink("sub/file", f"{self.source}/link")
        os.symlink("sub", f"{self.source}/folder link")
        os.symlink("nowhere", f"{self.source}/dangling")

    def test_are_left_out_with_a_notice_or_without(self):
        for options, said in [("", True), (",skip_links", False)]:
            self.sync(srcFs=f":local{options}:{self.source}")
            self.assertEqual({"sub/file": "content"}, self.look(self.copy))
            self.assertEqual(said, "Can't follow symlink" in self.daemon.output(), options)
            self.daemon = self.start_daemon()

    def test_are_copied_as_links_and_as_small_files(self):
        self.sync(config={"Links": True})
        self.assertEqual(["nowhere", "sub", "sub/file"],
                         [os.readlink(f"{self.copy}/{name}") for name in ["dangling", "folder link", "link"]])

        plain = self.path("plain")
        self.sync(srcFs=f":local,links:{self.source}", dstFs=plain)
        self.assertEqual({"sub/file": "content", "link.rclonelink": "sub/file", "folder link.rclonelink": "sub",
                          "dangling.rclonelink": "nowhere"}, self.look(plain))

        back = self.path("back")
        self.sync(srcFs=plain, dstFs=f":local,links:{back}")
        self.assertEqual("sub/file", os.readlink(f"{back}/link"))

    def test_that_change_are_made_anew(self):
        self.sync(config={"Links": True})
        os.remove(f"{self.source}/link")
        os.symlink("folder link", f"{self.source}/link")
        os.remove(f"{self.source}/dangling")

        self.sync("sync", config={"Links": True})

        self.assertEqual("folder link", os.readlink(f"{self.copy}/link"))
        self.assertFalse(os.path.lexists(f"{self.copy}/dangling"))

    def test_are_followed_on_demand(self):
        os.remove(f"{self.source}/dangling")
        os.symlink(self.path("outside", "file"), f"{self.source}/out")

        self.sync(srcFs=f":local,copy_links:{self.source}")

        self.assertEqual({"sub/file": "content", "folder link/file": "content", "link": "content", "out": "outside"},
                         self.look(self.copy))
        self.assertFalse(os.path.islink(f"{self.copy}/link"))

    def test_that_lead_nowhere_are_an_error_when_they_are_followed(self):
        self.assertIn("dangling: no such file or directory", self.refused(srcFs=f":local,copy_links:{self.source}"))

    def test_cannot_be_both(self):
        self.assertEqual("can't use -l/--links with -L/--copy-links", self.refused(srcFs=f":local,links,copy_links:{self.source}"))


class Writing(Options):
    def stopped_before_its_name(self, config):
        """Names at the destination while a file is about to get its time, and afterwards."""
        self.make(self.source, file="content")
        self.with_faults(faulty.rule("futimens", "stop", "copy/", 0, 1))
        job = self.daemon.start("sync/copy", srcFs=self.source, dstFs=self.copy, _config=config)
        faulty.wait_until_stopped(self.daemon)
        names = os.listdir(self.copy)
        faulty.go_on(self.daemon)
        self.assertTrue(self.daemon.finished(job)["success"])
        return names, os.listdir(self.copy)

    def test_is_under_a_partial_name(self):
        (name,), after = self.stopped_before_its_name({})
        self.assertRegex(name, r"\Afile\.[0-9a-f]{8}\.partial\Z")
        self.assertEqual(["file"], after)

    def test_is_under_a_partial_name_of_choice(self):
        (name,), after = self.stopped_before_its_name({"PartialSuffix": ".half"})
        self.assertRegex(name, r"\Afile\.[0-9a-f]{8}\.half\Z")
        self.assertEqual(["file"], after)

    def test_is_in_place_on_demand(self):
        self.assertEqual((["file"], ["file"]), self.stopped_before_its_name({"Inplace": True}))

    def test_refuses_a_suffix_that_is_too_long(self):
        self.make(self.source, file="content")
        self.assertEqual("expecting length of --partial-suffix to be not greater than 16 but got 17",
                         self.refused(config={"PartialSuffix": "." + 16 * "x"}))
        self.assertFalse(os.path.exists(self.copy))


class Limits(Options):
    def setUp(self):
        super().setUp()
        self.make(self.source, **{name: name * 1000 for name in "abcdef"})
        self.one_by_one = {"Transfers": 1, "OrderBy": "name"}
        self.reached = "max transfer limit reached as set by --max-transfer"

    def test_soft_begins_nothing_more(self):
        self.assertEqual(self.reached, self.refused(config={**self.one_by_one, "MaxTransfer": 2500, "CutoffMode": "SOFT"}))
        self.assertEqual(list("abc"), sorted(self.look(self.copy)))

    def test_cautious_begins_nothing_that_could_exceed(self):
        self.assertEqual(self.reached, self.refused(config={**self.one_by_one, "MaxTransfer": 2500, "CutoffMode": "CAUTIOUS"}))
        self.assertEqual(list("ab"), sorted(self.look(self.copy)))

    def test_hard_leaves_nothing_half_written(self):
        self.assertEqual(self.reached, self.refused(config={**self.one_by_one, "MaxTransfer": 2500, "CutoffMode": "HARD"}))
        self.assertEqual({"a": 1000 * "a", "b": 1000 * "b"}, self.look(self.copy))

    def test_duration_ends_it(self):
        self.make(self.source, large=bytes(2 * MIB))
        self.daemon.call("core/bwlimit", rate="1M")
        for mode in ["HARD", "SOFT", "CAUTIOUS"]:
            self.assertEqual("max transfer duration reached as set by --max-duration",
                             self.refused(config={**self.one_by_one, "IgnoreTimes": True, "MaxDuration": "100ms", "CutoffMode": mode,
                                                  "MultiThreadStreams": 1}), mode)
            self.assertFalse([name for name in os.listdir(self.copy) if name.endswith(".partial")], mode)

    def test_max_delete_and_its_size(self):
        self.make(self.copy, **{f"old {number}": 10 * "o" for number in range(5)})
        self.assertEqual("--max-delete threshold reached", self.refused("sync", config={"MaxDelete": 2}))
        self.assertEqual(3, sum(name.startswith("old") for name in self.look(self.copy)))
        self.assertEqual("--max-delete-size threshold reached", self.refused("sync", config={"MaxDeleteSize": 15}))
        self.assertEqual(2, sum(name.startswith("old") for name in self.look(self.copy)))

    def test_a_limit_for_each_file(self):
        self.sync(config={"BwLimitFile": "10M"})
        self.assertEqual(6, len(self.look(self.copy)))


class Order(Options):
    def test_decides_what_is_copied_first(self):
        for name, size in [("b/small", 1), ("a/large", 30), ("c/middle", 20)]:
            trees.write(f"{self.source}/{name}", bytes(size), THEN - size)
        for order, names in [("size", ["b/small", "c/middle", "a/large"]), ("size,desc", ["a/large", "c/middle", "b/small"]),
                             ("name", ["a/large", "b/small", "c/middle"]), ("modtime", ["a/large", "c/middle", "b/small"]),
                             ("pattern,*/middle,b/*", ["c/middle", "b/small", "a/large"])]:
            copy = self.path(order)
            self.sync(dstFs=copy, _group=order, config={"OrderBy": order, "CheckFirst": True, "Transfers": 1})
            items = self.daemon.call("core/transferred", group=order)["transferred"]
            self.assertEqual(names, [item["name"] for item in items if item["what"] == "transferring"], order)

    def test_that_is_not_understood_is_refused(self):
        self.make(self.source, a="a")
        for order, text in [("potato", "unknown --order-by comparison"), ("size,asc,x", "bad --order-by string"),
                            ("name,sideways", "unknown --order-by sort direction"), ("size,mixed,32.7", "bad mixed fraction"),
                            ("pattern", "pattern requires at least one glob")]:
            self.assertIn(text, self.refused(config={"OrderBy": order}))


class Renames(Options):
    def renamed(self, strategy, **files):
        """Which files of the destination are the same on the disk as before, under another name."""
        self.make(self.copy, **files)
        before = {os.stat(f"{self.copy}/{name}").st_ino: name for name in self.look(self.copy)}
        self.sync("sync", config={"TrackRenames": True, "TrackRenamesStrategy": strategy})
        self.assertEqual(self.look(self.source), self.look(self.copy))
        return {before[os.stat(f"{self.copy}/{name}").st_ino]: name for name in self.look(self.copy)
                if os.stat(f"{self.copy}/{name}").st_ino in before}

    def test_are_found_by_content(self):
        self.make(self.source, **{"new/place": "content", "other": "unlike"})
        self.assertEqual({"old": "new/place"}, self.renamed("hash", old="content", surplus="else"))

    def test_are_found_by_time_or_leaf(self):
        self.make(self.source, **{"new/place": "content"})
        self.assertEqual({"old": "new/place"}, self.renamed("modtime", old="content"))
        os.rename(f"{self.source}/new/place", f"{self.source}/leaf")
        self.assertEqual({"new/place": "leaf"}, self.renamed("modtime"))
        os.makedirs(f"{self.source}/far")
        os.rename(f"{self.source}/leaf", f"{self.source}/far/leaf")
        self.assertEqual({"leaf": "far/leaf"}, self.renamed("modtime,leaf"))
        self.assertIn("unknown track renames strategy", self.refused("sync", config={"TrackRenames": True,
                                                                                    "TrackRenamesStrategy": "smell"}))


class Looking(Options):
    """What is listed, and what is looked up by its name."""

    def test_no_traverse_does_not_list_the_destination(self):
        self.make(self.source, **{"a": "new", "sub/b": "new", "sub/c": "same"})
        self.make(self.copy, **{"a": "old one", "sub/c": "same", "sub/surplus": "s"})
        self.with_faults(faulty.rule("getdents", "EIO", "/copy"))
        self.assertIn("input/output error", self.refused())

        self.sync(config={"NoTraverse": True}, _group="g")

        self.assertEqual({"a": "new", "sub/b": "new", "sub/c": "same", "sub/surplus": "s"}, self.look(self.copy))
        self.assertEqual(2, self.daemon.call("core/stats", group="g")["transfers"])

    def test_a_sync_lists_the_destination_nevertheless(self):
        self.make(self.source, a="new")
        self.make(self.copy, surplus="s")

        self.sync("sync", config={"NoTraverse": True})

        self.assertEqual({"a": "new"}, self.look(self.copy))
        self.assertIn("Ignoring --no-traverse with sync", self.daemon.output())

    def test_many_files_are_looked_up(self):
        self.make(self.source, **{f"{number % 3}/{number}": f"{number}" for number in range(700)})
        self.make(self.copy, **{f"{number % 3}/{number}": f"{number}" for number in range(0, 700, 2)})

        self.sync(config={"NoTraverse": True}, _group="g")

        self.assertEqual(self.look(self.source), self.look(self.copy))
        self.assertEqual(350, self.daemon.call("core/stats", group="g")["transfers"])

    def test_a_list_of_files_is_all_that_is_copied(self):
        self.make(self.source, **{"a": "1", "sub/b": "2", "sub/deep/c": "3", "sub/d": "4", "other/e": "5"})
        wanted = Path(self.path("list"))
        wanted.write_text("# comment\na\nsub/deep/c\n/sub/d\nmissing\n")
        for config in [{}, {"NoTraverse": True}]:
            with self.subTest(config):
                self.sync(config=config, rules={"FilesFrom": [str(wanted)]}, dstFs=self.path(f"copy {len(config)}"))
                self.assertEqual({"a": "1", "sub/deep/c": "3", "sub/d": "4"}, self.look(self.path(f"copy {len(config)}")))

    def test_with_a_list_and_no_traverse_nothing_is_listed(self):
        self.make(self.source, **{"a": "1", "sub/b": "2", "sub/c": "3"})
        self.make(self.copy, **{"sub/b": "2"})
        wanted = Path(self.path("list"))
        wanted.write_text("a\nsub/b\n")
        self.with_faults(faulty.rule("getdents", "EIO", "/copy"), faulty.rule("getdents", "EIO", "/source"))

        self.sync(config={"NoTraverse": True}, rules={"FilesFrom": [str(wanted)]}, _group="g")

        self.assertEqual({"a": "1", "sub/b": "2"}, self.look(self.copy))
        self.assertEqual(1, self.daemon.call("core/stats", group="g")["transfers"])

    def test_a_move_may_be_without_traversing(self):
        self.make(self.source, **{"a": "1", "sub/b": "2"})
        self.make(self.copy, **{"a": "1"})

        self.sync("move", config={"NoTraverse": True})

        self.assertEqual({"a": "1", "sub/b": "2"}, self.look(self.copy))
        self.assertEqual({}, self.look(self.source))


class Names(Options):
    def test_of_another_case_are_one_file_and_are_fixed_on_demand(self):
        self.make(self.source, **{"Dir/File": "new", "Dir/Same": "same"})
        self.make(self.copy, **{"dIR/fILE": "old one", "dIR/sAME": "same"})

        self.sync("sync", config={"IgnoreCaseSync": True})
        self.assertEqual({"dIR/fILE": "new", "dIR/sAME": "same"}, self.look(self.copy))
        self.sync("sync", config={"IgnoreCaseSync": True, "FixCase": True, "DryRun": True})
        self.assertEqual({"dIR/fILE": "new", "dIR/sAME": "same"}, self.look(self.copy))
        self.sync("sync", config={"IgnoreCaseSync": True, "FixCase": True, "Immutable": True})
        self.assertEqual({"dIR/fILE": "new", "dIR/sAME": "same"}, self.look(self.copy))

        self.sync("sync", config={"IgnoreCaseSync": True, "FixCase": True})

        self.assertEqual({"Dir/File": "new", "Dir/Same": "same"}, self.look(self.copy))

    def test_may_be_fixed_on_a_remote_that_folds_case(self):
        self.make(self.source, **{"Dir/File": "new", "New": "n"})
        self.make(self.copy, **{"dIR/fILE": "old one"})

        self.sync("sync", config={"FixCase": True}, dstFs=f":local,case_insensitive:{self.copy}")

        self.assertEqual({"Dir/File": "new", "New": "n"}, self.look(self.copy))

    def test_are_transformed_on_the_way(self):
        self.make(self.source, **{"a b/One.TXT": "1", "a b/two.txt": "2", "three": "3"})
        steps = ["all,lowercase", "dir,replace= :_", "file,suffix_keep_extension=-x"]

        self.sync(config={"NameTransform": steps})
        wanted = {"a_b/one-x.txt": "1", "a_b/two-x.txt": "2", "three-x": "3"}
        self.assertEqual(wanted, self.look(self.copy))

        self.make(self.copy, **{"a_b/surplus": "s", "a b/One.TXT": "1"})
        self.sync("sync", config={"NameTransform": steps}, _group="g")
        self.assertEqual(wanted, self.look(self.copy))
        self.assertEqual(0, self.daemon.call("core/stats", group="g")["transfers"], "what is there already is found")
        self.assertEqual(THEN + 49, os.stat(f"{self.copy}/a_b/one-x.txt").st_mtime_ns)

        self.sync("move", config={"NameTransform": steps}, dstFs=self.path("moved"))
        self.assertEqual(wanted, self.look(self.path("moved")))
        self.assertEqual({}, self.look(self.source))

    def test_that_cannot_be_transformed_are_errors_of_these_files(self):
        self.make(self.source, **{"abc": "1", "abcd": "2"})

        text = self.refused(config={"NameTransform": ["trimprefix=abc"]}, _group="g")

        self.assertIn("transform cannot render path segments empty", text)
        self.assertEqual({"d": "2"}, self.look(self.copy))
        self.assertEqual(1, self.daemon.call("core/stats", group="g")["errors"])

    def test_a_transform_that_is_not_understood_is_refused(self):
        self.make(self.source, a="1")
        for step, text in [("prefix", "value is required for prefix"), ("shout", 'invalid choice "shout" from: none, nfc, '),
                           ("command=echo", "running a program for each name is not supported")]:
            self.assertIn(text, self.refused(config={"NameTransform": [step]}))
            self.assertIn(text, self.daemon.fails("operations/copyfile", srcFs=self.source, srcRemote="a", dstFs=self.copy,
                                                  dstRemote="a", _config={"NameTransform": [step]}))
        self.assertFalse(os.path.exists(self.copy))

    def test_of_one_file_are_transformed_too(self):
        self.make(self.source, **{"a": "1"})
        for command, expected in [("operations/copyfile", {"a": "1"}), ("operations/movefile", {})]:
            self.daemon.call(command, srcFs=self.source, srcRemote="a", dstFs=self.copy, dstRemote="sub/b",
                             _config={"NameTransform": ["all,uppercase"]})
            self.assertEqual({"SUB/B": "1"}, self.look(self.copy))
            self.assertEqual(expected, self.look(self.source))

    def test_that_are_long_stay_whole(self):
        names = ["n" * 255, "\u00fc" * 127, "\u65e5" * 85, "x" * 250 + ".txt"]
        self.make(self.source, **{name: "content" for name in names})

        self.sync()

        self.assertEqual(set(names), set(self.look(self.copy)))


class Chunks(Options):
    """Files that are copied in several chunks at once."""
    config = {"MultiThreadCutoff": 1 * MIB, "MultiThreadChunkSize": 256 * KIB, "MultiThreadStreams": 4, "MultiThreadSet": True}

    def test_arrive_whole(self):
        content = {name: os.urandom(size) for name, size in [("large", 5 * MIB + 1), ("exact", MIB), ("small", MIB - 1), ("none", 0)]}
        self.make(self.source, **content)
        places = [self.source, ":memory:bucket/a", self.copy, self.path("again")]
        for number, (source, target) in enumerate(zip(places, places[1:])):
            self.sync(srcFs=source, dstFs=target, config=self.config, _group=f"g{number}")
            stats = self.daemon.call("core/stats", group=f"g{number}")
            self.assertEqual((4, 7 * MIB, 0), (stats["transfers"], stats["bytes"], stats["errors"]), target)
        for place in places[2:]:
            self.assertEqual([], trees.differences(self.source, place))

    def test_of_one_file_as_well(self):
        self.make(self.source, large=os.urandom(3 * MIB))
        for source, target in [(self.source, ":memory:bucket"), (":memory:bucket", self.copy)]:
            self.daemon.call("operations/copyfile", srcFs=source, srcRemote="large", dstFs=target, dstRemote="large",
                             _config=self.config)
        self.assertEqual([], trees.differences(self.source, self.copy))

    def test_that_fail_leave_nothing(self):
        self.make(self.source, bad=os.urandom(3 * MIB), good=b"g")
        for call, action, place in [("pread", "EIO", "source/bad"), ("pwrite", "ENOSPC", "copy/bad"), ("rename", "EIO", "copy/bad")]:
            with self.subTest(call):
                self.with_faults(faulty.rule(call, action, place, 3 if call != "rename" else 0))
                self.assertIn("bad", self.refused(config=self.config))
                self.assertEqual(["good"], os.listdir(self.copy))

    def test_that_change_while_they_are_read_are_not_copied(self):
        self.make(self.source, bad=os.urandom(3 * MIB))
        self.with_faults(faulty.rule("pread", "stop", "source/bad", 5, 1))
        job = self.daemon.start("sync/copy", srcFs=self.source, dstFs=self.copy, _config=self.config)
        faulty.wait_until_stopped(self.daemon)
        with open(f"{self.source}/bad", "ab") as file:
            file.write(b"more")
        faulty.go_on(self.daemon)

        self.assertIn("source file is being updated", self.daemon.finished(job)["error"])
        self.assertEqual([], os.listdir(self.copy))

    def test_end_when_the_job_is_stopped(self):
        self.make(self.source, large=os.urandom(16 * MIB))
        self.daemon.call("core/bwlimit", rate="1M")
        job = self.daemon.start("sync/copy", srcFs=self.source, dstFs=self.copy, _config=self.config)
        running.wait_for(lambda: os.path.isdir(self.copy) and os.listdir(self.copy), 30, "the file is begun")

        self.daemon.call("job/stop", jobid=job)

        self.assertEqual("context canceled", self.daemon.finished(job)["error"])
        self.assertEqual([], os.listdir(self.copy))


class Deep(Options):
    def test_a_thousand_levels(self):
        """More than a path of the system can name, so that it is made and read step by step."""
        levels, name = 1000, "a folder"
        self.descend(self.source, levels, name, make=True)

        self.sync(createEmptySrcDirs=True)
        self.assertEqual("found", self.descend(self.copy, levels, name))

        os.mkdir(self.path("empty"))
        self.sync("sync", srcFs=self.path("empty"))
        self.assertEqual([], os.listdir(self.copy))
        self.daemon.call("operations/purge", fs=self.source, remote=name)
        self.assertEqual([], os.listdir(self.source))

    @staticmethod
    def descend(top, levels, name, make=False):
        """Writes a file at the bottom, or gives its content."""
        if make:
            os.mkdir(top)
        at = os.open(top, os.O_RDONLY)
        for _ in range(levels):
            if make:
                os.mkdir(name, dir_fd=at)
            below = os.open(name, os.O_RDONLY, dir_fd=at)
            os.close(at)
            at = below
        with open(os.open("file", os.O_RDWR | (os.O_CREAT if make else 0), dir_fd=at), "w" if make else "r") as file:
            os.close(at)
            return file.write("found") if make else file.read()


if __name__ == "__main__":
    running.main()
