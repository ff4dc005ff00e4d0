"""The life of jobs as a client sees it (rc-surface 1.7, 2.15)."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import wire  # noqa: E402

YEAR_ONE = "0001-01-01T00:00:00Z"
LARGE = 32 << 20  # bytes: at SLOW it runs until it is stopped
SLOW = "256k"


def numbers(reply):
    return sorted(reply["jobids"]), sorted(reply["runningIds"]), sorted(reply["finishedIds"])


class Jobs(running.DaemonTest):
    def large_copy(self, **parameters):
        """The parameters of a copy that does not end by itself."""
        self.daemon.call("core/bwlimit", rate=SLOW)
        running.write_files(self.path("source"), 1, LARGE)
        return {"srcFs": self.path("source"), "dstFs": self.path("copy"), **parameters}

    def moves(self, group):
        """Waits until bytes of the group's copy flow."""
        running.wait_for(lambda: self.daemon.call("core/stats", group=group)["bytes"] > 0, 30, f"{group} copies")

    def files_in(self, name):
        return sorted(p.name for p in Path(self.path(name)).rglob("*") if p.is_file())

    def test_ids_rise_by_one_over_all_kinds_of_calls(self):
        ids = [int(self.daemon.post(*call)[1]["X-Rclone-Jobid"]) for call in
               [("rc/noop", {}), ("rc/error", {}), ("job/list", {}), ("rc/noop", {"_async": True}), ("rc/error", {"_async": True}),
                ("operations/list", {"fs": self.folder, "remote": ""}), ("rc/noop", {"_group": "g"})]]
        self.assertEqual(list(range(ids[0], ids[0] + len(ids))), ids)

    def test_a_finished_job_tells_what_came_out(self):
        started = self.daemon.call("rc/noop", a=1, _async=True, _group="mine")

        status = self.daemon.finished(started["jobid"])

        self.assertEqual({"id", "executeId", "group", "startTime", "endTime", "error", "finished", "success", "duration", "output"},
                         set(status))
        self.assertEqual((started["jobid"], "mine", "", True, True, {"a": 1}),
                         tuple(status[key] for key in ["id", "group", "error", "finished", "success", "output"]))
        self.assertGreater(status["endTime"], status["startTime"])
        self.assertGreaterEqual(status["duration"], 0)
        self.assertEqual(started["executeId"], status["executeId"])

    def test_a_running_job_has_no_end_and_no_output(self):
        job = self.daemon.start("sync/copy", **self.large_copy())

        status = self.daemon.call("job/status", jobid=job)

        self.assertEqual((False, False, YEAR_ONE, None, "", 0, f"job/{job}"),
                         tuple(status[key] for key in ["finished", "success", "endTime", "output", "error", "duration", "group"]))
        self.assertIn(job, self.daemon.call("job/list")["runningIds"])
        self.daemon.call("job/stop", jobid=job)
        self.daemon.finished(job)

    def test_a_failing_handler_fails_its_job_only(self):
        job = self.daemon.start("rc/error", a="b")
        status = self.daemon.finished(job)
        self.assertEqual(("arbitrary error on input map[a:b]", False, {}), (status["error"], status["success"], status["output"]))

        panicking = self.daemon.finished(self.daemon.start("rc/panic"))
        self.assertEqual("panic received: arbitrary error on input map[]", panicking["error"])

        missing = self.daemon.finished(self.daemon.start("sync/copy", srcFs=self.path("nothing"), dstFs=self.path("copy")))
        self.assertIn("directory not found", missing["error"])
        self.assertEqual({}, self.daemon.call("rc/noop"))

    def test_calls_with_missing_parameters_fail_as_jobs_too(self):
        status = self.daemon.finished(self.daemon.start("sync/copy", srcFs=self.folder))
        self.assertEqual('Didn\'t find key "dstFs" in input', status["error"])

    def test_synchronous_calls_are_jobs(self):
        status, headers, _ = self.daemon.post("rc/error", {"a": 1})
        self.assertEqual(500, status)

        job = self.daemon.call("job/status", jobid=int(headers["X-Rclone-Jobid"]))

        self.assertEqual((True, False, {}, "arbitrary error on input map[a:1]"),
                         (job["finished"], job["success"], job["output"], job["error"]))

    def test_the_list_has_every_job_and_itself(self):
        first = int(self.daemon.post("rc/noop", {})[1]["X-Rclone-Jobid"])
        running_one = self.daemon.start("sync/copy", **self.large_copy())

        _, headers, body = self.daemon.post("job/list", {})

        listed, runs, ended = numbers(json.loads(body))
        itself = int(headers["X-Rclone-Jobid"])
        self.assertEqual([running_one, itself], runs)
        self.assertEqual(sorted(runs + ended), listed)
        self.assertEqual(list(range(first, itself + 1)), [job for job in listed if job >= first])
        self.daemon.call("job/stop", jobid=running_one)

    def test_one_execution_has_one_id(self):
        self.assertRegex(self.daemon.call("job/list")["executeId"], r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
        first, second = (self.daemon.call("rc/noop", _async=True) for _ in range(2))
        self.assertEqual({first["executeId"]}, {second["executeId"], self.daemon.call("job/list")["executeId"],
                                                self.daemon.finished(first["jobid"])["executeId"]})

        other = self.start_daemon()
        self.assertNotEqual(first["executeId"], other.call("job/list")["executeId"])

    def test_a_stopped_job_ends_and_leaves_nothing(self):
        job = self.daemon.start("sync/copy", **self.large_copy(_group="mine"))
        self.moves("mine")

        self.assertEqual({}, self.daemon.call("job/stop", jobid=job))

        status = self.daemon.finished(job)
        self.assertEqual(("context canceled", False, {}), (status["error"], status["success"], status["output"]))
        self.assertEqual([], self.files_in("copy"))
        self.assertEqual({}, self.daemon.call("job/stop", jobid=job), "a finished one may be stopped again")

    def test_a_group_is_stopped_as_one(self):
        copy = self.large_copy()
        jobs = [self.daemon.start("sync/copy", **{**copy, "dstFs": self.path(f"copy {number}"), "_group": "mine"})
                for number in range(3)]
        other = self.daemon.start("sync/copy", **copy)

        self.assertEqual({}, self.daemon.call("job/stopgroup", group="mine"))

        self.assertEqual(["context canceled"] * 3, [self.daemon.finished(job)["error"] for job in jobs])
        self.assertFalse(self.daemon.call("job/status", jobid=other)["finished"])
        self.assertEqual({}, self.daemon.call("job/stopgroup", group=f"job/{other}"), "without _group a job has one of its own")
        self.assertEqual("context canceled", self.daemon.finished(other)["error"])
        self.assertEqual({}, self.daemon.call("job/stopgroup", group="nobody's"))

    def test_unknown_jobs_are_errors(self):
        for command in ["job/status", "job/stop"]:
            for jobid in [0, -1, 987654]:
                status, _, body = self.daemon.post(command, {"jobid": jobid})
                self.assertEqual((500, "job not found"), (status, json.loads(body)["error"]))

    def test_a_caller_that_goes_away_cancels_its_call(self):
        body = json.dumps(self.large_copy(_group="mine")).encode()
        with wire.Connection(self.daemon.address) as connection:
            connection.send(wire.request("POST", "/sync/copy", "application/json", body))
            self.moves("mine")
            job, = [j for j in self.daemon.call("job/list")["runningIds"]
                    if self.daemon.post("job/status", {"jobid": j})[0] == 200
                    and self.daemon.call("job/status", jobid=j)["group"] == "mine"]

        self.assertEqual("context canceled", self.daemon.finished(job)["error"])
        self.assertIn(job, self.daemon.call("job/list")["finishedIds"])
        self.assertEqual([], self.files_in("copy"))

    def test_a_caller_of_a_background_job_may_go_away(self):
        with wire.Connection(self.daemon.address) as connection:
            connection.send(wire.request("POST", "/sync/copy", "application/json",
                                         json.dumps(self.large_copy(_async=True, _group="mine")).encode()))
            job = json.loads(connection.receive().body)["jobid"]
        self.moves("mine")

        self.assertFalse(self.daemon.call("job/status", jobid=job)["finished"])
        self.daemon.call("core/bwlimit", rate="off")
        self.assertTrue(self.daemon.finished(job)["success"])
        self.assertEqual(["file0"], self.files_in("copy"))


class Expiry(running.DaemonTest):
    flags = ("--rc-job-expire-duration", "200ms", "--rc-job-expire-interval", "50ms")

    def known(self, job):
        return self.daemon.post("job/status", {"jobid": job})[0] == 200

    def test_finished_jobs_are_forgotten_after_a_while(self):
        ended = self.daemon.start("rc/noop")
        synchronous = int(self.daemon.post("rc/noop", {})[1]["X-Rclone-Jobid"])

        running.wait_for(lambda: not self.known(ended) and not self.known(synchronous), 30, "both are forgotten")

        self.assertEqual("job not found", self.daemon.fails("job/status", jobid=ended))
        self.assertFalse({ended, synchronous} & set(self.daemon.call("job/list")["jobids"]))

    def test_running_jobs_are_not(self):
        self.daemon.call("core/bwlimit", rate=SLOW)
        running.write_files(self.path("source"), 1, LARGE)
        runs = self.daemon.start("sync/copy", srcFs=self.path("source"), dstFs=self.path("copy"))
        ended = self.daemon.start("rc/noop")

        running.wait_for(lambda: not self.known(ended), 30, "the ended one is forgotten")

        self.assertFalse(self.daemon.call("job/status", jobid=runs)["finished"])
        self.daemon.call("job/stop", jobid=runs)
        running.wait_for(lambda: not self.known(runs), 30, "the stopped one is forgotten")


if __name__ == "__main__":
    running.main()
