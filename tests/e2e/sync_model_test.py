"""Random trees, options and filters: what a call leaves is what the rules say (tests/fixtures/sync_model.py), and what rclone leaves.

Each case follows from its number alone. ARGOSY_CASES=7000:7100 runs those instead of the first ones.
"""
import json
import os
import random
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import sync_model as model  # noqa: E402
import trees  # noqa: E402

SIDES = ["source", "destination", "backup", "beside"]
MINUTE = 60_000_000_000
THEN = 1_600_000_000_000_000_000
# The second ending of one is no type that systems know: `.tar` is one on some.
FILES = ["one", "two.txt", "three.x", "four.zzz.gz"]
FOLDERS = ["a", "b", "c"]
# Few, so that they often meet: of one size, of another, and none.
CONTENTS = [b"red", b"tan", b"green", b""]

SWITCHES = ["CheckSum", "SizeOnly", "IgnoreTimes", "IgnoreExisting", "IgnoreSize", "UpdateOlder", "Immutable", "NoUpdateModTime",
            "CheckFirst"]
RULES = [{"ExcludeRule": ["*.x"]}, {"ExcludeRule": ["/b/**"]}, {"IncludeRule": ["*.txt"]}, {"MinSize": 1}, {"MaxSize": 3},
         {"ExcludeRule": ["/a/**", "*.txt"]}]


class Case:
    """Trees and a call, all following from one number."""

    def __init__(self, number):
        chance = self.chance = random.Random(number)
        self.number = number
        self.kind = chance.choice(["copy", "sync", "sync", "move"])
        self.trees = {"source": self.tree(), "destination": self.tree(), "beside": self.tree(), "backup": model.Tree()}
        if chance.random() < 0.7:  # files of the source that the destination has too, or nearly
            for path, (content, time) in self.trees["source"].files.items():
                if chance.random() < 0.6:
                    self.trees["destination"].put(path, chance.choice(
                        [(content, time), (content, self.time()), (self.content(), time), (self.content(), self.time())]))
        self.config = {name: True for name in SWITCHES if chance.random() < 0.12}
        self.config["Checkers"], self.config["Transfers"] = chance.choice([1, 2, 8]), chance.choice([1, 4])
        if chance.random() < 0.2:
            self.config["MaxDepth"] = chance.choice([1, 2])
        if self.kind == "sync":
            self.config["DeleteMode"] = chance.choice([model.OFF, model.BEFORE, model.DURING] + 3 * [model.AFTER])
        if chance.random() < 0.2:
            self.config["BackupDir"] = "backup"
        if chance.random() < 0.2:
            self.config["Suffix"] = ".old"
            self.config["SuffixKeepExtension"] = chance.random() < 0.5
        self.uses_beside = chance.random() < 0.15
        self.rules = dict(chance.choice(RULES)) if chance.random() < 0.35 else {}
        if self.rules and chance.random() < 0.3:
            self.rules["DeleteExcluded"] = True
        self.parameters = {name: True for name in ["createEmptySrcDirs", "deleteEmptySrcDirs"] if chance.random() < 0.4}
        if chance.random() < 0.5:  # folders with more entries are sorted on disk, and merged in pieces of so many
            self.config["ListCutoff"] = chance.choice([0, 1, 2, 3])

    def time(self):
        return THEN + self.chance.randrange(3) * MINUTE

    def content(self):
        return self.chance.choice(CONTENTS)

    def tree(self):
        tree = model.Tree()
        folders = [""]
        for _ in range(self.chance.randrange(6)):
            below = self.chance.choice(folders)
            folder = (below + "/" if below else "") + self.chance.choice(FOLDERS)
            folders.append(folder)
            tree.add_folder(folder)
        for _ in range(self.chance.randrange(10)):
            folder = self.chance.choice(folders)
            tree.put((folder + "/" if folder else "") + self.chance.choice(FILES), (self.content(), self.time()))
        return tree

    def request(self, top):
        config = dict(self.config)
        if "BackupDir" in config:
            config["BackupDir"] = f"{top}/backup"
        if self.uses_beside:
            config["CompareDest"] = [f"{top}/beside"]
        return {"srcFs": f"{top}/source", "dstFs": f"{top}/destination", "_config": config, "_filter": self.rules,
                "_group": f"case {self.number}", **self.parameters}

    def wanted(self):
        """(trees, failed) by the rules."""
        *left, failed = model.outcome(
            self.kind, self.trees["source"], self.trees["destination"], self.config, self.rules,
            self.parameters.get("createEmptySrcDirs"), self.parameters.get("deleteEmptySrcDirs"),
            self.trees["beside"] if self.uses_beside else None)
        return {**dict(zip(SIDES, left)), "beside": self.trees["beside"]}, failed

    def __str__(self):
        before = "\n".join(f" {side}:\n{self.trees[side]!r}" for side in SIDES)
        return (f"case {self.number}: sync/{self.kind} {json.dumps(self.parameters)}\n_config {json.dumps(self.config)}\n"
                f"_filter {json.dumps(self.rules)} beside: {self.uses_beside}\nbefore\n{before}")


