"""Ids as text: which may be looked for, which lead on, where a text mentions one, and how CloudWatch is asked for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from tradai_console.errors import ConsoleError
from tradai_console.logs.source import quoted
from tradai_console.text import plain

LONGEST: Final = 512
"""Characters of an id; an execution's ARN has about two hundred."""

SHORTEST: Final = 3

MOST_PATTERN: Final = 1_000
"""Characters of a filter pattern; CloudWatch takes 1,024."""

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HEX32: Final = re.compile(r"[0-9a-f]{32}")
_EXECUTION: Final = re.compile(r"arn:aws[\w-]*:states:[\w-]*:\d*:(?:execution|express):[^\s]+")
_TASK: Final = re.compile(r"arn:aws[\w-]*:ecs:[\w-]*:\d*:task/[^\s]+")
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.:/@+-]*")
_LEADS_ON: Final = 8
"""A shorter name may be anything: a number, a stage, `default`."""


class UnusableIdError(ConsoleError):
    """The text cannot be looked for."""


def usable(text: str) -> str:
    """The id as it is looked for. Raises UnusableIdError for what is none: it is a text like any other, never a pattern."""
    wanted = text.strip()
    if not SHORTEST <= len(wanted) <= LONGEST:
        raise UnusableIdError(f"an id has {SHORTEST} to {LONGEST} characters, this has {len(wanted):,}")
    if not wanted.isprintable():
        raise UnusableIdError(f"{plain(wanted, 60)!r} is no id: it holds a character that cannot be printed")
    return wanted


def is_execution(value: str) -> bool:
    """Whether it is an execution's ARN."""
    return _EXECUTION.fullmatch(value) is not None


def is_task(value: str) -> bool:
    """Whether it may name an ECS task: its ARN, or 32 hexadecimal digits, which an MLflow run has too."""
    return _TASK.fullmatch(value) is not None or _HEX32.fullmatch(value) is not None


def is_uuid(value: str) -> bool:
    """Whether it has the shape of a trace id, a correlation id, a request id."""
    return _UUID.fullmatch(value) is not None


def is_key(value: str) -> bool:
    """Whether a row or an execution may be called so."""
    return len(value) <= 256 and not value.startswith("arn:")


def leads_on(value: str) -> bool:
    """Whether an id that was found on a line is one to follow: long enough, and made up by a machine."""
    return (
        len(value) >= _LEADS_ON
        and any(sign.isdigit() for sign in value)
        and _NAME.fullmatch(value) is not None
    )


def in_logs(value: str) -> str:
    """How logs name it: an ARN by its last part, which every line that holds the ARN holds too."""
    return re.split("[:/]", value)[-1] if is_execution(value) or _TASK.fullmatch(value) else value


def mentions(text: str, value: str) -> bool:
    """Whether the text holds the id as a whole, and not as a part of a longer one."""
    return value in text and _whole(value).search(text) is not None


@lru_cache(maxsize=1024)
def _whole(value: str) -> re.Pattern[str]:
    # `bt-12` is neither in `bt-123` nor in `bt-12-3`; after `.` or `_` another word begins.
    before = r"(?<![A-Za-z0-9])(?<![A-Za-z0-9]-)" if value[:1].isalnum() else ""
    after = r"(?![A-Za-z0-9]|-[A-Za-z0-9])" if value[-1:].isalnum() else ""
    return re.compile(f"{before}{re.escape(value)}{after}")


def patterns(values: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Filter patterns that let lines with any of these through, as few as CloudWatch's limit allows, each with its ids.

    A text that no pattern has room for is left to whoever reads the lines: its pattern is empty.
    """
    batch: list[str] = []
    size = 0
    for value in values:
        length = len(quoted(value)) + 2
        if length > MOST_PATTERN:
            yield "", (value,)
            continue
        if batch and size + length > MOST_PATTERN:
            yield _either(batch), tuple(batch)
            batch, size = [], 0
        batch.append(value)
        size += length
    if batch:
        yield _either(batch), tuple(batch)


def _either(values: list[str]) -> str:
    if len(values) == 1:
        return quoted(values[0])
    return " ".join([f"?{quoted(value)}" for value in values])
