"""Runs fuzz targets that are built, each from its seeds: docs/fuzzing.md.

Prints a line for each target; the exit status is 1 after a finding, 2 when a target is not built or does not start.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = sorted(file.name[:-len("_fuzz.cpp")] for file in HERE.glob("*_fuzz.cpp"))
# What no input may exceed. The machine may be busy, hence the many seconds.
INPUT_SECONDS = 60
MEBIBYTES = 2048

ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "0": b"\0", "\\": b"\\"}


def seed_of(line):
    """The bytes that a line of a seed file stands for: UTF-8 with \\n, \\r, \\t, \\0, \\\\ and \\xNN."""
    def replaced(match):
        code = match.group(1).decode()
        return bytes([int(code[1:], 16)]) if code[0] == "x" else ESCAPES[code]
    return re.sub(rb"\\(x[0-9a-fA-F]{2}|[nrt0\\])", replaced, line.encode())


def write_seeds(name, folder):
    lines = (HERE / "seeds" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        Path(folder, f"seed-{number:02}").write_bytes(seed_of(line))


class Outcome:
    def __init__(self, name, status, log, seconds, artifacts):
        self.name, self.status, self.log, self.seconds, self.artifacts = name, status, log, seconds, artifacts
        found = re.search(r"stat::number_of_executed_units: *(\d+)", log)
        self.executions = int(found.group(1)) if found else 0

    def line(self):
        rate = self.executions / self.seconds if self.seconds else 0
        finding = ("no finding" if self.status == 0 else f"FINDING {' '.join(map(str, self.artifacts))}" if self.artifacts
                   else f"FAILED with status {self.status}")
        return f"{self.name:16} {self.executions:9} executions {self.seconds:7.1f} s {rate:8.0f}/s  {finding}"


def run(name, options):
    program = options.build / "tests/fuzz" / f"{name}_fuzz"
    findings = options.build / "findings"
    findings.mkdir(parents=True, exist_ok=True)
    before = set(findings.iterdir())
    command = [str(program), f"-artifact_prefix={findings}/{name}-", f"-timeout={INPUT_SECONDS}",
               f"-report_slow_units={INPUT_SECONDS}",
               f"-rss_limit_mb={MEBIBYTES}", "-print_final_stats=1",
               "-detect_leaks=0"]  # not after each execution; at the end there is still a look
    command += [f"-max_total_time={options.seconds}"] if options.seconds else [f"-runs={options.runs}"]
    if options.seed is not None:
        command.append(f"-seed={options.seed}")
    dictionary = HERE / "dictionaries" / f"{name}.txt"
    if dictionary.exists():
        command.append(f"-dict={dictionary}")
    with tempfile.TemporaryDirectory() as corpus:
        write_seeds(name, corpus)
        start = time.monotonic()
        # A file, not a pipe: a program that is stuck is ended by its own time-out, and what it said is kept.
        log = options.build / f"{name}.log"
        with open(log, "wb") as output:
            status = subprocess.run([*command, corpus], stdout=output, stderr=subprocess.STDOUT, check=False,
                                    env={**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1"}).returncode
        seconds = time.monotonic() - start
    artifacts = sorted(set(findings.iterdir()) - before)
    return Outcome(name, status, log.read_text(errors="replace"), seconds,
                   [a for a in artifacts if a.name.startswith(f"{name}-")])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="target", help="default: all")
    parser.add_argument("--build", type=Path, default=HERE.parent.parent / "build/fuzz", help="folder of the build")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--runs", type=int, default=1_000_000, help="executions of each target")
    length.add_argument("--seconds", type=int, help="time of each target")
    parser.add_argument("--seed", type=int, help="the same inputs each time; default: others each time")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="targets at once")
    options = parser.parse_args()
    unknown = sorted(set(options.targets) - set(NAMES))
    if unknown:
        parser.error(f"no target is called {', '.join(unknown)}; there are: {' '.join(NAMES)}")
    return options


def main():
    options = arguments()
    names = options.targets or NAMES
    missing = [n for n in names if not (options.build / "tests/fuzz" / f"{n}_fuzz").exists()]
    if missing:
        print(f"not built: {' '.join(missing)} (scripts/fuzz builds them)", file=sys.stderr)
        return 2
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for outcome in pool.map(lambda name: run(name, options), names):
            print(outcome.line(), flush=True)
            if outcome.status != 0:
                failed += 1
                print(outcome.log[-6000:], file=sys.stderr, flush=True)
    print(f"{len(names) - failed} without a finding, {failed} with one")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
