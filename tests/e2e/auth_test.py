"""Who may do what: passwords, password files, proxies, rights, and the headers around them (rc-surface 2.9, 2.14)."""
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import wire  # noqa: E402

OPEN = {"cache/stats", "core/du", "core/group-list", "core/group_list", "core/health", "core/stats", "core/transferred", "core/version", "job/list",
        "job/status", "rc/error", "rc/list", "rc/noop", "vfs/list", "vfs/queue", "vfs/stats"}
# Open in 2019, and dangerous to leave so.
ALWAYS_GUARDED = {"options/set", "core/quit", "core/command", "sync/copy", "operations/purge", "config/create", "rc/noopauth"}


class AuthTest(running.DaemonTest):
    def setUp(self):
        self.folder = self.enterContext(running.tempfile.TemporaryDirectory(prefix="argosy-test-"))

    def start(self, *flags, **settings):
        return self.start_daemon(*flags, no_auth=False, **settings)

    def ask(self, daemon, target="/rc/noopauth", method="POST", **headers):
        with wire.Connection(daemon.address) as connection:
            connection.send(wire.request(method, target, **{k.replace("_", "-"): v for k, v in headers.items()}))
            return connection.receive(method)

    def status(self, daemon, user, password, target="/rc/noopauth"):
        return self.ask(daemon, target, Authorization=wire.basic(user, password)).status


class OneUser(AuthTest):
    def test_only_the_right_pair_gets_in(self):
        daemon = self.start("--rc-user", "üser", "--rc-pass", "pa:ss wörd")
        self.assertEqual(200, self.status(daemon, "üser", "pa:ss wörd"))
        for user, password in [("üser", "pa"), ("üser", "pa:ss wörd "), ("user", "pa:ss wörd"), ("", "pa:ss wörd"), ("üser", ""),
                               ("ÜSER", "pa:ss wörd")]:
            with self.subTest((user, password)):
                self.assertEqual(401, self.status(daemon, user, password))

    def test_what_is_no_basic_authorization_is_refused(self):
        daemon = self.start("--rc-user", "u", "--rc-pass", "p")
        for header in ["", "Basic", "Basic ", "Basic !!!", "Bearer abc", "dTpw", "Basic dTpw=", "Basic dTpw dTpw", "Basic  ",
                       "Digest username=u", "Basic dQ=="]:
            with self.subTest(header):
                self.assertEqual(401, self.ask(daemon, Authorization=header).status)
        self.assertEqual(200, self.ask(daemon, Authorization="Basic dTpw").status)
        self.assertEqual(200, self.ask(daemon, Authorization="basic dTpw").status)

    def test_an_empty_password_is_one(self):
        daemon = self.start("--rc-user", "u")
        self.assertEqual((200, 401, 401), (self.status(daemon, "u", ""), self.status(daemon, "u", "x"), self.ask(daemon).status))

    def test_a_password_without_a_user_is_none(self):
        self.assertEqual(403, self.ask(self.start("--rc-pass", "p")).status)

    def test_the_environment_gives_them_too(self):
        daemon = self.start(environment={"RCLONE_RC_USER": "u", "RCLONE_RC_PASS": "p"})
        self.assertEqual((200, 401), (self.status(daemon, "u", "p"), self.status(daemon, "u", "q")))

    def test_salt_changes_nothing_and_realm_is_shown(self):
        daemon = self.start("--rc-user", "u", "--rc-pass", "p", "--rc-salt", "other", "--rc-realm", "the realm")
        self.assertEqual(200, self.status(daemon, "u", "p"))
        self.assertEqual('Basic realm="the realm"', self.ask(daemon).headers["www-authenticate"])

    def test_curl_gets_in(self):
        daemon = self.start("--rc-user", "u", "--rc-pass", "p")
        run = subprocess.run([running.needed("curl"), "-s", "-u", "u:p", "-X", "POST", daemon.url + "/rc/noopauth?a=1"],
                             capture_output=True, timeout=running.START_LIMIT)
        self.assertEqual({"a": "1"}, json.loads(run.stdout))

    def test_the_password_is_nowhere_to_be_seen(self):
        secret = "nobody-may-see-this"
        path = Path(self.folder, "page.html")
        path.write_text("page")
        daemon = self.start("-vv", "--rc-user", "u", "--rc-pass", secret, "--metrics-user", "m", "--metrics-pass", secret,
                            "--rc-files", self.folder, "--rc-serve")
        rights = {"Authorization": wire.basic("u", secret)}
        encoded = rights["Authorization"].split()[1]
        seen = []
        for target in ["/options/get", "/options/info", "/options/local", "/core/memstats", "/job/list", "/job/status?jobid=1",
                       "/core/command?command=help", "/core/stats", "/rc/error?a=1", "/rc/list", "/config/paths", "/nothing"]:
            seen.append(self.ask(daemon, target, **rights).body)
        for target in ["/metrics", "/page.html", "/", "/*", "/[/]/"]:
            seen.append(self.ask(daemon, target, "GET", **rights).body)
        self.ask(daemon, Authorization=wire.basic("u", "another" + secret))
        seen.append(daemon.output().encode())
        for text in seen:
            self.assertNotIn(secret.encode(), text)
            self.assertNotIn(encoded.encode(), text)


