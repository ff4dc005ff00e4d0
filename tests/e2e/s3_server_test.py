"""The S3 server that tests of storages use (s3rver of npm) serves on loopback, and ends when told."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import npm  # noqa: E402 (after the path)
import running  # noqa: E402


@npm.without_packages
class S3Server(running.DaemonTest):
    def setUp(self):
        self.folder = self.enterContext(running.stack())[1]

    def test_it_serves_its_buckets_and_ends(self):
        server = npm.S3Server(self.folder, "first", "second")
        self.addCleanup(server.close)

        self.assertRegex(server.get("/").decode(), "<Name>first</Name>.*<Name>second</Name>")
        self.assertIn("<Name>first</Name>", server.get("/first").decode())

        self.assertEqual(0, server.close())


if __name__ == "__main__":
    running.main()
