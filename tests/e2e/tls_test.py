"""Encrypted remote control: --rc-cert, --rc-key, --rc-client-ca, --rc-min-tls-version (rc-surface 2.9, 2.14)."""
import contextlib
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import certificates  # noqa: E402 (after the path)
import running  # noqa: E402
import trees  # noqa: E402
import wire  # noqa: E402

BIG = bytes(range(256)) * 65536  # 16 MiB


class TlsTest(running.DaemonTest):
    @classmethod
    def setUpClass(cls):
        cls.files = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="argosy-test-")))
        cls.authority = certificates.Authority(cls.files)
        cls.certificate, cls.key = cls.authority.server()
        cls.stranger = certificates.Authority(cls.files, "stranger")

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory(prefix="argosy-test-"))

    def context(self, client=None, authority=None):
        made = ssl.create_default_context(cafile=authority or self.authority.certificate)
        if client:
            made.load_cert_chain(*client)
        return made

    def start(self, *flags, client=None, no_auth=True):
        return self.start_daemon("--rc-cert", self.certificate, "--rc-key", self.key, *flags, no_auth=no_auth,
                                 context=self.context(client))


class Encrypted(TlsTest):
    def setUp(self):
        super().setUp()
        self.daemon = self.start("--rc-serve", "--rc-files", self.folder)

    def test_calls_are_answered(self):
        self.assertTrue(self.daemon.url.startswith("https://"))
        self.assertEqual({"a": 1}, self.daemon.call("rc/noop", a=1))

    def test_a_connection_serves_many_requests(self):
        with wire.Connection(self.daemon.address, self.context()) as connection:
            for number in range(100):
                connection.send(wire.request("POST", "/rc/noop", "application/json", json.dumps({"n": number}).encode()))
                self.assertEqual({"n": number}, json.loads(connection.receive().body))

    def test_big_bodies_pass_both_ways(self):
        trees.write(self.folder + "/big", BIG)
        with wire.Connection(self.daemon.address, self.context()) as connection:
            for target in ["/big", f"/[{self.folder}]/big"]:
                connection.send(wire.request("GET", target))
                self.assertEqual(BIG, connection.receive().body)
            text = json.dumps({"text": "x" * (4 << 20)}).encode()
            connection.send(wire.request("POST", "/rc/noop", "application/json", text, Expect="100-continue"))
            self.assertEqual(json.loads(text), json.loads(connection.receive().body))

    def test_a_request_may_come_in_pieces(self):
        with wire.Connection(self.daemon.address, self.context()) as connection:
            for byte in wire.request("POST", "/rc/noop?a=1"):
                connection.send(bytes([byte]))
            self.assertEqual({"a": "1"}, json.loads(connection.receive().body))

    def test_requests_may_come_together(self):
        with wire.Connection(self.daemon.address, self.context()) as connection:
            connection.send(b"".join(wire.request("POST", f"/rc/noop?a={n}") for n in range(300)))
            for number in range(300):
                self.assertEqual({"a": str(number)}, json.loads(connection.receive().body))

    def test_the_end_is_announced(self):
        # Without its close_notify Python reports a cut connection.
        with wire.Connection(self.daemon.address, self.context()) as connection:
            connection.socket.suppress_ragged_eofs = False
            connection.send(wire.request("POST", "/rc/noop", Connection="close"))
            self.assertEqual(200, connection.receive().status)
            self.assertEqual(b"", connection.socket.recv(1))

    def test_too_much_is_refused_in_the_same_way(self):
        with wire.Connection(self.daemon.address, self.context()) as connection:
            connection.send(wire.request("POST", "/rc/noop", X="x" * 20000))
            reply = connection.receive()
            self.assertEqual((431, b"431 Request Header Fields Too Large"), (reply.status, reply.body))
            self.assertTrue(connection.closed())

    def test_a_request_in_the_clear_is_told(self):
        with wire.Connection(self.daemon.address) as connection:
            connection.send(wire.request("POST", "/rc/noop", body=b"x" * 20000))
            self.assertEqual(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
                             connection.file.read())

    def test_garbage_ends_that_connection_only(self):
        for garbage in [b"\x16\x03\x01\x00\x05hello", b"\x00" * 100, b"\x16\x03\x01\xff\xff" + b"x" * 100, b"\x16"]:
            with wire.Connection(self.daemon.address) as connection:
                with contextlib.suppress(OSError):  # the daemon may have ended it already
                    connection.send(garbage)
                    connection.socket.shutdown(socket.SHUT_WR)
                    connection.file.read()
        self.assertEqual({"a": 1}, self.daemon.call("rc/noop", a=1))

    def test_only_http_1_1_is_chosen(self):
        context = self.context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        with wire.Connection(self.daemon.address, context) as connection:
            self.assertEqual("http/1.1", connection.socket.selected_alpn_protocol())

    def test_sessions_are_resumed(self):
        context = self.context()
        with wire.Connection(self.daemon.address, context) as connection:
            connection.send(wire.request("POST", "/rc/noop"))
            connection.receive()
            session = connection.socket.session
        with socket.create_connection(("127.0.0.1", int(self.daemon.address.rpartition(":")[2])), wire.LIMIT) as raw:
            with context.wrap_socket(raw, server_hostname="localhost", session=session) as again:
                again.sendall(wire.request("POST", "/rc/noop"))
                self.assertTrue(again.recv(12).startswith(b"HTTP/1.1 200"))
                self.assertTrue(again.session_reused)

    def test_curl_and_openssl_are_content(self):
        run = subprocess.run([running.needed("curl"), "-s", "--cacert", self.authority.certificate, "-X", "POST",
                              self.daemon.url + "/rc/noop?a=1"], capture_output=True, timeout=running.START_LIMIT)
        self.assertEqual({"a": "1"}, json.loads(run.stdout))
        said = self.s_client()
        self.assertIn("Verify return code: 0 (ok)", said)

    @unittest.skipUnless(shutil.which("rclone"), "rclone is not installed: apt-get install rclone")
    def test_rclones_own_client_is_content(self):
        run = subprocess.run(["rclone", "rc", "--url", self.daemon.url, "--ca-cert", self.authority.certificate, "rc/noop", "a=1"],
                             capture_output=True, timeout=running.START_LIMIT)
        self.assertEqual({"a": "1"}, json.loads(run.stdout), run.stderr)

    def s_client(self, *arguments, daemon=None):
        run = subprocess.run([running.needed("openssl"), "s_client", "-connect", (daemon or self.daemon).address, "-CAfile",
                              self.authority.certificate, "-cipher", "DEFAULT:@SECLEVEL=0", *arguments], input="",
                             capture_output=True, text=True, timeout=running.START_LIMIT)
        return run.stdout + run.stderr

    def accepts(self, version, daemon=None):
        return "Cipher is (NONE)" not in self.s_client("-" + version, daemon=daemon)

    def test_the_oldest_version_is_chosen_by_a_flag(self):
        versions = ["tls1", "tls1_1", "tls1_2", "tls1_3"]
        self.assertEqual([True] * 4, [self.accepts(version) for version in versions])
        for flag, accepted in [("tls1.1", [False, True, True, True]), ("tls1.2", [False, False, True, True]),
                               ("tls1.3", [False, False, False, True])]:
            with self.subTest(flag):
                daemon = self.start("--rc-min-tls-version", flag)
                self.assertEqual(accepted, [self.accepts(version, daemon) for version in versions])

    def test_some_addresses_may_stay_in_the_clear(self):
        port = running.free_port()
        path = self.folder + "/socket"
        daemon = self.start("--rc-addr", f"http://127.0.0.1:{port}", "--rc-addr", "tls://127.0.0.1:0", "--rc-addr", path)
        with wire.Connection(f"127.0.0.1:{port}") as connection:
            connection.send(wire.request("POST", "/rc/noop"))
            self.assertEqual(200, connection.receive().status)
        with wire.Connection(path, self.context()) as connection:
            connection.send(wire.request("POST", "/rc/noop"))
            self.assertEqual(200, connection.receive().status)
        self.assertEqual({"a": 1}, daemon.call("rc/noop", a=1))

    def test_a_client_that_never_begins_holds_up_nobody(self):
        silent = [wire.Connection(self.daemon.address) for _ in range(50)]
        for connection in silent:
            self.addCleanup(connection.close)
            connection.send(b"\x16\x03\x01")
        self.assertEqual({"a": 1}, self.daemon.call("rc/noop", a=1))


