"""A short round of scripts/chaos."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import chaos  # noqa: E402 (after the path)
import cluster  # noqa: E402
import running  # noqa: E402


class ChaosTest(cluster.ClusterTest):
    def test_whatever_happens_to_the_nodes_the_sync_is_exact(self):
        trouble = chaos.Chaos(self.binary, self.folder, seed=7, files=600, rate="50k")
        self.addCleanup(trouble.close)

        trouble.round(0, events=5)


if __name__ == "__main__":
    running.main()
