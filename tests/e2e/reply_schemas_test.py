"""Every reply of every command follows its schema: the one of rclone-openapi (npm), and the daemon's own /openapi.json."""
import collections
import contextlib
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import every_command  # noqa: E402 (after the path)
import npm  # noqa: E402
import running  # noqa: E402

# Commands that can only fail here, and why. Once one can succeed, it must.
FAILING = {
    **dict.fromkeys(["rc/error", "rc/fatal", "rc/panic"], "that is what they are for"),
    **dict.fromkeys(["operations/cleanup", "operations/publiclink", "operations/settier", "operations/settierfile"],
                    "the local disk has it not"),
    **dict.fromkeys(["mount/mount", "mount/unmount"], "there are no mounts"),
    **dict.fromkeys(["serve/start", "serve/stop"], "there are no servers"),
    **dict.fromkeys(["vfs/forget", "vfs/poll-interval", "vfs/queue", "vfs/queue-set-expiry", "vfs/refresh", "vfs/stats"],
                    "there is no VFS"),
    **dict.fromkeys(["cluster/adopt", "cluster/drain", "cluster/nodes"], "the daemon is no node of a cluster"),
    **dict.fromkeys(["cache/expire", "cache/fetch", "cache/stats"], "there is no remote of type cache"),
    **dict.fromkeys(every_command.PLUGINS, "rclone has them no longer"),
    "config/oauthstop": "no authentication is ever under way",
}

# Commands that rclone-openapi does not tell of.
UNTOLD = {"cluster/adopt", "cluster/drain", "cluster/nodes", "config/unset", "rc/fatal", "rc/panic", "core/group_list",
          "core/health", "core/limits", "debug/leaks", "debug/watch-url", "job/report", "job/retry", "job/set", "leak/report"}

# Where rclone-openapi is wrong: command, parameters of the call, what its schema objects to, and why that is right.
Mistake = collections.namedtuple("Mistake", "command parameters objection reason")
MISTAKES = [
    Mistake("config/get", {"name": "nobody"}, "/: must have required property 'type'", "an unknown remote has no options"),
    Mistake("core/group-list", {}, "/groups: must be array", "rclone sends null when there are no groups"),
    Mistake("core/stats", {"group": "check"}, "/checking/0: must be object", "names, in every version of rclone"),
    Mistake("job/batch", {}, "/: must have required property '(jobid|executeId)'",
            "a list of results; these two only come with _async"),
    Mistake("options/get", {"blocks": "main,filter"}, "/: must have required property '.*'", "only these two were asked for"),
    Mistake("options/local", {}, "/config/Headers: must be string,null", "rclone keeps a list of {Key, Value}"),
]


@npm.without_packages
class ReplySchemas(running.DaemonTest):
    @classmethod
    def setUpClass(cls):
        with running.stack() as (_, folder), contextlib.closing(running.Daemon(cls.binary, folder)) as daemon:
            calls = every_command.EveryCommand(daemon, folder)
            calls.make()
            cls.commands = calls.commands()
            cls.document = json.loads(daemon.get("/openapi.json"))
        for parameters in ({}, {"_async": True}):  # a daemon for each, since both end it
            with running.stack() as (_, folder), contextlib.closing(running.Daemon(cls.binary, folder)) as calls.daemon:
                calls.call("core/quit", **parameters)
                calls.daemon.end(sign=0)
        cls.exchanges = calls.exchanges

    def setUp(self):
        pass

    def objections(self, exchanges, **document):
        """[(exchange, text)] of the validator."""
        answer = npm.ask("validate_replies.mjs", {"exchanges": exchanges, **document})
        return [(exchanges[index], text) for index, text in answer["violations"]]

    def test_every_command_succeeds_and_fails_and_runs_as_a_job(self):
        answers = collections.defaultdict(set)
        for exchange in self.exchanges:
            answers[exchange["path"]].add(exchange["status"] if exchange["status"] < 300 else "error")
        for command in self.commands:
            with self.subTest(command):
                self.assertEqual({202, "error"} | ({200} if command not in FAILING else set()), answers[command])

    def test_replies_follow_rclone_openapi(self):
        told = set(npm.ask("validate_replies.mjs", {"exchanges": []})["paths"])
        self.assertEqual(UNTOLD, set(self.commands) - told)
        self.assertEqual(set(every_command.PLUGINS), told - set(self.commands))

        unexplained, explained = [], set()
        for exchange, text in self.objections([e for e in self.exchanges if e["path"] in told]):
            mistake = next((m for m in MISTAKES if m.command == exchange["path"] and re.fullmatch(m.objection, text) and
                            m.parameters.items() <= exchange["parameters"].items()), None)
            if mistake:
                explained.add(mistake.objection)
            else:
                unexplained.append((text, exchange))

        self.assertEqual([], unexplained)
        self.assertEqual({m.objection for m in MISTAKES}, explained)

    def test_replies_follow_our_own_document(self):
        registered = [e for e in self.exchanges if e["path"] in self.commands]
        self.assertEqual([], self.objections(registered, document=self.document))

    def test_our_own_document_is_valid_openapi_and_holds_every_command(self):
        self.assertEqual({"version": "3.1", "errors": []}, npm.ask("validate_document.mjs", self.document))
        self.assertEqual({"openapi.json", *self.commands}, {path.lstrip("/") for path in self.document["paths"]})


if __name__ == "__main__":
    running.main()
