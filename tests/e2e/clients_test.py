"""The stock client against our daemon, our client against both daemons, and our client alone."""
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)

TRY_AGAIN_LATER = 5  # rclone's exit status for errors that may pass

without_rclone = unittest.skipUnless(shutil.which("rclone"), "rclone is not installed: apt-get install rclone")


class Manners:
    """What holds for each pair of client and daemon. A class below says who they are."""

    @classmethod
    def setUpClass(cls):
        cls.keep = running.stack()
        keep, cls.folder = cls.keep.__enter__()
        cls.daemon = cls.serve("--rc-no-auth")
        keep.callback(cls.daemon.close)
        cls.guarded = cls.serve("--rc-user", "user", "--rc-pass", "secret word")
        keep.callback(cls.guarded.close)

    @classmethod
    def tearDownClass(cls):
        cls.keep.__exit__(None, None, None)

    def setUp(self):
        pass

    def run_bare(self, *arguments, **environment):
        """Without flags of ours but --config."""
        return subprocess.run([self.client(), "rc", "--config", str(Path(self.folder, "client.conf")), *arguments],
                              capture_output=True, text=True, timeout=running.START_LIMIT, env={**os.environ, **environment})

    def run_client(self, *arguments, url=None):
        return self.run_bare("--url", url or self.daemon.url + "/", *arguments)

    def ask(self, *arguments, url=None):
        return self.reply_of(self.run_client(*arguments, url=url))

    def reply_of(self, run):
        self.assertEqual(0, run.returncode, run.stderr)
        return json.loads(run.stdout)

    def refusal(self, *arguments, url=None):
        run = self.run_client(*arguments, url=url)
        self.assertEqual(1, run.returncode, run.stdout)
        return run.stdout + run.stderr

    def test_words_are_strings(self):
        self.assertEqual({"a": "1", "b": "2=3", "c": ""}, self.ask("rc/noop", "a=1", "b=2=3", "c="))

    def test_json_keeps_its_types(self):
        given = {"number": 1.5, "list": [1, True, None], "object": {"x": {}}, "text": "é\n<&>"}
        self.assertEqual(given, self.ask("rc/noop", "--json", json.dumps(given)))

    def test_options_and_arguments_become_opt_and_arg(self):
        self.assertEqual({"arg": ["one", "two"], "opt": {"flag": "", "key": "value"}},
                         self.ask("rc/noop", "-o", "key=value", "-o", "flag", "-a", "one", "-a", "two"))
        self.assertEqual({"arg": ["one"], "opt": {"key": "v=w"}, "a": "1"},
                         self.ask("rc/noop", "a=1", "--opt", "key=v=w", "--arg", "one"))

    def test_the_reply_is_printed_with_its_keys_in_order(self):
        self.assertEqual('{\n\t"a": "1",\n\t"b": "<>"\n}\n', self.run_client("rc/noop", "b=<>", "a=1").stdout.replace(
            "\\u003c", "<").replace("\\u003e", ">"))

    def test_nothing_is_printed_when_not_wanted(self):
        run = self.run_client("rc/noop", "a=1", "--no-output")
        self.assertEqual((0, "", ""), (run.returncode, run.stdout, run.stderr))

    def test_the_address_has_several_forms(self):
        port = self.daemon.address.rpartition(":")[2]
        for url in [f":{port}", self.daemon.address, f"localhost:{port}", f"http://{self.daemon.address}", f"127.0.0.1:{port}/"]:
            with self.subTest(url):
                self.assertEqual({"a": "1"}, self.ask("rc/noop", "a=1", url=url))

    def test_a_job_is_started_and_asked_for(self):
        job = self.ask("rc/noop", "a=1", "_async=true")["jobid"]

        status = self.daemon.finished(job)
        told = self.ask("job/status", f"jobid={job}")
        self.assertEqual(status, told)
        self.assertEqual(({"a": "1"}, True, f"job/{job}"), (told["output"], told["success"], told["group"]))

    def test_a_failing_call_says_why_and_fails(self):
        text = self.refusal("rc/error", "a=b")
        self.assertIn('"error": "arbitrary error on input map[a:b]"', text)
        self.assertIn('"status": 500', text)
        self.assertIn("Failed to rc", text)
        self.assertIn("job not found", self.refusal("job/status", "jobid=987654"))

    def test_an_unknown_command_fails(self):
        text = self.refusal("nothing/here")
        self.assertIn('couldn\'t find method \\"nothing/here\\"', text)
        self.assertIn('"status": 404', text)

    def test_a_word_without_an_equals_sign_is_named(self):
        self.assertIn('no \'=\' found in parameter "novalue"', self.refusal("rc/noop", "novalue"))

    def test_json_and_words_do_not_mix(self):
        self.assertIn("can't use --json and parameters together", self.refusal("rc/noop", "--json", '{"a":1}', "b=2"))

    def test_bad_json_is_told(self):
        for text in ["{", "[1]", "potato"]:
            with self.subTest(text):
                self.assertIn("bad --json input", self.refusal("rc/noop", "--json", text))

    def test_credentials_are_sent(self):
        credentials = ["--user", "user", "--pass", "secret word"]
        self.assertEqual({"a": "1"}, self.ask("rc/noopauth", "a=1", *credentials, url=self.guarded.url + "/"))
        self.assertIn("401", self.refusal("rc/noop", url=self.guarded.url + "/"))
        self.assertIn("401", self.refusal("rc/noop", "--user", "user", "--pass", "wrong", url=self.guarded.url + "/"))

    def test_bare_it_lists_the_commands(self):
        run = self.run_client()
        self.assertEqual(0, run.returncode, run.stderr)
        for command in ["core/stats", "job/status", "rc/noop", "sync/copy"]:
            self.assertRegex(run.stdout, rf"(?m)^### {command}: \w")

    def test_an_unreachable_daemon_is_named(self):
        nobody = running.free_port()
        run = self.run_client("rc/noop", url=f"http://127.0.0.1:{nobody}/")
        self.assertEqual(TRY_AGAIN_LATER, run.returncode)
        self.assertIn(f'connection failed: Post "http://127.0.0.1:{nobody}/rc/noop": dial tcp 127.0.0.1:{nobody}: '
                      "connect: connection refused", run.stderr)

    def test_a_missing_folder_is_any_error_to_a_client(self):
        self.assertIn("directory not found", self.refusal("operations/list", "fs=/nowhere/at/all", "remote="))

    def test_options_and_arguments_replace_parameters_of_their_names(self):
        self.assertEqual({"opt": {"key": "value"}, "arg": ["one"]},
                         self.ask("rc/noop", "opt=text", "arg=text", "-o", "key=value", "-a", "one"))

    def test_the_flags_of_the_daemon_name_it_too(self):
        self.assertEqual({"a": "1"}, self.reply_of(self.run_bare(
            "--rc-addr", self.guarded.address, "--rc-user", "user", "--rc-pass", "secret word", "rc/noopauth", "a=1")))

    def test_flags_come_from_the_environment(self):
        known = {"RCLONE_URL": self.guarded.url, "RCLONE_USER": "user", "RCLONE_PASS": "secret word"}
        self.assertEqual({"arg": ["one", "two"]}, self.reply_of(self.run_bare("rc/noopauth", "-a", "two", RCLONE_ARG="one", **known)))
        run = self.run_bare("rc/noopauth", RCLONE_NO_OUTPUT="true", **known)
        self.assertEqual((0, ""), (run.returncode, run.stdout), run.stderr)

    def test_the_address_may_hold_credentials_and_a_folder(self):
        below = self.serve("--rc-user", "user", "--rc-pass", "secret word", "--rc-baseurl", "deep/inside")
        self.addCleanup(below.close)
        for url in [f"http://user:secret%20word@{below.address}/deep/inside/", f"user:secret%20word@{below.address}/deep/inside"]:
            with self.subTest(url):
                self.assertEqual({"a": "1"}, self.ask("rc/noopauth", "a=1", url=url))
        self.assertIn("404", self.refusal("rc/noop", "--user", "user", "--pass", "secret word", url=below.url))

    def test_a_redirection_is_followed_with_the_input(self):
        target = self.daemon.url

        class Elsewhere(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(308)
                self.send_header("Location", target + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
            serving = threading.Thread(target=server.serve_forever)
            serving.start()
            try:
                self.assertEqual({"a": "1"}, self.ask("rc/noop", "a=1", url=f":{server.server_port}"))
            finally:
                server.shutdown()
                serving.join()

    def test_a_path_may_hold_anything(self):
        for path in ["rc/no op", "rc/noöp", 'rc/"noop"']:
            with self.subTest(path):
                self.assertIn(json.dumps(f"couldn't find method {json.dumps(path, ensure_ascii=False)}", ensure_ascii=False),
                              self.refusal(path))

    def test_a_path_may_have_slashes_around_it(self):
        self.assertEqual({"a": "1"}, self.ask("/rc/noop/", "a=1"))

    def test_an_unknown_flag_fails(self):
        self.assertIn("--no-such-flag", self.refusal("rc/noop", "--no-such-flag", "x"))

    def test_a_reply_that_is_no_json_fails(self):
        text = self.refusal("core/command", "command=version", "returnType=STREAM")
        self.assertIn("invalid character 'r' looking for beginning of value", text)

    def test_a_folder_is_copied(self):
        source, copy = Path(self.folder, "source"), Path(self.folder, f"copy by {type(self).__name__}")
        running.write_files(source, 20, 1000)

        self.assertEqual({}, self.ask("sync/copy", f"srcFs={source}", f"dstFs={copy}"))

        self.assertEqual({p.name: p.read_bytes() for p in source.iterdir()}, {p.name: p.read_bytes() for p in copy.iterdir()})


class Loopback:
    """Without a daemon between, what is missing has an exit status of its own."""

    def status(self, *arguments):
        return self.run_client(*arguments, "--loopback", url=f"http://127.0.0.1:{running.free_port()}/").returncode

    def test_exit_statuses_tell_what_is_missing(self):
        self.assertEqual(0, self.status("rc/noop"))
        self.assertEqual(1, self.status("rc/error"))
        self.assertEqual(1, self.status("nothing/here"))
        self.assertEqual(3, self.status("operations/list", "fs=/nowhere/at/all", "remote="))
        self.assertEqual(4, self.status("operations/copyfile", f"srcFs={self.folder}", "srcRemote=nothing",
                                        f"dstFs={self.folder}", "dstRemote=copy"))


class OurDaemon:
    @classmethod
    def serve(cls, *flags):
        return running.Daemon(cls.binary, cls.folder, *flags, no_auth=False)

    @running.without_ipv6
    def test_an_address_may_be_one_of_ipv6(self):
        both = self.serve("--rc-no-auth", "--rc-addr", "[::1]:0")
        self.addCleanup(both.close)
        address = re.search(r"\[::1\]:\d+", both.output())[0]
        for url in [address, f"http://{address}/"]:
            with self.subTest(url):
                self.assertEqual({"a": "1"}, self.ask("rc/noop", "a=1", url=url))


class OurClient:
    def client(self):
        return self.binary


@without_rclone
class StockClient(OurDaemon, Loopback, Manners, running.DaemonTest):
    def client(self):
        return running.needed("rclone")


class OursWithOurs(OurClient, OurDaemon, Loopback, Manners, running.DaemonTest):
    def test_loopback_needs_no_daemon(self):
        nobody = f"http://127.0.0.1:{running.free_port()}/"
        self.assertEqual({"a": "1"}, self.ask("rc/noop", "--loopback", "a=1", url=nobody))
        self.assertEqual({"error": "loopback: call failed: arbitrary error on input map[a:b]", "path": "rc/error",
                          "status": 500}, json.loads(self.run_client("rc/error", "--loopback", "a=b", url=nobody).stdout))
        self.assertEqual({"error": 'loopback: method "nothing/here" not found', "path": "nothing/here", "status": 400},
                         json.loads(self.run_client("nothing/here", "--loopback", url=nobody).stdout))

    def test_what_daemons_do_not_tell_is_told_in_their_form(self):
        nobody = running.free_port()
        told = json.loads(self.run_client("rc/noop", url=f"http://127.0.0.1:{nobody}/").stdout)
        self.assertEqual(("rc/noop", 503), (told["path"], told["status"]))
        self.assertIn("connection refused", told["error"])

    def test_loopback_has_every_right(self):
        source, copy = Path(self.folder, "loopback source"), Path(self.folder, "loopback copy")
        running.write_files(source, 3, 100)
        self.assertEqual({}, self.ask("sync/copy", "--loopback", f"srcFs={source}", f"dstFs={copy}"))
        self.assertEqual(3, len(list(copy.iterdir())))

    def test_the_list_of_commands_is_the_daemons(self):
        commands = {row["Path"] for row in self.daemon.call("rc/list")["commands"]}
        listed = {line.split()[1].rstrip(":") for line in self.run_client().stdout.splitlines() if line.startswith("### ")}
        self.assertEqual(commands, listed)


@without_rclone
class OursWithRclone(OurClient, Manners, running.DaemonTest):
    @classmethod
    def serve(cls, *flags):
        return running.Rclone(cls.folder, *flags)


if __name__ == "__main__":
    running.main()
