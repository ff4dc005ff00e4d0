"""A node is emptied before it ends (docs/cluster.md)."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import cluster  # noqa: E402 (after the path)
import running  # noqa: E402


class DrainTest(cluster.ClusterTest):
    def setUp(self):
        super().setUp()
        self.one = self.node("eu1")
        self.two = self.node("eu2", join=[self.one.gate])
        for node in (self.one, self.two):
            node.sees(eu1="up", eu2="up")
        running.write_files(self.path("source"), 1, 1 << 20)

    def shown(self, node, draining):
        running.wait_for(lambda: node.nodes()["eu2"]["draining"] is draining, cluster.JOIN_LIMIT, node.output)

    def copy(self, name):
        return {"srcFs": self.path("source"), "dstFs": self.path(name)}

    def test_what_runs_goes_on_and_nothing_new_begins(self):
        self.two.call("core/bwlimit", rate="1k")
        job = self.two.start("sync/copy", **self.copy("slow"))

        self.one.call("cluster/drain", node="eu2")

        for node in (self.one, self.two):
            self.shown(node, True)
        self.assertIn("drained", self.two.fails("sync/copy", **self.copy("never")))
        self.assertFalse(Path(self.path("never")).exists())
        self.assertFalse(self.one.call("job/status", jobid=job)["finished"])
        self.two.call("core/bwlimit", rate="off")
        self.assertTrue(self.one.finished(job)["success"])
        self.one.call("sync/copy", **self.copy("elsewhere"))

    def test_a_node_takes_work_again_when_told(self):
        self.two.call("cluster/drain", node="eu2")
        self.assertIn("drained", self.two.fails("operations/size", fs=self.path("source")))

        self.one.call("cluster/drain", node="eu2", off=True)

        self.assertEqual(1, self.two.call("operations/size", fs=self.path("source"))["count"])
        self.shown(self.one, False)

    def test_a_node_that_is_not_there_is_named(self):
        self.assertIn('no node "eu7" is up', self.one.fails("cluster/drain", node="eu7"))
        self.assertIn('"node"', self.one.fails("cluster/drain"))


if __name__ == "__main__":
    running.main()
