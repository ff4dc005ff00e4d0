"""How the daemon begins and ends: signals, core/quit, and starts that cannot succeed."""
import json
import os
import random
import signal
import socket
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402
import wire  # noqa: E402

DEADLINE = 20  # seconds; a copy that waited for its end would take minutes


class End(running.DaemonTest):
    def slow_copy(self):
        trees.write(self.path("source", "large"), random.Random(1).randbytes(32 << 20), 1)
        for number in range(20):
            trees.write(self.path("source", f"{number}"), random.Random(number).randbytes(500_000), number)
        self.daemon.call("core/bwlimit", rate="256k")
        job = self.daemon.start("sync/copy", srcFs=self.path("source"), dstFs=self.path("copy"), _group="g")
        running.wait_for(lambda: self.daemon.call("core/stats", group="g")["bytes"] > 0, 30, "bytes flow")
        return job

    def whole(self):
        return all(Path(self.path("copy", os.fsdecode(name))).read_bytes() == Path(self.path("source", os.fsdecode(name))).read_bytes()
                   for name in trees.walk_files(self.path("copy")))

    def test_a_signal_ends_an_idle_daemon(self):
        for sign in [signal.SIGTERM, signal.SIGINT]:
            with self.subTest(sign):
                self.assertEqual(0, self.start_daemon().end(sign, DEADLINE))

    def test_a_signal_ends_a_running_copy_cleanly(self):
        self.slow_copy()

        self.assertEqual(0, self.daemon.end(signal.SIGTERM, DEADLINE))

        self.assertTrue(self.whole(), "no partial file and none that is not whole")

    def test_a_signal_ends_a_daemon_after_each_kind_of_call(self):
        running.write_files(self.path("source"), 5, 100)
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.path("copy"))
        self.daemon.call("operations/list", fs=self.folder, remote="", opt={"recurse": True})
        self.daemon.call("core/stats")
        self.daemon.call("core/stats-reset")
        self.daemon.call("core/gc")
        self.daemon.fails("rc/panic")
        self.daemon.metrics()

        self.assertEqual(0, self.daemon.end(signal.SIGTERM, DEADLINE))

    def test_idle_connections_do_not_hold_it(self):
        connections = [wire.Connection(self.daemon.address) for _ in range(50)]
        for connection in connections[:25]:
            connection.send(wire.request("POST", "/rc/noop"))
            connection.receive()

        self.assertEqual(0, self.daemon.end(signal.SIGTERM, DEADLINE))

        for connection in connections:
            connection.close()

    def test_an_open_call_is_answered(self):
        trees.write(self.path("source", "large"), random.Random(1).randbytes(32 << 20), 1)
        self.daemon.call("core/bwlimit", rate="256k")
        with wire.Connection(self.daemon.address) as connection:
            body = json.dumps({"srcFs": self.path("source"), "dstFs": self.path("copy"), "_group": "g"}).encode()
            connection.send(wire.request("POST", "/sync/copy", "application/json", body))
            running.wait_for(lambda: self.daemon.call("core/stats", group="g")["bytes"] > 0, 30, "bytes flow")

            self.daemon.child.send_signal(signal.SIGTERM)

            reply = connection.receive()
            self.assertEqual((500, "context canceled"), (reply.status, json.loads(reply.body)["error"]))
        self.assertEqual(0, self.daemon.end(0, DEADLINE))

    def test_quit_answers_and_ends_with_the_given_status(self):
        for given, status in [({}, 0), ({"exitCode": 7}, 7), ({"exitCode": "3"}, 3)]:
            with self.subTest(given):
                daemon = self.start_daemon()
                self.assertEqual({}, daemon.call("core/quit", **given))
                self.assertEqual(status, daemon.end(0, DEADLINE))

    def test_quit_with_a_bad_status_does_not_end_it(self):
        self.assertIn('key "exitCode"', self.daemon.fails("core/quit", exitCode="x"))
        self.assertEqual({}, self.daemon.call("rc/noop"))

    def test_quit_ends_a_running_copy_cleanly(self):
        self.slow_copy()

        self.daemon.call("core/quit", exitCode=4)

        self.assertEqual(4, self.daemon.end(0, DEADLINE))
        self.assertTrue(self.whole())


class Begin(running.DaemonTest):
    def setUp(self):
        self.folder = self.enterContext(running.tempfile.TemporaryDirectory(prefix="argosy-test-"))

    def start_fails(self, *flags, environment=None):
        """What it says when it cannot start."""
        try:
            run = subprocess.run([self.binary, "rcd", "--rc-addr", "127.0.0.1:0", *flags], capture_output=True, text=True,
                                 timeout=DEADLINE, env={**os.environ, **(environment or {})})
        except subprocess.TimeoutExpired:
            self.fail(f"it started with {flags} {environment or ''}")
        self.assertGreater(run.returncode, 0, run.stderr)
        return run.stderr

    def test_bad_flags_are_named(self):
        for flags in [["--nonsense"], ["--nonsense=1"], ["--transfers", "x"], ["--rc-no-auth=perhaps"], ["--bwlimit", "5Q"],
                      ["--rc-server-read-timeout", "soon"], ["--log-level", "LOUD"], ["--rc-max-header-bytes", "-1"],
                      ["--rc-job-expire-duration", "x"], ["--rc-response-header", "nocolon"], ["--config"]]:
            with self.subTest(flags):
                self.assertIn(flags[0].partition("=")[0], self.start_fails(*flags))

    def test_bad_variables_are_named(self):
        for name, value in [("RCLONE_TRANSFERS", "x"), ("RCLONE_RC_NO_AUTH", "perhaps")]:
            with self.subTest(name):
                said = self.start_fails(environment={name: value})
                self.assertTrue(name in said or "--" + name[7:].lower().replace("_", "-") in said, said)

    def test_arguments_are_refused(self):
        self.assertIn("stray", self.start_fails("folder", "stray"))

    def test_an_address_in_use_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            said = self.start_fails("--rc-addr", address)
        self.assertIn(address, said)
        self.assertIn("address already in use", said)

    def test_an_unreadable_configuration_is_named(self):
        folder = str(Path(self.folder, "folder.conf"))
        os.mkdir(folder)
        self.assertIn(folder, self.start_fails("--config", folder))

    def test_variables_are_flags(self):
        self.daemon = self.start_daemon(no_auth=False, environment={"RCLONE_RC_NO_AUTH": "true", "RCLONE_TRANSFERS": "7"})
        self.assertEqual({}, self.daemon.call("rc/noopauth"))
        self.assertEqual(7, self.daemon.call("options/get")["main"]["Transfers"])

    def test_version_and_help_need_no_daemon(self):
        for words, text in [(["version"], "rclone v"), (["help"], "argosy rcd"), (["rcd", "--help"], "--rc-addr"),
                            (["rc", "--help"], "--url")]:
            run = subprocess.run([self.binary, *words], capture_output=True, text=True, timeout=running.START_LIMIT)
            self.assertEqual(0, run.returncode, run.stderr)
            self.assertIn(text, run.stdout)
        run = subprocess.run([self.binary, "sail"], capture_output=True, text=True, timeout=running.START_LIMIT)
        self.assertNotEqual(0, run.returncode)
        self.assertIn('"sail"', run.stderr)


if __name__ == "__main__":
    running.main()
