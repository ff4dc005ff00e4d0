"""Leaks on purpose, by the fault injector: the ledger names each with its place, and the heap profile those of memory."""
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)

MIB = 1 << 20
GRACE = "2s"  # after the end of a job; its usual value of a minute would only make the tests slow
LIMIT = 60    # seconds in which a leak has to be named

# kind for --inject-leak -> (resource, reason, function that leaks) as debug/leaks has to name it
PLANTED = {
    "actor": ("actor", "orphan", "leak_actor"),
    "actor-probe": ("actor", "orphan", "leak_actor_of_health_check"),
    "actor-sleeper": ("actor", "orphan", "leak_actor_with_alarm"),
    "connection-unread": ("connection", "orphan", "leak_connection_with_unread_body"),
    "connection-silent": ("connection", "orphan", "leak_connection_that_is_silent"),
    "connection-lent": ("connection", "orphan", "leak_loan"),
    "file": ("descriptor", "orphan", "leak_file"),
    "directory": ("descriptor", "orphan", "leak_directory"),
    "socket": ("descriptor", "orphan", "leak_socket"),
    "pipe": ("descriptor", "orphan", "leak_pipe"),
    "eventfd": ("descriptor", "orphan", "leak_eventfd"),
    "timerfd": ("descriptor", "orphan", "leak_timerfd"),
    "memfd": ("descriptor", "orphan", "leak_memfd"),
    "thread": ("thread", "orphan", "leak_thread"),
    "child": ("child", "orphan", "leak_child"),
    "temporary-file": ("temporary_file", "orphan", "leak_temporary_file"),
    "timer": ("timer", "orphan", "leak_timer"),
    "buffer": ("buffer", "orphan", "leak_buffer"),
    "cached-remote": ("cached_remote", "orphan", "leak_cached_remote"),
    "job": ("job", "overdue", "leak_job_that_waits"),
}


class PlantedLeaks(running.DaemonTest):
    flags = [word for kind in PLANTED for word in ("--inject-leak", f"core/health:{kind}:1")]

    def named(self):
        """kind -> group, of the planted leaks that debug/leaks has."""
        groups = self.daemon.call("debug/leaks", grace=GRACE)["groups"]
        return {kind: group for kind, (resource, reason, function) in PLANTED.items() for group in groups
                if (group["resource"], group["reason"]) == (resource, reason)
                and any(line.split()[0].endswith(f"::{function}") for line in group["stack"])}

    def test_twenty_of_all_kinds_are_named_with_their_place(self):
        self.daemon.call("core/health")

        found = running.wait_for(lambda: len(self.named()) == len(PLANTED) and self.named(), LIMIT,
                                 lambda: f"not named: {PLANTED.keys() - self.named().keys()}")

        for kind, group in found.items():
            with self.subTest(kind):
                self.assertTrue(group["stack"])
                self.assertTrue(group["next"])
        unread = found["connection-unread"]["examples"][0]
        self.assertEqual("GET https://registry.example/v2/image/manifests/latest", unread["detail"])
        self.assertEqual("http response", unread["state"])
        self.assertGreater(unread["job"], 0)

    def test_the_daemon_still_ends_in_order(self):
        self.daemon.call("core/health")
        running.wait_for(lambda: len(self.named()) == len(PLANTED), LIMIT, "all are leaked")

        self.assertEqual(0, self.daemon.close())


class HealthCheckThatLeaks(running.DaemonTest):
    """The hunt of a health check that leaks two actors a call."""
    flags = ["--inject-leak", "core/health:actor-probe:2"]

    def test_its_actors_are_orphans_with_their_place(self):
        calls = 20
        for _ in range(calls):
            self.daemon.call("core/health")

        def orphans():
            report = self.daemon.call("debug/leaks", grace=GRACE)
            return report["groups"] and report["groups"][0]["count"] == 2 * calls and report["groups"][0]

        group = running.wait_for(orphans, LIMIT, lambda: self.daemon.call("debug/leaks", grace=GRACE))
        self.assertEqual(("actor", "health_probe", "orphan"), tuple(group[key] for key in ["resource", "kind", "reason"]))
        self.assertIn("leak_actor_of_health_check", group["site"])
        self.assertEqual(2 * calls, self.daemon.live("argosy_actors", kind="health_probe"))


