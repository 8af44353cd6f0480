#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Folders of lib/ are floors: a file includes only from its own folder and from those below. Prints a line for each
step upward or sideways, and fails when there is one. usage: test_floors.py LIB"""
import pathlib
import re
import sys

FLOORS = {"base": 0, "mail": 1, "dns": 2, "facts": 3, "judge": 3, "engine": 4, "api": 5}
# Judgement sees of the facts only the record.
DOORS = {("judge", "facts/facts.h")}
# A library of others is known in one folder alone.
HOMES = {"getdns/": "dns", "getdns_": "dns", "idn2": "mail"}
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


def complaint(folder, name, is_quoted):
    """What is wrong with an include of a file in `folder`; None when it may."""
    if not is_quoted:
        for start, home in HOMES.items():
            if name.startswith(start) and folder != home:
                return "is of %s/ alone" % home
        return None
    target, _, rest = name.partition("/")
    if not rest:
        return "does not name its folder"
    if target not in FLOORS:
        return "is on no floor"
    if target == folder or FLOORS[target] < FLOORS[folder] or (folder, name) in DOORS:
        return None
    return "is a step upward" if FLOORS[target] > FLOORS[folder] else "is a step sideways"


def main():
    lib = pathlib.Path(sys.argv[1])
    wrong = seen = 0
    for path in sorted(lib.rglob("*")):
        if path.suffix not in (".c", ".h", ".def"):
            continue
        seen += 1
        where = path.relative_to(lib)
        if where.parts[0] not in FLOORS or len(where.parts) != 2:
            print("%s: stands on no floor" % where)
            wrong += 1
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            words = match and complaint(where.parts[0], match[1] or match[2], match[1] is not None)
            if words:
                print("%s:%d: %s %s" % (where, number, match[1] or match[2], words))
                wrong += 1
    print("%d files, %d wrong includes" % (seen, wrong))
    return 1 if wrong or seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
