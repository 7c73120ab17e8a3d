"""A faulty line to AWS: a proxy between a client and a local AWS endpoint that breaks what it is told to.

    with FaultProxy.in_thread(moto_url) as line:
        ecs = boto3.client("ecs", endpoint_url=line.url, ...)
        line.inject(deny(), service="ecs")         # ecs answers AccessDeniedException, the others well
        line.inject(latency(40))                   # every answer comes 40 ms later, at any number at once
        with line.fault(throttle(), service="monitoring", times=3): ...
        line.clear(); line.down(); line.up()
        line.count("ecs", "ListTasks"); line.calls

The faults are functions of `tests.kit.toxics`. Services are named as signatures name them (`monitoring`,
`states`); the botocore names of those two are taken too. All public methods but `start` and `stop` may be
called from any thread. It listens on 127.0.0.1 only.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from email.utils import formatdate, mktime_tz, parsedate_tz
from typing import Final
from urllib.parse import urlsplit

from tests.kit.aws_wire import Asked, read_asked
from tests.kit.http_wire import (
    HOP_BY_HOP,
    Answer,
    Connection,
    Request,
    answer_of,
    find_header,
    head_bytes,
    read_answer,
    read_request,
)
from tests.kit.toxics import Toxic

SIGNING_NAMES: Final = {"cloudwatch": "monitoring", "stepfunctions": "states"}
START_S: Final = 10.0
STEPS_PER_S: Final = 20
"""Pieces a second that a slow answer comes in, where it is not slower than that."""


@dataclass(frozen=True)
class Call:
    """One request that reached the line."""

    service: str
    operation: str
    region: str
    access_key: str
    at: float
    """`time.monotonic()` when it was read whole."""
    faults: tuple[str, ...]
    """Names of the faults it met."""


@dataclass
class _Rule:
    toxic: Toxic
    service: str | None
    operation: str | None
    left: int | None

    def meets(self, asked: Asked) -> bool:
        return self.service in (None, asked.service) and self.operation in (None, asked.operation)


@dataclass
class FaultProxy:
    """The line. `start` and `stop` on a running loop, or `in_thread` for tests that have none."""

    upstream: str
    """URL of the local AWS, `http://127.0.0.1:PORT`."""
    _rules: list[_Rule] = field(default_factory=list)
    _calls: list[Call] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _idle: list[Connection] = field(default_factory=list)
    _handlers: set[asyncio.Task[None]] = field(default_factory=set)
    _listening: socket.socket | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _port: int = 0

    @classmethod
    @contextlib.contextmanager
    def in_thread(cls, upstream: str) -> Iterator[FaultProxy]:
        """A line on a loop and thread of its own, for as long as the block lasts."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="fault-proxy", daemon=True)
        thread.start()
        line = cls(upstream)
        try:
            asyncio.run_coroutine_threadsafe(line.start(), loop).result(START_S)
            yield line
        finally:
            asyncio.run_coroutine_threadsafe(line.stop(), loop).result(START_S)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(START_S)
            loop.close()

    @property
    def url(self) -> str:
        """Where clients connect; the same after `down` and `up`."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every request so far, oldest first."""
        with self._lock:
            return tuple(self._calls)

    def count(self, service: str | None = None, operation: str | None = None) -> int:
        """How many requests so far, of a service and an operation where they are named."""
        wanted = _Rule(Toxic(""), _signing_name(service), operation, None)
        return sum(wanted.meets(Asked(c.service, c.operation, c.region, c.access_key)) for c in self.calls)

    def forget_calls(self) -> None:
        """Counting starts again from nothing."""
        with self._lock:
            self._calls.clear()

    def inject(
        self, toxic: Toxic, service: str | None = None, operation: str | None = None, times: int | None = None
    ) -> None:
        """Break the line so, for one service and operation or all, for the next `times` calls or for good."""
        self._add(_Rule(toxic, _signing_name(service), operation, times))

    def clear(self, service: str | None = None) -> None:
        """End the faults that were injected for this service; without a name, all there are."""
        name = _signing_name(service)
        with self._lock:
            self._rules = [rule for rule in self._rules if name not in (None, rule.service)]

    @contextlib.contextmanager
    def fault(
        self, toxic: Toxic, service: str | None = None, operation: str | None = None, times: int | None = None
    ) -> Iterator[None]:
        """As `inject`, for as long as the block lasts."""
        rule = _Rule(toxic, _signing_name(service), operation, times)
        self._add(rule)
        try:
            yield
        finally:
            with self._lock:
                self._rules = [kept for kept in self._rules if kept is not rule]

    def down(self) -> None:
        """Close the listener and every connection: clients are refused from now on."""
        self._on_loop(self._close)

    def up(self) -> None:
        """Listen again, on the same port."""
        self._on_loop(self._listen)

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._listen()

    async def stop(self) -> None:
        """Close everything and wait for the connections to end."""
        self._close()
        for task in list(self._handlers):
            task.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    def _add(self, rule: _Rule) -> None:
        with self._lock:
            self._rules.append(rule)

    def _on_loop(self, act: Callable[[], None]) -> None:
        assert self._loop is not None, "the line has not been started"
        try:
            on_it = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            on_it = False
        if on_it:
            act()
            return
        done: Future[None] = Future()

        def run() -> None:
            act()
            done.set_result(None)

        self._loop.call_soon_threadsafe(run)
        done.result(START_S)

    def _listen(self) -> None:
        if self._listening is not None:
            return
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self._port))
        listening.listen(256)
        listening.setblocking(False)
        self._port = listening.getsockname()[1]
        self._listening = listening
        assert self._loop is not None
        self._loop.add_reader(listening, self._accept)

    def _close(self) -> None:
        if self._listening is not None:
            assert self._loop is not None
            self._loop.remove_reader(self._listening)
            self._listening.close()
            self._listening = None
        for writer in [*self._open, *(connection.writer for connection in self._idle)]:
            writer.transport.abort()
        self._idle.clear()

    def _accept(self) -> None:
        while self._listening is not None:
            try:
                accepted, _ = self._listening.accept()
            except OSError:
                return
            accepted.setblocking(False)
            # asyncio leaves it off for accepted sockets; a body would wait 40 ms for the head's receipt
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = asyncio.ensure_future(self._serve(accepted))
            self._handlers.add(task)
            task.add_done_callback(self._handlers.discard)

    async def _serve(self, accepted: socket.socket) -> None:
        """Requests of one client connection, one after another, until either side ends it."""
        client = Connection(*await asyncio.open_connection(sock=accepted))
        self._open.add(client.writer)
        try:
            while (request := await read_request(client)) is not None and await self._pass(request, client):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client has gone, or `down` has thrown it out
        finally:
            self._open.discard(client.writer)
            client.writer.close()

    async def _pass(self, request: Request, client: Connection) -> bool:
        """One request through the faults it meets. False where the connection is not to be used again."""
        asked = read_asked(request)
        toxics = self._met(asked, request.body or b"")
        await asyncio.sleep(sum(toxic.delay_s + random.random() * toxic.jitter_s for toxic in toxics))
        if any(toxic.silent for toxic in toxics):
            await client.reader.read()
            return False
        if any(toxic.resets for toxic in toxics):
            if any(toxic.forwards for toxic in toxics):
                async with self._asked_upstream(request) as answer:
                    await _read_whole(answer)
            _reset(client)
            return False
        made = next((toxic.answer for toxic in toxics if toxic.answer is not None), None)
        if made is not None:
            return await _send(made(request, asked), toxics, client, request.method)
        async with self._asked_upstream(request) as answer:
            return await _send(answer, toxics, client, request.method)

    def _met(self, asked: Asked, body: bytes) -> list[Toxic]:
        """The faults this request meets, each counted down; the call is recorded."""
        with self._lock:
            rules = [rule for rule in self._rules if rule.left != 0 and rule.meets(asked)]
            rules = [rule for rule in rules if rule.toxic.about in body]
            for rule in rules:
                rule.left = None if rule.left is None else rule.left - 1
            toxics = [rule.toxic for rule in rules]
            names = tuple(toxic.name for toxic in toxics)
            self._calls.append(
                Call(asked.service, asked.operation, asked.region, asked.access_key, time.monotonic(), names)
            )
        return toxics

    @contextlib.asynccontextmanager
    async def _asked_upstream(self, request: Request) -> AsyncIterator[Answer]:
        """The local AWS's answer. A kept connection that has ended meanwhile is replaced once."""
        server, answer = await self._first_answer(request)
        try:
            yield answer
        except BaseException:
            server.writer.transport.abort()
            raise
        if answer.reusable and not server.reader.at_eof():
            server.fresh = False
            self._idle.append(server)
        else:
            server.writer.transport.abort()

    async def _first_answer(self, request: Request) -> tuple[Connection, Answer]:
        while True:
            server = self._idle.pop() if self._idle else await self._connected()
            try:
                server.writer.write(request.to_bytes())
                return server, await read_answer(server, request.method)
            except BaseException as error:
                server.writer.transport.abort()
                if server.fresh or not isinstance(error, OSError):
                    raise

    async def _connected(self) -> Connection:
        where = urlsplit(self.upstream)
        return Connection(*await asyncio.open_connection(where.hostname, where.port))


