"""core/command: this program once more as a child, its output in the reply or as the reply."""
import json
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import wire  # noqa: E402


class CoreCommand(running.DaemonTest):
    def run_command(self, command, *arguments, **parameters):
        """The reply, raw."""
        body = json.dumps({"command": command, "arg": list(arguments), **parameters}).encode()
        with wire.Connection(self.daemon.address) as client:
            client.send(wire.request("POST", "/core/command", "application/json", body))
            return client.receive()

    def alone(self, *arguments):
        return subprocess.run([self.binary, *arguments], capture_output=True, timeout=running.START_LIMIT)

    def children(self):
        return self.daemon.live("argosy_children")

    def test_output_and_failure_are_told_together(self):
        version = self.alone("version").stdout.decode()
        self.assertEqual({"error": False, "result": version}, self.daemon.call("core/command", command="version"))
        reply = self.daemon.call("core/command", command="nothing")
        self.assertTrue(reply["error"])
        self.assertIn('unknown command "nothing"', reply["result"])

    def test_options_become_flags(self):
        reply = self.daemon.call("core/command", command="rc", arg=["rc/noop", "a=1"],
                                 opt={"url": self.daemon.url, "o": "key=value"})
        self.assertEqual({"a": "1", "opt": {"key": "value"}}, json.loads(reply["result"]))

    def test_a_stream_is_the_output_and_then_json(self):
        version = self.alone("version").stdout
        for kind in ["STREAM", "STREAM_ONLY_STDOUT"]:
            with self.subTest(kind):
                reply = self.run_command("version", returnType=kind)
                self.assertEqual((200, version + b"{}\n"), (reply.status, reply.body))
                self.assertEqual("text/plain; charset=utf-8", reply.headers["content-type"])

    def test_a_stream_that_fails_ends_with_the_error_object_and_status_200(self):
        reply = self.run_command("nothing", returnType="STREAM")
        said, _, error = reply.body.partition(b"{")
        self.assertEqual(200, reply.status)
        self.assertIn(b'unknown command "nothing"', said)
        self.assertEqual({"error": "exit status 1", "input": {"command": "nothing", "arg": [], "returnType": "STREAM"},
                          "path": "core/command", "status": 500}, json.loads(b"{" + error))

    def test_without_output_the_reply_is_any_other(self):
        silent = self.run_command("version", returnType="STREAM_ONLY_STDERR")
        self.assertEqual((200, b"{}\n", "application/json"), (silent.status, silent.body, silent.headers["content-type"]))
        self.assertIn("x-rclone-jobid", silent.headers)
        failing = self.run_command("nothing", returnType="STREAM_ONLY_STDOUT")
        self.assertEqual((500, "exit status 1"), (failing.status, json.loads(failing.body)["error"]))

    def test_either_output_can_be_had_alone(self):
        errors = self.run_command("nothing", returnType="STREAM_ONLY_STDERR").body
        self.assertIn(b'unknown command "nothing"', errors)

    def test_long_output_comes_whole(self):
        for number in range(2000):
            Path(self.folder, f"{number:0>200}").touch()
        given = ["rc", "operations/list", f"fs={self.folder}", "remote=", "--url", self.daemon.url]
        alone = self.alone(*given).stdout
        self.assertGreater(len(alone), 800_000)
        self.assertEqual(alone + b"{}\n", self.run_command(*given, returnType="STREAM").body)

    def test_a_stream_flows_while_the_child_runs_and_ends_it_when_the_client_goes(self):
        body = json.dumps({"command": "rcd", "opt": {"rc-addr": "127.0.0.1:0", "config": self.path("child.conf")},
                           "returnType": "STREAM"}).encode()
        with wire.Connection(self.daemon.address) as client:
            client.send(wire.request("POST", "/core/command", "application/json", body))
            said = b""
            while b"Serving remote control on" not in said or b"/\n" not in said:
                said += client.file.readline()
            child = re.search(rb"on (http://[\d.]+:\d+)/", said)[1].decode()
            with urllib.request.urlopen(urllib.request.Request(child + "/rc/noop", b"{}", method="POST")) as alive:
                self.assertEqual(200, alive.status)
            job = self.daemon.call("job/list")["runningIds"][0]
            self.assertEqual(1, self.children())
            client.socket.shutdown(socket.SHUT_RDWR)

        self.assertEqual("context canceled", self.daemon.finished(job)["error"])
        self.assertEqual(0, self.children())
        with self.assertRaises(OSError):
            urllib.request.urlopen(child + "/rc/noop", b"{}")

    def test_in_the_background_a_stream_goes_nowhere(self):
        status = self.daemon.finished(self.daemon.start("core/command", command="version", returnType="STREAM"))
        self.assertEqual((True, {}), (status["success"], status["output"]))
        status = self.daemon.finished(self.daemon.start("core/command", command="nothing", returnType="STREAM"))
        self.assertEqual((False, "exit status 1"), (status["success"], status["error"]))

    def test_another_kind_is_refused(self):
        self.assertEqual('unknown returnType "POTATO"', self.daemon.fails("core/command", returnType="POTATO"))


if __name__ == "__main__":
    running.main()
