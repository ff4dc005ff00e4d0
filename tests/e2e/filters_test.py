"""Which calls honour filters (rc-surface 5.6), on trees beside those that rclone's daemon leaves."""
import json
import os
import shutil
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402

HOUR = 3600
FILES = {"a.txt": (5, 1), "b.jpg": (5, 30), "big.txt": (5000, 1), "old.txt": (5, 3000), "d/a.txt": (5, 1), "d/e/x.jpg": (100, 1),
         "d/e/y.txt": (1, 1), "marked/.ignore": (0, 1), "marked/a.txt": (5, 1), "Caps/A.TXT": (7, 1), "é/ü.txt": (3, 1)}
OTHERS = {"a.txt": (5, 1), "big.txt": (5, 1), "b.jpg": (5000, 1), "d/only.txt": (5, 1), "d/only.jpg": (5, 1),
          "gone/x.txt": (5, 1), "gone/x.jpg": (5, 1), "marked/b.txt": (5, 1)}

# Each kind of rule, and what the order and the sum of several make of it.
FILTERS = {
    "nothing": {},
    "include": {"IncludeRule": ["*.txt"]},
    "exclude": {"ExcludeRule": ["/d/**", "*.jpg"]},
    "rules in order": {"FilterRule": ["+ /d/e/*", "- d/**", "+ *.jpg", "- *"]},
    "a directory": {"ExcludeRule": ["e/"]},
    "files of a directory": {"ExcludeRule": ["/d/*"]},
    "any case": {"IncludeRule": ["*.txt"], "IgnoreCase": True},
    "small": {"MaxSize": 100},
    "large": {"MinSize": "1k"},
    "young": {"MaxAge": "2h"},
    "old": {"MinAge": "2h"},
    "marked": {"ExcludeFile": [".ignore"]},
    "listed": {"FilesFrom": ["$F/list"]},
    "from files": {"IncludeFrom": ["$F/include"], "ExcludeFrom": ["$F/exclude"]},
    "a regular expression": {"IncludeRule": ["{{.*/[a-x]\\.(txt|jpg)}}"]},
    "sizes and names": {"ExcludeRule": ["a.txt"], "MaxSize": 50, "MaxAge": "1d"},
}


