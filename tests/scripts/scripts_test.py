"""The commands in scripts/: the comparison that the demo's proof rests on, and the list of packages."""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


class SameTree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.source, self.copy = Path(folder.name, "source"), Path(folder.name, "copy")
        for top in (self.source, self.copy):
            Path(top, "deep/er").mkdir(parents=True)
            Path(top, "empty").touch()
            Path(top, "deep/er/text").write_text("hello")

    def compare(self, *options):
        return run(sys.executable, "scripts/same_tree.py", *options, str(self.source), str(self.copy))

    def test_equal_trees_are_counted(self):
        result = self.compare("--exact")

        self.assertEqual((0, "2 5\n"), (result.returncode, result.stdout), result.stderr)

    def test_a_missing_file_is_found(self):
        Path(self.copy, "empty").unlink()

        result = self.compare()

        self.assertEqual(1, result.returncode)
        self.assertIn("missing: empty", result.stderr)

    def test_other_content_of_the_same_size_is_found(self):
        Path(self.copy, "deep/er/text").write_text("hallo")

        result = self.compare()

        self.assertEqual(1, result.returncode)
        self.assertIn("content differs: deep/er/text", result.stderr)

    def test_another_size_is_found(self):
        Path(self.copy, "deep/er/text").write_text("hello!")

        result = self.compare()

        self.assertEqual(1, result.returncode)
        self.assertIn("size 6 instead of 5: deep/er/text", result.stderr)

    def test_a_link_in_place_of_a_file_is_found(self):
        Path(self.copy, "empty").unlink()
        Path(self.copy, "empty").symlink_to(Path(self.source, "empty"))

        self.assertEqual(1, self.compare().returncode)

    def test_additional_files_matter_when_asked(self):
        Path(self.copy, "more").touch()

        self.assertEqual(0, self.compare().returncode)
        self.assertEqual(1, self.compare("--exact").returncode)

    def test_links_and_pipes_of_the_source_are_left_out(self):
        Path(self.source, "link").symlink_to("empty")
        os.mkfifo(Path(self.source, "pipe"))

        self.assertEqual(0, self.compare("--exact").returncode)

    def test_a_source_that_is_not_there_is_an_error(self):
        result = run(sys.executable, "scripts/same_tree.py", str(self.source / "absent"), str(self.copy))

        self.assertNotEqual(0, result.returncode)


class Packages(unittest.TestCase):
    def packages(self, *sections):
        result = run("bash", "-euo", "pipefail", "-c", 'source scripts/common.sh; packages_of "$@"', "bash", *sections)
        self.assertEqual(0, result.returncode, result.stderr)
        return result.stdout.split()

    def test_the_sections_are_read_apart(self):
        build, test = self.packages("build"), self.packages("test")

        self.assertIn("libcaf-dev", build)
        self.assertIn("prometheus", test)
        self.assertEqual(set(), set(build) & set(test))
        self.assertEqual(build + test, self.packages("build", "test"))

    def test_every_package_has_a_comment(self):
        for line in Path("scripts/packages.txt").read_text().splitlines():
            if line and line[0] not in "#[":
                self.assertRegex(line, r"^[a-z0-9.+-]+ +# \S", line)

    def test_what_is_installed_is_left_alone(self):
        # dpkg-query says "installed" to everything; apt-get must not be called then, and no root is needed.
        result = run("bash", "-euo", "pipefail", "-c",
                     "source scripts/common.sh; dpkg-query() { printf installed; }; as_root() { echo called; exit 9; };"
                     "install_packages build test")

        self.assertEqual((0, ""), (result.returncode, result.stdout), result.stderr)

    def test_what_is_missing_is_installed_and_nothing_else(self):
        result = run("bash", "-euo", "pipefail", "-c",
                     "source scripts/common.sh;"
                     'dpkg-query() { [[ ${*: -1} == rsync ]] || printf installed; }; as_root() { echo "$@" >&2; };'
                     "forbid_services() { :; }; allow_services() { :; };"
                     "install_packages build test")

        self.assertEqual(0, result.returncode, result.stderr)
        installs = [line for line in result.stderr.splitlines() if re.search(r"apt-get .* install ", line)]
        self.assertEqual(1, len(installs), result.stderr)
        self.assertTrue(installs[0].endswith("install --no-install-recommends rsync"), installs[0])


    def test_what_an_installed_package_provides_is_there(self):
        listed = r"printf 'installed, npm (= 10), other\ndeinstalled, gone\ninstalled, \n'"
        for package, there in [("npm", True), ("other", True), ("gone", False), ("np", False), ("installed", False)]:
            with self.subTest(package):
                result = run("bash", "-euo", "pipefail", "-c",
                             f"source scripts/common.sh; dpkg-query() {{ {listed}; }}; provided {package}")
                self.assertEqual(0 if there else 1, result.returncode, result.stderr)