class TableThatGrows(running.DaemonTest):
    """The hunt of a table without a bound, which no ledger knows."""
    flags = ["--inject-leak", f"core/health:bytes:{4 * MIB}"]

    def test_the_heap_profile_names_its_place(self):
        if running.sanitized(self.binary):
            self.skipTest("there is no heap profile in a build with sanitizers")
        before = self.daemon.call("core/memstats")["HeapAlloc"]
        for _ in range(10):
            self.daemon.call("core/health")
        running.wait_for(lambda: self.daemon.call("core/memstats")["HeapAlloc"] - before > 39 * MIB, LIMIT, "it grows")

        with urllib.request.urlopen(f"{self.daemon.url}/debug/pprof/heap?debug=1", timeout=60) as response:
            stacks = response.read().decode()

        # Forty megabytes of a few: the largest stack comes first.
        self.assertIn("leak_bytes", stacks.split("\n\n")[0] + stacks.split("\n\n")[1])


class Report(running.DaemonTest):
    def test_a_daemon_at_work_is_watched(self):
        self.daemon.call("core/health")
        report = running.wait_for(lambda: self.daemon.call("leak/report", curves=True), LIMIT, "a report")
        report = running.wait_for(lambda: (now := self.daemon.call("leak/report", curves=True))["series"] and now, LIMIT,
                                  "the first look")

        self.assertEqual(0, report["suspected"])
        curves = {(v["resource"], v["kind"]): v for v in report["verdicts"]}
        self.assertIn(("thread", "all"), curves)
        self.assertIn("descriptor", {resource for resource, _ in curves})  # which ones: the first look is an early one
        self.assertEqual("too little data", curves["thread", "all"]["reason"])
        self.assertTrue(curves["thread", "all"]["curve"])
        tasks = {task["task"]: task for task in report["tasks"]}
        for name in ["core/health", "leak watch"]:
            self.assertGreaterEqual(tasks[name]["ended"], 1)
            self.assertGreaterEqual(tasks[name]["lastEnd"], tasks[name]["lastStart"])
            self.assertGreater(tasks[name]["seconds"], 0)
        self.assertEqual("no leak", self.daemon.call("core/health")["verdict"])

    def test_runs_of_tasks_are_on_the_page(self):
        self.daemon.call("core/health")

        running.wait_for(lambda: self.daemon.live("argosy_job_last_end_timestamp_seconds", job_kind="core/health") > 1.7e9,
                         LIMIT, "the next look shows it")


class History(running.DaemonTest):
    def test_it_outlives_a_restart(self):
        state = self.path("state", "leaks")
        with running.contextlib.ExitStack() as keep:
            first = running.Daemon(self.binary, self.folder, "--leak-state", state)
            keep.callback(first.close)
            running.wait_for(lambda: first.call("leak/report")["series"], LIMIT, "the first look")
            curve = first.call("leak/report", curves=True)["verdicts"][0]
        self.assertTrue(Path(state).read_bytes().startswith(b"argosy leak watch 1\n"))

        second = running.Daemon(self.binary, self.folder, "--leak-state", state)
        self.addCleanup(second.close)

        running.wait_for(lambda: any(v["curve"][0] == curve["curve"][0] for v in
                                     second.call("leak/report", curves=True)["verdicts"]
                                     if (v["resource"], v["kind"]) == (curve["resource"], curve["kind"])),
                         LIMIT, "the curve goes on")

    def test_a_damaged_file_is_told_of_and_replaced(self):
        state = Path(self.path("leaks"))
        state.write_bytes(b"argosy leak watch 1\nnonsense")

        daemon = running.Daemon(self.binary, self.folder, "--leak-state", str(state))
        self.addCleanup(daemon.close)

        running.wait_for(lambda: "is damaged or of another version" in daemon.output(), LIMIT, "it says so")
        self.assertEqual(0, daemon.close())
        self.assertGreater(len(state.read_bytes()), 100)


class Orders(running.DaemonTest):
    def test_what_makes_no_sense_is_refused(self):
        for order, why in [("core/health", "is not TASK:KIND:N"), ("a:nothing:1", 'unknown kind \\"nothing\\"'),
                           ("a:actor:0", "N is not a number above 0"), ("a:actor:x", "N is not a number above 0")]:
            with self.subTest(order), self.assertRaises(AssertionError) as refused:
                running.Daemon(self.binary, self.folder, "--inject-leak", order)
            self.assertIn(why.replace("\\", ""), str(refused.exception).replace("\\", ""))


if __name__ == "__main__":
    running.main()
