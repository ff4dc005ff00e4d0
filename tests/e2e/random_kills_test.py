"""A short form of scripts/soak-kills."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import kills  # noqa: E402 (after the path)
import running  # noqa: E402

SEED = 1
ROUNDS = 6


class RandomKills(unittest.TestCase):
    def test_no_file_is_lost_or_half_written(self):
        soak = kills.Soak(running.DaemonTest.binary, self.enterContext(tempfile.TemporaryDirectory(prefix="argosy-test-")), SEED)
        self.addCleanup(soak.close)
        soak.change_source()
        soak.finish()
        for _ in range(ROUNDS):
            soak.round()
        soak.finish()


if __name__ == "__main__":
    running.main()
