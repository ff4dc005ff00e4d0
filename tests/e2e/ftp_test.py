"""ftp: the same servers through Argosy and through rclone, encrypted or not, and what happens when they fail."""
import json
import os
import random
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import certificates  # noqa: E402 (after the path)
import ftp_servers  # noqa: E402
import running  # noqa: E402
import trees  # noqa: E402

SECOND = 1_000_000_000
TIME = 1_500_000_000
LARGE = 48 << 20
FILES = {"one.txt": b"one", "d/two.txt": b"two", "d/e/big": bytes(range(256)) * 8_000, "caf\u00e9 & co/100%.txt": b"odd", "d/empty": b"",
         "d/q?x#y;z": b"punctuation", "+plus list/~": b"more", "-dash/-file": b"dash", "with  blanks/ a  b": b"blanks"}


def write_source(folder):
    for number, (name, content) in enumerate(FILES.items()):
        trees.write(f"{folder}/{name}", content, (TIME + number) * SECOND)


class WithServers(running.DaemonTest):
    def setUp(self):
        super().setUp()
        self.password = self.daemon.call("core/obscure", clear=ftp_servers.PASSWORD)["obscured"]
        write_source(self.path("source"))

    def keep(self, server):
        self.addCleanup(server.close)
        return server

    def fs(self, port, root="", **options):
        return {"type": "ftp", "_root": root, "host": "127.0.0.1", "port": str(port), "user": ftp_servers.USER, "pass": self.password,
                **options}

    def assert_same(self, source, copy, times=True):
        self.assertEqual([], trees.differences(source, copy) if times else
                         [name for name, content in FILES.items() if Path(copy, name).read_bytes() != content])

    def sockets(self):
        return self.daemon.live("argosy_descriptors", kind="socket")


class BesideRclone(WithServers):
    def setUp(self):
        super().setUp()
        Path(self.path("rclone")).mkdir()
        self.rclone = running.Rclone(self.path("rclone"), "--rc-no-auth")
        self.addCleanup(self.rclone.close)

    def exercise(self, server, served, **options):
        ours, theirs = self.fs(server.port, "ours", **options), self.fs(server.port, "theirs", **options)
        for peer, fs in [(self.daemon, ours), (self.rclone, theirs)]:
            peer.call("sync/copy", srcFs=self.path("source"), dstFs=fs)
        for name in ["ours", "theirs"]:
            self.assert_same(self.path("source"), f"{served}/{name}")
        # What one has written the other reads, and has nothing to do with.
        self.daemon.call("sync/copy", srcFs=theirs, dstFs=self.path("by us"))
        self.rclone.call("sync/copy", srcFs=ours, dstFs=self.path("by rclone"))
        for name in ["by us", "by rclone"]:
            self.assert_same(self.path("source"), self.path(name))
        for peer, fs in [(self.daemon, theirs), (self.rclone, ours)]:
            peer.call("sync/sync", srcFs=self.path("source"), dstFs=fs, _group="again")
            stats = peer.call("core/stats", group="again")
            self.assertEqual((0, 0, 0), (stats["transfers"], stats["deletes"], stats["errors"]))
        shown = [{e["Path"]: (e["Size"], e["IsDir"], None if e["IsDir"] else e["ModTime"]) for e in
                  peer.call("operations/list", fs=theirs, remote="", opt={"recurse": True})["list"]} for peer in [self.daemon, self.rclone]]
        self.assertEqual(shown[1], shown[0])
        self.changes(ours, theirs)
        self.assertEqual(trees.differences(f"{served}/ours", f"{served}/theirs"), [])
        self.assertEqual([], list(Path(served).rglob("*.partial")))
        told = [peer.call("operations/fsinfo", fs=self.fs(server.port, "x/y", **options)) for peer in [self.daemon, self.rclone]]
        for key in ["Hashes", "Precision", "Root", "String"]:
            self.assertEqual(told[1][key], told[0][key])

    def changes(self, ours, theirs):
        for peer, fs in [(self.daemon, ours), (self.rclone, theirs)]:
            peer.call("operations/movefile", srcFs=fs, srcRemote="d/two.txt", dstFs=fs, dstRemote="new/moved")
            peer.call("operations/mkdir", fs=fs, remote="made/with/parents")
            peer.call("operations/rmdir", fs=fs, remote="made/with/parents")
            peer.call("operations/deletefile", fs=fs, remote="d/empty")
            peer.call("operations/purge", fs=fs, remote="+plus list")
            peer.call("sync/move", srcFs={**fs, "_root": fs["_root"] + "/d/e"}, dstFs={**fs, "_root": fs["_root"] + "/dir moved"})

    def test_a_server_with_mlsd(self):
        self.exercise(self.keep(ftp_servers.Pyftpd(self.path("served"))), self.path("served"))

    def test_a_server_without_mlsd(self):
        server = self.keep(ftp_servers.Vsftpd(self.path("served"), self.path("vsftpd")))
        self.exercise(server, self.path("served"), writing_mdtm="true")

    def test_errors_in_the_same_words(self):
        server = self.keep(ftp_servers.Vsftpd(self.path("served"), self.path("vsftpd")))
        trees.write(self.path("served/file"), b"x", TIME * SECOND)
        good = self.fs(server.port)
        for command, parameters in [
                ("operations/list", {"fs": good, "remote": "none"}),
                ("operations/deletefile", {"fs": good, "remote": "none"}),
                ("operations/copyfile", {"srcFs": good, "srcRemote": "none", "dstFs": good, "dstRemote": "x"}),
                ("operations/list", {"fs": self.fs(server.port, **{"pass": self.daemon.call("core/obscure", clear="x")["obscured"]}), "remote": ""}),
                ("operations/list", {"fs": {**good, "tls": "true", "explicit_tls": "true"}, "remote": ""}),
                ("operations/about", {"fs": good}),
                ("operations/publiclink", {"fs": good, "remote": "file"})]:
            with self.subTest(f"{command} {parameters}"):
                answers = [(status, json.loads(body)["error"]) for status, _, body in
                           (peer.post(command, parameters) for peer in [self.daemon, self.rclone])]
                self.assertEqual(answers[1], answers[0])

    def test_its_options_are_those_of_rclone(self):
        ours, theirs = (next(p for p in peer.call("config/providers")["providers"] if p["Name"] == "ftp")["Options"]
                        for peer in [self.daemon, self.rclone])
        names = {o["Name"]: o for o in ours}
        for option in theirs:
            option["Type"] = option["Type"].replace("MultiEncoder", "Encoding")  # its name since
            self.assertEqual([option[key] for key in ["Name", "Type", "DefaultStr", "IsPassword", "Advanced", "Required"]],
                             [names[option["Name"]][key] for key in ["Name", "Type", "DefaultStr", "IsPassword", "Advanced", "Required"]])


