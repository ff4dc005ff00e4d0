"""Types of storages that only rclone has: reached through `rclone serve`, which lives and dies with the daemon."""
import os
import random
import signal
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402

SECOND = 1_000_000_000
TIME = 1_500_000_000
PASSWORD = "a long password"


def servers():
    """Process ids of all `rclone serve` of this machine that the bridge starts."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = Path(folder, "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:3] == [b"rclone", b"serve", b"sftp"] and b"--authorized-keys" in words:
            found.add(int(folder.name))
    return found


class Bridge(running.DaemonTest):
    def setUp(self):
        self.before = servers()
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix="argosy-test-"))
        Path(self.path("rclone.conf")).write_text(f"""
[chunks]
type = chunker
remote = {self.path("chunks")}
chunk_size = 1M
hash_type = md5

[small]
type = compress
remote = {self.path("compressed")}

[sums]
type = hasher
remote = {self.path("hashed")}
hashes = md5,sha1
""")
        self.daemon = self.start_daemon()
        chance = random.Random(1)
        for number, size in enumerate([0, 1, 1_000_000, 3_500_000]):
            trees.write(self.path("source", "d", str(size)), chance.randbytes(size), (TIME + number) * SECOND)

    def ours(self):
        return servers() - self.before

    def assert_gone(self):
        running.wait_for(lambda: not self.ours(), 20, lambda: f"no server is left: {self.ours()}")

    def test_files_go_there_and_back(self):
        for name in ["chunks", "small", "sums"]:
            with self.subTest(name):
                self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=f"{name}:in")
                self.daemon.call("sync/copy", srcFs=f"{name}:in", dstFs=self.path(f"from {name}"))
                self.assertEqual([], trees.differences(self.path("source"), self.path(f"from {name}")))
                self.daemon.call("sync/sync", srcFs=self.path("source"), dstFs=f"{name}:in", _group=name)
                self.assertEqual(0, self.daemon.call("core/stats", group=name)["transfers"])
                self.daemon.call("operations/purge", fs=f"{name}:", remote="in")
                self.assertEqual([], self.daemon.call("operations/list", fs=f"{name}:", remote="")["list"])
        self.assertEqual(3, len(self.ours()))
        self.assertEqual(3, self.daemon.live("argosy_children"))

    def test_rclone_reads_what_we_wrote(self):
        Path(self.path("rclone")).mkdir()
        Path(self.path("rclone/rclone.conf")).write_text(Path(self.path("rclone.conf")).read_text())
        rclone = running.Rclone(self.path("rclone"), "--rc-no-auth")
        self.addCleanup(rclone.close)
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs="chunks:")
        rclone.call("sync/copy", srcFs="chunks:", dstFs=self.path("by rclone"))
        self.assertEqual([], trees.differences(self.path("source"), self.path("by rclone")))

    def test_a_killed_server_is_replaced_in_the_middle_of_a_copy(self):
        content = random.Random(2).randbytes(24 << 20)
        trees.write(self.path("large/file"), content, TIME * SECOND)
        for source, target in [(self.path("large"), "chunks:up"), ("chunks:up", self.path("down"))]:
            job = self.daemon.start("sync/copy", srcFs=source, dstFs=target, _group=target, _config={"BwLimit": "12M"})
            running.wait_for(lambda g=target: self.daemon.call("core/stats", group=g)["bytes"] > 4 << 20, 60, "bytes move")
            for pid in self.ours():
                os.kill(pid, signal.SIGKILL)
            self.assertEqual("", self.daemon.finished(job, 120)["error"])
        self.assertTrue(content == Path(self.path("down/file")).read_bytes())

    def test_the_end_of_the_daemon_is_that_of_its_servers(self):
        self.daemon.call("operations/list", fs="chunks:", remote="")
        self.assertEqual(1, len(self.ours()))
        self.daemon.close()
        self.assert_gone()

    def test_a_killed_daemon_leaves_no_server(self):
        victim = running.Daemon(self.binary, self.folder)
        victim.call("operations/list", fs="chunks:", remote="")
        victim.end(signal.SIGKILL)
        self.assert_gone()
        running.Process.close(victim)

    def test_an_encrypted_configuration_is_read_by_rclone_too(self):
        os.makedirs(self.path("locked"))
        Path(self.path("locked/rclone.conf")).write_text(Path(self.path("rclone.conf")).read_text())
        locked = running.Daemon(self.binary, self.path("locked"), environment={"RCLONE_CONFIG_PASS": PASSWORD})
        self.addCleanup(locked.close)
        locked.call("config/unlock", configPassword=PASSWORD)
        locked.call("config/create", name="made", type="chunker", parameters={"remote": self.path("chunks")})
        self.assertIn("RCLONE_ENCRYPT_V0", Path(self.path("locked/rclone.conf")).read_text())

        locked.call("sync/copy", srcFs=self.path("source"), dstFs="made:")

        for pid in self.ours():
            self.assertNotIn(PASSWORD.encode(), Path(f"/proc/{pid}/cmdline").read_bytes())
        self.assertNotIn(PASSWORD, locked.output())

    def test_its_types_are_shown_with_the_others(self):
        Path(self.path("rclone")).mkdir()
        rclone = running.Rclone(self.path("rclone"), "--rc-no-auth")
        self.addCleanup(rclone.close)
        ours, theirs = ({one["Prefix"]: one for one in peer.call("config/providers")["providers"]} for peer in [self.daemon, rclone])
        own = {one["Prefix"] for one in self.start_daemon("--bridge-rclone", "").call("config/providers")["providers"]}
        self.assertEqual(own | set(theirs), set(ours))
        self.assertEqual(own, set(list(ours)[:len(own)]))
        for name in set(theirs) - own:
            shown = [[(o["Name"], o["Help"], o["DefaultStr"], o["IsPassword"], o["Required"], o["Advanced"]) for o in of[name]["Options"]
                      if o["Name"] != "description"] for of in [ours, theirs]]  # every storage of ours has one
            self.assertEqual(shown[1], shown[0], name)
        without = self.start_daemon("--bridge-rclone", "/nonexistent/rclone")
        self.assertEqual(own, {one["Prefix"] for one in without.call("config/providers")["providers"]})

    def test_what_rclone_does_not_have_either_is_nothing(self):
        self.assertEqual('didn\'t find backend called "nonsense"', self.daemon.fails("operations/list", fs=":nonsense:", remote=""))
        without = self.start_daemon("--bridge-rclone", "/nonexistent/rclone")
        self.assertEqual('didn\'t find backend called "chunker": fork/exec /nonexistent/rclone: no such file or directory',
                         without.fails("operations/list", fs="chunks:", remote=""))
        off = self.start_daemon("--bridge-rclone", "")
        self.assertEqual('didn\'t find backend called "chunker"', off.fails("operations/list", fs="chunks:", remote=""))

    def test_options_come_from_connection_strings_too(self):
        trees.write(self.path("elsewhere/x"), b"1", TIME * SECOND)
        for fs in [f"chunks,remote='{self.path('elsewhere')}':", f":chunker,remote='{self.path('elsewhere')}':",
                   {"type": "chunker", "remote": self.path("elsewhere")}]:
            with self.subTest(str(fs)):
                listed = self.daemon.call("operations/list", fs=fs, remote="")["list"]
                self.assertEqual(["x"], [e["Name"] for e in listed])


if __name__ == "__main__":
    running.main()
