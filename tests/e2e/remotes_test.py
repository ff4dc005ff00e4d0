"""What `fs` may be: paths, connection strings, objects, sections of the configuration file (rc-surface 2.7, 0.2)."""
import json
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402

CONFIGURATION = """
[here]
type = alias
remote = {folder}/files

[below]
type = alias
remote = here:folder

[mem]
type = memory

[plain]
type = local

[nothing]
key = value

[unheard of]
type = potato
"""


class Remotes(running.DaemonTest):
    @classmethod
    def setUpClass(cls):
        cls.keep = running.stack()
        keep, cls.folder = cls.keep.__enter__()
        Path(cls.folder, "rclone.conf").write_text(CONFIGURATION.format(folder=cls.folder))
        trees.write(f"{cls.folder}/files/top", b"top", 1_500_000_000_000_000_000)
        trees.write(f"{cls.folder}/files/folder/inner", b"inner", 1_500_000_000_000_000_000)
        trees.write(f"{cls.folder}/files/with: colon, and comma/it's", b"quoted", 1_500_000_000_000_000_000)
        cls.daemon = running.Daemon(cls.binary, cls.folder, environment={
            "RCLONE_CONFIG_FROMENV_TYPE": "alias", "RCLONE_CONFIG_FROMENV_REMOTE": f"{cls.folder}/files/folder"})
        keep.callback(cls.daemon.close)

    @classmethod
    def tearDownClass(cls):
        cls.keep.__exit__(None, None, None)

    def setUp(self):
        pass

    def names(self, fs, remote=""):
        return [item["Path"] for item in self.daemon.call("operations/list", fs=fs, remote=remote)["list"]]

    def test_forms_that_mean_the_same_folder(self):
        files = f"{self.folder}/files"
        for fs in [f"{files}/folder", f"{files}/folder/", f"{files}/x/../folder", f":local:{files}/folder", f"plain:{files}/folder",
                   "here:folder", "below:", f":alias,remote={files}:folder", f":alias,remote='{files}/folder':",
                   f':alias,remote="{files}":folder', "fromenv:",
                   {"type": "local", "_root": f"{files}/folder"}, {"type": "alias", "remote": files, "_root": "folder"},
                   {"_name": "here", "_root": "folder"}, {"_name": "below"}]:
            with self.subTest(fs):
                self.assertEqual(["inner"], self.names(fs))

    def test_quoted_values_hold_what_would_end_them(self):
        inner = f"{self.folder}/files/with: colon, and comma"
        self.assertEqual(["it's"], self.names(f":alias,remote='{inner}':"))
        self.assertEqual(["it's"], self.names(f':alias,remote="{inner}":'))
        self.assertEqual(["it's"], self.names({"type": "alias", "remote": inner}))

    def test_paths_from_the_working_folder(self):
        relative = os.path.relpath(f"{self.folder}/files/folder")
        self.assertEqual(["inner"], self.names(relative))

    def test_errors_name_what_is_wrong(self):
        rows = [("nosuch:", 500, 'didn\'t find section in config file ("nosuch")'),
                ("nosuch:path/to", 500, 'didn\'t find section in config file ("nosuch")'),
                (":nosuch:", 500, 'didn\'t find backend called "nosuch"'),
                ("unheard of:", 500, 'didn\'t find backend called "potato"'),
                (":local,a-b=c:/", 500, "config parameters may only contain"),
                (":local,a='b:/", 500, "unterminated quoted config value"),
                (":local,a='b'c:/", 500, "after a quote"),
                (":local,=b:/", 500, "config parameters can't be empty"),
                ("rem*ote:", 500, "config name contains invalid characters"),
                ("", 500, "can't use empty string as a path"),
                ({"remote": "x"}, 500, 'couldn\'t find "type" or "_name" in JSON config definition'),
                ({"type": "nosuch"}, 500, 'didn\'t find backend called "nosuch"'),
                (None, 500, 'couldn\'t find "type" or "_name" in JSON config definition'),
                (5, 400, 'key "fs": Reshape failed to Unmarshal: json: cannot unmarshal number into Go value of type configmap.Simple'),
                ([], 400, 'key "fs": Reshape failed to Unmarshal: json: cannot unmarshal array into Go value of type configmap.Simple'),
                ({"type": 5}, 400, 'key "fs": Reshape failed to Unmarshal: json: cannot unmarshal number into Go value of type string'),
                (":local,case_sensitive=maybe:/", 500, 'couldn\'t parse config item "case_sensitive" = "maybe" as bool'),
                (":local,nounc=maybe:/", 500, 'couldn\'t parse config item "nounc" = "maybe" as bool'),
                (f"{self.folder}/files/top/below", 404, "directory not found"),
                (f"{self.folder}/missing", 404, "directory not found")]
        for fs, status, text in rows:
            with self.subTest(fs):
                got, _, body = self.daemon.post("operations/list", {"fs": fs, "remote": ""})
                self.assertEqual(status, got, body)
                self.assertIn(text, json.loads(body)["error"])

    def test_the_first_missing_parameter_is_named(self):
        for command, given, missing in [("operations/list", {}, "remote"), ("operations/list", {"remote": ""}, "fs"),
                                        ("operations/copyfile", {}, "srcRemote"), ("operations/copyfile", {"srcRemote": "x"}, "srcFs"),
                                        ("sync/copy", {}, "srcFs"), ("sync/copy", {"srcFs": "/"}, "dstFs")]:
            with self.subTest((command, given)):
                self.assertEqual(f'Didn\'t find key "{missing}" in input', self.daemon.fails(command, **given))

    def test_memory_keeps_what_is_put_there(self):
        files = f"{self.folder}/files"
        self.daemon.call("sync/copy", srcFs=files, dstFs="mem:bucket/below")
        self.assertEqual({"count": 3, "bytes": 14, "sizeless": 0}, self.daemon.call("operations/size", fs="mem:bucket"))
        self.daemon.call("sync/copy", srcFs="mem:bucket/below", dstFs=f"{self.folder}/back")
        self.assertEqual([], trees.differences(files, f"{self.folder}/back"))

        self.daemon.call("operations/deletefile", fs="mem:bucket", remote="below/top")
        self.daemon.call("sync/sync", srcFs="mem:bucket/below", dstFs=f"{self.folder}/back")
        self.assertEqual(["missing: b'top'"], trees.differences(files, f"{self.folder}/back"))
        self.daemon.call("operations/purge", fs="mem:bucket", remote="")
        self.assertEqual([], self.names("mem:"))

    def test_memory_without_a_section(self):
        self.daemon.call("sync/copy", srcFs=f"{self.folder}/files", dstFs=":memory:other")
        self.assertEqual(["folder", "top", "with: colon, and comma"], sorted(self.names(":memory:other")))
        self.assertEqual(["folder/inner"], self.names({"type": "memory", "_root": "other"}, "folder"))
        self.daemon.call("operations/purge", fs=":memory:other", remote="")

    def test_an_alias_writes_through(self):
        self.daemon.call("operations/copyfile", srcFs="here:", srcRemote="top", dstFs="below:", dstRemote="made/here")
        self.addCleanup(self.daemon.call, "operations/purge", fs="below:", remote="made")
        self.assertEqual(b"top", Path(self.folder, "files/folder/made/here").read_bytes())

    def test_the_information_about_a_remote_names_it(self):
        about = self.daemon.call("operations/fsinfo", fs=f"{self.folder}/files")
        self.assertEqual(("local", f"{self.folder}/files", f"{self.folder}/files"),
                         (about["Name"], about["Root"], about["String"].removeprefix("Local file system at ")))
        self.assertEqual(1, about["Precision"])
        self.assertIn("md5", about["Hashes"])
        memory = self.daemon.call("operations/fsinfo", fs="mem:bucket")
        self.assertEqual(("mem", "bucket"), (memory["Name"], memory["Root"]))

    def test_dots_in_a_request_do_not_climb(self):
        status, _, body = self.daemon.post("operations/stat", {"fs": f"{self.folder}/files/folder", "remote": "../top"})
        self.assertEqual((200, None), (status, json.loads(body)["item"]))
        self.daemon.fails("operations/deletefile", fs=f"{self.folder}/files/folder", remote="../top")
        self.assertTrue(Path(self.folder, "files/top").exists())

    def test_dots_do_not_climb_out_of_an_alias(self):
        self.assertEqual(self.names("here:"), self.names("here:../.."))
        self.assertEqual(["inner"], self.names("here:../../folder"))
        both = f":union,upstreams='{self.folder}/files {self.folder}/files/folder':"
        self.assertEqual(sorted(self.names(both)), sorted(self.names(both + "../..")))

    def test_a_move_to_itself_under_another_name_removes_nothing(self):
        trees.write(f"{self.folder}/own/file", b"precious")
        for source, destination in [(f"plain:{self.folder}/own", f"{self.folder}/own"), (f"{self.folder}/own", f"plain:{self.folder}/own")]:
            with self.subTest(source):
                self.daemon.call("sync/move", srcFs=source, dstFs=destination)
                self.assertEqual(b"precious", Path(self.folder, "own/file").read_bytes())

    def test_sections_are_listed_and_new_ones_found(self):
        self.assertTrue({"here", "below", "mem", "plain", "fromenv"} <= set(self.daemon.call("config/listremotes")["remotes"]))
        self.daemon.call("config/create", name="fresh", type="alias", parameters={"remote": f"{self.folder}/files/folder"})
        self.assertEqual(["inner"], self.names("fresh:"))
        self.daemon.call("config/delete", name="fresh")
        self.assertIn("didn't find section", self.daemon.fails("operations/list", fs="fresh:", remote=""))


if __name__ == "__main__":
    running.main()
