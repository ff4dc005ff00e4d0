"""Options: from flags and variables to a running daemon (rc-surface 1.10, 2.6, 3.11)."""
import json
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402


class Options(running.DaemonTest):
    def setUp(self):
        self.folder = self.enterContext(running.stack())[1]

    def test_the_level_of_the_log_changes_at_once(self):
        daemon = self.start_daemon("--log-format", "")
        trees.write(self.path("from/file"), b"x", 1_500_000_000_000_000_000)

        def said_by(**options):
            before = len(daemon.output())
            if options:
                daemon.call("options/set", main=options)
            # Says so at level ERROR.
            daemon.call("sync/copy", srcFs=self.path("from"), dstFs=self.path("from"))
            return daemon.output()[before:]

        self.assertIn("ERROR : ", said_by())
        self.assertEqual("", said_by(LogLevel="CRITICAL"))
        self.assertIn("ERROR : ", said_by(LogLevel="ERROR"))
        record = json.loads(said_by(UseJSONLog=True).splitlines()[0])
        self.assertEqual("error", record["level"])
        self.assertIn("Nothing to do as source and destination are the same", record["msg"])
        self.assertTrue(said_by(UseJSONLog=False).startswith("ERROR : "))
        self.assertEqual("NOTICE", self.start_daemon().call("options/get", blocks="main")["main"]["LogLevel"])

    def test_flags_are_what_options_get_shows(self):
        daemon = self.start_daemon("-v", "--transfers=2", "--min-size", "5k", "--log-format", "time", "--bwlimit", "1M:2M",
                                   environment={"RCLONE_CHECKERS": "5", "RCLONE_EXCLUDE": "a,b"})
        shown = daemon.call("options/get")
        self.assertEqual(("INFO", 2, 5, "1Mi:2Mi"),
                         tuple(shown["main"][name] for name in ("LogLevel", "Transfers", "Checkers", "BwLimit")))
        self.assertEqual((5120, ["a", "b"]), (shown["filter"]["MinSize"], shown["filter"]["ExcludeRule"]))
        self.assertEqual("time", shown["log"]["Format"])
        self.assertEqual(2097152, daemon.call("core/bwlimit")["bytesPerSecondRx"])
        daemon.call("options/set", main={"BwLimit": "off"})
        self.assertEqual(-1, daemon.call("core/bwlimit")["bytesPerSecond"])

    def test_a_bad_command_line_is_told_and_starts_nothing(self):
        rows = [(["--no-such-flag"], "Error: unknown flag: --no-such-flag\n"),
                (["-Q"], "Error: unknown shorthand flag: 'Q' in -Q\n"),
                (["--transfers"], "Error: flag needs an argument: --transfers\n"),
                (["--transfers", "x"], 'Error: invalid argument "x" for "--transfers" flag: '),
                (["--log-level", "zz"], 'Error: invalid argument "zz" for "--log-level" flag: '),
                (["-v", "-q"], "Can't set -v and -q\n"),
                (["--log-file", self.path("missing/folder/of/the/log"), "--log-file-compress"], "not supported"),
                (["--syslog", "--syslog-facility", "zz"], 'Unknown syslog facility "zz" - man syslog for list\n'),
                (["one", "two"], 'rcd takes one folder at most: "two"')]
        for flags, text in rows:
            with self.subTest(flags):
                run = subprocess.run([self.binary, "rcd", *flags], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
                self.assertEqual(1, run.returncode, run.stderr)
                self.assertIn(text, run.stderr)

    def test_temporary_and_cache_folders_are_shown(self):
        daemon = self.start_daemon("--temp-dir", self.path("t"), "--cache-dir", self.path("c"))
        self.assertEqual({"cache": self.path("c"), "temp": self.path("t"), "config": self.path("rclone.conf")},
                         daemon.call("config/paths"))


if __name__ == "__main__":
    running.main()
