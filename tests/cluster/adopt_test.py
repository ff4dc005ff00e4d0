"""What becomes of a job whose node is lost (docs/cluster.md)."""
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import cluster  # noqa: E402 (after the path)
import running  # noqa: E402

FILES, SIZE = 600, 500
SLOW = "30k"  # bytes/s: alone such a node would need 10 s


class AdoptTest(cluster.ClusterTest):
    def setUp(self):
        super().setUp()
        running.write_files(self.path("source"), FILES, SIZE)
        self.one = self.node("eu1")
        self.two = self.node("eu2", join=[self.one.gate])
        for node in (self.one, self.two):
            node.sees(eu1="up", eu2="up")
        self.one.call("core/bwlimit", rate=SLOW)
        self.job = self.one.start("sync/copy", srcFs=self.path("source"), dstFs=self.path("copy"), _group="mine")

    def files(self):
        return {path.name: path.read_bytes() for path in Path(self.path("copy")).glob("*")
                if path.suffix != ".partial"}

    def lost(self):
        """What the other node says when the planner is lost: the status."""
        def status():
            # Until it is known as lost it is a node that does not answer.
            code, _, body = self.two.post("job/status", {"jobid": self.job})
            known = json.loads(body)
            return known if code == 200 and "was lost" in known["error"] else None
        return running.wait_for(status, cluster.JOIN_LIMIT, self.two.output)

    def has_copied(self, count):
        # The others are told each second.
        running.wait_for(lambda: self.one.call("job/status", jobid=self.job, details=True)["account"]["copied"] >= count,
                         cluster.JOIN_LIMIT, self.one.output)

    def test_another_node_goes_on_without_doing_anything_twice(self):
        self.has_copied(150)

        self.one.kill()

        known = self.lost()
        self.assertEqual([True, False, "eu1", "mine"], [known[key] for key in ("finished", "success", "node", "group")])
        account = known["account"]
        self.assertEqual(FILES, account["found"])
        self.assertLessEqual(account["copied"], len(self.files()))
        self.assertEqual({"jobid": self.job, "node": "eu2"}, self.two.call("cluster/adopt", jobid=self.job))
        status = self.two.finished(self.job)
        self.assertEqual(["", "eu2", "mine"], [status[key] for key in ("error", "node", "group")])
        after = status["account"]
        self.assertEqual(FILES, after["copied"] + after["skipped"])
        self.assertGreaterEqual(after["skipped"], account["copied"])
        self.assertEqual(FILES, len(self.files()))
        self.assertIn("no node was lost", self.two.fails("cluster/adopt", jobid=self.job))

    def test_a_node_that_comes_back_stops_its_own(self):
        self.has_copied(150)

        with self.one.hanging():
            self.lost()
            self.two.call("cluster/adopt", jobid=self.job)

        def ended():
            # While the nodes meet again an answer may name the other one as not reached.
            code, _, body = self.one.post("job/status", {"jobid": self.job})
            status = json.loads(body)
            return status if code == 200 and status["node"] == "eu2" and status["finished"] else None
        status = running.wait_for(ended, cluster.JOIN_LIMIT, self.one.output)
        self.assertEqual("", status["error"])
        running.wait_for(lambda: self.job not in self.one.call("job/list")["runningIds"], cluster.JOIN_LIMIT,
                         self.one.output)
        self.assertEqual(FILES, len(self.files()))

    def test_what_runs_or_was_never_there_is_not_adopted(self):
        for job in (self.job, 99_999_999):
            self.assertIn(f"no node was lost with a job {job}", self.two.fails("cluster/adopt", jobid=job))


if __name__ == "__main__":
    running.main()
