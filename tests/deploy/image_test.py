"""The container image, as far as it can be judged without Docker."""
import re
import subprocess
import sys
import unittest
from pathlib import Path

binary = None

# Part of each Debian image.
ALWAYS_THERE = {"libc6", "libgcc-s1"}


def instructions(text):
    """(instruction, rest) of the Dockerfile; continued lines joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def last_stage(found):
    start = max(i for i, (name, _) in enumerate(found) if name == "FROM")
    return found[start:]


class Dockerfile(unittest.TestCase):
    def setUp(self):
        self.all = instructions(Path("Dockerfile").read_text())
        self.stage = last_stage(self.all)

    def value(self, name):
        return [rest for instruction, rest in self.stage if instruction == name][-1]

    def test_the_build_stage_is_not_shipped(self):
        self.assertEqual(2, sum(name == "FROM" for name, _ in self.all))
        self.assertEqual("debian:bookworm-slim", self.value("FROM"))

    def test_it_does_not_run_as_root(self):
        self.assertNotIn(self.value("USER"), ("root", "0"))

    def test_the_daemon_is_the_entry_and_open_to_nobody_by_default(self):
        self.assertEqual('["argosy"]', self.value("ENTRYPOINT"))
        self.assertTrue(self.value("CMD").startswith('["rcd", "--rc-addr", ":5572"'))
        self.assertNotIn("--rc-no-auth", self.value("CMD"))

    def test_health_is_asked_for_with_its_own_client(self):
        self.assertIn('CMD ["argosy", "rc", "rc/noop"', self.value("HEALTHCHECK"))

    def test_it_installs_what_the_binary_is_linked_with(self):
        installed = set(re.search(r"install -y --no-install-recommends(.*?)&&", self.value("RUN"), re.S).group(1).split())
        direct = re.findall(r"\(NEEDED\).*\[(.*)\]",
                            subprocess.run(["readelf", "-d", binary], capture_output=True, text=True, check=True).stdout)
        places = dict(re.findall(r"^\s*(\S+) => (\S+)", subprocess.run(["ldd", binary], capture_output=True, text=True,
                                                                       check=True).stdout, re.M))
        self.assertTrue(direct)
        for library in direct:
            path = places.get(library)
            # Not there: the loader. Below the repository: the CAF of the ThreadSanitizer build.
            if path is None or Path(path).is_relative_to(Path.cwd()):
                continue
            if re.search(r"lib[alt]?san\.so|libubsan\.so|libtsan\.so", library):
                continue
            # dpkg knows the file under its place before /lib became a link to /usr/lib.
            names = [path, str(Path(path).resolve()), path.removeprefix("/usr"), "/usr" + path]
            owner = {line.split(":")[0] for name in names
                     for line in subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True).stdout.splitlines()}
            self.assertTrue(owner, f"{library}: no package has {path}")
            self.assertTrue(owner & (installed | ALWAYS_THERE), f"{library}: the image lacks {owner}")


if __name__ == "__main__":
    binary = sys.argv[1]
    unittest.main(argv=sys.argv[:1], verbosity=2)
