# SPDX-License-Identifier: BSD-2-Clause
"""Can mail to this domain be delivered at all? A binding of libmxcheck.

    with mxcheck.Context() as ctx:
        result = ctx.check_rcpt("bob@example.com")
        if result.verdict is not mxcheck.Verdict.ACCEPT:
            print(result.reply("4bXyZ"))

    async with mxcheck.AsyncContext() as ctx:
        result = await ctx.check_rcpt("bob@example.com")
"""
from __future__ import annotations

import asyncio
import ctypes
import enum
import json
import os
import weakref
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from ._library import CALLBACK, ID, LIBRARY, LOG

__all__ = ["AsyncContext", "Cache", "Config", "Context", "Dnssec", "Error", "LogLevel", "Mx", "Reason", "Result", "Role",
           "Verdict", "options", "reasons", "version"]

Text = str | bytes


class Verdict(enum.IntEnum):
    """What to do with the address."""
    ACCEPT = 1
    DEFER = 2
    REJECT = 3


class Role(enum.IntEnum):
    """Which command of the SMTP dialogue the address stands in."""
    SENDER = 1
    RCPT = 2


class Dnssec(enum.IntEnum):
    """What a validating resolver says; UNKNOWN also for a state that a later library adds."""
    UNKNOWN = 0
    SECURE = 1
    INSECURE = 2
    BOGUS = 3

    @classmethod
    def _missing_(cls, value: object) -> Dnssec:
        return cls.UNKNOWN


class LogLevel(enum.IntEnum):
    NONE = 0
    ERROR = 1
    WARNING = 2
    INFO = 3
    DEBUG = 4


class Reason(enum.IntEnum):
    """Why. UNKNOWN is one that a later library adds: Result.reason_number and Result.reason_name say which."""
    UNKNOWN = 0
    MX = 1
    IMPLICIT_A = 2
    IMPLICIT_AAAA = 3
    NULL_SENDER = 4
    POSTMASTER = 5
    ADDRESS_LITERAL = 6
    EXEMPT = 7
    DNS_FAILURE_ALLOWED = 8
    NO_SUCH_DOMAIN = 100
    NO_RECORDS = 101
    NULL_MX = 102
    MX_UNRESOLVABLE = 103
    MX_FORBIDDEN = 104
    BAD_ADDRESS = 105
    SPECIAL_USE = 106
    LITERAL_REFUSED = 107
    MX_REFUSED = 108
    NOTE_REFUSED = 109
    DNS_TIMEOUT = 200
    DNS_FAILURE = 201
    DNSSEC_BOGUS = 202
    OVERLOADED = 203

    @classmethod
    def _missing_(cls, value: object) -> Reason:
        return cls.UNKNOWN


class Error(Exception):
    """An error of the caller or of the machine; never a verdict. `status` is the word for it: "no-memory", "stopped"."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(text or _decode(LIBRARY.mxcheck_status_text(status)))
        self.number = status
        self.status = _decode(LIBRARY.mxcheck_status_name(status))


_DOMAIN, _CACHED = 1, 2
_NOT_CACHED = -7


def _decode(text: bytes | None) -> str:
    return "" if text is None else text.decode("utf-8", "replace")


def _encode(text: Text) -> bytes:
    """Octets as they are; a str in UTF-8, with the octets of surrogateescape as they were."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def _argument(text: Text) -> bytes:
    octets = _encode(text)
    if b"\0" in octets:
        raise ValueError("a NUL in a name or a value")
    return octets


def _check_status(status: int, text: str = "") -> None:
    if status != 0:
        raise Error(status, text)


def version() -> str:
    """Of the library that is loaded."""
    return _decode(LIBRARY.mxcheck_version())


def options() -> dict[str, tuple[str, str]]:
    """{name: (default, help)} of every option."""
    return {_decode(LIBRARY.mxcheck_option_name(i)):
            (_decode(LIBRARY.mxcheck_option_default(i)), _decode(LIBRARY.mxcheck_option_help(i)))
            for i in range(LIBRARY.mxcheck_option_count())}


