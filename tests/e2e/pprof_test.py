"""/debug/pprof/ as the tools of Go use it: `go tool pprof` from a folder of its own, and what curl gets."""
import contextlib
import gzip
import json
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402
import wire  # noqa: E402

PROFILES = ["allocs", "block", "goroutine", "goroutineleak", "heap", "mutex", "threadcreate"]
MIB = 1 << 20
FUNCTION = r"argosy::\w+"


def go():
    """Debian's Go, or whatever there is."""
    debian = "/usr/lib/go/bin/go"
    return debian if os.path.exists(debian) else running.needed("go")


class ProfileTest(running.DaemonTest):
    """One daemon for all tests of a class: none of them leaves anything behind that another could see."""
    flags = ()

    @classmethod
    def setUpClass(cls):
        cls.keep = running.stack()
        keep, cls.folder = cls.keep.__enter__()
        cls.daemon = running.Daemon(cls.binary, cls.folder, *cls.flags)
        keep.callback(cls.daemon.close)

    @classmethod
    def tearDownClass(cls):
        cls.keep.__exit__(None, None, None)

    def setUp(self):
        pass

    def get(self, path, data=None, limit=60):
        """(status, headers, body) of a GET, or of a POST with this body."""
        try:
            with urllib.request.urlopen(f"{self.daemon.url}/debug/{path}", data, timeout=limit) as response:
                return response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def text(self, path):
        status, headers, body = self.get(path)
        self.assertEqual(200, status, body)
        self.assertEqual("text/plain; charset=utf-8", headers["Content-Type"])
        return body.decode()

    def work(self):
        """A context in which the daemon is busy: hashes of a file, one call after the other."""
        path = Path(self.folder, "large")
        if not path.exists():
            path.write_bytes(os.urandom(8 * MIB) * 4)
        return Busy(self.daemon, self.folder)


class Busy:
    def __init__(self, daemon, folder):
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(daemon, folder))

    def run(self, daemon, folder):
        while not self.stop.is_set():
            daemon.call("operations/hashsum", fs=f"{folder}/large", hashType="sha1", download=True)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


