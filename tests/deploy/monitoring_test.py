"""Every query of the dashboards and rules finds data in a real Prometheus that scrapes real daemons, ours and a stock rclone."""
import contextlib
import functools
import http.server
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
from dashboards import DASHBOARDS, load, substituted, targets_of  # noqa: E402

RULES = ["deploy/prometheus/argosy-alerts.yml", "deploy/prometheus/argosy-rules.yml"]
DATA_LIMIT = 90        # seconds until every query must have found data
COMMAND_LIMIT = 120    # seconds for a command of a runbook; some take a profile of seconds
HISTORY = 13 * 3600    # seconds that the past reaches back: two windows of 6 hours, and one
STEP = 120             # seconds between two samples of the past
FILLED = "past:5572"   # the instance that exists only as a past

# What Grafana puts in. The rate interval is four scrapes: of the past, since the present has more of them.
GRAFANA = {"__rate_interval": f"{4 * STEP}s", "__range": "1h", "__interval": "1s"}

# Parts of queries that find nothing on a daemon that has just begun; on the past they must. Part -> reason.
NEEDS_THE_PAST = {
    "offset 6h": "two floors that are hours apart",
    "argosy_leak_suspected": "a verdict needs hours",
    "argosy_job_last_": "no background task has run yet",
    "argosy_leak_growth_per_hour": "a verdict needs hours",
    "argosy_leak_hours_to_limit": "a verdict needs hours",
    "argosy_cluster_": "only nodes of a cluster have it",
    "go_gc_gomemlimit_bytes": "only a control group with a limit has it",
}

# Series that this daemon does not have at once, for the past: series -> value.
FEATURES = {
    'argosy_leak_suspected{resource="actor",kind="transfer"}': 1,
    'argosy_leak_growth_per_hour{resource="actor",kind="transfer"}': 5,
    'argosy_leak_hours_to_limit{resource="memory"}': 100,
    'argosy_job_last_start_timestamp_seconds{job_kind="ledger audit"}': 1.7e9,
    'argosy_job_last_end_timestamp_seconds{job_kind="ledger audit"}': 1.7e9 + 2,
    'argosy_cluster_nodes{state="up"}': 2,
    'argosy_cluster_nodes{state="lost"}': 1,
    'argosy_cluster_peer_up{peer="other"}': 1,
    'argosy_cluster_peer_lost_total{peer="other"}': 1,
    'argosy_cluster_received_bytes_total': 1000,
    'argosy_cluster_sent_bytes_total': 1000,
    'argosy_cluster_streams': 2,
    'argosy_cluster_leases': 3,
    'argosy_cluster_runs_total{outcome="done"}': 10,
    'argosy_cluster_gate_visits_total{outcome="admitted"}': 1,
    'go_gc_gomemlimit_bytes': 1 << 34,
}

# What the public dashboards for Go programs and for processes ask for ("Go Processes", "Go Metrics" and their relatives).
STOCK = """
process_resident_memory_bytes
process_virtual_memory_bytes
rate(process_resident_memory_bytes[1m])
deriv(process_virtual_memory_bytes[1m])
go_memstats_alloc_bytes
rate(go_memstats_alloc_bytes_total[1m])
go_memstats_stack_inuse_bytes
go_memstats_stack_sys_bytes
go_memstats_heap_alloc_bytes
go_memstats_heap_sys_bytes
go_memstats_heap_idle_bytes
go_memstats_heap_inuse_bytes
go_memstats_heap_released_bytes
go_memstats_heap_objects
go_memstats_mspan_inuse_bytes
go_memstats_mspan_sys_bytes
go_memstats_mcache_inuse_bytes
go_memstats_mcache_sys_bytes
go_memstats_buck_hash_sys_bytes
go_memstats_gc_sys_bytes
go_memstats_other_sys_bytes
go_memstats_next_gc_bytes
go_memstats_sys_bytes
time() - go_memstats_last_gc_time_seconds
rate(go_memstats_mallocs_total[1m])
rate(go_memstats_frees_total[1m])
go_memstats_mallocs_total - go_memstats_frees_total
rate(go_memstats_lookups_total[1m])
process_open_fds
deriv(process_open_fds[1m])
process_max_fds
process_open_fds / process_max_fds * 100
go_goroutines
deriv(go_goroutines[1m])
go_threads
go_gc_duration_seconds
go_gc_duration_seconds{quantile="0.75"}
go_gc_duration_seconds_sum
rate(go_gc_duration_seconds_count[1m])
rate(process_cpu_seconds_total[1m])
time() - process_start_time_seconds
rate(process_network_receive_bytes_total[1m])
rate(process_network_transmit_bytes_total[1m])
rate(promhttp_metric_handler_requests_total[1m])
promhttp_metric_handler_requests_in_flight
count by (version) (go_info)
""".strip().splitlines()

