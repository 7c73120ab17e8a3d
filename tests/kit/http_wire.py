"""HTTP/1.1 on asyncio streams, as much of it as stands between an AWS client and a local AWS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

LARGEST_PIECE = 65_536

HOP_BY_HOP = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive", "expect"})


@dataclass(frozen=True)
class Request:
    """One request of a client, read whole."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str:
        """The header's value, or the empty text."""
        return find_header(self.headers, name)

    def to_bytes(self) -> bytes:
        """The request as it goes on to the server, its body unchunked."""
        kept = [pair for pair in self.headers if pair[0].lower() not in HOP_BY_HOP]
        if self.body or self.method not in ("GET", "HEAD", "DELETE"):
            kept.append(("Content-Length", str(len(self.body))))
        return head_bytes(f"{self.method} {self.target} HTTP/1.1", kept) + self.body


@dataclass
class Answer:
    """One answer: its head, and its body as pieces that may still be on their way."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    pieces: AsyncIterator[bytes]
    length: int | None
    """Bytes of the body, None where only the end of the stream tells."""
    reusable: bool = False
    """True where the connection it came on can carry another request once the body is read."""


@dataclass
class Connection:
    """One TCP connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    fresh: bool = field(default=True)


def find_header(headers: tuple[tuple[str, str], ...] | list[tuple[str, str]], name: str) -> str:
    """The first header of that name, in whatever case, or the empty text."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), "")


def head_bytes(first_line: str, headers: list[tuple[str, str]]) -> bytes:
    """A request's or an answer's head, with the empty line that ends it."""
    rows = [first_line, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(rows).encode("latin-1")


async def read_request(connection: Connection) -> Request | None:
    """The next request on the connection, None where the client has closed it."""
    head = await _read_head(connection.reader)
    if head is None:
        return None
    first_line, headers = head
    method, target, _ = first_line.split(" ", 2)
    if find_header(headers, "expect").lower() == "100-continue":
        connection.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if find_header(headers, "transfer-encoding").lower() == "chunked":
        body = b"".join([piece async for piece in _chunks(connection.reader)])
    else:
        body = await connection.reader.readexactly(int(find_header(headers, "content-length") or 0))
    return Request(method, target, tuple(headers), body)


async def read_answer(connection: Connection, method: str) -> Answer:
    """The head of the server's answer, and its body to be read. Raises ConnectionError where none comes."""
    head = await _read_head(connection.reader)
    if head is None:
        raise ConnectionResetError("the server closed the connection before it answered")
    first_line, headers = head
    version, status, *reason = first_line.split(" ", 2)
    stays = version == "HTTP/1.1" and find_header(headers, "connection").lower() != "close"
    answer = Answer(int(status), " ".join(reason), headers, _nothing(), 0, stays)
    length = find_header(headers, "content-length")
    if method == "HEAD" or answer.status in (204, 304):
        return answer
    if find_header(headers, "transfer-encoding").lower() == "chunked":
        answer.pieces, answer.length = _chunks(connection.reader), None
    elif length:
        answer.pieces, answer.length = _exactly(connection.reader, int(length)), int(length)
    else:
        answer.pieces, answer.length, answer.reusable = _to_the_end(connection.reader), None, False
    return answer


def answer_of(status: int, reason: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
    """An answer made here, with its body at hand."""
    return Answer(status, reason, headers, _one(body), len(body))


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, list[tuple[str, str]]] | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first_line, *rows = head.decode("latin-1").split("\r\n")[:-2]
    pairs = (row.partition(":") for row in rows)
    return first_line, [(name.strip(), value.strip()) for name, _, value in pairs]


async def _nothing() -> AsyncIterator[bytes]:
    empty: tuple[bytes, ...] = ()
    for piece in empty:
        yield piece


async def _one(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _exactly(reader: asyncio.StreamReader, length: int) -> AsyncIterator[bytes]:
    while length:
        piece = await reader.read(min(length, LARGEST_PIECE))
        if not piece:
            raise ConnectionResetError("the server closed the connection inside its answer")
        length -= len(piece)
        yield piece


async def _to_the_end(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while piece := await reader.read(LARGEST_PIECE):
        yield piece


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int((await reader.readline()).split(b";")[0], 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
    while (await reader.readline()).strip():
        pass