class PasswordFile(AuthTest):
    def setUp(self):
        super().setUp()
        self.path = self.folder + "/passwords"

    def htpasswd(self, kind, user, password, fresh=False):
        subprocess.run([running.needed("htpasswd"), "-b" + ("c" if fresh else "") + kind, self.path, user, password], check=True,
                       capture_output=True)

    def test_every_kind_that_rclone_reads(self):
        for kind in "sm":
            self.htpasswd(kind, "user-" + kind, "secret " + kind, fresh=kind == "s")
        subprocess.run([running.needed("htpasswd"), "-bBC", "5", self.path, "user-B", "secret B"], check=True, capture_output=True)
        daemon = self.start("--rc-htpasswd", self.path)
        for kind in "smB":
            with self.subTest(kind):
                self.assertEqual(200, self.status(daemon, "user-" + kind, "secret " + kind))
                self.assertEqual(401, self.status(daemon, "user-" + kind, "secret"))
                self.assertEqual(401, self.status(daemon, "user-" + kind, ""))
        self.assertEqual(401, self.status(daemon, "nobody", "secret s"))
        self.assertEqual(401, self.ask(daemon).status)

    def test_other_kinds_match_nobody(self):
        for kind in "pd":
            self.htpasswd(kind, "user-" + kind, "secret" + kind, fresh=kind == "p")
        with open(self.path, "a", encoding="utf-8") as file:
            file.write("sha256:$5$saltsalt$Q2B5D/Zvr6yvGBKbXxwLV5qyjzNvvgJcr9vqQG6QmE7\nempty:\n")
        daemon = self.start("--rc-htpasswd", self.path)
        for user, password in [("user-p", "secretp"), ("user-d", "secretd"), ("sha256", "x"), ("empty", "")]:
            self.assertEqual(401, self.status(daemon, user, password))

    def test_comments_and_blanks_are_skipped(self):
        self.htpasswd("s", "u", "p", fresh=True)
        line = Path(self.path).read_text()
        Path(self.path).write_text("# users\n\n   " + line + "no colon at all\n#u2:x\n")
        daemon = self.start("--rc-htpasswd", self.path)
        self.assertEqual((200, 401), (self.status(daemon, "u", "p"), self.status(daemon, "#u2", "x")))

    def test_the_file_beats_the_flags(self):
        self.htpasswd("s", "u", "of the file", fresh=True)
        daemon = self.start("--rc-htpasswd", self.path, "--rc-user", "u", "--rc-pass", "of the flag")
        self.assertEqual((200, 401), (self.status(daemon, "u", "of the file"), self.status(daemon, "u", "of the flag")))

    def test_a_change_is_noticed(self):
        self.htpasswd("B", "u", "old", fresh=True)
        daemon = self.start("--rc-htpasswd", self.path)
        self.assertEqual(200, self.status(daemon, "u", "old"))

        self.htpasswd("s", "u", "new", fresh=True)

        running.wait_for(lambda: self.status(daemon, "u", "new") == 200, running.STOP_LIMIT, "the new password counts")
        self.assertEqual(401, self.status(daemon, "u", "old"))

    def test_without_the_file_nobody_gets_in_until_it_is_back(self):
        self.htpasswd("s", "u", "p", fresh=True)
        daemon = self.start("--rc-htpasswd", self.path)
        self.assertEqual(200, self.status(daemon, "u", "p"))

        os.rename(self.path, self.path + ".away")
        running.wait_for(lambda: self.status(daemon, "u", "p") == 401, running.STOP_LIMIT, "nobody gets in")

        os.rename(self.path + ".away", self.path)
        running.wait_for(lambda: self.status(daemon, "u", "p") == 200, running.STOP_LIMIT, "they get in again")

    def test_slow_hashes_hold_up_nobody(self):
        subprocess.run([running.needed("htpasswd"), "-bcBC", "12", self.path, "slow", "secret"], check=True, capture_output=True)
        self.htpasswd("s", "quick", "secret")
        daemon = self.start("--rc-htpasswd", self.path)
        self.assertEqual(200, self.status(daemon, "quick", "secret"))
        waiting = [wire.Connection(daemon.address) for _ in range(20)]
        for number, connection in enumerate(waiting):
            self.addCleanup(connection.close)
            connection.send(wire.request("POST", "/rc/noop", Authorization=wire.basic("slow", f"wrong {number}")))

        # Twenty of them take some seconds of computing; who is known does not stand in that queue.
        self.assertEqual(200, self.status(daemon, "quick", "secret"))
        self.assertEqual(401, waiting[0].receive().status)


