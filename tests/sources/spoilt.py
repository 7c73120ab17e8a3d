"""Structures with something missing: for tests that every optional field of AWS may be absent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

ABSENT = "absent"
BAD: tuple[object, ...] = (None, 7, "x", [], {}, [None], [{}], ABSENT)
"""What may stand where something else was expected."""


def spoils(raw: dict[str, Any], value: object) -> Iterator[tuple[dict[str, Any], str]]:
    """The structure with each of its keys, at any depth, dropped or replaced in turn; and which key it
    was."""
    for key, inner in raw.items():
        rest = {name: kept for name, kept in raw.items() if name != key}
        yield (rest if value == ABSENT else {**rest, key: value}), key
        if isinstance(inner, dict):
            for spoilt, deep in spoils(inner, value):
                yield {**rest, key: spoilt}, deep
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            for spoilt, deep in spoils(inner[0], value):
                yield {**rest, key: [spoilt, *inner[1:]]}, deep
