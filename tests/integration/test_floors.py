#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Folders of lib/ are floors: a file includes only from its own folder and from those that the table allows, and no two
files include each other, by whatever way round. Also, every file that doc/architecture.md names exists. Prints a line
for each thing that is wrong, and fails when there is one. usage: test_floors.py LIB [ARCHITECTURE]"""
import pathlib
import re
import sys

# From the ground up: what the files of a folder may include besides those of their own folder: folders or single files.
FLOORS = {
    "base": set(),
    "mail": {"base"},
    "message": {"base"},
    "options": {"base", "mail"},
    "dns": {"base", "message"},
    "dns/getdns": {"base", "message", "dns"},
    "store": {"base"},
    "facts": {"base", "mail", "message", "dns", "store"},
    "judge": {"base", "mail", "options", "facts/facts.h"},
    "words": {"base", "mail", "options", "judge", "facts/facts.h"},
    "engine": {"base", "options", "dns", "dns/getdns", "facts", "judge"},
    "api": {"base", "mail", "options", "dns", "facts", "judge", "words", "engine"},
}
# A library of others is known in one folder alone.
HOMES = {"getdns/": "dns/getdns", "getdns_": "dns/getdns", "idn2": "mail"}
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')
# `dns/retry`, `judge/reasons.def`
NAMED = re.compile(r"`((?:%s)/[a-z_]+(?:\.[a-z]+)?)`" % "|".join(sorted(FLOORS, reverse=True)))


def folder_of(name):
    return name.rpartition("/")[0]


def complaint(folder, name, is_quoted):
    """What is wrong with an include of a file in `folder`; None when it may."""
    if not is_quoted:
        for start, home in HOMES.items():
            if name.startswith(start) and folder != home:
                return "is of %s/ alone" % home
        return None
    target = folder_of(name)
    if not target:
        return "does not name its folder"
    if target not in FLOORS:
        return "is on no floor"
    if target == folder or target in FLOORS[folder] or name in FLOORS[folder]:
        return None
    floors = list(FLOORS)
    return "is a step upward" if floors.index(target) > floors.index(folder) else "is a step sideways"


def find_circle(includes):
    """The first circle of rooms that include each other, as a list; None when there is none. X.c and X.h are one room."""
    rooms = {}
    for name, targets in includes.items():
        room = rooms.setdefault(name.rpartition(".")[0], set())
        room.update(target.rpartition(".")[0] for target in targets if not target.endswith(".def"))
    done = set()

    def walk(name, path):
        if name in path:
            return path[path.index(name):] + [name]
        if name in done:
            return None
        for target in sorted(rooms.get(name, set()) - {name}):
            circle = walk(target, path + [name])
            if circle:
                return circle
        done.add(name)
        return None

    for name in sorted(rooms):
        circle = walk(name, [])
        if circle:
            return circle
    return None


def read_includes(path, folder, where):
    """The quoted includes of a file, and complaints about all of them."""
    targets, complaints = set(), []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        name = match[1] or match[2]
        if match[1]:
            targets.add(name)
        words = complaint(folder, name, match[1] is not None)
        if words:
            complaints.append("%s:%d: %s %s" % (where, number, name, words))
    return targets, complaints


def named_in_vain(lib, text):
    """What the text names and what is not there."""
    for name in NAMED.findall(text):
        if not any((lib / candidate).exists() for candidate in (name, name + ".c", name + ".h", name + ".def")):
            yield name


def main():
    lib = pathlib.Path(sys.argv[1])
    wrong = []
    includes = {}
    for path in sorted(lib.rglob("*")):
        if path.suffix not in (".c", ".h", ".def"):
            continue
        where = str(path.relative_to(lib))
        folder = folder_of(where)
        if folder not in FLOORS:
            wrong.append("%s: stands on no floor" % where)
            continue
        includes[where], complaints = read_includes(path, folder, where)
        wrong += complaints
    circle = find_circle(includes)
    if circle:
        wrong.append("a circle: " + " -> ".join(circle))
    for page in sys.argv[2:]:
        text = pathlib.Path(page).read_text(encoding="utf-8")
        wrong += ["%s names `%s`, which is not there" % (page, name) for name in named_in_vain(lib, text)]
    for line in wrong:
        print(line)
    print("%d files, %d faults" % (len(includes), len(wrong)))
    return 1 if wrong or not includes else 0


if __name__ == "__main__":
    sys.exit(main())
