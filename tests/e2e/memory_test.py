"""What is used is given back: memory, actors, connections, descriptors (issue-sized loads, not endurance)."""
import os
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402
import wire  # noqa: E402

MIB = 1 << 20
CLIENTS = 8
BATCH = 100  # pipelined requests in one piece
ROOTS = {f'argosy_actors{{kind="{kind}"}}': 1 for kind in ["job_table", "leak_watcher", "remotes", "stats", "timetable"]}


class GivenBack(running.DaemonTest):
    def private_memory(self):
        """RssAnon in bytes."""
        for line in Path(f"/proc/{self.daemon.child.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no RssAnon")

    def descriptors(self):
        """Open ones, but for sockets: the ledger knows those, and the last call's closes at a moment of its own."""
        folder, found = f"/proc/{self.daemon.child.pid}/fd", 0
        for name in os.listdir(folder):
            try:
                found += not os.readlink(f"{folder}/{name}").startswith("socket:")
            except FileNotFoundError:
                pass  # closed meanwhile
        return found

    def call_often(self, calls):
        """rc/noop over several connections that stay open, pipelined; a failure of any of them is the test's."""
        failures = []
        request = wire.request("POST", "/rc/noop", "application/json", b'{"a":1,"b":"text"}')

        def one_client():
            try:
                with wire.Connection(self.daemon.address) as connection:
                    for _ in range(calls // CLIENTS // BATCH):
                        connection.send(request * BATCH)
                        for _ in range(BATCH):
                            reply = connection.receive()
                            if reply.status != 200:
                                raise AssertionError(reply.status_line)
            except Exception as error:  # handed to the test's own thread
                failures.append(error)

        clients = [threading.Thread(target=one_client) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual([], failures)

    def ledger(self):
        """Live actors but for groups of statistics, and connections of clients but for the one that asks."""
        samples = self.daemon.samples()
        actors = {series: value for series, value in samples.items()
                  if series.startswith("argosy_actors{") and 'kind="stats_group"' not in series and value}
        connections = sum(value for series, value in samples.items()
                          if series.startswith("argosy_connections{") and 'remote="rc"' in series)
        return actors, connections - 1

    def emptied(self):
        """The open descriptors, once nothing lives but what lives as long as the daemon."""
        self.daemon.call("fscache/clear")
        self.returns_to((ROOTS, 0), self.ledger, "actors and connections")
        return self.descriptors()

    def returns_to(self, expected, look, what):
        running.wait_for(lambda: look() == expected, 30, lambda: f"{what}: {look()} instead of {expected}")

    def test_calls_leave_nothing(self):
        self.daemon.call("core/gc")
        before = self.ledger()

        self.call_often(20_000)
        early = self.private_memory()
        self.call_often(40_000)
        late = self.private_memory()

        if not running.sanitized(self.binary):
            self.assertLess(late - early, 8 * MIB)
        self.daemon.call("core/gc")
        self.returns_to(before, self.ledger, "actors and connections")

    def test_idle_connections_leave_nothing(self):
        self.daemon.call("rc/noop")
        before = self.ledger()

        connections = [wire.Connection(self.daemon.address) for _ in range(300)]
        for connection in connections[::2]:
            connection.send(wire.request("POST", "/rc/noop"))
            connection.receive()
        running.wait_for(lambda: self.ledger()[1] == 300, 30, lambda: f"300 connections are seen: {self.ledger()}")
        for connection in connections:
            connection.close()

        self.returns_to(before, self.ledger, "actors and connections")

    def test_copies_leave_nothing(self):
        source, copy = self.path("source"), self.path("copy")

        def run_once():
            for number in range(2):
                trees.write(f"{source}/{number}", b"content", number)
            for number in range(2):
                Path(copy, f"{number}").unlink(missing_ok=True)
            self.daemon.call("sync/copy", srcFs=source, dstFs=copy)
        run_once()
        before = self.emptied()

        for _ in range(500):
            run_once()

        self.assertEqual(2 * 501, self.daemon.samples()["rclone_files_transferred_total"])
        self.returns_to(before, self.emptied, "descriptors")

    def test_stopped_and_failed_copies_leave_nothing(self):
        source, copy = self.path("source"), self.path("copy")
        trees.write(f"{source}/large", bytes(8 * MIB), 1)
        self.daemon.call("sync/copy", srcFs=source, dstFs=self.path("first"))
        before = self.emptied()
        self.daemon.call("core/bwlimit", rate="256k")

        for _ in range(20):
            job = self.daemon.start("sync/copy", srcFs=source, dstFs=copy, _group="g")
            running.wait_for(lambda: self.daemon.call("core/stats", group="g").get("transferring"), 30, "it copies")
            self.daemon.call("job/stop", jobid=job)
            self.assertEqual("context canceled", self.daemon.finished(job)["error"])
            self.daemon.fails("sync/copy", srcFs=self.path("nothing"), dstFs=copy)

        self.assertEqual([], os.listdir(copy) if os.path.exists(copy) else [])
        self.returns_to(before, self.emptied, "descriptors")


class Honest(running.DaemonTest):
    """Figures under Go's names keep Go's rules, also while others allocate; what is free goes back to the system."""
    # Of core/memstats -> of the metrics page, where it has it.
    NAMES = {"Alloc": "alloc", "HeapAlloc": "heap_alloc", "HeapSys": "heap_sys", "HeapInuse": "heap_inuse", "HeapIdle": "heap_idle",
             "HeapReleased": "heap_released", "HeapObjects": "heap_objects", "Sys": "sys", "StackInuse": "stack_inuse",
             "StackSys": "stack_sys", "MSpanSys": "mspan_sys", "MCacheSys": "mcache_sys", "BuckHashSys": "buck_hash_sys",
             "GCSys": "gc_sys", "OtherSys": "other_sys", "TotalAlloc": "alloc_bytes_total", "Mallocs": "mallocs_total",
             "Frees": "frees_total"}

    def figures_of_the_page(self):
        samples = self.daemon.samples()
        return {name: next(samples[series] for series in (f"go_memstats_{own}", f"go_memstats_{own}_bytes") if series in samples)
                for name, own in self.NAMES.items()}

    def expect_rules_of_go(self, m):
        self.assertEqual(m["HeapSys"], m["HeapInuse"] + m["HeapIdle"])
        self.assertLessEqual(m["HeapReleased"], m["HeapIdle"])
        self.assertLessEqual(m["HeapAlloc"], m["HeapInuse"])
        self.assertEqual(m["HeapObjects"], m["Mallocs"] - m["Frees"])
        self.assertEqual(m["Alloc"], m["HeapAlloc"])
        self.assertLessEqual(m["Alloc"], m["TotalAlloc"])
        self.assertLessEqual(m["StackInuse"], m["StackSys"])
        self.assertEqual(m["Sys"], sum(m[part] for part in ["HeapSys", "StackSys", "MSpanSys", "MCacheSys", "BuckHashSys", "GCSys",
                                                            "OtherSys"]))

    def test_rules_of_go_hold_under_load(self):
        running.write_files(self.path("source"), 500, 2000)
        jobs = [self.daemon.start("sync/copy", srcFs=self.path("source"), dstFs=f":memory:copy{number}") for number in range(8)]

        for _ in range(20):
            self.expect_rules_of_go(self.daemon.call("core/memstats"))
            self.expect_rules_of_go(self.figures_of_the_page())

        for job in jobs:
            self.assertTrue(self.daemon.finished(job)["success"])

    def test_gc_gives_back_what_a_burst_has_left(self):
        if running.sanitized(self.binary):
            self.skipTest("the sanitizer keeps freed memory in quarantine")
        size = 128 * MIB
        Path(self.path("source")).mkdir()
        Path(self.path("source", "large")).write_bytes(bytes(size))
        small = self.resident()
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=":memory:burst")
        full = self.resident()
        self.daemon.call("operations/purge", fs=":memory:", remote="burst")

        self.daemon.call("core/gc")

        self.assertGreater(full - small, size * 0.9)
        self.assertLess(self.resident() - small, (full - small) / 4)

    def resident(self):
        return self.daemon.samples()["process_resident_memory_bytes"]


if __name__ == "__main__":
    running.main()
