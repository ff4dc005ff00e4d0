"""The arrows between the folders, and what no file may contain (CONTRIBUTING.md, "Rules that a test checks")."""
import re
import sys
import unittest
from pathlib import Path

# Each folder may include itself and whatever stands left of it.
ORDER = ["core", "metrics", "backends", "actors", "http", "app"]
FREE = ["tests", "bench"]  # may include everything; nobody includes them, but unit tests their fixtures

# (folders, included file, reason)
FOREIGN = [
    (["core", "metrics", "backends"], r"caf/", "only actors/ and what stands right of it knows CAF"),
    (["core", "metrics", "backends", "actors"], r"restinio/", "only http/ knows RESTinio"),
    (["core", "backends", "actors"], r"prometheus/", "only metrics/ knows prometheus-cpp below http/"),
]
# Both take 15 s and 1 GB to compile: in a header everybody pays for them.
ALL_HEADERS = r"(caf|restinio)/all\.hpp$"

# Where threads are made: the I/O pool, the HTTP server with its check of passwords (bcrypt takes tenths of a second), and
# the program itself; and the gate of a cluster, whose connections have to go on while everything else is busy. Everything else gives its work to an actor or to the I/O pool.
THREAD_OWNERS = r"(backends/io_pool|app/|http/(server|auth)\.|actors/cluster/gate\.)"

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)', re.M)
NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
    re.S)


def code_of(text):
    """The text with comments and literals blanked, so that only code is left; lines keep their numbers."""
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def without_comments(text):
    """As code_of, but with string literals left: the names in #include "..." are some."""
    return NOT_CODE.sub(
        lambda match: re.sub(r"[^\n]", " ", match.group()) if match.group().startswith("/") else match.group(), text)


def is_test(path):
    return path.startswith("tests/") or path.startswith("bench/") or path.endswith("_test.cpp")


def include_findings(path, text):
    """One sentence for each include of the file that points the wrong way."""
    folder = path.split("/")[0]
    for match in INCLUDE.finditer(without_comments(text)):
        own, foreign = match.groups()
        name = own or foreign
        where = f"{path}:{line_of(text, match.start())}"
        target = name.split("/")[0]
        if folder in ORDER:
            if target in ORDER and "/" in name and ORDER.index(target) > ORDER.index(folder):
                yield f"{where}: {folder} includes {name}, but the arrow runs {folder} <- {target}"
            fixture = is_test(path) and name.startswith("tests/fixtures/")
            if target in FREE and "/" in name and not fixture:
                yield f"{where}: {folder} includes {name}, but nobody includes {target}"
            for folders, pattern, reason in FOREIGN:
                if folder in folders and re.match(pattern, name):
                    yield f"{where}: {folder} includes {name}, but {reason}"
            if own and "/" not in name:
                yield f'{where}: "{name}" is not written from the repository root'
        if path.endswith(".hpp") and re.search(ALL_HEADERS, name):
            yield f"{where}: {name} in a header; include the parts that are needed, or move the use to the .cpp"


# (applies to path, pattern, what is wrong and what to do instead)
BANS = [
    (lambda path: True, r"->\s*anon_send\s*\(",
     "the member anon_send is not anonymous; use tell() of actors/tell.hpp"),
    (lambda path: path.startswith("actors/") and not is_test(path), r"->\s*send\s*\((?!\s*(self|this)\s*[,)])",
     "send to a handler with a result ends its target; use tell(), or request with a time-out"),
    (lambda path: True, r"\.\s*detach\s*\(\s*\)",
     "a detached thread outlives what it uses; keep it and join it"),
    (lambda path: not is_test(path) and not re.match(THREAD_OWNERS, path), r"\bstd\s*::\s*j?thread\b(?!\s*::)",
     "threads are made by backends/io_pool, app/, the HTTP server and the gate of a cluster only"),
    (lambda path: not is_test(path), r"\bstd\s*::\s*async\b",
     "std::async makes a thread nobody counts; use backends/io_pool"),
    (is_test, r"\bsleep_(for|until)\s*\(|\bu?sleep\s*\(",
     "tests do not sleep; wait for a condition with a deadline, or use virtual time"),
]


def ban_findings(path, text):
    """One sentence for each construct of the file that the conventions forbid."""
    code = code_of(text)
    for applies, pattern, reason in BANS:
        if applies(path):
            for match in re.finditer(pattern, code):
                yield f"{path}:{line_of(code, match.start())}: `{match.group().strip()}`: {reason}"


def source_files(root):
    for folder in ORDER + FREE:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix in (".hpp", ".cpp"):
                yield str(file.relative_to(root)), file.read_text(encoding="utf-8")


