"""The alarms pane: every alarm of the region, of every kind (`cloudwatch:DescribeAlarms`).

Reading all of them each time would cost a call for each hundred. So all are read every five minutes; in
between those in ALARM are read each time, those in INSUFFICIENT_DATA each minute, and those that have left
either state by their names. An alarm that goes from OK to ALARM is thus seen at the next reading, as is one
that recovers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tradai_console.clock import Clock
from tradai_console.errors import AwsError, Denied, NotFound, Unavailable
from tradai_console.models.alarm import Alarm, AlarmState
from tradai_console.platform import Platform
from tradai_console.sources import fields
from tradai_console.sources.alarm_history import AlarmHistories
from tradai_console.sources.pages import Raw, in_lots, listed, pages
from tradai_console.sources.reading import Clients, Reading

SWEEP_S = 300.0
"""Between two readings of all alarms."""
INSUFFICIENT_S = 60.0
"""Between two readings of those in INSUFFICIENT_DATA."""
BY_NAME = 300
"""When more alarms than this left a state at once, a sweep is cheaper than reading them by name."""
PAGE = 100
"""Alarms in one answer. As many as that are read whole each time: it costs the same one call."""

_LISTS = (("MetricAlarms", "metric"), ("CompositeAlarms", "composite"), ("LogAlarms", "log"))
_STATES = {state.value: state for state in AlarmState}


class AlarmSource:
    """Reads the alarms again and again, and remembers them in between."""

    def __init__(self, door: Clients, platform: Platform, clock: Clock) -> None:  # noqa: ARG002  # one shape for all sources
        self._door = door
        self._clock = clock
        self._known: dict[str, Alarm] = {}
        self._swept: float | None = None
        self._looked_insufficient = 0.0
        self._types: list[str] | None = None
        self._types_hold = False
        self._histories = AlarmHistories(clock)

    async def read(self) -> Reading[Alarm]:
        """Every alarm, by name. Raises AwsError if the alarms could not be read."""
        cloudwatch = await self._door.client("cloudwatch")
        started = self._clock.monotonic()
        if self._swept is None or started - self._swept >= SWEEP_S or len(self._known) < PAGE:
            await self._sweep(cloudwatch, started)
        else:
            await self._between(cloudwatch, started)
        notes: list[str] = []
        await self._histories.read(cloudwatch, self._known, notes)
        return Reading(self._histories.joined(self._known), tuple(notes))

    async def _sweep(self, cloudwatch: Any, started: float) -> None:
        found = {alarm.name: alarm for alarm in await self._ask(cloudwatch)}
        self._known = dict(sorted(found.items()))
        self._swept = self._looked_insufficient = started

    async def _between(self, cloudwatch: Any, started: float) -> None:
        states = [AlarmState.ALARM]
        if started - self._looked_insufficient >= INSUFFICIENT_S:
            states.append(AlarmState.INSUFFICIENT_DATA)
        left: set[str] = set()
        for state in states:
            before = {name for name, alarm in self._known.items() if alarm.state is state}
            now = await self._ask(cloudwatch, StateValue=state.value)
            self._merge(now)
            left |= before - {alarm.name for alarm in now}
        left = {name for name in left if self._known[name].state in states}
        if len(left) > BY_NAME:
            await self._sweep(cloudwatch, started)
            return
        for lot in in_lots(sorted(left), PAGE):
            again = await self._ask(cloudwatch, AlarmNames=list(lot))
            self._merge(again)
            if set(lot) - {alarm.name for alarm in again}:
                # Deleted, or named with signs that we do not show: only a sweep tells.
                await self._sweep(cloudwatch, started)
                return
        if len(states) > 1:
            self._looked_insufficient = started

    def _merge(self, alarms: Iterable[Alarm]) -> None:
        new = False
        for alarm in alarms:
            new = new or alarm.name not in self._known
            self._known[alarm.name] = alarm
        if new:
            self._known = dict(sorted(self._known.items()))

    async def _ask(self, cloudwatch: Any, **request: Any) -> list[Alarm]:
        """All pages of one question, whatever kinds of alarm the server knows."""
        if self._types is None:
            self._types = _types(cloudwatch)
        types = self._types
        try:
            found = await self._pages(cloudwatch, AlarmTypes=types, **request)
        except (Denied, NotFound):
            raise
        except AwsError as error:
            # An older endpoint refuses a kind that it does not know. One that has once taken them has
            # another fault.
            if self._types_hold or "LogAlarm" not in types or error.state != Unavailable.state:
                raise
            fewer = [kind for kind in types if kind != "LogAlarm"]
            try:
                found = await self._pages(cloudwatch, AlarmTypes=fewer, **request)
            except AwsError:
                raise error from None
            self._types = fewer
        self._types_hold = True
        return found

    async def _pages(self, cloudwatch: Any, **request: Any) -> list[Alarm]:
        found: list[Alarm] = []
        async for answer in pages(cloudwatch.describe_alarms, MaxRecords=PAGE, **request):
            found += parse_alarms(answer)
        return found


def _types(cloudwatch: Any) -> list[str]:
    """The kinds of alarm that this botocore knows; unless they are named, CloudWatch answers with metric
    alarms only."""
    try:
        known = list(cloudwatch.meta.service_model.shape_for("AlarmType").enum)
    except Exception:  # noqa: BLE001  # botocore's private errors: then the two old kinds are asked for
        known = []
    return [kind for kind in ("MetricAlarm", "CompositeAlarm", "LogAlarm") if kind in known] or [
        "MetricAlarm",
        "CompositeAlarm",
    ]


def parse_alarms(answer: Raw) -> list[Alarm]:
    """One page of DescribeAlarms. Raises Unavailable for an answer without any list of alarms."""
    present = [(key, kind) for key, kind in _LISTS if key in answer]
    if not present:
        listed(answer, "MetricAlarms")
    found = [parse_alarm(raw, kind) for key, kind in present for raw in listed(answer, key)]
    return [alarm for alarm in found if alarm is not None]


def parse_alarm(raw: Raw, kind: str) -> Alarm | None:
    """One alarm; None for one without a name. A state that nobody knows is shown as INSUFFICIENT_DATA."""
    name = fields.name(raw, "AlarmName")
    if name is None:
        return None
    moment, number, whole = fields.moment, fields.number, fields.whole
    source = _metric(raw)
    return Alarm(
        name=name,
        arn=fields.text(raw, "AlarmArn", fields.NAME_LIMIT),
        type=kind,
        state=_STATES.get(str(raw.get("StateValue")), AlarmState.INSUFFICIENT_DATA),
        since=moment(raw.get("StateTransitionedTimestamp")) or moment(raw.get("StateUpdatedTimestamp")),
        reason=fields.text(raw, "StateReason"),
        description=fields.text(raw, "AlarmDescription"),
        actions_enabled=raw.get("ActionsEnabled") is not False,
        actions=fields.words(raw, "AlarmActions"),
        namespace=fields.name(source, "Namespace"),
        metric=fields.name(source, "MetricName"),
        dimensions=_dimensions(source),
        statistic=fields.name(source, "Statistic") or fields.name(source, "ExtendedStatistic"),
        period_s=whole(source.get("Period")),
        threshold=number(raw.get("Threshold")),
        comparison=fields.name(raw, "ComparisonOperator"),
        evaluation_periods=whole(raw.get("EvaluationPeriods")),
        datapoints_to_alarm=whole(raw.get("DatapointsToAlarm")),
        missing_data=fields.name(raw, "TreatMissingData"),
        unit=fields.name(source, "Unit"),
        rule=fields.name(raw, "AlarmRule") and fields.text(raw, "AlarmRule"),
        updated_at=moment(raw.get("AlarmConfigurationUpdatedTimestamp")),
    )


def _metric(raw: Raw) -> Raw:
    """The alarm's metric; of a metric expression the first metric that goes into it."""
    if raw.get("MetricName") or not raw.get("Metrics"):
        return raw
    for query in fields.rows(raw, "Metrics"):
        stat = fields.inner(query, "MetricStat")
        metric = fields.inner(stat, "Metric")
        if metric.get("MetricName"):
            return {
                **metric,
                "Period": stat.get("Period"),
                "Statistic": stat.get("Stat"),
                "Unit": stat.get("Unit"),
            }
    return raw


def _dimensions(raw: Raw) -> tuple[tuple[str, str], ...]:
    pairs = [(fields.name(row, "Name"), fields.name(row, "Value")) for row in fields.rows(raw, "Dimensions")]
    return tuple(sorted([(key, value) for key, value in pairs if key is not None and value is not None]))
