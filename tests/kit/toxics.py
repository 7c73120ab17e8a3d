"""What can be wrong with the line to AWS: one function a fault, each making a `Toxic` for the fault proxy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.kit.aws_wire import DENIED, EXPIRED, SERVER_ERROR, THROTTLED, Asked, Words, error_answer, spell
from tests.kit.http_wire import Answer, Request, answer_of


@dataclass(frozen=True)
class Toxic:
    """One fault of the line. Made by the functions below."""

    name: str
    delay_s: float = 0.0
    jitter_s: float = 0.0
    answer: Callable[[Request, Asked], Answer] | None = None
    """Answers in place of AWS."""
    silent: bool = False
    """Takes the request and never answers."""
    resets: bool = False
    forwards: bool = False
    """With `resets`: AWS does what was asked, only its answer is lost."""
    keep: float | None = None
    """The part of an answer's bytes that arrives."""
    honest: bool = False
    """With `keep`: the answer's length is that of the part, so that it looks whole."""
    bytes_per_s: float | None = None
    skew_s: float = 0.0
    about: bytes = b""
    """Only requests with this in their body meet it."""


def latency(ms: float, jitter_ms: float = 0.0) -> Toxic:
    """Every answer comes later, by `ms` and up to `jitter_ms` more."""
    return Toxic("latency", delay_s=ms / 1000, jitter_s=jitter_ms / 1000)


def status(http_status: int, code: str, message: str = "said the kit") -> Toxic:
    """This HTTP status and error code, in the protocol of the request."""

    def answer(request: Request, _asked: Asked) -> Answer:
        return answer_of(http_status, "Error", *error_answer(request, code, message))

    return Toxic(f"status {code}", answer=answer)


def deny() -> Toxic:
    """IAM refuses, naming the action."""
    return _spoken("deny", DENIED)


def only(toxic: Toxic, text: str) -> Toxic:
    """The fault for requests that name this: a group, a table."""
    return replace(toxic, about=text.encode())


def throttle() -> Toxic:
    """AWS asks to slow down."""
    return _spoken("throttle", THROTTLED)


def expired() -> Toxic:
    """The session token is expired."""
    return _spoken("expired", EXPIRED)


def server_error() -> Toxic:
    """A 500 of AWS's own."""
    return _spoken("server error", SERVER_ERROR)


def html(http_status: int = 502) -> Toxic:
    """A page of some proxy on the way, where AWS should answer."""
    page = b"<!DOCTYPE html><html><body><h1>Bad gateway</h1></body></html>"

    def answer(_request: Request, _asked: Asked) -> Answer:
        return answer_of(http_status, "Bad Gateway", [("Content-Type", "text/html")], page)

    return Toxic("html", answer=answer)


def truncate(keep: float = 0.5, *, honest: bool = False) -> Toxic:
    """The answer ends early: cut on the line, or (`honest`) whole HTTP with half a document in it."""
    return Toxic("truncate", keep=keep, honest=honest)


def reset(*, after_commit: bool = False) -> Toxic:
    """The connection is reset: before AWS sees the request, or (`after_commit`) instead of its answer."""
    return Toxic("reset", resets=True, forwards=after_commit)


def never() -> Toxic:
    """The request is taken and never answered."""
    return Toxic("never", silent=True)


def drip(bytes_per_s: float = 5.0) -> Toxic:
    """The answer's body comes slowly."""
    return Toxic("drip", bytes_per_s=bytes_per_s)


def skew(seconds: float) -> Toxic:
    """The answer's Date header is off by so many seconds."""
    return Toxic("skew", skew_s=seconds)


def _spoken(name: str, words: Words) -> Toxic:
    def answer(request: Request, asked: Asked) -> Answer:
        code, http_status = spell(words, request)
        message = words.message.format(action=f"{asked.service}:{asked.operation}")
        return answer_of(http_status, "Error", *error_answer(request, code, message))

    return Toxic(name, answer=answer)
