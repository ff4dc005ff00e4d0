"""One job on several nodes (docs/cluster.md)."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import cluster  # noqa: E402 (after the path)
import running  # noqa: E402

JOB_LIMIT = 120    # seconds; a job takes about three, on two busy processors longer
FILES, SIZE = 1500, 200
RATE = "80k"       # bytes/s of each node: one alone would need 4 s


class SharedJobTest(cluster.ClusterTest):
    def setUp(self):
        super().setUp()
        running.write_files(self.path("shared/source/one"), FILES // 2, SIZE)
        running.write_files(self.path("shared/source/two"), FILES // 2, SIZE)

    def helper(self, name, **settings):
        node = self.node(name, "--cluster-shared", self.path("shared"), **settings)
        node.call("core/bwlimit", rate=RATE)
        return node

    def nodes_of(self, count):
        one = self.helper("eu1")
        others = [self.helper(f"eu{number}", join=[one.gate]) for number in range(2, count + 1)]
        for node in (one, *others):
            node.sees(**{each.name: "up" for each in (one, *others)})
        return one, *others

    def copy(self, node, command="sync/copy", source="shared/source", destination="shared/copy", **more):
        return node.start(command, srcFs=self.path(source), dstFs=self.path(destination), **more)

    def shares(self, node, job):
        """name -> files that it has done for the job."""
        return {each["name"]: each["files"]
                for each in node.call("job/status", jobid=job, details=True).get("nodes", [])}

    def helps(self, node, job, name, files=1):
        running.wait_for(lambda: self.shares(node, job).get(name, 0) >= files, JOB_LIMIT,
                         lambda: f"{name} helps: {node.call('job/status', jobid=job, details=True)}\n{node.output()}")

    def tree(self, name):
        """path -> content; a killed node leaves partial files."""
        root = Path(self.path(name))
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*")
                if path.is_file() and path.suffix != ".partial"}

    def ends_well(self, node, job, moved=None):
        """The status; all is copied, each file is told once, and nothing is left over."""
        status = node.finished(job, JOB_LIMIT)
        self.assertEqual("", status["error"])
        account = status["account"]
        self.assertEqual([FILES, FILES, 0, 0], [account[key] for key in ("found", "copied", "skipped", "failed")])
        told = []
        page = {}
        while True:
            page = node.call("job/report", jobid=job, limit=10000, **({"cursor": page["next"]} if page else {}))
            told += [(file["path"], file["outcome"]) for file in page["files"]]
            if "next" not in page:
                break
        self.assertEqual(FILES, len(told))
        self.assertEqual(FILES, len(set(told)))
        wanted, found = self.tree("shared/source") if moved is None else moved, self.tree("shared/copy")
        self.assertEqual([], [name for name in {*wanted, *found} if wanted.get(name) != found.get(name)])
        return status

    def leaves_nothing(self, *nodes):
        for node in nodes:
            def rest(node=node):
                return {"leases": node.live("argosy_cluster_leases"),
                        **{kind: node.live("argosy_actors", kind=kind)
                           for kind in ("sync", "sharing", "worker", "transfer")}}
            running.wait_for(lambda: not any(rest().values()), cluster.JOIN_LIMIT,
                             lambda: f"{node.name} has nothing left: {rest()}\n{node.output()}")

    def test_all_nodes_work_on_a_job_and_the_account_is_exact(self):
        one, two, three = self.nodes_of(3)
        job = self.copy(two)

        status = self.ends_well(two, job)

        shares = {each["name"]: each["files"] for each in status["nodes"]}
        self.assertEqual({"eu1", "eu3"}, set(shares))
        self.assertLess(sum(shares.values()), FILES)
        stats = one.call("core/stats", group=f"job/{job}")
        self.assertEqual([FILES, FILES * SIZE, 0], [stats["transfers"], stats["bytes"], stats["errors"]])
        self.assertEqual([FILES, FILES * SIZE], [stats["totalTransfers"], stats["totalBytes"]])
        self.leaves_nothing(one, two, three)

    def test_a_small_job_stays_at_home_and_so_does_what_others_do_not_reach(self):
        one, two = self.nodes_of(2)
        running.write_files(self.path("shared/few"), 10, 10)
        running.write_files(self.path("own"), FILES, SIZE)

        few = one.finished(self.copy(one, source="shared/few", destination="shared/few2"))
        own = one.finished(self.copy(one, source="own"), JOB_LIMIT)

        for status, files in ((few, 10), (own, FILES)):
            self.assertEqual(files, status["account"]["copied"])
            self.assertNotIn("nodes", status)
        self.assertEqual(0, two.live("argosy_actor_spawned_total", kind="worker"))

    def test_what_a_killed_node_had_is_done_by_others(self):
        one, two, three = self.nodes_of(3)
        job = self.copy(one)
        self.helps(one, job, "eu2")

        two.kill()

        self.ends_well(one, job)
        self.leaves_nothing(one, three)

    def test_a_move_goes_on_where_a_killed_node_stopped(self):
        one, two = self.nodes_of(2)
        before = self.tree("shared/source")
        # Between two folders of one machine a move only renames; what stands behind another storage is copied.
        password = one.call("core/obscure", clear="secret")["obscured"]
        behind = (f":crypt,remote='{self.path('shared/copy')}',password='{password}',filename_encryption=off,"
                  "directory_name_encryption=false,no_data_encryption=true,suffix=none:")
        job = one.start("sync/move", srcFs=self.path("shared/source"), dstFs=behind)
        self.helps(one, job, "eu2")

        two.kill()

        self.ends_well(one, job, moved=before)
        self.assertEqual({}, self.tree("shared/source"))

    def test_what_a_hanging_node_had_is_not_done_twice_when_it_goes_on(self):
        one, two = self.nodes_of(2)
        job = self.copy(one)
        self.helps(one, job, "eu2")

        with two.hanging():
            one.notices("eu2", "lost", cluster.NOTICE_LIMIT + cluster.SLACK)

        self.ends_well(one, job)
        self.leaves_nothing(one, two)

    def test_a_drained_node_gives_back_what_it_has_not_begun(self):
        one, two = self.nodes_of(2)
        job = self.copy(one)
        self.helps(one, job, "eu2")

        one.call("cluster/drain", node="eu2")

        self.leaves_nothing(two)
        self.ends_well(one, job)

    def test_a_node_that_joins_takes_part(self):
        one = self.helper("eu1")
        one.call("core/bwlimit", rate="20k")
        job = self.copy(one)
        two = self.helper("eu2", join=[one.gate])

        self.helps(one, job, "eu2")

        one.call("core/bwlimit", rate="off")
        self.ends_well(one, job)
        self.leaves_nothing(one, two)

    def test_a_job_is_stopped_on_all_nodes(self):
        one, two = self.nodes_of(2)
        job = self.copy(one)
        self.helps(one, job, "eu2")

        two.call("job/stop", jobid=job)

        status = one.finished(job)
        self.assertEqual("context canceled", status["error"])
        account = status["account"]
        self.assertEqual(account["found"], account["copied"] + account["skipped"] + account["failed"])
        self.assertEqual(account["copied"], len(self.tree("shared/copy")))
        self.leaves_nothing(one, two)


if __name__ == "__main__":
    running.main()
