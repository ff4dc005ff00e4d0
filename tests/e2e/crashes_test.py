"""kill -9 before each single change on the disk: whole files under final names, nothing lost, and the next daemon finishes the work."""
import os
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import faulty  # noqa: E402 (after the path)
import running  # noqa: E402
import trees  # noqa: E402

MIB = 1 << 20
THEN = 1_600_000_000_000_000_000


class Crashes(running.DaemonTest):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix="argosy-test-"))
        self.source, self.copy = self.path("source"), self.path("copy")

    def content(self, name, size):
        return random.Random(name).randbytes(size)

    def make(self):
        """What is new, what is newer, and what is to go."""
        for name, size in [("new", 100), ("sub/new", 5000), ("sub/large", MIB), ("newer", 200), ("sub/newer large", MIB),
                           ("same", 10)]:
            trees.write(f"{self.source}/{name}", self.content(name, size), THEN + size)
        trees.write(f"{self.copy}/same", self.content("same", 10), THEN + 10)
        self.old = {"newer": b"old", "sub/newer large": b"old too", "surplus": b"s", "old folder/surplus": b"t"}
        for name, content in self.old.items():
            trees.write(f"{self.copy}/{name}", content, THEN)

    @staticmethod
    def look(top):
        """name -> content, without partial files."""
        return {os.fsdecode(name): Path(top, os.fsdecode(name)).read_bytes() for name in trees.walk_files(top)
                if not name.endswith(b".partial")}

    def killed_at_each_change(self, command, check, **parameters):
        """Calls `check()` after each death; the last run, in which nothing is left to kill at, must succeed."""
        for change in range(1000):
            self.make()
            self.new = self.look(self.source)
            daemon = self.start_daemon(environment=faulty.environment(faulty.rule("change", "kill", self.top, change, 1)))
            try:
                daemon.call(f"sync/{command}", srcFs=self.source, dstFs=self.copy, **parameters)
            except OSError:  # the connection went with the daemon
                self.assertEqual(-signal.SIGKILL, daemon.end(0))
            else:
                daemon.close()
                self.assertGreater(change, 10, "so many changes there are at least")
                return
            with self.subTest(change=change):
                check()
                self.start_daemon().call(f"sync/{command}", srcFs=self.source, dstFs=self.copy, **parameters)
                self.assertEqual({**(self.old if command == "move" else {}), **self.new}, self.look(self.copy))
            for side in [self.source, self.copy]:
                shutil.rmtree(side)
        self.fail("it changes the disk for ever")

    def whole(self):
        """Each file under a final name is the new one or the old one."""
        for name, content in self.look(self.copy).items():
            self.assertIn(content, [self.new.get(name), self.old.get(name)], f"{name} is neither")

    def test_a_sync(self):
        def check():
            self.whole()
            self.assertEqual(self.new, self.look(self.source))
            there = self.look(self.copy)
            if not {"surplus", "old folder/surplus"} <= set(there):
                self.assertLessEqual(set(self.new.items()), set(there.items()), "deleted before all was copied")
            self.assertLessEqual({"newer", "sub/newer large", "same"}, set(there), "a file that is replaced is always there")
        self.top = self.folder
        self.killed_at_each_change("sync", check)

    def test_a_sync_with_backups(self):
        backup = self.path("backup")

        def check():
            self.whole()
            kept = self.look(backup) if os.path.isdir(backup) else {}
            there = self.look(self.copy)
            for name, content in self.old.items():
                self.assertIn(content, [there.get(name), kept.get(name)], f"{name} is lost")
            shutil.rmtree(backup, ignore_errors=True)
        self.top = self.folder
        self.killed_at_each_change("sync", check, _config={"BackupDir": backup})

    def test_a_move_to_another_disk(self):
        other = self.enterContext(tempfile.TemporaryDirectory(prefix="argosy-test-", dir="/dev/shm"))
        if os.stat(other).st_dev == os.stat(self.folder).st_dev:
            self.skipTest("there is only one file system, within which a move is a rename")
        self.copy = f"{other}/copy"

        def check():
            self.whole()
            here, there = self.look(self.source), self.look(self.copy)
            for name, content in self.new.items():
                self.assertIn(content, [here.get(name), there.get(name)], f"{name} is lost")
        self.top = "argosy-test-"
        self.killed_at_each_change("move", check)


if __name__ == "__main__":
    running.main()
