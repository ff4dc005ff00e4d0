"""After kill -9 at any moment each file is whole, absent or under a partial name, and the next daemon finishes the work."""
import os
import random
import signal
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402

MIB = 1 << 20


class Killed(running.DaemonTest):
    def killed_at(self, moment, bytes_per_second=None):
        """Copies source to copy and kills the daemon as soon as `moment` is true of what lies at the destination."""
        if bytes_per_second:
            self.daemon.call("core/bwlimit", rate=f"{bytes_per_second}b")
        self.daemon.start("sync/copy", srcFs=self.path("source"), dstFs=self.path("copy"))
        running.wait_for(lambda: moment(self.files()), 30, "the copy gets that far")
        self.assertEqual(-signal.SIGKILL, self.daemon.end(signal.SIGKILL))

    def files(self):
        """name -> size of what lies at the destination now."""
        found = {}
        for folder, _, names in os.walk(self.path("copy")):
            for name in names:
                try:
                    found[os.path.join(folder, name)] = os.lstat(os.path.join(folder, name)).st_size
                except FileNotFoundError:
                    pass  # renamed meanwhile
        return found

    def whole(self, old=()):
        """Each file under a final name is its source's or one of `old`; returns how many are their source's."""
        done = 0
        for name in trees.walk_files(self.path("copy")):
            if name.endswith(b".partial"):
                continue
            content = Path(os.fsdecode(os.path.join(os.fsencode(self.path("copy")), name))).read_bytes()
            is_new = content == Path(os.fsdecode(os.path.join(os.fsencode(self.path("source")), name))).read_bytes()
            self.assertTrue(is_new or content in old, f"{name!r} is not whole")
            done += is_new
        return done

    def finish(self):
        """A new daemon copies the rest."""
        self.start_daemon().call("sync/copy", srcFs=self.path("source"), dstFs=self.path("copy"))
        left = [line for line in trees.differences(self.path("source"), self.path("copy")) if not line.endswith(".partial'")]
        self.assertEqual([], left)

    def test_many_files(self):
        for number in range(1000):
            trees.write(self.path("source", f"{number % 10}", f"{number}"), random.Random(number).randbytes(20_000), number)
        for least in [1, 100, 500]:
            with self.subTest(least):
                self.daemon = self.start_daemon()
                before = len(self.files())
                self.killed_at(lambda files: len(files) >= before + least or len(files) >= 1000)

                self.whole()
        self.finish()

    def test_many_files_at_a_slow_pace(self):
        for number in range(40):
            trees.write(self.path("source", f"{number}"), random.Random(number).randbytes(100_000), number)

        self.killed_at(lambda files: len(files) >= 6, 400_000)

        self.assertLess(self.whole(), 40)
        self.finish()

    def test_one_large_file(self):
        trees.write(self.path("source", "large"), random.Random(0).randbytes(16 * MIB), 1)
        for least in [1, MIB]:
            with self.subTest(least):
                self.daemon = self.start_daemon()
                self.killed_at(lambda files: any(size >= least for size in files.values()), 2 * MIB)

                self.assertEqual(0, self.whole())
                self.assertTrue(all(name.endswith(".partial") for name in self.files()), self.files())
                for name in self.files():
                    os.remove(name)
        self.finish()

    def test_a_file_that_is_replaced_stays_the_old_one(self):
        trees.write(self.path("source", "large"), random.Random(0).randbytes(16 * MIB), 2)
        trees.write(self.path("copy", "large"), b"old", 1)

        self.killed_at(lambda files: len(files) > 1 and any(size > 3 for size in files.values()), 2 * MIB)

        self.assertEqual(0, self.whole(old=[b"old"]))
        self.assertEqual(b"old", Path(self.path("copy", "large")).read_bytes())
        self.finish()

    def test_a_move_loses_nothing(self):
        for number in range(40):
            trees.write(self.path("source", f"{number}"), random.Random(number).randbytes(100_000), number)
            trees.write(self.path("twin", f"{number}"), random.Random(number).randbytes(100_000), number)
        os.mkdir(self.path("copy"))  # or the whole root would be renamed
        self.daemon.call("core/bwlimit", rate="400000b")

        self.daemon.start("sync/move", srcFs=self.path("source"), dstFs=self.path("copy"))
        running.wait_for(self.files, 30, "something is moved")
        self.daemon.end(signal.SIGKILL)

        for number in range(40):
            places = [Path(self.path(where, f"{number}")) for where in ["source", "copy"]]
            self.assertTrue(any(p.exists() and p.read_bytes() == Path(self.path("twin", f"{number}")).read_bytes()
                                for p in places), number)


if __name__ == "__main__":
    running.main()
