"""The newest transitions of the alarms that need a closer look (`cloudwatch:DescribeAlarmHistory`).

They are an extra: some servers do not have this call, and nothing that fails here spoils a reading.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import replace
from typing import Any

from tradai_console.clock import Clock
from tradai_console.errors import AwsError, Denied, Unavailable
from tradai_console.models.alarm import Alarm, AlarmChange, AlarmState
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw
from tradai_console.sources.reading import secondary, together

HISTORY_REST_S = 600.0
"""How long the history is left alone after it was refused or not understood."""
HISTORIES = 10
"""Histories read in one reading: a storm must not become a flood of calls."""
CHANGES = 20
"""Transitions kept of each alarm."""
WAITING = 500
"""Alarms whose history is still to be read; in a larger storm the oldest changes go without."""

_TYPES = {"metric": "MetricAlarm", "composite": "CompositeAlarm", "log": "LogAlarm"}


class AlarmHistories:
    """Knows which alarms have changed, and reads their past, a few at each reading."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._states: dict[str, tuple[AlarmState, object]] | None = None
        self._waiting: dict[str, None] = {}
        self._found: dict[str, tuple[AlarmChange, ...]] = {}
        self._rests_until = 0.0
        self._denied: str | None = None

    def joined(self, known: Mapping[str, Alarm]) -> tuple[Alarm, ...]:
        """The alarms with what is known of their past."""
        if not self._found:
            return tuple(known.values())
        return tuple(
            [
                replace(alarm, history=self._found[name]) if name in self._found else alarm
                for name, alarm in known.items()
            ]
        )

    async def read(self, cloudwatch: Any, by_name: Mapping[str, Alarm], notes: list[str]) -> None:
        """Look which alarms have changed, and read the history of the newest ten of them."""
        self._note_changes(by_name.values())
        if self._clock.monotonic() < self._rests_until:
            if self._denied is not None:
                notes.append(self._denied)
            return
        self._denied = None
        if self._waiting:
            lot = [by_name[name] for name in list(self._waiting)[-HISTORIES:]]
            asked = together((self._one(cloudwatch, alarm) for alarm in lot), at_once=3)
            await secondary(self._tolerant(asked), None, notes, "alarm history")

    def _note_changes(self, alarms: Iterable[Alarm]) -> None:
        before, self._states = self._states, {alarm.name: (alarm.state, alarm.since) for alarm in alarms}
        for name, now in self._states.items():
            then = None if before is None else before.get(name)
            if now[0] is AlarmState.ALARM if then is None else then != now:
                self._waiting.pop(name, None)
                self._waiting[name] = None
        for name in [name for name in self._waiting if name not in self._states]:
            del self._waiting[name]
        for name in list(self._waiting)[:-WAITING]:
            del self._waiting[name]
        for name in [name for name in self._found if name not in self._states]:
            del self._found[name]

    async def _tolerant(self, asked: Coroutine[Any, Any, object]) -> None:
        """A server without this call is left alone for ten minutes, in silence; a missing permission is
        named."""
        try:
            await asked
        except Denied as error:
            self._rest()
            self._denied = f"alarm history: {error}"
            raise
        except AwsError as error:
            if error.state != Unavailable.state:
                raise
            self._rest()

    def _rest(self) -> None:
        self._rests_until = self._clock.monotonic() + HISTORY_REST_S

    async def _one(self, cloudwatch: Any, alarm: Alarm) -> None:
        answer = await cloudwatch.describe_alarm_history(
            AlarmName=alarm.name,
            AlarmTypes=[_TYPES[alarm.type]],
            HistoryItemType="StateUpdate",
            MaxRecords=CHANGES,
            ScanBy="TimestampDescending",
        )
        self._found[alarm.name] = parse_history(answer)
        self._waiting.pop(alarm.name, None)


def parse_history(answer: Raw) -> tuple[AlarmChange, ...]:
    """One page of DescribeAlarmHistory: the newest twenty transitions, newest first."""
    found = [
        AlarmChange(at, fields.text(raw, "HistorySummary"))
        for raw in fields.rows(answer, "AlarmHistoryItems")
        if (at := fields.moment(raw.get("Timestamp"))) is not None
        and raw.get("HistoryItemType", "StateUpdate") == "StateUpdate"
    ]
    return tuple(sorted(found, key=lambda change: change.at, reverse=True)[:CHANGES])
