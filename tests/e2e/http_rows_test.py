"""Requests on the wire, and the bytes that come back (rc-surface 2.1 to 2.6, 4.2)."""
import json
import socket
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import wire  # noqa: E402

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
URL_VALUES = "param1=potato&param2=sausage"
NO_RIGHTS = 'authentication must be set up on the rc server to use "{}" or the --rc-no-auth flag must be in use'


def page(value):
    """The bytes of a reply: TAB-indented, sorted, with a newline at the end."""
    text = json.dumps(value, indent="\t", sort_keys=True, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return (text + "\n").encode()


def error_page(status, text, path, given):
    return page({"error": text, "input": given, "path": path, "status": status})


class Rows(running.DaemonTest):
    """One daemon for all rows: none of them leaves anything behind that another could see."""

    @classmethod
    def setUpClass(cls):
        cls.keep = running.stack()
        keep, folder = cls.keep.__enter__()
        cls.open = running.Daemon(cls.binary, folder)
        keep.callback(cls.open.close)
        cls.strict = running.Daemon(cls.binary, folder, no_auth=False)
        keep.callback(cls.strict.close)
        cls.guarded = running.Daemon(cls.binary, folder, "--rc-user", "user", "--rc-pass", "pa:ss", no_auth=False)
        keep.callback(cls.guarded.close)

    @classmethod
    def tearDownClass(cls):
        cls.keep.__exit__(None, None, None)

    def setUp(self):
        pass

    def exchange(self, request, daemon=None, method="POST"):
        with wire.Connection((daemon or self.open).address) as connection:
            connection.send(request)
            return connection.receive(method)

    def post(self, target, content_type=None, body=b"", daemon=None, **headers):
        return self.exchange(wire.request("POST", target, content_type, body, **headers), daemon)

    def expect(self, reply, status, body):
        self.assertEqual(body, reply.body)
        self.assertEqual(status, reply.status)
        self.assertEqual("application/json", reply.headers["content-type"])

    # -- what is called ----------------------------------------------------------------------------------------

    def test_an_empty_path_is_an_unknown_method(self):
        self.expect(self.post("/"), 404, error_page(404, 'couldn\'t find method ""', "", {}))

    def test_paths_are_compared_exactly_but_for_slashes_in_front(self):
        for target in ["/rc/noop", "//rc/noop", "///rc/noop", "/rc%2Fnoop", "/%72c/noop"]:
            with self.subTest(target):
                self.expect(self.post(target), 200, b"{}\n")
        for target, path in [("/rc/noop/", "rc/noop/"), ("/rc//noop", "rc//noop"), ("/RC/noop", "RC/noop"),
                             ("/rc/no%20op", "rc/no op"), ("/rc", "rc")]:
            with self.subTest(target):
                self.expect(self.post(target), 404, error_page(404, f'couldn\'t find method "{path}"', path, {}))

    def test_a_success_has_these_headers(self):
        reply = self.post("/rc/noop")

        self.assertEqual("HTTP/1.1 200 OK", reply.status_line)
        job = reply.headers.pop("x-rclone-jobid")
        self.assertGreater(int(job), 0)
        self.assertRegex(reply.headers.pop("date"), r"^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$")
        self.assertRegex(reply.headers.pop("server"), r"^rclone/v\d+\.\d+\.\d+$")
        self.assertEqual({"accept-ranges": "bytes", "content-type": "application/json", "content-length": "3"},
                         reply.headers)

    def test_a_handlers_error_is_an_object_with_its_input(self):
        self.expect(self.post("/rc/error"), 500, error_page(500, "arbitrary error on input map[]", "rc/error", {}))

    def test_errors_render_their_input_in_the_way_of_go(self):
        for given, shown in [({"a": 1, "b": 1.5, "c": "x", "d": ""}, "map[a:1 b:1.5 c:x d:]"),
                             ({"l": [1, 2, "x"], "m": {"k": None}}, "map[l:[1 2 x] m:map[k:<nil>]]"),
                             ({"z": 1e6, "y": 1e-5, "x": True}, "map[x:true y:1e-05 z:1e+06]")]:
            with self.subTest(shown):
                reply = self.post("/rc/error", JSON, json.dumps(given).encode())
                self.assertEqual("arbitrary error on input " + shown, json.loads(reply.body)["error"])

    def test_a_panic_is_that_calls_error(self):
        self.expect(self.post("/rc/panic?a=1"), 500,
                    error_page(500, "panic received: arbitrary error on input map[a:1]", "rc/panic", {"a": "1"}))
        reply = self.post("/rc/fatal")
        self.assertEqual(500, reply.status)
        self.assertIn("panic received:", json.loads(reply.body)["error"])
        self.assertIn("fatal error:", json.loads(reply.body)["error"])
        self.expect(self.post("/rc/noop"), 200, b"{}\n")

    # -- parameters --------------------------------------------------------------------------------------------

    def test_the_url_gives_strings(self):
        self.expect(self.post("/rc/noop?" + URL_VALUES), 200, page({"param1": "potato", "param2": "sausage"}))

    def test_json_keeps_its_types_whatever_the_case_of_its_content_type(self):
        for content_type in [JSON, "ApplicAtion/JsOn", "application/json; charset=utf-8",
                             "aPPlication/jSoN; charset=UtF-8", 'application/json; CHARSET="utf-8"']:
            with self.subTest(content_type):
                self.expect(self.post("/rc/noop", content_type, b'{ "param1":"string", "param2":true }'), 200,
                            page({"param1": "string", "param2": True}))

    def test_json_beats_the_url(self):
        self.expect(self.post("/rc/noop?" + URL_VALUES, JSON, b'{ "param1":"string", "param3":true }'), 200,
                    page({"param1": "string", "param2": "sausage", "param3": True}))

    def test_the_url_beats_the_form(self):
        self.expect(self.post("/rc/noop", FORM, b"param1=string&param2=true"), 200,
                    page({"param1": "string", "param2": "true"}))
        self.expect(self.post("/rc/noop?" + URL_VALUES, FORM, b"param1=string&param3=true"), 200,
                    page({"param1": "potato", "param2": "sausage", "param3": "true"}))

    def test_the_last_value_of_a_name_wins(self):
        self.expect(self.post("/rc/noop?a=1&a=2&b&c=&a=3%204+5"), 200, page({"a": "3 4 5", "b": "", "c": ""}))
        self.expect(self.post("/rc/noop", FORM, b"a=1&a=2"), 200, page({"a": "2"}))

    def test_pairs_of_the_url_that_cannot_be_read_vanish(self):
        self.expect(self.post("/rc/noop?a=1&b=%zz&c=2;d=3&e=4"), 200, page({"a": "1", "e": "4"}))

    def test_a_form_that_cannot_be_read_is_an_error(self):
        for body, why in [(b"%zz", 'invalid URL escape "%zz"'), (b"a=%4", 'invalid URL escape "%4"'),
                          (b"a=1;b=2", "invalid semicolon separator in query")]:
            with self.subTest(body):
                self.expect(self.post("/rc/noop", FORM, body), 400,
                            error_page(400, f"failed to parse form/URL parameters: {why}", "rc/noop", None))

    def test_json_that_cannot_be_read_is_an_error_with_what_the_url_gave(self):
        rows = [(b'{ param1":"string", "param3":true }', "invalid character 'p' looking for beginning of object key string"),
                (b"", "EOF"), (b'{"a":1', "unexpected EOF"), (b'{"a"', "unexpected EOF"),
                (b"[1,2]", "json: cannot unmarshal array into Go value of type rc.Params"),
                (b'"text"', "json: cannot unmarshal string into Go value of type rc.Params"),
                (b"12", "json: cannot unmarshal number into Go value of type rc.Params"),
                (b"potato", "invalid character 'p' looking for beginning of value")]
        for body, why in rows:
            with self.subTest(body):
                self.expect(self.post("/rc/noop?" + URL_VALUES, JSON, body), 400,
                            error_page(400, f"failed to read input JSON: {why}", "rc/noop",
                                       {"param1": "potato", "param2": "sausage"}))

    def test_one_value_of_the_body_counts(self):
        self.expect(self.post("/rc/noop", JSON, b'{"a":1}{"b":2}'), 200, page({"a": 1}))
        self.expect(self.post("/rc/noop", JSON, b'{"a":1} potato'), 200, page({"a": 1}))
        self.expect(self.post("/rc/noop", JSON, b"null"), 200, b"{}\n")

    def test_json_of_another_charset_is_refused(self):
        self.expect(self.post("/rc/noop", "application/json; charset=latin1", b"{}"), 400,
                    error_page(400, 'unsupported charset "latin1" for JSON input', "rc/noop", {}))

    def test_a_malformed_content_type_is_refused(self):
        for given, why in [("malformed/", "mime: expected token after slash"),
                           ("application/json x", "mime: unexpected content after media subtype"),
                           ("application/json; charset", "mime: invalid media parameter"),
                           ("application/json; a=1; A=2", "mime: duplicate parameter name"),
                           (";", "mime: no media type")]:
            with self.subTest(given):
                self.expect(self.post("/rc/noop?a=1", given, b"{}"), 400,
                            error_page(400, f"failed to parse Content-Type: {why}", "rc/noop", None))

    def test_bodies_of_other_types_are_not_read(self):
        for content_type in ["text/plain", "application/javascript", "multipart/form-data; boundary=x", None]:
            with self.subTest(content_type):
                self.expect(self.post("/rc/noop?a=1", content_type, b'{"a":2}'), 200, page({"a": "1"}))

    def test_values_are_written_as_go_writes_them(self):
        rows = [(b'{"a":1.0,"b":1.50,"c":-0.25,"d":1e3}', b'{\n\t"a": 1,\n\t"b": 1.5,\n\t"c": -0.25,\n\t"d": 1000\n}\n'),
                (b'{"a":1e20,"b":1e21,"c":0.000001,"d":1e-7}',
                 b'{\n\t"a": 100000000000000000000,\n\t"b": 1e+21,\n\t"c": 0.000001,\n\t"d": 1e-7\n}\n'),
                (b'{"a":12345678901234567890}', b'{\n\t"a": 12345678901234567000\n}\n'),
                (b'{"b":{},"a":[],"c":[[],{"x":[1]}]}',
                 b'{\n\t"a": [],\n\t"b": {},\n\t"c": [\n\t\t[],\n\t\t{\n\t\t\t"x": [\n\t\t\t\t1\n\t\t\t]\n\t\t}\n\t]\n}\n'),
                ('{"a":"<&>\\u2028\\u2029é\\ud83d\\ude00"}'.encode(),
                 '{\n\t"a": "\\u003c\\u0026\\u003e\\u2028\\u2029é\U0001f600"\n}\n'.encode()),
                (b'{"a":"x\xffy"}', '{\n\t"a": "x\ufffdy"\n}\n'.encode()),
                (b'{"a":"tab\\t \\u0001 \\"quoted\\" back\\\\slash /"}',
                 b'{\n\t"a": "tab\\t \\u0001 \\"quoted\\" back\\\\slash /"\n}\n'),
                (b'{"Z":1,"a":2,"_":3,"\xc3\xa9":4}', b'{\n\t"Z": 1,\n\t"_": 3,\n\t"a": 2,\n\t"\xc3\xa9": 4\n}\n')]
        for body, expected in rows:
            with self.subTest(body):
                self.expect(self.post("/rc/noop", JSON, body), 200, expected)
        self.expect(self.post("/rc/noop?a=x%ffy%fe%fe"), 200, b'{\n\t"a": "x\\ufffdy\\ufffd\\ufffd"\n}\n')

    def test_parameters_of_the_wrong_type_are_named(self):
        rows = [({}, 'Didn\'t find key "jobid" in input'),
                ({"jobid": "12x"}, 'couldn\'t parse key "jobid" (12x) as int64: strconv.ParseInt: parsing "12x": invalid syntax'),
                ({"jobid": ""}, 'couldn\'t parse key "jobid" () as int64: strconv.ParseInt: parsing "": invalid syntax'),
                ({"jobid": "1e3"}, 'couldn\'t parse key "jobid" (1e3) as int64: strconv.ParseInt: parsing "1e3": invalid syntax'),
                ({"jobid": True}, 'expecting int64 value for key "jobid" (was bool)'),
                ({"jobid": None}, 'expecting int64 value for key "jobid" (was <nil>)'),
                ({"jobid": [1]}, 'expecting int64 value for key "jobid" (was []interface {})'),
                ({"jobid": {"a": 1}}, 'expecting int64 value for key "jobid" (was map[string]interface {})')]
        for given, why in rows:
            with self.subTest(given):
                self.expect(self.post("/job/status", JSON, json.dumps(given).encode()), 400,
                            error_page(400, why, "job/status", given))
        self.expect(self.post("/core/bwlimit", JSON, b'{"rate":5}'), 400,
                    error_page(400, 'expecting string value for key "rate" (was float64)', "core/bwlimit", {"rate": 5}))

    # -- special parameters --------------------------------------------------------------------------------------

    def test_async_answers_with_the_job(self):
        for content_type, body, target in [(JSON, b'{"_async":true}', "/rc/noop"), (None, b"", "/rc/noop?_async=1"),
                                           (FORM, b"_async=T", "/rc/noop"), (JSON, b'{"_async":1}', "/rc/noop")]:
            with self.subTest(body or target):
                reply = self.post(target, content_type, body)
                value = json.loads(reply.body)
                self.assertEqual(200, reply.status)
                self.assertEqual({"jobid", "executeId"}, set(value))
                self.assertEqual(str(value["jobid"]), reply.headers["x-rclone-jobid"])
                self.assertEqual(page(value), reply.body)

    def test_a_preference_makes_a_call_asynchronous(self):
        for preference in ["respond-async", "wait=10, respond-async", "Respond-Async"]:
            for body in [b'{"_async":true}', b"{}"]:
                with self.subTest((preference, body)):
                    reply = self.post("/rc/noop", JSON, body, Prefer=preference)
                    self.assertEqual(202, reply.status)
                    self.assertEqual("respond-async", reply.headers["preference-applied"])
                    self.assertIn("jobid", json.loads(reply.body))
        reply = self.post("/rc/noop", JSON, b"{}", Prefer="wait=10")
        self.assertEqual((200, None), (reply.status, reply.headers.get("preference-applied")))

    def test_malformed_special_parameters_are_errors_without_a_job_id(self):
        rows = [({"_async": "truthy"}, 400,
                 'couldn\'t parse key "_async" (truthy) as bool: strconv.ParseBool: parsing "truthy": invalid syntax'),
                ({"_group": 5}, 400, 'expecting string value for key "_group" (was float64)'),
                ({"_config": {"Transfers": "x"}}, 400,
                 'key "_config": Reshape failed to Unmarshal: json: cannot unmarshal string into Go struct field ConfigInfo.Transfers of type int')]
        for given, status, why in rows:
            with self.subTest(given):
                reply = self.post("/rc/noop", JSON, json.dumps(given).encode())
                self.expect(reply, status, error_page(status, why, "rc/noop", given))
                self.assertNotIn("x-rclone-jobid", reply.headers)

    def test_special_parameters_do_not_reach_the_handler(self):
        self.expect(self.post("/rc/noop", JSON, b'{"_group":"g","_config":{"Transfers":2},"_filter":{},"a":1}'), 200,
                    page({"a": 1}))

    def test_only_what_becomes_a_job_takes_an_id(self):
        def job_id():
            return int(self.post("/rc/noop").headers["x-rclone-jobid"])
        first = job_id()

        for target, content_type, body in [("/nothing", None, b""), ("/rc/noop", "malformed/", b""), ("/rc/noop", JSON, b"["),
                                           ("/rc/noop", FORM, b"%zz")]:
            self.assertNotIn("x-rclone-jobid", self.post(target, content_type, body).headers)
        self.assertEqual(first + 1, job_id())
        self.assertEqual(str(first + 2), self.post("/rc/error").headers["x-rclone-jobid"])
        self.post("/rc/noop", JSON, b'{"_async":"truthy"}')  # takes one, and does not tell
        self.assertEqual(first + 4, job_id())

    # -- rights --------------------------------------------------------------------------------------------------

    def test_guarded_commands_are_refused_without_authentication(self):
        for path in ["core/gc", "rc/noopauth", "sync/copy", "core/quit"]:
            with self.subTest(path):
                reply = self.post("/" + path + "?a=1", daemon=self.strict)
                self.expect(reply, 403, error_page(403, NO_RIGHTS.format(path), path, {"a": "1"}))
                self.assertNotIn("x-rclone-jobid", reply.headers)
        for path in ["rc/noop", "core/stats", "core/version", "job/list", "rc/list"]:
            with self.subTest(path):
                self.assertEqual(200, self.post("/" + path, daemon=self.strict).status)

    def test_an_unknown_command_is_unknown_before_it_is_refused(self):
        self.assertEqual(404, self.post("/core/nothing", daemon=self.strict).status)
        self.assertEqual(400, self.post("/core/gc", JSON, b"[", daemon=self.strict).status)

    def test_credentials_open_every_command(self):
        self.assertEqual(200, self.post("/rc/noopauth").status)
        self.assertEqual(200, self.post("/rc/noopauth", daemon=self.guarded, Authorization=wire.basic("user", "pa:ss")).status)

    def test_missing_or_wrong_credentials_are_told_nothing(self):
        for headers in [{}, {"Authorization": wire.basic("user", "wrong")}, {"Authorization": wire.basic("other", "pa:ss")},
                        {"Authorization": "Bearer x"}]:
            for path in ["/rc/noop", "/rc/noopauth", "/nothing"]:
                with self.subTest((path, headers)):
                    reply = self.post(path, daemon=self.guarded, **headers)
                    self.assertEqual((401, b"401 Unauthorized\n"), (reply.status, reply.body))
                    self.assertEqual("text/plain", reply.headers["content-type"])
                    self.assertEqual('Basic realm=""', reply.headers["www-authenticate"])
                    self.assertFalse({"accept-ranges", "server"} & set(reply.headers))

    # -- methods -------------------------------------------------------------------------------------------------

    def test_get_and_head_find_no_command(self):
        for target in ["/rc/noop", "/file.txt", "/", "/*"]:
            for method, body in [("GET", b"Not Found\n"), ("HEAD", b"")]:
                with self.subTest((method, target)):
                    reply = self.exchange(wire.request(method, target), method=method)
                    self.assertEqual((404, body), (reply.status, reply.body))
                    self.assertEqual("text/plain; charset=utf-8", reply.headers["content-type"])
                    self.assertEqual("nosniff", reply.headers["x-content-type-options"])
                    self.assertEqual("10", reply.headers["content-length"])

    def test_other_methods_are_not_allowed(self):
        for method in ["PUT", "DELETE", "PATCH", "PROPFIND"]:
            with self.subTest(method):
                reply = self.exchange(wire.request(method, "/rc/noop", JSON, b"{}"))
                self.assertEqual((405, b"Method Not Allowed\n"), (reply.status, reply.body))
                self.assertTrue(reply.headers["content-type"].startswith("text/plain"))
                self.assertNotIn("allow", reply.headers)

    def test_options_are_answered_to_everybody(self):
        for daemon in [self.open, self.strict, self.guarded]:
            for target in ["/", "/rc/noop", "/nothing"]:
                with self.subTest((daemon.address, target)):
                    reply = self.exchange(wire.request("OPTIONS", target), daemon)
                    self.assertEqual((200, b""), (reply.status, reply.body))
                    self.assertNotIn("access-control-allow-origin", reply.headers)

    # -- connections ---------------------------------------------------------------------------------------------

    def test_a_connection_serves_many_requests(self):
        with wire.Connection(self.open.address) as connection:
            for number in range(50):
                connection.send(wire.request("POST", f"/rc/noop?n={number}"))
                self.assertEqual(page({"n": str(number)}), connection.receive().body)
            connection.send(wire.request("POST", "/rc/noop", Connection="close"))
            self.assertEqual("close", connection.receive().headers["connection"])
            self.assertTrue(connection.closed())

    def test_requests_in_one_piece_are_answered_in_their_order(self):
        requests = [wire.request("POST", f"/rc/noop?n={number}") if number % 3
                    else wire.request("POST", "/rc/error", JSON, json.dumps({"n": str(number)}).encode()) for number in range(200)]
        with wire.Connection(self.open.address) as connection:
            connection.send(b"".join(requests))
            for number in range(200):
                value = json.loads(connection.receive().body)
                self.assertEqual(str(number), value.get("input", value)["n"])

    def test_requests_may_come_byte_by_byte(self):
        with wire.Connection(self.open.address) as connection:
            for byte in wire.request("POST", "/rc/noop?a=1", JSON, b'{"b":2}'):
                connection.send(bytes([byte]))
            self.expect(connection.receive(), 200, page({"a": "1", "b": 2}))

    def test_a_body_may_come_in_chunks(self):
        head = b"POST /rc/noop HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        reply = self.exchange(head + b'3;x=y\r\n{"a\r\n4\r\n":1}\r\n0\r\nTrailer: t\r\n\r\n')
        self.expect(reply, 200, page({"a": 1}))

    def test_http_1_0_closes(self):
        with wire.Connection(self.open.address) as connection:
            connection.send(b"POST /rc/noop?a=1 HTTP/1.0\r\n\r\n")
            self.expect(connection.receive(), 200, page({"a": "1"}))
            self.assertTrue(connection.closed())

    def test_the_client_may_wait_for_leave_to_send_its_body(self):
        body = json.dumps({"a": "x" * 100000}).encode()
        with wire.Connection(self.open.address) as connection:
            connection.send(wire.request("POST", "/rc/noop", JSON, None, Expect="100-continue",
                                         **{"Content-Length": str(len(body))}))
            self.assertEqual(100, connection.receive(interim=True).status)
            connection.send(body)
            self.assertEqual(page({"a": "x" * 100000}), connection.receive().body)

    def test_large_bodies_come_through(self):
        text = "".join(chr(0x61 + number % 26) for number in range(1000)) * 8000  # 8 MB
        self.expect(self.post("/rc/noop", JSON, json.dumps({"a": text}).encode()), 200, page({"a": text}))

    def test_a_form_may_have_ten_mebibytes(self):
        fits = b"a=" + b"x" * (10 * 1024 * 1024 - 2)
        self.assertEqual(200, self.post("/rc/noop", FORM, fits).status)
        self.expect(self.post("/rc/noop", FORM, fits + b"x"), 400,
                    error_page(400, "failed to parse form/URL parameters: http: POST too large", "rc/noop", None))

    def test_headers_have_a_limit(self):
        self.assertEqual(200, self.post("/rc/noop", Fill="x" * 6000).status)
        reply = self.post("/rc/noop", Fill="x" * 9000)
        self.assertEqual(431, reply.status)
        self.assertEqual("close", reply.headers["connection"])

    def test_garbage_is_a_bad_request(self):
        for garbage in [b"potato\r\n\r\n", b"POST /rc/noop HTTP/9.9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"]:
            with self.subTest(garbage):
                with wire.Connection(self.open.address) as connection:
                    connection.send(garbage)
                    self.assertIn(connection.receive().status, [400, 505])
                    self.assertTrue(connection.closed())

    def test_slow_clients_hold_up_nobody(self):
        slow = [wire.Connection(self.open.address) for _ in range(200)]
        try:
            for number, connection in enumerate(slow):
                whole = wire.request("POST", "/rc/noop", JSON, b'{"a":1}')
                connection.send(whole[:number % (len(whole) - 1)])

            self.expect(self.post("/rc/noop?a=1"), 200, page({"a": "1"}))
            for number, connection in enumerate(slow):
                connection.send(whole[number % (len(whole) - 1):])
                self.expect(connection.receive(), 200, page({"a": 1}))
        finally:
            for connection in slow:
                connection.close()

    def test_clients_that_go_away_in_the_middle_are_forgotten(self):
        for number in range(50):
            with wire.Connection(self.open.address) as connection:
                connection.send(wire.request("POST", "/rc/noop", JSON, b'{"a":1}')[:40 + number])
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, no end
        self.expect(self.post("/rc/noop"), 200, b"{}\n")


if __name__ == "__main__":
    running.main()