class NodePackages(unittest.TestCase):
    """The packages of npm that tests use are installed when they are named anew, and only then."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        Path(self.root, "tests/npm").mkdir(parents=True)
        self.lock = Path(self.root, "tests/npm/package-lock.json")
        self.lock.write_text("first")

    def install(self, npm="rm -rf node_modules; mkdir node_modules; echo called"):
        return run("bash", "-euo", "pipefail", "-c", f"source scripts/common.sh; root={self.root}; npm() {{ {npm}; }};"
                   "install_node_packages")

    def is_called(self):
        result = self.install()
        self.assertEqual(0, result.returncode, result.stderr)
        return "called" in result.stderr

    def test_once(self):
        self.assertTrue(self.is_called())
        self.assertFalse(self.is_called())

    def test_again_when_the_list_has_changed(self):
        self.is_called()
        self.lock.write_text("second")

        self.assertTrue(self.is_called())
        self.assertFalse(self.is_called())

    def test_again_when_it_failed(self):
        self.is_called()
        self.lock.write_text("second")

        result = self.install("mkdir -p node_modules; false")

        self.assertEqual(1, result.returncode)
        self.assertIn("npm could not install what tests/npm/package-lock.json names", result.stderr)
        self.lock.write_text("first")
        self.assertTrue(self.is_called())

    def test_the_list_names_hashes_and_no_registry(self):
        packages = json.loads(Path("tests/npm/package-lock.json").read_text())["packages"]
        for name, package in packages.items():
            if name:
                with self.subTest(name):
                    self.assertRegex(package["integrity"], "^sha512-")
                    self.assertNotIn("resolved", package)


class ServicePolicy(unittest.TestCase):
    """No service is started while packages are installed, and the machine's own policy comes back."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.policy = Path(folder.name, "policy-rc.d")

    def shell(self, commands):
        text = Path("scripts/common.sh").read_text().replace("/usr/sbin/policy-rc.d", str(self.policy))
        # BASH_SOURCE is empty for a script from standard input: give the root instead of finding it.
        text = re.sub(r"^root=.*$", f"root={Path.cwd()}", text, flags=re.M)
        result = subprocess.run(["bash", "-euo", "pipefail"], input=text + '\nas_root() { "$@"; }\n' + commands,
                                capture_output=True, text=True)
        self.assertEqual(0, result.returncode, result.stderr)

    def refuses(self):
        return run(str(self.policy), "prometheus", "start").returncode == 101

    def test_without_a_policy_none_is_left(self):
        self.shell("forbid_services")
        self.assertTrue(self.refuses())

        self.shell("allow_services")
        self.assertEqual([], list(self.policy.parent.iterdir()))

    def test_a_policy_of_the_machine_comes_back(self):
        self.policy.write_text("#!/bin/sh\nexit 104\n")
        self.policy.chmod(0o755)

        self.shell("forbid_services")
        self.assertTrue(self.refuses())

        self.shell("allow_services")
        self.assertEqual(104, run(str(self.policy)).returncode)
        self.assertEqual([self.policy], list(self.policy.parent.iterdir()))

    def test_a_run_that_was_killed_is_mended_by_the_next(self):
        self.policy.write_text("#!/bin/sh\nexit 104\n")
        self.policy.chmod(0o755)
        self.shell("forbid_services")

        self.shell("forbid_services; allow_services")

        self.assertEqual(104, run(str(self.policy)).returncode)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
