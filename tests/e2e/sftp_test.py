"""sftp: the same server through Argosy and through rclone, and what happens when the way to it is cut, slow or gone."""
import json
import os
import random
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import tcp_fault_proxy  # noqa: E402 (after the path)
import running  # noqa: E402
import sshd  # noqa: E402
import trees  # noqa: E402

SIZES = [0, 1, 4096, 32767, 32768, 32769, 261120, 1_000_000, 5_000_000]
NAMES = ["with space", "caf\u00e9", "\u65e5\u672c\u8a9e", "\U0001f600", "a:b", "-dash", "%41", "*?<>|", "back\\slash", "quote\"'", "...",
         ".hidden", "$(id)`id`", "x.partial", "n" * 200]
SOURCE_TIME = 1_500_000_000_000_000_000  # SFTP keeps whole seconds
LARGE = 24 << 20
# What rclone 1.60.1 has of the options, in its order.
RCLONE_OPTIONS = ("host user port pass key_pem key_file key_file_pass pubkey_file known_hosts_file key_use_agent use_insecure_cipher "
                  "disable_hashcheck ask_password path_override set_modtime shell_type md5sum_command sha1sum_command skip_links "
                  "subsystem server_command use_fstat disable_concurrent_reads disable_concurrent_writes idle_timeout chunk_size "
                  "concurrency set_env").split()


def make_tree(folder):
    chance = random.Random(1)
    for number, size in enumerate(SIZES):
        trees.write(f"{folder}/sizes/{size}", chance.randbytes(size), SOURCE_TIME + number * 1_000_000_000)
    for name in NAMES:
        trees.write(f"{folder}/names/{name}", name.encode(), SOURCE_TIME)
        trees.write(f"{folder}/folders/{name}/inner/file", name.encode(), SOURCE_TIME)


class WithServer(unittest.TestCase):
    """A server, its proxy and a daemon for all tests of the class. `s:` is the server, `p:` the same behind the proxy."""
    server_lines = ()  # of the server's configuration
    flags = ()         # of the daemon

    @classmethod
    def setUpClass(cls):
        keep, cls.all_folders = cls.enterClassContext(running.stack())
        cls.server = sshd.Sshd(*cls.server_lines)
        keep.callback(cls.server.close)
        cls.proxy = tcp_fault_proxy.TcpFaultProxy(cls.server.port)
        keep.callback(cls.proxy.close)
        Path(cls.all_folders, "rclone.conf").write_text(cls.configuration())
        cls.daemon = running.Daemon(running.DaemonTest.binary, cls.all_folders, *cls.flags)
        keep.callback(cls.daemon.close)
        cls.keep = keep

    @classmethod
    def configuration(cls):
        return (cls.server.section("s") + cls.server.section("p", "known_hosts_file = none", port=cls.proxy.port)
                + cls.server.section("two", "connections = 2", "known_hosts_file = none", port=cls.proxy.port))

    def setUp(self):
        self.folder = os.path.join(self.all_folders, self._testMethodName)
        os.mkdir(self.folder)

    def path(self, *parts):
        return str(Path(self.folder, *parts))

    def assert_same(self, source, copy):
        self.assertEqual([], trees.differences(source, copy))


