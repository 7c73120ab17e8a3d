"""The stage: where actors write log lines and measure, and the order in which they have their turns."""

from __future__ import annotations

import bisect
import heapq
import itertools
import logging
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from tradai_console.demo.cast import Cast
from tradai_console.demo.clients import Clients
from tradai_console.demo.inside import behaviour
from tradai_console.demo.story.conditions import Conditions, Facts

_LOG = logging.getLogger(__name__)

Actor = Generator[float, None, None]
"""One thread of the story: it acts, then yields for how many simulated seconds it rests."""

Stream = tuple[str, str]
"""Log group and stream."""


class Time(Protocol):
    """The clock that the story lives by; `demo.behaviour.clock.Clock` is one."""

    def elapsed(self) -> float:
        """Simulated seconds since it began."""

    def time(self) -> float:
        """The stamp of this moment, seconds since 1970."""

    @property
    def speed(self) -> float:
        """Simulated seconds a second of stamps."""


@dataclass
class FixedTime:
    """A time that is set: for writing the past, and for tests."""

    start: float
    gone: float = 0.0
    """Simulated seconds since the start."""
    speed: float = 1.0

    def elapsed(self) -> float:
        return self.gone

    def time(self) -> float:
        return self.start + self.gone / self.speed


class Stage:
    """What actors are given: the cast, the time, AWS, what is wrong at the moment, and ways to be noticed.

    Lines and measurements are gathered and go out together in `flush`, a line not before its time.
    """

    def __init__(self, aws: Clients, cast: Cast, time: Time, conditions: Conditions, facts: Facts) -> None:
        self.aws = aws
        self.cast = cast
        self.time = time
        self.conditions = conditions
        self.facts = facts
        self.lines = 0
        """How many lines have been written so far."""
        self.failed_checks: dict[str, int] = {}
        """Service to how many health checks in a row it has failed."""
        self.followed: set[str] = set()
        """ARNs of the executions that somebody on stage follows."""
        self._events: dict[Stream, list[tuple[int, str]]] = defaultdict(list)
        self._data: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._known: set[Stream] = set()

    @property
    def now(self) -> datetime:
        """The stamp of this moment, UTC."""
        return datetime.fromtimestamp(self.time.time(), UTC)

    def say(self, stream: Stream, line: str, at: float) -> None:
        """Write a line to the stream with this stamp (seconds since 1970). One of the future waits for its time."""
        self._events[stream].append((int(at * 1000), line))
        self.lines += 1

    def measure(
        self,
        namespace: str,
        metric: str,
        value: float,
        dimensions: dict[str, str] | None = None,
        unit: str = "None",
    ) -> None:
        """Put one value of a metric, stamped into the last whole minute.

        CloudWatch's own figures come as late; and an alarm judges whole periods only.
        """
        at = datetime.fromtimestamp(self.time.time() - 60 / self.time.speed, UTC)
        self._data[namespace].append(
            {
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": text} for name, text in (dimensions or {}).items()],
                "Timestamp": at,
                "Value": value,
                "Unit": unit,
            }
        )

    def flush(self) -> None:
        """Send what was gathered: `logs:PutLogEvents` a stream, `cloudwatch:PutMetricData` a namespace.

        A server in this process is given it without a request: there is a lot of it, all the time. An actor tells a
        request, or a function's run, to its end in one turn; what of it has not happened yet is kept back.
        """
        logs, cloudwatch = behaviour("logs"), behaviour("cloudwatch")
        now = int(self.time.time() * 1000)
        events, self._events = self._events, defaultdict(list)
        for stream, gathered in events.items():
            gathered.sort(key=lambda line: line[0])
            due = bisect.bisect_right(gathered, now, key=lambda line: line[0])
            lines, early = gathered[:due], gathered[due:]
            if early:
                self._events[stream] = early
            if not lines:
                continue
            if logs is not None:
                logs.load(*stream, lines)
            else:
                self._write(stream, lines)
        data, self._data = self._data, defaultdict(list)
        for namespace, values in data.items():
            if cloudwatch is not None:
                cloudwatch.put_all(namespace, values)
                continue
            for start in range(0, len(values), 900):
                self.aws("cloudwatch").put_metric_data(
                    Namespace=namespace, MetricData=values[start : start + 900]
                )

    def _write(self, stream: Stream, lines: list[tuple[int, str]]) -> None:
        logs, (group, name) = self.aws("logs"), stream
        if stream not in self._known:
            try:
                logs.create_log_stream(logGroupName=group, logStreamName=name)
            except logs.exceptions.ResourceAlreadyExistsException:
                pass
            except logs.exceptions.ResourceNotFoundException:
                logs.create_log_group(logGroupName=group)
                logs.create_log_stream(logGroupName=group, logStreamName=name)
            self._known.add(stream)
        for start in range(0, len(lines), 5_000):
            batch = [{"timestamp": at, "message": text} for at, text in lines[start : start + 5_000]]
            logs.put_log_events(logGroupName=group, logStreamName=name, logEvents=batch)


class Turns:
    """Who acts next, by simulated time; equal times keep their order, so that a seed tells one story."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, str, Actor]] = []
        self._order = itertools.count()

    def enter(self, name: str, actor: Actor, at: float) -> None:
        """Let the actor begin at this time (simulated seconds)."""
        heapq.heappush(self._due, (at, next(self._order), name, actor))

    def leave(self, *names: str) -> None:
        """Take these actors off the stage, whatever they were about to do."""
        self._due = [turn for turn in self._due if turn[2] not in names]
        heapq.heapify(self._due)

    def run_until(self, now: float) -> int:
        """Give every actor whose time has come its turns; how many there were.

        An actor that fails leaves the stage; the others go on.
        """
        turns = 0
        while self._due and self._due[0][0] <= now:
            due, _, name, actor = heapq.heappop(self._due)
            turns += 1
            try:
                rest = next(actor)
            except StopIteration:
                continue
            except Exception:  # noqa: BLE001 - the story goes on, whatever one part of it does
                _LOG.exception("%s left the story", name)
                continue
            # A late turn is not made up for: after a pause of the machine the story goes on from now.
            self.enter(name, actor, max(due + rest, now - 1.0))
        return turns

    @property
    def next_due(self) -> float | None:
        """When the next actor acts; None if nobody is on stage."""
        return self._due[0][0] if self._due else None
