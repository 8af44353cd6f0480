# SPDX-License-Identifier: BSD-2-Clause
"""The command, run once; what the test files share."""
import os
import subprocess
import sys

COMMAND = os.environ.get("MXCHECK")
if not COMMAND:
    print("MXCHECK names no command to test", file=sys.stderr)
    sys.exit(77)

USAGE, DATAERR, NOINPUT, IOERR = 64, 65, 66, 74


def run(*arguments, stdin=b"", locale="C.UTF-8", **more):
    """Run mxcheck with arguments; its output is bytes. Standard input is never a terminal."""
    environment = dict(os.environ, LC_ALL=locale)
    environment.pop("POSIXLY_CORRECT", None)
    environment.update(more.pop("environment", {}))
    if "stdout" not in more:
        more["stdout"] = subprocess.PIPE
    return subprocess.run([COMMAND, *arguments], input=stdin, stderr=subprocess.PIPE, env=environment, timeout=30,
                          check=False, **more)


def fields(line):
    """The four fields of a line of output."""
    return line.decode().rstrip("\n").split("\t")
