"""The page at /metrics: well formed by promtool's judgement, complete, and monotone."""
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)

# What dashboards of rclone, of Go programs and of processes ask for.
EXPECTED = """
rclone_bytes_transferred_total rclone_speed rclone_errors_total rclone_checked_files_total
rclone_files_transferred_total rclone_files_deleted_total rclone_dirs_deleted_total rclone_files_renamed_total
rclone_entries_listed_total rclone_fatal_error rclone_retry_error
go_goroutines go_threads go_info go_gc_duration_seconds go_memstats_alloc_bytes go_memstats_alloc_bytes_total
go_memstats_sys_bytes go_memstats_mallocs_total go_memstats_frees_total go_memstats_heap_alloc_bytes
go_memstats_heap_sys_bytes go_memstats_heap_idle_bytes go_memstats_heap_inuse_bytes go_memstats_heap_released_bytes
go_memstats_heap_objects go_memstats_stack_inuse_bytes go_memstats_stack_sys_bytes go_memstats_next_gc_bytes
go_memstats_last_gc_time_seconds
process_cpu_seconds_total process_open_fds process_max_fds process_resident_memory_bytes
process_virtual_memory_bytes process_virtual_memory_max_bytes process_start_time_seconds
argosy_actors argosy_actor_spawned_total argosy_actor_ended_total argosy_jobs argosy_job_finished_total
argosy_heap_live_bytes argosy_heap_resident_bytes argosy_heap_retained_bytes argosy_heap_fragmentation_bytes
argosy_fds argosy_children argosy_stats_groups argosy_cached_remotes argosy_build_info
argosy_resources_entered_total argosy_mailbox_messages argosy_mailbox_oldest_seconds argosy_actor_idle_seconds
argosy_sockets argosy_orphaned_resources argosy_overdue_resources
argosy_filesystem_size_bytes argosy_filesystem_free_bytes argosy_filesystem_inodes argosy_filesystem_free_inodes
""".split()

# promtool's remarks that cannot be heeded, since the names are those of Go's client library.
INHERITED = re.compile(r"^go_")

binary = None


def families(text):
    """name -> type, of the families on the page."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))


def samples(text):
    """series -> value, for each line that is no comment."""
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
            for line in text.splitlines() if line and not line.startswith("#")}


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keep = running.stack()
        keep, cls.folder = cls.keep.__enter__()
        cls.daemon = running.Daemon(binary, cls.folder)
        keep.callback(cls.daemon.close)
        running.write_files(f"{cls.folder}/source", 20, 1000)
        cls.daemon.call("sync/copy", srcFs=f"{cls.folder}/source", dstFs=f"{cls.folder}/copy")

    @classmethod
    def tearDownClass(cls):
        cls.keep.__exit__(None, None, None)

    def test_promtool_accepts_it(self):
        run = subprocess.run([running.needed("promtool"), "check", "metrics"], input=self.daemon.metrics(),
                             capture_output=True, text=True)

        remarks = [line for line in (run.stdout + run.stderr).splitlines() if line and not INHERITED.match(line)]
        self.assertEqual([], remarks)

    def test_it_has_every_name_that_dashboards_ask_for(self):
        found = families(self.daemon.metrics())

        self.assertEqual([], [name for name in EXPECTED if name not in found])

    def test_it_counts_what_was_copied(self):
        values = samples(self.daemon.metrics())

        self.assertGreaterEqual(values["rclone_files_transferred_total"], 20)
        self.assertGreaterEqual(values["rclone_bytes_transferred_total"], 20 * 1000)

    def test_counters_do_not_go_back_when_statistics_are_reset(self):
        before = self.daemon.metrics()
        self.daemon.call("core/stats-reset")

        after = samples(self.daemon.metrics())

        counters = {name for name, kind in families(before).items() if kind == "counter"}
        self.assertTrue(counters)
        for series, value in samples(before).items():
            if series.partition("{")[0] in counters:
                self.assertGreaterEqual(after.get(series, -1), value, series)

    def test_one_line_a_series(self):
        lines = [line.rpartition(" ")[0] for line in self.daemon.metrics().splitlines() if not line.startswith("#")]

        self.assertEqual(len(lines), len(set(lines)))


if __name__ == "__main__":
    binary = sys.argv[1]
    unittest.main(argv=sys.argv[:1], verbosity=2)
