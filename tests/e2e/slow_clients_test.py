"""Clients that are slow, too many, too loud, or gone: the others are served meanwhile, and nothing stays behind."""
import contextlib
import json
import os
import random
import resource
import socket
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402
import wire  # noqa: E402

JSON = "application/json"
MANY = 5000
HEADER_LIMIT = 10  # seconds: the time to send headers
BIG = bytes(range(256)) * 65536  # 16 MiB


class Abuse(running.DaemonTest):
    flags = ("--rc-serve",)

    def setUp(self):
        super().setUp()
        self.descriptors = self.open_descriptors()

    def tearDown(self):
        """Whatever happened: the daemon serves, and nobody is left in its books but who asks."""
        self.serves()
        self.daemon.call("fscache/clear")  # connections to storages stay for a while otherwise
        running.wait_for(lambda: self.daemon.live("argosy_resources", resource="connection") <= 1, running.STOP_LIMIT,
                         lambda: "no connection is left\n" + self.books())
        running.wait_for(lambda: self.daemon.live("argosy_resources", resource="job") == 0, running.STOP_LIMIT,
                         lambda: "no job is left\n" + self.books())
        running.wait_for(lambda: self.open_descriptors() <= self.descriptors, running.STOP_LIMIT,
                         lambda: "no descriptor is left\n" + str(os.listdir(f"/proc/{self.daemon.child.pid}/fd")))

    def books(self):
        return "\n".join(line for line in self.daemon.metrics().splitlines() if line.startswith("argosy_"))

    def open_descriptors(self):
        return len(os.listdir(f"/proc/{self.daemon.child.pid}/fd"))

    def serves(self):
        self.assertEqual({"a": 1}, self.daemon.call("rc/noop", a=1))

    def connect(self):
        connection = wire.Connection(self.daemon.address)
        self.addCleanup(connection.close)
        return connection

    def connect_and_send(self, count, data):
        connections = [self.connect() for _ in range(count)]
        for connection in connections:
            connection.send(data)
        return connections

    def close_all(self, connections):
        for connection in connections:
            connection.close()


