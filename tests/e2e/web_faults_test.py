"""What networks and servers do wrong: a call over http or webdav ends right, or with a clear error, never with wrong bytes; it ends
soon when it is cancelled, and leaves no socket behind."""
import collections
import json
import os
import random
import signal
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import cloud_dav  # noqa: E402 (after the path)
import running  # noqa: E402
import trees  # noqa: E402
import web_servers  # noqa: E402
from fault_proxy import Fault, FaultProxy  # noqa: E402

SECOND = 1_000_000_000
FILES = {"small": b"small", "empty": b"", "d/large": random.Random(1).randbytes(3_000_000), "d/e/deep": b"deep" * 1000}


def first(method, fault, times=1):
    """A plan: the first requests with the method meet the fault."""
    left = [times]

    def plan(seen, path, number):
        if seen != method or left[0] == 0:
            return None
        left[0] -= 1
        return fault
    return plan


def always(method, fault):
    return lambda seen, path, number: fault if seen == method else None


class Faults(running.DaemonTest):
    flags = ("--timeout", "2s", "--low-level-retries", "4")

    def setUp(self):
        super().setUp()
        for name, content in FILES.items():
            trees.write(self.path("source", name), content, 1_500_000_000 * SECOND)
        self.apache = None

    def keep(self, server):
        self.addCleanup(server.close)
        return server

    def proxy(self, plan, dav=True):
        if not self.apache:
            self.apache = self.keep(web_servers.Apache(self.path("served"), self.path("apache"), dav=dav))
        return self.keep(FaultProxy(self.apache.url, plan))

    def webdav(self, url, root="", **options):
        return {"type": "webdav", "_root": root, "url": url, "pacer_min_sleep": "0s", **options}

    def tree(self, folder):
        return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}

    def close_wait(self):
        return running.half_closed(self.daemon.child.pid)

    # -- what passes

    PASSING = [Fault("reset"), Fault("status", status=503), Fault("status", status=500), Fault("status", status=429, headers={"Retry-After": "0"}),
               Fault("reset", after=20), Fault("cut", after=20), Fault("stall", after=20), Fault("stall")]

    def test_an_upload_ends_right_after_what_passes(self):
        # Not PUT: its content is read once, and a request that broke is not sent again.
        for number, (method, fault) in enumerate((m, f) for m in ["PROPFIND", "MKCOL", "MOVE"] for f in self.PASSING + [Fault("eat")]):
            with self.subTest(method=method, fault=vars(fault)):
                proxy = self.proxy(first(method, fault))
                self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.webdav(proxy.url, f"up{number}"))
                self.assertEqual(self.tree(self.path("source")), self.tree(self.path("served", f"up{number}")))

    def test_a_download_ends_right_after_what_passes(self):
        self.proxy(lambda *request: None)
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.webdav(self.apache.url, "from"))
        cases = [(m, f) for m in ["PROPFIND", "GET"] for f in self.PASSING] + [("GET", Fault("reset", after=1_000_000)), ("GET", Fault("cut", after=2_999_999))]
        for number, (method, fault) in enumerate(cases):
            with self.subTest(method=method, fault=vars(fault)):
                proxy = self.proxy(first(method, fault, times=2))
                self.daemon.call("sync/copy", srcFs=self.webdav(proxy.url, "from"), dstFs=self.path(f"down{number}"))
                self.assertEqual(self.tree(self.path("source")), self.tree(self.path(f"down{number}")))

    def test_a_page_that_lists_ends_right_after_what_passes(self):
        trees.write(self.path("served", "d", "x"), b"content" * 100_000)
        for number, (method, fault) in enumerate((m, f) for m in ["HEAD", "GET"] for f in self.PASSING):
            with self.subTest(method=method, fault=vars(fault)):
                proxy = self.proxy(first(method, fault, times=2), dav=False)
                self.daemon.call("sync/copy", srcFs={"type": "http", "_root": "", "url": proxy.url + "/"}, dstFs=self.path(f"page{number}"))
                self.assertEqual({"d/x": b"content" * 100_000}, self.tree(self.path(f"page{number}")))

    # -- what does not pass

    def test_what_does_not_pass_is_a_clear_error_and_leaves_nothing_half(self):
        self.proxy(lambda *request: None)
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.webdav(self.apache.url, "from"))
        for number, (method, fault, text) in enumerate([
                ("PUT", Fault("status", status=507, body=b"disk full"), "disk full: 507 Faulty"),
                ("PUT", Fault("reset"), "onnection reset by peer"),
                ("PUT", Fault("break_up", after=100), "unchunked simple update failed"),
                ("MOVE", Fault("status", status=403), "403 Faulty"),
                ("PROPFIND", Fault("status", status=503), "503 Faulty"),
                ("PROPFIND", Fault("cut", after=100), "EOF")]):
            with self.subTest(method=method, fault=vars(fault)):
                proxy = self.proxy(always(method, fault))
                error = self.daemon.fails("operations/copyfile", srcFs=self.path("source"), srcRemote="d/large",
                                          dstFs=self.webdav(proxy.url, f"bad{number}"), dstRemote="x")
                self.assertIn(text, error)
                self.assertEqual({}, self.tree(self.path("served", f"bad{number}")))
        for number, (fault, text) in enumerate([(Fault("reset", after=1000), "onnection reset by peer"), (Fault("cut", after=1000), "unexpected EOF"),
                                                (Fault("status", status=403), "403 Faulty")]):
            with self.subTest(method="GET", fault=vars(fault)):
                proxy = self.proxy(always("GET", fault))
                error = self.daemon.fails("operations/copyfile", srcFs=self.webdav(proxy.url, "from"), srcRemote="d/large",
                                          dstFs=self.path(f"bad{number}"), dstRemote="x")
                self.assertIn(text, error)
                self.assertEqual({}, self.tree(self.path(f"bad{number}")))

    def test_corrupted_bytes_are_found_where_there_are_checksums(self):
        for vendor in ["owncloud", "nextcloud"]:
            server = self.keep(cloud_dav.CloudDav(vendor))
            options = {"vendor": vendor, "user": cloud_dav.USER, "pass": self.daemon.call("core/obscure", clear=cloud_dav.PASSWORD)["obscured"]}
            path = server.url.partition("/remote.php")[2]
            through = lambda plan: self.keep(FaultProxy(server.url, plan)).url + "/remote.php" + path
            for name in ["small", "d/large"]:
                with self.subTest(vendor=vendor, name=name):
                    self.daemon.fails("operations/copyfile", srcFs=self.path("source"), srcRemote=name,
                                      dstFs=self.webdav(through(always("PUT", Fault("corrupt_up"))), **options), dstRemote="x")
                    self.assertNotIn("x", server.files)
                    self.daemon.call("operations/copyfile", srcFs=self.path("source"), srcRemote=name,
                                     dstFs=self.webdav(server.url, **options), dstRemote="good")
                    self.daemon.fails("operations/copyfile", srcFs=self.webdav(through(always("GET", Fault("corrupt"))), **options),
                                      srcRemote="good", dstFs=self.path("local"), dstRemote="x")
                    self.assertFalse(Path(self.path("local", "x")).exists())

    def test_a_server_that_is_restarted_in_mid_transfer_is_survived(self):
        content = random.Random(2).randbytes(8_000_000)
        trees.write(self.path("served", "big"), content)
        trees.write(self.path("local", "big"), content)
        port = running.free_port()
        server = web_servers.Apache(self.path("served"), self.path("apache"), port=port)
        limited = self.start_daemon("--bwlimit", "8M")
        for source, target in [(self.webdav(server.url), self.path("down")), (self.path("local"), self.webdav(server.url, "up"))]:
            job = limited.start("operations/copyfile", srcFs=source, srcRemote="big", dstFs=target, dstRemote="big")
            running.wait_for(lambda: limited.call("core/stats", group=f"job/{job}")["bytes"] > 1_000_000, 60, "bytes flow")
            server.child.send_signal(signal.SIGKILL)
            server.child.wait()
            server.close()
            server = web_servers.Apache(self.path("served"), self.path("apache"), port=port)
            status = limited.finished(job)
            self.assertTrue(status["success"], status)
        server.close()
        self.assertEqual(content, Path(self.path("down", "big")).read_bytes())
        self.assertEqual({"big": content}, {n: c for n, c in self.tree(self.path("served", "up")).items() if not n.endswith(".partial")})

    # -- cancelling, connections, secrets

    def test_a_cancelled_job_ends_though_the_server_stalls(self):
        patient = self.start_daemon()
        trees.write(self.path("served", "big"), bytes(1_000_000))
        for method, source, target in [("GET", lambda url: self.webdav(url), lambda url: self.path("out")),
                                       ("PROPFIND", lambda url: self.webdav(url), lambda url: self.path("out")),
                                       ("PUT", lambda url: self.path("source"), lambda url: self.webdav(url, "in"))]:
            with self.subTest(method=method):
                proxy = self.proxy(always(method, Fault("stall")))
                job = patient.start("sync/copy", srcFs=source(proxy.url), dstFs=target(proxy.url))
                running.wait_for(lambda: proxy.count(method) > 0, 60, "the server is asked")
                patient.call("job/stop", jobid=job)
                status = patient.finished(job, limit=20)
                self.assertEqual("context canceled", status["error"])

    def test_connections_that_the_server_closes_do_not_hang_in_close_wait(self):
        self.apache = self.keep(web_servers.Apache(self.path("served"), self.path("apache"), lines="KeepAlive On\nKeepAliveTimeout 1\n"))
        self.daemon.call("operations/list", fs=self.webdav(self.apache.url), remote="")
        running.wait_for(self.close_wait, 20, "the server closes the idle connection")

        running.wait_for(lambda: not self.close_wait(), 30, "we close it too")

        self.daemon.call("operations/list", fs=self.webdav(self.apache.url), remote="")

    def test_secrets_are_nowhere_to_be_read(self):
        server = self.keep(cloud_dav.CloudDav("owncloud"))
        daemon = self.start_daemon("-vv", "--dump", "headers,bodies")
        obscured = daemon.call("core/obscure", clear=cloud_dav.PASSWORD)["obscured"]
        fs = self.webdav(server.url, vendor="owncloud", user=cloud_dav.USER, headers="X-Auth-Token,verysecret", **{"pass": obscured})
        daemon.call("sync/copy", srcFs=self.path("source"), dstFs=fs)
        wrong = daemon.fails("operations/list", fs={**fs, "url": server.url.replace("http://", "http://me:verysecret@").replace("files", "none")}, remote="")
        text = os.pread(daemon.log.fileno(), 1 << 26, 0).decode(errors="replace") + daemon.metrics() + wrong + json.dumps(daemon.call("core/stats"))
        self.assertIn("Authorization: XXXX", text)
        for secret in ["verysecret", cloud_dav.PASSWORD, "dGVzdGVyOnBhc3Mgd29yZA"]:
            self.assertNotIn(secret, text)

    def test_answers_are_counted(self):
        proxy = self.proxy(first("PROPFIND", Fault("status", status=503)))
        self.daemon.call("operations/list", fs=self.webdav(proxy.url), remote="")

        codes = collections.Counter()
        for series, value in self.daemon.samples().items():
            if series.startswith("rclone_http_status_code") and f"127.0.0.1:{proxy.port}" in series:
                codes[series.partition('code="')[2].partition('"')[0]] += value
        self.assertEqual({"503": 1, "207": 1}, dict(codes))


if __name__ == "__main__":
    running.main()
