"""Files of a folder over HTTP: --rc-files and `rcd DIR` (rc-surface 2.11, 4.2)."""
import email.parser
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
FILE2 = b"this is dir/file2.txt\n"


class StaticFiles(running.DaemonTest):
    """One daemon for all tests: none of them changes the folder."""

    @classmethod
    def setUpClass(cls):
        cls.keep = running.stack()
        keep, cls.folder = cls.keep.__enter__()
        root = Path(cls.folder, "www")
        trees.write(root / "file.txt", FILE1, TIME * 10 ** 9)
        trees.write(root / "dir/file2.txt", FILE2)
        trees.write(root / "numbers.bin", bytes(range(10)), TIME * 10 ** 9)
        trees.write(root / "big", bytes(range(256)) * 65536)
        trees.write(root / "empty", b"")
        trees.write(root / "with index/index.html", b"<h1>index</h1>")
        trees.write(root / "a b?c#d%e&f+g<h>.txt", b"odd")
        trees.write(root / "x:y/inside", b"1")
        trees.write(os.fsencode(root / "bytes") + b"\xff.txt", b"not UTF-8")
        trees.write(Path(cls.folder, "secret"), b"outside")
        for name, content in [("unknown", b"plain text\n"), ("page", b"<html>"), ("code", b"\x00\x01")]:
            trees.write(root / "sniffed" / name, content)
        os.symlink("file.txt", root / "link")
        os.mkfifo(root / "pipe")
        cls.root = root
        cls.daemon = running.Daemon(cls.binary, cls.folder, "--rc-files", str(root))
        keep.callback(cls.daemon.close)

    @classmethod
    def tearDownClass(cls):
        cls.keep.__exit__(None, None, None)

    def setUp(self):
        pass

    def get(self, target, method="GET", daemon=None, **headers):
        with wire.Connection((daemon or self.daemon).address) as connection:
            connection.send(wire.request(method, target, **{k.replace("_", "-"): v for k, v in headers.items()}))
            return connection.receive(method)

    def expect(self, reply, status, body, **headers):
        self.assertEqual((status, body), (reply.status, reply.body))
        for name, value in headers.items():
            self.assertEqual(value, reply.headers.get(name.replace("_", "-")), name)

    # -- files ---------------------------------------------------------------------------------------------------

    def test_a_file_is_sent_with_type_size_and_time(self):
        reply = self.get("/file.txt")

        self.expect(reply, 200, FILE1, content_type="text/plain; charset=utf-8", content_length="18",
                    last_modified=TIME_TEXT, accept_ranges="bytes")
        self.assertRegex(reply.headers["server"], "^rclone/v")
        self.expect(self.get("/dir/file2.txt"), 200, FILE2)
        self.expect(self.get("/empty"), 200, b"", content_length="0", content_type="text/plain; charset=utf-8")

    def test_head_tells_the_same_without_the_content(self):
        self.expect(self.get("/file.txt", "HEAD"), 200, b"", content_type="text/plain; charset=utf-8", content_length="18",
                    last_modified=TIME_TEXT)
        self.expect(self.get("/file.txt", "HEAD", Range="bytes=8-12"), 206, b"", content_length="5",
                    content_range="bytes 8-12/18")
        self.assertEqual(404, self.get("/nothing", "HEAD").status)
        self.assertEqual(200, self.get("/dir/", "HEAD").status)

    def test_a_big_file_arrives_whole(self):
        self.expect(self.get("/big"), 200, bytes(range(256)) * 65536, content_length=str(16 << 20))

    def test_the_type_of_a_file_without_extension_is_that_of_its_content(self):
        for name, kind in [("unknown", "text/plain; charset=utf-8"), ("page", "text/html; charset=utf-8"),
                           ("code", "application/octet-stream")]:
            self.assertEqual(kind, self.get("/sniffed/" + name).headers["content-type"])

    def test_names_are_decoded_once(self):
        self.expect(self.get("/a%20b%3Fc%23d%25e&f+g%3Ch%3E.txt"), 200, b"odd")
        self.expect(self.get("/bytes%FF.txt"), 200, b"not UTF-8")
        self.expect(self.get("/%66ile.txt?query=x"), 200, FILE1)
        self.assertEqual(404, self.get("/%2566ile.txt").status)

    def test_links_are_followed(self):
        self.expect(self.get("/link"), 200, FILE1)

    def test_what_is_no_file_is_refused_at_once(self):
        self.expect(self.get("/pipe"), 403, b"403 Forbidden\n")

    def test_misses(self):
        for target in ["/notfound", "/dirnotfound/", "/dir/notfound", "/file.txt/below", "/dir/notfound/x"]:
            with self.subTest(target):
                self.expect(self.get(target), 404, b"404 page not found\n", content_type="text/plain; charset=utf-8",
                            x_content_type_options="nosniff")

    def test_nobody_climbs_out(self):
        for target in ["/../secret", "/%2e%2e/secret", "/..%2fsecret", "/dir/../../secret", "/dir/%2e%2e/%2e%2e/secret",
                       "//../secret", "/./../secret", "/....//secret", "/%2e%2e%2f%2e%2e%2fetc/passwd", "/..", "/.%2e/"]:
            with self.subTest(target):
                reply = self.get(target)
                self.assertNotIn(b"outside", reply.body)
                self.assertNotIn(b"root:", reply.body)
                self.assertNotIn(b"secret", reply.body)
        self.expect(self.get("/dir/../file.txt"), 200, FILE1)
        self.assertEqual(500, self.get("/file.txt%00.png").status)

    # -- folders -------------------------------------------------------------------------------------------------

    def test_a_folder_is_listed_by_name(self):
        reply = self.get("/")

        self.assertEqual((200, "text/html; charset=utf-8"), (reply.status, reply.headers["content-type"]))
        page = reply.body.decode("utf-8", "surrogateescape")
        names = re.findall('^<a href="(.*)">.*</a>$', page, re.MULTILINE)
        self.assertEqual(["a%20b%3Fc%23d%25e&amp;f+g%3Ch%3E.txt", "big", "bytes%FF.txt", "dir/", "empty", "file.txt", "link",
                          "numbers.bin", "pipe", "sniffed/", "with%20index/", "./x:y/"], names)
        self.assertIn(">a b?c#d%e&amp;f+g&lt;h&gt;.txt</a>", page)
        self.assertTrue(page.endswith("</pre>\n"))

    def test_a_folder_without_slash_and_a_file_with_one_are_redirected(self):
        for target, location in [("/dir", "dir/"), ("/dir?a=1&b", "dir/?a=1&b"), ("/with%20index", "with%20index/"),
                                 ("/x:y", "./x:y/"), ("/file.txt/", "../file.txt"), ("/index.html", "./"),
                                 ("/with%20index/index.html", "./"), ("/anything/index.html?x", "./?x")]:
            with self.subTest(target):
                self.expect(self.get(target), 301, b"", location=location)

    def test_an_index_stands_for_its_folder(self):
        self.expect(self.get("/with%20index/"), 200, b"<h1>index</h1>", content_type="text/html; charset=utf-8")

    # -- conditions and ranges -----------------------------------------------------------------------------------

    def test_ranges(self):
        content = bytes(range(10))
        for header, part, shown in [("bytes=2-5", content[2:6], "2-5"), ("bytes=-3", content[-3:], "7-9"),
                                    ("bytes=8-", content[8:], "8-9"), ("bytes=0-0", content[:1], "0-0"),
                                    ("bytes=5-500", content[5:], "5-9"), ("bytes=-500", content, "0-9")]:
            with self.subTest(header):
                self.expect(self.get("/numbers.bin", Range=header), 206, part, content_range=f"bytes {shown}/10",
                            content_length=str(len(part)))
        self.expect(self.get("/file.txt", Range="bytes=8-12"), 206, b"file1")
        self.expect(self.get("/empty", Range="bytes=0-5"), 200, b"")
        self.expect(self.get("/numbers.bin", Range="bytes=0-8,0-8"), 200, content)

    def test_several_ranges_come_in_parts(self):
        reply = self.get("/numbers.bin", Range="bytes=0-1,4-5, -2")

        self.assertEqual(206, reply.status)
        self.assertEqual(str(len(reply.body)), reply.headers["content-length"])
        kind = reply.headers["content-type"]
        self.assertRegex(kind, "^multipart/byteranges; boundary=[0-9a-f]{60}$")
        parts = email.parser.BytesParser().parsebytes(f"Content-Type: {kind}\n\n".encode() + reply.body).get_payload()
        self.assertEqual([("bytes 0-1/10", b"\x00\x01"), ("bytes 4-5/10", b"\x04\x05"), ("bytes 8-9/10", b"\x08\x09")],
                         [(part["Content-Range"], part.get_payload(decode=True)) for part in parts])
        self.expect(self.get("/numbers.bin", "HEAD", Range="bytes=0-1,4-5, -2"), 206, b"",
                    content_length=reply.headers["content-length"])

    def test_ranges_that_cannot_be_given(self):
        self.expect(self.get("/numbers.bin", Range="bytes=50-60"), 416, b"invalid range: failed to overlap\n",
                    content_range="bytes */10")
        for header in ["bytes=x", "items=0-1", "bytes=5-2"]:
            with self.subTest(header):
                self.expect(self.get("/numbers.bin", Range=header), 416, b"invalid range\n")

    def test_what_has_not_changed_is_not_sent(self):
        self.expect(self.get("/file.txt", If_Modified_Since=TIME_TEXT), 304, b"", last_modified=TIME_TEXT, content_type=None,
                    content_length=None)
        self.expect(self.get("/file.txt", If_Modified_Since="Thu, 10 Jan 2008 21:19:59 GMT"), 200, FILE1)
        self.expect(self.get("/file.txt", If_None_Match="*"), 304, b"")
        self.expect(self.get("/file.txt", If_None_Match='"x"', If_Modified_Since=TIME_TEXT), 200, FILE1)

    def test_what_has_changed_is_refused_where_that_is_asked_for(self):
        self.expect(self.get("/file.txt", If_Unmodified_Since="Thu, 10 Jan 2008 21:19:59 GMT"), 412, b"")
        self.expect(self.get("/file.txt", If_Unmodified_Since=TIME_TEXT), 200, FILE1)
        self.expect(self.get("/file.txt", If_Match='"x"'), 412, b"")

    def test_a_range_of_another_version_is_everything(self):
        self.expect(self.get("/file.txt", Range="bytes=8-12", If_Range=TIME_TEXT), 206, b"file1")
        self.expect(self.get("/file.txt", Range="bytes=8-12", If_Range="Thu, 10 Jan 2008 21:19:59 GMT"), 200, FILE1)
        self.expect(self.get("/file.txt", Range="bytes=8-12", If_Range='"x"'), 200, FILE1)

    # -- beside it -----------------------------------------------------------------------------------------------

    def test_commands_and_metrics_are_still_there(self):
        self.assertEqual({"a": 1}, self.daemon.call("rc/noop", a=1))
        self.assertEqual(404, self.daemon.post("file.txt", {})[0])
        self.assertIn(b"rclone_bytes_transferred_total", self.get("/metrics").body)

    def test_the_folder_may_be_an_argument(self):
        with running.stack() as (keep, folder):
            daemon = running.Daemon(self.binary, folder, str(self.root / "dir"))
            keep.callback(daemon.close)
            self.expect(self.get("/file2.txt", daemon=daemon), 200, FILE2)
            self.assertEqual(str(self.root / "dir"), daemon.call("options/get", blocks="rc")["rc"]["Files"])

    def test_credentials_are_asked_for_first(self):
        with running.stack() as (keep, folder):
            daemon = running.Daemon(self.binary, folder, "--rc-user", "u", "--rc-pass", "p", str(self.root), no_auth=False)
            keep.callback(daemon.close)
            for target in ["/file.txt", "/", "/nothing", "/dir"]:
                self.assertEqual(401, self.get(target, daemon=daemon).status)
            self.expect(self.get("/file.txt", daemon=daemon, Authorization=wire.basic("u", "p")), 200, FILE1)

    def test_a_client_that_goes_away_leaves_nothing_open(self):
        clients = [wire.Connection(self.daemon.address) for _ in range(20)]
        for client in clients:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            client.send(wire.request("GET", "/big"))
            self.assertEqual("HTTP/1.1 200 OK", client.line())
        open_files = [os.path.realpath(path) for path in Path(f"/proc/{self.daemon.child.pid}/fd").iterdir()]
        self.assertIn(str(self.root / "big"), open_files)
        for client in clients:
            client.close()

        def open_count():
            return sum(os.path.realpath(path) == str(self.root / "big")
                       for path in Path(f"/proc/{self.daemon.child.pid}/fd").iterdir())
        running.wait_for(lambda: open_count() == 0, running.STOP_LIMIT, "every file is closed")


if __name__ == "__main__":
    running.main()
