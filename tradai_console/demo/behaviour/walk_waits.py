"""What a walk through a machine's states waits for, and how it fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from tradai_console.demo.behaviour.asl import StateError

Walk = Generator[Any, Any, Any]
"""Yields what it waits for: `Sleep`, `Do`, `Join`."""

KEEP = {"truncated": False}
"""What histories say of an input or output that is there whole."""


@dataclass(frozen=True)
class Sleep:
    """Wait so many simulated seconds."""

    seconds: float


@dataclass(frozen=True)
class Do:
    """Call this with no lock held, and go on with what it returns or raises."""

    call: Callable[[], Any]


@dataclass(frozen=True)
class Join:
    """Walk these side by side; go on when all have ended or one has failed."""

    walks: tuple[Walk, ...]
    at_once: int


class Failed(Exception):
    """A state failed for good; the event that says so."""

    def __init__(self, error: StateError, event: int) -> None:
        super().__init__(error.error)
        self.error = error
        self.event = event


def text_of(value: Any) -> str:
    """A value as histories carry it."""
    return json.dumps(value, separators=(",", ":"), default=str)
