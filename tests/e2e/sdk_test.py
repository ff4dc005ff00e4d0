"""rclone-sdk (npm), as applications of others use it, drives the daemon: tests/npm/sdk.mjs."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import npm  # noqa: E402 (after the path)
import running  # noqa: E402


@npm.without_packages
class Sdk(running.DaemonTest):
    def test_the_sdk_drives_the_daemon(self):
        guarded = self.start_daemon("--rc-user", "user", "--rc-pass", "secret word", no_auth=False)
        folder = Path(self.folder, "work")
        folder.mkdir()

        said = npm.run("sdk.mjs", self.daemon.url, guarded.url, str(folder))

        self.assertRegex(said, r"(?m)^\S+ pass [1-9]")


if __name__ == "__main__":
    running.main()
