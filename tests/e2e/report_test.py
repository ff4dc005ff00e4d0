"""What became of each file of a job, and how it is tried again (docs/jobs.md)."""
import json
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)

# A name longer than a file's may be once it has its partial suffix, in a folder where nothing can be made, or where a file stands in
# the way: failures that root meets as well.
IN_THE_WAY = "in the way"


class Reports(running.DaemonTest):
    def write(self, name, content="x"):
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def copy(self, command="sync/copy", **parameters):
        """Starts it and waits for its end. Its status."""
        job = self.daemon.start(command, srcFs=self.path("from"), dstFs=self.path("to"), **parameters)
        return self.daemon.finished(job)

    def files(self, job, **parameters):
        return self.daemon.call("job/report", jobid=job, **parameters)["files"]

    def outcomes(self, job, **parameters):
        return {one["path"]: one["outcome"] for one in self.files(job, **parameters)}

    def a_copy_with_a_failure(self):
        """One file is copied, one skipped, and one cannot be: its directory at the destination is a file."""
        self.write("from/new")
        self.write("from/same")
        self.write("from/d/bad")
        self.write("to/same")
        self.write("to/d", IN_THE_WAY)
        os.utime(self.path("to/same"), ns=(os.stat(self.path("from/same")).st_mtime_ns,) * 2)
        return self.copy()

    def test_a_job_ends_with_an_account_that_adds_up(self):
        status = self.a_copy_with_a_failure()

        account = status["account"]
        self.assertEqual({"attempt": 1, "copied": 1, "deleted": 0, "failed": 1, "failedDirs": 0, "found": 3, "renamed": 0, "skipped": 1},
                         account)
        self.assertFalse(status["success"])

    def test_a_status_is_as_rclone_has_it_unless_details_are_asked_for(self):
        status = self.daemon.call("job/status", jobid=self.a_copy_with_a_failure()["id"])

        self.assertEqual({"duration", "endTime", "error", "executeId", "finished", "group", "id", "output", "startTime", "success"},
                         set(status))

    def test_the_report_tells_what_became_of_each_file(self):
        job = self.a_copy_with_a_failure()["id"]

        self.assertEqual({"new": "copied", "same": "skipped", "d/bad": "failed"}, self.outcomes(job))
        bad, = self.files(job, outcome="failed")
        self.assertEqual({"attempt", "duration", "error", "kind", "outcome", "path", "size", "startTime", "what"}, set(bad))
        self.assertEqual((1, "transferring", 1), (bad["size"], bad["what"], bad["attempt"]))
        self.assertIn("not a directory", bad["error"])
        self.assertEqual({"new": "copied", "same": "skipped"}, self.outcomes(job, outcome="copied,skipped"))

    def test_it_comes_in_pages(self):
        running.write_files(self.path("from"), 25, 4)
        job = self.copy()["id"]

        found, cursor, pages = [], "", 0
        while cursor is not None:
            page = self.daemon.call("job/report", jobid=job, limit=10, cursor=cursor)
            found += [one["path"] for one in page["files"]]
            cursor, pages = page.get("next"), pages + 1
            self.assertTrue(page["finished"] and page["complete"])

        self.assertEqual(3, pages)
        self.assertEqual(sorted(os.listdir(self.path("from"))), sorted(found))

    def test_it_comes_as_lines(self):
        running.write_files(self.path("from"), 3000, 4)
        job = self.copy()["id"]

        status, headers, body = self.daemon.post("job/report", {"jobid": job, "format": "ndjson"})

        self.assertEqual((200, "application/x-ndjson"), (status, headers["Content-Type"]))
        lines = [json.loads(line) for line in body.splitlines()]
        self.assertEqual(sorted(os.listdir(self.path("from"))), sorted(one["path"] for one in lines))
        self.assertEqual({"copied"}, {one["outcome"] for one in lines})
        _, _, nothing = self.daemon.post("job/report", {"jobid": job, "format": "ndjson", "outcome": "failed"})
        self.assertEqual(b"", nothing)

    def test_a_running_job_tells_what_it_has_done(self):
        running.write_files(self.path("from"), 1, 32 << 20)
        self.daemon.call("core/bwlimit", rate="256k")
        job = self.daemon.start("sync/copy", srcFs=self.path("from"), dstFs=self.path("to"))
        running.wait_for(lambda: self.daemon.call("job/status", jobid=job, details=True)["account"]["found"] == 1, 30, "the file is found")

        page = self.daemon.call("job/report", jobid=job)
        self.assertEqual(([], False), (page["files"], page["finished"]))
        self.assertEqual("job %d is still running" % job, self.daemon.fails("job/retry", jobid=job))
        self.daemon.call("job/stop", jobid=job)
        self.daemon.finished(job)

        page = self.daemon.call("job/report", jobid=job, cursor=page["next"])
        self.assertEqual([("failed", "cancelled", "context canceled")],
                         [(one["outcome"], one["kind"], one["error"]) for one in page["files"]])
        self.assertNotIn("next", page)

    def test_a_stopped_job_is_finished_by_a_retry(self):
        running.write_files(self.path("from"), 40, 100_000)
        self.daemon.call("core/bwlimit", rate="200k")
        job = self.daemon.start("sync/copy", srcFs=self.path("from"), dstFs=self.path("to"), transfers=1)
        running.wait_for(lambda: self.daemon.call("core/stats", group=f"job/{job}")["transfers"] > 3, 60, "some are copied")
        self.daemon.call("job/stop", jobid=job)
        stopped = self.daemon.finished(job)["account"]
        self.daemon.call("core/bwlimit", rate="off")

        status = self.daemon.finished(self.daemon.start("job/retry", jobid=job))

        self.assertTrue(status["success"], status["error"])
        self.assertEqual(40 - stopped["copied"], status["account"]["copied"])
        self.assertEqual(stopped["failed"], status["account"]["found"])
        self.assertEqual(sorted(os.listdir(self.path("from"))), sorted(os.listdir(self.path("to"))))

    def test_a_retry_does_what_failed_with_the_parameters_of_the_job(self):
        self.write("from/good")
        self.write("from/left out")
        self.write("from/d/bad")
        self.write("to/d", IN_THE_WAY)
        first = self.copy(exclude=["left*"])
        os.remove(self.path("to/d"))
        os.remove(self.path("to/good"))

        status = self.daemon.finished(self.daemon.start("job/retry", jobid=first["id"]))

        self.assertTrue(status["success"], status["error"])
        self.assertEqual({"d/bad": "copied"}, self.outcomes(status["id"]))
        self.assertEqual(["d"], os.listdir(self.path("to")))
        self.assertEqual(f"job/{status['id']}", status["group"])
        self.assertEqual({}, self.daemon.call("job/retry", jobid=status["id"]), "nothing failed in it")

    def test_attempts_are_made_as_often_as_allowed(self):
        self.write("from/good")
        self.write("from/d/bad")
        self.write("to/d", IN_THE_WAY)

        status = self.copy(_retries=3, _config={"RetriesInterval": "10ms"})

        self.assertFalse(status["success"])
        self.assertEqual((3, 2, 1, 1), tuple(status["account"][key] for key in ["attempt", "found", "copied", "failed"]))
        self.assertEqual([1, 2, 3], [one["attempt"] for one in self.files(status["id"], outcome="failed", attempts=True)])
        self.assertEqual([3], [one["attempt"] for one in self.files(status["id"], outcome="failed")])

    def test_an_attempt_may_be_the_one_that_works(self):
        self.write("from/good")
        self.write("from/d/bad")
        self.write("to/d", IN_THE_WAY)
        self.write("to/old")
        job = self.daemon.start("sync/sync", srcFs=self.path("from"), dstFs=self.path("to"), _retries=100,
                                _config={"RetriesInterval": "20ms"}, _group="mine")
        running.wait_for(lambda: self.daemon.call("job/status", jobid=job, details=True)["account"]["attempt"] > 1, 30, "it is tried again")
        os.remove(self.path("to/d"))

        status = self.daemon.finished(job)

        self.assertTrue(status["success"], status["error"])
        self.assertEqual({"good": "copied", "d/bad": "copied", "old": "deleted"},
                         {path: end for path, end in self.outcomes(job).items() if path != "d"})
        self.assertEqual(0, self.daemon.call("core/stats", group="mine")["errors"], "what was mended is forgiven")

    def test_a_job_that_waits_for_another_attempt_can_be_stopped(self):
        self.write("from/d/bad")
        self.write("to/d", IN_THE_WAY)
        job = self.daemon.start("sync/copy", srcFs=self.path("from"), dstFs=self.path("to"), _retries=2,
                                _config={"RetriesInterval": "1h"})
        running.wait_for(lambda: self.daemon.call("job/status", jobid=job, details=True)["account"]["failed"] == 1, 30, "it has failed once")

        self.daemon.call("job/stop", jobid=job)

        self.assertEqual("context canceled", self.daemon.finished(job)["error"])

    def test_single_files_are_reported_too(self):
        self.write("from/a")
        for command, end in [("operations/copyfile", "copied"), ("operations/copyfile", "skipped"), ("operations/movefile", "skipped")]:
            _, headers, _ = self.daemon.post(command, {"srcFs": self.path("from"), "srcRemote": "a", "dstFs": self.path("to"), "dstRemote": "a"})
            self.assertEqual({"a": end}, self.outcomes(int(headers["X-Rclone-Jobid"])))
        _, headers, _ = self.daemon.post("operations/deletefile", {"fs": self.path("to"), "remote": "missing"})
        self.assertEqual({"missing": "failed"}, self.outcomes(int(headers["X-Rclone-Jobid"])))
        self.write("to/d/b")
        _, headers, _ = self.daemon.post("operations/purge", {"fs": self.path(""), "remote": "to"})
        self.assertEqual({"to/a": "deleted", "to/d/b": "deleted"}, self.outcomes(int(headers["X-Rclone-Jobid"])))

    def test_wrong_parameters_are_named(self):
        self.write("from/a")
        job = self.copy()["id"]
        for parameters, error in [
                ({}, 'Didn\'t find key "jobid" in input'),
                ({"jobid": job, "outcome": "copied,lost"}, 'unknown outcome "lost": want copied, skipped, failed, deleted or renamed'),
                ({"jobid": job, "limit": 0}, "limit must be between 1 and 10000, not 0"),
                ({"jobid": job, "limit": 10001}, "limit must be between 1 and 10000, not 10001"),
                ({"jobid": job, "cursor": "7"}, 'cursor "7" is not one that job/report gave'),
                ({"jobid": job, "cursor": "3.0"}, "no record of the report begins there"),
                ({"jobid": job, "format": "xml"}, 'unknown format "xml": want json or ndjson'),
                ({"jobid": job, "format": "ndjson", "_async": True}, None)]:
            if error is None:
                status = self.daemon.finished(self.daemon.start("job/report", jobid=job, format="ndjson"))
                self.assertEqual('format "ndjson" needs a caller that waits for the reply', status["error"])
                continue
            status, _, body = self.daemon.post("job/report", parameters)
            self.assertEqual((400, error), (status, json.loads(body)["error"]))

    def test_jobs_without_files_keep_no_report(self):
        job = self.daemon.start("rc/noop")
        self.daemon.finished(job)
        for command in ["job/report", "job/retry"]:
            self.assertEqual(f"job {job} keeps no report: it does not work on files", self.daemon.fails(command, jobid=job))
            self.assertEqual("job not found", self.daemon.fails(command, jobid=987654))
        self.assertNotIn("account", self.daemon.call("job/status", jobid=job, details=True))


class Spilling(running.DaemonTest):
    flags = ("--rc-job-expire-duration", "1s", "--rc-job-expire-interval", "50ms")

    def test_nothing_stays_open_when_the_job_is_forgotten(self):
        running.write_files(self.path("from"), 6000, 4)
        job = self.daemon.start("sync/copy", srcFs=self.path("from"), dstFs=self.path("to"))

        def deleted_files():
            folder = f"/proc/{self.daemon.child.pid}/fd"
            links = []
            for number in os.listdir(folder):
                if int(number) <= 2:  # its output goes to a file without a name as well
                    continue
                try:
                    links.append(os.readlink(os.path.join(folder, number)))
                except FileNotFoundError:  # closed meanwhile
                    pass
            return [link for link in links if link.endswith("(deleted)")]

        running.wait_for(lambda: self.daemon.post("job/status", {"jobid": job})[0] == 500, 60, "the job is forgotten")

        running.wait_for(lambda: not deleted_files(), 30, lambda: f"its report is gone: {deleted_files()}")


if __name__ == "__main__":
    running.main()
