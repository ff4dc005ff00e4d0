"""Hosts in network namespaces whose cable is cut: packets vanish, no connection is reset (docs/cluster.md)."""
import itertools
import json
import os
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import cluster  # noqa: E402 (after the path)
import running  # noqa: E402

NETWORK = "10.231.77"  # of these tests alone, inside their namespaces
COMMAND_LIMIT = 30     # seconds


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_LIMIT)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def why_not():
    """The reason why no namespaces can be made here; empty when they can."""
    if os.geteuid() != 0:
        return "needs root"
    name = f"argosy-probe-{os.getpid()}"
    try:
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "add", "switch", "type", "bridge")
        run("ip", "-n", name, "link", "add", "probe0", "type", "veth", "peer", "name", "probe1")
        return ""
    except OSError as reason:
        return str(reason)
    finally:
        subprocess.run(["ip", "netns", "del", name], capture_output=True, timeout=COMMAND_LIMIT, check=False)


class Network:
    """Two switches with a cable between them, in a namespace of their own, so that the machine's network stays as it is."""

    def __init__(self):
        self.spaces = []
        self.middle = self.space("middle")
        for switch in ("left", "right"):
            self.ip(self.middle, "link", "add", switch, "type", "bridge")
            self.ip(self.middle, "link", "set", switch, "up")
        self.ip(self.middle, "link", "add", "cable0", "type", "veth", "peer", "name", "cable1")
        for end in ("cable0", "cable1"):
            self.ip(self.middle, "link", "set", end, "up")
        self.ip(self.middle, "link", "set", "cable0", "master", "left")
        self.plug_in()

    def space(self, name):
        made = f"argosy-{os.getpid()}-{name}"
        run("ip", "netns", "add", made)
        self.spaces.append(made)
        return made

    @staticmethod
    def ip(space, *arguments):
        run("ip", "-n", space, *arguments)

    def host(self, name, switch, number):
        """(namespace, address) of a host that is connected to the switch."""
        space = self.space(name)
        address = f"{NETWORK}.{number}"
        self.ip(self.middle, "link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", space)
        self.ip(self.middle, "link", "set", f"to-{name}", "master", switch, "up")
        self.ip(space, "addr", "add", f"{address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            self.ip(space, "link", "set", device, "up")
        return space, address

    def cut(self):
        """Frames between the switches vanish; both ends still look connected."""
        self.ip(self.middle, "link", "set", "cable1", "nomaster")

    def plug_in(self):
        self.ip(self.middle, "link", "set", "cable1", "master", "right")

    def close(self):
        for space in self.spaces:
            subprocess.run(["ip", "netns", "del", space], capture_output=True, timeout=COMMAND_LIMIT, check=False)


class Host(cluster.Node):
    """A node in a namespace; it is called from inside."""

    def __init__(self, binary, folder, name, secret, place, join=()):
        self.space, self.argosy = place[0], binary
        # exec: signals reach the daemon itself.
        wrapper = Path(folder, f"in-{name}")
        wrapper.write_text(f'#!/bin/sh\nexec ip netns exec {self.space} "{binary}" "$@"\n')
        wrapper.chmod(0o700)
        super().__init__(str(wrapper), name, secret, join=join, listen=f"{place[1]}:5580")

    def call(self, command, /, **parameters):
        return json.loads(run("ip", "netns", "exec", self.space, self.argosy, "rc", "--url", self.url, "--json",
                              json.dumps(parameters), command))


REASON = why_not()


@unittest.skipIf(REASON, REASON)
class CutCableTest(cluster.ClusterTest):
    def setUp(self):
        super().setUp()
        self.network = Network()
        self.addCleanup(self.network.close)
        numbers = itertools.count(1)
        self.left, self.right = [], []
        for side, switch, names in ((self.left, "left", ("eu1", "eu2")), (self.right, "right", ("us1", "us2"))):
            for name in names:
                place = self.network.host(name, switch, next(numbers))
                join = [node.gate for node in self.left[:1]]
                node = Host(self.binary, self.folder, name, self.secret, place, join)
                self.addCleanup(node.close)
                side.append(node)
        self.all_meet()

    def all_meet(self):
        for node in self.left + self.right:
            node.sees(eu1="up", eu2="up", us1="up", us2="up")

    def test_both_halves_notice_within_seconds_go_on_and_come_together(self):
        jobs = [node.start("rc/noop", where=node.name) for node in self.left + self.right]
        begun = time.monotonic()
        self.network.cut()

        limit = cluster.NOTICE_LIMIT + cluster.SLACK
        for node, lost in ((self.left[0], "us1"), (self.left[0], "us2"), (self.right[1], "eu1"), (self.right[1], "eu2")):
            node.notices(lost, "lost", limit)
        took = time.monotonic() - begun
        self.left[1].sees(eu1="up", eu2="up", us1="lost", us2="lost")
        self.assertLess(took, limit)
        self.assertEqual(["us1", "us2"], self.left[0].call("job/list")["unreachable"])
        # Each half works on.
        jobs += [self.left[1].start("rc/noop", where="eu2"), self.right[0].start("rc/noop", where="us1")]
        self.network.plug_in()

        self.all_meet()
        self.assertEqual(len(jobs), len(set(jobs)))
        for job in jobs:
            answers = [node.call("job/status", jobid=job) for node in (self.left[0], self.right[1])]
            self.assertEqual(answers[0], answers[1])
            self.assertEqual(answers[0]["node"], answers[0]["output"]["where"])


if __name__ == "__main__":
    running.main()