class Clients(TlsTest):
    """Certificates of clients."""

    def setUp(self):
        super().setUp()
        self.alice = self.authority.issue("alice", "/CN=alice")
        self.nameless = self.authority.issue("nameless", "/O=nobody")
        self.other = self.stranger.issue("other", "/CN=other")

    def post(self, daemon, client, target="/rc/noopauth"):
        with wire.Connection(daemon.address, self.context(client)) as connection:
            connection.send(wire.request("POST", target))
            return connection.receive()

    def test_a_certificate_of_the_authority_is_asked_for(self):
        daemon = self.start("--rc-client-ca", self.authority.certificate, client=self.alice, no_auth=False)
        self.assertEqual(200, self.post(daemon, self.alice).status)
        for client in [None, self.other]:
            with self.subTest(client), self.assertRaises((OSError, ConnectionError)):
                self.post(daemon, client)

    def test_its_name_is_the_user(self):
        daemon = self.start("--rc-client-ca", self.authority.certificate, "--rc-addr", "http://127.0.0.1:0", client=self.alice,
                            no_auth=False)
        # A client that knows the authority would send its certificate too, and that has a name.
        alone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        alone.check_hostname, alone.verify_mode = False, ssl.CERT_NONE
        alone.load_cert_chain(*self.nameless)
        with wire.Connection(daemon.address, alone) as connection:
            connection.send(wire.request("POST", "/rc/noop"))
            reply = connection.receive()
        self.assertEqual((401, b"Unauthorized\n", None), (reply.status, reply.body, reply.headers.get("www-authenticate")))
        with wire.Connection(re.search("on http://(.*)/", daemon.output())[1]) as connection:
            connection.send(wire.request("POST", "/rc/noop"))
            self.assertEqual(401, connection.receive().status)

    def test_passwords_are_asked_for_as_well(self):
        daemon = self.start("--rc-client-ca", self.authority.certificate, "--rc-user", "u", "--rc-pass", "p", client=self.alice,
                            no_auth=False)
        with wire.Connection(daemon.address, self.context(self.alice)) as connection:
            connection.send(wire.request("POST", "/rc/noop"))
            self.assertEqual(401, connection.receive().status)
            connection.send(wire.request("POST", "/rc/noopauth", Authorization=wire.basic("u", "p")))
            self.assertEqual(200, connection.receive().status)
        with wire.Connection(daemon.address, self.context(self.nameless)) as connection:
            connection.send(wire.request("POST", "/rc/noopauth", Authorization=wire.basic("u", "p")))
            self.assertEqual(200, connection.receive().status)

    def test_several_authorities(self):
        both = Path(self.folder, "both.pem")
        both.write_text(Path(self.authority.certificate).read_text() + Path(self.stranger.certificate).read_text())
        daemon = self.start("--rc-client-ca", str(both), client=self.alice, no_auth=False)
        self.assertEqual([200, 200], [self.post(daemon, self.alice).status, self.post(daemon, self.other).status])


