"""Another node's disk is a remote (docs/cluster.md)."""
import hashlib
import os
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import cluster  # noqa: E402 (after the path)
import running  # noqa: E402

MIB = 1 << 20


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


class NodeDisks(cluster.ClusterTest):
    """Two nodes; `two` and `readonly` are on the second."""

    def start(self):
        for name in ("one", "two", "readonly", "outside"):
            os.mkdir(self.path(name))
        self.one = self.node("eu1", "--cluster-export", self.path("one") + ":rw")
        self.two = self.node("eu2", "--cluster-export", self.path("two") + ":rw", "--cluster-export",
                             self.path("readonly"), join=[self.one.gate])
        for node in (self.one, self.two):
            node.sees(eu1="up", eu2="up")

    def on(self, node, path):
        return f":node,name={node}:{self.path(path)}"


class NodeStorageTest(NodeDisks):
    """Each test has names of its own on two nodes that all share."""

    @classmethod
    def setUpClass(cls):
        shared = cls.shared = cls("start")
        cluster.ClusterTest.setUp(shared)
        cls.addClassCleanup(shared.doCleanups)
        shared.start()

    def setUp(self):
        self.folder, self.one, self.two = self.shared.folder, self.shared.one, self.shared.two

    def test_each_node_shows_what_it_exports(self):
        self.assertEqual([self.path("two") + ":rw", self.path("readonly") + ":ro"], self.one.nodes()["eu2"]["exports"])
        self.assertEqual([self.path("one") + ":rw"], self.one.nodes()["eu1"]["exports"])
        self.assertIn("node", [row["Name"] for row in self.one.call("config/providers")["providers"]])

    def test_files_go_to_a_node_and_come_back(self):
        running.write_files(self.path("source/a"), 20, 1000)
        Path(self.path("source/big")).write_bytes(os.urandom(3 * MIB + 1))
        os.utime(self.path("source/big"), ns=(1_234_567_890_123_456_789,) * 2)

        self.one.call("sync/copy", srcFs=self.path("source"), dstFs=self.on("eu2", "two/there"))
        self.one.call("sync/copy", srcFs=self.on("eu2", "two/there"), dstFs=self.on("eu1", "one/back"))

        for copy in ("two/there", "one/back"):
            self.assertEqual(tree(self.path("source")), tree(self.path(copy)))
            self.assertEqual(1_234_567_890_123_456_789, os.stat(self.path(copy, "big")).st_mtime_ns)
        self.assertTrue(self.one.call("operations/check", srcFs=self.path("source"),
                                      dstFs=self.on("eu2", "two/there"))["success"])
        again = self.one.start("sync/copy", srcFs=self.path("source"), dstFs=self.on("eu2", "two/there"))
        self.one.finished(again)
        self.assertEqual(0, self.one.call("core/stats", group=f"job/{again}")["transfers"])

    def test_a_node_named_in_the_configuration_is_a_remote(self):
        self.one.call("config/create", name="other", type="node", parameters={"name": "eu2"})
        os.mkdir(self.path("readonly/named"))
        Path(self.path("readonly/named/f")).write_text("here")

        listed = self.one.call("operations/list", fs="other:" + self.path("readonly/named"), remote="")["list"]

        self.assertEqual(["f"], [entry["Name"] for entry in listed])
        self.assertGreater(self.one.call("operations/about", fs="other:" + self.path("readonly"))["total"], 0)

    def test_a_hash_is_computed_where_the_disk_is(self):
        content = os.urandom(MIB)
        os.mkdir(self.path("readonly/hashed"))
        Path(self.path("readonly/hashed/f")).write_bytes(content)

        said = self.one.call("operations/hashsum", fs=self.on("eu2", "readonly/hashed"), hashType="sha256")

        self.assertEqual([hashlib.sha256(content).hexdigest() + "  f"], said["hashsum"])

    def test_a_copy_within_a_node_stays_there(self):
        os.mkdir(self.path("readonly/inside"))
        Path(self.path("readonly/inside/big")).write_bytes(os.urandom(8 * MIB))
        received = self.one.live("argosy_cluster_received_bytes_total")

        job = self.one.start("sync/copy", srcFs=self.on("eu2", "readonly/inside"), dstFs=self.on("eu2", "two/copy"))
        self.assertTrue(self.one.finished(job)["success"])

        self.assertEqual(tree(self.path("readonly/inside")), tree(self.path("two/copy")))
        self.assertLess(self.one.live("argosy_cluster_received_bytes_total") - received, MIB)
        self.assertEqual(8 * MIB, self.one.call("core/stats", group=f"job/{job}")["bytes"])
        self.one.call("sync/move", srcFs=self.on("eu2", "two/copy"), dstFs=self.on("eu2", "two/moved"))
        self.assertEqual(tree(self.path("readonly/inside")), tree(self.path("two/moved")))

    def test_what_is_read_only_or_not_exported_is_refused(self):
        Path(self.path("readonly", "f")).write_text("kept")
        Path(self.path("outside", "secret")).write_text("secret")
        os.symlink("../outside", self.path("two", "away"))
        os.symlink("/etc", self.path("two", "etc"))

        self.assertIn("read-only file system", self.one.fails(
            "operations/deletefile", fs=self.on("eu2", "readonly"), remote="f"))
        self.assertIn("is not exported", self.one.fails("operations/list", fs=self.on("eu2", "outside"), remote=""))
        self.assertIn('has an element ".."', self.one.fails(
            "operations/list", fs=self.on("eu2", "two/../outside"), remote=""))
        for fs, remote in ((self.on("eu2", "two/away"), ""), (self.on("eu2", "two"), "away"),
                           (self.on("eu2", "two/etc"), "")):
            self.assertIn("leads out of", self.one.fails("operations/list", fs=fs, remote=remote))
        running.write_files(self.path("refused"), 1, 100)
        self.assertIn("leads out of", self.one.fails("sync/copy", srcFs=self.path("refused"),
                                                     dstFs=self.on("eu2", "two/away")))
        self.assertEqual(["secret"], os.listdir(self.path("outside")))
        self.assertIn("is not exported", self.two.fails(
            "operations/list", fs=self.on("eu2", "outside"), remote=""))
        self.assertEqual("kept", Path(self.path("readonly", "f")).read_text())

    def test_an_unknown_node_is_named(self):
        self.assertIn('no node "eu9" is known', self.one.fails("operations/list", fs=self.on("eu9", "two"), remote=""))

    def test_many_entries_are_listed(self):
        os.mkdir(self.path("readonly/many"))
        for number in range(20_000):
            Path(self.path("readonly/many", f"{number:05}-a-name-that-is-not-short")).touch()

        listed = self.one.call("operations/list", fs=self.on("eu2", "readonly/many"), remote="",
                               opt={"noModTime": True, "noMimeType": True})["list"]

        self.assertEqual(20_000, len(listed))

    def test_a_large_file_goes_in_chunks_with_little_memory(self):
        content = os.urandom(MIB)
        with open(self.path("large"), "wb") as file:
            for number in range(200):
                file.write(number.to_bytes(4, "big") + content[4:])
        before = self.peak(self.one), self.peak(self.two)

        self.one.call("operations/copyfile", srcFs=self.folder, srcRemote="large", dstFs=self.on("eu2", "two/chunks"),
                      dstRemote="large", _config={"MultiThreadCutoff": "32Mi", "MultiThreadChunkSize": "16Mi"})

        self.assertEqual(self.digest(self.path("large")), self.digest(self.path("two/chunks/large")))
        if not running.sanitized(self.binary):
            for node, peak in zip((self.one, self.two), before):
                self.assertLess(self.peak(node) - peak, 64 * MIB)
        self.assertEqual(["large"], os.listdir(self.path("two/chunks")))

    @staticmethod
    def peak(node):
        status = Path(f"/proc/{node.child.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) << 10

    @staticmethod
    def digest(path):
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


class FaultTest(NodeDisks):
    def setUp(self):
        super().setUp()
        self.start()

    def slow_copy(self):
        """A copy to eu2 that has begun and does not end by itself."""
        running.write_files(self.path("source"), 1, 64 * MIB)
        self.one.call("core/bwlimit", rate="1Mi")
        job = self.one.start("sync/copy", srcFs=self.path("source"), dstFs=self.on("eu2", "two/copy"),
                             _config={"Retries": 1, "LowLevelRetries": 1})
        running.wait_for(lambda: Path(self.path("two/copy")).is_dir() and os.listdir(self.path("two/copy")), 20,
                         self.one.output)
        return job

    def ends_with_error(self, job):
        # A copy that waits for its bandwidth looks for failures when it goes on.
        threading.Timer(0.5, lambda: self.one.call("core/bwlimit", rate="off")).start()
        status = self.one.finished(job, 20)
        self.assertFalse(status["success"])
        self.assertIn('node "eu2"', status["error"])

    def test_a_node_that_is_killed_fails_the_copy_and_leaves_no_final_name(self):
        job = self.slow_copy()

        self.two.kill()

        self.ends_with_error(job)
        self.assertNotIn("file0", os.listdir(self.path("two/copy")))
        self.assertIn("is not up", self.one.fails("operations/list", fs=self.on("eu2", "two"), remote=""))

    def test_a_node_that_hangs_fails_the_copy_in_time(self):
        job = self.slow_copy()

        with self.two.hanging():
            self.ends_with_error(job)

        self.one.sees(eu1="up", eu2="up")
        self.one.call("sync/copy", srcFs=self.path("source"), dstFs=self.on("eu2", "two/copy"))
        self.assertEqual(tree(self.path("source")), tree(self.path("two/copy")))

    def test_a_copy_that_is_stopped_leaves_nothing_there(self):
        job = self.slow_copy()

        self.one.call("job/stop", jobid=job)

        self.assertEqual("context canceled", self.one.finished(job, 10)["error"])
        running.wait_for(lambda: not os.listdir(self.path("two/copy")), 10, "the partial file is gone")


if __name__ == "__main__":
    running.main()
