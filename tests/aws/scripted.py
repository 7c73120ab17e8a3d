"""A raw HTTP server that answers as a test says: well, wrongly, slowly, or not at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qs

Way = Literal["whole", "silent", "drip", "reset", "cut", "endless", "late"]


@dataclass(frozen=True)
class Request:
    """What came in."""

    operation: str
    body: bytes
    headers: dict[str, str]

    @property
    def key_id(self) -> str:
        """The access key that signed it."""
        return self.headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]


@dataclass(frozen=True)
class Answer:
    """What goes out, and how."""

    body: bytes = b"{}"
    status: int = 200
    kind: str = "application/x-amz-json-1.1"
    headers: dict[str, str] = field(default_factory=dict)
    way: Way = "whole"


def said(value: dict[str, Any], status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(json.dumps(value).encode(), status)


CALLER = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::111122223333:user/night</Arn><UserId>U</UserId><Account>111122223333</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""


def caller() -> Answer:
    """STS knows who is asking."""
    return Answer(CALLER, kind="text/xml")


def refused_xml(code: str, status: int = 403, message: str = "no") -> Answer:
    """An error of a service that speaks XML."""
    body = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    return Answer(body.encode(), status, "text/xml")


def refused(code: str, status: int = 400, message: str = "no") -> Answer:
    """An error of a service that speaks JSON."""
    return said({"__type": f"com.amazonaws#{code}", "message": message}, status)


class ScriptedServer:
    """Listens on loopback while the block lasts; `requests` is all that arrived."""

    def __init__(self, script: Callable[[Request], Answer]) -> None:
        self.script = script
        self.requests: list[Request] = []
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def asked(self, operation: str) -> int:
        """How often this operation arrived."""
        return sum(request.operation == operation for request in self.requests)

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
        self.connections += 1
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.connections -= 1
            self._tasks.discard(task)
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        request = Request(_operation(head[0], headers, body), body, headers)
        self.requests.append(request)
        answer = self.script(request)
        if answer.way == "silent":
            await reader.read()
            return False
        if answer.way == "reset":
            writer.transport.abort()
            return False
        if answer.way == "late":
            await asyncio.sleep(0.8)
        date = format_datetime(datetime.now(UTC), usegmt=True)
        fields = {
            "Date": date,
            "Content-Type": answer.kind,
            "Content-Length": str(len(answer.body)),
        } | answer.headers
        if answer.way == "endless":
            del fields["Content-Length"]
        lines = [
            f"HTTP/1.1 {answer.status} x",
            *(f"{name}: {value}" for name, value in fields.items()),
            "",
            "",
        ]
        writer.write("\r\n".join(lines).encode("latin-1"))
        await self._send(writer, answer)
        return answer.way == "whole"

    async def _send(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        if answer.way == "cut":
            writer.write(answer.body[: len(answer.body) // 2])
        elif answer.way == "drip":
            for number in range(len(answer.body)):
                writer.write(answer.body[number : number + 1])
                await writer.drain()
                await asyncio.sleep(0.05)
        elif answer.way == "endless":
            while True:
                writer.write(b" " * 65_536)
                await writer.drain()
        else:
            writer.write(answer.body)
        await writer.drain()


def _operation(line: str, headers: dict[str, str], body: bytes) -> str:
    if "x-amz-target" in headers:
        return headers["x-amz-target"].rpartition(".")[2]
    if "smithy-protocol" in headers:
        return line.split()[1].rpartition("/")[2]
    named = parse_qs(body.decode("latin-1")).get("Action")
    return named[0] if named else line.split()[1]


async def until(true: Callable[[], bool], within_s: float = 5) -> None:
    """Return once it is true; TimeoutError if it does not become so."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110  # what is waited for is another's state
            await asyncio.sleep(0.005)
