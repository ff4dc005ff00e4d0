"""Leaks that rclone had, played again in short: scripts/soak-leaks plays them at their full length."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import replays  # noqa: E402 (after the path)
import running  # noqa: E402


class ReplayedLeaks(running.DaemonTest):
    # Records of ended jobs are meant to stay for a while: not here.
    flags = ["--rc-job-expire-duration", "1s", "--rc-job-expire-interval", "1s"]

    def setUp(self):
        super().setUp()
        self.play = replays.Replays(self.daemon, self.folder)
        self.addCleanup(self.play.close)

    def test_syncs_that_move_nothing_leave_nothing(self):
        self.play.unchanged(self.play.empty_sync, 60, 600)

    def test_finished_transfers_pin_nothing(self):
        self.play.unchanged(self.play.transfers, 30, 120)

    def test_groups_that_are_reset_and_deleted_leave_nothing(self):
        self.play.unchanged(self.play.groups, 30, 300)

    def test_minutes_of_probes_leave_nothing(self):
        self.play.unchanged(self.play.second_of_probes, 60, 600)


if __name__ == "__main__":
    running.main()
