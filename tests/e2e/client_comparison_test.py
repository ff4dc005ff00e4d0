"""`argosy rc` beside `rclone rc`: with the same words, against the same daemon, both print the same and end alike."""
import json
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)

TYPES = '{"a": 1.5, "b": [1, true, null], "c": {"x": {}}, "d": 12345678901234567890, "e": 1e300, "f": -0.0, "g": "é<&>\u2028"}'

# Words of calls that succeed. FOLDER is one with files.
SUCCEEDING = [
    ["rc/noop"],
    ["rc/noop", "a=1", "b=<&>\u2028", "c=d=e", "empty=", "=x"],
    ["rc/noop", "a=1", "a=2"],
    ["/rc/noop/", "a=1"],
    ["rc/noop?a=1&b=2", "c=3"],
    ["--json", TYPES, "rc/noop"],
    ["rc/noop", "--json", "null"],
    ["rc/noop", "--json", ""],
    ["rc/noop", "--json", '{"a": 1, "a": 2}'],
    ["rc/noop", "--json", '{"x": 1}', "-o", "k=v", "-a", "z"],
    ["rc/noop", "-o", "k=v", "-o", "flag", "-o", "x=y=z", "-a", "one", "-a", "two=2"],
    ["rc/noop", "-ok=v", "-aone", "--opt=k2=v2", "--arg=one,two"],
    ["rc/noop", "opt=text", "arg=text", "-o", "k=v", "-a", "one"],
    ["rc/noop", "--", "--x=1"],
    ["rc/noop", "a=1", "--no-output"],
    ["rc/noop", "a=1", "--no-output=false", "-v"],
    ["rc/noop", "a=1", "--loopback"],
    ["operations/list", "fs=FOLDER", "remote=", 'opt={"recurse": true, "showHash": true}'],
    ["operations/list", "fs=FOLDER", "remote=inner", "--json", "", 'opt={"noModTime": true}'],
    ["operations/stat", "fs=FOLDER", "remote=none"],
    ["operations/size", "fs=FOLDER", '_filter={"IncludeRule": ["file0"]}'],
    ["sync/copy", "srcFs=FOLDER", "dstFs=FOLDER copy", "_group=mine"],
    ["config/dump"],
    ["config/get", "name=mine"],
    ["core/version"],
    ["backend/command", "fs=FOLDER", "command=noop", "-o", "echo=yes", "-a", "one"],
]
# Of calls that the daemon refuses.
REFUSED_BY_THE_DAEMON = [
    ["rc/error", "a=b", "c=<>"],
    ["nothing/here"],
    ["nothing"],
    ["/"],
    ["rc//noop"],
    ["rc/../rc/noop"],
    ["operations/list", "fs=FOLDER/nowhere", "remote="],
    ["operations/list", "fs=FOLDER"],
    ["operations/list", "fs=FOLDER", "remote=", "-o", "recurse=true"],
    ["operations/copyfile", "srcFs=FOLDER", "srcRemote=none", "dstFs=FOLDER", "dstRemote=copy"],
    ["job/status", "jobid=987654"],
    ["job/status", "jobid=x"],
    ["rc/noop", "_config=x"],
    ["core/command", "command=version", "returnType=STREAM"],
]
# Of calls that the client refuses.
REFUSED_BY_THE_CLIENT = [
    ["rc/noop", "novalue"],
    ["rc/noop", "--json", "{"],
    ["rc/noop", "--json", "[1]"],
    ["rc/noop", "--json", '"text"'],
    ["rc/noop", "--json", '{"a": 1} x'],
    ["rc/noop", "--json", '{"a": 1}', "b=2"],
    ["rc/noop", "--no-such-flag"],
    ["rc/noop", "-Z"],
    ["rc/noop", "--json"],
    ["rc/noop", "-o"],
]
# Of calls without a daemon.
ALONE = [
    ["rc/error", "--loopback", "a=b"],
    ["nothing/here", "--loopback"],
    ["operations/list", "--loopback", "fs=FOLDER/nowhere", "remote="],
    ["operations/copyfile", "--loopback", "srcFs=FOLDER", "srcRemote=none", "dstFs=FOLDER", "dstRemote=copy"],
    ["rc/noop", "--url", "NOBODY"],
    ["rc/noop", "--url", "http://127.0.0.1:99999/"],
    ["rc/noop", "--url", "ftp://127.0.0.1/"],
    ["rc/noop", "--url", "http:///"],
]


