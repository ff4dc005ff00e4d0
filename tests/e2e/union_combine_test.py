"""union and combine: the same calls on the same folders leave the same as with rclone, whatever the policies."""
import base64
import hashlib
import json
import os
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import s3_cloud  # noqa: E402
import trees  # noqa: E402

# Those whose choice does not depend on what else happens on the disk, or on chance. A folder does not tell its number of
# objects. "newest" of rclone finds no place for anything at the top.
POLICIES = ["all", "epall", "epff", "ff", "eplno", "lno"]
ALL_POLICIES = POLICIES + ["eplfs", "lfs", "eplus", "lus", "epmfs", "mfs", "eprand", "rand", "newest"]
UPSTREAMS = ["u1", "u2", "u3"]
TIME = 1_500_000_000_123_456_789
FILES = {"u1/both": b"1", "u2/both": b"22", "u1/only1": b"one", "u3/only3": b"three", "u1/d/x": b"x", "u2/d/y": b"yy", "u2/d/e/z": b"z",
         "u3/d/x": b"xxx", "u3/free/f": b"f"}


class Peer:
    """One of the two, with folders of its own."""

    def __init__(self, daemon, folder):
        self.daemon, self.folder = daemon, folder

    def restore(self):
        for name in UPSTREAMS + ["out"]:
            for path in sorted(Path(self.folder, name).rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            os.makedirs(f"{self.folder}/{name}", exist_ok=True)
        for number, (name, content) in enumerate(FILES.items()):
            trees.write(f"{self.folder}/{name}", content, TIME + number * 1_000_000_000)
        trees.write(f"{self.folder}/in/new", b"new", TIME)
        trees.write(f"{self.folder}/in/d/x", b"changed", TIME)
        trees.write(f"{self.folder}/in/deep/er/f", b"f", TIME)

    def call(self, command, **parameters):
        """(status, what the answer says that is not of this folder)"""
        text = json.dumps(parameters).replace("$W", self.folder)
        status, _, body = self.daemon.post(command, json.loads(text))
        return status, json.loads(body)

    def tree(self):
        """path -> content and time, None for a directory"""
        found = {}
        for name in UPSTREAMS + ["out"]:
            for path in Path(self.folder, name).rglob("*"):
                found[str(path.relative_to(self.folder))] = None if path.is_dir() else (path.read_bytes(), path.stat().st_mtime_ns)
        return found


def shown(peer, fs):
    """Path -> size and kind, of all that the remote shows."""
    status, answer = peer.call("operations/list", fs=fs, remote="", opt={"recurse": True, "noMimeType": True})
    return status, {item["Path"]: (item["IsDir"], None if item["IsDir"] else item["Size"], None if item["IsDir"] else item["ModTime"])
                    for item in answer.get("list", [])}


class UnionAndCombine(running.DaemonTest):
    @classmethod
    def setUpClass(cls):
        cls.keep = running.stack()
        keep, cls.folder = cls.keep.__enter__()
        cls.peers = []
        for name, start in [("ours", lambda folder: running.Daemon(cls.binary, folder)),
                            ("theirs", lambda folder: running.Rclone(folder, "--rc-no-auth"))]:
            folder = f"{cls.folder}/{name}"
            os.mkdir(folder)
            Path(folder, "rclone.conf").write_text(cls.configuration(folder))
            daemon = start(folder)
            keep.callback(daemon.close)
            cls.peers.append(Peer(daemon, folder))
        cls.daemon = cls.peers[0].daemon

    @classmethod
    def tearDownClass(cls):
        cls.keep.__exit__(None, None, None)

    def setUp(self):
        for peer in self.peers:
            peer.restore()

    @staticmethod
    def configuration(folder):
        text = ""
        def union(name, suffixes=("", "", ""), **options):
            places = " ".join(f"{folder}/{u}{suffix}" for u, suffix in zip(UPSTREAMS, suffixes))
            lines = "".join(f"{key} = {value}\n" for key, value in options.items())
            return f"[{name}]\ntype = union\nupstreams = {places}\n{lines}\n"
        for policy in ALL_POLICIES:
            text += union(f"create_{policy}", create_policy=policy, min_free_space="1M")
            text += union(f"action_{policy}", action_policy=policy, min_free_space="1M", create_policy="ff")
            text += union(f"search_{policy}", search_policy=policy, min_free_space="1M", create_policy="ff")
        text += union("usual", create_policy="ff")
        text += union("newest", action_policy="newest", search_policy="newest", create_policy="epall")
        text += union("ro", (":ro", "", ":ro"), create_policy="ff")
        text += union("nc", (":nc", "", ""), create_policy="ff")
        text += union("back", ("", ":writeback", ""), search_policy="ff")
        text += f"[co]\ntype = combine\nupstreams = one={folder}/u1 two={folder}/u2 three={folder}/u3/free\n\n"
        text += "[mixed]\ntype = combine\nupstreams = here=usual: there=:memory:bucket\n\n"
        text += "[locked]\ntype = crypt\nremote = usual:locked\npassword = YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ\n\n"
        return text

    def both(self, command, **parameters):
        """The call at both peers: the same status. Ours is given back."""
        ours, theirs = (peer.call(command, **parameters) for peer in self.peers)
        self.assertEqual(theirs[0], ours[0], (command, parameters, ours, theirs))
        return ours

    def assert_same_trees(self):
        self.assertEqual(self.peers[1].tree(), self.peers[0].tree())

    def assert_same_shown(self, fs):
        self.assertEqual(shown(self.peers[1], fs), shown(self.peers[0], fs))

    def compare(self, fs, without=()):
        """All kinds of changes, one after the other, but for the commands to leave out."""
        self.assert_same_shown(fs)
        calls = [("operations/copyfile", {"srcFs": "$W/in", "srcRemote": "new", "dstFs": fs, "dstRemote": "new"}),
                 ("operations/copyfile", {"srcFs": "$W/in", "srcRemote": "new", "dstFs": fs, "dstRemote": "free/new"}),
                 ("operations/copyfile", {"srcFs": "$W/in", "srcRemote": "d/x", "dstFs": fs, "dstRemote": "d/x"}),
                 ("operations/copyfile", {"srcFs": "$W/in", "srcRemote": "new", "dstFs": fs, "dstRemote": "made/on/the/way"}),
                 ("operations/mkdir", {"fs": fs, "remote": "empty/dir"}),
                 ("operations/movefile", {"srcFs": fs, "srcRemote": "d/y", "dstFs": fs, "dstRemote": "d/moved"}),
                 ("operations/deletefile", {"fs": fs, "remote": "both"}),
                 ("operations/rmdir", {"fs": fs, "remote": "empty/dir"}),
                 ("operations/deletefile", {"fs": fs, "remote": "none"}),
                 ("sync/copy", {"srcFs": "$W/in", "dstFs": fs}),
                 ("sync/copy", {"srcFs": fs, "dstFs": "$W/out"})]
        for command, parameters in calls:
            if command in without:
                continue
            with self.subTest((fs, command, parameters)):
                self.both(command, **parameters)
                self.assert_same_trees()
                self.assert_same_shown(fs)

    def test_create_policies(self):
        for policy in POLICIES:
            if policy == "epff":
                continue  # rclone takes the upstream that answers first
            self.setUp()
            self.compare(f"create_{policy}:")

    def test_action_policies(self):
        for policy in POLICIES:
            self.setUp()
            self.compare(f"action_{policy}:")

    def test_search_policies(self):
        for policy in POLICIES:
            self.setUp()
            self.compare(f"search_{policy}:")

    def test_the_newest(self):
        self.compare("newest:", ["operations/rmdir"])  # directories made at the same moment

    def test_upstreams_that_are_not_for_all(self):
        # rclone stores what is hidden by an upstream that is only read, and then takes the hidden one for the stored one.
        for fs, without in [("ro:", ["sync/copy"]), ("nc:", [])]:
            self.setUp()
            self.compare(fs, without)

    def test_below_the_root(self):
        for fs in ["usual:d", "usual:none", "usual:d/e"]:
            self.setUp()
            self.compare(fs)

    def test_what_is_read_is_written_back(self):
        ours = self.peers[0]
        before = ours.tree()
        self.assertEqual((200, {}), ours.call("sync/copy", srcFs="back:d", dstFs="$W/out"))
        after = ours.tree()
        self.assertEqual({"u2/d/x": before["u1/d/x"]}, {path: after[path] for path in after.keys() - before.keys() if path.startswith("u")})
        self.assertEqual(before["u1/d/x"], after["out/x"])

    def test_a_second_sync_has_nothing_to_do(self):
        for policy in ALL_POLICIES:
            with self.subTest(policy):
                self.setUp()
                for number in range(2):
                    group = f"{policy} {number}"
                    self.peers[0].call("sync/sync", srcFs="$W/in", dstFs=f"create_{policy}:", _group=group)
                    stats = self.daemon.call("core/stats", group=group)
                    self.assertEqual(0, stats["errors"], stats)
                self.assertEqual((0, 0), (stats["transfers"], stats["deletes"]), stats)
                self.peers[0].call("sync/copy", srcFs=f"create_{policy}:", dstFs="$W/out")
                self.assertEqual([], trees.differences(f"{self.peers[0].folder}/in", f"{self.peers[0].folder}/out"))

    def test_what_is_free_is_added_up(self):
        (_, ours), (_, theirs) = (peer.call("operations/about", fs="usual:") for peer in self.peers)
        self.assertEqual(theirs.keys(), ours.keys())
        self.assertEqual(theirs["total"], ours["total"])

    def test_combine(self):
        for fs in ["co:", "co:one", "co:two/d", "co:none", "co:one/none"]:
            self.assert_same_shown(fs)
        calls = [("operations/copyfile", {"srcFs": "$W/in", "srcRemote": "new", "dstFs": "co:", "dstRemote": "one/a/b"}),
                 ("operations/copyfile", {"srcFs": "$W/in", "srcRemote": "new", "dstFs": "co:", "dstRemote": "beside"}),
                 ("operations/copyfile", {"srcFs": "co:", "srcRemote": "two/d/y", "dstFs": "co:", "dstRemote": "three/y"}),
                 ("operations/movefile", {"srcFs": "co:", "srcRemote": "one/only1", "dstFs": "co:", "dstRemote": "two/only1"}),
                 ("operations/movefile", {"srcFs": "co:one", "srcRemote": "both", "dstFs": "co:three", "dstRemote": "both"}),
                 ("operations/mkdir", {"fs": "co:", "remote": "two/new/dir"}),
                 ("operations/mkdir", {"fs": "co:", "remote": "nowhere"}),
                 ("operations/mkdir", {"fs": "co:", "remote": ""}),
                 ("operations/rmdir", {"fs": "co:", "remote": "two/new/dir"}),
                 ("operations/rmdirs", {"fs": "co:two", "remote": ""}),
                 ("operations/deletefile", {"fs": "co:", "remote": "one/d/x"}),
                 ("operations/deletefile", {"fs": "co:", "remote": "none/x"}),
                 ("operations/stat", {"fs": "co:", "remote": "two"}),
                 ("operations/stat", {"fs": "co:", "remote": "none"}),
                 ("sync/copy", {"srcFs": "$W/in", "dstFs": "co:two/in"}),
                 ("sync/move", {"srcFs": "co:two/in", "dstFs": "co:one/in"}),
                 ("sync/sync", {"srcFs": "co:", "dstFs": "$W/out"}),
                 ("operations/purge", {"fs": "co:", "remote": "two/d"}),
                 ("operations/size", {"fs": "co:"})]
        for command, parameters in calls:
            with self.subTest((command, parameters)):
                self.both(command, **parameters)
                self.assert_same_trees()
                self.assert_same_shown("co:")

    def test_one_over_the_other(self):
        ours = self.peers[0]
        for fs in ["mixed:there", "mixed:here/below", "locked:"]:
            with self.subTest(fs):
                self.assertEqual((200, {}), ours.call("sync/copy", srcFs="$W/in", dstFs=fs))
                self.assertEqual((200, {}), ours.call("sync/copy", srcFs=fs, dstFs=f"$W/out/{fs}"))
                self.assertEqual([], trees.differences(f"{ours.folder}/in", f"{ours.folder}/out/{fs}"))
        self.assertEqual((200, {}), ours.call("sync/move", srcFs="mixed:there", dstFs="mixed:here/moved"))
        self.assertEqual({"count": 0, "bytes": 0, "sizeless": 0}, ours.call("operations/size", fs="mixed:there")[1])
        self.assertEqual((200, {}), ours.call("operations/purge", fs="mixed:", remote="here/moved"))

    def test_the_hash_of_an_object_in_parts_is_stored_with_it_behind_them(self):
        cloud = s3_cloud.S3Cloud("one")
        self.addCleanup(cloud.close)
        options = "".join(f",{key}='{value}'" for key, value in cloud.options(upload_cutoff="5M").items() if key != "type")
        content = bytes(range(256)) * (11 << 12)  # 11 MiB
        trees.write(f"{self.peers[0].folder}/large/large", content, TIME)
        remotes = {name: f":s3{options}:one/{name}" for name in ["first", "second", "encrypted"]}
        quoted = {name: '"' + text.replace('"', '""') + '"' for name, text in remotes.items()}
        for front in [{"type": "union", "upstreams": " ".join(quoted[name] for name in ["first", "second"]), "create_policy": "all"},
                      {"type": "combine", "_root": "there", "upstreams": '"there=' + remotes["first"] + '"'},
                      {"type": "crypt", "remote": remotes["encrypted"], "filename_encryption": "off",
                       "password": self.daemon.call("core/obscure", clear="x")["obscured"]}]:
            with self.subTest(front["type"]):
                cloud.buckets["one"].objects.clear()
                self.daemon.call("sync/copy", srcFs=f"{self.peers[0].folder}/large", dstFs=front)
                stored = cloud.buckets["one"].objects
                self.assertEqual({"union": 2, "combine": 1, "crypt": 1}[front["type"]], len(stored))
                told = base64.b64encode(hashlib.md5(content).digest()).decode()
                for key, one in stored.items():
                    self.assertEqual(None if front["type"] == "crypt" else told, one.fields.get("x-amz-meta-md5chksum"), key)

    def test_nothing_stays_in_use(self):
        self.peers[0].call("sync/copy", srcFs="usual:", dstFs="mixed:here/copied")
        self.daemon.call("fscache/clear")

        def used():
            return {series: value for series, value in self.daemon.samples().items() if value
                    and (series.startswith("argosy_connections{") and 'remote="rc"' not in series
                         or series.startswith("argosy_actors{") and re.search('kind="(connection|pool|transfer|sync)"', series))}
        running.wait_for(lambda: not used(), 30, lambda: f"nothing is in use: {used()}")


if __name__ == "__main__":
    running.main()
