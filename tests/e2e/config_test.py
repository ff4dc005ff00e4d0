"""The configuration file: what rclone and Argosy write, the other reads, plain and encrypted (rc-surface 6)."""
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)

# rc-surface 7.2: the section x of type local, password asdf.
ENCRYPTED = ("# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\n"
             "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXNhepxpEDR+FE3ZR4DtNXpItDPkoj57XaEax7DEgUmWIBHA==\n")
CANNOT_ASK = ("unable to decrypt configuration and not allowed to ask for password - set RCLONE_CONFIG_PASS to your "
              "configuration password")
AWKWARD = {"plain": "value", "equals": "a = b : c", "spaces": "  kept  ", "hash": "# no comment", "semicolon": "; neither",
           "quote": "it's \"quoted\"", "unicode": "Grüße \u2028 ✓", "long": "x" * 5000, "backslash": "C:\\new\\table"}


def rclone(config, *arguments, environment=None):
    """What rclone prints, with this configuration."""
    done = subprocess.run([running.needed("rclone"), "--config", str(config), "--ask-password=false", *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          env={**os.environ, **(environment or {})})
    if done.returncode:
        raise AssertionError(f"rclone {arguments} failed: {done.stderr}")
    return done.stdout


def sections(config, environment=None):
    """The file as rclone reads it: section -> {key: value}."""
    return json.loads(rclone(config, "config", "dump", environment=environment))


class Files(running.DaemonTest):
    def setUp(self):
        self.folder = self.enterContext(running.stack())[1]
        self.config = Path(self.folder, "rclone.conf")

    def daemon_with(self, text=None, *flags, environment=None):
        if text is not None:
            self.config.write_text(text)
        return self.start_daemon(*flags, environment=environment)

    def test_rclone_reads_what_we_write(self):
        daemon = self.daemon_with("# on top\n[first]\n; about the type\ntype = alias\nremote = /\n\n[second]\ntype = memory\n")
        daemon.call("config/create", name="third", type="alias", parameters={"remote": "/tmp", **AWKWARD})
        daemon.call("config/update", name="first", parameters={"remote": "/usr"})
        daemon.call("config/create", name="with space.and-more_1", type="memory", parameters={})

        self.assertEqual({"first": {"type": "alias", "remote": "/usr"}, "second": {"type": "memory"},
                          "third": {"type": "alias", "remote": "/tmp", **AWKWARD}, "with space.and-more_1": {"type": "memory"}},
                         sections(self.config))
        self.assertEqual(daemon.call("config/dump"), sections(self.config))
        self.assertTrue(self.config.read_text().startswith("# on top\n[first]\n; about the type\ntype = alias\n"))

    def test_we_read_what_rclone_writes(self):
        daemon = self.daemon_with()
        values = {key: value for key, value in AWKWARD.items() if key != "spaces"}  # rclone loses these itself
        rclone(self.config, "config", "create", "made", "alias", "remote=/tmp", *(f"{key}={value}" for key, value in values.items()))
        self.assertEqual({"made": {"type": "alias", "remote": "/tmp", **values}}, daemon.call("config/dump"))
        rclone(self.config, "config", "delete", "made")
        self.assertEqual({}, daemon.call("config/dump"))

    def test_obscured_passwords_both_ways(self):
        daemon = self.daemon_with()
        obscured = daemon.call("core/obscure", clear="pässword ✓")["obscured"]
        self.assertEqual("pässword ✓\n", rclone(self.config, "reveal", "--", obscured))
        daemon.call("config/create", name="m", type="memory", parameters={})
        daemon.call("config/password", name="m", parameters={"secret": "from us"})
        self.assertEqual("from us\n", rclone(self.config, "reveal", "--", sections(self.config)["m"]["secret"]))

    def test_rclone_opens_what_we_encrypt(self):
        secret = {"RCLONE_CONFIG_PASS": "asdf"}
        daemon = self.daemon_with(ENCRYPTED, environment=secret)
        daemon.call("config/create", name="added", type="alias", parameters={"remote": "/tmp", **AWKWARD})
        self.assertEqual({"x": {"type": "local"}, "added": {"type": "alias", "remote": "/tmp", **AWKWARD}},
                         sections(self.config, secret))
        text = self.config.read_text()
        self.assertTrue(text.startswith("# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\n"), text)
        self.assertNotIn("added", text)

    def test_we_open_what_rclone_encrypts(self):
        secret = {"RCLONE_CONFIG_PASS": " with blanks and Ünïcode "}
        daemon = self.daemon_with("", "--ask-password=false", environment=secret)
        daemon.call("config/unlock", configPassword=secret["RCLONE_CONFIG_PASS"])
        daemon.call("config/create", name="ours", type="memory", parameters={})
        rclone(self.config, "config", "create", "theirs", "alias", "remote=/tmp", environment=secret)
        self.assertIn("RCLONE_ENCRYPT_V0", self.config.read_text())
        self.assertEqual({"ours": {"type": "memory"}, "theirs": {"type": "alias", "remote": "/tmp"}}, daemon.call("config/dump"))

    def test_unlocking(self):
        daemon = self.daemon_with(ENCRYPTED)
        path = str(self.config)
        for command, parameters in [("config/dump", {}), ("config/listremotes", {}), ("config/get", {"name": "x"}),
                                    ("config/create", {"name": "y", "type": "memory", "parameters": {}}),
                                    ("operations/list", {"fs": "x:/", "remote": ""})]:
            with self.subTest(command):
                self.assertEqual(f'failed to load config file "{path}": {CANNOT_ASK}', daemon.fails(command, **parameters))
        self.assertEqual(ENCRYPTED, self.config.read_text())

        self.assertEqual('Didn\'t find key "configPassword" in input', daemon.fails("config/unlock"))
        self.assertEqual("failed to set config password", daemon.fails("config/unlock", configPassword=" "))
        self.assertEqual({}, daemon.call("config/unlock", configPassword="wrong"))
        self.assertIn(CANNOT_ASK, daemon.fails("config/dump"))
        self.assertEqual({}, daemon.call("config/unlock", config_password="asdf"))
        self.assertEqual({"x": {"type": "local"}}, daemon.call("config/dump"))
        self.assertEqual({"x": {"type": "local"}}, sections(self.config, {"RCLONE_CONFIG_PASS": "asdf"}))

    def test_the_password_of_a_command(self):
        script = Path(self.folder, "print password")
        script.write_text("#!/bin/sh\nprintf '\\r\\nasdf\\r\\n\\n'\n")
        script.chmod(0o700)
        daemon = self.daemon_with(ENCRYPTED, f'--password-command="{script}"')
        self.assertEqual(["x"], daemon.call("config/listremotes")["remotes"])
        daemon.close()

        daemon = self.daemon_with(ENCRYPTED, "--password-command", "echo asdf", environment={"RCLONE_CONFIG_PASS": "wrong"})
        self.assertEqual(["x"], daemon.call("config/listremotes")["remotes"])

    def test_a_password_that_does_not_open_it_ends_the_start(self):
        rows = [({"RCLONE_CONFIG_PASS": "wrong"}, [], "using RCLONE_CONFIG_PASS env password, unable to decrypt configuration"),
                ({}, ["--password-command", "echo wrong"],
                 "using --password-command derived password, unable to decrypt configuration"),
                ({}, ["--password-command", "false"], "password command failed: exit status 1"),
                ({}, ["--password-command", "true"], "--password-command returned empty string"),
                ({}, ["--password-command", "no-such-program x"],
                 'password command failed: exec: "no-such-program": executable file not found in $PATH')]
        self.config.write_text(ENCRYPTED)
        for environment, flags, text in rows:
            with self.subTest(text), self.assertRaises(AssertionError) as ended:
                self.start_daemon(*flags, environment=environment)
            self.assertIn(f'failed to load config file "{self.config}": {text}\n', str(ended.exception))
        self.assertEqual(ENCRYPTED, self.config.read_text())

    def test_questions_and_answers(self):
        daemon = self.daemon_with("")
        ask = {"nonInteractive": True, "all": True}
        first = daemon.call("config/create", name="n", type="alias", parameters={}, opt=ask)
        self.assertEqual(("*all-set,0,false", "remote", ""), (first["State"], first["Option"]["Name"], first["Error"]))
        second = daemon.call("config/update", name="n", parameters={},
                             opt={**ask, "continue": True, "state": first["State"], "result": "/tmp"})
        self.assertEqual(("*all-advanced", "config_fs_advanced"), (second["State"], second["Option"]["Name"]))
        last = {"continue": True, "state": second["State"], "result": "false"}
        self.assertEqual({}, daemon.call("config/update", name="n", parameters={}, opt=last))
        self.assertEqual({"State": "", "Option": None, "Error": "", "Result": ""},
                         daemon.call("config/update", name="n", parameters={}, opt={**last, "nonInteractive": True}))
        self.assertEqual({"type": "alias", "remote": "/tmp"}, daemon.call("config/get", name="n"))
        self.assertEqual({"State": "", "Option": None, "Error": "", "Result": ""},
                         daemon.call("config/password", name="n", parameters={}, opt={"nonInteractive": True}))

    def test_providers_tell_how_options_are_given(self):
        providers = {one["Name"]: one for one in self.daemon_with("").call("config/providers")["providers"]}
        options = {one["Name"]: one for one in providers["local"]["Options"]}
        self.assertEqual([("L", True), ("l", True), ("x", True)],
                         [(options[name]["ShortOpt"], options[name]["NoPrefix"]) for name in ("copy_links", "links", "one_file_system")])
        self.assertFalse(options["no_sparse"]["NoPrefix"])
        self.assertNotIn("ShortOpt", options["no_sparse"])
        for provider in providers.values():
            self.assertEqual(["Name", "Description", "Prefix", "Options", "CommandHelp", "Aliases", "Hide", "MetadataInfo", "Overview"],
                             list(provider))
            self.assertEqual("description", provider["Options"][-1]["Name"])

    def test_another_file(self):
        daemon = self.daemon_with("[a]\ntype = memory\n")
        other = Path(self.folder, "other.conf")
        other.write_text("[b]\ntype = alias\nremote = /\n")
        daemon.call("operations/list", fs="a:", remote="")

        self.assertEqual({}, daemon.call("config/setpath", path=str(other)))
        self.assertEqual({"b": {"type": "alias", "remote": "/"}}, daemon.call("config/dump"))
        self.assertEqual(str(other), daemon.call("config/paths")["config"])
        self.assertIn("didn't find section in config file", daemon.fails("operations/list", fs="a:", remote=""))
        daemon.call("config/update", name="b", parameters={"remote": "/tmp"})
        self.assertEqual({"b": {"type": "alias", "remote": "/tmp"}}, sections(other))
        self.assertEqual("[a]\ntype = memory\n", self.config.read_text())

        for nowhere in ["", "/dev/null", self.path("notfound")]:
            with self.subTest(nowhere):
                daemon.call("config/setpath", path=nowhere)
                self.assertEqual("", daemon.call("config/paths")["config"])
                daemon.call("config/create", name="kept", type="memory", parameters={})
                self.assertEqual({"kept": {"type": "memory"}}, daemon.call("config/dump"))
        self.assertFalse(Path(self.folder, "notfound").exists())
        self.assertEqual('Didn\'t find key "path" in input', daemon.fails("config/setpath"))

    def test_an_edit_by_hand_is_seen_and_a_broken_one_is_left_alone(self):
        daemon = self.daemon_with("[a]\ntype = memory\n")
        self.config.write_text("[a]\ntype = memory\nremote\n")
        self.assertEqual({"a": {"type": "memory"}}, daemon.call("config/dump"))
        self.assertIn("could not parse line: remote", daemon.fails("config/create", name="b", type="memory", parameters={}))
        self.assertEqual("[a]\ntype = memory\nremote\n", self.config.read_text())
        self.assertEqual({"a": {"type": "memory"}}, daemon.call("config/dump"))
        self.config.write_text("[a]\ntype = alias\nremote = /\n")
        self.assertEqual({"a": {"type": "alias", "remote": "/"}}, daemon.call("config/dump"))

    def test_a_link_stays_and_so_does_the_mode(self):
        real = Path(self.folder, "real.conf")
        real.write_text("[a]\ntype = memory\n")
        real.chmod(0o640)
        self.config.symlink_to("real.conf")
        daemon = self.daemon_with()
        daemon.call("config/create", name="b", type="memory", parameters={})
        self.assertTrue(self.config.is_symlink())
        self.assertEqual(0o640, real.stat().st_mode & 0o7777)
        self.assertEqual("[a]\ntype = memory\n\n[b]\ntype = memory\n\n", real.read_text())
        self.assertEqual({"real.conf", "rclone.conf"}, set(os.listdir(self.folder)))

    def test_two_daemons_see_what_the_other_saved(self):
        one, two = self.daemon_with(""), self.daemon_with()
        for number in range(20):
            daemon = (one, two)[number % 2]
            daemon.call("config/create", name=f"remote{number}", type="memory", parameters={})
        expected = {f"remote{number}" for number in range(20)}
        self.assertEqual(expected, set(one.call("config/dump")))
        self.assertEqual(expected, set(two.call("config/dump")))


if __name__ == "__main__":
    running.main()