binary = None


def with_selector(query, selector):
    """The query with the selector put on each of its metrics."""
    return re.sub(r"\b((?:go|process|promhttp)_\w+)(?:\{([^}]*)\})?",
                  lambda found: f"{found[1]}{{{', '.join(filter(None, [found[2], selector]))}}}", query)


def history(pages, changes=None):
    """Metrics in OpenMetrics' form from HISTORY ago until now: counters rise, the rest is as on the page, or as `changes` has
    it as a function of how many steps have passed. `pages` is {(job, instance): page}."""
    steps = HISTORY // STEP
    start = int(time.time()) - steps * STEP
    lines = []
    for (job, instance), page in pages.items():
        added = "\n".join(f"{series} {value}" for series, value in FEATURES.items()) if job == "argosy" else ""
        named = dict(line.rsplit(" ", 1) for line in [*page.splitlines(), *added.splitlines()] if not line.startswith("#"))
        for series, value in {**named, "up": 1}.items():
            name, _, labels = series.partition("{")
            own = f'{name}{{job="{job}",instance="{instance}"' + (f",{labels}" if labels else "}")
            rises = float(value) if name.endswith(("_total", "_code", "_count", "_sum", "_bucket")) else 0
            course = (changes or {}).get((instance, series), lambda step: float(value) + rises * step)
            lines += [f"{own} {course(step)} {start + step * STEP}" for step in range(steps + 1)]
    return "\n".join([*lines, "# EOF", ""])


