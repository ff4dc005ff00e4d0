"""Leaks, watched URLs and health: a daemon that is well says so, and what is asked of it leaves nothing behind."""
import json
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402
import wire  # noqa: E402

MIB = 1 << 20


class Page(running.DaemonTest):
    def get(self, path, **headers):
        request = urllib.request.Request(f"{self.daemon.url}/{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, response.headers["Content-Type"], response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Content-Type"], error.read()


class Leaks(Page):
    def test_a_daemon_at_work_leaks_nothing(self):
        trees.write(self.path("source", "file"), b"content", 1)
        for number in range(10):
            self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.path(f"copy{number}"))
        self.daemon.fails("sync/copy", srcFs=self.path("nothing"), dstFs=self.path("copy"))

        # One nanosecond after the end of its job nothing of it is left, but for what is just going.
        running.wait_for(lambda: self.daemon.call("debug/leaks", grace="1ns")["orphans"] == 0, 30,
                         lambda: self.daemon.call("debug/leaks", grace="1ns"))

        report = self.daemon.call("debug/leaks")
        self.assertEqual((0, 0, []), (report["orphans"], report["overdue"], report["groups"]))
        self.assertGreater(report["live"]["actor"], 3)
        samples = self.daemon.samples()
        for family in ["argosy_orphaned_resources", "argosy_overdue_resources"]:
            self.assertEqual([0] * 11, [value for name, value in samples.items() if name.startswith(family + "{")])

    def test_the_page_says_the_same_for_people_and_programs(self):
        status, kind, body = self.get("debug/leaks")
        self.assertEqual((200, "text/html; charset=utf-8"), (status, kind))
        self.assertIn(b"0 orphans", body)

        for path, headers in [("debug/leaks?format=json", {}), ("debug/leaks", {"Accept": "application/json"})]:
            status, kind, body = self.get(path, **headers)
            self.assertEqual((200, "application/json", 0), (status, kind, json.loads(body)["orphans"]))

    def test_what_is_under_way_has_its_owner(self):
        trees.write(self.path("source", "large"), bytes(4 * MIB), 1)
        self.daemon.call("core/bwlimit", rate="256k")
        job = self.daemon.start("sync/copy", srcFs=self.path("source"), dstFs=":memory:copy", _group="g")
        running.wait_for(lambda: self.daemon.call("core/stats", group="g").get("transferring"), 30, "it copies")

        with urllib.request.urlopen(f"{self.daemon.url}/debug/pprof/goroutine?debug=2") as response:
            stacks = response.read().decode()
        self.daemon.call("job/stop", jobid=job)
        self.daemon.finished(job)

        self.assertRegex(stacks, r"goroutine \d+ \[waiting for I/O\]:\nargosy::transfer\(\.\.\.\)")
        self.assertRegex(stacks, r"created by argosy::spawn_transfer in goroutine [1-9]\d*")


class Watched(Page):
    def test_matching_requests_are_kept_and_logged(self):
        self.daemon.call("debug/watch-url", pattern="POST /rc/no")
        self.daemon.post("rc/noop?secret=1", {})

        report = self.daemon.call("debug/watch-url")

        self.assertEqual({"POST /rc/no": 1}, report["patterns"])
        self.assertEqual(("POST", "/rc/noop", "http client", "rc"),
                         tuple(report["requests"][0][key] for key in ["method", "url", "kind", "label"]))
        self.assertTrue(report["requests"][0]["stack"])
        self.assertNotIn("secret", json.dumps(report))
        self.assertIn("debug/watch-url: POST /rc/noop by http client rc", self.daemon.output())
        self.assertEqual({}, self.daemon.call("debug/watch-url", pattern="POST /rc/no", remove=True)["patterns"])

    def test_requests_of_remotes_tell_who_made_them(self):
        trees.write(self.path("source", "file"), b"content", 1)
        with running.contextlib.ExitStack() as keep:
            other = running.Daemon(self.binary, self.path(), "--rc-files", self.path("source"))
            keep.callback(other.close)
            self.daemon.call("debug/watch-url", pattern="GET .*/file")

            self.daemon.call("operations/copyurl", fs=self.path(), remote="copy",
                             url=f"{other.url.replace('//', '//user:secret@')}/file?token=secret")

        found = self.daemon.call("debug/watch-url")["requests"]
        self.assertEqual(f"{other.url}/file", found[0]["url"])
        self.assertNotIn("secret", json.dumps(found))

    def test_what_is_no_pattern_is_refused(self):
        self.assertIn('pattern "a(" is no regular expression', self.daemon.fails("debug/watch-url", pattern="a("))
        self.assertIn('pattern "b" is not watched', self.daemon.fails("debug/watch-url", pattern="b", remove=True))


class Health(Page):
    def test_a_healthy_daemon_says_so(self):
        health = self.daemon.call("core/health")

        self.assertEqual(("ok", True, True, []), tuple(health[key] for key in ["status", "alive", "ready", "problems"]))
        self.assertEqual(self.daemon.call("core/version")["version"], health["version"])
        self.assertGreater(health["uptime"], 0)
        self.assertGreaterEqual(health["actors"], 4)
        self.assertGreater(health["descriptors"], 3)
        if not running.sanitized(self.binary):
            self.assertGreater(health["liveBytes"], 100_000)
        for path in ["healthz", "readyz"]:
            status, kind, body = self.get(path)
            self.assertEqual((200, "application/json", "ok"), (status, kind, json.loads(body)["status"]))

    def test_anybody_may_ask_where_nobody_has_to_say_who_he_is(self):
        with running.contextlib.ExitStack() as keep:
            strict = running.Daemon(self.binary, self.path(), no_auth=False)
            keep.callback(strict.close)
            self.assertEqual(b'{\n\t"actors"', strict.get("/healthz")[:11])

    def test_asking_often_leaves_nothing(self):
        def figures():
            return {name: value for name, value in self.daemon.samples().items()
                    if re.match(r"argosy_(actors|resources)\{", name)}
        self.get("healthz"), self.get("readyz"), self.daemon.metrics()
        running.wait_for(lambda: figures() == figures(), 30, "it is at rest")
        before = figures()

        for _ in range(100):
            self.get("healthz")
            self.get("readyz")

        running.wait_for(lambda: figures() == before, 30, lambda: f"{figures()}\ninstead of\n{before}")

    def test_sockets_are_counted_by_state(self):
        with wire.Connection(self.daemon.address) as connection:
            connection.send(wire.request("POST", "/rc/noop"))
            connection.receive()

            self.assertGreaterEqual(self.daemon.live("argosy_sockets", remote="rc", state="ESTABLISHED"), 1)

    def test_file_systems_of_its_folders_are_measured(self):
        samples = self.daemon.samples()
        for folder in ["cache", "config", "temporary"]:
            series = [f'argosy_filesystem_{figure}{{folder="{folder}"}}' for figure in ["free_bytes", "size_bytes"]]
            self.assertGreater(samples[series[0]], 0)
            self.assertGreaterEqual(samples[series[1]], samples[series[0]])


if __name__ == "__main__":
    running.main()
