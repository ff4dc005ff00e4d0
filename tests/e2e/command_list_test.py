"""Every command of rclone's remote control is there, and those of what is not there answer honestly."""
import contextlib
import json
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)

# rclone's newest release has these and no other.
COMMANDS = """
backend/command cache/expire cache/fetch cache/stats config/create config/delete config/dump config/get
config/listremotes config/oauthstatus config/oauthstop config/password config/paths config/providers config/setpath
config/unlock config/unset config/update core/bwlimit core/command core/disks core/du core/gc core/group-list
core/memstats core/obscure core/pid core/quit core/stats core/stats-delete core/stats-reset core/transferred
core/version debug/set-block-profile-rate debug/set-gc-percent debug/set-mutex-profile-fraction
debug/set-soft-memory-limit fscache/clear fscache/entries job/batch job/list job/status job/stop job/stopgroup mount/listmounts
mount/mount mount/types mount/unmount mount/unmountall operations/about operations/check operations/cleanup operations/copyfile
operations/copyurl operations/delete operations/deletefile operations/fsinfo operations/hashsum operations/hashsumfile
operations/list operations/mkdir operations/movefile operations/publiclink operations/purge operations/rmdir
operations/rmdirs operations/settier operations/settierfile operations/size operations/stat operations/uploadfile
options/blocks options/get options/info options/local options/set rc/error rc/fatal rc/list rc/noop rc/noopauth
rc/panic serve/list serve/start serve/stop serve/stopall serve/types sync/bisync sync/copy sync/move sync/sync vfs/forget vfs/list
vfs/poll-interval vfs/queue vfs/queue-set-expiry vfs/refresh vfs/stats
""".split()
# core/group_list is the name of 2019; the others are beyond rclone.
OURS = ["cluster/adopt", "cluster/drain", "cluster/nodes", "core/group_list", "core/health", "core/limits", "debug/leaks", "debug/watch-url",
        "job/report", "job/retry", "job/set", "leak/report"]
LATER_TITLES = {"config/listremotes", "core/version"}  # reworded after rclone 1.60