class WebFolder(http.server.SimpleHTTPRequestHandler):
    """A folder as a web server lists it."""

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def web_server(folder):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(WebFolder, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class Monitoring(unittest.TestCase):
    """A daemon that has copied and failed and is copying now; an rclone; a past of both; one Prometheus for all."""

    @classmethod
    def setUpClass(cls):
        folder = cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="argosy-test-"))
        cls.daemon = running.Daemon(binary, folder)
        cls.addClassCleanup(cls.daemon.close)
        cls.start_work(folder)
        cls.rclone = running.Rclone(folder, "--rc-no-auth", "--rc-enable-metrics")
        cls.addClassCleanup(cls.rclone.close)

        pages = {("argosy", FILLED): cls.daemon.metrics(), ("rclone", FILLED): cls.rclone.get("/metrics").decode(),
                 ("rclone", "leaking:5572"): cls.rclone.get("/metrics").decode()}
        leaks = {("leaking:5572", "go_goroutines"): lambda step: 20 + 2 * step,
                 ("leaking:5572", "process_open_fds"): lambda step: 200 + 2 * step,
                 ("leaking:5572", "process_max_fds"): lambda step: 1024}
        cls.start = time.time()
        cls.prometheus = running.Prometheus(folder, {"argosy": [cls.daemon.address], "rclone": [cls.rclone.address]}, RULES,
                                            history(pages, leaks))
        cls.addClassCleanup(cls.prometheus.close)

    @classmethod
    def start_work(cls, folder):
        running.write_files(f"{folder}/small", 10, 1000)
        cls.daemon.call("sync/copy", srcFs=f"{folder}/small", dstFs=f"{folder}/small-copy")
        cls.daemon.fails("sync/copy", srcFs=f"{folder}/absent", dstFs=f"{folder}/absent-copy")
        web = cls.enterClassContext(web_server(f"{folder}/small"))
        # Slow enough to last as long as anybody looks: actors, connections and requests are at work meanwhile.
        running.write_files(f"{folder}/large", 2, 32 << 20)
        cls.daemon.call("core/bwlimit", rate="64k")
        cls.job = cls.daemon.start("sync/copy", srcFs=f"{folder}/large", dstFs=f"{folder}/large-copy")
        cls.daemon.call("operations/list", fs=f":http,url='{web}':", remote="")

    def value(self, query):
        """{instance: value} of what the query finds now."""
        found = self.prometheus.api("query", query=query)["result"]
        return {series["metric"].get("instance"): float(series["value"][1]) for series in found}

    def wait_for_all(self, finds, wanted):
        missing = list(wanted)

        def all_found():
            missing[:] = [key for key in missing if not finds(key)]
            return not missing

        running.wait_for(all_found, DATA_LIMIT, lambda: "data for\n" + "\n".join(map(str, missing)))

    def test_every_query_finds_data(self):
        now = [key for key in self.queries() if not any(part in key[1] for part in NEEDS_THE_PAST)]

        self.wait_for_all(lambda key: self.finds(key, self.daemon.address), now)
        self.wait_for_all(lambda key: self.finds(key, FILLED), self.queries())

        self.assertFalse(self.daemon.call("job/status", jobid=self.job)["finished"], "the work ended too early to be seen")

    def queries(self):
        """(where, query, legend) of each panel and annotation."""
        for path in DASHBOARDS:
            dashboard = load(path)
            for panel, target in targets_of(dashboard):
                yield f"{path.name}: {panel['title']}", target["expr"], target["legendFormat"]

    def finds(self, key, instance):
        _, query, legend = key
        values = {**GRAFANA, "job": "argosy", "instance": instance}
        result = self.prometheus.api("query_range", query=substituted(query, values), start=self.start, end=time.time(),
                                     step=5)["result"]
        labels = re.findall(r"\{\{(\w+)\}\}", legend)
        return any(all(series["metric"].get(label) for label in labels) for series in result)

    def test_exceptions_are_needed(self):
        for part in NEEDS_THE_PAST:
            self.assertTrue(any(part in query for _, query, _ in self.queries()), part)

    def test_variables_offer_the_daemon(self):
        values = {"job": "argosy", "instance": self.daemon.address}
        wanted = [(variable["name"], variable["query"]["query"]) for path in DASHBOARDS
                  for variable in load(path)["templating"]["list"] if variable["type"] == "query"]

        def offered(key):
            name, query = key
            selector, label = re.fullmatch(r"label_values\((.*), *(\w+)\)", query).groups()
            found = self.prometheus.api(f"label/{label}/values", **{"match[]": substituted(selector, values)})
            return values[name] in found

        self.assertTrue(wanted)
        self.wait_for_all(offered, wanted)

    def test_annotations_are_valid(self):
        values = {**GRAFANA, "job": "argosy", "instance": self.daemon.address}
        for path in DASHBOARDS:
            for annotation in load(path)["annotations"]["list"]:
                self.prometheus.api("query", query=substituted(annotation["expr"], values))

    def test_dashboards_for_go_programs_and_processes_find_data(self):
        selector = f'job="argosy", instance="{self.daemon.address}"'

        self.wait_for_all(lambda query: self.value(query), [with_selector(query, selector) for query in STOCK])

    def test_rules_are_evaluated_without_errors(self):
        def evaluated():
            rules = [rule for group in self.prometheus.api("rules")["groups"] for rule in group["rules"]]
            return rules if all(rule["health"] != "unknown" for rule in rules) else None

        rules = running.wait_for(evaluated, DATA_LIMIT, "all rules are evaluated")

        self.assertEqual([], [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"])
        for name in (rule["name"] for rule in rules if rule["type"] == "recording"):
            self.wait_for_all(lambda query: self.value(query), [name])

    def test_commands_of_the_runbooks_work(self):
        known = {command["Path"] for command in self.daemon.call("rc/list")["commands"]}
        # Debian's Go first: newer ones build pprof when it is first asked for.
        settings = {**os.environ, "ARGOSY": self.daemon.url, "PPROF_TMPDIR": self.folder, "GOTOOLCHAIN": "local",
                    "PATH": f"{Path(binary).resolve().parent}:/usr/lib/go/bin:{os.environ['PATH']}"}
        done = set()
        for page in sorted(Path("docs/runbooks").glob("[A-Z]*.md")):
            for line in re.findall(r"^    ((?:argosy|curl|go) .*)$", page.read_text(), re.M):
                rc = re.search(r"rc --url \S+ (\S+)", line)
                # Commands of the leak watch and of clusters are there when the daemon has them.
                # Those of clusters need one: tests/cluster has them.
                if line in done or (rc and (rc[1] not in known or rc[1].startswith("cluster/"))):
                    continue
                if re.search("pprof/(heap|profile)|before", line) and running.sanitized(binary):
                    continue
                done.add(line)
                # Readers may wait for five seconds of profile, tests need not.
                command = re.sub(r"seconds=\d+", "seconds=1", line)
                if "JOB" in command:
                    command = command.replace("JOB", str(self.spare_job()))
                with self.subTest(page=page.name, command=command):
                    run = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=self.folder, env=settings,
                                         capture_output=True, text=True, timeout=COMMAND_LIMIT)
                    # Status 1 of grep: nothing of the kind is there now.
                    self.assertIn(run.returncode, (0, 1) if "| grep" in line else (0,), run.stdout + run.stderr)

        self.assertGreater(len(done), 20)

    def spare_job(self):
        """A job that runs, and may be stopped."""
        return self.daemon.start("sync/copy", srcFs=f"{self.folder}/large", dstFs=f"{self.folder}/spare-copy")

    def test_the_list_of_metrics_is_complete(self):
        page = self.daemon.metrics()
        helps = dict(re.findall(r"^# HELP (\S+) (.*)$", page, re.M))
        kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", page, re.M))
        listed = dict(re.findall(r"^\| `(\w+)[^`]*` \| (\w+) \|", Path("docs/monitoring.md").read_text(), re.M))
        optional = {series.partition("{")[0] for series in FEATURES}

        missing = [f"| `{name}` | {kind} | {helps.get(name, '')} |" for name, kind in kinds.items() if name not in listed]
        self.assertEqual([], missing, "lines for docs/monitoring.md:\n" + "\n".join(missing))
        self.assertEqual(set(), set(listed) - set(kinds) - optional, "no longer there")
        self.assertEqual(kinds, {name: listed[name] for name in kinds})

    def test_alerts_for_rclone_work_on_a_stock_rclone(self):
        group, = (group for group in yaml.safe_load(Path(RULES[0]).read_text())["groups"] if group["name"] == "rcd")
        expressions = {rule["alert"]: rule["expr"] for rule in group["rules"]}
        live = f'job="rclone", instance="{self.rclone.address}"'

        for expression in expressions.values():
            for name in set(re.findall(r"\b(?:go|process)_\w+", expression)):
                self.wait_for_all(lambda query: self.value(query), [f"{name}{{{live}}}"])
        for alert in ("RcdGoroutinesGrow", "RcdDescriptorsRunOut"):
            self.assertEqual({"leaking:5572"}, set(self.value(expressions[alert])), alert)


if __name__ == "__main__":
    binary = sys.argv[1]
    unittest.main(argv=sys.argv[:1], verbosity=2)