class Proxy(AuthTest):
    def test_a_proxys_header_names_the_user(self):
        daemon = self.start("--rc-user-from-header", "X-Remote-User")
        for name in ["alice", "a.b_c-d@example.org", "jos\u00e9", "42"]:
            with self.subTest(name):
                self.assertEqual(200, self.ask(daemon, X_Remote_User=name.encode().decode("latin-1")).status if name.isascii()
                                 else self.raw(daemon, name))
        for name in ["", "a b", "a:b", "<x>", "a/b"]:
            with self.subTest(name):
                reply = self.ask(daemon, X_Remote_User=name)
                self.assertEqual((401, b"Unauthorized\n", None),
                                 (reply.status, reply.body, reply.headers.get("www-authenticate")))
        self.assertEqual(401, self.ask(daemon).status)
        self.assertEqual(401, self.ask(daemon, Authorization=wire.basic("alice", "")).status)

    def raw(self, daemon, name):
        with wire.Connection(daemon.address) as connection:
            connection.send(b"POST /rc/noopauth HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nX-Remote-User: " + name.encode() + b"\r\n\r\n")
            return connection.receive().status

    def test_passwords_beat_the_header(self):
        daemon = self.start("--rc-user-from-header", "X-Remote-User", "--rc-user", "u", "--rc-pass", "p")
        self.assertEqual(401, self.ask(daemon, X_Remote_User="alice").status)
        self.assertEqual(200, self.status(daemon, "u", "p"))


class Rights(AuthTest):
    def test_the_newest_rule_leaves_few_open(self):
        daemon = self.start()
        for path in sorted(ALWAYS_GUARDED | {"core/gc", "options/get", "operations/list", "config/get", "core/pid"}):
            with self.subTest(path):
                reply = self.ask(daemon, "/" + path)
                self.assertEqual(403, reply.status)
                self.assertEqual(f'authentication must be set up on the rc server to use "{path}" or the --rc-no-auth flag must be in use',
                                 json.loads(reply.body)["error"])
        for path in sorted(OPEN):
            with self.subTest(path):
                self.assertNotEqual(403, self.ask(daemon, "/" + path).status)

    def test_the_list_of_commands_tells_the_rule(self):
        rows = {row["Path"]: row for row in json.loads(self.ask(self.start(), "/rc/list").body)["commands"]}
        self.assertEqual(OPEN & set(rows), {path for path, row in rows.items() if row["NoAuth"]})

    def test_the_rule_of_2019_can_be_chosen(self):
        seed = self.start("--rc-auth-compat", "seed")
        for path in ["core/gc", "core/pid", "core/memstats", "options/get", "vfs/refresh", "job/stop"]:
            with self.subTest(path):
                self.assertNotEqual(403, self.ask(seed, "/" + path).status)
        for path in sorted(ALWAYS_GUARDED):
            with self.subTest(path):
                self.assertEqual(403, self.ask(seed, "/" + path).status)

    def test_no_auth_opens_all_and_cannot_be_set_later(self):
        self.assertEqual(200, self.ask(self.start("--rc-no-auth")).status)
        guarded = self.start("--rc-user", "u", "--rc-pass", "p")
        with wire.Connection(guarded.address) as connection:
            connection.send(wire.request("POST", "/options/set", "application/json", b'{"rc":{"NoAuth":true}}',
                                         Authorization=wire.basic("u", "p")))
            self.assertEqual(200, connection.receive().status)
        self.assertEqual(401, self.ask(guarded).status)

    def test_passwords_are_asked_for_even_with_no_auth(self):
        daemon = self.start("--rc-no-auth", "--rc-user", "u", "--rc-pass", "p")
        self.assertEqual((401, 200), (self.ask(daemon).status, self.status(daemon, "u", "p")))

    def test_metrics_are_behind_the_password_but_not_behind_the_rule(self):
        self.assertEqual(200, self.ask(self.start(), "/metrics", "GET").status)
        daemon = self.start("--rc-user", "u", "--rc-pass", "p")
        self.assertEqual(401, self.ask(daemon, "/metrics", "GET").status)
        self.assertEqual(200, self.ask(daemon, "/metrics", "GET", Authorization=wire.basic("u", "p")).status)

    def test_metrics_are_off_unless_asked_for(self):
        Path(self.folder, "rclone.conf").touch()
        daemon = running.RemoteControl([self.binary, "rcd", "--rc-addr", "127.0.0.1:0", "--config", self.folder + "/rclone.conf"])
        self.addCleanup(daemon.close)
        self.assertEqual(404, self.ask(daemon, "/metrics", "GET").status)


