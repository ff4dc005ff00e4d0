"""Objects and folders of remotes over HTTP: --rc-serve (rc-surface 2.10, 4.2)."""
import html
import json
import os
import re
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402
import wire  # noqa: E402

TIME = 1_200_000_000  # seconds since 1970
TIME_TEXT = "Thu, 10 Jan 2008 21:20:00 GMT"
FILE1 = b"this is file1.txt\n"
BIG = bytes(range(256)) * 65536  # 16 MiB: more than any buffer between the disk and a client
NEEDS = " requires authentication to be set up on the rc server or the --rc-no-auth flag"


def quote(path):
    return "".join(chr(c) if chr(c).isalnum() and c < 128 or chr(c) in "/._-" else f"%{c:02X}" for c in os.fsencode(path))


class Serving(running.DaemonTest):
    flags = ("--rc-serve",)

    def setUp(self):
        self.folder = self.enterContext(running.tempfile.TemporaryDirectory(prefix="argosy-test-"))
        self.root = Path(self.folder, "files")
        trees.write(self.root / "file.txt", FILE1, TIME * 10 ** 9)
        trees.write(self.root / "dir/file2.txt", b"this is dir/file2.txt\n")
        (self.root / "modtime").mkdir()
        Path(self.folder, "rclone.conf").write_text(f"[one]\ntype = alias\nremote = {self.root}\n\n[two]\ntype = memory\n")
        self.daemon = self.start_daemon(*self.flags)

    def get(self, target, method="GET", daemon=None, **headers):
        with wire.Connection((daemon or self.daemon).address) as connection:
            connection.send(wire.request(method, target, **{k.replace("_", "-"): v for k, v in headers.items()}))
            return connection.receive(method)

    def at(self, rest):
        return f"/[{self.root}]/{rest}"

    def expect(self, reply, status, body, **headers):
        self.assertEqual((status, body), (reply.status, reply.body))
        for name, value in headers.items():
            self.assertEqual(value, reply.headers.get(name.replace("_", "-")), name)

    def expect_error(self, reply, status, text, path):
        self.assertEqual({"error": text, "input": None, "path": path, "status": status}, json.loads(reply.body))
        self.assertEqual((status, "application/json"), (reply.status, reply.headers["content-type"]))

    def links(self, page):
        return re.findall('<td><a href="([^"]*)">', page.body.decode())

    # -- objects -------------------------------------------------------------------------------------------------

    def test_an_object_is_sent_with_type_size_and_time(self):
        for target in [self.at("file.txt"), f"/[{self.root}]file.txt", f"/%5B{self.root}%5D/file.txt", "/[one:]/file.txt",
                       f"/[:local:{self.root}]/file.txt", f"//[{self.root}]///file.txt"]:
            with self.subTest(target):
                reply = self.get(target)
                self.expect(reply, 200, FILE1, content_type="text/plain; charset=utf-8", content_length="18",
                            last_modified=TIME_TEXT, accept_ranges="bytes")
                self.assertNotIn("x-rclone-jobid", reply.headers)

    def test_head_tells_of_the_whole_object(self):
        for headers in [{}, {"Range": "bytes=8-12"}]:
            self.expect(self.get(self.at("file.txt"), "HEAD", **headers), 200, b"", content_length="18", content_range=None)

    def test_one_range(self):
        for header, part, shown in [("bytes=8-12", b"file1", "8-12"), ("bytes=8-", FILE1[8:], "8-17"),
                                    ("bytes=-4", FILE1[-4:], "14-17"), ("bytes=0-500", FILE1, "0-17"),
                                    ("bytes=-500", FILE1, "0-17")]:
            with self.subTest(header):
                self.expect(self.get(self.at("file.txt"), Range=header), 206, part, content_range=f"bytes {shown}/18",
                            content_length=str(len(part)))

    def test_other_ranges_are_refused(self):
        for header in ["bytes=0-1,3-4", "items=0-1", "bytes=x-y", "garbage"]:
            with self.subTest(header):
                self.expect(self.get(self.at("file.txt"), Range=header), 400, b"Bad Request\n")
        self.expect(self.get(self.at("file.txt"), Range="bytes=18-20"), 416, b"invalid range: failed to overlap\n",
                    content_range="bytes */18")

    def test_what_has_not_changed_is_not_sent(self):
        self.expect(self.get(self.at("file.txt"), If_Modified_Since=TIME_TEXT), 304, b"")
        self.expect(self.get(self.at("file.txt"), If_Modified_Since="Thu, 10 Jan 2008 21:19:59 GMT"), 200, FILE1)
        self.expect(self.get(self.at("file.txt"), Range="bytes=8-12", If_Range=TIME_TEXT), 206, b"file1")
        self.expect(self.get(self.at("file.txt"), Range="bytes=8-12", If_Range='"x"'), 200, FILE1)

    def test_the_type_is_that_of_the_name_or_else_of_the_content(self):
        for name, content, kind in [("x.json", b"{}", "application/json"), ("x.unknown", b"text", "application/octet-stream"),
                                    ("page", b"<html>", "text/html; charset=utf-8"), ("code", b"\0\1", "application/octet-stream"),
                                    ("empty", b"", None)]:
            trees.write(self.root / name, content)
            self.expect(self.get(self.at(name)), 200, content, content_type=kind)

    def test_a_big_object_arrives_whole(self):
        trees.write(self.root / "big", BIG)
        self.expect(self.get(self.at("big")), 200, BIG, content_length=str(len(BIG)))
        self.expect(self.get(self.at("big"), Range="bytes=1000001-9000000"), 206, BIG[1000001:9000001])
        self.expect(self.get(self.at("big"), "HEAD"), 200, b"", content_length=str(len(BIG)))

    def test_an_object_of_another_storage(self):
        self.daemon.call("operations/copyfile", srcFs=str(self.root), srcRemote="file.txt", dstFs="two:bucket",
                         dstRemote="dir/copy.txt")
        self.expect(self.get("/[two:bucket/dir]/copy.txt"), 200, FILE1)
        self.assertEqual(["dir/"], self.links(self.get("/[two:bucket]/"))[1:])

    def test_odd_names(self):
        for name in ["sp ace", "\u00fcml\u00e4ut", "100%", "a?b#c", "a+b", "x]y", "<b>&'\"", "semi;colon=1", "a:b"]:
            trees.write(self.root / "odd" / name, name.encode())
            with self.subTest(name):
                self.expect(self.get(self.at("odd/" + quote(name))), 200, name.encode())
        for link in self.links(self.get(self.at("odd/"))):
            with self.subTest(link):
                target = self.at("odd/") + html.unescape(link).removeprefix("./")
                self.assertEqual(200, 200 if link == ".." else self.get(target).status)

    def test_nobody_climbs_out_of_a_remote(self):
        trees.write(Path(self.folder, "secret"), b"outside")
        for rest in ["../secret", "%2e%2e/secret", "dir/../../secret", "..", "../"]:
            with self.subTest(rest):
                reply = self.get("/[one:]/" + rest)
                self.assertNotIn(b"outside", reply.body)
                self.assertNotIn(b"rclone.conf", reply.body)

    # -- folders -------------------------------------------------------------------------------------------------

    def test_a_folder_is_listed(self):
        for target in [self.at(""), f"/[{self.root}]", "/[one:]/"]:
            with self.subTest(target):
                reply = self.get(target)
                self.assertEqual((200, "text/html; charset=utf-8"), (reply.status, reply.headers["content-type"]))
                self.assertEqual(["..", "dir/", "modtime/", "file.txt"], self.links(reply))
                self.assertIn(b"<title>Directory listing of /</title>", reply.body)
        reply = self.get(self.at("dir/"))
        self.assertEqual(["..", "file2.txt"], self.links(reply))
        self.assertIn(b"<title>Directory listing of /dir</title>", reply.body)
        self.assertIn(b'<a href="../">/</a><a href="">dir</a>/', reply.body)
        self.expect(self.get(self.at("dir/"), "HEAD"), 200, b"", content_length=str(len(reply.body)))

    def test_a_listing_is_arranged_as_asked_for(self):
        for name, size, time in [("B", 3, 1), ("a", 2, 3), ("C", 1, 2)]:
            trees.write(self.root / "s" / name, bytes(size), (TIME + time) * 10 ** 9)
        (self.root / "s/b dir").mkdir()
        os.utime(self.root / "s/b dir", (TIME, TIME))
        for query, names in [("", ["b%20dir/", "a", "B", "C"]), ("?sort=namedirfirst&order=desc", ["C", "B", "a", "b%20dir/"]),
                             ("?sort=name", ["a", "B", "b%20dir/", "C"]), ("?sort=size", ["b%20dir/", "C", "a", "B"]),
                             ("?sort=size&order=desc", ["B", "a", "C", "b%20dir/"]), ("?sort=time", ["b%20dir/", "B", "C", "a"]),
                             ("?sort=unknown&order=unknown", ["b%20dir/", "a", "B", "C"])]:
            with self.subTest(query):
                self.assertEqual([".."] + names, self.links(self.get(self.at("s/") + query)))

    def test_names_in_a_listing_are_text(self):
        (self.root / "x/<script>alert(1)<").mkdir(parents=True)
        page = self.get(self.at("x/")).body
        self.assertIn(b">&lt;script&gt;alert(1)&lt;/<", page)
        self.assertNotIn(b"<script>", page)

    def test_a_listing_shows_times_unless_told_not_to(self):
        self.assertIn(b"<time datetime=\"2008-01-1", self.get(self.at("")).body)
        daemon = self.start_daemon("--rc-serve", "--rc-serve-no-modtime")
        self.assertNotIn(b"<time", self.get(self.at(""), daemon=daemon).body)

    def test_filters_hide_files_from_listings(self):
        self.daemon.call("options/set", filter={"ExcludeRule": ["*.txt"]})
        self.assertEqual(["..", "dir/", "modtime/"], self.links(self.get(self.at(""))))

    def test_the_remotes_are_listed(self):
        for target in ["/", "/*"]:
            with self.subTest(target):
                reply = self.get(target)
                self.assertEqual(["..", "./%5Bone:%5D/", "./%5Btwo:%5D/"], self.links(reply))
                self.assertEqual("text/html; charset=utf-8", reply.headers["content-type"])
        self.assertEqual(200, self.get("/%5Bone:%5D/").status)

    # -- what is not there ---------------------------------------------------------------------------------------

    def test_misses_are_named(self):
        unknown = 'failed to make Fs: didn\'t find section in config file ("notfoundremote")'
        rows = [(self.at("notfound"), 404, "failed to find object: object not found", "notfound"),
                (self.at("dirnotfound/"), 404, "failed to list directory: directory not found", "dirnotfound"),
                (f"/[{self.root}/none]/", 404, "failed to list directory: directory not found", ""),
                (self.at("dir"), 500, "failed to find object: is a directory not a file", "dir"),
                ("/[notfoundremote:]/", 500, unknown, "/"), ("/[notfoundremote:dir]/f", 500, unknown, "/f"),
                (f"/[{self.root}/file.txt]/", 500, "failed to make Fs: is a file not a directory", "/"),
                ("/[]/x", 403, 'invalid remote "": can\'t use empty string as a path', "/x")]
        for target, status, text, path in rows:
            with self.subTest(target):
                self.expect_error(self.get(target), status, text, path)
        self.assertEqual(404, self.get(self.at("notfound"), "HEAD").status)
        self.expect(self.get("/[unclosed"), 404, b"Not Found\n")

    # -- rights --------------------------------------------------------------------------------------------------

    def test_without_authentication_named_remotes_only(self):
        strict = self.start_daemon("--rc-serve", no_auth=False)
        self.expect(self.get("/[one:]/file.txt", daemon=strict), 200, FILE1)
        rows = [(self.at("file.txt"), "serving local paths" + NEEDS, "/file.txt"), ("/[/etc]/passwd", "serving local paths" + NEEDS, "/passwd"),
                ("/[:local:/etc]/passwd", "serving inline remotes" + NEEDS, "/passwd"),
                ("/[:webdav,url='http://x',bearer_token_command=id:]/", "serving inline remotes" + NEEDS, "/"),
                ("/[:sftp,ssh=id:]/", "serving inline remotes" + NEEDS, "/"),
                ("/[one,copy_links=true:]/", "serving remotes with connection string parameters" + NEEDS, "/"),
                ("/[one,global.http_proxy=x:]/", 'setting "global.http_proxy" on a served remote is not allowed', "/"),
                ("/", "listing the remotes" + NEEDS, "/"), ("/*", "listing the remotes" + NEEDS, "/*")]
        for target, text, path in rows:
            with self.subTest(target):
                self.expect_error(self.get(target, daemon=strict), 403, text, path)

    def test_nobody_sets_global_options(self):
        self.expect_error(self.get("/[one,global.http_proxy=x:]/file.txt"), 403,
                          'setting "global.http_proxy" on a served remote is not allowed', "/file.txt")

    def test_credentials_open_everything(self):
        guarded = self.start_daemon("--rc-serve", "--rc-user", "u", "--rc-pass", "p", no_auth=False)
        for target in [self.at("file.txt"), "/[one:]/file.txt", "/", "/*"]:
            with self.subTest(target):
                self.assertEqual(401, self.get(target, daemon=guarded).status)
                self.assertEqual(200, self.get(target, daemon=guarded, Authorization=wire.basic("u", "p")).status)

    def test_the_rule_of_2019_refuses_nothing(self):
        seed = self.start_daemon("--rc-serve", "--rc-auth-compat", "seed", no_auth=False)
        self.expect(self.get(self.at("file.txt"), daemon=seed), 200, FILE1)
        self.assertEqual(200, self.get("/", daemon=seed).status)

    # -- statistics and resources --------------------------------------------------------------------------------

    def test_each_is_a_transfer_of_the_global_group_and_no_job(self):
        job = self.daemon.start("rc/noop")
        self.get(self.at("file.txt"))
        self.get(self.at("dir/"))
        self.get(self.at("file.txt"), "HEAD")
        self.assertEqual(job + 1, self.daemon.start("rc/noop"))

        items = running.wait_for(lambda: [i for i in self.daemon.call("core/transferred", group="global_stats")["transferred"] or []
                                          if len(self.daemon.call("core/transferred", group="global_stats")["transferred"]) == 2],
                                 running.STOP_LIMIT, "two transfers are told of")
        self.assertEqual([("file.txt", 18, 18, ""), ("dir", -1, 0, "")], [(i["name"], i["size"], i["bytes"], i["error"]) for i in items])
        self.assertEqual((2, 18), tuple(self.daemon.call("core/stats", group="global_stats")[k] for k in ("transfers", "bytes")))
        self.assertEqual(18, self.daemon.samples()["rclone_bytes_transferred_total"])

    def stalled(self, count, name="big"):
        """Clients that read the beginning of the reply and no more."""
        clients = []
        for _ in range(count):
            client = wire.Connection(self.daemon.address)
            self.addCleanup(client.close)
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            client.send(wire.request("GET", self.at(name)))
            self.assertEqual("HTTP/1.1 200 OK", client.line())
            clients.append(client)
        return clients

    def transferring(self):
        return len(self.daemon.call("core/stats", group="global_stats").get("transferring") or [])

    def test_a_client_that_goes_away_ends_the_read(self):
        trees.write(self.root / "big", BIG)
        clients = self.stalled(20)
        self.assertEqual(20, self.transferring())

        for client in clients:
            client.close()

        running.wait_for(lambda: self.transferring() == 0, running.STOP_LIMIT, "nothing is under way")
        running.wait_for(lambda: self.daemon.live("argosy_actors", kind="served") == 0, running.STOP_LIMIT, "their actors end")
        self.assertEqual({"context canceled"},
                         {i["error"] for i in self.daemon.call("core/transferred", group="global_stats")["transferred"]})

    def test_slow_clients_hold_neither_memory_nor_connections(self):
        trees.write(self.root / "big", BIG)
        before = self.daemon.samples()["argosy_heap_live_bytes"]
        # More than a remote has connections.
        clients = self.stalled(100)
        self.assertEqual(100, self.transferring())

        self.assertLess(self.daemon.samples()["argosy_heap_live_bytes"] - before, 2 * len(BIG))
        # All are lent out; they come back when nobody reads.
        self.expect(self.get(self.at("file.txt")), 200, FILE1)
        for client in clients[:5]:
            while client.line():
                pass
            self.assertEqual(BIG, client.file.read(len(BIG)))

    def test_an_object_that_changes_meanwhile_is_not_mixed(self):
        trees.write(self.root / "big", BIG)
        client, = self.stalled(1)
        running.wait_for(lambda: not self.open_files("big"), running.START_LIMIT, "the object is closed while nobody reads it")

        trees.write(self.root / "big", BIG[::-1], (TIME + 1) * 10 ** 9)
        while client.line():
            pass

        self.assertLess(len(client.file.read()), len(BIG))

    def open_files(self, name):
        paths = [os.path.realpath(p) for p in Path(f"/proc/{self.daemon.child.pid}/fd").iterdir()]
        return paths.count(str(self.root / name))

    def test_the_bandwidth_limit_holds(self):
        trees.write(self.root / "big", BIG)
        self.daemon.call("core/bwlimit", rate="100k")
        with wire.Connection(self.daemon.address) as client:
            client.send(wire.request("GET", self.at("big")))
            self.assertEqual("HTTP/1.1 200 OK", client.line())
            stats = self.daemon.call("core/stats", group="global_stats")
            self.assertLess(stats["bytes"], len(BIG) // 4)
            self.daemon.call("core/bwlimit", rate="off")
            while client.line():
                pass
            self.assertEqual(BIG, client.file.read(len(BIG)))


if __name__ == "__main__":
    running.main()