class BesideRclone(WithServer):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rclone = running.Rclone(cls.all_folders, "--rc-no-auth", "--low-level-retries", "1")
        cls.keep.callback(cls.rclone.close)
        cls.source = f"{cls.all_folders}/source"
        make_tree(cls.source)

    def both(self, command, /, **parameters):
        """(status, reply) of either."""
        replies = []
        for peer in [self.daemon, self.rclone]:
            status, _, body = peer.post(command, parameters)
            replies.append((status, json.loads(body)))
        return replies

    def test_each_reads_what_the_other_wrote(self):
        self.daemon.call("sync/copy", srcFs=self.source, dstFs=f"s:{self.path('ours')}")
        self.assert_same(self.source, self.path("ours"))
        self.rclone.call("sync/copy", srcFs=f"s:{self.path('ours')}", dstFs=self.path("by rclone"))
        self.assert_same(self.source, self.path("by rclone"))

        self.rclone.call("sync/copy", srcFs=self.source, dstFs=f"s:{self.path('theirs')}")
        self.daemon.call("sync/copy", srcFs=f"s:{self.path('theirs')}", dstFs=self.path("by us"))
        self.assert_same(self.source, self.path("by us"))

    def test_both_show_the_same_entries(self):
        for folder in ["sizes", "names", "folders"]:
            ours, theirs = (peer.call("operations/list", fs=f"s:{self.source}", remote=folder, opt={"showHash": folder == "sizes"})["list"]
                            for peer in [self.daemon, self.rclone])
            def by_path(entries):
                return {e["Path"]: {key: e.get(key) for key in ["Name", "Size", "ModTime", "IsDir", "Hashes"]} for e in entries}
            self.assertEqual(by_path(theirs), by_path(ours))

    def test_a_second_sync_of_either_has_nothing_to_do(self):
        for first, second in [(self.daemon, self.rclone), (self.rclone, self.daemon)]:
            target = f"s:{self.path(type(first).__name__)}"
            first.call("sync/sync", srcFs=self.source, dstFs=target)
            second.call("sync/sync", srcFs=self.source, dstFs=target, _group="again")
            stats = second.call("core/stats", group="again")
            self.assertEqual((0, 0, 0), (stats["transfers"], stats["deletes"], stats["errors"]))

    def test_both_say_the_same_of_the_remote(self):
        for path in ["", "some/folder", self.folder]:
            (_, ours), (_, theirs) = self.both("operations/fsinfo", fs=f"s:{path}")
            self.assertEqual({key: theirs[key] for key in ["Hashes", "Name", "Precision", "Root", "String"]},
                             {key: ours[key] for key in ["Hashes", "Name", "Precision", "Root", "String"]})
            self.assertEqual(theirs["Features"], {name: ours["Features"][name] for name in theirs["Features"]})

    def test_both_refuse_in_the_same_words(self):
        trees.write(self.path("file"), b"x", SOURCE_TIME)
        trees.write(self.path("full/inner"), b"x", SOURCE_TIME)
        here = f"s:{self.folder}"
        for command, parameters in [
                ("operations/list", {"fs": f"{here}/none", "remote": ""}),
                ("operations/list", {"fs": f"{here}/file/inside", "remote": ""}),
                ("operations/deletefile", {"fs": here, "remote": "none"}),
                ("operations/deletefile", {"fs": here, "remote": "full"}),
                ("operations/rmdir", {"fs": here, "remote": "full"}),
                ("operations/copyfile", {"srcFs": here, "srcRemote": "none", "dstFs": here, "dstRemote": "x"}),
                ("operations/publiclink", {"fs": here, "remote": "file"}),
                ("operations/cleanup", {"fs": here}),
                ("backend/command", {"fs": here, "command": "x"})]:
            with self.subTest(f"{command} {parameters}"):
                (our_status, ours), (their_status, theirs) = self.both(command, **parameters)
                self.assertEqual((their_status, theirs["error"]), (our_status, ours["error"]))

    def test_both_are_let_in_or_not_in_the_same_words(self):
        key, port = self.server.file("key"), self.server.port
        login = {"type": "sftp", "host": "127.0.0.1", "port": str(port), "user": self.server.user, "key_file": key}
        for wrong in [{"key_file": "/nonexistent"}, {"key_file": "/etc/passwd"}, {"known_hosts_file": "/nonexistent"},
                      {"known_hosts_file": "/dev/null"}, {"user": "nobody-of-that-name"},
                      {"key_file": "", "pass": self.rclone.call("core/obscure", clear="x")["obscured"]}]:
            with self.subTest(str(wrong)):
                fs = {**login, **wrong, "_root": "/"}
                ours, theirs = (json.loads(peer.post("operations/list", {"fs": fs, "remote": ""})[2])["error"]
                                for peer in [self.daemon, self.rclone])
                self.assertEqual(theirs, ours)

    def test_hashes_are_those_of_rclone(self):
        for kind in ["md5", "sha1"]:
            ours = self.daemon.call("operations/hashsum", fs=f"s:{self.source}/sizes", hashType=kind)["hashsum"]
            theirs = subprocess.run([running.needed("rclone"), "--config", f"{self.all_folders}/rclone.conf", "hashsum", kind,
                                     f"s:{self.source}/sizes"], check=True, capture_output=True, text=True).stdout.splitlines()
            self.assertEqual(len(SIZES), len(ours))
            self.assertEqual(sorted(theirs), sorted(ours))

    def test_space_is_that_of_rclone(self):
        (_, ours), (_, theirs) = self.both("operations/about", fs=f"s:{self.folder}")
        self.assertEqual(theirs["total"], ours["total"])
        self.assertEqual(set(theirs), set(ours))

    def test_moves_and_folders_are_renamed_on_the_server(self):
        self.daemon.call("sync/copy", srcFs=self.source, dstFs=f"s:{self.path('a')}")
        inodes = {Path(self.path("a", "sizes", "4096")).stat().st_ino}

        self.daemon.call("sync/move", srcFs=f"s:{self.path('a')}", dstFs=f"s:{self.path('b/c')}", _group="moved")

        self.assert_same(self.source, self.path("b/c"))
        self.assertEqual(inodes, {Path(self.path("b/c", "sizes", "4096")).stat().st_ino})
        self.assertFalse(os.path.exists(self.path("a")))
        self.daemon.call("operations/movefile", srcFs=f"s:{self.path('b/c')}", srcRemote="sizes/1", dstFs=f"s:{self.folder}", dstRemote="one")
        self.assertEqual(1, os.path.getsize(self.path("one")))

    def test_copies_on_the_server_by_hard_link_only_when_asked(self):
        trees.write(self.path("a"), b"content", SOURCE_TIME)
        for fs, name, links in [(f"s:{self.folder}", "b", 1), (f"s,copy_is_hardlink=true:{self.folder}", "c", 2)]:
            self.daemon.call("operations/copyfile", srcFs=fs, srcRemote="a", dstFs=fs, dstRemote=name)
            self.assertEqual(links, os.stat(self.path("a")).st_nlink)
            self.assertEqual(b"content", Path(self.path(name)).read_bytes())

    def test_it_can_be_configured_over_the_remote_control(self):
        key, port = self.server.file("key"), self.server.port
        self.daemon.call("config/create", name="made", type="sftp", parameters={"host": "127.0.0.1", "port": port, "user": self.server.user,
                                                                                 "key_file": key, "pass": "in the clear"})
        self.addCleanup(self.daemon.call, "config/delete", name="made")
        self.assertNotIn("in the clear", Path(self.all_folders, "rclone.conf").read_text())
        trees.write(self.path("x"), b"1", SOURCE_TIME)
        self.assertEqual(["x"], [e["Name"] for e in self.daemon.call("operations/list", fs=f"made:{self.folder}", remote="")["list"]])
        self.daemon.call("config/update", name="made", parameters={"subsystem": "nothing"})
        self.assertIn("subsystem request failed", self.daemon.fails("operations/list", fs=f"made:{self.folder}/", remote=""))
        self.daemon.call("config/password", name="made", parameters={"key_file_pass": "secret"})
        stored = self.daemon.call("config/get", name="made")
        self.assertNotIn(stored["key_file_pass"], ["", "secret"])

    def test_its_options_are_those_of_rclone_and_in_its_order(self):
        ours, theirs = (next(p for p in peer.call("config/providers")["providers"] if p["Name"] == "sftp")["Options"]
                        for peer in [self.daemon, self.rclone])
        names = [o["Name"] for o in ours]
        self.assertEqual(RCLONE_OPTIONS, [o["Name"] for o in theirs])
        self.assertEqual(RCLONE_OPTIONS, [name for name in names if name in RCLONE_OPTIONS])
        theirs = {o["Name"]: o for o in theirs}
        for option in ours:
            if option["Name"] in theirs:
                other = theirs[option["Name"]]
                self.assertEqual([other[key] for key in ["Name", "IsPassword", "Required", "DefaultStr", "Advanced"]],
                                 [option[key] for key in ["Name", "IsPassword", "Required", "DefaultStr", "Advanced"]])

    def test_crypt_over_it_is_read_by_rclone(self):
        crypt = f"type = crypt\npassword = {self.daemon.call('core/obscure', clear='x')['obscured']}\n"
        with open(f"{self.all_folders}/rclone.conf", "a") as config:
            config.write(f"[c]\nremote = s:{self.path('sealed')}\n{crypt}\n")
        self.daemon.call("sync/copy", srcFs=f"{self.source}/sizes", dstFs="c:")
        done = subprocess.run([running.needed("rclone"), "--config", f"{self.all_folders}/rclone.conf", "check", "--download",
                               f"{self.source}/sizes", "c:"],
                              capture_output=True, text=True)
        self.assertEqual(0, done.returncode, done.stderr)