def lay_out(tree, top):
    os.makedirs(top)
    for folder in tree.folders:
        os.makedirs(f"{top}/{folder}", exist_ok=True)
    for path, (content, time) in tree.files.items():
        trees.write(f"{top}/{path}", content, time)


def read(top):
    tree = model.Tree()
    for path in Path(top).rglob("*"):
        name = str(path.relative_to(top))
        if path.is_dir():
            tree.add_folder(name)
        else:
            tree.put(name, (path.read_bytes(), path.stat().st_mtime_ns))
    return tree


def chosen(count):
    first, _, end = os.environ.get("ARGOSY_CASES", f"1:{count + 1}").partition(":")
    return range(int(first), int(end))


class SyncModel(running.DaemonTest):
    def setUp(self):
        super().setUp()
        self.memory = self.enterContext(tempfile.TemporaryDirectory(
            prefix="argosy-test-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))

    def run_case(self, daemon, case):
        """(trees, failed) as the daemon leaves them."""
        top = f"{self.memory}/case"
        for side in SIDES:
            lay_out(case.trees[side], f"{top}/{side}")
        status, _, body = daemon.post(f"sync/{case.kind}", case.request(top))
        left = {side: read(f"{top}/{side}") for side in SIDES}
        shutil.rmtree(top)
        self.assertIn(status, [200, 500], body)
        return left, status != 200

    def compare(self, case, wanted, got):
        self.assertEqual(wanted[1], got[1], f"{case}\nshould {'' if wanted[1] else 'not '}have failed")
        for side in SIDES:
            self.assertTrue(wanted[0][side] == got[0][side],
                            f"{case}\n{side} should be\n{wanted[0][side]!r}\nbut is\n{got[0][side]!r}")

    def test_what_is_left_follows_from_the_rules(self):
        for case in map(Case, chosen(400)):
            self.compare(case, case.wanted(), self.run_case(self.daemon, case))

    def test_the_rules_are_those_of_rclone(self):
        os.mkdir(self.path("rclone"))
        rclone = running.Rclone(self.path("rclone"), "--rc-no-auth")
        self.addCleanup(rclone.close)
        for case in map(Case, chosen(120)):
            wanted = case.wanted()
            # Two things that newer versions do otherwise: the error that a file is immutable keeps a move from removing
            # empty folders, and folders of the source are made although all that is in them was found in CompareDest.
            kept = wanted[1] and case.kind == "move" and case.parameters.get("deleteEmptySrcDirs")
            made = case.uses_beside and case.parameters.get("createEmptySrcDirs")
            if not kept and not made:
                self.compare(case, wanted, self.run_case(rclone, case))


if __name__ == "__main__":
    running.main()
