# SPDX-License-Identifier: BSD-2-Clause
"""The binding over a real name server, and over a test zone; with a collector that runs all the time."""
import asyncio
import gc
import json
import os
import pathlib
import re
import tempfile
import threading
import unittest

import mxcheck
from mxcheck import Dnssec, Reason, Role, Verdict
from mxcheck._library import SHAPES

UPSTREAM = os.environ["MXCHECK_TEST_UPSTREAM"]
HEADER = pathlib.Path(os.environ["MXCHECK_HEADER"])
KIT = pathlib.Path(os.environ["MXCHECK_CONFORMANCE"])
GOOD, ABSENT, SILENT = "u@ok-mx.mx.example", "u@nxdomain.mx.example", "u@to-all.f.mx.example"


def context(**values: object) -> mxcheck.Context:
    return mxcheck.Context(upstreams=UPSTREAM, **values)


def asynchronous(**values: object) -> mxcheck.AsyncContext:
    return mxcheck.AsyncContext(upstreams=UPSTREAM, **values)


class Header(unittest.TestCase):
    def test_every_function_of_the_header_is_there(self) -> None:
        code = re.sub(r"/\*.*?\*/|^#.*?$", "", HEADER.read_text(encoding="utf-8"), flags=re.S | re.M)
        self.assertEqual(set(SHAPES), set(re.findall(r"MXCHECK_API[^;(]*?mxcheck_(\w+)\(", code)))

    def test_every_reason_of_the_header_is_there(self) -> None:
        numbers = dict(re.findall(r"MXCHECK_REASON_(\w+) = (\d+)", HEADER.read_text(encoding="utf-8")))
        self.assertEqual({reason.name: reason.value for reason in Reason if reason is not Reason.UNKNOWN},
                         {name: int(number) for name, number in numbers.items()})
        self.assertEqual({number for number, _ in mxcheck.reasons().values()}, set(map(int, numbers.values())))

    def test_what_a_later_library_adds_is_unknown(self) -> None:
        self.assertIs(Reason(9999), Reason.UNKNOWN)
        self.assertIs(Dnssec(9999), Dnssec.UNKNOWN)


class Conformance(unittest.TestCase):
    def test_every_case_comes_to_what_the_kit_says(self) -> None:
        base = mxcheck.Config(test_zone=str(KIT / "kit.zone"))
        base.load(str(KIT / "kit.conf"))
        contexts: dict[str, mxcheck.Context] = {}
        lines = (KIT / "cases.jsonl").read_text(encoding="utf-8").splitlines()
        for case in map(json.loads, lines[1:]):
            if case["options"] not in contexts:
                name, _, value = case["options"].partition("=")
                contexts[case["options"]] = mxcheck.Context(base, **({name: value} if name else {}))
            ctx = contexts[case["options"]]
            address = bytes.fromhex(case["address_hex"]) if "address_hex" in case else case["address"]
            result = ctx.check_sender(address) if case["role"] == "sender" else ctx.check_rcpt(address)
            with self.subTest(case["id"], role=case["role"], options=case["options"]):
                self.assertEqual({"verdict": result.verdict.name.lower(), "reason": result.reason_name, "smtp_code": result.smtp_code,
                                  "enhanced_code": result.enhanced_code, "reply": result.reply("ID")},
                                 {key: case[key] for key in ("verdict", "reason", "smtp_code", "enhanced_code", "reply")})
        for ctx in contexts.values():
            ctx.close()


