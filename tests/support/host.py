# SPDX-License-Identifier: BSD-2-Clause
"""tests/integration/host.c, driven: one context in a process with every signal as it is by default."""
import contextlib
import os
import subprocess


@contextlib.contextmanager
def host(kind, upstreams, environment=None, options=("cache-size=0",)):
    """Gives a function from an address to its reason and how many descriptors are open; None is the end of input."""
    process = subprocess.Popen([os.environ["HOST"], kind, upstreams, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               env=environment, restore_signals=True)

    def check(address):
        if address is None:
            process.stdin.close()
        else:
            process.stdin.write(address.encode() + b"\n")
            process.stdin.flush()
        word, _, count = process.stdout.readline().decode().partition(" ")
        return word, int(count or -1)

    try:
        yield check
        if not process.stdin.closed:
            process.stdin.close()
        status = process.wait(20)
        if status != 0:
            raise AssertionError("the host ended with %d" % status)
    finally:
        process.kill()
        process.wait(20)
        process.stdout.close()