class CommandList(running.DaemonTest):
    @classmethod
    def setUpClass(cls):
        cls.keep = contextlib.ExitStack()
        cls.folder = cls.keep.enter_context(tempfile.TemporaryDirectory(prefix="argosy-test-"))
        cls.daemon = running.Daemon(cls.binary, cls.folder)
        cls.keep.callback(cls.daemon.close)

    @classmethod
    def tearDownClass(cls):
        cls.keep.close()

    def setUp(self):
        pass

    def refused(self, command, **parameters):
        """(status, error) of a call that must fail."""
        status, _, body = self.daemon.post(command, parameters)
        error = json.loads(body)
        self.assertEqual((status, command), (error["status"], error["path"]))
        return status, error["error"]

    def test_every_command_is_listed_in_order(self):
        self.assertEqual(sorted(COMMANDS + OURS),
                         [row["Path"] for row in self.daemon.call("rc/list")["commands"]])

    def test_a_row_tells_all_that_rclone_tells(self):
        for row in self.daemon.call("rc/list")["commands"]:
            with self.subTest(row["Path"]):
                self.assertEqual(["Path", "Title", "AuthRequired", "NoAuth", "Help", "NeedsRequest", "NeedsResponse"],
                                 list(row))
                self.assertNotEqual(row["AuthRequired"], row["NoAuth"])

    @unittest.skipUnless(shutil.which("rclone"), "rclone is not installed: apt-get install rclone")
    def test_titles_and_needs_are_rclones(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.closing(running.Rclone(folder, "--rc-no-auth")) as rclone:
            theirs = {row["Path"]: row for row in rclone.call("rc/list")["commands"]}
        ours = {row["Path"]: row for row in self.daemon.call("rc/list")["commands"]}
        for path in (ours.keys() & theirs.keys()) - LATER_TITLES:
            for key in ["Title", "NeedsRequest", "NeedsResponse"]:
                with self.subTest(path=path, key=key):
                    self.assertEqual(theirs[path].get(key, False), ours[path][key])

    def test_without_a_cache_remote_its_commands_are_unknown(self):
        self.assertEqual((404, 'couldn\'t find method "cache/stats"'), self.refused("cache/stats"))
        self.assertEqual((404, 'couldn\'t find method "cache/expire"'), self.refused("cache/expire", remote="/"))
        self.assertEqual((404, 'couldn\'t find method "cache/fetch"'), self.refused("cache/fetch", chunks="0", file="x"))

    def test_no_kind_of_server_can_be_started(self):
        self.assertEqual({"types": []}, self.daemon.call("serve/types"))
        self.assertEqual((500, 'could not find serve type="http"'), self.refused("serve/start", type="http", fs="/"))
        self.assertEqual((500, 'could not find serve type=""'), self.refused("serve/start", fs="/"))
        self.assertEqual((500, 'could not find serve type=""'), self.refused("serve/start", type=3, fs="/"))
        self.assertEqual({"list": []}, self.daemon.call("serve/list"))
        self.assertEqual((500, 'server with id="http-1" not found'), self.refused("serve/stop", id="http-1"))
        self.assertEqual((400, 'Didn\'t find key "id" in input'), self.refused("serve/stop"))
        self.assertEqual({}, self.daemon.call("serve/stopall"))

    def test_no_kind_of_mount_can_be_made(self):
        not_registered = 500, "mount option specified is not registered, or is invalid"
        self.assertEqual({"mountTypes": []}, self.daemon.call("mount/types"))
        self.assertEqual(not_registered, self.refused("mount/mount", fs="/", mountPoint="/mnt"))
        self.assertEqual(not_registered, self.refused("mount/mount", fs="/", mountPoint="/mnt", mountType=7))
        self.assertEqual((400, 'Didn\'t find key "mountPoint" in input'), self.refused("mount/mount", fs="/"))
        self.assertEqual((500, "daemon option not supported over the API"),
                         self.refused("mount/mount", fs="/", mountPoint="/mnt", mountOpt={"Daemon": True}))
        self.assertEqual((500, "daemon option not supported over the API"),
                         self.refused("mount/mount", fs="/", mountPoint="/mnt", daemon="true"))
        self.assertEqual({"mountPoints": []}, self.daemon.call("mount/listmounts"))
        self.assertEqual((500, "mount not found"), self.refused("mount/unmount", mountPoint="/mnt"))
        self.assertEqual({}, self.daemon.call("mount/unmountall"))

    def test_wrong_options_of_a_mount_are_named(self):
        status, error = self.refused("mount/mount", fs="/", mountPoint="/mnt", vfsOpt={"CacheMaxAge": True})
        self.assertEqual(400, status)
        self.assertIn('key "vfsOpt"', error)
        status, error = self.refused("mount/mount", fs="/", mountPoint="/mnt", vfs_cache_mode="sometimes")
        self.assertEqual(500, status)
        self.assertIn('"vfs_cache_mode" = "sometimes"', error)

    def test_there_is_no_vfs(self):
        none, unknown = (500, 'no VFS active and "fs" parameter not supplied'), (500, 'no VFS found with name "x:"')
        for command in ["vfs/forget", "vfs/poll-interval", "vfs/queue", "vfs/refresh", "vfs/stats", "vfs/queue-set-expiry"]:
            with self.subTest(command):
                self.assertEqual(none, self.refused(command))
                self.assertEqual(unknown, self.refused(command, fs="x:"))
                self.assertEqual((400, 'expecting string value for key "fs" (was float64)'), self.refused(command, fs=1))
        self.assertEqual({"vfses": []}, self.daemon.call("vfs/list"))

    def test_what_was_set_for_debugging_is_told_the_next_time(self):
        for command, name, told, before in [
                ("debug/set-gc-percent", "gc-percent", "existing-gc-percent", 100),
                ("debug/set-soft-memory-limit", "mem-limit", "existing-mem-limit", 2**63 - 1),
                ("debug/set-mutex-profile-fraction", "rate", "previousRate", 0)]:
            with self.subTest(command):
                self.assertEqual({told: before}, self.daemon.call(command, **{name: 50}))
                self.assertEqual({told: 50}, self.daemon.call(command, **{name: "70"}))
                self.assertEqual((400, f'Didn\'t find key "{name}" in input'), self.refused(command))
        self.assertEqual({"existing-mem-limit": 70}, self.daemon.call("debug/set-soft-memory-limit", **{"mem-limit": -1}))
        self.assertEqual({"existing-mem-limit": 70}, self.daemon.call("debug/set-soft-memory-limit", **{"mem-limit": -1}))
        self.assertEqual({}, self.daemon.call("debug/set-block-profile-rate", rate=1))

    def test_a_policy_that_is_not_there_is_refused_before_anything_is_opened(self):
        for command in ["operations/copyfile", "operations/movefile"]:
            status, error = self.refused(command, srcFs="/nowhere", srcRemote="x", dstFs="/nowhere", dstRemote="y",
                                         _config={"Interactive": True})
            self.assertEqual((500, "--interactive is not supported by this release"), (status, error))


if __name__ == "__main__":
    running.main()