def reasons() -> dict[str, tuple[int, Verdict]]:
    """{name: (number, verdict)} of every reason that the loaded library knows."""
    numbers = [LIBRARY.mxcheck_reason_at(i) for i in range(LIBRARY.mxcheck_reason_count())]
    return {_decode(LIBRARY.mxcheck_reason_name(number)): (number, Verdict(LIBRARY.mxcheck_reason_verdict(number)))
            for number in numbers}


class Cache:
    """What is known of domains, for any number of contexts and threads."""

    def __init__(self, max_bytes: int) -> None:
        pointer = ctypes.c_void_p()
        _check_status(LIBRARY.mxcheck_cache_new(max_bytes, ctypes.byref(pointer)))
        self._take(pointer)

    def _take(self, pointer: ctypes.c_void_p) -> None:
        self._pointer = pointer
        self._free = weakref.finalize(self, LIBRARY.mxcheck_cache_unref, pointer)

    @classmethod
    def shared(cls, max_bytes: int, path: str | os.PathLike[str] | None = None) -> Self:
        """For children that are forked later, or for all processes of this user that name the file."""
        pointer = ctypes.c_void_p()
        name = None if path is None else os.fsencode(path)
        status = LIBRARY.mxcheck_cache_new_shared(name, max_bytes, ctypes.byref(pointer))
        if status == -4:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)
        _check_status(status)
        cache = cls.__new__(cls)
        cache._take(pointer)
        return cache

    def flush(self, domain: Text | None = None) -> None:
        """Remove a domain, or everything."""
        LIBRARY.mxcheck_cache_flush(self._pointer, None if domain is None else _argument(domain))


LogFunction = Callable[[int, str, int], None]


