"""Disks that fail and files that change: nothing half-written under a final name, the source as it was, an error that says what."""
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import faulty  # noqa: E402 (after the path)
import running  # noqa: E402
import trees  # noqa: E402
from faulty import rule  # noqa: E402

KIB, MIB = 1 << 10, 1 << 20
THEN = 1_600_000_000_000_000_000
SMALL, LARGE = 100, 3 * MIB  # copied in one piece, and block by block


class Faults(running.DaemonTest):
    daemon = None

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix="argosy-test-"))
        self.source, self.copy = self.path("source"), self.path("copy")

    def faulty_daemon(self, *rules):
        self.daemon = self.start_daemon(environment=faulty.environment(*rules))

    def make(self, **sizes):
        """Files of the source; content and time follow from the name."""
        for name, size in {"good": SMALL, "sub/good": SMALL, **sizes}.items():
            trees.write(f"{self.source}/{name}", random.Random(name).randbytes(size), THEN + size)
        self.before = self.look(self.source)

    @staticmethod
    def look(top):
        found = {}
        for name in map(os.fsdecode, trees.walk_files(top)):
            path = Path(top, name)
            found[name] = (path.read_bytes(), path.stat().st_mtime_ns)
        return found

    def fails(self, error, *names, command="copy", old=None, **parameters):
        """The call fails with one error for each of the files, which stay what they were; all others are copied."""
        text = self.daemon.fails(f"sync/{command}", srcFs=self.source, dstFs=self.copy, _group="g", **parameters)
        for part in [error, *names]:
            self.assertIn(part, text)
        self.assertEqual(len(names), self.daemon.call("core/stats", group="g")["errors"])
        there = self.look(self.copy)
        for name in names:
            self.assertEqual(old, there.pop(name, (None, 0))[0], f"{name} is not what it was")
        self.assertEqual({name: file for name, file in self.before.items() if name not in names}, there)
        if command != "move":
            self.assertEqual(self.before, self.look(self.source), "the source has changed")
        else:
            self.assertEqual({name: self.before[name] for name in names}, self.look(self.source))

    def succeeds(self, command="copy", **parameters):
        self.daemon.call(f"sync/{command}", srcFs=self.source, dstFs=self.copy, **parameters)
        self.assertEqual(self.before, self.look(self.copy))

    # -- the disk ------------------------------------------------------------------------------------------------------

    def test_what_cannot_be_read_is_not_copied(self):
        for size, after in [(SMALL, 0), (LARGE, 0), (LARGE, 5)]:
            with self.subTest(size=size, after=after), self.fresh():
                self.make(bad=size)
                self.faulty_daemon(rule("pread", "EIO", "source/bad", after))
                self.fails("input/output error", "bad")

    def test_what_cannot_be_copied_is_not_moved(self):
        self.copy = self.enterContext(tempfile.TemporaryDirectory(prefix="argosy-test-", dir="/dev/shm")) + "/copy"
        if os.stat("/dev/shm").st_dev == os.stat(self.folder).st_dev:
            self.skipTest("there is only one file system, within which a move is a rename")
        for call, path in [("pread", "source/bad"), ("pwrite", "copy/bad"), ("rename", "copy/bad")]:
            with self.subTest(call), self.fresh():
                self.make(bad=LARGE)
                os.mkdir(self.copy)
                self.faulty_daemon(rule(call, "EIO", path))
                self.fails("input/output error", "bad", command="move")

    def test_what_cannot_be_written_is_not_copied(self):
        for call, size, error, text in [
                ("pwrite", SMALL, "EIO", "input/output error"), ("pwrite", LARGE, "ENOSPC", "no space left on device"),
                ("open", SMALL, "EACCES", "permission denied"), ("open", LARGE, "EDQUOT", "disk quota exceeded"),
                ("futimens", SMALL, "EPERM", "operation not permitted"), ("rename", SMALL, "EIO", "input/output error"),
                ("rename", LARGE, "EACCES", "permission denied"), ("close", LARGE, "EDQUOT", "disk quota exceeded")]:
            for old in [None, b"old"]:
                with self.subTest(call=call, size=size, old=old), self.fresh():
                    self.make(bad=size)
                    if old:
                        trees.write(f"{self.copy}/bad", old, 1)
                    self.faulty_daemon(rule(call, error, "copy/bad"))
                    self.fails(text, "bad", old=old)

    def test_what_is_read_back_wrong_is_not_copied(self):
        for size in [SMALL, LARGE]:
            with self.subTest(size=size), self.fresh():
                self.make(bad=size)
                self.faulty_daemon(rule("pread", "EIO", "copy/bad"))
                self.fails("input/output error", "bad")

    def test_a_disk_that_gives_and_takes_less_than_asked_is_enough(self):
        self.make(small=SMALL, large=LARGE)
        self.faulty_daemon(rule("pread", "short", "large"), rule("pwrite", "short", "large"), rule("pread", "short", "small"),
                           rule("pwrite", "short", "small", 0, 3))
        self.succeeds()

    def test_an_interrupted_call_is_made_again(self):
        self.make(small=SMALL, large=LARGE)
        self.faulty_daemon(*[rule(call, "EINTR", name, 0, 2) for call in ["pread", "pwrite"] for name in ["small", "large"]])
        self.succeeds()

    def test_a_lack_of_descriptors_for_a_moment_is_waited_for(self):
        self.make(bad=SMALL)
        self.faulty_daemon(rule("open", "EMFILE", "source/bad", 0, 3), rule("open", "EMFILE", "copy/bad", 0, 3))
        self.succeeds()

    def test_a_lack_of_descriptors_that_stays_is_an_error(self):
        self.make(bad=SMALL)
        self.faulty_daemon(rule("open", "EMFILE", "source/bad"))
        self.fails("too many open files", "bad", _config={"LowLevelRetries": 3})

    def test_a_folder_that_cannot_be_listed_is_left_alone(self):
        self.make(**{"bad/file": SMALL})
        trees.write(f"{self.copy}/bad/old", b"old", 1)
        trees.write(f"{self.copy}/old", b"old", 1)
        for side in ["source", "copy"]:
            with self.subTest(side):
                self.faulty_daemon(rule("getdents", "EIO", f"{side}/bad"))
                text = self.daemon.fails("sync/sync", srcFs=self.source, dstFs=self.copy)
                self.assertIn("input/output error", text)
                self.assertIn("bad", text)
                self.assertEqual({"good", "sub/good", "bad/old", "old"}, set(self.look(self.copy)))

    def test_a_folder_that_finds_no_room_to_be_sorted_is_left_alone(self):
        self.make()
        trees.write(f"{self.copy}/old", b"old", 1)
        for call, error in [("pwrite", "ENOSPC"), ("pread", "EIO")]:
            with self.subTest(call):
                self.daemon = self.start_daemon("--cache-dir", self.path("cache"),
                                                environment=faulty.environment(rule(call, error, self.path("cache"), 1)))
                text = self.daemon.fails("sync/sync", srcFs=self.source, dstFs=self.copy, _config={"ListCutoff": 0})
                self.assertIn(f"temporary file in {self.path('cache')}", text)
                self.assertEqual({"old"}, set(self.look(self.copy)))
                self.daemon.close()

    def test_a_full_disk(self):
        if os.geteuid() != 0:
            self.skipTest("only root can mount a small disk")
        os.makedirs(self.copy)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", self.copy], stderr=subprocess.DEVNULL).returncode:
            self.skipTest("mounting is not permitted here")
        self.addCleanup(subprocess.run, ["umount", self.copy], check=True)
        self.make(bad=LARGE)
        self.faulty_daemon()
        self.fails("no space left on device", "bad")
        self.daemon.close()  # before its folder goes

    def test_quick_ways_that_the_disk_lacks_are_done_without(self):
        self.make(large=LARGE)
        for ignored in [False, True]:
            for error in ["EOPNOTSUPP", "ENOSYS", "EINVAL", "EXDEV"]:
                with self.subTest(error, ignored=ignored):
                    self.faulty_daemon(rule("ioctl", error, "copy/"), rule("copy_file_range", error, "copy/"))
                    self.succeeds(_config={"IgnoreChecksum": ignored})
                    shutil.rmtree(self.copy)

    # -- files that change -------------------------------------------------------------------------------------------

    def while_stopped(self, at, change, *outcome, size=SMALL, **parameters):
        """The daemon stops at a system call, `change()` happens, and it goes on."""
        with self.fresh():
            self.make(bad=size)
            self.faulty_daemon(at)
            job = self.daemon.start("sync/copy", srcFs=self.source, dstFs=self.copy, _group="g", **parameters)
            faulty.wait_until_stopped(self.daemon)
            change(Path(self.source, "bad"))
            faulty.go_on(self.daemon)
            status = self.daemon.finished(job)
            self.assertFalse(status["success"])
            for part in outcome:
                self.assertIn(part, status["error"])
            there = self.look(self.copy)
            self.assertEqual({"good", "sub/good"}, set(there))
            self.assertEqual(1, self.daemon.call("core/stats", group="g")["errors"])

    def test_a_file_that_changes_before_it_is_read_is_not_copied(self):
        for size in [SMALL, LARGE]:
            at = rule("open", "stop", "source/bad", 0, 1)
            with self.subTest("grown", size=size):
                self.while_stopped(at, lambda path: path.write_bytes(bytes(size + 1)), "source file is being updated",
                                   f"(size changed from {size} to {size + 1})", size=size)
            with self.subTest("cut", size=size):
                self.while_stopped(at, lambda path: os.truncate(path, size - 1), "source file is being updated",
                                   f"(size changed from {size} to {size - 1})", size=size)
            with self.subTest("touched", size=size):
                self.while_stopped(at, lambda path: os.utime(path, ns=(1, 1)), "source file is being updated",
                                   "(mod time changed from ", size=size)
            with self.subTest("removed", size=size):
                self.while_stopped(at, os.remove, "bad: no such file or directory", size=size)

            def by_a_folder(path):
                os.remove(path)
                os.mkdir(path)
            with self.subTest("replaced by a folder", size=size):
                self.while_stopped(at, by_a_folder, "is a directory not a file", size=size)

            def by_a_pipe(path):
                os.remove(path)
                os.mkfifo(path)
            with self.subTest("replaced by a pipe", size=size):
                self.while_stopped(at, by_a_pipe, "object not found", size=size)

    def test_a_file_that_changes_while_it_is_read_is_not_copied(self):
        def longer(path):
            with path.open("ab") as file:
                file.write(b"more")
        for after in [1, 6, 11]:
            at = rule("pread", "stop", "source/bad", after, 1)
            with self.subTest("grows", after=after):
                self.while_stopped(at, longer, f"(size changed from {LARGE} to {LARGE + 4})", size=LARGE)
            with self.subTest("cut", after=after):
                self.while_stopped(at, lambda path: os.truncate(path, 10), f"(size changed from {LARGE} to 10)", size=LARGE)

    def test_a_file_that_is_removed_while_it_is_read_is_copied_as_it_was(self):
        self.make(bad=LARGE)
        self.faulty_daemon(rule("pread", "stop", "source/bad", 3, 1))
        job = self.daemon.start("sync/copy", srcFs=self.source, dstFs=self.copy)
        faulty.wait_until_stopped(self.daemon)
        os.remove(f"{self.source}/bad")
        faulty.go_on(self.daemon)

        self.assertTrue(self.daemon.finished(job)["success"])
        self.assertEqual(self.before, self.look(self.copy))

    def test_a_daemon_that_was_stopped_goes_on_where_it_was(self):
        self.make(large=LARGE)
        for call, path in [("pread", "source/large"), ("pwrite", "copy/large"), ("rename", "copy/large"), ("getdents", "source")]:
            with self.subTest(call):
                self.faulty_daemon(rule(call, "stop", path, 0, 1))
                job = self.daemon.start("sync/copy", srcFs=self.source, dstFs=self.copy)
                faulty.wait_until_stopped(self.daemon)
                faulty.go_on(self.daemon)
                self.assertTrue(self.daemon.finished(job)["success"])
                self.assertEqual(self.before, self.look(self.copy))
                shutil.rmtree(self.copy)

    def test_a_partial_file_that_somebody_removes_is_not_taken_for_whole(self):
        self.make(bad=LARGE)
        self.faulty_daemon(rule("futimens", "stop", "copy/bad", 0, 1))
        job = self.daemon.start("sync/copy", srcFs=self.source, dstFs=self.copy, _config={"LowLevelRetries": 1})
        faulty.wait_until_stopped(self.daemon)
        for partial in Path(self.copy).glob("*.partial"):
            partial.unlink()
        faulty.go_on(self.daemon)

        status = self.daemon.finished(job)
        self.assertFalse(status["success"], status)
        self.assertNotIn("bad", self.look(self.copy))

    # -- helpers -----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def fresh(self):
        """Without the trees and the daemon of what went before."""
        try:
            yield
        finally:
            if self.daemon:  # none where there is nothing to preload
                faulty.go_on(self.daemon)
                self.daemon.close()
            for side in [self.source, self.copy]:
                shutil.rmtree(side, ignore_errors=True)


if __name__ == "__main__":
    running.main()