class Refusals(TlsTest):
    def refused(self, *flags):
        run = subprocess.run([self.binary, "rcd", "--rc-addr", "127.0.0.1:0", "--config", self.folder + "/rclone.conf", *flags],
                             capture_output=True, text=True, timeout=running.START_LIMIT)
        self.assertEqual(1, run.returncode, run.stderr)
        return run.stderr.strip().partition("Failed to start remote control: failed to init server: ")[2]

    def test_what_cannot_be_used_ends_the_start(self):
        nothing, text = Path(self.folder, "empty"), Path(self.folder, "text")
        nothing.touch()
        text.write_text("no certificate\n")
        _, other_key = self.authority.issue("other-server", "/CN=localhost")
        rows = [(("--rc-cert", self.certificate), "need both --cert and --key to use TLS"),
                (("--rc-key", self.key), "need both --cert and --key to use TLS"),
                (("--rc-addr", "tls://127.0.0.1:0"),
                 'can\'t listen on "tls://127.0.0.1:0": need both --cert and --key to use a tls:// address'),
                (("--rc-cert", "/none", "--rc-key", self.key), "open /none: no such file or directory"),
                (("--rc-cert", str(nothing), "--rc-key", self.key), "tls: failed to find any PEM data in certificate input"),
                (("--rc-cert", self.key, "--rc-key", self.key),
                 "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may "
                 "have been switched"),
                (("--rc-cert", self.certificate, "--rc-key", str(text)), "tls: failed to find any PEM data in key input"),
                (("--rc-cert", self.certificate, "--rc-key", self.certificate),
                 "tls: found a certificate rather than a key in the PEM for the private key"),
                (("--rc-cert", self.certificate, "--rc-key", other_key), "tls: private key does not match public key"),
                (("--rc-cert", self.certificate, "--rc-key", self.key, "--rc-min-tls-version", "tls9"),
                 "invalid value for --min-tls-version: tls9"),
                (("--rc-cert", self.certificate, "--rc-key", self.key, "--rc-client-ca", "/none"),
                 "open /none: no such file or directory"),
                (("--rc-cert", self.certificate, "--rc-key", self.key, "--rc-client-ca", str(text)),
                 "unable to parse client certificate authority")]
        for flags, why in rows:
            with self.subTest(flags):
                self.assertEqual(why, self.refused(*flags))


if __name__ == "__main__":
    running.main()
