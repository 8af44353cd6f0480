# SPDX-License-Identifier: BSD-2-Clause
"""The version and the exported symbols are the same wherever they are written down."""
import pathlib
import re
import sys


def find(root, path, pattern):
    """What the pattern holds of a file."""
    match = re.search(pattern, (root / path).read_text(encoding="utf-8"), re.MULTILINE)
    return match.group(1) if match else None


def main():
    root, version = pathlib.Path(sys.argv[1]), sys.argv[2]
    faults = []
    number = "0x%02x%02x%02x" % tuple(int(part) for part in version.split("."))
    places = [
        ("include/mxcheck/mxcheck.h", r"^#define MXCHECK_VERSION_NUMBER (\w+)", number),
        ("packaging/debian/changelog", r"^libmxcheck \((.*?)\)", version),
        ("packaging/rpm/libmxcheck.spec", r"^Version: +(\S+)", version),
        ("packaging/alpine/APKBUILD", r"^pkgver=(\S+)", version),
    ]
    for path, pattern, wanted in places:
        if not (root / path).exists():
            continue  # a part of the tree, as a subproject may be
        found = find(root, path, pattern)
        if found is None or (int(found, 16) != int(wanted, 16) if wanted.startswith("0x") else found != wanted):
            faults.append("%s says %s, not %s" % (path, found, wanted))
    symbols = root / "packaging/debian/libmxcheck1.symbols"
    if symbols.exists():
        exported = set(re.findall(r"^    (mxcheck_\w+);", (root / "lib/mxcheck.map").read_text(encoding="utf-8"), re.MULTILINE))
        packaged = set(re.findall(r"^ (mxcheck_\w+)@", symbols.read_text(encoding="utf-8"), re.MULTILINE))
        if exported != packaged:
            faults.append("lib/mxcheck.map and %s differ: %s" % (symbols.name, " ".join(sorted(exported ^ packaged))))
    print("\n".join(faults) or "all places say %s" % version)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
