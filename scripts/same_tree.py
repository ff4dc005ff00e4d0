#!/usr/bin/env python3
"""same_tree.py [--exact] SOURCE DESTINATION: is every regular file of SOURCE in DESTINATION, byte for byte?

Symbolic links, sockets, pipes and devices are left out, as a copy with rclone's defaults leaves them out; so are empty
folders. --exact also refuses files that only DESTINATION has. Prints "FILES BYTES" when all is well, otherwise the
first differences, and ends with status 1.
"""
import argparse
import os
import stat
import sys

SHOWN = 20
BLOCK = 1 << 20


def regular_files(top):
    """Relative path -> size, for each regular file below top."""
    found = {}

    def refuse(error):
        raise error

    for folder, _, names in os.walk(top, onerror=refuse):
        for name in names:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode):
                found[os.path.relpath(path, top)] = status.st_size
    return found


def same_content(left, right):
    with open(left, "rb") as a, open(right, "rb") as b:
        while True:
            block = a.read(BLOCK)
            if block != b.read(BLOCK):
                return False
            if not block:
                return True


def differences(source, destination, exact):
    ours, theirs = regular_files(source), regular_files(destination)
    for path, size in sorted(ours.items()):
        if path not in theirs:
            yield f"missing: {path}"
        elif theirs[path] != size:
            yield f"size {theirs[path]} instead of {size}: {path}"
        elif not same_content(os.path.join(source, path), os.path.join(destination, path)):
            yield f"content differs: {path}"
    if exact:
        for path in sorted(theirs.keys() - ours.keys()):
            yield f"only at the destination: {path}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("source")
    parser.add_argument("destination")
    args = parser.parse_args()
    found = list(differences(args.source, args.destination, args.exact))
    for line in found[:SHOWN]:
        print(line, file=sys.stderr)
    if found:
        print(f"{len(found)} differences", file=sys.stderr)
        return 1
    sizes = regular_files(args.source).values()
    print(len(sizes), sum(sizes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
