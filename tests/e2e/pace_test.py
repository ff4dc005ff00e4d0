"""How much one job does at once, and how fast, changed while it runs (docs/jobs.md)."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)

KIB = 1 << 10


class Pace(running.DaemonTest):
    def setUp(self):
        super().setUp()
        self.source, self.copy = self.path("from"), self.path("to")
        Path(self.source).mkdir()
        for number in range(12):
            Path(self.source, f"file-{number:02}").write_bytes(bytes([number]) * 64 * KIB)

    def begin(self, **config):
        """A copy that goes on until somebody lets it."""
        self.daemon.call("core/bwlimit", rate="1k")
        return self.daemon.start("sync/copy", srcFs=self.source, dstFs=self.copy, _config=config)

    def finish(self, job):
        self.daemon.call("core/bwlimit", rate="off")
        status = self.daemon.finished(job)
        self.assertEqual("", status["error"])
        self.assertEqual(12, status["account"]["copied"])
        return status

    def pace(self, job):
        return running.wait_for(lambda: self.daemon.call("job/status", jobid=job, details=True).get("pace"), 60, lambda: "the job is under way")

    def test_a_job_tells_how_much_it_does_at_once_and_why(self):
        job = self.begin(Transfers=3)

        pace = self.pace(job)

        self.assertEqual({"value": 3, "reason": "as the options say"}, pace["transfers"])
        self.assertEqual({"value": 8, "reason": "tuned: where it begins"}, pace["checkers"])
        self.assertEqual("off", pace["bwlimit"])
        self.finish(job)

    def test_transfers_of_a_running_job_can_be_changed(self):
        job = self.begin(Transfers=1)
        self.pace(job)
        transferring = lambda: len(self.daemon.call("core/stats", group=f"job/{job}").get("transferring", []))
        running.wait_for(lambda: transferring() == 1, 60, lambda: "the job is under way")

        changed = self.daemon.call("job/set", jobid=job, transfers=5, checkers=2)

        self.assertEqual({"value": 5, "reason": "set by job/set"}, changed["transfers"])
        self.assertEqual(2, changed["checkers"]["value"])
        running.wait_for(lambda: transferring() >= 1, 60, lambda: "the job is under way")
        self.assertEqual({"value": 1, "reason": "as the options say"},
                         self.daemon.call("job/set", jobid=job, transfers=0)["transfers"])
        self.finish(job)

    def test_a_job_has_a_bandwidth_of_its_own(self):
        job = self.begin()
        self.pace(job)

        self.assertEqual("1Ki", self.daemon.call("job/set", jobid=job, bwlimit="1k")["bwlimit"])
        self.daemon.call("core/bwlimit", rate="off")
        self.assertFalse(self.daemon.call("job/status", jobid=job)["finished"])
        self.assertEqual("off", self.daemon.call("job/set", jobid=job, bwlimit="off")["bwlimit"])

        self.finish(job)

    def test_what_cannot_be_set_is_told(self):
        job = self.begin()
        self.pace(job)
        for parameters, error in [({"jobid": job, "transfers": -1}, "transfers must be 0 to 1000, not -1"),
                                  ({"jobid": job, "checkers": 1001}, "checkers must be 0 to 1000, not 1001"),
                                  ({"jobid": job, "bwlimit": "fast"}, "bad bwlimit"),
                                  ({"jobid": job, "bwlimit": "08:00,1M 20:00,2M"}, "is a timetable, a job has one limit"),
                                  ({"jobid": 4711}, "job not found")]:
            with self.subTest(**parameters):
                self.assertIn(error, self.daemon.fails("job/set", **parameters))
        self.finish(job)
        self.assertEqual(f"job {job} has ended", self.daemon.fails("job/set", jobid=job, transfers=1))


class Limits(running.DaemonTest):
    """What all jobs together may do with one remote."""

    def setUp(self):
        super().setUp()
        for name in ("one", "other"):
            Path(self.path(name)).mkdir()
            Path(self.path(name, "file")).write_bytes(bytes(64 * KIB))

    def limit(self, **limits):
        return self.daemon.call("core/limits", fs="/", **limits)["remotes"]["local"]

    def begin(self, name):
        return self.daemon.start("sync/copy", srcFs=self.path(name), dstFs=self.path("copy", name), _group=name)

    def account(self, job):
        return self.daemon.call("job/status", jobid=job, details=True).get("account", {"found": 0})

    def shown(self):
        return len(self.daemon.call("core/stats").get("transferring", []))

    def wait_for(self, condition):
        running.wait_for(condition, 60, lambda: f"{self.limit()}, {self.shown()} files are shown")

    def test_transfers_of_a_remote_are_limited_over_all_jobs(self):
        self.assertEqual({"bwlimit": "off", "checkers": 0, "checking": 0, "transfers": 1, "transferring": 0},
                         self.limit(transfers=1))
        self.daemon.call("core/bwlimit", rate="1k")
        jobs = [self.begin("one"), self.begin("other")]
        self.wait_for(lambda: all(self.account(job)["found"] == 1 for job in jobs) and self.shown() == 1)
        self.assertEqual(1, self.limit()["transferring"])

        self.limit(transfers=0)

        self.wait_for(lambda: self.shown() == 2)
        self.daemon.call("core/bwlimit", rate="off")
        for job in jobs:
            self.assertEqual(1, self.daemon.finished(job)["account"]["copied"])

    def test_a_job_that_waits_for_room_ends_when_it_is_stopped(self):
        self.limit(transfers=1)
        self.daemon.call("core/bwlimit", rate="1k")
        working = self.begin("one")
        self.wait_for(lambda: self.shown() == 1)
        waiting = self.begin("other")
        self.wait_for(lambda: self.account(waiting)["found"] == 1)

        self.daemon.call("job/stop", jobid=waiting)

        status = self.daemon.finished(waiting)
        self.assertEqual(("context canceled", 1), (status["error"], status["account"]["failed"]))
        self.assertEqual(1, self.limit()["transferring"])
        self.daemon.call("core/bwlimit", rate="off")
        self.assertEqual(1, self.daemon.finished(working)["account"]["copied"])

    def test_a_remote_has_a_bandwidth_of_its_own(self):
        self.assertEqual("1Ki", self.limit(bwlimit="1k")["bwlimit"])
        job = self.begin("one")
        self.wait_for(lambda: self.shown() == 1)
        self.assertFalse(self.daemon.call("job/status", jobid=job)["finished"])

        self.assertEqual("off", self.limit(bwlimit="off")["bwlimit"])

        self.assertEqual(1, self.daemon.finished(job)["account"]["copied"])

    def test_what_cannot_be_a_limit_is_told_and_changes_nothing(self):
        for parameters, error in [({"transfers": -1}, "transfers must be 0 or more, not -1"),
                                  ({"transfers": 5, "bwlimit": "fast"}, "bad bwlimit"),
                                  ({"bwlimit": "08:00,1M 20:00,2M"}, "need exactly 1 bandwidth setting"),
                                  ({"checkers": "many"}, "checkers")]:
            with self.subTest(**parameters):
                self.assertIn(error, self.daemon.fails("core/limits", fs="s3:", **parameters))
        self.assertEqual({"remotes": {}}, self.daemon.call("core/limits"))


if __name__ == "__main__":
    running.main()
