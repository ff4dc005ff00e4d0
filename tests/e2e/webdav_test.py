"""The storage webdav against real servers, beside rclone: the same calls on the same server leave the same files."""
import json
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import cloud_dav  # noqa: E402 (after the path)
import running  # noqa: E402
import trees  # noqa: E402
import web_servers  # noqa: E402

SECOND = 1_000_000_000
TIME = 1_500_000_000
FILES = {"one.txt": b"one", "d/two.txt": b"two", "d/e/big": bytes(range(256)) * 8_000, "caf\u00e9 & co/100%.txt": b"odd", "d/empty": b"",
         "d/q?x#y;z": b"punctuation", "+plus [list]/~": b"more"}


class Peer:
    """One of the two daemons, at work in a folder of its own on the server."""

    def __init__(self, name, daemon, local):
        self.name, self.daemon, self.local = name, daemon, local

    def fs(self, url, root="", **options):
        return {"type": "webdav", "_root": f"{self.name}/{root}".rstrip("/"), "url": url, **options}

    def call(self, command, **parameters):
        status, _, body = self.daemon.post(command, parameters)
        return status, json.loads(body)


class WebDav(running.DaemonTest):
    def setUp(self):
        super().setUp()
        Path(self.folder, "rclone").mkdir()
        rclone = running.Rclone(self.path("rclone"), "--rc-no-auth")
        self.addCleanup(rclone.close)
        self.ours, self.theirs = Peer("ours", self.daemon, self.path("ours")), Peer("theirs", rclone, self.path("theirs"))
        for number, (name, content) in enumerate(FILES.items()):
            trees.write(self.path("source", name), content, (TIME + number) * SECOND)

    def serve(self, server):
        self.addCleanup(server.close)
        return server

    def both(self, command, make):
        """The call at both peers, with the same outcome. What ours answered."""
        answers = [peer.call(command, **make(peer)) for peer in (self.ours, self.theirs)]
        self.assertEqual(answers[1][0], answers[0][0], (command, answers))
        return answers[0][1]

    def shown(self, peer, url, times=False, **options):
        answer = peer.call("operations/list", fs=peer.fs(url, **options), remote="", opt={"recurse": True, "noMimeType": True})[1]
        return {item["Path"]: None if item["IsDir"] else (item["Size"], item["ModTime"] if times else None) for item in answer["list"]}

    def tree(self, folder):
        return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in Path(folder).rglob("*")}

    def exercise(self, url, times=False, **options):
        """All kinds of changes; afterwards both folders on the server show the same."""
        at = lambda peer, root="": peer.fs(url, root, **options)
        same = lambda: self.assertEqual(self.shown(self.theirs, url, times, **options), self.shown(self.ours, url, times, **options))
        self.both("sync/copy", lambda p: {"srcFs": self.path("source"), "dstFs": at(p)})
        self.assertEqual({name: len(content) for name, content in FILES.items()},
                         {path: known[0] for path, known in self.shown(self.ours, url, **options).items() if known})
        same()
        self.both("operations/copyfile", lambda p: {"srcFs": at(p), "srcRemote": "one.txt", "dstFs": at(p), "dstRemote": "new/copied"})
        self.both("operations/movefile", lambda p: {"srcFs": at(p), "srcRemote": "d/two.txt", "dstFs": at(p), "dstRemote": "new/moved"})
        self.both("operations/movefile", lambda p: {"srcFs": at(p), "srcRemote": "new/copied", "dstFs": at(p), "dstRemote": "new/moved"})
        self.both("operations/mkdir", lambda p: {"fs": at(p), "remote": "made/with/parents"})
        self.both("operations/rmdir", lambda p: {"fs": at(p), "remote": "made/with/parents"})
        self.both("operations/rmdir", lambda p: {"fs": at(p), "remote": "d"})  # not empty
        self.both("operations/deletefile", lambda p: {"fs": at(p), "remote": "d/empty"})
        self.both("operations/deletefile", lambda p: {"fs": at(p), "remote": "none"})
        self.both("operations/purge", lambda p: {"fs": at(p), "remote": "+plus [list]"})
        # rclone asks the server to remove it, and tells of the 404 as 500.
        self.assertEqual("directory not found", self.daemon.fails("operations/purge", fs=at(self.ours), remote="none"))
        self.both("sync/move", lambda p: {"srcFs": at(p, "d/e"), "dstFs": at(p, "dir moved")})
        self.both("operations/stat", lambda p: {"fs": at(p), "remote": "dir moved/big"})
        same()
        self.both("sync/copy", lambda p: {"srcFs": at(p), "dstFs": p.local})
        self.assertEqual(self.tree(self.theirs.local), self.tree(self.ours.local))
        sizes = self.both("operations/size", lambda p: {"fs": at(p)})
        self.assertEqual(sum(len(c) for c in self.tree(self.ours.local).values() if c is not None), sizes["bytes"])
        # What one has written the other reads.
        self.ours.daemon.call("sync/copy", srcFs=self.theirs.fs(url, **options), dstFs=self.path("crossed"))
        self.assertEqual(self.tree(self.theirs.local), self.tree(self.path("crossed")))

    def test_apache(self):
        server = self.serve(web_servers.Apache(self.path("served"), self.path("apache")))
        self.exercise(server.url)
        left = [path for path in Path(self.path("served")).rglob("*.partial")]
        self.assertEqual([], left)

    def test_rclone(self):
        self.exercise(self.serve(web_servers.RcloneServe("webdav", self.path("served"))).url)

    def test_rclone_with_a_password(self):
        server = self.serve(web_servers.RcloneServe("webdav", self.path("served"), "--user", "me", "--pass", "secret"))
        obscured = self.daemon.call("core/obscure", clear="secret")["obscured"]
        self.exercise(server.url, user="me", **{"pass": obscured})
        self.assertIn("401 Unauthorized", self.daemon.fails("operations/list", fs=self.ours.fs(server.url), remote=""))

    def cloud(self, vendor):
        return self.serve(cloud_dav.CloudDav(vendor)), {"vendor": vendor, "user": cloud_dav.USER,
                                                        "pass": self.daemon.call("core/obscure", clear=cloud_dav.PASSWORD)["obscured"]}

    def test_owncloud(self):
        server, options = self.cloud("owncloud")
        self.exercise(server.url, times=True, **options)

    def test_nextcloud(self):
        server, options = self.cloud("nextcloud")
        self.exercise(server.url, times=True, **options)

    def test_checksums_go_up_and_are_compared(self):
        server, options = self.cloud("nextcloud")
        fs = self.ours.fs(server.url, **options)
        self.daemon.call("operations/copyfile", srcFs=self.path("source"), srcRemote="one.txt", dstFs=fs, dstRemote="x")

        sent = [headers for method, path, headers in server.requests if method == "PUT"][0]
        self.assertEqual("SHA1:fe05bcdcdc4928012781a5f1a2a77cbb5398e106", sent["OC-Checksum"])
        sums = self.daemon.call("operations/hashsum", fs=fs, hashType="sha1")["hashsum"]
        self.assertEqual(["fe05bcdcdc4928012781a5f1a2a77cbb5398e106  x"], sums)

    def test_large_uploads_to_nextcloud_go_in_chunks(self):
        server, options = self.cloud("nextcloud")
        server.locked = 0
        content = os.urandom(1 << 20) * 7 + b"end"
        trees.write(self.path("large"), content, TIME * SECOND)
        fs = self.ours.fs(server.url, nextcloud_chunk_size="2Mi", **options)

        self.daemon.call("operations/copyfile", srcFs=self.folder, srcRemote="large", dstFs=fs, dstRemote="d/large")

        self.assertEqual(content, server.content("ours/d/large"))
        self.assertEqual(TIME, server.files["ours/d/large"].modified)
        chunks = [path for method, path, _ in server.requests if method == "PUT"]
        self.assertEqual(4, len(chunks), chunks)
        self.assertEqual({"": None}, server.trees["uploads"])
        self.assertNotIn("partial", str(list(server.files)))

    def test_a_nextcloud_url_without_a_user_is_refused(self):
        _, options = self.cloud("nextcloud")
        self.assertIn("the remote url looks incorrect",
                      self.daemon.fails("operations/list", fs=self.ours.fs("http://127.0.0.1:1/remote.php/webdav", **options), remote=""))

    def test_bearer_tokens_are_fetched_again_when_they_expire(self):
        server = self.serve(cloud_dav.CloudDav("owncloud"))
        token = Path(self.path("token"))
        token.write_text("first")
        server.tokens = {"first"}
        fs = self.ours.fs(server.url, vendor="owncloud", bearer_token_command=f"cat {token}")
        self.daemon.call("operations/mkdir", fs=fs, remote="one")
        token.write_text("second")
        server.tokens = {"second"}

        self.daemon.call("operations/mkdir", fs=fs, remote="two")

        self.assertIn("ours/two", server.files)
        wrong = self.ours.fs(server.url, vendor="owncloud", bearer_token_command='sh -c "echo no token >&2; exit 3"')
        self.assertIn("failed to get bearer token using \"sh\": no token: exit status 3",
                      self.daemon.fails("operations/list", fs=wrong, remote=""))

    def test_a_server_on_a_unix_socket_is_reached(self):
        server = self.serve(cloud_dav.CloudDav("owncloud", self.path("socket")))
        fs = self.ours.fs(server.url, vendor="owncloud", unix_socket=self.path("socket"), user=cloud_dav.USER,
                          **{"pass": self.daemon.call("core/obscure", clear=cloud_dav.PASSWORD)["obscured"]})

        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=fs)

        self.assertEqual(b"one", server.content("ours/one.txt"))

    def test_space_is_told(self):
        server, options = self.cloud("nextcloud")
        server.files["f"] = cloud_dav.Node(b"12345", TIME, {})
        self.assertEqual({"used": 5, "free": server.quota - 5, "total": server.quota},
                         self.daemon.call("operations/about", fs=self.ours.fs(server.url, **options)))

    def test_crypt_works_over_it(self):
        server = self.serve(web_servers.Apache(self.path("served"), self.path("apache")))
        config = f"[dav]\ntype = webdav\nurl = {server.url}\n\n[secret]\ntype = crypt\nremote = dav:in/side\n" \
                 "password = YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ\n"
        Path(self.folder, "rclone.conf").write_text(config)
        Path(self.folder, "rclone", "rclone.conf").write_text(config)

        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs="secret:")
        self.theirs.daemon.call("sync/copy", srcFs="secret:", dstFs=self.path("decrypted"))

        self.assertEqual(self.tree(self.path("source")), self.tree(self.path("decrypted")))

    def test_info_and_options_are_rclones(self):
        server = self.serve(web_servers.RcloneServe("webdav", self.path("served")))
        for vendor in ["other", "owncloud", "nextcloud"]:
            url = server.url + ("/dav/files/me" if vendor == "nextcloud" else "")
            ours, theirs = (peer.call("operations/fsinfo", fs={"type": "webdav", "_root": "", "url": url, "vendor": vendor})[1]
                            for peer in (self.ours, self.theirs))
            for feature, has in theirs["Features"].items():
                self.assertEqual(has, ours["Features"][feature], (vendor, feature))
            for key in ["Precision", "Root", "String"]:
                self.assertEqual(theirs[key], ours[key], (vendor, key))
        names = [[option["Name"] for option in next(p for p in peer.call("config/providers")[1]["providers"] if p["Name"] == "webdav")["Options"]]
                 for peer in (self.ours, self.theirs)]
        self.assertEqual(["url", "vendor", "user", "pass", "bearer_token", "bearer_token_command", "encoding", "headers"],
                         [name for name in names[0] if name in names[1]])


if __name__ == "__main__":
    running.main()
