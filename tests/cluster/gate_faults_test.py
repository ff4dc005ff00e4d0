"""A cluster port and those who are no nodes: garbage, half messages, thousands of connections (docs/cluster.md)."""
import contextlib
import socket
import ssl
import struct
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import cluster  # noqa: E402 (after the path)
import running  # noqa: E402

ROUNDS = 10_000     # connections, one after the other in groups
GROUP = 200         # of them at once
MOST_GROWTH = 64 << 20  # bytes of resident memory: far below what one believed length would take

# What a CAF 0.17 program sends first: a header of BASP that announces 4 GiB (kind, flags, length, ids).
HUGE_BASP = struct.pack(">BBHIQQQ", 1, 0, 0, 0xFFFFFFFF, 0, 0, 0)


def strangers_words():
    """What strangers say, each in one go."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing).do_handshake()
    client_hello = outgoing.read()
    return [b"", b"\x00", b"GET / HTTP/1.1\r\n\r\n", HUGE_BASP, b"\xff" * 65536, b"\x16\x03\x01\xff\xff", client_hello,
            client_hello[:40], client_hello + b"\xff" * 1000]


class GateFaultsTest(cluster.ClusterTest):
    def setUp(self):
        super().setUp()
        self.one = self.node("eu1")
        host, port = self.one.gate.rsplit(":", 1)
        self.address = (host, int(port))

    def still_works(self):
        two = self.node("eu2", join=[self.one.gate])
        self.one.sees(eu1="up", eu2="up")
        two.close()

    def resident(self):
        return self.one.live("process_resident_memory_bytes")

    def test_nothing_that_a_stranger_says_is_obeyed(self):
        before = self.resident()

        for words in strangers_words():
            with socket.create_connection(self.address, timeout=30) as stranger:
                # The gate may have hung up by now.
                with contextlib.suppress(ConnectionError):
                    stranger.sendall(words)
                with contextlib.suppress(OSError):
                    stranger.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionError):
                    while stranger.recv(65536):
                        pass  # until the gate closes

        self.assertEqual({"eu1": "up"}, self.one.states())
        if not running.sanitized(self.binary):
            self.assertLess(self.resident() - before, MOST_GROWTH)
        self.still_works()

    def test_thousands_of_connections_leave_nothing_behind(self):
        before = self.resident()

        for _ in range(ROUNDS // GROUP):
            with contextlib.ExitStack() as open_now:
                for _ in range(GROUP):
                    open_now.enter_context(socket.create_connection(self.address, timeout=30))

        visits = sum(self.one.live("argosy_cluster_gate_visits_total", outcome=outcome) for outcome in ("stranger", "full"))
        running.wait_for(lambda: self.one.live("argosy_connections", remote="cluster") == 0, 30, self.one.metrics)
        self.assertGreater(visits, 0)
        if not running.sanitized(self.binary):
            self.assertLess(self.resident() - before, MOST_GROWTH)
        self.still_works()

    def test_strangers_that_stay_do_not_keep_members_out_for_long(self):
        with contextlib.ExitStack() as silent:
            for _ in range(GROUP):
                silent.enter_context(socket.create_connection(self.address, timeout=30))

            self.still_works()


if __name__ == "__main__":
    running.main()