class Headers(AuthTest):
    CORS = {"access-control-allow-origin": "http://gui.example:8080",
            "access-control-allow-headers": "Authorization, Content-Type, Depth, Destination, If, Lock-Token, Overwrite, Prefer, "
                                            "TimeOut, Translate",
            "access-control-allow-methods": "COPY, DELETE, GET, HEAD, LOCK, MKCOL, MOVE, OPTIONS, POST, PROPFIND, PROPPATCH, PUT, "
                                            "TRACE, UNLOCK",
            "access-control-max-age": "86400"}

    def cors(self, reply):
        return {name: value for name, value in reply.headers.items() if name.startswith("access-control")}

    def test_an_origin_is_allowed_on_every_reply(self):
        daemon = self.start("--rc-allow-origin", "http://gui.example:8080", "--rc-user", "u", "--rc-pass", "p")
        for reply in [self.ask(daemon), self.ask(daemon, method="OPTIONS", Origin="http://else"), self.ask(daemon, method="PUT"),
                      self.ask(daemon, Authorization=wire.basic("u", "p")),
                      self.ask(daemon, "/none", "GET", Authorization=wire.basic("u", "p"))]:
            self.assertEqual(self.CORS, self.cors(reply))

    def test_no_origin_is_allowed_by_default(self):
        daemon = self.start()
        for method in ["GET", "POST", "OPTIONS"]:
            self.assertEqual({}, self.cors(self.ask(daemon, method=method, Origin="http://else")))

    def test_every_origin_is_warned_of(self):
        self.assertIn("every web page may call this daemon", self.start("--rc-allow-origin", "*").output())

    def test_headers_are_added_to_every_reply(self):
        daemon = self.start("--rc-response-header", "X-One: 1", "--rc-response-header", "X-Two:  a: b ",
                            "--rc-user", "u", "--rc-pass", "p")
        for reply in [self.ask(daemon), self.ask(daemon, method="OPTIONS"), self.ask(daemon, Authorization=wire.basic("u", "p"))]:
            self.assertEqual(("1", "a: b"), (reply.headers["x-one"], reply.headers["x-two"]))

    def test_the_base_url_is_before_everything(self):
        daemon = self.start("--rc-baseurl", "api", "--rc-user", "u", "--rc-pass", "p", "--rc-allow-origin", "x")
        reply = self.ask(daemon, "/rc/noop")
        self.assertEqual((404, b"404 page not found\n"), (reply.status, reply.body))
        self.assertEqual({}, self.cors(reply))
        self.assertEqual(401, self.ask(daemon, "/api/rc/noop").status)
        self.assertEqual(200, self.ask(daemon, "/api/rc/noop", Authorization=wire.basic("u", "p")).status)
        self.assertEqual(404, self.ask(daemon, "/apirc/noop").status)
        self.assertEqual(200, self.ask(daemon, "/", "OPTIONS").status)
        self.assertEqual(404, self.ask(daemon, "/rc/noop", "OPTIONS").status)
        self.assertEqual(200, self.ask(daemon, "/api/rc/noop", "OPTIONS").status)


if __name__ == "__main__":
    running.main()
