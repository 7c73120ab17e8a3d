"""Keys as a cat on the keyboard would press them, thousands in one run of the console; and what must not come of it."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

from textual.events import Key

from screens.incident import IncidentScreen
from screens.widgets.ask import AskScreen
from tests.incidents.night import Night
from tests.incidents.on_call import keys_of
from tradai_console.actions import ACTIONS
from tradai_console.aws.reads import OWN_QUEUE_ONLY, READS

LEAVING: Final = frozenset({"ctrl+q", "ctrl+p", "colon", "question_mark"})
"""What ends the console, or lists what does."""

TYPED: Final = (
    "enter",
    "escape",
    "backspace",
    "tab",
    "a",
    "p",
    "r",
    "o",
    "d",
    "minus",
    "1",
    "9",
    "space",
    "slash",
)
KEYS: Final = (
    *sorted({key for action in ACTIONS for key in action.keys.split(",") if key} - LEAVING), *TYPED, *["enter"] * 20,
    *["j"] * 10, *["n"] * 5, *["escape"] * 4,
)  # fmt: skip

_READS: Final = {operation for operations in READS.values() for operation in operations} | set(OWN_QUEUE_ONLY)
_children: list[str] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("subprocess.Popen", "os.posix_spawn", "os.fork", "os.system"):
        _children.append(f"{event} {arguments[:2]!r:.200}")


sys.addaudithook(_watch)


def children() -> list[str]:
    """Every child process of this one that was begun, ever."""
    return _children


def writes(night: Night) -> list[str]:
    """Every call of the engine that is no reading."""
    assert night.line is not None
    return [
        f"{one.service}:{one.operation}"
        for one in night.line.calls
        # Lambda speaks REST: what is only got is read.
        if one.operation not in _READS and not one.operation.startswith("GET /")
    ]


def sequences(seed: int, count: int) -> Iterator[list[str]]:
    """Short bursts of keys."""
    dice = random.Random(seed)
    for _ in range(count):
        yield dice.choices(KEYS, k=dice.randint(1, 6))


async def press_all(
    night: Night, seed: int, count: int, beside: Callable[[Any, random.Random], list[str]] | None = None
) -> dict[str, int]:
    """Press so many sequences at one console; how often each kind of screen was in front. `beside`: keys for a question."""
    seen: dict[str, int] = {}
    dice = random.Random(seed)
    async with night.on_call((80, 24)) as engineer:
        await engineer.until(lambda: engineer.app.board.alerts, "an alert")
        app = engineer.app
        await engineer.open("NAT Instance Down")
        for number, keys in enumerate(sequences(seed, count)):
            front = app.screen
            seen[type(front).__name__] = seen.get(type(front).__name__, 0) + 1
            if beside is not None and isinstance(front, AskScreen):
                keys = beside(front, dice)
            for key in keys:
                app.post_message(Key(key, key if len(key) == 1 else None))
            await asyncio.sleep(0)
            if number % 10 == 9:  # let the engine answer, and the questions open
                await engineer.press("k")
                if not isinstance(app.screen, IncidentScreen) and dice.random() < 0.5:
                    await engineer.press("escape", "escape")
                    seen[type(app.screen).__name__] = seen.get(type(app.screen).__name__, 0) + 1
                    await engineer.press("1", "g", "enter")
    return seen


def nearly(question: AskScreen, dice: random.Random) -> list[str]:
    """What confirms but for a sign, pasted or in capitals; anything else where nothing in particular is wanted."""
    name = question.question.must_be
    if name is None:
        return dice.choices(KEYS, k=4)
    wrong = dice.choice([name[:-1], name[1:], name.upper(), f"{name} x", "yes", "y", ""])
    return [*keys_of(wrong), "enter", *(["escape"] if dice.random() < 0.6 else [])]
