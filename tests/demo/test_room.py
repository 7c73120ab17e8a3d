"""The interface's side of a drill: which alert is its own, and since when it has been listed."""

from __future__ import annotations

import queue
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests import sample
from tradai_console.demo.room import DrillRoom
from tradai_console.errors import ConsoleError
from tradai_console.models.alert import Alert, Lifecycle

BEGAN = sample.NOW
REPORT = {
    "drill": "heartbeat-deadlock", "alert": "Stale Heartbeat", "announced": "tradai-prod-heartbeat-stale",
    "began_at": BEGAN.isoformat(), "gone_at": None, "given_up_at": None, "event": False,
}  # fmt: skip
STALE = replace(
    sample.ALERTS[2],
    key="Stale Heartbeat:S",
    alert="Stale Heartbeat",
    state=Lifecycle.FIRING,
    since=BEGAN - timedelta(seconds=40),
    found_by=("console",),
    alarms=(),
)


class Server:
    """Answers what the room asks, and keeps the life of the alert that it is told of."""

    def __init__(self) -> None:
        self.lives: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()

    def __call__(self, what: Mapping[str, Any]) -> Mapping[str, Any]:
        if what["ask"] == "practice":
            return {}
        if what["ask"] == "card":
            self.lives.put(what["life"])
            raise ConsoleError("no card yet")
        return REPORT


def life_of(before: tuple[Alert, ...], after: tuple[Alert, ...], tmp_path: Path) -> Mapping[str, Any]:
    """What the room knows of the drill's alert: `before` is listed when it begins, `after` twenty seconds later."""
    server, now = Server(), [BEGAN.timestamp()]
    room = DrillRoom(server, night=tmp_path, book=tmp_path / "book", operator="jm", now=lambda: now[0])
    room.heed(before)
    room.begin("heartbeat-deadlock", lambda _answer, _error: None)
    now[0] += 20
    room.heed(after)
    room.card(lambda _answer, _error: None)
    room.listen(lambda _card, _error: None)
    try:
        return server.lives.get(timeout=10)
    finally:
        room.stop()


def test_what_was_broken_before_anybody_could_see_it_is_the_drills(tmp_path: Path) -> None:
    """The session is silent since before the drill began; its time runs from its alert, not from the alarm's minutes later."""
    life = life_of((), (STALE,), tmp_path)
    assert life["listed_at"] == BEGAN.timestamp() + 20
    assert life["keys"] == [STALE.key]


def test_what_was_listed_before_is_not_the_drills(tmp_path: Path) -> None:
    """Another session was silent already when the drill began."""
    assert life_of((STALE,), (STALE,), tmp_path) == {}
