"""Real processes on loopback for the tests of this folder: a daemon, and a Prometheus that scrapes it."""
import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

START_LIMIT = 60  # seconds until a process must answer; generous because of ThreadSanitizer
STOP_LIMIT = 20   # seconds until a process must have ended after SIGTERM
POLL = 0.1        # seconds between two looks at a condition


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, limit, what):
    """The first true result of the condition; an AssertionError naming `what` when the limit (seconds) is over."""
    deadline = time.monotonic() + limit
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit} s: {what() if callable(what) else what}")
        time.sleep(POLL)


def needed(program):
    """Where the program is. Its absence is an error: a test that leaves itself out proves nothing."""
    path = shutil.which(program)
    if not path:
        raise AssertionError(f"{program} is not installed; scripts/test installs it")
    return path


class Process:
    """A child that is stopped when the context ends; its output is shown when it fails."""

    def __init__(self, command, port, ready):
        self.url = f"http://127.0.0.1:{port}"
        self.log = tempfile.TemporaryFile("w+b")
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        try:
            wait_for(lambda: self.answers(ready), START_LIMIT, lambda: f"{command[0]} answers\n{self.output()}")
        except BaseException:
            self.close()
            raise

    def output(self):
        self.log.seek(0)
        return self.log.read()[-4000:].decode(errors="replace")

    def answers(self, ready):
        if self.child.poll() is not None:
            raise AssertionError(f"{self.child.args[0]} ended with status {self.child.returncode}\n{self.output()}")
        try:
            ready(self)
            return True
        except (OSError, urllib.error.URLError):
            return False

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=30) as response:
            return response.read()

    def close(self):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.log.close()


class Daemon(Process):
    """argosy rcd on a port of its own, without authentication, with an empty configuration file."""

    def __init__(self, binary, folder):
        config = Path(folder, "rclone.conf")
        config.touch()
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        super().__init__([binary, "rcd", "--rc-addr", self.address, "--rc-no-auth", "--rc-enable-metrics",
                          "--config", str(config)], port, lambda process: process.call("rc/noop"))

    def call(self, command, **parameters):
        request = urllib.request.Request(f"{self.url}/{command}", json.dumps(parameters).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def fails(self, command, **parameters):
        """The error text of a call that must fail."""
        try:
            reply = self.call(command, **parameters)
        except urllib.error.HTTPError as error:
            return json.load(error)["error"]
        raise AssertionError(f"{command} did not fail: {reply}")

    def metrics(self):
        return self.get("/metrics").decode()


class Prometheus(Process):
    """A real Prometheus that scrapes the addresses as job "argosy" each second."""

    def __init__(self, folder, addresses):
        config = Path(folder, "prometheus.yml")
        config.write_text(json.dumps({  # JSON is YAML
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": [{"job_name": "argosy", "static_configs": [{"targets": addresses}]}]}))
        port = free_port()
        super().__init__([needed("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={folder}/tsdb",
                          f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"],
                         port, lambda process: process.get("/-/ready"))

    def api(self, path, **parameters):
        """The `data` of an answer; an AssertionError with Prometheus' own words otherwise."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        try:
            return json.loads(self.get(f"/api/v1/{path}?{query}"))["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode(errors='replace')}") from error


def write_files(folder, count, size):
    """`count` files of `size` bytes, each with content of its own."""
    os.makedirs(folder, exist_ok=True)
    for number in range(count):
        Path(folder, f"file{number}").write_bytes(number.to_bytes(4, "big") + bytes(size - 4))


@contextlib.contextmanager
def stack():
    """An ExitStack with a temporary folder: `with stack() as (keep, folder)`."""
    with contextlib.ExitStack() as keep:
        yield keep, keep.enter_context(tempfile.TemporaryDirectory(prefix="argosy-deploy-"))