class Config:
    """Options by name; underscores stand for hyphens: Config(depth="targets", cache_size="16M")."""

    def __init__(self, values: Mapping[str, object] | None = None, **more: object) -> None:
        pointer = ctypes.c_void_p()
        _check_status(LIBRARY.mxcheck_config_new(ctypes.byref(pointer)))
        self._take(pointer)
        for name, value in {**(values or {}), **{name.replace("_", "-"): value for name, value in more.items()}}.items():
            self[name] = str(value)

    def _take(self, pointer: ctypes.c_void_p) -> None:
        self._pointer = pointer
        self._kept: list[object] = []  # callbacks, which contexts use as well
        self._free = weakref.finalize(self, LIBRARY.mxcheck_config_free, pointer)

    def _check(self, status: int) -> None:
        _check_status(status, _decode(LIBRARY.mxcheck_config_error(self._pointer)) if status in (-3, -4) else "")

    def __setitem__(self, name: str, value: str) -> None:
        self._check(LIBRARY.mxcheck_config_set(self._pointer, _argument(name), _argument(value)))

    def __getitem__(self, name: str) -> str:
        value = LIBRARY.mxcheck_config_get(self._pointer, _argument(name))
        if value is None:
            raise KeyError(name)
        return _decode(value)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Read a file of `name = value` lines; after an error nothing has changed."""
        self._check(LIBRARY.mxcheck_config_load(self._pointer, os.fsencode(path)))

    def copy(self) -> Config:
        pointer = ctypes.c_void_p()
        _check_status(LIBRARY.mxcheck_config_copy(self._pointer, ctypes.byref(pointer)))
        config = Config.__new__(Config)
        config._take(pointer)
        config._kept = list(self._kept)
        return config

    def set_log(self, level: int, function: LogFunction | None) -> None:
        """function(level, line, id of the asynchronous check or 0), on the thread that checks."""

        def log(number: int, line: bytes, check: int, _: int | None) -> None:
            if function is not None:
                function(number, _decode(line), check)

        callback = LOG(log)
        self._kept.append(callback)
        _check_status(LIBRARY.mxcheck_config_set_log(self._pointer, level if function else 0, callback, None))

    def set_cache(self, cache: Cache | None) -> None:
        _check_status(LIBRARY.mxcheck_config_set_cache(self._pointer, cache._pointer if cache else None))


class Mx:
    """An MX record, with the addresses of its host that are known (depth = targets)."""

    def __init__(self, host: str, preference: int, addresses: list[str]) -> None:
        self.host, self.preference, self.addresses = host, preference, addresses

    def __repr__(self) -> str:
        return "Mx(%r, %d, %r)" % (self.host, self.preference, self.addresses)


class Result:
    """One finished check: immutable, for any thread, and valid as long as there is a reference to it."""

    def __init__(self, pointer: int) -> None:
        """Takes over a reference."""
        self._pointer = pointer
        self._free = weakref.finalize(self, LIBRARY.mxcheck_result_unref, pointer)

    @property
    def verdict(self) -> Verdict:
        return Verdict(LIBRARY.mxcheck_result_verdict(self._pointer))

    @property
    def reason(self) -> Reason:
        return Reason(self.reason_number)

    @property
    def reason_number(self) -> int:
        return int(LIBRARY.mxcheck_result_reason(self._pointer))

    @property
    def reason_name(self) -> str:
        return _decode(LIBRARY.mxcheck_reason_name(self.reason_number))

    @property
    def role(self) -> Role:
        return Role(LIBRARY.mxcheck_result_role(self._pointer))

    @property
    def address(self) -> bytes:
        """As given, octet by octet."""
        return ctypes.string_at(LIBRARY.mxcheck_result_address(self._pointer),
                                LIBRARY.mxcheck_result_address_length(self._pointer))

    @property
    def domain(self) -> str:
        """In lower-case A-labels; "" for none."""
        return _decode(LIBRARY.mxcheck_result_domain(self._pointer))

    @property
    def smtp_code(self) -> int:
        return int(LIBRARY.mxcheck_result_smtp_code(self._pointer))

    @property
    def enhanced_code(self) -> str:
        return _decode(LIBRARY.mxcheck_result_enhanced_code(self._pointer))

    @property
    def hint(self) -> str:
        return _decode(LIBRARY.mxcheck_result_hint(self._pointer))

    @property
    def mx(self) -> list[Mx]:
        """By preference."""
        return [Mx(_decode(LIBRARY.mxcheck_result_mx_host(self._pointer, i)),
                   int(LIBRARY.mxcheck_result_mx_preference(self._pointer, i)),
                   [_decode(LIBRARY.mxcheck_result_mx_address(self._pointer, i, j))
                    for j in range(LIBRARY.mxcheck_result_mx_address_count(self._pointer, i))])
                for i in range(LIBRARY.mxcheck_result_mx_count(self._pointer))]

    @property
    def notes(self) -> list[str]:
        return [_decode(LIBRARY.mxcheck_result_note(self._pointer, i))
                for i in range(LIBRARY.mxcheck_result_note_count(self._pointer))]

    @property
    def ttl(self) -> int:
        """Seconds for which this answer still holds."""
        return int(LIBRARY.mxcheck_result_ttl(self._pointer))

    @property
    def is_cached(self) -> bool:
        return bool(LIBRARY.mxcheck_result_is_cached(self._pointer))

    @property
    def is_stale(self) -> bool:
        return bool(LIBRARY.mxcheck_result_is_stale(self._pointer))

    @property
    def dnssec(self) -> Dnssec:
        return Dnssec(LIBRARY.mxcheck_result_dnssec(self._pointer))

    @property
    def elapsed(self) -> float:
        """Seconds that the check took."""
        return int(LIBRARY.mxcheck_result_elapsed_us(self._pointer)) / 1e6

    def _write(self, write: Any, id: Text | None) -> str:
        octets = None if id is None else _argument(id)
        size = 512
        while True:  # a text may be longer the second time, as numbers of seconds pass
            buffer = ctypes.create_string_buffer(size)
            length = write(self._pointer, octets, buffer, size)
            if length < size:
                return _decode(buffer.value)
            size = length + 1

    def reply(self, id: Text | None = None) -> str:
        """One SMTP reply line without CRLF."""
        return self._write(LIBRARY.mxcheck_result_reply, id)

    def explain(self, id: Text | None = None) -> str:
        """Lines for a person."""
        return self._write(LIBRARY.mxcheck_result_explain, id)

    def json(self, id: Text | None = None) -> dict[str, Any]:
        """All that the library knows, as it writes it in JSON."""
        found: dict[str, Any] = json.loads(self._write(LIBRARY.mxcheck_result_json, id))
        return found

    def __repr__(self) -> str:
        return "<mxcheck.Result %r: %s, %s>" % (self.address, self.verdict.name.lower(), self.reason_name)


class _Base:
    """What both kinds of contexts are."""

    def __init__(self, config: Config | None = None, **values: object) -> None:
        if values:
            config = Config() if config is None else config.copy()
            for name, value in values.items():
                config[name.replace("_", "-")] = str(value)
        self._kept = list(config._kept) if config else []
        self._prepare(config)
        pointer = ctypes.c_void_p()
        status = LIBRARY.mxcheck_ctx_new(config._pointer if config else None, ctypes.byref(pointer))
        if config is not None:
            config._check(status)
        _check_status(status)
        self._open: ctypes.c_void_p | None = pointer

    def _prepare(self, config: Config | None) -> None:
        """Before the context is made."""

    @property
    def _pointer(self) -> ctypes.c_void_p:
        if self._open is None:
            raise ValueError("the context is closed")
        return self._open

    def close(self) -> None:
        """No thread may be in a check: see stop()."""
        if self._open is not None:
            LIBRARY.mxcheck_ctx_free(self._open)
            self._open = None

    def __del__(self) -> None:
        if getattr(self, "_open", None) is not None:
            self.close()

    def stop(self) -> None:
        """End all blocking checks, under way and later, with Error "stopped". Any thread."""
        _check_status(LIBRARY.mxcheck_ctx_stop(self._pointer))

    def _ask(self, role: Role, octets: bytes, flags: int, timeout: float | None) -> Result:
        pointer = ctypes.c_void_p()
        _check_status(LIBRARY.mxcheck_check(self._pointer, role, octets, len(octets), flags, _milliseconds(timeout),
                                            ctypes.byref(pointer)))
        assert pointer.value is not None
        return Result(pointer.value)

    def stats(self) -> dict[str, int]:
        names: list[str] = []
        while (name := LIBRARY.mxcheck_stats_name(len(names))) is not None:
            names.append(_decode(name))
        numbers = (ctypes.c_uint64 * len(names))()
        _check_status(LIBRARY.mxcheck_ctx_stats(self._pointer, numbers, ctypes.sizeof(numbers)))
        return dict(zip(names, numbers))

    @property
    def cache(self) -> Cache | None:
        pointer = LIBRARY.mxcheck_ctx_cache(self._pointer)
        if pointer is None:
            return None
        cache = Cache.__new__(Cache)
        cache._take(ctypes.c_void_p(LIBRARY.mxcheck_cache_ref(pointer)))
        return cache


def _milliseconds(timeout: float | None) -> int:
    """The option `timeout` for None; at least one."""
    return 0 if timeout is None else max(1, min(int(timeout * 1000), 0xFFFFFFFF))


class Context(_Base):
    """A checker that waits. Any number of threads may use it; they wait without the interpreter lock."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def check_sender(self, address: Text, timeout: float | None = None) -> Result:
        """Of MAIL FROM; "" is the null reverse-path. `timeout` in seconds."""
        return self._ask(Role.SENDER, _encode(address), 0, timeout)

    def check_rcpt(self, address: Text, timeout: float | None = None) -> Result:
        """Of RCPT TO."""
        return self._ask(Role.RCPT, _encode(address), 0, timeout)

    def check_domain(self, domain: Text, role: Role = Role.RCPT, timeout: float | None = None) -> Result:
        return self._ask(role, _encode(domain), _DOMAIN, timeout)

    def check_cached(self, address: Text, role: Role = Role.RCPT) -> Result | None:
        """None where DNS would have to be asked."""
        try:
            return self._ask(role, _encode(address), _CACHED, None)
        except Error as error:
            if error.number == _NOT_CACHED:
                return None
            raise

    def check_rcpts(self, addresses: Iterable[Text]) -> list[Result]:
        """All recipients of a transaction, side by side, in their order."""
        octets = [_argument(address) for address in addresses]
        texts = (ctypes.c_char_p * len(octets))(*octets)
        results = (ctypes.c_void_p * len(octets))()
        _check_status(LIBRARY.mxcheck_check_rcpts(self._pointer, texts, len(octets), results))
        return [Result(pointer) for pointer in results if pointer is not None]