class GoTool(ProfileTest):
    """What people do, in an empty folder, without the program that was profiled."""

    def setUp(self):
        if running.sanitized(self.binary):
            self.skipTest("neither heap nor processors can be profiled in a build with sanitizers")

    def empty(self):
        folder = Path(self.folder, "empty")
        folder.mkdir(exist_ok=True)
        return folder

    def settings(self):
        return {**os.environ, "HOME": self.folder, "PPROF_TMPDIR": self.folder, "GOTOOLCHAIN": "local"}

    def pprof(self, *arguments):
        # Its own time-out is a few seconds, which a busy machine may need.
        run = subprocess.run([go(), "tool", "pprof", "-timeout=60", *arguments], cwd=self.empty(), capture_output=True, text=True,
                             timeout=120, env=self.settings())
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)
        return run.stdout

    def url(self, profile):
        return f"{self.daemon.url}/debug/pprof/{profile}"

    def test_heap_names_functions(self):
        with self.work():
            text = self.pprof("-text", "-nodecount=300", self.url("heap"))

        self.assertIn("Type: inuse_space", text)
        self.assertIn("File: argosy", text)
        self.assertRegex(text, FUNCTION)

    def test_allocs_shows_what_was_allocated(self):
        text = self.pprof("-text", "-nodecount=300", self.url("allocs"))

        self.assertIn("Type: alloc_space", text)
        self.assertRegex(text, FUNCTION)

    def test_heap_has_actors_as_tags(self):
        source = self.path("many")
        if not os.path.exists(source):
            running.write_files(source, 2000, 100)
        for number in range(5):
            self.daemon.call("sync/copy", srcFs=source, dstFs=f":memory:heap{number}")

        tags = self.pprof("-tags", "-sample_index=alloc_space", self.url("allocs"))

        self.assertRegex(tags, r"actor: Total")
        self.assertRegex(tags, r"(?m)^.* (job|transfer|sync|stats_group)$")

    def test_goroutine_names_actors_and_where_they_were_spawned(self):
        text = self.pprof("-text", self.url("goroutine"))

        for name in ["[actor job_table]", "[actor stats]", "argosy::spawn_job_table"]:
            self.assertIn(name, text)
        self.assertRegex(self.pprof("-tags", self.url("goroutine")), r"state: Total")

    def test_goroutine_as_text_is_read_too(self):
        text = self.pprof("-text", self.url("goroutine?debug=1"))

        self.assertIn("[actor job_table]", text)

    def test_threadcreate_names_threads(self):
        text = self.pprof("-text", self.url("threadcreate"))

        self.assertIn("[thread http]", text)

    def test_profile_names_what_runs_and_for_whom(self):
        with self.work():
            self.pprof("-proto", f"-output={self.folder}/cpu", self.url("profile?seconds=2"))

        text = self.pprof("-text", "-nodecount=500", f"{self.folder}/cpu")
        self.assertIn("Type: cpu", text)
        self.assertRegex(text, FUNCTION)
        tags = self.pprof("-tags", f"{self.folder}/cpu")
        self.assertRegex(tags, r"actor: Total")
        self.assertRegex(tags, r"(?m)^.* job$")
        self.assertRegex(tags, r"thread: Total")
        self.assertRegex(tags, r"(?m)^.* io$")

    def test_block_and_mutex(self):
        self.daemon.call("debug/set-block-profile-rate", rate=1)
        self.daemon.call("debug/set-mutex-profile-fraction", rate=1)
        self.addCleanup(lambda: (self.daemon.call("debug/set-block-profile-rate", rate=0),
                                 self.daemon.call("debug/set-mutex-profile-fraction", rate=0)))
        for _ in range(20):
            self.daemon.call("operations/list", fs=self.folder, remote="")

        block = self.pprof("-text", self.url("block"))
        self.assertIn("Type: delay", block)
        self.assertRegex(block, r"\[mailbox \w+\]|\[queue io\]")
        self.assertIn("Type: delay", self.pprof("-text", self.url("mutex")))

    def test_goroutineleak_is_empty_when_nothing_leaks(self):
        self.assertIn("accounting for 0", self.pprof("-text", self.url("goroutineleak")))

    def test_base_shows_what_has_changed(self):
        self.pprof("-proto", f"-output={self.folder}/before", self.url("heap"))
        self.daemon.call("sync/copy", srcFs=self.path_of_large(), dstFs=":memory:base")

        text = self.pprof("-text", f"-base={self.folder}/before", self.url("heap"))

        self.daemon.call("operations/purge", fs=":memory:", remote="base")
        self.assertRegex(text, r"[34]\d(\.\d+)?MB|[34]\d{4}(\.\d+)?kB", "a file of 32 MiB is now in memory")

    def path_of_large(self):
        folder = Path(self.folder, "base")
        folder.mkdir(exist_ok=True)
        (folder / "file").write_bytes(bytes(32 * MIB))
        return str(folder)

    def test_delta_is_what_happens_meanwhile(self):
        found = []
        thread = threading.Thread(target=lambda: found.append(self.pprof(
            "-text", "-sample_index=alloc_space", self.url("allocs?seconds=3"))))
        thread.start()
        with self.work():
            thread.join()

        self.assertIn("Duration: 3", found[0])
        self.assertRegex(found[0], FUNCTION)

    def test_each_profile_is_read_in_every_way(self):
        self.daemon.call("debug/set-block-profile-rate", rate=1)
        self.addCleanup(lambda: self.daemon.call("debug/set-block-profile-rate", rate=0))
        self.daemon.call("operations/list", fs=self.folder, remote="")
        for profile in [*PROFILES, "profile"]:
            with self.subTest(profile):
                saved = f"{self.folder}/saved-{profile}"
                with self.work() if profile == "profile" else contextlib.nullcontext():
                    self.pprof("-proto", f"-output={saved}", self.url(profile + ("?seconds=1" if profile == "profile" else "")))

                text = self.pprof("-text", saved)
                self.assertIn("Showing nodes accounting for", text)
                self.pprof("-tags", saved)
                self.assertIn("accounting for 0", self.pprof("-text", f"-base={saved}", saved))
                # A daemon that is well has nothing to show of these, and pprof no pages for nothing.
                if profile not in ("goroutineleak", "mutex"):
                    for name, page in self.pages_of(saved).items():
                        self.assertIn("argosy", page, name)

    def pages_of(self, profile):
        """{name: page} of the web interface of pprof."""
        port = running.free_port()
        with subprocess.Popen([go(), "tool", "pprof", f"-http=127.0.0.1:{port}", "-no_browser", profile],
                              cwd=self.empty(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env=self.settings()) as server:
            try:
                def page(name):
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/ui/{name}", timeout=10) as response:
                        return response.read().decode()

                def answers():
                    try:
                        return page("top")
                    except OSError:
                        return None
                top = running.wait_for(answers, 60, "the web interface of pprof answers")
                return {"top": top, **{name: page(name) for name in ["flamegraph", "peek", "source"]}}
            finally:
                server.kill()

    def test_the_web_interface_names_actors(self):
        self.pprof("-proto", f"-output={self.folder}/web", self.url("goroutine"))

        self.assertIn("actor job_table", self.pages_of(f"{self.folder}/web")["top"])


class Texts(ProfileTest):
    def test_index_lists_what_there_is(self):
        status, headers, body = self.get("pprof/")

        self.assertEqual((200, "text/html; charset=utf-8"), (status, headers["Content-Type"]))
        page = body.decode()
        self.assertIn("Types of profiles available", page)
        for name in [*PROFILES, "cmdline", "profile", "symbol", "trace"]:
            self.assertRegex(page, rf"<td>\d+</td><td><a href='{name}[^']*'>{name}</a></td>")
        self.assertIn("Types of profiles available", self.get("pprof")[2].decode(), "without the slash it leads there")

    def test_goroutine_1_is_as_go_writes_it(self):
        text = self.text("pprof/goroutine?debug=1")

        head, *records = text.rstrip("\n").split("\n\n")
        first, *rest = head.split("\n")
        total = int(re.fullmatch(r"goroutine profile: total (\d+)", first)[1])
        counts = []
        for record in ["\n".join(rest), *records]:
            lines = record.split("\n")
            counts.append(int(re.fullmatch(r"(\d+) @( 0x[0-9a-f]+)+", lines[0])[1]))
            self.assertRegex(lines[1], r'^# labels: \{"state":"[^"]+"\}$')
            for line in lines[2:]:
                self.assertRegex(line, r"^#\t0x[0-9a-f]+\t+\S.*\+0x[0-9a-f]+\t+\S+:\d+$")
        self.assertEqual(total, sum(counts))
        self.assertEqual(counts, sorted(counts, reverse=True))
        self.assertIn("[actor job_table]", text)

    def test_goroutine_2_is_a_dump_of_stacks(self):
        text = self.text("pprof/goroutine?debug=2")

        stacks = text.rstrip("\n").split("\n\n")
        self.assertGreaterEqual(len(stacks), 4)
        for stack in stacks:
            lines = stack.split("\n")
            self.assertRegex(lines[0], r"^goroutine \d+ \[[^\]]+\]:$")
            frames = [line for line in lines[1:] if not line.startswith("[originating from goroutine")]
            self.assertEqual(0, len(frames) % 2)
            for name, place in zip(frames[::2], frames[1::2]):
                self.assertRegex(name, r"\)$|^created by .+ in goroutine \d+$")
                self.assertRegex(place, r"^\t\S+:\d+ \+0x[0-9a-f]+$")
        self.assertIn("argosy::job_table(...)", text)
        self.assertIn("created by argosy::spawn_job_table in goroutine 0", text)

    def test_heap_1_ends_with_the_figures_of_the_allocator(self):
        if running.sanitized(self.binary):
            self.skipTest("there is no heap profile in a build with sanitizers")
        text = self.text("pprof/heap?debug=1&gc=1")

        self.assertRegex(text, r"^heap profile: \d+: \d+ \[\d+: \d+\] @ heap/1048576\n")
        self.assertRegex(text, r"(?m)^# HeapAlloc = \d+$")

    def test_other_texts(self):
        self.assertRegex(self.text("pprof/threadcreate?debug=1"), r"^threadcreate profile: total \d+\n")
        self.assertRegex(self.text("pprof/block?debug=1"), r"^--- contention:\ncycles/second=1000000000\n")
        self.assertRegex(self.text("pprof/mutex?debug=1"), r"^--- mutex:\ncycles/second=1000000000\nsampling period=1\n")
        self.assertEqual("goroutineleak profile: total 0\n", self.text("pprof/goroutineleak?debug=1"))

    def test_downloads_have_names(self):
        for name in ["goroutine", "threadcreate", "block"]:
            _, headers, body = self.get(f"pprof/{name}")
            self.assertEqual("application/octet-stream", headers["Content-Type"])
            self.assertEqual(f'attachment; filename="{name}"', headers["Content-Disposition"])
            self.assertEqual("nosniff", headers["X-Content-Type-Options"])
            self.assertTrue(gzip.decompress(body))
        self.assertEqual('attachment; filename="goroutine-delta"',
                         self.get("pprof/goroutine?seconds=1")[1]["Content-Disposition"])

    def test_symbol_names_addresses(self):
        address = re.search(r"@ 0x\w+ (0x\w+)", self.text("pprof/goroutine?debug=1"))[1]

        self.assertEqual("num_symbols: 1\n", self.text("pprof/symbol"))
        for reply in [self.text(f"pprof/symbol?{address}+{address}"), self.get("pprof/symbol", address.encode())[2].decode()]:
            self.assertRegex(reply, rf"^num_symbols: 1\n{address} argosy::\w+\n")

    def test_unknown_and_senseless_requests_are_refused_in_gos_words(self):
        for path, status, text in [
                ("pprof/nothing", 404, "Unknown profile\n"),
                ("pprof/heap?seconds=x", 400, 'invalid value for "seconds" - must be a positive integer\n'),
                ("pprof/heap?seconds=-1", 400, 'invalid value for "seconds" - must be a positive integer\n'),
                ("pprof/goroutine?seconds=1&debug=1", 400, "seconds and debug params are incompatible\n"),
                ("pprof/profile?seconds=3600", 400, "profile duration exceeds server's WriteTimeout\n"),
                ("pprof/heap?seconds=3600", 400, "profile duration exceeds server's WriteTimeout\n")]:
            found, headers, body = self.get(path)
            self.assertEqual((status, text, "1"), (found, body.decode(), headers["X-Go-Pprof"]), path)

    def test_trace_shows_messages_tasks_and_calls(self):
        found = []
        thread = threading.Thread(target=lambda: found.append(self.get("pprof/trace?seconds=1.5")))
        thread.start()
        with self.work():
            thread.join()
        status, headers, body = found[0]
        self.assertEqual((200, 'attachment; filename="trace.json.gz"'), (status, headers["Content-Disposition"]))

        events = json.loads(gzip.decompress(body))["traceEvents"]

        self.assertIn("job: resume", {e["name"] for e in events if e["ph"] == "X"})
        self.assertIn("task", {e["cat"] for e in events if e["ph"] == "X"})
        self.assertTrue(any(e["name"].startswith("call: operation") for e in events if e["ph"] == "X"))
        self.assertIn("actors", {e["name"] for e in events if e["ph"] == "C"})
        arrows = {e["id"] for e in events if e["ph"] == "s"} & {e["id"] for e in events if e["ph"] == "f"}
        self.assertTrue(arrows)
        self.assertIn("io", {e["args"]["name"] for e in events if e["ph"] == "M"})

    def test_without_profilers_that_is_what_is_said(self):
        if not running.sanitized(self.binary):
            self.skipTest("this build has them")
        self.assertEqual((500, b"heap profile: this build uses an allocator without one\n"), self.get("pprof/heap")[::2])
        self.assertEqual((500, b"Could not enable CPU profiling: not in a build with sanitizers\n"),
                         self.get("pprof/profile?seconds=1")[::2])


class Taking(ProfileTest):
    def setUp(self):
        if running.sanitized(self.binary):
            self.skipTest("processors cannot be profiled in a build with sanitizers")

    def begin(self, path):
        """A connection on which the request is under way."""
        connection = wire.Connection(self.daemon.address)
        connection.send(wire.request("GET", f"/debug/pprof/{path}"))
        running.wait_for(lambda: self.daemon.live("argosy_actors", kind="served"), 30, "the profile has begun")
        return connection

    def test_one_profile_at_a_time_and_it_ends_with_its_client(self):
        connection = self.begin("profile?seconds=300")

        status, headers, body = self.get("pprof/profile?seconds=1")
        self.assertEqual((500, b"Could not enable CPU profiling: cpu profiling already in use\n"), (status, body))
        self.assertEqual("1", headers["X-Go-Pprof"])
        self.daemon.call("rc/noop")  # nobody waits for it meanwhile

        connection.close()
        running.wait_for(lambda: self.get("pprof/profile?seconds=1")[0] == 200, 30, "the next may be taken")

    def test_one_trace_at_a_time(self):
        connection = self.begin("trace?seconds=300")

        self.assertEqual((500, b"Could not enable tracing: tracing is already enabled\n"), self.get("pprof/trace")[::2])

        connection.close()
        running.wait_for(lambda: self.get("pprof/trace?seconds=0.1")[0] == 200, 30, "the next may be taken")

    def test_the_daemon_ends_although_a_profile_is_taken(self):
        daemon = running.Daemon(self.binary, self.folder)
        with wire.Connection(daemon.address) as connection:
            connection.send(wire.request("GET", "/debug/pprof/profile?seconds=300"))
            running.wait_for(lambda: daemon.live("argosy_actors", kind="served"), 30, "the profile has begun")

            daemon.close()  # which checks status and time


class Rights(running.DaemonTest):
    def setUp(self):
        self.folder = self.enterContext(running.tempfile.TemporaryDirectory(prefix="argosy-test-"))

    def status(self, daemon, path, method="GET"):
        try:
            request = urllib.request.Request(f"{daemon.url}/{path}", method=method)
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code

    def test_nothing_is_shown_where_everybody_may_ask(self):
        daemon = self.start_daemon(no_auth=False)

        for path in ["debug/pprof/", "debug/pprof/heap", "debug/pprof/goroutine?debug=1"]:
            for method in ["GET", "POST"]:
                self.assertEqual(404, self.status(daemon, path, method), path)
        self.assertEqual((404, 403), (self.status(daemon, "debug/leaks"), self.status(daemon, "debug/leaks", "POST")))

    def test_with_authentication_only_those_who_are_known_see_it(self):
        daemon = self.start_daemon("--rc-user", "me", "--rc-pass", "secret", no_auth=False)

        self.assertEqual(401, self.status(daemon, "debug/pprof/"))
        with wire.Connection(daemon.address) as connection:
            connection.send(wire.request("GET", "/debug/pprof/cmdline", Authorization="Basic bWU6c2VjcmV0"))
            reply = connection.receive("GET")
        self.assertIn("200", reply.status_line)
        self.assertIn(b"--rc-pass\0XXX", reply.body)
        self.assertNotIn(b"secret", reply.body)

    def test_go_takes_the_credentials_from_the_url(self):
        daemon = self.start_daemon("--rc-user", "me", "--rc-pass", "secret", no_auth=False)
        url = daemon.url.replace("://", "://me:secret@") + "/debug/pprof/goroutine"

        run = subprocess.run([go(), "tool", "pprof", "-text", url], cwd=self.folder, capture_output=True, text=True,
                             env={**os.environ, "HOME": self.folder, "PPROF_TMPDIR": self.folder, "GOTOOLCHAIN": "local"})

        self.assertEqual(0, run.returncode, run.stderr)
        self.assertIn("[actor job_table]", run.stdout)


class NothingIsLeft(ProfileTest):
    def figures(self):
        samples = self.daemon.samples()
        return {name: value for name, value in samples.items()
                if re.match(r"argosy_(actors|children|fds\{type=\"(file|pipe|memfd|anon)\"|resources\{)", name)
                and "connection" not in name and "descriptor" not in name and "thread" not in name}

    def test_looking_changes_nothing(self):
        paths = ["pprof/", "pprof/goroutine", "pprof/goroutine?debug=2", "pprof/threadcreate?debug=1", "pprof/cmdline",
                 "pprof/symbol?0x1", "pprof/nothing", "leaks", "leaks?format=json"]
        if not running.sanitized(self.binary):
            paths += ["pprof/heap", "pprof/allocs?debug=1", "pprof/profile?seconds=1"]
        for path in paths:
            self.get(path)
        # The last call's actor ends a moment after its reply.
        running.wait_for(lambda: self.figures()['argosy_resources{resource="job"}'] == 0, 30, "jobs are left")
        before = self.figures()

        for _ in range(10):
            for path in paths:
                if "seconds" not in path:
                    self.get(path)

        running.wait_for(lambda: self.figures() == before, 30, lambda: f"{self.figures()}\ninstead of\n{before}")


if __name__ == "__main__":
    running.main()
