"""job/batch: several commands in one call, each a job of its own."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)


class Batch(running.DaemonTest):
    def batch(self, *inputs, **parameters):
        return self.daemon.call("job/batch", inputs=list(inputs), **parameters)["results"]

    def slow(self, name, **parameters):
        """An input that lasts until it is stopped: the bandwidth is next to nothing."""
        return {"_path": "operations/copyfile", "srcFs": self.folder, "srcRemote": "big", "dstFs": self.folder,
                "dstRemote": name, **parameters}

    def slow_down(self):
        Path(self.folder, "big").write_bytes(bytes(8 << 20))
        self.daemon.call("core/bwlimit", rate="1k")

    def started(self, group, transfers):
        running.wait_for(lambda: self.daemon.call("core/stats", group=group)["totalTransfers"] == transfers,
                         running.START_LIMIT, f"{transfers} transfers begin")

    def test_results_have_the_order_of_the_inputs_and_hold_the_errors(self):
        self.assertEqual([
            {"a": "potato"},
            {"error": '"inputs" items must be objects not string', "input": None, "path": "unknown", "status": 400},
            {"b": "sausage"},
            {"error": "arbitrary error on input map[e:sausage]", "input": {"e": "sausage"}, "path": "rc/error",
             "status": 500},
            {"error": 'couldn\'t find path "bad/path"', "input": {"param": "sausage"}, "path": "bad/path", "status": 404},
            {"error": 'can\'t run path "operations/uploadfile" as it needs the request', "input": {},
             "path": "operations/uploadfile", "status": 400},
            {"error": 'can\'t run path "core/command" as it needs the request', "input": {}, "path": "core/command",
             "status": 400},
            {"error": 'Didn\'t find key "_path" in input', "input": {"nopath": "BOOM"}, "path": "", "status": 400},
            {"error": 'expecting string value for key "_path" (was float64)', "input": {"_path": 1}, "path": "",
             "status": 400},
        ], self.batch(
            {"_path": "rc/noop", "a": "potato"}, "bad string", {"_path": "rc/noop", "b": "sausage"},
            {"_path": "rc/error", "e": "sausage"}, {"_path": "bad/path", "param": "sausage"},
            {"_path": "operations/uploadfile"}, {"_path": "core/command"}, {"nopath": "BOOM"}, {"_path": 1}))

    def test_any_concurrency_gives_the_same(self):
        for concurrency in [*range(-1, 10), "5"]:
            with self.subTest(concurrency):
                self.assertEqual([{"i": i} for i in range(100)],
                                 self.batch(*({"_path": "rc/noop", "i": i} for i in range(100)), concurrency=concurrency))

    def test_nothing_to_do_has_no_results(self):
        self.assertEqual([], self.batch())

    def test_one_after_the_other_sees_what_was_before(self):
        at = {"fs": self.folder, "remote": "new"}
        made = self.batch({"_path": "operations/mkdir", **at}, {"_path": "operations/stat", **at},
                          {"_path": "operations/rmdir", **at}, {"_path": "operations/stat", **at}, concurrency=1)
        self.assertEqual([{}, {}, {"item": None}], [made[0], made[2], made[3]])
        self.assertTrue(made[1]["item"]["IsDir"])

    def test_so_many_run_at_once(self):
        self.slow_down()
        batch = self.daemon.start("job/batch", inputs=[self.slow(f"copy{n}") for n in range(5)], concurrency=2, _group="g")
        self.started("g", 2)
        running_jobs = sorted(self.daemon.call("job/list")["runningIds"])
        self.assertEqual(1 + 2 + 1, len(running_jobs))  # the batch, two of its jobs, and job/list itself
        self.daemon.call("job/stopgroup", group="g")
        results = self.daemon.finished(batch)["output"]["results"]
        self.assertEqual(["context canceled"] * 5, [result["error"] for result in results])

    def test_as_many_as_transfers_run_when_nothing_is_said(self):
        self.slow_down()
        batch = self.daemon.start("job/batch", inputs=[self.slow(f"copy{n}") for n in range(5)], _group="g",
                                  _config={"Transfers": 3})
        self.started("g", 3)
        self.daemon.call("job/stop", jobid=batch)
        self.daemon.finished(batch)

    def test_each_is_a_job_in_the_group_of_the_batch(self):
        batch = self.daemon.start("job/batch", inputs=[{"_path": "rc/noop", "x": 1}, {"_path": "rc/error"},
                                                       {"_path": "rc/noop", "_group": "own"}], _group="all")
        self.daemon.finished(batch)

        found = {}
        for job in self.daemon.call("job/list")["finishedIds"]:
            status = self.daemon.call("job/status", jobid=job)
            if job != batch and status["group"] in ("all", "own"):
                found[status["group"], status["error"]] = status["output"]
        self.assertEqual({("all", ""): {"x": 1}, ("all", "arbitrary error on input map[]"): {}, ("own", ""): {}}, found)

    def test_special_parameters_hold_for_their_input(self):
        Path(self.folder, "a.txt").write_text("a")
        Path(self.folder, "b.bin").write_text("bb")
        results = self.batch({"_path": "operations/size", "fs": self.folder, "_filter": {"IncludeRule": ["*.txt"]}},
                             {"_path": "operations/size", "fs": self.folder, "include": "*.bin"},
                             {"_path": "operations/delete", "fs": self.folder, "_config": {"DryRun": True},
                              "_filter": {"IncludeRule": ["*.txt"]}},
                             {"_path": "rc/noop", "_config": {"Transfers": "x"}},
                             {"_path": "rc/noop", "a": 1, "_filter": {"FilesFrom": ["/no/such/file"]}}, concurrency=1)
        self.assertEqual([1, 2], [result["bytes"] for result in results[:2]])
        self.assertEqual({}, results[2])
        self.assertTrue(Path(self.folder, "a.txt").exists())
        self.assertEqual(400, results[3]["status"])
        self.assertEqual("rc/noop", results[3]["path"])

    def test_one_in_the_background_is_answered_with_its_job(self):
        [started] = self.batch({"_path": "rc/noop", "x": 1, "_async": True})
        self.assertEqual({"jobid", "executeId"}, set(started))
        self.assertEqual({"x": 1}, self.daemon.finished(started["jobid"])["output"])

    def test_a_batch_may_hold_batches(self):
        inner = {"_path": "job/batch", "inputs": [{"_path": "rc/noop", "a": 1}]}
        self.assertEqual([{"results": [{"a": 1}]}] * 2, self.batch(inner, inner))

    def test_stopping_it_stops_what_is_in_it(self):
        self.slow_down()
        batch = self.daemon.start("job/batch", inputs=[self.slow("copy"), {"_path": "rc/noop", "x": 1}], concurrency=1,
                                  _group="g")
        self.started("g", 1)
        self.daemon.call("job/stop", jobid=batch)
        results = self.daemon.finished(batch)["output"]["results"]
        self.assertEqual(["context canceled"] * 2, [result["error"] for result in results])
        self.assertFalse(Path(self.folder, "copy").exists())

    def test_wrong_parameters_are_refused(self):
        self.assertEqual('Didn\'t find key "inputs" in input', self.daemon.fails("job/batch"))
        self.assertEqual('expecting list key "inputs" (was string)', self.daemon.fails("job/batch", inputs="[]"))
        self.assertEqual('expecting list key "inputs" (was <nil>)', self.daemon.fails("job/batch", inputs=None))
        self.assertIn('couldn\'t parse key "concurrency" (x) as int64', self.daemon.fails("job/batch", inputs=[], concurrency="x"))


if __name__ == "__main__":
    running.main()
