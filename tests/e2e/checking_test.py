"""operations/check: what it reports, and that `rclone check` and `rclone checksum` report the same."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures"))
import running  # noqa: E402 (after the path)

without_rclone = unittest.skipUnless(shutil.which("rclone"), "rclone is not installed: apt-get install rclone")
REPORTS = {"combined": "combined", "missingOnSrc": "missing-on-src", "missingOnDst": "missing-on-dst", "match": "match",
           "differ": "differ", "error": "error"}
ALL = dict.fromkeys(REPORTS, True)


class Checking(running.DaemonTest):
    def setUp(self):
        super().setUp()
        self.source, self.destination = self.path("source"), self.path("destination")
        for where, files in [(self.source, {"same": "x", "size": "short", "content": "aaaa", "deep/er/same": "y",
                                            "deep/only here": "1", "only/a": "", "only/b": "", "ünï": "u"}),
                             (self.destination, {"same": "x", "size": "longer", "content": "bbbb", "deep/er/same": "y",
                                                 "deep/only there": "2", "there/a": "", "ünï": "u"})]:
            self.write(where, files)

    def write(self, where, files):
        for name, text in files.items():
            path = Path(where, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            os.utime(path, (1e9, 1e9))

    def check(self, **parameters):
        return self.daemon.call("operations/check", **{"srcFs": self.source, "dstFs": self.destination, **parameters})

    def rclones(self, *words):
        """What rclone reports of the same, by the names of the call."""
        files = {name: self.path(f"report {name}") for name in REPORTS}
        run = subprocess.run(["rclone", *words, "--config", self.path("rclone.conf"),
                              *(f"--{REPORTS[name]}={path}" for name, path in files.items())],
                             capture_output=True, text=True, timeout=running.START_LIMIT)
        lists = {name: sorted(Path(path).read_text().splitlines()) for name, path in files.items()}
        return {**lists, "success": run.returncode == 0}

    def same_as_rclone(self, ours, *words):
        lists = {name: sorted(ours[name]) for name in REPORTS}
        self.assertEqual(self.rclones(*words), {**lists, "success": ours["success"]})

    def sums(self, *lines):
        self.write(self.folder, {"SUMS": "".join(f"{line}\n" for line in lines)})
        return {"srcFs": None, "checkFileFs": self.folder, "checkFileRemote": "SUMS", "checkFileHash": "md5"}

    def check_sums(self, parameters, **more):
        given = {"dstFs": self.destination, **parameters, **more}
        return self.daemon.call("operations/check", **{k: v for k, v in given.items() if v is not None})

    def refused(self, **parameters):
        status, _, body = self.daemon.post("operations/check", parameters)
        self.assertNotEqual(200, status, body)
        return status, json.loads(body)["error"]

    def test_differences_are_reported_and_no_error(self):
        self.assertEqual({
            "combined": ["* content", "= same", "* size", "= ünï", "+ deep/only here", "- deep/only there",
                         "= deep/er/same", "+ only/a", "+ only/b", "- there/a"],
            "differ": ["content", "size"], "error": [], "hashType": "md5", "match": ["same", "ünï", "deep/er/same"],
            "missingOnDst": ["deep/only here", "only/a", "only/b"], "missingOnSrc": ["deep/only there", "there/a"],
            "status": "7 differences found", "success": False}, self.check(**ALL))

    @without_rclone
    def test_rclone_reports_the_same(self):
        self.same_as_rclone(self.check(**ALL), "check", self.source, self.destination)

    @without_rclone
    def test_rclone_reports_the_same_of_contents(self):
        self.same_as_rclone(self.check(**ALL, download=True), "check", "--download", self.source, self.destination)

    @without_rclone
    def test_rclone_reports_the_same_one_way_and_by_size(self):
        self.same_as_rclone(self.check(**ALL, oneWay=True), "check", "--one-way", self.source, self.destination)
        self.same_as_rclone(self.check(**ALL, _config={"SizeOnly": True}), "check", "--size-only", self.source,
                            self.destination)

    @without_rclone
    def test_rclone_reports_the_same_through_filters_and_folded_names(self):
        self.same_as_rclone(self.check(**ALL, _filter={"ExcludeRule": ["deep/**"]}), "check", "--exclude", "deep/**",
                            self.source, self.destination)
        self.write(self.destination, {"SAMES": "z"})
        self.write(self.source, {"sames": "z"})
        self.same_as_rclone(self.check(**ALL, _config={"IgnoreCaseSync": True}), "check", "--ignore-case-sync",
                            self.source, self.destination)

    @without_rclone
    def test_rclone_reports_the_same_of_a_file_in_place_of_a_folder(self):
        self.write(self.source, {"either/x": "1"})
        self.write(self.destination, {"either": "2"})
        self.same_as_rclone(self.check(**ALL), "check", self.source, self.destination)

    def test_reports_are_chosen(self):
        self.assertEqual({"differ", "error", "hashType", "missingOnDst", "missingOnSrc", "status", "success"},
                         set(self.check()))
        self.assertEqual({"match", "hashType", "status", "success"},
                         set(self.check(match=True, differ=False, error="0", missingOnDst=False, missingOnSrc="f")))
        self.assertIn("differ", self.check(differ="no boolean"))

    def test_the_same_trees_are_a_success(self):
        reply = self.check(dstFs=self.source, combined=True)
        self.assertEqual((True, "OK", 8), (reply["success"], reply["status"], len(reply["combined"])))

    def test_no_hash_is_named_where_none_is_compared(self):
        self.assertNotIn("hashType", self.check(download=True))

    def test_a_missing_source_is_told_in_the_status(self):
        reply = self.check(srcFs=self.path("nowhere"))
        self.assertEqual((False, "directory not found", []), (reply["success"], reply["status"], reply["missingOnSrc"]))

    def test_a_missing_destination_lacks_everything(self):
        reply = self.check(dstFs=self.path("nowhere"))
        self.assertEqual(("8 differences found", 8), (reply["status"], len(reply["missingOnDst"])))

    def test_what_cannot_be_read_is_an_error(self):
        # Empty as its size says, but reading it fails, for root as well.
        os.symlink("/proc/self/mem", Path(self.source, "unreadable"))
        self.write(self.destination, {"unreadable": ""})
        for download in [False, True]:
            with self.subTest(download=download):
                reply = self.check(srcFs=f":local,copy_links:{self.source}", combined=True, download=download, _group="g")
                self.assertEqual(["unreadable"], reply["error"])
                self.assertIn("! unreadable", reply["combined"])
        self.assertEqual(2 * (7 + 1), self.daemon.call("core/stats", group="g")["errors"])

    def test_figures_count_checks_and_differences(self):
        self.check(_group="checked")
        stats = self.daemon.call("core/stats", group="checked")
        self.assertEqual((7, 5, 0), (stats["errors"], stats["checks"], stats["transfers"]))
        self.assertEqual("files differ", self.daemon.call("core/stats", group="checked")["lastError"][:12])
        kinds = {(row["what"], row["checked"], row["error"])
                 for row in self.daemon.call("core/transferred", group="checked")["transferred"]}
        self.assertEqual({("checking", True, "")}, kinds)

    def test_downloads_count_as_transfers(self):
        self.check(download=True, _group="read")
        stats = self.daemon.call("core/stats", group="read")
        # Both sides of the four pairs of one size.
        self.assertEqual((8, 2 * (1 + 4 + 1 + 1)), (stats["transfers"], stats["bytes"]))

    def test_files_are_shown_while_they_are_compared(self):
        self.daemon.call("core/bwlimit", rate="1B")
        self.addCleanup(self.daemon.call, "core/bwlimit", rate="off")
        job = self.check(download=True, _group="held", _async=True)["jobid"]

        stats = lambda: self.daemon.call("core/stats", group="held")  # noqa: E731
        shown = running.wait_for(lambda: stats().get("checking", []), 30, "a check is shown")

        self.assertLessEqual(set(shown), {"same", "content", "deep/er/same", "ünï"})
        self.daemon.call("core/bwlimit", rate="off")
        running.wait_for(lambda: self.daemon.call("job/status", jobid=job)["finished"], 30, "the check ends")
        self.assertNotIn("checking", stats())

    def test_a_dry_run_compares_nothing(self):
        reply = self.check(**ALL, _config={"DryRun": True})
        self.assertEqual(([], [], 3), (reply["match"], reply["differ"], len(reply["missingOnDst"])))

    def test_many_files_are_compared(self):
        for where in [self.path("many"), self.path("more")]:
            for folder in range(30):
                running.write_files(Path(where, str(folder)), 100, 10)
        Path(self.path("more"), "7", "file50").write_bytes(b"0123456789")
        reply = self.check(srcFs=self.path("many"), dstFs=self.path("more"), match=True)
        self.assertEqual((["7/file50"], 2999), (reply["differ"], len(reply["match"])))

    # -- a file of hashes

    @staticmethod
    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()

    @without_rclone
    def test_rclone_reports_the_same_of_a_file_of_hashes(self):
        given = self.sums(f"{self.md5('x')}  same", f"{self.md5('bbbb').upper()} *content", f"{self.md5('no')}  size",
                          "no line of hashes", f"{self.md5('y')}  deep/er/same", f"{self.md5('z')}  gone")
        ours = self.check_sums(given, **ALL)
        self.same_as_rclone(ours, "checksum", "md5", self.path("SUMS"), self.destination)
        self.assertEqual("md5", ours["hashType"])
        self.assertEqual(f"file not in Local file system at {self.destination}", ours["status"])
        self.same_as_rclone(self.check_sums(given, **ALL, download=True), "checksum", "md5", "--download",
                            self.path("SUMS"), self.destination)
        self.same_as_rclone(self.check_sums(given, **ALL, oneWay=True), "checksum", "md5", "--one-way",
                            self.path("SUMS"), self.destination)

    def test_a_file_of_hashes_that_fits_is_a_success(self):
        given = self.sums(*(f"{self.md5(text)}  {name}" for name, text in
                            {"same": "x", "size": "longer", "content": "bbbb", "deep/er/same": "y", "ünï": "u",
                             "deep/only there": "2", "there/a": ""}.items()))
        self.assertEqual({"differ": [], "error": [], "hashType": "md5", "missingOnDst": [], "missingOnSrc": [],
                          "status": "OK", "success": True}, self.check_sums(given))

    def test_a_file_of_hashes_that_is_not_there_is_told_in_the_status(self):
        given = {**self.sums(), "checkFileRemote": "NO SUMS"}
        self.assertEqual("cannot open sum file: object not found", self.check_sums(given)["status"])

    def test_a_hash_that_the_remote_lacks_is_told_in_the_status(self):
        reply = self.check_sums({**self.sums(), "checkFileHash": "none"})
        self.assertEqual(f"none: hash type is not supported by file system: Local file system at {self.destination}",
                         reply["status"])

    def test_parameters_that_do_not_go_together_are_refused(self):
        together = 500, "need all of checkFileFs, checkFileRemote, checkFileHash to be set together"
        there = {"dstFs": self.destination}
        self.assertEqual((400, 'Didn\'t find key "dstFs" in input'), self.refused())
        self.assertEqual((400, "need srcFs parameter when not using checkFileHash"), self.refused(**there))
        self.assertEqual(together, self.refused(**there, checkFileHash="md5"))
        self.assertEqual(together, self.refused(**there, checkFileRemote="x", checkFileFs=self.folder))
        self.assertEqual((400, "only supply dstFs when using checkFileHash"),
                         self.refused(**{**there, **self.sums(), "srcFs": self.source}))
        self.assertEqual((500, 'unknown hash type "potato"'),
                         self.refused(**there, checkFileFs=self.folder, checkFileRemote="x", checkFileHash="potato"))


if __name__ == "__main__":
    running.main()
