"""Nodes find each other, and notice who is gone (docs/cluster.md)."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import certificates  # noqa: E402 (after the path)
import cluster  # noqa: E402
import running  # noqa: E402


class MembershipTest(cluster.ClusterTest):
    def test_joining_any_member_means_knowing_all(self):
        one, two, three = self.three()

        seen = one.nodes()

        self.assertEqual([True, False, False], [node["self"] for node in seen.values()])
        self.assertEqual(3, len({node["number"] for node in seen.values()}))
        self.assertEqual(three.gate, seen["eu3"]["address"])
        self.assertEqual("", seen["eu3"]["reason"])
        self.assertEqual(3, one.live("argosy_cluster_nodes", state="up"))
        self.assertEqual(1, two.live("argosy_cluster_peer_up", peer="eu3"))

    def test_a_name_that_is_taken_is_refused_and_the_owner_stays(self):
        one = self.node("eu1")
        two = self.node("eu2", join=[one.gate])
        one.sees(eu1="up", eu2="up")

        second = self.node("eu2", join=[one.gate])

        running.wait_for(lambda: [node["state"] for node in second.call("cluster/nodes")["nodes"]] == ["up", "refused"],
                         cluster.JOIN_LIMIT, second.output)
        refused = second.call("cluster/nodes")["nodes"][1]
        self.assertIn('the name "eu2" is taken', refused["reason"])
        self.assertIn('the name "eu2" is taken', second.output())
        self.assertEqual({"eu1": "up", "eu2": "up"}, two.states())
        self.assertEqual(two.gate, one.nodes()["eu2"]["address"])

    def test_another_secret_gets_nothing(self):
        one = self.node("eu1")

        stranger = self.node("eu2", secret="another secret of the same length!!!", join=[one.gate])

        running.wait_for(lambda: "secret" in stranger.call("cluster/nodes")["nodes"][1]["reason"], cluster.JOIN_LIMIT,
                         stranger.output)
        self.assertEqual({"eu1": "up"}, one.states())
        self.assertGreaterEqual(one.live("argosy_cluster_gate_visits_total", outcome="stranger"), 1)
        self.assertEqual(0, one.live("argosy_cluster_gate_visits_total", outcome="admitted"))

    def test_mutual_certificates_keep_out_who_has_only_the_secret(self):
        authority = certificates.Authority(self.folder)
        flags = []
        for name in ("eu1", "eu2"):
            certificate, key = authority.issue(name, f"/CN={name}")
            flags.append(["--cluster-cert", certificate, "--cluster-key", key, "--cluster-ca", authority.certificate])
        one = self.node("eu1", *flags[0])
        two = self.node("eu2", *flags[1], join=[one.gate])
        one.sees(eu1="up", eu2="up")

        without = self.node("eu3", join=[one.gate])

        running.wait_for(lambda: without.call("cluster/nodes")["nodes"][1]["reason"], cluster.JOIN_LIMIT, without.output)
        self.assertEqual({"eu1": "up", "eu2": "up"}, one.states())
        two.sees(eu1="up", eu2="up")

    def test_a_killed_node_is_noticed_at_once_and_its_successor_taken_in(self):
        one, two, three = self.three()
        address = two.gate

        two.kill()

        # Far below the time after which silence is noticed.
        self.assertLess(one.notices("eu2", "lost", cluster.NOTICE_LIMIT + cluster.SLACK), 3)
        three.notices("eu2", "lost", cluster.NOTICE_LIMIT + cluster.SLACK)
        again = self.node("eu2", listen=address)  # was told of nobody: the others call it
        for node in (one, again, three):
            node.sees(eu1="up", eu2="up", eu3="up")

    def test_a_node_that_hangs_is_noticed_and_comes_back_by_itself(self):
        one, two, three = self.three()
        with two.hanging():
            one.notices("eu2", "lost", cluster.NOTICE_LIMIT + cluster.SLACK)
            self.assertIn("silent", one.nodes()["eu2"]["reason"])
            three.notices("eu2", "lost", cluster.NOTICE_LIMIT + cluster.SLACK)

        for node in (one, two, three):
            node.sees(eu1="up", eu2="up", eu3="up")

    def test_a_node_that_ends_says_goodbye(self):
        one, two, three = self.three()

        three.close()

        one.sees(eu1="up", eu2="up")
        self.assertIn('"eu3" has left', one.output())
        self.assertEqual(0, two.live("argosy_cluster_peer_up", peer="eu3"))

    def test_the_end_does_not_wait_for_a_node_that_hangs(self):
        one = self.node("eu1")
        two = self.node("eu2", join=[one.gate])
        one.sees(eu1="up", eu2="up")
        with two.hanging():
            self.assertEqual(0, one.end())


class LoneDaemonTest(running.DaemonTest):
    def test_has_no_cluster_and_neither_threads_nor_metrics_of_one(self):
        names = {Path(task, "comm").read_text().strip()
                 for task in Path(f"/proc/{self.daemon.child.pid}/task").iterdir()}

        self.assertIn("--cluster-listen", self.daemon.fails("cluster/nodes"))
        self.assertNotIn("cluster gate", names)
        self.assertNotIn("argosy_cluster", self.daemon.metrics())
        self.assertEqual(self.daemon.start("rc/noop") + 1, self.daemon.start("rc/noop"))

    def test_refuses_flags_that_do_not_go_together(self):
        for flags, why in [(["--node", "eu1"], "--cluster-listen"),
                           (["--cluster-listen", "127.0.0.1:0"], "--cluster-secret-file"),
                           (["--cluster-listen", "nowhere"], "nowhere"),
                           (["--cluster-listen", "127.0.0.1:0", "--node", "a b"], "no name of a node")]:
            with self.subTest(flags=flags), self.assertRaises(AssertionError) as ended:
                self.start_daemon(*flags)
            self.assertIn(why, str(ended.exception))

    def test_refuses_a_secret_that_is_too_short(self):
        Path(self.path("secret")).write_text("short\n")

        with self.assertRaises(AssertionError) as ended:
            self.start_daemon("--cluster-listen", "127.0.0.1:0", "--cluster-secret-file", self.path("secret"))

        self.assertIn("at least 16", str(ended.exception))


if __name__ == "__main__":
    running.main()