class Sources(unittest.TestCase):
    """The repository itself; the tests run with its root as working directory."""

    def setUp(self):
        self.files = list(source_files(Path.cwd()))

    def test_every_folder_is_read(self):
        for folder in ORDER:
            self.assertTrue(any(path.startswith(folder + "/") for path, _ in self.files), f"no source in {folder}/")

    def test_includes_point_one_way(self):
        found = [line for path, text in self.files for line in include_findings(path, text)]

        self.assertEqual([], found, "\n" + "\n".join(found))

    def test_nothing_banned_is_used(self):
        found = [line for path, text in self.files for line in ban_findings(path, text)]

        self.assertEqual([], found, "\n" + "\n".join(found))


class Rules(unittest.TestCase):
    """The rules find what they are for, and nothing else."""

    WRONG_INCLUDES = [
        ("core/a.cpp", '#include "metrics/ledger.hpp"'),
        ("backends/local/a.cpp", '#include "actors/tell.hpp"'),
        ("actors/a_test.cpp", '#include "http/params.hpp"'),
        ("http/a.cpp", '  #  include "app/a.hpp"'),
        ("app/a.cpp", '#include "tests/fixtures/temp_dir.hpp"'),
        ("core/a.hpp", "#include <prometheus/counter.h>"),
        ("backends/a.cpp", "#include <caf/error.hpp>"),
        ("actors/a.cpp", "#include <restinio/core.hpp>"),
        ("http/a.hpp", "#include <restinio/all.hpp>"),
        ("tests/a.hpp", "#include <caf/all.hpp>"),
        ("core/size.cpp", '#include "size.hpp"'),
    ]
    RIGHT_INCLUDES = [
        ("core/a.cpp", '#include "core/b.hpp"\n#include <string>'),
        ("http/a.cpp", '#include "core/b.hpp"\n#include "actors/actors.hpp"\n#include <restinio/all.hpp>'),
        ("actors/a.hpp", "#include <caf/typed_actor.hpp>"),
        ("metrics/a.hpp", "#include <prometheus/counter.h>"),
        ("tests/a_test.cpp", '#include "app/a.hpp"\n#include "temp_dir.hpp"'),
        ("actors/a_test.cpp", '#include "tests/fixtures/actor_test.hpp"'),
        ("core/a.cpp", '// #include "http/server.hpp"\n/*\n#include "app/a.hpp"\n*/'),
    ]
    WRONG_CODE = [
        ("actors/a.cpp", "self->anon_send(other, 1);"),
        ("actors/a.cpp", "self->send(other, 1);"),
        ("http/a.cpp", "worker.detach();"),
        ("actors/a.cpp", "std::thread worker;"),
        ("backends/local/a.cpp", "std::vector<std::thread> all;"),
        ("core/a.cpp", "auto later = std::async(work);"),
        ("core/a_test.cpp", "std::this_thread::sleep_for(1ms);"),
        ("tests/e2e/a.cpp", "usleep(1);"),
    ]
    RIGHT_CODE = [
        ("actors/a.cpp", "self->send(self, tick_atom_v); tell(other, 1); caf::anon_send(other, 1);"),
        ("actors/a.cpp", "auto n = std::thread::hardware_concurrency(); std::this_thread::yield();"),
        ("backends/io_pool.cpp", "std::vector<std::thread> threads_;"),
        ("http/server.cpp", "std::thread acceptor;"),
        ("core/a_test.cpp", "std::thread other([] {});"),
        ("core/a.cpp", '// std::thread is not used here\nauto text = "std::thread x; y.detach()";'),
        ("core/a.cpp", 'auto text = R"(worker.detach();)";'),
        ("core/a.cpp", "constexpr auto n = 1'000'000; // it's fine"),
    ]

    def test_find_every_wrong_include(self):
        for path, text in self.WRONG_INCLUDES:
            with self.subTest(path=path, text=text):
                self.assertEqual(1, len(list(include_findings(path, text))))

    def test_accept_every_right_include(self):
        for path, text in self.RIGHT_INCLUDES:
            with self.subTest(path=path, text=text):
                self.assertEqual([], list(include_findings(path, text)))

    def test_find_every_banned_construct(self):
        for path, text in self.WRONG_CODE:
            with self.subTest(path=path, text=text):
                self.assertEqual(1, len(list(ban_findings(path, text))))

    def test_accept_what_only_looks_banned(self):
        for path, text in self.RIGHT_CODE:
            with self.subTest(path=path, text=text):
                self.assertEqual([], list(ban_findings(path, text)))

    def test_name_the_line(self):
        found = list(ban_findings("core/a.cpp", "/* one\n two */\n\nworker.detach();\n"))

        self.assertTrue(found[0].startswith("core/a.cpp:4:"), found)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)  # ctest passes the daemon's path, not needed here