class Blocking(unittest.TestCase):
    def test_a_result_tells_all(self) -> None:
        with context(depth="targets", forbidden_networks="none") as ctx:
            result = ctx.check_rcpt(GOOD)
            self.assertEqual((result.verdict, result.reason, result.role), (Verdict.ACCEPT, Reason.MX, Role.RCPT))
            self.assertEqual((result.address, result.domain), (GOOD.encode(), "ok-mx.mx.example"))
            self.assertEqual((result.smtp_code, result.enhanced_code), (250, "2.1.5"))
            self.assertTrue(result.mx and result.mx[0].addresses)
            self.assertGreater(result.ttl, 0)
            self.assertGreater(result.elapsed, 0)
            self.assertEqual(result.json("ID")["reply"], "250 2.1.5 ID recipient ok")
            self.assertIn("Reply: 250 2.1.5 ID recipient ok", result.explain("ID"))
            self.assertEqual((result.is_cached, result.is_stale, result.dnssec), (False, False, Dnssec.UNKNOWN))
            self.assertTrue(ctx.check_rcpt(GOOD).is_cached)
            self.assertEqual(ctx.stats()["hits"], 1)
        self.assertEqual(result.reply(), "250 2.1.5 recipient ok")  # outlives its context

    def test_a_nul_or_any_octet_is_no_end(self) -> None:
        with context() as ctx:
            for address in (GOOD + "\0.evil", b"\xff\0@" + GOOD.encode(), "\0"):
                result = ctx.check_rcpt(address)
                self.assertIs(result.reason, Reason.BAD_ADDRESS)
                self.assertEqual(result.address, address if isinstance(address, bytes) else address.encode())
            self.assertEqual(ctx.check_rcpt("b\udcff@x.invalid").address, b"b\xff@x.invalid")

    def test_domains_senders_and_lists(self) -> None:
        with context() as ctx:
            self.assertIs(ctx.check_domain("nxdomain.mx.example").reason, Reason.NO_SUCH_DOMAIN)
            self.assertIs(ctx.check_sender("").reason, Reason.NULL_SENDER)
            self.assertEqual([result.verdict for result in ctx.check_rcpts([GOOD, ABSENT])], [Verdict.ACCEPT, Verdict.REJECT])
            self.assertEqual(ctx.check_rcpts([]), [])
            self.assertIsNone(ctx.check_cached("u@null-mx.mx.example"))
            self.assertIsNotNone(ctx.check_cached(GOOD))

    def test_errors_are_no_verdicts(self) -> None:
        with self.assertRaisesRegex(mxcheck.Error, "timeout"):
            mxcheck.Context(timeout="soon")
        with self.assertRaisesRegex(mxcheck.Error, "contradicts"):
            context(resolution="recursive")
        with self.assertRaises(KeyError):
            mxcheck.Config()["nothing"]
        ctx = context()
        ctx.close()
        ctx.close()
        with self.assertRaises(ValueError):
            ctx.check_rcpt(GOOD)

    def test_threads_wait_side_by_side_and_are_stopped(self) -> None:
        statuses = []

        def check(ctx: mxcheck.Context) -> None:
            try:
                ctx.check_rcpt(SILENT)
            except mxcheck.Error as error:
                statuses.append(error.status)

        with context(timeout="600s") as ctx:
            threads = [threading.Thread(target=check, args=(ctx,)) for _ in range(4)]
            for thread in threads:
                thread.start()
            self.assertIs(ctx.check_rcpt(GOOD).verdict, Verdict.ACCEPT)  # the others hold no lock
            ctx.stop()
            for thread in threads:
                thread.join()
        self.assertEqual(statuses, ["stopped"] * 4)

    def test_a_deadline_of_its_own(self) -> None:
        with context(timeout="600s") as ctx:
            self.assertIs(ctx.check_rcpt(SILENT, timeout=0.05).reason, Reason.DNS_TIMEOUT)

    def test_configurations_caches_and_logs(self) -> None:
        lines: list[tuple[int, str, int]] = []
        cache = mxcheck.Cache(1 << 20)
        config = mxcheck.Config(upstreams=UPSTREAM)
        config.set_cache(cache)
        config.set_log(mxcheck.LogLevel.INFO, lambda *line: lines.append(line))
        copy = config.copy()
        with mxcheck.Context(copy) as one, mxcheck.Context(config, null_mx="accept") as other:
            one.check_rcpt("u@null-mx.mx.example")
            self.assertTrue(other.check_rcpt("u@null-mx.mx.example").is_cached)
            cache.flush()
            self.assertFalse(one.check_rcpt("u@null-mx.mx.example").is_cached)
            found = one.cache
            assert found is not None
            found.flush("null-mx.mx.example")
        self.assertTrue(any("null-mx" in line and check == 0 for _, line, check in lines), lines)
        self.assertIn("timeout", mxcheck.options())
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "cache")
            mxcheck.Cache.shared(1 << 20, path).flush()
            os.chmod(path, 0o644)
            with self.assertRaises(OSError):
                mxcheck.Cache.shared(1 << 20, path)
            pathlib.Path(folder, "conf").write_text("timeout = 3s\n", encoding="utf-8")
            config.load(os.path.join(folder, "conf"))
            self.assertEqual(config["timeout"], "3s")


class Asynchronous(unittest.IsolatedAsyncioTestCase):
    async def test_many_at_once(self) -> None:
        async with asynchronous() as ctx:
            results = await asyncio.gather(*(ctx.check_rcpt(address) for address in [GOOD, ABSENT] * 200))
            self.assertEqual([result.verdict for result in results], [Verdict.ACCEPT, Verdict.REJECT] * 200)
            self.assertIs((await ctx.check_domain("localhost")).reason, Reason.SPECIAL_USE)
            self.assertIs((await ctx.check_sender("")).reason, Reason.NULL_SENDER)
            self.assertIsNotNone(await ctx.check_cached(GOOD))
            self.assertIsNone(await ctx.check_cached("u@null-mx.mx.example"))
            self.assertEqual(ctx.pending, 0)

    async def test_cancelling_a_task_cancels_its_check(self) -> None:
        async with asynchronous(timeout="600s") as ctx:
            task = asyncio.create_task(ctx.check_rcpt(SILENT))
            while ctx.pending == 0:
                await asyncio.sleep(0)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertEqual(ctx.pending, 0)
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(ctx.check_rcpt(SILENT), 0.05)
            self.assertEqual(ctx.pending, 0)
            self.assertIs((await ctx.check_rcpt(SILENT, timeout=0.05)).reason, Reason.DNS_TIMEOUT)

    async def test_closing_cancels_who_waits(self) -> None:
        ctx = asynchronous(timeout="600s")
        tasks = [asyncio.create_task(ctx.check_rcpt(SILENT)) for _ in range(3)]
        await asyncio.sleep(0)
        ctx.close()
        for found in await asyncio.gather(*tasks, return_exceptions=True):
            self.assertIsInstance(found, asyncio.CancelledError)

    async def test_a_collector_that_runs_all_the_time_frees_nothing_in_use(self) -> None:
        async with asynchronous() as ctx:
            gc.set_threshold(1)
            try:
                for _ in range(20):
                    results = await asyncio.gather(*(ctx.check_rcpt(address) for address in [GOOD, ABSENT]))
                    self.assertEqual([result.domain for result in results], ["ok-mx.mx.example", "nxdomain.mx.example"])
            finally:
                gc.set_threshold(700, 10, 10)


if __name__ == "__main__":
    unittest.main()