class AsyncContext(_Base):
    """A checker for asyncio: `await ctx.check_rcpt(address)`. For the event loop in which its first check starts."""

    def _prepare(self, config: Config | None) -> None:
        self._futures: dict[int, tuple[int, asyncio.Future[Result]]] = {}  # by key: id of the check, who waits
        self._last_key = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watched = -1
        futures = self._futures

        def on_result(check: int, pointer: int, key: int) -> None:
            _, future = futures.pop(key, (0, None))
            if future is not None and not future.done():
                future.set_result(Result(LIBRARY.mxcheck_result_ref(pointer)))

        self._callback = CALLBACK(on_result)
        self._kept.append(self._callback)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Checks under way are cancelled."""
        if self._loop is not None and self._watched >= 0 and not self._loop.is_closed():
            self._loop.remove_reader(self._watched)
        self._watched = -1
        super().close()
        for _, future in list(self._futures.values()):
            if not future.done() and not future.get_loop().is_closed():
                future.cancel()
        self._futures.clear()

    def _dispatch(self) -> None:
        if self._open is not None:
            LIBRARY.mxcheck_ctx_dispatch(self._open)

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not None and self._loop is not loop:
            raise RuntimeError("the context belongs to another event loop")
        if self._watched < 0:
            fd = LIBRARY.mxcheck_ctx_fd(self._pointer)
            if fd < 0:
                raise Error(-5)
            loop.add_reader(fd, self._dispatch)
            self._loop, self._watched = loop, fd

    async def _check(self, role: Role, text: Text, flags: int, timeout: float | None) -> Result:
        """What needs no DNS is told at once, without a turn of the event loop."""
        octets = _encode(text)
        try:
            return self._ask(role, octets, flags | _CACHED, None)
        except Error as error:
            if error.number != _NOT_CACHED or flags & _CACHED:
                raise
        return await self._wait(role, octets, flags, timeout)

    async def _wait(self, role: Role, octets: bytes, flags: int, timeout: float | None) -> Result:
        self._watch()
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._last_key += 1
        key = self._last_key
        check = ID()
        self._futures[key] = (0, future)
        status = LIBRARY.mxcheck_check_async(self._pointer, role, octets, len(octets), flags, _milliseconds(timeout),
                                             self._callback, key, ctypes.byref(check))
        if status != 0:
            del self._futures[key]
            raise Error(status)
        self._futures[key] = (check.value, future)
        try:
            return await future
        except asyncio.CancelledError:
            if self._futures.pop(key, None) is not None and self._open is not None:
                LIBRARY.mxcheck_cancel(self._open, check)
            raise

    async def check_sender(self, address: Text, timeout: float | None = None) -> Result:
        """Of MAIL FROM; "" is the null reverse-path. `timeout` in seconds."""
        return await self._check(Role.SENDER, address, 0, timeout)

    async def check_rcpt(self, address: Text, timeout: float | None = None) -> Result:
        """Of RCPT TO."""
        return await self._check(Role.RCPT, address, 0, timeout)

    async def check_domain(self, domain: Text, role: Role = Role.RCPT, timeout: float | None = None) -> Result:
        return await self._check(role, domain, _DOMAIN, timeout)

    async def check_cached(self, address: Text, role: Role = Role.RCPT) -> Result | None:
        """None where DNS would have to be asked."""
        try:
            return await self._check(role, address, _CACHED, None)
        except Error as error:
            if error.number == _NOT_CACHED:
                return None
            raise

    @property
    def pending(self) -> int:
        """Checks under way."""
        return int(LIBRARY.mxcheck_ctx_pending(self._pointer))
