#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Check a list of addresses, one a line, a hundred at a time, with progress on standard error.

usage: progress.py FILE [NAME=VALUE ...]
It ends with 1 where one is rejected, 2 where one could not be decided."""
import asyncio
import sys

import mxcheck

AT_ONCE = 100


async def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 64
    with open(sys.argv[1], encoding="utf-8", errors="surrogateescape") as file:
        addresses = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    config = mxcheck.Config(dict(argument.split("=", 1) for argument in sys.argv[2:]))
    places = asyncio.Semaphore(AT_ONCE)
    done = 0

    async def check(ctx: mxcheck.AsyncContext, address: str) -> mxcheck.Result:
        nonlocal done
        async with places:
            result = await ctx.check_rcpt(address)
        done += 1
        print("\r%d of %d" % (done, len(addresses)), end="", file=sys.stderr, flush=True)
        return result

    async with mxcheck.AsyncContext(config) as ctx:
        results = await asyncio.gather(*(check(ctx, address) for address in addresses))
    print(file=sys.stderr)
    for result in results:
        print("%s\t%s\t%s" % (result.address.decode("utf-8", "replace"), result.verdict.name.lower(), result.reason_name))
    verdicts = {result.verdict for result in results}
    return 1 if mxcheck.Verdict.REJECT in verdicts else 2 if mxcheck.Verdict.DEFER in verdicts else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
