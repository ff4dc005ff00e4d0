"""What networks do wrong to data connections of ftp, while the control connection stands: a call ends right, or with a clear error,
never with wrong bytes, and leaves nothing half at the server."""
import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import ftp_fault_proxy  # noqa: E402 (after the path)
import ftp_servers  # noqa: E402
import running  # noqa: E402
import trees  # noqa: E402

SECOND = 1_000_000_000
FILES = {"small": b"small content", "d/large": random.Random(1).randbytes(3_000_000)}
FAULTS = [("reset", 0), ("reset", 1_000_000), ("cut", 0), ("cut", 5), ("cut", 1_000_000), ("stall", 1_000_000)]


class DataConnections(unittest.TestCase):
    """One daemon for all tests, and two servers: one with MLSD and one without."""

    @classmethod
    def setUpClass(cls):
        keep, folder = cls.enterClassContext(running.stack())
        cls.folder, cls.proxies = Path(folder), {}
        for name, content in FILES.items():
            trees.write(str(cls.folder / "source" / name), content, 1_500_000_000 * SECOND)
        cls.daemon = running.Daemon(running.DaemonTest.binary, folder, "--timeout", "1s", "--low-level-retries", "4")
        keep.callback(cls.daemon.close)
        for name, start in [("pyftpdlib", lambda served: ftp_servers.Pyftpd(served)),
                            ("vsftpd", lambda served: ftp_servers.Vsftpd(served, cls.folder))]:
            server = start(str(cls.folder / name))
            keep.callback(server.close)
            cls.proxies[name] = ftp_fault_proxy.FtpFaultProxy(server.port)
            keep.callback(cls.proxies[name].close)
            cls.daemon.call("sync/copy", srcFs=str(cls.folder / "source"), dstFs=cls.fs(name, "from"))

    @classmethod
    def fs(cls, server, root):
        return {"type": "ftp", "_root": root, "host": "127.0.0.1", "port": str(cls.proxies[server].port), "user": ftp_servers.USER,
                "pass": ftp_servers.OBSCURED, "writing_mdtm": "true"}

    def tree(self, *path):
        top = self.folder.joinpath(*path)
        return {str(file.relative_to(top)): file.read_bytes() for file in top.rglob("*") if file.is_file()}

    def each(self, command, work):
        """The work for each server and fault, which the first transfer by the command meets; only in a large file they all strike."""
        number = 0
        for server, proxy in self.proxies.items():
            for kind, after in FAULTS:
                with self.subTest(f"{server}: {command} {kind} after {after}"):
                    proxy.clear()
                    proxy.add(command, kind, after)
                    number += 1
                    work(server, f"{command}{number}")
                    self.assertEqual(1, proxy.met)

    def test_an_upload_ends_right(self):
        def upload(server, name):
            self.daemon.call("sync/copy", srcFs=str(self.folder / "source"), dstFs=self.fs(server, name))
            self.assertTrue(FILES == self.tree(server, name))
        self.each("STOR", upload)

    def test_a_download_ends_right(self):
        def download(server, name):
            self.daemon.call("sync/copy", srcFs=self.fs(server, "from"), dstFs=str(self.folder / f"{server} {name}"))
            self.assertTrue(FILES == self.tree(f"{server} {name}"))
        self.each("RETR", download)

    def test_a_listing_is_whole(self):
        for server, command in [("pyftpdlib", "MLSD"), ("vsftpd", "LIST")]:
            for kind, after in [("reset", 0), ("cut", 5), ("stall", 5)]:
                with self.subTest(f"{command} {kind} after {after}"):
                    proxy = self.proxies[server]
                    proxy.clear()
                    proxy.add(command, kind, after)
                    listed = self.daemon.call("operations/list", fs=self.fs(server, "from"), remote="")["list"]
                    self.assertEqual({"small", "d"}, {entry["Path"] for entry in listed})
                    self.assertEqual(1, proxy.met)

    def test_a_port_where_nobody_listens_is_asked_for_again(self):
        for server, proxy in self.proxies.items():
            with self.subTest(server):
                proxy.clear()
                proxy.add("refuse", "refuse")
                self.daemon.call("sync/copy", srcFs=str(self.folder / "source"), dstFs=self.fs(server, "refused"))
                self.assertTrue(FILES == self.tree(server, "refused"))
                self.assertEqual(1, proxy.met)

    def test_what_always_breaks_is_an_error_and_leaves_nothing_half(self):
        for server, proxy in self.proxies.items():
            for kind in ["reset", "cut"]:
                with self.subTest(f"{server}: {kind}"):
                    proxy.clear()
                    proxy.add("STOR", kind, 1000, times=100)
                    proxy.add("RETR", kind, 1000, times=100)
                    for source, target in [(str(self.folder / "source"), self.fs(server, f"bad {kind}")),
                                           (self.fs(server, "from"), str(self.folder / f"bad {server} {kind}"))]:
                        error = self.daemon.fails("operations/copyfile", srcFs=source, srcRemote="d/large", dstFs=target, dstRemote="x")
                        self.assertRegex(error, "reset by peer|EOF|sizes differ|wrote \\d+ bytes of|[Cc]onnection|transfer|426|451")
                    self.assertEqual([{}, {}], [self.tree(server, f"bad {kind}"), self.tree(f"bad {server} {kind}")])


if __name__ == "__main__":
    running.main()
