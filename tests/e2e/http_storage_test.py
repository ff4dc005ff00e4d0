"""The storage http against real web servers: what it lists and reads is what rclone lists and reads, and what the folder holds."""
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402
import web_servers  # noqa: E402

SECOND = 1_000_000_000
FILES = {"plain.txt": b"plain", "with space.txt": b"space", "caf\u00e9.txt": b"accent", "100%.txt": b"percent", "a&b.txt": b"and",
         "a+b=c.txt": b"plus", "q?x=1.txt": b"question", "hash#tag.txt": b"hash", "semi;colon.txt": b"semi", "it's \"quoted\".txt": b"q",
         "[list]{1}.txt": b"list", "\u65e5\u672c.txt": b"japan", "empty.txt": b"", "big.txt": bytes(range(256)) * 12_000,
         "sub dir/inner.txt": b"inner", "sub dir/deeper/last.txt": b"last", "n\u00f6/x.txt": b"x"}


def listed(daemon, url, **options):
    """path -> (size, time) of files, None for directories; the error when it fails"""
    fs = {"type": "http", "_root": "", "url": url, **options}
    status, _, body = daemon.post("operations/list", {"fs": fs, "remote": "", "opt": {"recurse": True, "noMimeType": True}})
    answer = json.loads(body)
    if status != 200:
        return answer["error"]
    return {item["Path"]: None if item["IsDir"] else (item["Size"], item["ModTime"]) for item in answer["list"]}


class HttpStorage(running.DaemonTest):
    def setUp(self):
        super().setUp()
        (Path(self.folder, "theirs")).mkdir()
        self.rclone = running.Rclone(self.path("theirs"), "--rc-no-auth")
        self.addCleanup(self.rclone.close)
        for number, (name, content) in enumerate(FILES.items()):
            trees.write(self.path("site", name), content, (1_500_000_000 + number) * SECOND)

    def serve(self, server):
        self.addCleanup(server.close)
        return server

    def compare(self, server, unknown=()):
        """`unknown`: names whose sizes the server does not tell."""
        url = server.url + "/"

        ours, theirs = listed(self.daemon, url), listed(self.rclone, url)

        self.assertEqual(theirs, ours)
        self.assertEqual({name: -1 if name in unknown else len(content) for name, content in FILES.items()},
                         {path: known[0] for path, known in ours.items() if known})
        self.daemon.call("sync/copy", srcFs={"type": "http", "_root": "", "url": url}, dstFs=self.path("copy"))
        copied = {str(path.relative_to(self.path("copy"))): (path.read_bytes(), path.stat().st_mtime_ns)
                  for path in Path(self.path("copy")).rglob("*") if path.is_file()}
        self.assertEqual({name: (content, (1_500_000_000 + number) * SECOND) for number, (name, content) in enumerate(FILES.items())},
                         copied)

    def test_nginx(self):
        self.compare(self.serve(web_servers.Nginx(self.path("site"), self.path("nginx"))))

    def test_apache(self):
        # It answers HEAD without a Content-Length when that is 0.
        self.compare(self.serve(web_servers.Apache(self.path("site"), self.path("apache"), dav=False)), unknown={"empty.txt"})

    def test_rclone(self):
        self.compare(self.serve(web_servers.RcloneServe("http", self.path("site"))))

    def test_python(self):
        self.compare(self.serve(web_servers.PythonServer(self.path("site"))))

    def test_roots_are_found_to_be_files_or_folders_as_with_rclone(self):
        server = self.serve(web_servers.Nginx(self.path("site"), self.path("nginx")))
        for root in ["sub dir", "sub dir/", "sub dir/inner.txt", "none", "plain.txt", "sub dir/none/"]:
            answers = []
            for daemon in (self.daemon, self.rclone):
                status, _, body = daemon.post("operations/list", {
                    "fs": {"type": "http", "_root": root, "url": server.url}, "remote": "", "opt": {"noModTime": True, "noMimeType": True}})
                answer = json.loads(body)
                answers.append((status, answer.get("error"), [item["Path"] for item in answer.get("list") or []]))
            with self.subTest(root=root):
                self.assertEqual(answers[1], answers[0])

    def test_what_a_server_refuses_is_told_as_rclone_tells_it(self):
        server = self.serve(web_servers.Apache(self.path("site"), self.path("apache"), dav=False,
                                               lines="<Location /sub>\nRequire all denied\n</Location>\n"
                                                     "<Location \"/sub dir\">\nRequire all denied\n</Location>"))
        for daemon in (self.daemon, self.rclone):
            status, _, body = daemon.post("operations/list", {"fs": {"type": "http", "_root": "sub dir/", "url": server.url}, "remote": ""})
            self.assertIn("HTTP Error: 403 Forbidden", json.loads(body)["error"])
            self.assertEqual(500, status)

    def test_it_is_read_only(self):
        server = self.serve(web_servers.PythonServer(self.path("site")))
        fs = {"type": "http", "_root": "", "url": server.url}

        self.assertIn("http remotes are read only", self.daemon.fails("operations/deletefile", fs=fs, remote="plain.txt"))
        self.assertIn("http remotes are read only", self.daemon.fails("operations/mkdir", fs=fs, remote="new"))
        self.assertEqual(b"plain", Path(self.path("site", "plain.txt")).read_bytes())

    def test_info_and_options_are_rclones(self):
        server = self.serve(web_servers.PythonServer(self.path("site")))
        ours, theirs = (daemon.call("operations/fsinfo", fs={"type": "http", "_root": "", "url": server.url + "/"})
                        for daemon in (self.daemon, self.rclone))
        # 1.60.1 knows fewer features, and neither metadata nor commands of this storage.
        for feature, has in theirs["Features"].items():
            if feature not in {"Command", "ReadMetadata"}:
                self.assertEqual(has, ours["Features"][feature], feature)
        for key in ["Precision", "Root", "String", "Hashes"]:
            self.assertEqual(theirs[key], ours[key], key)
        of = {name: next(p for p in daemon.call("config/providers")["providers"] if p["Name"] == "http")
              for name, daemon in (("ours", self.daemon), ("theirs", self.rclone))}
        known = [option["Name"] for option in of["ours"]["Options"]]
        self.assertEqual(["url", "headers", "no_slash", "no_head"], [n for n in known if n in {o["Name"] for o in of["theirs"]["Options"]}])


if __name__ == "__main__":
    running.main()
