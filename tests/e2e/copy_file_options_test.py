"""operations/copyfile and operations/movefile with options that keep or spare files, beside rclone's own daemon."""
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)
import trees  # noqa: E402

THEN = 1_600_000_000_000_000_000
FIGURES = ["transfers", "deletes", "renames", "bytes", "errors"]


class CopyFileOptions(running.DaemonTest):
    """Each test does the same with both daemons, each in a folder of its own, and compares what comes out."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("rclone"))
        self.rclone = running.Rclone(self.path("rclone"), "--rc-no-auth")
        self.addCleanup(self.rclone.close)

    def both(self, files, command="operations/copyfile", source="f.tar.gz", to="f.tar.gz", figures=FIGURES, **config):
        """What one call leaves: its error, figures and the files below the folder, the same for both."""
        results = []
        for name, daemon in [("ours", self.daemon), ("theirs", self.rclone)]:
            top = Path(self.path(name))
            for path, content in files.items():
                trees.write(top / path, content.encode(), THEN + len(content))
            placed = {key: [str(top / one) for one in value] if isinstance(value, list) else
                      str(top / value) if key == "BackupDir" else value for key, value in config.items()}
            status, _, body = daemon.post(command, {"srcFs": str(top / "src"), "srcRemote": source,
                                                 "dstFs": str(top / "dst"), "dstRemote": to,
                                                 "_config": placed, "_group": "g"})
            stats = daemon.call("core/stats", group="g")
            daemon.call("core/stats-reset", group="g")
            left = {str(path.relative_to(top)): path.read_text() for path in top.rglob("*") if path.is_file()}
            results.append((status, json.loads(body).get("error"), {key: stats[key] for key in figures}, left))
            for path in sorted(top.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
        self.assertEqual(results[1], results[0])
        return results[0]

    def test_a_backup_is_kept_of_what_is_overwritten(self):
        files = {"src/f.tar.gz": "new content", "dst/f.tar.gz": "old"}
        for command in ["operations/copyfile", "operations/movefile"]:
            for config in [{"BackupDir": "backup"}, {"BackupDir": "backup", "Suffix": ".1"}, {"Suffix": ".1"}]:
                with self.subTest(command=command, **config):
                    left = self.both(files, command, **config)[3]
                    self.assertIn("old", left.values())
                    self.assertEqual("new content", left["dst/f.tar.gz"])

    def test_the_suffix_may_stand_before_the_extension(self):
        files = {"src/f.gz": "new content", "dst/f.gz": "old"}
        left = self.both(files, source="f.gz", to="f.gz", Suffix=".1", SuffixKeepExtension=True)[3]
        self.assertEqual({**files, "dst/f.gz": "new content", "dst/f.1.gz": "old"}, left)

    def test_nothing_is_backed_up_where_nothing_was(self):
        _, _, _, left = self.both({"src/f.tar.gz": "new"}, BackupDir="backup")
        self.assertEqual({"src/f.tar.gz", "dst/f.tar.gz"}, set(left))

    def test_a_dry_run_changes_nothing(self):
        files = {"src/f.tar.gz": "new content", "dst/f.tar.gz": "old"}
        self.assertEqual(files, self.both(files, BackupDir="backup", DryRun=True)[3])

    def test_what_another_place_has_is_left_out(self):
        files = {"src/f.tar.gz": "same", "other/f.tar.gz": "same"}
        self.assertEqual(files, self.both(files, CompareDest=["none", "other"])[3])
        moved = self.both(files, "operations/movefile", CompareDest=["none", "other"])[3]
        self.assertEqual({"other/f.tar.gz": "same"}, moved)
        self.assertIn("dst/f.tar.gz", self.both({**files, "other/f.tar.gz": "differs"}, CompareDest=["other"])[3])

    def test_places_that_are_in_the_way_are_refused(self):
        files = {"src/f.tar.gz": "new content", "dst/f.tar.gz": "old"}
        for config in [{"BackupDir": "dst"}, {"BackupDir": "src"}]:
            with self.subTest(**config):
                status, _, _, left = self.both(files, **config)
                self.assertEqual((500, files), (status, left))

    def test_a_file_beyond_the_limit_is_not_copied(self):
        files = {"src/f.tar.gz": "x" * 50_000}
        # How much has been read by then depends on the size of the blocks.
        status, error, _, left = self.both(files, figures=["transfers"], MaxTransfer="10k", CutoffMode=0)
        self.assertEqual((500, "max transfer limit reached as set by --max-transfer", files), (status, error, left))

    def test_a_size_limit_keeps_files_from_being_deleted(self):
        trees.write(Path(self.path("ours", "a")), b"12345")
        error = self.daemon.fails("operations/deletefile", fs=self.path("ours"), remote="a", _config={"MaxDeleteSize": 4})
        self.assertIn("--max-delete-size threshold reached", str(error))
        self.assertTrue(os.path.exists(self.path("ours", "a")))
        self.daemon.call("operations/deletefile", fs=self.path("ours"), remote="a", _config={"MaxDeleteSize": 5})
        self.assertFalse(os.path.exists(self.path("ours", "a")))


if __name__ == "__main__":
    running.main()
