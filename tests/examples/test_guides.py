# SPDX-License-Identifier: BSD-2-Clause
"""Every program of the guides compiles without a warning and prints what the guide says; every link leads somewhere."""
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(os.environ["SOURCE_ROOT"])
PAGES = [*sorted((ROOT / "doc").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md",
         ROOT / "RELEASING.md", ROOT / "bench/README.md"]
COMPILER = shlex.split(os.environ["CC"])
LIBRARY = pathlib.Path(os.environ["LIBRARY"]).parent


def programs(page):
    """(source, what it prints) of each whole program on a page."""
    text = page.read_text(encoding="utf-8")
    for match in re.finditer(r"```c\n(.*?)```\n(?:\nIt prints:\n\n```text\n(.*?)```)?", text, re.DOTALL):
        if "int main(" in match.group(1):
            yield match.group(1), match.group(2)


class Guides(unittest.TestCase):
    def test_programs_print_what_the_guide_says(self):
        count = 0
        for page in PAGES:
            for source, printed in programs(page):
                count += 1
                with self.subTest(page=page.name), tempfile.TemporaryDirectory() as folder:
                    path = pathlib.Path(folder, "program.c")
                    path.write_text(source, encoding="utf-8")
                    subprocess.run([*COMPILER, "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I", ROOT / "include", "-o",
                                    folder + "/program", path, "-L", LIBRARY, "-lmxcheck", "-pthread"], check=True)
                    done = subprocess.run([folder + "/program"], env={**os.environ, "LD_LIBRARY_PATH": str(LIBRARY)},
                                          stdout=subprocess.PIPE, timeout=60, check=True)
                    if printed is not None:
                        self.assertEqual(done.stdout.decode(), printed)
        self.assertGreater(count, 3)

    def test_links_lead_to_files(self):
        for page in PAGES:
            for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
                if "://" not in target:
                    with self.subTest(page=page.name, target=target):
                        self.assertTrue((page.parent / target).exists())


if __name__ == "__main__":
    unittest.main()
