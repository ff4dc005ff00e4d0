"""The storage s3 against s3rver, and against a server that checks every signature by botocore; with rclone on the other side."""
import base64
import datetime
import hashlib
import json
import os
import random
import subprocess
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import npm  # noqa: E402 (after the path)
import running  # noqa: E402
import s3_cloud  # noqa: E402
import trees  # noqa: E402
import web_servers  # noqa: E402

SECOND = 1_000_000_000
TIME = 1_500_000_000
MEBI = 1 << 20
LARGE = random.Random(1).randbytes(11 * MEBI + 7)
FILES = {"one.txt": b"one", "d/two.txt": b"two", "d/e/middle": random.Random(2).randbytes(4 * MEBI + 1), "caf\u00e9 & co/100%.txt": b"odd",
         "d/empty": b"", "d/q?x#y;z": b"punctuation", "+plus [list]/~": b"more", "d/a=b,c:d@e$f'g\"h<i>": b"even more"}
# What a machine may have set for tools of its own.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]


def rclone(*arguments, options):
    """What rclone prints; `options` are those of a remote that the arguments call R:."""
    environment = {f"RCLONE_CONFIG_R_{name.upper()}": str(value) for name, value in options.items()}
    done = subprocess.run([running.needed("rclone"), "--config", "/dev/null", *arguments], env={**os.environ, **environment},
                          capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise AssertionError(f"rclone {arguments} ended with status {done.returncode}\n{done.stderr}")
    return done.stdout


class S3(running.DaemonTest):
    def setUp(self):
        super().setUp()
        for number, (name, content) in enumerate(FILES.items()):
            trees.write(self.path("source", name), content, (TIME + number) * SECOND + 123_456_789)
        self.cloud = self.serve(s3_cloud.S3Cloud("one"))

    def serve(self, server):
        self.addCleanup(server.close)
        return server

    def fs(self, root="one", **options):
        return {**self.cloud.options(**options), "_root": root}

    def tree(self, folder):
        return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}

    def listed(self, fs, **opt):
        found = self.daemon.call("operations/list", fs=fs, remote="", opt={"recurse": True, "filesOnly": True, **opt})["list"]
        return {item["Path"]: item for item in found}

    def objects(self, bucket="one"):
        return self.cloud.buckets[bucket].objects

    def write_large(self):
        trees.write(self.path("large", "large"), LARGE, TIME * SECOND + 5)

    # -- transfers

    def exercise(self, options, root):
        """Up, looked at, and down."""
        fs = {**options, "_root": root}
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=fs)
        listed = self.listed(fs, showHash=True)
        self.assertEqual({name: len(content) for name, content in FILES.items()}, {name: item["Size"] for name, item in listed.items()})
        self.assertEqual({name: hashlib.md5(content).hexdigest() for name, content in FILES.items()},
                         {name: item["Hashes"]["md5"] for name, item in listed.items()})
        self.daemon.call("sync/copy", srcFs=fs, dstFs=self.path("down"))
        self.assertEqual(FILES, self.tree(self.path("down")))
        for number, name in enumerate(FILES):
            self.assertEqual((TIME + number) * SECOND + 123_456_789, os.stat(self.path("down", name)).st_mtime_ns)

    def test_files_go_up_and_down(self):
        self.exercise(self.cloud.options(), "one/up")

    def test_files_go_up_and_down_where_the_host_names_the_bucket(self):
        self.exercise({**self.cloud.options(provider="AWS"), "endpoint": self.cloud.url.replace("127.0.0.1", "localhost")}, "one/up")
        self.assertTrue(all(headers["Host"].startswith("one.localhost:") for _, _, headers in self.cloud.requests))

    @npm.without_packages
    def test_files_go_up_and_down_on_s3rver(self):
        server = self.serve(npm.S3Server(self.path("served"), "first"))
        options = {"type": "s3", "provider": "Other", "access_key_id": server.KEY, "secret_access_key": server.KEY, "endpoint": server.url}
        # Its Node.js decodes the signs of the source of a copy in part only, so there are no copies here.
        self.exercise(options, "first/up")
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs={**options, "_root": "made/by us"})
        self.assertEqual({"first", "made"}, {item["Name"] for item in self.daemon.call(
            "operations/list", fs={**options, "_root": ""}, remote="")["list"]})
        self.write_large()
        self.daemon.call("operations/copyfile", srcFs=self.path("large"), srcRemote="large", dstFs={**options, "_root": "first", "upload_cutoff": "5M"},
                         dstRemote="large")
        self.assertEqual(len(LARGE), self.listed({**options, "_root": "first"})["large"]["Size"])

    def test_a_second_copy_has_nothing_to_do(self):
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs())
        for source, destination in [(self.path("source"), self.fs()), (self.fs(), self.path("source"))]:
            self.cloud.requests.clear()
            self.daemon.call("sync/sync", srcFs=source, dstFs=destination)
            self.assertEqual((0, len(FILES)), (self.cloud.count("PUT"), self.cloud.count("HEAD", "one/")), "its time is asked for")
            self.cloud.requests.clear()
            self.daemon.call("sync/sync", srcFs=source, dstFs=destination, _config={"SizeOnly": True})
            self.assertEqual((0, 0), (self.cloud.count("PUT"), self.cloud.count("HEAD", "one/")), "it does not matter")

    def test_a_time_that_changed_is_set_by_a_copy_onto_itself(self):
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs())
        os.utime(self.path("source", "one.txt"), ns=(7 * SECOND, 7 * SECOND))
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs())
        stored = self.objects()["one.txt"]
        self.assertEqual(("7", "text/plain; charset=utf-8"), (stored.fields["x-amz-meta-mtime"], stored.fields["content-type"]))
        self.assertEqual(1, sum("x-amz-copy-source" in map(str.lower, headers) for _, _, headers in self.cloud.requests))

    # -- large objects

    def test_a_large_object_goes_in_parts(self):
        self.write_large()
        for name, config in [("single", {"MultiThreadCutoff": "1G"}), ("several", {"MultiThreadCutoff": "6M"})]:
            with self.subTest(name):
                self.daemon.call("operations/copyfile", srcFs=self.path("large"), srcRemote="large", dstFs=self.fs(upload_cutoff="5M"), dstRemote=name,
                                 _config=config)
                stored = self.objects()[name]
                self.assertTrue(stored.content == LARGE)
                self.assertTrue(stored.tag.endswith("-3"))
                self.assertEqual(str(TIME) + ".000000005", stored.fields["x-amz-meta-mtime"])
                self.assertEqual(base64.b64encode(hashlib.md5(LARGE).digest()).decode(), stored.fields["x-amz-meta-md5chksum"])
                self.assertEqual([], self.cloud.open_uploads())
                self.daemon.call("operations/copyfile", srcFs=self.fs(), srcRemote=name, dstFs=self.path("down"), dstRemote=name, _config=config)
                self.assertTrue(Path(self.path("down", name)).read_bytes() == LARGE)

    def test_parts_that_cannot_be_put_together_are_forgotten(self):
        self.write_large()
        for config in [{"MultiThreadCutoff": "1G"}, {"MultiThreadCutoff": "6M"}]:
            s3_cloud.SMALLEST_PART, before = 6 * MEBI, s3_cloud.SMALLEST_PART
            try:
                error = self.daemon.fails("operations/copyfile", srcFs=self.path("large"), srcRemote="large", dstFs=self.fs(upload_cutoff="5M"),
                                          dstRemote="x", _config=config)
            finally:
                s3_cloud.SMALLEST_PART = before
            self.assertIn("EntityTooSmall", error)
            self.assertEqual(([], {}), (self.cloud.open_uploads(), self.objects()))

    def test_unfinished_uploads_are_shown_and_cleaned_up(self):
        bucket = self.cloud.buckets["one"]
        self.cloud.page = 2
        for number in range(5):
            bucket.uploads[f"id{number}"] = s3_cloud.Upload(f"dir/key{number}", {})
        for mark in ["id0", "id3"]:
            bucket.uploads[mark].began -= datetime.timedelta(hours=25)
        shown = self.daemon.call("backend/command", command="list-multipart-uploads", fs=self.fs("one/dir"))["result"]
        self.assertEqual([f"id{number}" for number in range(5)], [one["UploadId"] for one in shown["one"]])
        self.daemon.call("operations/cleanup", fs=self.fs())
        self.assertEqual({"id1", "id2", "id4"}, set(bucket.uploads))
        self.daemon.call("backend/command", command="cleanup", fs=self.fs(), opt={"max-age": "0s"})
        self.assertEqual({}, bucket.uploads)

    # -- on the server

    def test_copies_stay_on_the_server(self):
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs())
        self.cloud.requests.clear()
        self.daemon.call("sync/copy", srcFs=self.fs(), dstFs=self.fs("two/copied"))
        self.assertEqual({"copied/" + name: content for name, content in FILES.items()},
                         {key: one.content for key, one in self.objects("two").items()})
        self.assertEqual({name: one.fields["x-amz-meta-mtime"] for name, one in self.objects().items()},
                         {key[7:]: one.fields["x-amz-meta-mtime"] for key, one in self.objects("two").items()})
        self.assertEqual(0, sum(1 for method, path, _ in self.cloud.requests if method == "GET" and "?" not in path))
        self.daemon.call("operations/movefile", srcFs=self.fs(), srcRemote="one.txt", dstFs=self.fs(), dstRemote="moved/it")
        self.assertNotIn("one.txt", self.objects())
        self.assertEqual(b"one", self.objects()["moved/it"].content)

    def test_a_download_asks_for_each_object_once(self):
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs())
        self.cloud.requests.clear()

        self.daemon.call("sync/copy", srcFs=self.fs(), dstFs=self.path("down"))

        asked = [(method, path) for method, path, _ in self.cloud.requests if "?" not in path]
        self.assertEqual(len(FILES), sum(method == "GET" for method, _ in asked))
        self.assertEqual(0, sum(method == "HEAD" for method, _ in asked), "its time and its hash come with it")
        for number, name in enumerate(FILES):
            self.assertEqual((TIME + number) * SECOND + 123_456_789, os.stat(self.path("down", name)).st_mtime_ns)

    def test_what_changed_only_in_its_time_gets_that_of_the_source(self):
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs())
        self.daemon.call("sync/copy", srcFs=self.fs(), dstFs=self.path("down"))
        os.utime(self.path("down", "one.txt"), ns=(7 * SECOND, 7 * SECOND))

        self.daemon.call("sync/copy", srcFs=self.fs(), dstFs=self.path("down"))
        self.assertEqual(TIME * SECOND + 123_456_789, os.stat(self.path("down", "one.txt")).st_mtime_ns)

        Path(self.path("down", "one.txt")).write_bytes(b"new")
        self.daemon.call("sync/copy", srcFs=self.fs(), dstFs=self.path("down"), _config={"UpdateOlder": True})
        self.assertEqual(b"new", Path(self.path("down", "one.txt")).read_bytes(), "it is newer")
        self.daemon.call("sync/copy", srcFs=self.fs(), dstFs=self.path("down"))
        self.assertEqual(b"one", Path(self.path("down", "one.txt")).read_bytes())

    def test_ages_are_those_of_the_times_that_were_set(self):
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs())
        old = {"MinAge": "1d"}
        self.assertEqual(len(FILES), self.daemon.call("operations/size", fs=self.fs(), _filter=old)["count"])
        self.daemon.call("sync/copy", srcFs=self.fs(), dstFs=self.path("down"), _filter=old)
        self.assertEqual(FILES, self.tree(self.path("down")))

    def test_what_needs_no_times_asks_for_no_object(self):
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs())
        self.cloud.requests.clear()
        size = self.daemon.call("operations/size", fs=self.fs())
        self.assertEqual((len(FILES), sum(map(len, FILES.values()))), (size["count"], size["bytes"]))
        sums = self.daemon.call("operations/hashsum", fs=self.fs(), hashType="md5")["hashsum"]
        self.assertEqual({f"{hashlib.md5(content).hexdigest()}  {name}" for name, content in FILES.items()}, set(sums))
        listed = self.listed(self.fs(provider="ChinaMobile"), noModTime=True, noMimeType=True, showHash=True)
        self.assertEqual({name: (hashlib.md5(content).hexdigest(), "STANDARD") for name, content in FILES.items()},
                         {name: (item["Hashes"]["md5"], item["Tier"]) for name, item in listed.items()})
        self.assertEqual(3, len(self.cloud.requests), "each lists everything at once")

    # -- removals

    def test_objects_are_removed_together(self):
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs())
        self.cloud.requests.clear()
        self.daemon.call("operations/purge", fs=self.fs(), remote="d")
        self.assertEqual({name for name in FILES if not name.startswith("d/")}, set(self.objects()))
        self.assertEqual((1, 1, 0), (self.cloud.count("POST", "delete"), self.cloud.count("DELETE"), self.cloud.count("HEAD")), "those of d, and that of d/e")
        self.assertEqual(5, self.daemon.call("core/stats")["deletes"])

    def test_objects_are_removed_one_by_one_where_the_server_does_not_know_better(self):
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs())
        self.cloud.together = False
        self.cloud.requests.clear()
        self.daemon.call("operations/delete", fs=self.fs())
        self.assertEqual({}, self.objects())
        self.assertEqual((1, len(FILES)), (self.cloud.count("POST", "delete"), self.cloud.count("DELETE")), "it is asked once")

    def test_what_cannot_be_removed_is_named_and_the_rest_goes(self):
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs())
        self.cloud.kept = {"d/two.txt"}
        self.assertIn("failed to delete 1 files", self.daemon.fails("operations/delete", fs=self.fs()))
        self.assertEqual({"d/two.txt"}, set(self.objects()))
        failed = [item for item in self.daemon.call("core/transferred")["transferred"] if item["error"]]
        self.assertEqual(["d/two.txt"], [item["name"] for item in failed])
        self.assertIn("AccessDenied", failed[0]["error"])

    def test_a_large_object_is_copied_in_parts(self):
        self.write_large()
        self.daemon.call("operations/copyfile", srcFs=self.path("large"), srcRemote="large", dstFs=self.fs(), dstRemote="large")
        self.daemon.call("operations/copyfile", srcFs=self.fs(copy_cutoff="5M"), srcRemote="large", dstFs=self.fs(copy_cutoff="5M"), dstRemote="copy")
        copied = self.objects()["copy"]
        self.assertTrue(copied.content == LARGE and copied.tag.endswith("-3"))
        self.assertEqual(self.objects()["large"].fields["x-amz-meta-mtime"], copied.fields["x-amz-meta-mtime"])
        self.assertEqual([], self.cloud.open_uploads())

    def test_a_public_link_lets_anybody_read(self):
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs())
        for name in ["one.txt", "d/q?x#y;z", "caf\u00e9 & co/100%.txt"]:
            url = self.daemon.call("operations/publiclink", fs=self.fs(), remote=name, expire="5m")["url"]
            self.assertIn("X-Amz-Expires=300&", url)
            with urllib.request.urlopen(url, timeout=30) as answer:
                self.assertEqual(FILES[name], answer.read())
        self.assertIn("object not found", self.daemon.fails("operations/publiclink", fs=self.fs(), remote="none"))

    # -- listings

    def test_listings_come_in_pages(self):
        names = {f"k{number:03}{'/x' * (number % 3 == 0)}" for number in range(60)}
        for name in names:
            self.objects()["deep/" + name] = s3_cloud.Stored(b"1", {})
        self.cloud.page = 7
        for version in ["1", "2"]:
            for escaped in ["true", "false"]:
                with self.subTest(version=version, escaped=escaped):
                    self.assertEqual(names, set(self.listed(self.fs("one/deep", list_version=version, list_url_encode=escaped))))

    def test_names_that_xml_cannot_hold_are_listed(self):
        self.objects()["bell\a"] = s3_cloud.Stored(b"1", {})
        self.assertEqual({"bell\u2407"}, set(self.listed(self.fs(list_url_encode="false"))))

    def test_buckets_are_the_directories_of_the_root(self):
        self.cloud.buckets["two"] = s3_cloud.Bucket(self.cloud.region)
        found = self.daemon.call("operations/list", fs=self.fs(""), remote="")["list"]
        self.assertEqual([("one", True, True), ("two", True, True)], sorted((item["Name"], item["IsDir"], item.get("IsBucket")) for item in found))
        self.assertIn("first part of its path must be a bucket", self.daemon.fails(
            "operations/copyfile", srcFs=self.path("source"), srcRemote="one.txt", dstFs=self.fs(""), dstRemote="file"))

    # -- buckets

    def test_buckets_are_made_and_removed(self):
        self.daemon.call("operations/mkdir", fs=self.fs("new", location_constraint="us-east-1"), remote="sub")
        self.assertIn("new", self.cloud.buckets)
        self.daemon.call("operations/copyfile", srcFs=self.path("source"), srcRemote="one.txt", dstFs=self.fs("newer/dir"), dstRemote="x")
        self.assertEqual(["dir/x"], list(self.objects("newer")))
        self.assertIn("BucketNotEmpty", self.daemon.fails("operations/rmdir", fs=self.fs("newer"), remote=""))
        self.daemon.call("operations/purge", fs=self.fs("newer"), remote="dir")
        self.daemon.call("operations/rmdir", fs=self.fs("newer"), remote="")
        self.assertNotIn("newer", self.cloud.buckets)

    def test_a_bucket_that_is_missing_is_a_clear_error(self):
        self.assertIn("directory not found", self.daemon.fails("operations/list", fs=self.fs("none"), remote=""))
        error = self.daemon.fails("operations/copyfile", srcFs=self.path("source"), srcRemote="one.txt",
                                  dstFs=self.fs("none", no_check_bucket="true"), dstRemote="x")
        self.assertIn("NoSuchBucket: The specified bucket does not exist", error)

    def test_markers_stand_for_directories(self):
        fs = self.fs(directory_markers="true")
        self.daemon.call("operations/mkdir", fs=fs, remote="a/b")
        self.assertEqual({"a/", "a/b/"}, set(self.objects()))
        self.assertEqual(["a", "a/b"], sorted(item["Path"] for item in self.daemon.call("operations/list", fs=fs, remote="", opt={"recurse": True})["list"]))
        self.daemon.call("operations/rmdir", fs=fs, remote="a/b")
        self.assertEqual({"a/"}, set(self.objects()))
        self.assertEqual(["a"], [item["Path"] for item in self.daemon.call("operations/list", fs=self.fs(), remote="")["list"]])

    def test_a_bucket_elsewhere_is_found(self):
        self.cloud.buckets["far"] = s3_cloud.Bucket("eu-west-3")
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=self.fs("far"))
        self.assertEqual(FILES, {key: one.content for key, one in self.objects("far").items()})

    # -- who asks

    def test_refusals_say_why(self):
        list_with = lambda **options: self.daemon.fails("operations/list", fs=self.fs(**options), remote="")
        self.assertIn("api error InvalidAccessKeyId: The AWS Access Key Id you provided", list_with(access_key_id="WRONG"))
        error = list_with(secret_access_key="WRONG")
        self.assertIn("api error SignatureDoesNotMatch: The request signature we calculated", error)
        self.assertIn("operation error S3: ListObjectsV2, https response error StatusCode: 403, RequestID: REQ1, HostID: HOST1, ", error)
        self.assertIn("api error AccessDenied: Access Denied", list_with(access_key_id="", secret_access_key=""))
        self.assertIn("secret_access_key not found", list_with(secret_access_key=""))
        self.assertIn("access_key_id not found", list_with(access_key_id=""))
        self.cloud.skew = datetime.timedelta(hours=2)
        self.assertRegex(list_with(), r"RequestTimeTooSkewed: .* \(the clock of this machine says \w+, that of the server .*: set it right\)")

    def test_what_is_not_supported_is_said(self):
        for option, value in [("v2_auth", "true"), ("versions", "true"), ("version_at", "2020-01-01"), ("decompress", "true"), ("role_arn", "arn:x"),
                              ("object_lock_mode", "GOVERNANCE")]:
            self.assertIn(f"s3: option {option} is not supported by this release", self.daemon.fails("operations/list", fs=self.fs(**{option: value}), remote=""))
        for option, value, text in [("chunk_size", "1M", "s3: chunk size: 1Mi is less than 5Mi"), ("upload_cutoff", "6G", "is greater than 5Gi"),
                                    ("list_version", "3", "list_version: 3 is none of 0, 1 and 2"), ("endpoint", "ftp://x", "")]:
            self.assertIn(text, self.daemon.fails("operations/list", fs=self.fs(**{option: value}), remote=""))

    def test_credentials_come_from_the_environment(self):
        home = Path(self.folder, "home", ".aws")
        home.mkdir(parents=True)
        (home / "credentials").write_text(f"[default]\naws_access_key_id = no\naws_secret_access_key = no\n\n[argosy]\naws_access_key_id={s3_cloud.KEY}\n"
                                          f"aws_secret_access_key = {s3_cloud.SECRET}\n")
        (home / "config").write_text("[profile argosy]\nregion = eu-west-3\n")
        self.cloud.buckets["one"].region = "eu-west-3"
        options = self.fs(access_key_id="", secret_access_key="", region="", env_auth="true")
        daemon = self.start_daemon(environment={"HOME": str(home.parent), "AWS_PROFILE": "argosy"})
        daemon.call("operations/list", fs=options, remote="")
        daemon = self.start_daemon(environment={"HOME": "/none", "AWS_ACCESS_KEY_ID": s3_cloud.KEY, "AWS_SECRET_ACCESS_KEY": s3_cloud.SECRET,
                                                "AWS_REGION": "eu-west-3"})
        daemon.call("operations/list", fs=options, remote="")
        daemon = self.start_daemon(environment={"HOME": "/none", "AWS_EC2_METADATA_DISABLED": "true"})
        self.assertIn("no credentials in the environment, nor for profile \"default\"", daemon.fails("operations/list", fs=options, remote=""))

    def test_credentials_come_from_the_role_of_the_machine(self):
        served = Path(self.path("served", "role"))
        served.parent.mkdir()
        served.write_text(json.dumps({"AccessKeyId": s3_cloud.KEY, "SecretAccessKey": s3_cloud.SECRET, "Token": "of the role",
                                      "Expiration": "2099-01-01T00:00:00Z"}))
        self.cloud.token = "of the role"
        server = self.serve(web_servers.PythonServer(served.parent))
        daemon = self.start_daemon(environment={"HOME": "/none", "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/role"})
        daemon.call("operations/list", fs=self.fs(access_key_id="", secret_access_key="", env_auth="true"), remote="")

    def test_temporary_credentials_send_their_token(self):
        self.cloud.token = "the/token+="
        self.daemon.call("operations/copyfile", srcFs=self.path("source"), srcRemote="one.txt", dstFs=self.fs(session_token=self.cloud.token), dstRemote="x")
        self.assertTrue(all(headers["x-amz-security-token"] == self.cloud.token for _, _, headers in self.cloud.requests))

    def test_secrets_are_not_logged(self):
        key = base64.b64encode(b"k" * 32).decode()
        daemon = self.start_daemon("-vv", "--dump", "headers")
        daemon.call("operations/copyfile", srcFs=self.path("source"), srcRemote="one.txt", dstRemote="x",
                    dstFs=self.fs(session_token="the/token", sse_customer_algorithm="AES256", sse_customer_key_base64=key))
        said = daemon.output()
        self.assertIn("HTTP REQUEST", said)
        for secret in [s3_cloud.SECRET, "the/token", key, "Signature="]:
            self.assertNotIn(secret, said)

    # -- what objects have beside their bytes

    def test_keys_of_ours_encrypt(self):
        options = {"sse_customer_algorithm": "AES256", "sse_customer_key": "0123456789abcdef0123456789abcdef"}
        self.write_large()
        at = self.fs(upload_cutoff="5M", copy_cutoff="5M", **options)
        for source, name in [("source", "one.txt"), ("large", "large")]:
            self.daemon.call("operations/copyfile", srcFs=self.path(source), srcRemote=name, dstFs=at, dstRemote=name)
            self.daemon.call("operations/copyfile", srcFs=at, srcRemote=name, dstFs=at, dstRemote="copy of " + name)
            self.daemon.call("operations/copyfile", srcFs=at, srcRemote="copy of " + name, dstFs=self.path("down"), dstRemote=name)
        self.assertTrue(self.tree(self.path("down")) == {"one.txt": b"one", "large": LARGE})
        self.daemon.fails("operations/copyfile", srcFs=self.fs(), srcRemote="one.txt", dstFs=self.path("down"), dstRemote="without")

    def test_options_go_with_what_is_stored(self):
        self.daemon.call("operations/copyfile", srcFs=self.path("source"), srcRemote="one.txt", dstRemote="x", dstFs=self.fs(
            acl="public-read", storage_class="STANDARD_IA", server_side_encryption="AES256"))
        fields = self.objects()["x"].fields
        self.assertEqual(("public-read", "STANDARD_IA", "AES256"),
                         (fields["x-amz-acl"], fields["x-amz-storage-class"], fields["x-amz-server-side-encryption"]))

    def test_metadata_goes_with_the_object(self):
        self.daemon.call("operations/copyfile", srcFs=self.path("source"), srcRemote="one.txt", dstFs=self.fs(), dstRemote="x", _config={
            "Metadata": True, "MetadataSet": {"cache-control": "no-cache", "content-type": "text/odd", "potato": "sausage"}})
        fields = self.objects()["x"].fields
        self.assertEqual(("no-cache", "text/odd", "sausage"), (fields["cache-control"], fields["content-type"], fields["x-amz-meta-potato"]))
        shown = self.listed(self.fs(), metadata=True)["x"]
        self.assertEqual("text/odd", shown["MimeType"])
        self.assertEqual(("sausage", "no-cache", "STANDARD"), tuple(shown["Metadata"][key] for key in ["potato", "cache-control", "tier"]))

    def test_objects_move_to_another_tier(self):
        fs = self.fs("one/d", provider="ChinaMobile")
        self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=fs)
        self.assertIn("does not support settier", self.daemon.fails("operations/settier", fs=self.fs("one/d"), tier="GLACIER"))
        self.daemon.call("operations/settierfile", fs=fs, remote="one.txt", tier="glacier")
        self.daemon.call("operations/settier", fs=fs, tier="STANDARD_IA", _filter={"IncludeRule": ["/d/**"]})
        tiers = {key: one.fields.get("x-amz-storage-class") for key, one in self.objects().items()}
        self.assertEqual(("GLACIER", "STANDARD_IA", None), (tiers["d/one.txt"], tiers["d/d/two.txt"], tiers["d/+plus [list]/~"]))
        self.assertEqual({"GLACIER", "STANDARD", "STANDARD_IA"}, {item["Tier"] for item in self.listed(fs).values()})
        self.assertEqual(str(TIME) + ".123456789", self.objects()["d/one.txt"].fields["x-amz-meta-mtime"])
        self.assertIn("object not found", self.daemon.fails("operations/settierfile", fs=fs, remote="none", tier="GLACIER"))

    def test_archived_objects_are_asked_for(self):
        for name, tier in [("cold", "GLACIER"), ("warm", "STANDARD")]:
            self.objects()["d/" + name] = s3_cloud.Stored(b"1", {"x-amz-storage-class": tier})
        done = self.daemon.call("backend/command", command="restore", fs=self.fs("one/d"), opt={"lifetime": "2", "priority": "Bulk"})["result"]
        self.assertEqual([("cold", "OK"), ("warm", "Not GLACIER or DEEP_ARCHIVE or INTELLIGENT_TIERING storage class")],
                         [(one["Remote"], one["Status"]) for one in done])
        self.assertIn("<Days>2</Days><GlacierJobParameters><Tier>Bulk</Tier>", self.objects()["d/cold"].fields["restore"])

    def test_versioning_is_shown_and_set(self):
        ask = lambda *arguments: self.daemon.call("backend/command", command="versioning", fs=self.fs(), arg=list(arguments))["result"]
        self.assertEqual(["Unversioned", "Enabled", "Enabled"], [ask(), ask("Enabled"), ask()])

    def test_features_are_those_of_a_bucket_store(self):
        info = self.daemon.call("operations/fsinfo", fs=self.fs("one/dir"))
        self.assertEqual(("S3 bucket one path dir", 1, ["md5"]), (info["String"], info["Precision"], info["Hashes"]))
        has = {name for name, value in info["Features"].items() if value}
        self.assertLessEqual({"BucketBased", "BucketBasedRootOK", "CleanUp", "Command", "Copy", "ListR", "OpenChunkWriter", "PublicLink", "PutStream",
                              "ReadMetadata", "ReadMimeType", "SlowModTime", "UserMetadata", "WriteMetadata", "WriteMimeType"}, has)
        self.assertFalse(has & {"CanHaveEmptyDirectories", "DirMove", "Move", "About", "IsLocal"})

    # -- rclone on the other side

    def test_rclone_reads_what_we_write(self):
        self.write_large()
        fs = self.fs("one/ours", upload_cutoff="5M")
        for source in ["source", "large"]:
            self.daemon.call("sync/copy", srcFs=self.path(source), dstFs=fs)
        rclone("copy", "R:one/ours", self.path("theirs"), options=self.cloud.options())
        self.assertTrue(self.tree(self.path("theirs")) == {**FILES, "large": LARGE})
        for name in [*FILES, "large"]:
            where = "large" if name == "large" else "source"
            self.assertEqual(os.stat(self.path(where, name)).st_mtime_ns, os.stat(self.path("theirs", name)).st_mtime_ns)
        found = rclone("md5sum", "R:one/ours", options=self.cloud.options()).splitlines()
        self.assertIn(f"{hashlib.md5(FILES['one.txt']).hexdigest()}  one.txt", found)
        self.assertIn(f"{hashlib.md5(LARGE).hexdigest()}  large", found)

    def test_we_read_what_rclone_writes(self):
        self.write_large()
        for source in ["source", "large"]:
            rclone("copy", self.path(source), "R:one/theirs", options=self.cloud.options(upload_cutoff="5M"))
        self.daemon.call("sync/copy", srcFs=self.fs("one/theirs"), dstFs=self.path("ours"))
        self.assertTrue(self.tree(self.path("ours")) == {**FILES, "large": LARGE})
        self.assertEqual(TIME * SECOND + 5, os.stat(self.path("ours", "large")).st_mtime_ns)
        hashes = {name: item["Hashes"]["md5"] for name, item in self.listed(self.fs("one/theirs"), showHash=True).items()}
        self.assertEqual(hashlib.md5(LARGE).hexdigest(), hashes["large"])  # it is kept in the metadata
        before = self.cloud.count("PUT")
        self.daemon.call("sync/sync", srcFs=self.path("source"), dstFs=self.fs("one/theirs"), _filter={"ExcludeRule": ["/large"]})
        self.assertEqual(before, self.cloud.count("PUT"))

    def test_options_are_those_of_rclone_in_its_order(self):
        names = lambda providers: list(dict.fromkeys(option["Name"] for one in providers if one["Name"] == "s3" for option in one["Options"]))
        theirs = names(json.loads(rclone("config", "providers", options={})))
        ours = names(self.daemon.call("config/providers")["providers"])
        self.assertEqual(theirs, [name for name in ours if name in theirs])

    # -- below other storages

    def test_it_serves_alias_union_combine_and_crypt(self):
        config = lambda name, **options: self.daemon.call("config/create", name=name, parameters={key: str(value) for key, value in options.items() if key != "type"},
                                                          type=options["type"], opt={"obscure": True})
        config("s3", **self.cloud.options())
        config("short", type="alias", remote="s3:one/aliased")
        config("both", type="union", upstreams=f"s3:one/united {self.path('united')}:ro")
        config("tops", type="combine", upstreams=f"cloud=s3:one/combined disk={self.path('combined')}")
        config("secret", type="crypt", remote="s3:one/encrypted", password="potato")
        for fs, prefix in [("short:", "aliased/"), ("both:", "united/"), ("tops:cloud", "combined/"), ("secret:", "encrypted/")]:
            with self.subTest(fs):
                self.daemon.call("sync/copy", srcFs=self.path("source"), dstFs=fs)
                self.daemon.call("sync/copy", srcFs=fs, dstFs=self.path("from", prefix))
                self.assertEqual(FILES, self.tree(self.path("from", prefix)))
                keys = {key for key in self.objects() if key.startswith(prefix)}
                self.assertEqual(len(FILES), len(keys))
                if prefix != "encrypted/":
                    self.assertEqual({prefix + name for name in FILES}, keys)
        trees.write(self.path("united", "only here"), b"local")
        names = {item["Path"] for item in self.daemon.call("operations/list", fs="both:", remote="")["list"]}
        self.assertLessEqual({"only here", "one.txt"}, names)


if __name__ == "__main__":
    running.main()