class Filters(running.DaemonTest):
    def setUp(self):
        super().setUp()
        self.peer = running.Rclone(self.folder, "--rc-no-auth")
        self.addCleanup(self.peer.close)
        Path(self.folder, "list").write_text("# these\na.txt\n/d/e/y.txt\nd/only.txt\nabsent\n")
        Path(self.folder, "include").write_text("*.txt\n\n; no more\n")
        Path(self.folder, "exclude").write_text("/d/**\n")

    def lay_out(self, root, files):
        shutil.rmtree(root, ignore_errors=True)
        for name, (size, hours) in files.items():
            trees.write(Path(root, name), b"x" * size, (self.now - hours * HOUR) * 10 ** 9)
        os.chmod(Path(root, "a.txt"), 0o600)
        Path(root, "empty/in it").mkdir(parents=True)
        Path(root, "d/empty").mkdir(parents=True)

    def content(self, root):
        """What is there: path -> size and time, or None for a directory."""
        found = {}
        for folder, directories, files in os.walk(root):
            for name in directories:
                found[os.path.relpath(os.path.join(folder, name), root)] = None
            for name in files:
                status = os.stat(os.path.join(folder, name))
                found[os.path.relpath(os.path.join(folder, name), root)] = status.st_size, int(status.st_mtime)
        return found

    def outcome(self, daemon, command, rules, parameters):
        """(status, what it answered, what is in both folders then)."""
        source, target = self.path("source"), self.path("target")
        self.lay_out(source, FILES)
        self.lay_out(target, OTHERS)
        given = json.loads(json.dumps({"_filter": rules, **parameters}).replace("$F", self.folder))
        sides = {"srcFs": source, "dstFs": target} if command.startswith("sync/") else {"fs": source}
        status, _, body = daemon.post(command, {**sides, **given})
        reply = json.loads(body)
        for item in reply.get("list", []):
            item.pop("ModTime")
        if "list" in reply:
            reply["list"].sort(key=lambda item: item["Path"])
        return status, reply if status == 200 else None, self.content(source), self.content(target)

    def compare(self, command, only=None, **parameters):
        self.now = int(time.time())
        for name, rules in FILTERS.items():
            if only and name not in only:
                continue
            with self.subTest(command, rules=name):
                expected = self.outcome(self.peer, command, rules, parameters)
                self.assertEqual(expected, self.outcome(self.daemon, command, rules, parameters))

    # -- honoured ------------------------------------------------------------------------------------------------

    def test_listings(self):
        self.compare("operations/list", remote="", opt={"recurse": True})
        self.compare("operations/list", remote="d", opt={})

    def test_sizes(self):
        self.compare("operations/size")

    def test_deletions(self):
        self.compare("operations/delete")

    def test_removals_of_empty_directories(self):
        # Of sizes and ages rclone 1.60 thinks that folders have some.
        self.compare("operations/rmdirs", [name for name in FILTERS if name not in ("large", "old")], remote="")

    def test_copies(self):
        self.compare("sync/copy")
        self.compare("sync/copy", ["include", "exclude", "marked", "listed"], createEmptySrcDirs=True)

    def test_syncs(self):
        """Each side is filtered by its own files: what is too big in the source counts as absent, and goes."""
        self.compare("sync/sync")

    def test_syncs_with_excluded_files_deleted(self):
        for rules in FILTERS.values():
            rules["DeleteExcluded"] = True
        self.addCleanup(lambda: [rules.pop("DeleteExcluded") for rules in FILTERS.values()])
        self.compare("sync/sync")

    def test_moves(self):
        self.compare("sync/move")
        self.compare("sync/move", ["include", "exclude", "marked"], deleteEmptySrcDirs=True)

    def test_checks_and_hashes(self):
        """Commands that rclone 1.60 does not have."""
        self.now = int(time.time())
        self.lay_out(self.path("source"), FILES)
        self.lay_out(self.path("target"), OTHERS)
        pair = {"srcFs": self.path("source"), "dstFs": self.path("target"), "combined": True}
        report = self.daemon.call("operations/check", _filter={"IncludeRule": ["/*.txt"]}, **pair)
        self.assertEqual(["* big.txt", "+ old.txt", "= a.txt"], sorted(report["combined"]))
        report = self.daemon.call("operations/check", _filter={"IncludeRule": ["/*.txt"], "MaxSize": 100}, **pair)
        self.assertEqual(["+ old.txt", "- big.txt", "= a.txt"], sorted(report["combined"]))
        report = self.daemon.call("operations/check", _filter={"MetaRules": {"IncludeRule": ["mode=*600"]}}, **pair)
        self.assertEqual(["= a.txt"], report["combined"])
        report = self.daemon.call("operations/check", _filter={"ExcludeFile": [".ignore"], "IncludeRule": ["/marked/*"]}, **pair)
        self.assertEqual(["- marked/b.txt"], report["combined"])
        sums = self.daemon.call("operations/hashsum", fs=self.path("source"), hashType="md5", _filter={"IncludeRule": ["/d/**"]})
        self.assertEqual(["d/a.txt", "d/e/x.jpg", "d/e/y.txt"], sorted(line.split("  ")[1] for line in sums["hashsum"]))
        self.assertIn("can't limit to single files when using filters",
                      self.daemon.fails("operations/hashsum", fs=self.path("source/a.txt"), hashType="md5",
                                        _filter={"IncludeRule": ["b"]}))

    def test_metadata(self):
        """rclone 1.60 has the rules on its command line only."""
        self.now = int(time.time())
        self.lay_out(self.path("source"), FILES)
        self.lay_out(self.path("target"), {"a.txt": (5, 1), "open.txt": (5, 1)})
        rules = {"MetaRules": {"IncludeRule": ["mode=*600"]}}
        self.assertEqual(["a.txt"], [item["Path"] for item in self.daemon.call(
            "operations/list", fs=self.path("source"), remote="", _filter=rules, opt={"filesOnly": True})["list"]])
        self.daemon.call("sync/sync", srcFs=self.path("source"), dstFs=self.path("target"), _filter={
            "MetaRules": {"ExcludeRule": ["mode=*644"]}})
        self.assertEqual({"a.txt", "open.txt"}, {name for name, what in self.content(self.path("target")).items() if what})

    def test_bisync(self):
        for name in "source", "target":
            trees.write(self.path(name, "keep.txt"), b"1")
            trees.write(self.path(name, "other.jpg"), name.encode())
        rules = {"IncludeRule": ["*.txt"]}
        pair = {"path1": self.path("source"), "path2": self.path("target"), "workdir": self.path("work")}
        self.daemon.call("sync/bisync", resync=True, _filter=rules, **pair)
        trees.write(self.path("source", "new.txt"), b"2")
        trees.write(self.path("source", "new.jpg"), b"2")
        self.daemon.call("sync/bisync", _filter=rules, **pair)
        self.assertEqual({"keep.txt", "new.txt", "other.jpg"}, set(os.listdir(self.path("target"))))
        self.assertEqual(b"target", Path(self.path("target", "other.jpg")).read_bytes())

    def test_parts_by_hash_share_out_a_tree(self):
        self.now = int(time.time())
        self.lay_out(self.path("source"), FILES)
        parts = [{item["Path"] for item in self.daemon.call(
            "operations/list", fs=self.path("source"), remote="", opt={"recurse": True, "filesOnly": True},
            _filter={"HashFilter": f"{part}/3"})["list"]} for part in range(3)]
        self.assertEqual(set(FILES), set().union(*parts))
        self.assertEqual(len(FILES), sum(map(len, parts)))

    def test_the_daemons_own_filter_counts_where_a_call_names_none(self):
        self.now = int(time.time())
        self.lay_out(self.path("source"), FILES)
        daemon = self.start_daemon("--exclude", "*.jpg", "--max-size", "100b")
        size = {"fs": self.path("source")}
        self.assertEqual(8, daemon.call("operations/size", **size)["count"])
        self.assertEqual(9, daemon.call("operations/size", _filter={"MaxSize": "off"}, **size)["count"])
        self.assertEqual(10, daemon.call("operations/size", _filter={"ExcludeRule": []}, **size)["count"])
        self.assertEqual(2, daemon.call("operations/size", include="*.jpg", exclude="", **size)["count"])
        daemon.call("options/set", filter={"ExcludeRule": [], "MaxSize": "off"})
        self.assertEqual(len(FILES), daemon.call("operations/size", **size)["count"])

    # -- ignored -------------------------------------------------------------------------------------------------

    def test_purges(self):
        self.compare("operations/purge", ["nothing", "include", "exclude", "listed", "small"], remote="d")

    def test_calls_for_one_thing_ignore_filters(self):
        source, target = self.path("source"), self.path("target")
        nothing = {"ExcludeRule": ["*"], "MaxSize": 0, "ExcludeFile": [".ignore"]}
        self.now = int(time.time())
        self.lay_out(source, FILES)
        pair = {"srcFs": source, "dstFs": target, "_filter": nothing}
        self.daemon.call("operations/copyfile", srcRemote="a.txt", dstRemote="copied.txt", **pair)
        self.daemon.call("operations/movefile", srcRemote="big.txt", dstRemote="moved.txt", **pair)
        self.daemon.call("operations/deletefile", fs=source, remote="marked/a.txt", _filter=nothing)
        self.daemon.call("operations/mkdir", fs=target, remote="marked/x", _filter=nothing)
        self.daemon.call("operations/rmdir", fs=source, remote="d/empty", _filter=nothing)
        item = self.daemon.call("operations/stat", fs=source, remote="marked/.ignore", _filter=nothing)["item"]
        self.assertEqual("marked/.ignore", item["Path"])
        self.assertIn("total", self.daemon.call("operations/about", fs=source, _filter=nothing))
        self.assertEqual("local", self.daemon.call("operations/fsinfo", fs=source, _filter=nothing)["Name"])
        for command, why in [("cleanup", "cleanup"), ("publiclink", "public links")]:
            self.assertIn(f"doesn't support {why}",
                          self.daemon.fails(f"operations/{command}", fs=source, remote="a.txt", _filter=nothing))
        self.upload(target, nothing)
        self.assertEqual({"copied.txt": (5, self.now - HOUR), "moved.txt": (5000, self.now - HOUR), "marked": None, "marked/x": None,
                          "sent.jpg": None}, {**self.content(target), "sent.jpg": None})
        self.assertFalse({"big.txt", "marked/a.txt", "d/empty"} & set(self.content(source)))

    def upload(self, target, rules):
        body = (b'--B\r\nContent-Disposition: form-data; name="f"; filename="sent.jpg"\r\n\r\nsent\r\n--B--\r\n')
        query = urllib.parse.urlencode({"fs": target, "remote": "", "_filter": json.dumps(rules)})
        request = urllib.request.Request(f"{self.daemon.url}/operations/uploadfile?{query}", body,
                                         {"Content-Type": "multipart/form-data; boundary=B"})
        with urllib.request.urlopen(request, timeout=60) as reply:
            self.assertEqual(200, reply.status)
        self.assertEqual(b"sent", Path(target, "sent.jpg").read_bytes())


if __name__ == "__main__":
    running.main()
