"""Metrics on an address of their own: --metrics-addr and its relatives (rc-surface 2.13, 2.14)."""
import re
import ssl
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import certificates  # noqa: E402 (after the path)
import running  # noqa: E402
import wire  # noqa: E402


class MetricsServer(running.DaemonTest):
    def setUp(self):
        self.folder = self.enterContext(running.tempfile.TemporaryDirectory(prefix="argosy-test-"))

    def start(self, *flags):
        """(daemon, address of the metrics)"""
        daemon = self.start_daemon("--metrics-addr", "127.0.0.1:0", *flags, no_auth=False)
        line = r"Serving metrics on https?://([^/]+)/"
        return daemon, running.wait_for(lambda: re.search(line, daemon.output()), 30, "the address of the metrics")[1]

    def ask(self, address, target="/metrics", method="GET", context=None, **headers):
        with wire.Connection(address, context) as connection:
            connection.send(wire.request(method, target, **headers))
            return connection.receive(method)

    def test_the_page_is_there_and_nothing_else(self):
        daemon, address = self.start("--rc-user", "u", "--rc-pass", "p")
        reply = self.ask(address)
        self.assertEqual((200, "text/plain; version=0.0.4; charset=utf-8"), (reply.status, reply.headers["content-type"]))
        self.assertIn(b"\nrclone_bytes_transferred_total 0\n", reply.body)
        self.assertNotIn("server", reply.headers)
        for target in ["/", "/rc/noop", "/metrics/", "/metrics/x", "/core/quit", "/[/etc]/passwd"]:
            for method in ["GET", "POST", "HEAD"]:
                with self.subTest((method, target)):
                    self.assertEqual(404, self.ask(address, target, method).status)
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"]:
            with self.subTest(method):
                self.assertEqual(405, self.ask(address, method=method).status)
        self.assertEqual(b"Not Found\n", self.ask(address, "/").body)
        self.assertEqual(b"Method Not Allowed\n", self.ask(address, method="POST").body)
        self.assertEqual(401, self.ask(daemon.address, "/metrics").status)

    def test_figures_are_those_of_the_daemon(self):
        daemon, address = self.start("--rc-no-auth")
        running.write_files(self.folder + "/source", 3, 1000)
        daemon.call("sync/copy", srcFs=self.folder + "/source", dstFs=self.folder + "/copy")
        self.assertIn(b"\nrclone_bytes_transferred_total 3000\n", self.ask(address).body)
        with wire.Connection(address):
            running.wait_for(lambda: daemon.live("argosy_connections", remote="metrics") == 1, running.STOP_LIMIT,
                             "its client is in the ledger")

    def test_it_has_credentials_of_its_own(self):
        _, address = self.start("--rc-user", "u", "--rc-pass", "p", "--metrics-user", "scraper", "--metrics-pass", "secret",
                                "--metrics-realm", "figures")
        for headers in [{}, {"Authorization": wire.basic("u", "p")}]:
            reply = self.ask(address, **headers)
            self.assertEqual((401, 'Basic realm="figures"'), (reply.status, reply.headers["www-authenticate"]))
        self.assertEqual(200, self.ask(address, Authorization=wire.basic("scraper", "secret")).status)

    def test_it_has_a_password_file_of_its_own(self):
        path = self.folder + "/passwords"
        subprocess.run([running.needed("htpasswd"), "-cbm", path, "scraper", "secret"], check=True, capture_output=True)
        _, address = self.start("--metrics-htpasswd", path)
        self.assertEqual(401, self.ask(address).status)
        self.assertEqual(200, self.ask(address, Authorization=wire.basic("scraper", "secret")).status)

    def test_it_may_have_a_base_url_headers_and_an_origin(self):
        _, address = self.start("--metrics-baseurl", "/prometheus/", "--metrics-response-header", "X-Own: 1",
                                "--metrics-allow-origin", "http://there")
        self.assertEqual(404, self.ask(address).status)
        reply = self.ask(address, "/prometheus/metrics")
        self.assertEqual((200, "1", "http://there"),
                         (reply.status, reply.headers["x-own"], reply.headers["access-control-allow-origin"]))

    def test_it_may_be_encrypted_on_its_own(self):
        authority = certificates.Authority(self.folder)
        certificate, key = authority.server()
        context = ssl.create_default_context(cafile=authority.certificate)
        daemon, address = self.start("--metrics-cert", certificate, "--metrics-key", key)
        self.assertEqual(200, self.ask(address, context=context).status)
        self.assertTrue(daemon.url.startswith("http://"))

    def test_its_errors_end_the_start(self):
        Path(self.folder, "rclone.conf").touch()
        run = subprocess.run([self.binary, "rcd", "--config", self.folder + "/rclone.conf", "--rc-addr", "127.0.0.1:0",
                              "--metrics-addr", "none"], capture_output=True, text=True, timeout=running.START_LIMIT)
        self.assertEqual(1, run.returncode)
        self.assertIn("Failed to start metrics server: failed to init server: listen tcp: address none: missing port", run.stderr)

    def test_its_options_are_shown_without_the_password(self):
        daemon, _ = self.start("--rc-no-auth", "--metrics-user", "scraper", "--metrics-pass", "secret")
        shown = daemon.call("options/get", blocks="rc")["rc"]
        self.assertEqual(["127.0.0.1:0"], shown["MetricsHTTP"]["ListenAddr"])
        self.assertEqual("scraper", shown["MetricsAuth"]["BasicUser"])
        self.assertEqual("", shown["MetricsTemplate"]["Path"])
        self.assertNotIn("secret", daemon.post("options/get", {})[2].decode())

    def test_without_an_address_there_is_none(self):
        daemon = self.start_daemon()
        self.assertNotIn("Serving metrics", daemon.output())
        self.assertEqual([], daemon.call("options/get")["rc"]["MetricsHTTP"]["ListenAddr"])


if __name__ == "__main__":
    running.main()