class Encrypted(WithServers):
    def setUp(self):
        super().setUp()
        authority = certificates.Authority(self.folder)
        self.ca, self.certificate = authority.certificate, authority.server()

    def exercise(self, options, **server):
        served = self.path("served")
        port = self.keep(ftp_servers.Vsftpd(served, self.path("vsftpd"), tls=self.certificate, **server)).port
        trusted = self.fs(port, "copy", **options)
        refused = self.daemon.fails("operations/list", fs=trusted, remote="")
        self.assertIn("tls: failed to verify certificate: x509: ", refused)

        unchecked = self.fs(port, "copy", no_check_certificate="true", writing_mdtm="true", **options)
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=unchecked)
        self.daemon.call("sync/copy", srcFs=unchecked, dstFs=self.path("back"))
        self.assert_same(self.path("source"), self.path("back"))

    def test_explicit_tls(self):
        self.exercise({"explicit_tls": "true"})

    def test_implicit_tls(self):
        self.exercise({"tls": "true"}, implicit=True)

    def test_without_tls_13(self):
        self.exercise({"explicit_tls": "true", "disable_tls13": "true"})

    def test_a_known_authority_is_enough(self):
        server = self.keep(ftp_servers.Vsftpd(self.path("served"), self.path("vsftpd"), tls=self.certificate))
        trusting = self.start_daemon("--ca-cert", self.ca)
        trusting.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs(server.port, "x", explicit_tls="true"))
        self.assert_same(self.path("source"), self.path("served/x"), times=False)

    def test_a_server_without_tls_gets_no_password(self):
        server = self.keep(ftp_servers.FakeFtp({"AUTH": "502 no"}))
        self.daemon.fails("operations/list", fs=self.fs(server.port, explicit_tls="true", _root="/"), remote="",
                          _config={"LowLevelRetries": 1})
        self.assertEqual([], [line for line in server.commands if line.startswith(("USER", "PASS"))])


