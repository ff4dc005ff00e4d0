"""Any node answers for all: jobs and statistics (docs/cluster.md)."""
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import cluster  # noqa: E402 (after the path)
import running  # noqa: E402

ANSWER_LIMIT = 10  # seconds: a node that does not answer is given up after three


class OneViewTest(cluster.ClusterTest):
    def setUp(self):
        super().setUp()
        self.one = self.node("eu1")
        self.two = self.node("eu2", join=[self.one.gate])
        for node in (self.one, self.two):
            node.sees(eu1="up", eu2="up")

    def test_ids_are_small_unique_and_tell_the_node(self):
        numbers = {name: node["number"] for name, node in self.one.nodes().items()}

        ids = {node.name: [node.start("rc/noop") for _ in range(3)] for node in (self.one, self.two)}

        self.assertEqual(6, len({job for of_node in ids.values() for job in of_node}))
        for name, jobs in ids.items():
            self.assertEqual({numbers[name]}, {job % 100 for job in jobs})
            self.assertLess(max(jobs), 100_000)

    def test_each_node_knows_the_jobs_of_all(self):
        job = self.two.start("rc/noop", hello="there")
        self.two.finished(job)

        status = self.one.call("job/status", jobid=job)

        self.assertEqual("eu2", status["node"])
        self.assertEqual({"hello": "there"}, status["output"])
        self.assertEqual(self.two.call("job/status", jobid=job)["executeId"], status["executeId"])
        self.assertIn(job, self.one.call("job/list")["jobids"])
        self.assertNotIn("unreachable", self.one.call("job/list"))

    def test_what_nobody_knows_is_an_error_as_ever(self):
        self.assertEqual("job not found", self.one.fails("job/status", jobid=99_999_999))
        self.assertEqual("job not found", self.one.fails("job/stop", jobid=99_999_999))

    def test_a_job_is_stopped_from_any_node(self):
        self.two.call("core/bwlimit", rate="1k")
        running.write_files(self.path("source"), 1, 1 << 20)
        job = self.two.start("sync/copy", srcFs=self.path("source"), dstFs=self.path("copy"))

        self.one.call("job/stop", jobid=job)

        self.assertEqual("context canceled", self.one.finished(job)["error"])

    def test_statistics_are_those_of_all_nodes(self):
        for number, node in enumerate((self.one, self.two)):
            running.write_files(self.path("source"), 4, 1000)
            node.call("sync/copy", srcFs=self.path("source"), dstFs=self.path(f"copy{number}"), _group="both")

        for node in (self.one, self.two):
            stats = node.call("core/stats", group="both")
            self.assertEqual([8, 8000], [stats["transfers"], stats["bytes"]])
            self.assertEqual(8, len(node.call("core/transferred", group="both")["transferred"]))
            self.assertEqual(8, node.call("core/stats")["transfers"])

    def test_a_question_about_a_group_makes_none(self):
        self.one.call("core/stats", group="nowhere else")

        self.assertNotIn("nowhere else", self.two.call("core/group-list")["groups"] or [])

    def test_who_does_not_answer_is_named_and_not_waited_for(self):
        with self.two.hanging():
            begun = time.monotonic()
            jobs = self.one.call("job/list")
            self.assertEqual(["eu2"], jobs["unreachable"])
            self.assertLess(time.monotonic() - begun, ANSWER_LIMIT)
            self.one.notices("eu2", "lost", cluster.NOTICE_LIMIT + cluster.SLACK)
            self.assertEqual(["eu2"], self.one.call("core/stats")["unreachable"])
            self.assertIn("not reached: eu2", self.one.fails("job/status", jobid=99_999_999))


if __name__ == "__main__":
    running.main()
