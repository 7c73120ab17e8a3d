"""A CloudWatch Logs on loopback that a test scripts: late events, empty pages, broken answers, live tails that break."""

from __future__ import annotations

import asyncio
import bisect
import json
import random
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

GROUP = "/ecs/tradai/prod/services"


@dataclass(frozen=True, order=True)
class Written:
    """One event: when it happened, a number that tells it from others, when it arrived, and what it says."""

    time_ms: int
    number: int
    arrives_ms: int
    stream: str = "backend-api/backend-api/1"
    message: str = ""
    group: str = GROUP

    @property
    def raw(self) -> dict[str, Any]:
        """As `logs:FilterLogEvents` gives it."""
        return {
            "eventId": f"{self.number:056d}",
            "logStreamName": self.stream,
            "timestamp": self.time_ms,
            "ingestionTime": self.arrives_ms,
            "message": self.message or f"line {self.number}",
        }


@dataclass
class Asked:
    """One request that came in: when, by the test's clock, what, and with which parameters."""

    at_ms: int
    operation: str
    given: dict[str, Any]


@dataclass
class _Group:
    shown: list[tuple[int, int]] = field(default_factory=list)
    text: dict[tuple[int, int], str] = field(default_factory=dict)
    stream: dict[tuple[int, int], str] = field(default_factory=dict)


class Cloud:
    """The logs, and the HTTP server in front of them. Time is `now_ms`'s."""

    def __init__(self, now_ms: Callable[[], int], *, seed: int = 7, page: int = 10_000) -> None:
        self.now_ms = now_ms
        self.rng = random.Random(seed)
        self.page = page
        self.empty = 0.0
        """The part of the pages that are empty with more to follow."""
        self.cuts = 0
        """So many answers are still to be cut off in the middle."""
        self.cut_every = 4
        """Until then every so-many-th answer."""
        self.refusal: Callable[[Asked], str | None] = lambda _: None
        """An error code to answer with instead."""
        self.asked: list[Asked] = []
        self.sessions = 0
        self.session_updates: Callable[[], int] = lambda: 1 << 30
        """After so many updates a live tail breaks."""
        self.sampled: Callable[[], bool] = lambda: False
        """Whether a live tail leaves out every second event of an update."""
        self._coming: list[Written] = []
        self._groups: dict[str, _Group] = {GROUP: _Group()}
        self._arrived: list[Written] = []
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    def write(self, events: list[Written]) -> None:
        """These arrive when their time has come."""
        self._coming = sorted([*self._coming, *events], key=lambda one: -one.arrives_ms)
        for one in events:
            self._groups.setdefault(one.group, _Group())

    def made(self, operation: str) -> list[Asked]:
        """The requests of this operation."""
        return [one for one in self.asked if one.operation == operation]

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        asked = Asked(self.now_ms(), operation, json.loads(body or b"{}"))
        self.asked.append(asked)
        code = self.refusal(asked)
        if code is None and operation == "StartLiveTail":
            await self._live(writer, asked)
            return False
        if code is None and self._unknown(asked):
            code = "ResourceNotFoundException"
        status, answer = (
            (400, json.dumps({"__type": code, "message": "no"})) if code else (200, self._answer(asked))
        )
        return await self._send(writer, status, answer.encode())

    async def _send(self, writer: asyncio.StreamWriter, status: int, body: bytes) -> bool:
        writer.write(
            f"HTTP/1.1 {status} x\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        )
        cut = self.cuts > 0 and len(self.asked) % self.cut_every == 0
        if cut:
            self.cuts -= 1
            body = body[: len(body) // 2]
        writer.write(body)
        await writer.drain()
        return not cut

    def _unknown(self, asked: Asked) -> bool:
        group = asked.given.get("logGroupName")
        return group is not None and group not in self._groups

    def _answer(self, asked: Asked) -> str:
        if asked.operation == "DescribeLogGroups":
            prefix = asked.given.get("logGroupNamePrefix", "")
            found = [name for name in self._groups if name.startswith(prefix)]
            return json.dumps(
                {"logGroups": [{"logGroupName": name, "arn": _arn(name) + ":*"} for name in found]}
            )
        return self._page(asked.given)

    def _page(self, given: dict[str, Any]) -> str:
        self.arrive()
        group = self._groups[given["logGroupName"]]
        start = given.get("startTime", 0), -1
        salt = 0
        if "nextToken" in given:
            time_ms, number, salt = map(int, given["nextToken"].split("/"))
            start = time_ms, number
        if self.rng.random() < self.empty:
            return json.dumps({"events": [], "nextToken": f"{start[0]}/{start[1]}/{salt + 1}"})
        end = given.get("endTime", 1 << 62)
        prefix, streams = given.get("logStreamNamePrefix", ""), given.get("logStreamNames")
        terms = [part for part in given.get("filterPattern", "").split('"') if part.strip()]
        found: list[str] = []
        token = ""
        for place in range(bisect.bisect_right(group.shown, start), len(group.shown)):
            key = group.shown[place]
            if key[0] > end:
                break
            stream = group.stream[key]
            if not stream.startswith(prefix) or (streams and stream not in streams):
                continue
            text = group.text[key]
            if terms and not all(term in text for term in terms):
                continue
            if len(found) == self.page:
                last = group.shown[place - 1]
                token = f', "nextToken": "{last[0]}/{last[1]}/0"'
                break
            found.append(text)
        return f'{{"events": [{",".join(found)}]{token}}}'

    def arrive(self) -> None:
        """Whatever is due is there."""
        now = self.now_ms()
        while self._coming and self._coming[-1].arrives_ms <= now:
            one = self._coming.pop()
            group = self._groups[one.group]
            key = (one.time_ms, one.number)
            bisect.insort(group.shown, key)
            group.text[key] = json.dumps(one.raw)
            group.stream[key] = one.stream
            self._arrived.append(one)

    async def _live(self, writer: asyncio.StreamWriter, asked: Asked) -> None:
        self.sessions += 1
        left = self.session_updates()
        groups = {name.rpartition(":log-group:")[2] for name in asked.given["logGroupIdentifiers"]}
        writer.write(
            b"HTTP/1.1 200 x\r\nContent-Type: application/vnd.amazon.eventstream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        self.arrive()
        place = len(self._arrived)
        for kind, payload in (("initial-response", {}), ("sessionStart", {"sessionId": "s"})):
            _chunk(writer, _frame(kind, payload))
        while left > 0:
            left -= 1
            self.arrive()
            news = [one for one in self._arrived[place:] if one.group in groups]
            place = len(self._arrived)
            sampled = self.sampled()
            results = [_live_raw(one) for one in (news[::2] if sampled else news)]
            update = {"sessionMetadata": {"sampled": sampled}, "sessionResults": results}
            frame = _frame("sessionUpdate", update)
            if left == 0:
                frame = frame[: self.rng.randrange(len(frame))]
            _chunk(writer, frame)
            await writer.drain()
            await asyncio.sleep(0.01)
        writer.transport.abort()


def _arn(group: str) -> str:
    return f"arn:aws:logs:eu-central-1:123456789012:log-group:{group}"


def _live_raw(one: Written) -> dict[str, Any]:
    raw = one.raw
    del raw["eventId"]
    return raw | {"logGroupIdentifier": f"123456789012:{one.group}"}


def _chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def _frame(kind: str, payload: dict[str, Any]) -> bytes:
    """One message of the event stream encoding."""
    named = ((":event-type", kind), (":content-type", "application/json"), (":message-type", "event"))
    headers = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in named
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", len(headers) + len(body) + 16, len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return message + struct.pack(">I", zlib.crc32(message))
