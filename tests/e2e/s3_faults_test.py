"""What networks and servers do wrong to the storage s3: a call ends right, or with a clear error, never with wrong bytes, and leaves no
upload in parts open."""
import os
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import s3_cloud  # noqa: E402
import trees  # noqa: E402
from fault_proxy import Fault, FaultProxy  # noqa: E402

SECOND = 1_000_000_000
MEBI = 1 << 20
FILES = {"small": b"small", "empty": b"", "d/middle": random.Random(1).randbytes(5 * MEBI), "d/large": random.Random(2).randbytes(11 * MEBI)}


def first(method, fault, times=1, text=""):
    """A plan: the first requests with the method, and with the text in their path, meet the fault."""
    left = [times]

    def plan(seen, path, number):
        if seen != method or text not in path or left[0] == 0:
            return None
        left[0] -= 1
        return fault
    return plan


def always(method, fault, text=""):
    return lambda seen, path, number: fault if seen == method and text in path else None


class Proxied(running.DaemonTest):
    """A daemon, files, a server, and remotes that reach it through a proxy."""

    def setUp(self):
        super().setUp()
        for name, content in FILES.items():
            trees.write(self.path("source", name), content, 1_500_000_000 * SECOND)
        self.cloud = s3_cloud.S3Cloud("one")
        self.addCleanup(self.cloud.close)

    def fs(self, root, plan=None, **options):
        url = self.cloud.url
        if plan:
            proxy = FaultProxy(self.cloud.url, plan)
            self.addCleanup(proxy.close)
            url = proxy.url
        return {**self.cloud.options(upload_cutoff="6M", **options), "endpoint": url, "_root": root}

    def stored(self, root):
        prefix = root.partition("/")[2] + "/"
        return {key[len(prefix):]: one.content for key, one in self.cloud.buckets["one"].objects.items() if key.startswith(prefix)}

    def tree(self, folder):
        return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


class WhatPasses(Proxied):
    flags = ("--timeout", "2s", "--low-level-retries", "4")
    PASSING = [Fault("reset"), Fault("status", status=503, headers={"Retry-After": "0"}), Fault("status", status=500),
               Fault("status", status=429, headers={"Retry-After": "0"}), Fault("eat"), Fault("stall")]

    def test_an_upload_ends_right_after_what_passes(self):
        for number, fault in enumerate(self.PASSING + [Fault("break_up", after=100), Fault("corrupt_up")]):
            for step, (method, text) in enumerate([("PUT", "small"), ("PUT", "middle"), ("POST", "uploads="), ("PUT", "partNumber=2"), ("POST", "uploadId"),
                                                   ("HEAD", "one")]):
                if fault.kind in ("break_up", "corrupt_up") and method != "PUT":
                    continue
                with self.subTest(fault=vars(fault), method=method, text=text):
                    root = f"one/up{number}-{step}"
                    self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs(root, first(method, fault, text=text)))
                    self.assertTrue(FILES == self.stored(root))
        # The answer to the beginning of an upload is lost in two cases: nobody knows its name.
        self.assertLessEqual(len(self.cloud.open_uploads()), 2)

    def test_a_download_ends_right_after_what_passes(self):
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs("one/from"))
        for number, fault in enumerate(self.PASSING + [Fault("reset", after=1000), Fault("cut", after=5 * MEBI - 1), Fault("stall", after=3000)]):
            for step, (method, text) in enumerate([("GET", "from/"), ("GET", "list-type"), ("HEAD", "d/")]):
                with self.subTest(fault=vars(fault), method=method, text=text):
                    folder = self.path(f"down{number}-{step}")
                    self.daemon.call("sync/copy", srcFs=self.fs("one/from", first(method, fault, 2, text)), dstFs=folder)
                    self.assertTrue(FILES == self.tree(folder))


class WhatStays(Proxied):
    flags = ("--timeout", "1s", "--low-level-retries", "2")

    def test_what_does_not_pass_is_a_clear_error_and_leaves_nothing(self):
        for number, (name, method, fault, where, text) in enumerate([
                ("small", "PUT", Fault("status", status=403), "small", "operation error S3: PutObject, https response error StatusCode: 403"),
                ("small", "PUT", Fault("reset"), "small", "onnection reset by peer"),
                ("small", "PUT", Fault("corrupt_up"), "small", "BadDigest"),
                ("d/middle", "PUT", Fault("break_up", after=100), "x", "onnection reset by peer"),
                ("d/middle", "PUT", Fault("corrupt_up"), "x", "BadDigest"),
                ("d/large", "PUT", Fault("status", status=403), "partNumber=2", "operation error S3: UploadPart, "),
                ("d/large", "PUT", Fault("corrupt_up"), "partNumber=3", "BadDigest"),
                ("d/large", "POST", Fault("status", status=400), "uploadId", "operation error S3: CompleteMultipartUpload"),
                ("d/large", "PUT", Fault("stall"), "partNumber=1", "timeout")]):
            for config in [{"MultiThreadCutoff": "1G"}, {"MultiThreadCutoff": "6M"}][:1 + (name == "d/large")]:
                with self.subTest(name=name, fault=vars(fault), config=config):
                    where_to = "small" if name == "small" else "x"
                    error = self.daemon.fails("operations/copyfile", srcFs=self.path("source"), srcRemote=name, dstRemote=where_to, _config=config,
                                              dstFs=self.fs(f"one/bad{number}", always(method, fault, where)))
                    self.assertIn(text, error)
                    self.assertEqual(({}, []), (self.stored(f"one/bad{number}"), self.cloud.open_uploads()))

    def test_wrong_bytes_are_not_taken_for_the_object(self):
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs("one/from"))
        for name in ["small", "d/middle"]:
            with self.subTest(name):
                error = self.daemon.fails("operations/copyfile", srcFs=self.fs("one/from", always("GET", Fault("corrupt"), "from/")), srcRemote=name,
                                          dstFs=self.path("down"), dstRemote="x")
                self.assertIn("corrupted on transfer", error)
                self.assertFalse(os.path.exists(self.path("down", "x")))

    def test_a_cancelled_upload_is_forgotten(self):
        for config in [{"MultiThreadCutoff": "1G"}, {"MultiThreadCutoff": "6M"}]:
            with self.subTest(config):
                self.cloud.requests.clear()
                job = self.daemon.start("operations/copyfile", srcFs=self.path("source"), srcRemote="d/large", dstRemote="x", _config=config,
                                        dstFs=self.fs("one/cancelled", always("PUT", Fault("stall"), "partNumber=2")))
                running.wait_for(lambda: self.cloud.open_uploads() and self.cloud.count("PUT", "partNumber"), 20, "parts are on their way")
                self.daemon.call("job/stop", jobid=job)
                self.assertIn("context canceled", self.daemon.finished(job)["error"])
                self.assertEqual([], self.cloud.open_uploads())


if __name__ == "__main__":
    running.main()