async def _send(answer: Answer, toxics: list[Toxic], client: Connection, method: str) -> bool:
    """The answer, bent as the faults say. True where it was sent whole on a connection that stays."""
    keep = next((toxic for toxic in toxics if toxic.keep is not None), None)
    if keep is not None and keep.honest:
        body = await _read_whole(answer)
        answer = answer_of(answer.status, answer.reason, answer.headers, body[: _part(len(body), keep)])
    room = _part(answer.length or 0, keep) if keep is not None and not keep.honest else None
    stays = answer.length is not None
    kept = [pair for pair in answer.headers if pair[0].lower() not in HOP_BY_HOP]
    kept = _dated(kept, sum(toxic.skew_s for toxic in toxics))
    kept += [("Content-Length", str(answer.length))] if stays else [("Connection", "close")]
    client.writer.write(head_bytes(f"HTTP/1.1 {answer.status} {answer.reason}", kept))
    rate = min((toxic.bytes_per_s for toxic in toxics if toxic.bytes_per_s is not None), default=None)
    async for piece in answer.pieces:
        shown = piece if room is None else piece[:room]
        await _write(client, shown, rate)
        if room is not None and (room := room - len(shown)) <= 0:
            return False
    await client.writer.drain()
    return stays


async def _write(client: Connection, piece: bytes, bytes_per_s: float | None) -> None:
    if bytes_per_s is None:
        client.writer.write(piece)
        return
    step = max(1, int(bytes_per_s / STEPS_PER_S))
    for start in range(0, len(piece), step):
        client.writer.write(piece[start : start + step])
        await client.writer.drain()
        await asyncio.sleep(step / bytes_per_s)


async def _read_whole(answer: Answer) -> bytes:
    return b"".join([piece async for piece in answer.pieces])


def _part(length: int, toxic: Toxic) -> int:
    """How many bytes of so many arrive: never all of them."""
    return min(int(length * (toxic.keep or 0.0)), max(0, length - 1))


def _dated(headers: list[tuple[str, str]], skew_s: float) -> list[tuple[str, str]]:
    """The headers with a Date, off by so many seconds."""
    said = parsedate_tz(find_header(headers, "date"))
    at = mktime_tz(said) if said is not None else time.time()
    others = [pair for pair in headers if pair[0].lower() != "date"]
    return [*others, ("Date", formatdate(at + skew_s, usegmt=True))]


def _reset(client: Connection) -> None:
    """End the connection with a TCP reset instead of an orderly close."""
    client.writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    client.writer.transport.abort()


def _signing_name(service: str | None) -> str | None:
    return None if service is None else SIGNING_NAMES.get(service, service)