class LoginByPassword(unittest.TestCase):
    def test_a_password_lets_in_and_is_never_told(self):
        if why := sshd.no_password_login():
            self.skipTest(why)
        with running.stack() as (keep, folder):
            server = sshd.Sshd(passwords=True)
            keep.callback(server.close)
            daemon = running.Daemon(running.DaemonTest.binary, folder, "-vv")
            keep.callback(daemon.close)
            for name, password in [("right", sshd.PASSWORD), ("wrong", "secret that is wrong")]:
                daemon.call("config/create", name=name, type="sftp", parameters={
                    "host": "127.0.0.1", "port": server.port, "user": sshd.PASSWORD_USER, "pass": password,
                    "known_hosts_file": server.file("known_hosts")})
            trees.write(f"{folder}/source/x", b"content", SOURCE_TIME)

            daemon.call("sync/copy", srcFs=f"{folder}/source", dstFs="right:d")

            self.assertEqual(b"content", Path(server.file("home"), "d/x").read_bytes())
            error = daemon.fails("operations/list", fs="wrong:", remote="")
            self.assertIn("unable to authenticate, attempted methods [none password]", error)
            daemon.close()
            for secret in [sshd.PASSWORD, "secret that is wrong"]:
                self.assertNotIn(secret, daemon.said + error)