class Slow(Abuse):
    def test_headers_that_never_end_are_cut_off(self):
        slow = self.connect_and_send(200, b"POST /rc/noop HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        self.serves()
        # Each byte that still comes changes nothing: the headers as a whole have their time.
        poll = slow[0]
        poll.socket.settimeout(0.2)

        def ended():
            try:
                poll.send(b"x")
                return poll.socket.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True
        running.wait_for(ended, HEADER_LIMIT + running.STOP_LIMIT, "the connection ends")
        for connection in slow[1:]:
            self.assertTrue(connection.closed())
        self.close_all(slow)

    def test_bodies_that_never_end_are_cut_off(self):
        self.daemon = self.start_daemon("--rc-server-read-timeout", "500ms")
        self.descriptors = self.open_descriptors()
        slow = self.connect_and_send(50, wire.request("POST", "/rc/noop", JSON, body=None, **{"Content-Length": "1000"}) + b'{"a"')
        self.serves()
        for connection in slow:
            with contextlib.suppress(ConnectionError):
                self.assertTrue(connection.closed())
        self.close_all(slow)

    def test_replies_that_nobody_reads_are_cut_off(self):
        self.daemon = self.start_daemon("--rc-server-write-timeout", "500ms")
        self.descriptors = self.open_descriptors()
        text = json.dumps({"text": "x" * (8 << 20)}).encode()
        deaf = []
        for _ in range(10):
            connection = self.connect()
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            connection.send(wire.request("POST", "/rc/noop", JSON, text))
            deaf.append(connection)
        self.serves()
        running.wait_for(lambda: self.daemon.live("argosy_connections", remote="rc") <= 1, running.STOP_LIMIT, self.books)
        self.close_all(deaf)

    def test_a_slow_reader_gets_everything_in_the_end(self):
        trees.write(self.path("big"), BIG)
        slow = []
        for _ in range(20):
            connection = self.connect()
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            connection.send(wire.request("GET", f"/[{self.folder}]/big"))
            slow.append(connection)
        self.serves()
        for connection in slow:
            self.assertEqual(BIG, connection.receive("GET").body)
        self.close_all(slow)


class Many(Abuse):
    def raise_limit(self, wanted):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise unittest.SkipTest(f"this process may open {hard} files at most, {wanted} are needed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def setUp(self):
        self.raise_limit(2 * MANY)  # the daemon inherits it
        super().setUp()

    def test_thousands_of_idle_clients_are_carried(self):
        before = self.daemon.samples()["argosy_heap_live_bytes"] if not running.sanitized(self.binary) else 0
        idle = [self.connect() for _ in range(MANY)]
        running.wait_for(lambda: self.daemon.live("argosy_connections", remote="rc") >= MANY, running.STOP_LIMIT,
                         "all are connected")

        self.serves()

        if not running.sanitized(self.binary):
            each = (self.daemon.samples()["argosy_heap_live_bytes"] - before) / MANY
            self.assertLess(each, 16 << 10, "bytes of an idle connection")
        for number in random.Random(1).sample(range(MANY), 100):
            idle[number].send(wire.request("POST", f"/rc/noop?a={number}"))
        for number in random.Random(1).sample(range(MANY), 100):
            self.assertEqual({"a": str(number)}, json.loads(idle[number].receive().body))
        self.close_all(idle)

    def test_without_descriptors_clients_wait(self):
        if running.sanitized(self.binary):
            self.skipTest("UBSan needs descriptors of its own to look at an object")
        # Enough for the daemon as it is and some clients.
        resource.prlimit(self.daemon.child.pid, resource.RLIMIT_NOFILE, (self.descriptors + 20, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        waiting = [self.connect() for _ in range(60)]
        for number, connection in enumerate(waiting):
            connection.send(wire.request("POST", f"/rc/noop?a={number}"))
        for number, connection in enumerate(waiting):
            self.assertEqual({"a": str(number)}, json.loads(connection.receive().body))
            connection.close()
        self.assertIn("cannot accept a connection", self.daemon.output())

    def test_those_that_come_and_go_leave_nothing(self):
        for _ in range(20):
            self.close_all(self.connect_and_send(100, b"POST /rc/noop HTTP/1.1\r\n"))
        self.serves()


class Loud(Abuse):
    flags = ("--rc-serve", "--rc-max-body-bytes", "1Mi")

    def refused(self, data, status):
        with wire.Connection(self.daemon.address) as connection:
            with contextlib.suppress(OSError):  # it need not read what it does not want
                connection.send(data)
            try:
                reply = connection.receive()
            except ConnectionError:
                return None  # it was gone before we had read its answer
            self.assertEqual(status, reply.status)
            return reply

    def test_headers_that_are_too_long_are_refused(self):
        for data in [wire.request("POST", "/rc/noop", X="x" * 20_000), wire.request("POST", "/" + "x" * 20_000),
                     wire.request("POST", "/rc/noop", **{f"X-{n}": "y" * 50 for n in range(1000)}),
                     b"POST /rc/noop HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"x" * (1 << 20)]:
            self.refused(data, 431)
        self.serves()

    def test_bodies_that_are_too_long_are_refused(self):
        announced = wire.request("POST", "/rc/noop", JSON, body=None, **{"Content-Length": str(1 << 40)})
        self.refused(announced, 413)
        chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
        chunked = wire.request("POST", "/rc/noop", JSON, body=None, **{"Transfer-Encoding": "chunked"})
        self.refused(chunked + chunk * 64, 413)
        with wire.Connection(self.daemon.address) as connection:
            text = json.dumps({"a": "x" * (900 << 10)}).encode()
            connection.send(wire.request("POST", "/rc/noop", JSON, text))
            self.assertEqual(json.loads(text), json.loads(connection.receive().body))

    def test_a_flood_of_requests_is_read_as_replies_go_out(self):
        one = wire.request("POST", "/rc/noop", JSON, json.dumps({"a": "x" * 10_000}).encode())
        flood = self.connect()
        flood.socket.setblocking(False)
        sent, data = 0, one * 100
        with contextlib.suppress(BlockingIOError):
            while sent < 1 << 30:  # far more than all buffers on the way
                sent += flood.socket.send(data[sent % len(one):])
        self.assertLess(sent, 1 << 29, "the daemon stops reading when nobody reads its replies")
        self.serves()
        if not running.sanitized(self.binary):
            self.assertLess(self.daemon.samples()["argosy_heap_live_bytes"], 64 << 20)
        self.close_all([flood])

    def test_noise_harms_nobody(self):
        chance = random.Random(7)
        starts = [b"", b"GET ", b"POST /rc/noop HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nContent-Length: ", b"GET /[", b"\x16\x03\x01"]
        for _ in range(300):
            noise = chance.choice(starts) + chance.randbytes(chance.randrange(1, 2000))
            with wire.Connection(self.daemon.address) as connection, contextlib.suppress(OSError):
                connection.send(noise)
                connection.socket.shutdown(socket.SHUT_WR)
                connection.file.read()
        self.serves()

    def test_smuggled_requests_are_refused(self):
        hidden = b"POST /rc/error HTTP/1.1\r\nHost: x\r\n\r\n"
        for head in [b"Content-Length: 5\r\nContent-Length: 6\r\n", b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
                     b"Content-Length: +3\r\n", b"Content-Length: 3x\r\n", b"Content-Length : 3\r\n",
                     b"Transfer-Encoding: chunked, identity\r\n", b"Host: y\r\n", b" folded: x\r\n", b"no colon\r\n"]:
            with self.subTest(head):
                with wire.Connection(self.daemon.address) as connection:
                    connection.send(b"POST /rc/noop HTTP/1.1\r\nHost: x\r\n" + head + b"\r\nabc" + hidden)
                    connection.socket.shutdown(socket.SHUT_WR)
                    replies = []
                    with contextlib.suppress(OSError):
                        while True:
                            replies.append(connection.receive().status)
                    self.assertNotIn(500, replies, "the hidden request was answered")

    def test_no_answer_can_be_split(self):
        for target in ["/%0d%0aX-Evil:%201", "/[/tmp%0d%0aX-Evil:%201]/x", "/x?%0d%0aX-Evil:%201"]:
            for method in ["GET", "POST"]:
                with wire.Connection(self.daemon.address) as connection:
                    connection.send(wire.request(method, target))
                    self.assertNotIn("x-evil", connection.receive(method).headers)


class Gone(Abuse):
    def test_a_client_that_only_listens_still_gets_its_reply(self):
        with wire.Connection(self.daemon.address) as connection:
            connection.send(wire.request("POST", "/rc/noop?a=1"))
            connection.socket.shutdown(socket.SHUT_WR)
            self.assertEqual({"a": "1"}, json.loads(connection.receive().body))
            self.assertTrue(connection.closed())

    def test_half_closed_connections_end(self):
        half = [self.connect() for _ in range(200)]
        for number, connection in enumerate(half):
            if number % 2:
                connection.send(b"POST /rc/noop HTTP/1.1\r\nHost: x\r\n")
            connection.socket.shutdown(socket.SHUT_WR)
        self.serves()
        for number, connection in enumerate(half):
            if number % 2:
                self.assertEqual(400, connection.receive().status)
            self.assertTrue(connection.closed())
        self.close_all(half)

    def test_resets_in_the_middle_leave_nothing(self):
        trees.write(self.path("big"), BIG)
        for target in ["/rc/noop", f"/[{self.folder}]/big", f"/[{self.folder}]/", "/operations/list?fs=/usr&remote=share"]:
            for method in ["POST", "GET"]:
                for _ in range(10):
                    with wire.Connection(self.daemon.address) as connection:
                        connection.send(wire.request(method, target))
                        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.serves()

    def test_a_call_ends_with_its_client(self):
        (Path(self.folder) / "many").mkdir()
        for number in range(200):
            trees.write(self.path("many", str(number)), bytes(1000))
        self.daemon.call("core/bwlimit", rate="1k")
        with wire.Connection(self.daemon.address) as connection:
            connection.send(wire.request("POST", "/sync/copy", JSON, json.dumps(
                {"srcFs": self.path("many"), "dstFs": self.path("copy")}).encode()))
            running.wait_for(lambda: self.daemon.live("argosy_resources", resource="job") >= 1, running.STOP_LIMIT, "it runs")
        running.wait_for(lambda: self.daemon.live("argosy_resources", resource="job") == 0, running.STOP_LIMIT, "it has ended")
        self.daemon.call("core/bwlimit", rate="off")


if __name__ == "__main__":
    running.main()
