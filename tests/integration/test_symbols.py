#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the shared library exports is what the map lists and the header declares; the header stands alone in C99 and C++17.
usage: test_symbols.py LIBRARY MAP HEADER"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

LIBRARY, MAP, HEADER = sys.argv[1:4]


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def mapped():
    """{symbol: node} of the version script."""
    symbols = {}
    text = re.sub(r"#.*|/\*.*?\*/", "", text_of(MAP))
    for node, body in re.findall(r"(\w[\w.]*)\s*\{(.*?)\}", text, re.S):
        names = re.search(r"global:(.*?)(local:|$)", body, re.S)[1]
        symbols.update((name, node) for name in re.findall(r"\w+", names))
    return symbols


def exported():
    """{symbol: node} of the library."""
    lines = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], check=True, capture_output=True, text=True).stdout
    symbols = {}
    for line in lines.splitlines():
        kind, name = line.split()[-2:]
        if kind != "A":
            name, _, node = name.partition("@@")
            symbols[name] = node
    return symbols


def declared():
    code = re.sub(r"/\*.*?\*/|^#.*?$", "", text_of(HEADER), flags=re.S | re.M)
    return set(re.findall(r"MXCHECK_API[^;(]*?(\w+)\(", code))


def can_link(compiler):
    """Some have no plugin for LTO."""
    with tempfile.TemporaryDirectory() as folder:
        return shutil.which(compiler[0]) is not None and subprocess.run(
            [*compiler, "-x", "c", "-o", "program", "-"], input=b"int main(void) { return 0; }", cwd=folder, capture_output=True).returncode == 0


class Symbols(unittest.TestCase):
    def test_the_archive_shows_nothing_else(self):
        """Short names inside must not meet those of the program that links it."""
        archive = os.path.join(os.path.dirname(LIBRARY), "libmxcheck.a")
        lines = subprocess.run(["nm", "-g", "--defined-only", archive], check=True, capture_output=True, text=True).stdout
        names = {line.split()[2] for line in lines.splitlines() if len(line.split()) == 3 and not line.split()[2].startswith("__")}
        self.assertEqual(names, {name for name in mapped() if name.startswith("mxcheck_")})

    def test_the_archive_hides_names_also_when_built_with_lto(self):
        """Of GCC and clang, with and without LTO, with and without machine code beside it."""
        sources = {"inner": "int inner(void) { return 1; }\n", "mxcheck_outer": "int inner(void);\n"
                   "__attribute__((visibility(\"default\"))) int mxcheck_outer(void) { return inner(); }\n",
                   "main": "int mxcheck_outer(void);\nint inner(void) { return -1; }\nint main(void) { return mxcheck_outer() + inner(); }\n"}
        localise = os.path.join(os.path.dirname(os.path.abspath(MAP)), "localise.sh")
        for compiler in (["gcc"], ["gcc", "-flto"], ["gcc", "-flto", "-ffat-lto-objects"], ["clang"], ["clang", "-flto"], ["clang", "-flto=thin"]):
            if not can_link(compiler):
                continue
            with self.subTest(" ".join(compiler)), tempfile.TemporaryDirectory() as folder:
                for name, text in sources.items():
                    with open(os.path.join(folder, name + ".c"), "w", encoding="utf-8") as file:
                        file.write(text)
                for command in ([*compiler, "-O2", "-fPIC", "-fvisibility=hidden", "-c", "inner.c", "mxcheck_outer.c"],
                                ["ar", "rcs", "core.a", "inner.o", "mxcheck_outer.o"],
                                [localise, "outer.a", "core.a", *compiler],
                                ["cc", "-o", "main", "main.c", "outer.a"], ["./main"]):
                    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
                    self.assertEqual(done.returncode, 0, (command, done.stderr))

    def test_the_library_exports_what_the_map_lists(self):
        self.assertEqual(exported(), mapped())

    def test_every_symbol_has_the_prefix_and_a_version(self):
        for name, node in exported().items():
            self.assertRegex(name, r"^mxcheck_")
            self.assertRegex(node, r"^MXCHECK_\d+\.\d+$")

    def test_the_header_declares_what_the_map_lists(self):
        self.assertEqual(declared(), set(mapped()))

    def compile_alone(self, compilers, language, standard):
        compiler = next((found for found in map(shutil.which, compilers) if found), None)
        if compiler is None:
            self.skipTest("no compiler: " + ", ".join(compilers))
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "alone")
            with open(source, "w", encoding="utf-8") as file:
                file.write("#include <mxcheck/mxcheck.h>\nint main(void) { return mxcheck_version()[0] == 0; }\n")
            command = [compiler, "-x", language, "-std=" + standard, "-Wall", "-Wextra", "-pedantic-errors", "-Werror",
                       "-I", os.path.dirname(os.path.dirname(os.path.abspath(HEADER))), "-fsyntax-only", source]
            done = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_header_stands_alone_in_c99(self):
        self.compile_alone(["cc", "gcc", "clang"], "c", "c99")

    def test_the_header_stands_alone_in_cpp17(self):
        self.compile_alone(["c++", "g++", "clang++"], "c++", "c++17")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
