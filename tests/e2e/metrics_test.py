"""The counters of /metrics: names, types, and that no reset, deletion or eviction of statistics takes them back."""
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402

COUNTERS = ["rclone_bytes_transferred_total", "rclone_errors_total", "rclone_checked_files_total",
            "rclone_files_transferred_total", "rclone_files_deleted_total", "rclone_dirs_deleted_total",
            "rclone_files_renamed_total", "rclone_entries_listed_total"]
GAUGES = ["rclone_speed", "rclone_fatal_error", "rclone_retry_error"]


class Work(running.DaemonTest):
    def work(self, group):
        """Moves every counter: 3 files of 100 bytes, an error, a deletion, a removed folder, a rename."""
        source, copy = self.path("source"), self.path("copy")
        for number in range(3):
            trees.write(f"{source}/{number}", b"x" * 100, 1_500_000_000_000_000_000)
        shutil.rmtree(copy, ignore_errors=True)
        trees.write(f"{copy}/old/old", b"old", 1)
        self.daemon.call("sync/sync", srcFs=source, dstFs=copy, _group=group)
        self.daemon.call("sync/copy", srcFs=source, dstFs=copy, _group=group)
        self.daemon.call("operations/movefile", srcFs=copy, srcRemote="0", dstFs=copy, dstRemote="renamed", _group=group)
        self.daemon.fails("sync/copy", srcFs=self.path("nothing"), dstFs=copy, _group=group)

    def counters(self):
        """Every counter of the page."""
        page = self.daemon.metrics()
        names = set(re.findall(r"^# TYPE (\S+) counter$", page, re.M))
        return {series: value for series, value in self.daemon.samples().items() if series.partition("{")[0] in names}

    def assert_not_less(self, before):
        after = self.counters()
        self.assertEqual({}, {name: (value, after.get(name)) for name, value in before.items() if after.get(name, -1) < value})
        return after


class Metrics(Work):
    def test_names_and_types(self):
        types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", self.daemon.metrics(), re.M))

        self.assertEqual({name: "counter" for name in COUNTERS}, {name: types.get(name) for name in COUNTERS})
        self.assertEqual({name: "gauge" for name in GAUGES}, {name: types.get(name) for name in GAUGES})

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed: apt-get install prometheus")
    def test_promtool_accepts_the_page(self):
        self.work("g")

        run = subprocess.run(["promtool", "check", "metrics"], input=self.daemon.metrics(), capture_output=True, text=True)

        # The names of Go's client library are what they are.
        self.assertEqual([], [line for line in (run.stdout + run.stderr).splitlines() if not line.startswith("go_")])

    def test_they_are_sent_as_prometheus_wants_them(self):
        with running.urllib.request.urlopen(self.daemon.url + "/metrics") as response:
            self.assertEqual("text/plain; version=0.0.4; charset=utf-8", response.headers["Content-Type"])

    def test_they_count_what_core_stats_counts(self):
        self.work("g")

        samples, stats = self.daemon.samples(), self.daemon.call("core/stats")

        for name, key in zip(COUNTERS, ["bytes", "errors", "checks", "transfers", "deletes", "deletedDirs", "renames", "listed"]):
            self.assertEqual(stats[key], samples[name], name)
            self.assertGreater(samples[name], 0, name)
        # A rename on the server counts its bytes too.
        self.assertEqual((400, 3, 1, 1, 1), tuple(stats[key] for key in ["bytes", "transfers", "deletes", "deletedDirs", "renames"]))

    def test_resetting_statistics_does_not_take_them_back(self):
        self.work("g")
        before = self.counters()

        self.daemon.call("core/stats-reset", group="g")
        self.assertEqual(0, self.daemon.call("core/stats", group="g")["transfers"])
        before = self.assert_not_less(before)
        self.daemon.call("core/stats-reset")
        self.assertEqual(0, self.daemon.call("core/stats")["transfers"])
        self.assert_not_less(before)
        self.work("g")

        self.assertEqual(6, self.assert_not_less(before)["rclone_files_transferred_total"])

    def test_deleting_a_group_does_not_take_them_back(self):
        self.work("g")
        before = self.counters()

        self.daemon.call("core/stats-delete", group="g")

        self.assertNotIn("g", self.daemon.call("core/group-list")["groups"] or [])
        self.assert_not_less(before)


class Eviction(Work):
    """With room for three groups old ones go by themselves."""
    flags = ("--max-stats-groups", "3")

    def test_evicting_groups_does_not_take_them_back(self):
        seen = {}
        for number in range(8):
            self.work(f"g{number}")
            seen = self.assert_not_less(seen)

        self.assertEqual(24, seen["rclone_files_transferred_total"])
        self.assertEqual(["g5", "g6", "g7"], self.daemon.call("core/group-list")["groups"])
        self.assertEqual(24, self.daemon.call("core/stats")["transfers"], "nor the sum over all groups")


class ManyGroups(running.DaemonTest):
    def test_a_thousand_groups_are_kept(self):
        trees.write(self.path("source", "file"), b"content", 1)
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.path("copy"), _group="first")
        for number in range(1005):
            self.daemon.call("core/stats", group=f"g{number}")  # makes it

        groups = self.daemon.call("core/group-list")["groups"]

        self.assertEqual((1000, "g5", "g1004"), (len(groups), groups[0], groups[-1]))
        self.assertEqual(groups, self.daemon.call("core/group_list")["groups"])
        self.assertEqual(1, self.daemon.samples()["rclone_files_transferred_total"])
        self.assertEqual(1, self.daemon.call("core/stats")["transfers"])


if __name__ == "__main__":
    running.main()