def reply_in(run):
    """The object that the daemon sent, or None. An rclone before 1.61 prints it within its own words."""
    found = re.search(r"\{\n.*?\n\}", run.stdout + run.stderr, re.DOTALL)
    return found and json.loads(found[0])


def reason_in(run):
    """What the client objects to, without time and level."""
    return re.search(r"(Failed to rc|Error): (.*)", run.stderr)[2]


@unittest.skipUnless(shutil.which("rclone"), "rclone is not installed: apt-get install rclone")
class ClientComparison(running.DaemonTest):
    @classmethod
    def setUpClass(cls):
        cls.keep = running.stack()
        keep, folder = cls.keep.__enter__()
        cls.folder = Path(folder, "folder")
        running.write_files(cls.folder, 2, 100)
        running.write_files(cls.folder / "inner", 1, 50)
        cls.daemons = {}
        for name, start in (("argosy", lambda home: running.Daemon(cls.binary, home)),
                            ("rclone", lambda home: running.Rclone(home, "--rc-no-auth"))):
            home = Path(folder, name)
            home.mkdir()
            Path(home, "rclone.conf").write_text("[mine]\ntype = alias\nremote = /tmp\n")
            cls.daemons[name] = start(home)
            keep.callback(cls.daemons[name].close)
        cls.client_config = Path(folder, "client.conf")
        cls.client_config.touch()

    @classmethod
    def tearDownClass(cls):
        cls.keep.__exit__(None, None, None)

    def setUp(self):
        pass

    def both(self, words, url):
        """What comes of the words with rclone's client and with ours."""
        words = [word.replace("FOLDER", str(self.folder)).replace("NOBODY", f":{running.free_port()}") for word in words]
        return [subprocess.run([client, "rc", "--config", str(self.client_config), "--url", url, *words], capture_output=True,
                               text=True, timeout=running.START_LIMIT) for client in (running.needed("rclone"), self.binary)]

    def for_each(self, rows, check):
        """Calls check(rclone's run, our run) for each row with each daemon."""
        for words in rows:
            for name, daemon in self.daemons.items():
                with self.subTest(" ".join(words), daemon=name):
                    check(*self.both(words, daemon.url))

    def test_the_same_is_printed(self):
        def check(theirs, ours):
            self.assertEqual((0, theirs.stdout, theirs.stderr), (theirs.returncode, ours.stdout, ours.stderr))
            self.assertEqual(0, ours.returncode)
        self.for_each(SUCCEEDING, check)

    def test_the_same_refusals_of_daemons_are_told(self):
        def check(theirs, ours):
            self.assertEqual((1, 1), (theirs.returncode, ours.returncode))
            told = reply_in(theirs)
            if told:  # otherwise what came was no JSON
                self.assertEqual(told, reply_in(ours))
        self.for_each(REFUSED_BY_THE_DAEMON, check)

    def test_the_same_refusals_of_clients_are_told(self):
        for words in REFUSED_BY_THE_CLIENT:
            with self.subTest(" ".join(words)):
                theirs, ours = self.both(words, "")
                self.assertEqual((1, "", reason_in(theirs)), (theirs.returncode, theirs.stdout, reason_in(ours)))
                self.assertEqual((1, ""), (ours.returncode, ours.stdout))

    def test_exit_statuses_without_a_daemon_are_the_same(self):
        for words in ALONE:
            with self.subTest(" ".join(words)):
                theirs, ours = self.both(words, "")
                self.assertEqual(theirs.returncode, ours.returncode, ours.stderr)
                self.assertNotEqual(0, ours.returncode)


if __name__ == "__main__":
    running.main()
