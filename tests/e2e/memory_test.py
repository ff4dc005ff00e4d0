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


if __name__ == "__main__":
    running.main()
