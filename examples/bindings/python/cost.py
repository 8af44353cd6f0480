# SPDX-License-Identifier: BSD-2-Clause
"""cost.py UPSTREAM COUNT: prints "hit_ns=… cold_us=…", the CPU of a blocking check of a domain that is known, or not."""
import sys
import time

import mxcheck

HITS_EACH = 20


def expect_accepted(ctx: mxcheck.Context, address: str) -> None:
    if ctx.check_rcpt(address).verdict is not mxcheck.Verdict.ACCEPT:
        sys.exit(address + " is not accepted")


def main() -> None:
    count = int(sys.argv[2])
    with mxcheck.Context(upstreams=sys.argv[1]) as ctx:
        expect_accepted(ctx, "u@warm.example")
        started = time.process_time_ns()
        for i in range(count):
            expect_accepted(ctx, f"u@d{i}.example")
        cold = time.process_time_ns() - started
        started = time.process_time_ns()
        for _ in range(count * HITS_EACH):
            expect_accepted(ctx, "u@warm.example")
        hit = time.process_time_ns() - started
    print(f"hit_ns={hit / (count * HITS_EACH):.0f} cold_us={cold / 1e3 / count:.1f}")


if __name__ == "__main__":
    main()