class Faults(WithServer):
    flags = ("--timeout", "20s", "--contimeout", "10s")

    def settled(self):
        """No file of this test is still being written, no connection still used."""
        running.wait_for(lambda: not self.daemon.live("argosy_connections", state="lent"), 30, "connections come back")

    def test_downloads_survive_connections_that_break(self):
        running.write_files(self.path("source"), 4, LARGE // 4)
        for kind in ["reset", "cut", "corrupt"]:  # what was altered ends the connection: each packet has a seal
            with self.subTest(kind):
                self.proxy.add(kind, 1_000_000)
                self.proxy.add(kind, 3_000_000, times=3)
                before = self.proxy.struck
                self.daemon.call("sync/copy", srcFs=f"p:{self.path('source')}", dstFs=self.path(kind))
                self.assertEqual([], [line for line in trees.differences(self.path("source"), self.path(kind)) if not line.startswith("time:")])
                self.assertGreater(self.proxy.struck, before)
                self.proxy.faults.clear()
                self.daemon.call("fscache/clear")

    def test_uploads_survive_connections_that_break(self):
        running.write_files(self.path("source"), 4, LARGE // 4)
        for kind in ["reset", "cut", "corrupt"]:  # what was altered ends the connection: each packet has a seal
            with self.subTest(kind):
                self.proxy.add(kind, 1_000_000)
                self.proxy.add(kind, 3_000_000, times=3)
                before = self.proxy.struck
                self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=f"p:{self.path(kind)}", _group=kind)
                self.assertEqual([], [line for line in trees.differences(self.path("source"), self.path(kind)) if not line.startswith("time:")])
                self.assertGreater(self.proxy.struck, before)
                self.assertEqual(0, self.daemon.call("core/stats", group=kind)["errors"])
                self.proxy.faults.clear()
                self.daemon.call("fscache/clear")

    def test_connections_that_break_while_they_are_made_are_made_again(self):
        trees.write(self.path("x"), b"1", SOURCE_TIME)
        for after in [0, 1, 500, 2000, 3000]:
            with self.subTest(after=after):
                self.proxy.add("reset", after)
                listed = self.daemon.call("operations/list", fs=f"p:{self.folder}", remote="")["list"]
                self.assertEqual(["x"], [e["Name"] for e in listed])
                self.proxy.faults.clear()
                self.daemon.call("fscache/clear")

    def test_a_server_that_is_restarted_is_waited_for(self):
        running.write_files(self.path("source"), 1, LARGE)
        source = self.path("source")
        for fs in [{"srcFs": source, "dstFs": f"s:{self.path('up')}"}, {"srcFs": f"s:{source}", "dstFs": self.path("down")}]:
            with self.subTest(**fs):
                group = fs["dstFs"]
                self.daemon.call("core/bwlimit", rate="16M")
                job = self.daemon.start("sync/copy", **fs, _group=group)
                running.wait_for(lambda: self.daemon.call("core/stats", group=group)["bytes"] > 1 << 20, 30, "bytes flow")

                self.server.stop()
                self.server.start()

                self.daemon.call("core/bwlimit", rate="off")
                self.assertEqual("", self.daemon.finished(job)["error"])
                self.assertEqual([], [line for line in trees.differences(source, fs["dstFs"].removeprefix("s:"))
                                      if not line.startswith("time:")])

    def test_a_stopped_job_ends_while_the_server_stands_still(self):
        running.write_files(self.path("source"), 8, LARGE // 8)
        for number, fs in enumerate([{"srcFs": self.path("source"), "dstFs": f"s:{self.path('up')}"},
                                     {"srcFs": f"s:{self.path('source')}", "dstFs": self.path("down")}]):
            with self.subTest(**fs):
                self.daemon.call("core/bwlimit", rate="8M")
                job = self.daemon.start("sync/copy", **fs, _group=f"stopped{number}")
                running.wait_for(lambda: self.daemon.call("core/stats", group=f"stopped{number}")["bytes"] > 1 << 20, 30, "bytes flow")
                self.server.signal_connections(signal.SIGSTOP)
                self.daemon.call("core/bwlimit", rate="off")

                self.daemon.call("job/stop", jobid=job)
                status = self.daemon.finished(job, limit=15)

                self.server.signal_connections(signal.SIGCONT)
                self.assertIn("context canceled", status["error"])
                self.settled()
        # What was begun is removed once the server can, at the latest when the connections are closed.
        self.daemon.call("fscache/clear")
        running.wait_for(lambda: not list(Path(self.folder).rglob("*.partial")), 30, "partial files go")

    def test_a_connection_on_which_nothing_moves_is_given_up(self):
        trees.write(self.path("x"), b"1", SOURCE_TIME)
        fs = f"p,override.timeout=1s:{self.folder}"
        self.daemon.call("operations/list", fs=fs, remote="")
        self.daemon.call("fscache/clear")
        self.proxy.add("stall", 5000)

        listed = self.daemon.call("operations/list", fs=fs, remote="")["list"]

        self.assertEqual(["x"], [e["Name"] for e in listed])
        self.proxy.release()
        self.proxy.faults.clear()

    def test_no_more_connections_than_allowed(self):
        running.write_files(self.path("source"), 300, 10_000)
        self.daemon.call("fscache/clear")
        running.wait_for(lambda: self.proxy.live() == 0, 30, "no connection is left")
        self.proxy.most_at_once = 0

        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=f"two:{self.path('copy')}", _config={"Transfers": 8, "Checkers": 8})

        self.assertLessEqual(self.proxy.most_at_once, 2)
        self.assertEqual(300, len(os.listdir(self.path("copy"))))

    def test_nothing_is_left_of_a_remote_that_is_forgotten(self):
        running.write_files(self.path("source"), 20, 1000)
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=f"p:{self.path('copy')}")
        self.assertGreater(self.daemon.live("argosy_connections", remote="p"), 0)

        self.daemon.call("fscache/clear")

        running.wait_for(lambda: not self.daemon.live("argosy_connections", remote="p"), 30, "connections end")
        running.wait_for(lambda: self.proxy.live() == 0, 30, "sockets are closed")


if __name__ == "__main__":
    running.main()
