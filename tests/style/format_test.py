"""Every C++ file looks as clang-format (14, as in Debian 12) leaves it."""
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

FOLDERS = ["core", "metrics", "backends", "actors", "http", "app", "tests", "bench"]
BATCH = 40  # files for one run of clang-format


def clang_format():
    """The formatter of the version that .clang-format is written for; others break lines in other places."""
    for name in ("clang-format-14", "clang-format"):
        path = shutil.which(name)
        if path and " version 14." in subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout:
            return path
    return None


class Format(unittest.TestCase):
    def test_sources_are_formatted(self):
        tool = clang_format()
        if not tool:
            self.skipTest("clang-format 14 is not installed (apt-get install clang-format-14)")
        files = sorted(str(f) for folder in FOLDERS for f in Path(folder).rglob("*") if f.suffix in (".hpp", ".cpp"))
        self.assertTrue(files, "no C++ file: the working directory must be the repository root")

        messages = []
        for start in range(0, len(files), BATCH):
            run = subprocess.run([tool, "--dry-run", "-Werror", "--style=file", *files[start:start + BATCH]],
                                 capture_output=True, text=True)
            if run.returncode != 0:
                messages.append(run.stderr)

        names = sorted({line.split(":")[0] for text in messages for line in text.splitlines() if ": error: " in line})
        self.assertFalse(messages, "run clang-format -i on:\n" + "\n".join(names) + "\n" + "".join(messages)[:2000])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