class Failing(WithServers):
    def test_a_killed_server_that_comes_back_is_survived(self):
        served = self.path("served")
        server = self.keep(ftp_servers.Pyftpd(served))
        content = random.Random(1).randbytes(LARGE)
        trees.write(self.path("large/file"), content, TIME * SECOND)
        for source, target in [(self.path("large"), self.fs(server.port, "up")), (self.fs(server.port, "up"), self.path("down"))]:
            job = self.daemon.start("sync/copy", srcFs=source, dstFs=target, _group=str(target), _config={"BwLimit": "24M"})
            running.wait_for(lambda g=str(target): self.daemon.call("core/stats", group=g)["bytes"] > LARGE // 8, 60, "bytes move")
            server.child.kill()
            server.child.wait()
            server = self.keep(ftp_servers.Pyftpd(served, port=server.port))
            self.assertEqual("", self.daemon.finished(job, 120)["error"])
        self.assertTrue(content == Path(self.path("down/file")).read_bytes())
        self.assertEqual([], list(Path(self.path("down")).rglob("*.partial")))

    def test_a_cancelled_transfer_ends_within_a_second(self):
        server = self.keep(ftp_servers.Pyftpd(self.path("served")))
        trees.write(self.path("large/file"), bytes(LARGE), TIME * SECOND)
        fs = self.fs(server.port, "up")
        job = self.daemon.start("sync/copy", srcFs=self.path("large"), dstFs=fs, _group="up", _config={"BwLimit": "4M"})
        running.wait_for(lambda: self.daemon.call("core/stats", group="up")["bytes"] > 1 << 20, 60, "bytes move")
        begin = time.monotonic()
        self.daemon.call("job/stop", jobid=job)
        self.assertIn("context canceled", self.daemon.finished(job)["error"])
        self.assertLess(time.monotonic() - begin, 10)  # a second, on a machine with nothing else to do
        self.assertEqual([], [e["Name"] for e in self.daemon.call("operations/list", fs=fs, remote="")["list"]])

    def test_a_server_that_is_full_of_connections_is_tried_again(self):
        server = self.keep(ftp_servers.FakeFtp({"": "421 There are too many connections."}))
        text = self.daemon.fails("operations/list", fs=self.fs(server.port, "/"), remote="", _config={"LowLevelRetries": 3})
        self.assertEqual(f'NewFs: failed to make FTP connection to "127.0.0.1:{server.port}": 421 There are too many connections.', text)

    def test_a_silent_server_is_given_up(self):
        server = self.keep(ftp_servers.FakeFtp({"PASS": ""}))
        silent = self.start_daemon("--contimeout", "1s", "--timeout", "1s", "--low-level-retries", "1")
        self.assertIn("timeout", silent.fails("operations/list", fs=self.fs(server.port, "/"), remote="").lower())

    def test_names_cannot_hold_commands(self):
        server = self.keep(ftp_servers.FakeFtp({}))
        self.daemon.fails("operations/deletefile", fs=self.fs(server.port, "/", encoding="None"), remote="x\r\nDELE y")
        self.assertEqual([], [line for line in server.commands if line.startswith("DELE")])

    def test_connections_are_used_again_and_let_go(self):
        server = self.keep(ftp_servers.Vsftpd(self.path("served"), self.path("vsftpd"), "max_clients=4"))
        running.write_files(self.path("many"), 200, 100)
        fs = self.fs(server.port, "x", concurrency="2")
        self.daemon.call("sync/copy", srcFs=self.path("many"), dstFs=fs)
        self.assertEqual(200, len(list(Path(self.path("served/x")).iterdir())))
        self.assertLessEqual(self.sockets(), 4)

    def test_secrets_are_not_shown(self):
        server = self.keep(ftp_servers.Vsftpd(self.path("served"), self.path("vsftpd")))
        self.daemon.call("operations/list", fs=self.fs(server.port), remote="")
        shown = self.daemon.get("/debug/pprof/goroutine?debug=2").decode() + self.daemon.metrics() + self.daemon.output()
        self.assertNotIn(f":{ftp_servers.PASSWORD}@", shown)
        self.assertNotIn(f" {ftp_servers.PASSWORD}", shown)


if __name__ == "__main__":
    running.main()
