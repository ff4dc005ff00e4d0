"""The connections of storages behind HTTP: as many sockets as the pool has, and none left behind by what broke off."""
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import breaking_server  # noqa: E402 (after the path)
import running  # noqa: E402

POOL = 8
FILES = 1000
REQUESTS = int(os.environ.get("ARGOSY_REQUESTS", "3400"))  # for files, of each storage; together more than 10,000
BEFORE_STALL = 400   # of a round: no transfer has come to its last file by then
STORAGES = {"http": "http:many/", "webdav": "webdav:many/", "s3": "s3:bucket/many/"}


class Connections(unittest.TestCase):
    """One daemon and one server for all tests."""

    @classmethod
    def setUpClass(cls):
        keep, folder = cls.enterClassContext(running.stack())
        cls.folder = Path(folder)
        cls.server = breaking_server.BreakingServer(FILES)
        keep.callback(cls.server.close)
        Path(folder, "rclone.conf").write_text("".join(f"[{name}]\n{text}\n" for name, text in cls.server.remotes().items()))
        cls.daemon = running.Daemon(running.DaemonTest.binary, folder, "--max-connections", str(POOL), "--transfers", str(POOL),
                                    "--use-server-modtime", "--low-level-retries", "20")
        keep.callback(cls.daemon.close)

    def setUp(self):
        self.server.breaks, self.server.stall_from, self.server.gets = 0.0, None, 0

    def copy(self, fs, target):
        self.daemon.call("sync/copy", srcFs=fs, dstFs=str(self.folder / target))
        self.assertTrue(self.server.files == {path.name: path.read_bytes() for path in (self.folder / target).iterdir()})

    def close_wait(self):
        return running.half_closed(self.daemon.child.pid)

    def ledger(self):
        """Connections of storages and open descriptors; not the connection of who asks."""
        return {series: value for series, value in self.daemon.samples().items() if value and 'remote="rc"' not in series and
                series.startswith(("argosy_connections{", "argosy_descriptors{"))}

    def assert_nothing_is_left(self):
        running.wait_for(lambda: not self.close_wait(), 30, lambda: f"no socket hangs in CLOSE_WAIT: {self.close_wait()}")
        self.daemon.call("fscache/clear")
        running.wait_for(lambda: not self.ledger(), 30, lambda: f"the ledger is empty: {self.ledger()}")
        running.wait_for(lambda: self.server.open == 0, 30, lambda: f"{self.server.open} connections are closed")

    def test_a_thousand_requests_over_a_pool_of_eight_open_eight_sockets(self):
        for name, fs in STORAGES.items():
            with self.subTest(name):
                before, self.server.meeting = self.server.connections, POOL
                self.copy(fs, f"whole {name}")
                self.assertEqual(POOL, self.server.connections - before)
                self.assertGreaterEqual(self.daemon.live("argosy_connections", remote=name), 1)
                self.assert_nothing_is_left()

    def test_ten_thousand_requests_with_aborts_leave_nothing_behind(self):
        for name, fs in STORAGES.items():
            with self.subTest(name):
                self.server.breaks, self.server.gets, self.server.broken = 0.03, 0, 0
                while self.server.gets < REQUESTS:
                    self.abort_a_copy(fs, f":memory:{name}{self.server.gets}")
                self.server.stall_from = None
                self.copy(fs, f"after {name}")
                self.assertGreaterEqual(self.server.broken, 0.02 * REQUESTS)
                self.assert_nothing_is_left()

    def abort_a_copy(self, source, target):
        """Once all its answers stand still; until then some have broken off."""
        self.server.stall_from = self.server.gets + BEFORE_STALL
        job = self.daemon.start("sync/copy", srcFs=source, dstFs=target)
        running.wait_for(lambda: self.server.stalled == POOL, 60,
                         lambda: f"{POOL} answers stand still: {self.server.stalled} {self.daemon.call('job/status', jobid=job)}")
        self.daemon.call("job/stop", jobid=job)
        self.assertEqual("context canceled", self.daemon.finished(job)["error"])
        running.wait_for(lambda: self.server.stalled == 0, 30, "the client gives up what stands still")


if __name__ == "__main__":
    running.main()
