"""crypt: what rclone wrote is read here and the reverse, in every form of names; what was altered is never taken for content."""
import json
import os
import random
import re
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402

# Passwords "potato" and "sausage", obscured.
PASSWORDS = "password = YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ\npassword2 = GyjBuVq3mAOKlBvjgKbu2UKg5cxFShs\n"
MODES = [(names, encoding, directories) for names in ["standard", "obfuscate", "off"]
         for encoding in ["base32", "base64", "base32768"] for directories in ["true", "false"]]
BLOCK = 65536
SIZES = [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 5_000_000]
NAMES = ["with space", "caf\u00e9", "\u65e5\u672c\u8a9e", "\U0001f600", "a:b", "-dash", "%41", "*?<>|", "back\\slash", "quote\"'", "...",
         ".hidden", "!bang!", "2001", "AZaz09", "new\nline", "tab\t", "x.partial", "n" * 140]
VERSION = "name.ext-v2001-02-03-040506-123.txt"  # rclone finds a directory of such a name, but not what is in it


def section(name, remote, *lines):
    return f"[{name}]\ntype = crypt\nremote = {remote}\n{PASSWORDS}" + "".join(f"{line}\n" for line in lines) + "\n"


class Crypt(running.DaemonTest):
    @classmethod
    def setUpClass(cls):
        cls.keep = running.stack()
        keep, cls.all_folders = cls.keep.__enter__()
        text = ""
        for mode in MODES:
            name = "_".join(mode)
            text += section(name, f"{cls.all_folders}/stored/{name}", f"filename_encryption = {mode[0]}",
                            f"filename_encoding = {mode[1]}", f"directory_name_encryption = {mode[2]}")
        text += section("plain", f"{cls.all_folders}/stored/plain", "no_data_encryption = true", "filename_encryption = off",
                        "suffix = none")
        text += section("c", f"{cls.all_folders}/stored/c")
        text += section("strict", f"{cls.all_folders}/stored/c", "strict_names = true")
        text += section("rescue", f"{cls.all_folders}/stored/c", "pass_bad_blocks = true")
        text += section("mem", ":memory:bucket")
        text += section("twice", "c:inner")
        text += f"[wrong]\ntype = crypt\nremote = {cls.all_folders}/stored/c\npassword = YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ\n\n"
        text += f"[wrong_key]\ntype = crypt\nremote = {cls.all_folders}/stored/off_base32_true\n" \
                "password = YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ\nfilename_encryption = off\n\n"
        Path(cls.all_folders, "rclone.conf").write_text(text)
        cls.source = f"{cls.all_folders}/source"
        chance = random.Random(1)
        for size in SIZES:
            trees.write(f"{cls.source}/sizes/{size}", chance.randbytes(size), trees.random_time(chance))
        for name in NAMES + [VERSION]:
            trees.write(f"{cls.source}/names/{name}", name.encode(), 1_500_000_000_123_456_789)
        for name in NAMES:
            trees.write(f"{cls.source}/folders/{name}/inner/file", name.encode(), 1_500_000_000_123_456_789)
        cls.daemon = running.Daemon(cls.binary, cls.all_folders)
        keep.callback(cls.daemon.close)
        cls.rclone = running.Rclone(cls.all_folders, "--rc-no-auth")
        keep.callback(cls.rclone.close)

    @classmethod
    def tearDownClass(cls):
        cls.keep.__exit__(None, None, None)

    def setUp(self):
        self.folder = os.path.join(self.all_folders, self._testMethodName)
        os.mkdir(self.folder)

    def assert_same(self, source, copy):
        self.assertEqual([], trees.differences(source, copy))

    def stored(self, name):
        """The one encrypted file of a crypt remote that holds one."""
        files = list(trees.walk_files(f"{self.all_folders}/stored/{name}"))
        self.assertEqual(1, len(files), files)
        return os.path.join(f"{self.all_folders}/stored/{name}", os.fsdecode(files[0]))

    def put_one(self, content):
        """`content` as the only file of c:, and where it is stored."""
        shutil.rmtree(f"{self.all_folders}/stored/c", ignore_errors=True)
        trees.write(self.path("one/file.txt"), content, 1_500_000_000_000_000_000)
        self.daemon.call("sync/copy", srcFs=self.path("one"), dstFs="c:")
        return self.stored("c")

    @staticmethod
    def backend(peer, command, name, arguments):
        return json.loads(peer.post("backend/command", {"command": command, "fs": f"{name}:", "arg": arguments})[2])["result"]

    # -- both ways -------------------------------------------------------------------------------------------------

    def test_rclone_reads_what_was_written_here_and_the_reverse(self):
        for mode in MODES:
            name = "_".join(mode)
            with self.subTest(name):
                self.daemon.call("sync/copy", srcFs=self.source, dstFs=f"{name}:ours")
                self.rclone.call("sync/copy", srcFs=f"{name}:ours", dstFs=self.path(name, "by rclone"))
                self.assert_same(self.source, self.path(name, "by rclone"))

                self.rclone.call("sync/copy", srcFs=self.source, dstFs=f"{name}:theirs")
                self.daemon.call("sync/copy", srcFs=f"{name}:theirs", dstFs=self.path(name, "by us"))
                self.assert_same(self.source, self.path(name, "by us"))

    def test_both_store_the_same_names_and_sizes(self):
        def shape(folder):
            return {name: os.path.getsize(os.path.join(os.fsencode(folder), name)) for name in trees.walk_files(folder)}
        for mode in MODES:
            name = "_".join(mode)
            with self.subTest(name):
                self.daemon.call("sync/copy", srcFs=self.source, dstFs=f"{name}:")
                ours = shape(f"{self.all_folders}/stored/{name}")
                self.daemon.call("operations/purge", fs=f"{name}:", remote="")
                self.rclone.call("sync/copy", srcFs=self.source, dstFs=f"{name}:")
                self.assertEqual(shape(f"{self.all_folders}/stored/{name}"), ours)
                self.rclone.call("operations/purge", fs=f"{name}:", remote="")

    def test_content_without_encryption_is_the_content(self):
        self.daemon.call("sync/copy", srcFs=self.source, dstFs="plain:")
        self.assert_same(self.source, f"{self.all_folders}/stored/plain")

    def test_crypt_over_memory_and_over_crypt(self):
        for fs in ["mem:", "twice:"]:
            with self.subTest(fs):
                source = f"{self.source}/sizes"
                self.daemon.call("sync/copy", srcFs=source, dstFs=fs)
                self.assertEqual({"count": len(SIZES), "bytes": sum(SIZES), "sizeless": 0}, self.daemon.call("operations/size", fs=fs))
                self.daemon.call("sync/copy", srcFs=fs, dstFs=self.path(fs))
                self.assert_same(source, self.path(fs))
                self.daemon.call("operations/purge", fs=fs, remote="")

    # -- syncs and single files --------------------------------------------------------------------------------------

    def test_a_second_sync_has_nothing_to_do(self):
        for transfers, deletes in [(len(list(trees.walk_files(self.source))), 0), (0, 0)]:
            group = f"sync {transfers}"
            self.daemon.call("sync/sync", srcFs=self.source, dstFs="c:s", _group=group)
            stats = self.daemon.call("core/stats", group=group)
            self.assertEqual((transfers, deletes, 0), (stats["transfers"], stats["deletes"], stats["errors"]), stats)
        trees.write(self.path("few/sizes/1"), b"changed", 1_600_000_000_000_000_000)
        self.daemon.call("sync/sync", srcFs=self.path("few"), dstFs="c:s")
        self.daemon.call("sync/copy", srcFs="c:s", dstFs=self.path("back"))
        self.assert_same(self.path("few"), self.path("back"))
        self.daemon.call("operations/purge", fs="c:", remote="")

    def test_statistics_count_decrypted_bytes(self):
        self.put_one(b"x" * 100_000)
        self.daemon.call("sync/copy", srcFs="c:", dstFs=self.path("back"), _group="decrypted")
        self.assertEqual(100_000, self.daemon.call("core/stats", group="decrypted")["bytes"])

    def test_a_remote_that_points_at_a_file(self):
        self.put_one(b"content")
        for fs in ["c:file.txt", "c:dir/../file.txt"]:
            ours, theirs = (json.loads(peer.post("sync/copy", {"srcFs": fs, "dstFs": self.path("back")})[2])["error"]
                            for peer in [self.daemon, self.rclone])
            self.assertEqual("is a file not a directory" if fs == "c:file.txt" else "directory not found", ours)
            self.assertEqual(theirs, ours)

    def test_moves_within_a_remote_rename(self):
        stored = self.put_one(b"content")
        before = Path(stored).read_bytes()
        self.daemon.call("operations/movefile", srcFs="c:", srcRemote="file.txt", dstFs="c:", dstRemote="dir/moved")
        self.assertEqual(before, Path(self.stored("c")).read_bytes())
        self.daemon.call("sync/move", srcFs="c:dir", dstFs="c:other")
        self.assertEqual(["other", "other/moved"], sorted(
            item["Path"] for item in self.daemon.call("operations/list", fs="c:", remote="", opt={"recurse": True})["list"]))
        self.assertEqual(before, Path(self.stored("c")).read_bytes())

    def test_names_by_command_are_those_of_rclone(self):
        for name in ["standard_base32_true", "standard_base64_false", "standard_base32768_true", "obfuscate_base32_true",
                     "off_base32_true"]:
            with self.subTest(name):
                names = [f"dir/{odd}" for odd in NAMES + [VERSION] if "\n" not in odd and "\t" not in odd]
                ours, theirs = (self.backend(peer, "encode", name, names) for peer in [self.daemon, self.rclone])
                self.assertEqual(theirs, ours)
                self.assertEqual(names, self.backend(self.daemon, "decode", name, ours))

    # -- what is wrong -----------------------------------------------------------------------------------------------

    def test_another_password_shows_nothing(self):
        self.put_one(b"content")
        self.assertEqual([], self.daemon.call("operations/list", fs="wrong:", remote="")["list"])

    def test_another_password_reads_nothing(self):
        trees.write(self.path("one/file"), b"content")
        self.daemon.call("sync/copy", srcFs=self.path("one"), dstFs="off_base32_true:wrong")
        self.addCleanup(self.daemon.call, "operations/purge", fs="off_base32_true:wrong", remote="")
        self.assertIn("failed to authenticate decrypted block - bad password?", self.daemon.fails(
            "operations/copyfile", srcFs="wrong_key:wrong", srcRemote="file", dstFs=self.folder, dstRemote="out"))
        self.assertFalse(os.path.exists(self.path("out")))

    def test_cut_and_altered_files_leave_nothing(self):
        content = random.Random(2).randbytes(3 * BLOCK + 1000)
        stored = self.put_one(content)
        whole = Path(stored).read_bytes()

        def flipped(at):
            return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:]
        second, last = 32 + BLOCK + 16, 32 + 3 * (BLOCK + 16)
        rows = [(flipped(0), "not an encrypted file - bad magic string"), (flipped(10), "bad password?"), (flipped(32), "bad password?"),
                (flipped(second + 1000), "bad password?"), (flipped(len(whole) - 1), "bad password?"),
                (b"", "file is too short to be encrypted"), (whole[:31], "file is too short to be encrypted"),
                (whole[:second + 16], "file has truncated block header"), (whole[:second + 17], "bad password?"),
                (whole[:-1], "bad password?"), (whole[:last + 1], "file has truncated block header"), (whole + b"x", "bad password?"),
                (whole[:second] + whole[last:], "bad password?")]
        for number, (altered, text) in enumerate(rows):
            with self.subTest(number):
                Path(stored).write_bytes(altered)
                out = self.path(f"out {number}")
                self.assertIn(text, self.daemon.fails("operations/copyfile", srcFs="c:", srcRemote="file.txt", dstFs=out, dstRemote="copy"))
                self.daemon.post("sync/copy", {"srcFs": "c:", "dstFs": out})
                self.assertEqual([], list(trees.walk_files(out)))
        Path(stored).write_bytes(whole)
        self.daemon.call("operations/copyfile", srcFs="c:", srcRemote="file.txt", dstFs=self.folder, dstRemote="copy")
        self.assertEqual(content, Path(self.path("copy")).read_bytes())

    def test_what_is_left_of_a_damaged_file_can_be_had(self):
        content = random.Random(3).randbytes(3 * BLOCK)
        stored = self.put_one(content)
        with open(stored, "r+b") as file:
            file.seek(32 + BLOCK + 16 + 5000)
            file.write(b"damaged")
        self.daemon.call("operations/copyfile", srcFs="rescue:", srcRemote="file.txt", dstFs=self.folder, dstRemote="copy")
        self.assertEqual(content[:BLOCK] + bytes(BLOCK) + content[2 * BLOCK:], Path(self.path("copy")).read_bytes())

    def test_foreign_names_are_left_out_or_refused(self):
        stored = self.put_one(b"content")
        trees.write(os.path.join(os.path.dirname(stored), "foreign file"), b"x")
        self.assertEqual(["file.txt"], [item["Path"] for item in self.daemon.call("operations/list", fs="c:", remote="")["list"]])
        self.assertIn("there were 1 undecryptable name errors. first error: foreign file: undecryptable file name detected: ",
                      self.daemon.fails("operations/list", fs="strict:", remote=""))

    # -- what is left ------------------------------------------------------------------------------------------------

    def test_nothing_stays_in_use(self):
        self.put_one(b"content")
        self.daemon.call("sync/copy", srcFs="c:", dstFs=self.path("back"))
        self.daemon.call("fscache/clear")

        def used():
            return {series: value for series, value in self.daemon.samples().items() if value
                    and (series.startswith("argosy_connections{") and 'remote="rc"' not in series
                         or series.startswith("argosy_actors{") and re.search('kind="(connection|pool|transfer|sync)"', series))}
        running.wait_for(lambda: not used(), 30, lambda: f"nothing is in use: {used()}")


if __name__ == "__main__":
    running.main()
