#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Write files as a C source, for assets.h: embed.py OUTPUT FILE ..."""
import hashlib
import os
import sys

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


def main(output, paths):
    rows = []
    with open(output, "w", encoding="ascii") as file:
        print('#include "assets.h"\n', file=file)
        for index, path in enumerate(paths):
            with open(path, "rb") as source:
                content = source.read()
            print("static const unsigned char octets_%d[] = {" % index, file=file)
            for start in range(0, len(content), 20):
                print("    " + ", ".join(str(octet) for octet in content[start:start + 20]) + ",", file=file)
            print("};\n", file=file)
            tag = hashlib.sha256(content).hexdigest()[:16]
            rows.append('    {"/%s", "%s", "\\"%s\\"", octets_%d, sizeof(octets_%d)},'
                        % (os.path.basename(path), TYPES[os.path.splitext(path)[1]], tag, index, index))
        print("const struct asset assets[] = {", *rows, "    {NULL, NULL, NULL, NULL, 0},", "};", sep="\n", file=file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
