"""A shift at the list: a clock that a test moves, a journal that remembers, messages without a queue."""

from __future__ import annotations

import itertools
import json
from datetime import datetime

from tests.alerts.boards import NOW, PLATFORM, mono
from tradai_console.alerts.list import AlertList
from tradai_console.journal.base import Entry
from tradai_console.models.alert import Alert
from tradai_console.models.board import SOURCES, Board
from tradai_console.runbook.library import load_library
from tradai_console.sources.channel import Message, parse_message

LIBRARY = load_library()
TIMEOUTS = {"tradai-drift-monitor-prod": 60.0}
_IDS = itertools.count()


class Hands:
    """A clock that stands where the test puts it."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return mono(self.at)

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("the list never waits")


class Memory:
    """A journal that is a list."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.refuses: Exception | None = None

    async def write(self, entry: Entry) -> Entry:
        if self.refuses is not None:
            raise self.refuses
        self.entries.append(entry)
        return entry


class Shift:
    """One list and its clock."""

    def __init__(self) -> None:
        self.clock = Hands()
        self.journal = Memory()
        self.list = AlertList(LIBRARY, PLATFORM, self.clock, journal=self.journal, timeouts_s=TIMEOUTS)

    def look(
        self, board: Board, *messages: tuple[str, str] | Message, at: datetime | None = None
    ) -> tuple[Alert, ...]:
        """The list on this board, at the moment of its newest reading or at the given one."""
        newest = max(
            (getattr(board, name).taken_at for name in SOURCES if getattr(board, name).taken_at), default=NOW
        )
        self.clock.at = at or max(self.clock.at, newest)
        heard = [one if isinstance(one, Message) else said(*one, at=self.clock.at) for one in messages]
        return self.list.update(board, heard)

    def one(self, key: str) -> Alert:
        """The alert with this key, as it was last listed."""
        return next(alert for alert in self.list.alerts if alert.key == key)


def said(subject: str, body: str, at: datetime = NOW) -> Message:
    """A message of the topic."""
    return Message(f"m-{next(_IDS)}", subject, body, sent_at=at)


def notified(name: str, state: str, at: datetime, reason: str = "Threshold Crossed") -> Message:
    """CloudWatch's notification of an alarm, in its envelopes."""
    told = {
        "AlarmName": name,
        "NewStateValue": state,
        "NewStateReason": reason,
        "StateChangeTime": at.isoformat(),
    }
    envelope = {
        "Type": "Notification",
        "MessageId": f"m-{next(_IDS)}",
        "TopicArn": "arn:aws:sns:eu-central-1:123456789012:tradai-alerts-prod",
        "Subject": f'{state}: "{name}" in EU (Frankfurt)',
        "Message": json.dumps(told),
        "Timestamp": at.isoformat(),
    }
    return parse_message({"MessageId": f"q-{next(_IDS)}", "ReceiptHandle": "r", "Body": json.dumps(envelope)})
