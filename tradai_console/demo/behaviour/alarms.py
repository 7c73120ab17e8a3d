"""CloudWatch alarms as values: what each is, how it is judged, and what it says when its state changes.

The rules are AWS's own: whole periods aligned to the clock, M datapoints out of the last N, missing data
treated as the alarm says, a composite alarm's rule over the states of others.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tradai_console.demo.behaviour.dispatch import Refused, stamp
from tradai_console.demo.behaviour.metrics import Store, evaluate, key

_EXTRA_PERIODS = 2
_BREACH: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (lambda value, limit: value >= limit, "greater than or equal to"),
    "GreaterThanThreshold": (lambda value, limit: value > limit, "greater than"),
    "LessThanThreshold": (lambda value, limit: value < limit, "less than"),
    "LessThanOrEqualToThreshold": (lambda value, limit: value <= limit, "less than or equal to"),
}


@dataclass
class Alarm:
    """One alarm. `config` is what PutMetricAlarm or PutCompositeAlarm was given."""

    name: str
    arn: str
    composite: bool
    config: dict[str, Any]
    updated_at: float
    state: str = "INSUFFICIENT_DATA"
    reason: str = "Unchecked: Initial alarm creation"
    reason_data: str | None = None
    state_updated_at: float = 0.0
    transitioned_at: float = 0.0
    seen: Any = None
    """What the last evaluation saw: unchanged means that there is nothing to judge anew."""
    described: dict[str, Any] | None = field(default=None, repr=False)
    """What DescribeAlarms answers, kept until something changes."""

    @property
    def kind(self) -> str:
        """As AlarmTypes spells it."""
        return "CompositeAlarm" if self.composite else "MetricAlarm"

    def actions(self, state: str) -> list[str]:
        """The ARNs that it calls on entering a state."""
        names = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
        return list(self.config.get(names[state]) or [])

    @property
    def enabled(self) -> bool:
        """Whether its actions are."""
        return bool(self.config.get("ActionsEnabled", True))


@dataclass(frozen=True)
class Verdict:
    """What an evaluation says."""

    state: str
    reason: str
    data: str | None


def describe(alarm: Alarm) -> dict[str, Any]:
    """One alarm as DescribeAlarms answers it."""
    if alarm.described is None:
        told = {name: value for name, value in alarm.config.items() if name != "Tags"}
        told.setdefault("ActionsEnabled", True)
        for name in ("OKActions", "AlarmActions", "InsufficientDataActions"):
            told.setdefault(name, [])
        if not alarm.composite:
            told.setdefault("Dimensions", [])
        told |= {
            "AlarmName": alarm.name,
            "AlarmArn": alarm.arn,
            "AlarmConfigurationUpdatedTimestamp": stamp(alarm.updated_at),
            "StateValue": alarm.state,
            "StateReason": alarm.reason,
            "StateUpdatedTimestamp": stamp(alarm.state_updated_at),
            "StateTransitionedTimestamp": stamp(alarm.transitioned_at),
        }
        if alarm.reason_data:
            told["StateReasonData"] = alarm.reason_data
        alarm.described = told
    return alarm.described


def judge(alarm: Alarm, store: Store, now: float, speed: float) -> Verdict | None:
    """A metric alarm's state by its datapoints, or None where there is nothing new to say.

    `speed` shortens periods as it shortens everything: at 10 a period of 60 s is 6 s of stamps.
    """
    config = alarm.config
    period = _period(config) / speed
    end = math.floor(now / period) * period
    versions = tuple(getattr(store.series.get(one), "version", -1) for one in _keys(config))
    treat = config.get("TreatMissingData") or "missing"
    if all(version < 0 for version in versions) and treat not in ("breaching", "notBreaching"):
        return None  # never published: it keeps the state it was given
    if alarm.seen == (end, versions):
        return None
    alarm.seen = (end, versions)
    wanted = int(config["EvaluationPeriods"])
    start = end - (wanted + _EXTRA_PERIODS) * period
    found = _values(config, store, period, start, end)
    slots = [
        (end - number * period, found.get(end - number * period))
        for number in range(1, wanted + _EXTRA_PERIODS + 1)
    ]
    return _verdict(alarm, slots, treat, now)


def _verdict(alarm: Alarm, slots: list[tuple[float, float | None]], treat: str, now: float) -> Verdict | None:
    """Slots are newest first: the start of each period, and its value."""
    config = alarm.config
    wanted = int(config["EvaluationPeriods"])
    enough = int(config.get("DatapointsToAlarm") or wanted)
    breach, words = _BREACH[config["ComparisonOperator"]]
    limit = float(config["Threshold"])
    real = [(number, at, value) for number, (at, value) in enumerate(slots, 1) if value is not None][:wanted]
    bad = [one for one in real if breach(one[2], limit)]
    missing = wanted - len(real)
    data = _reason_data(config, real, now)
    if not real:
        return _all_missing(treat, missing, data)
    filled = missing if treat == "breaching" else 0
    early = treat in ("missing", "breaching") and missing and len(bad) == len(real) and real[-1][0] >= enough
    if len(bad) + filled >= enough or early:
        return Verdict("ALARM", _crossed(bad, real, missing, treat, limit, words, enough), data)
    if len(bad) == len(real) and missing and treat in ("missing", "ignore"):
        return None
    good = [one for one in real if one not in bad]
    return Verdict("OK", _crossed(good, real, missing, treat, limit, f"not {words}", enough), data)


def _all_missing(treat: str, missing: int, data: str) -> Verdict | None:
    if treat == "ignore":
        return None
    if treat == "missing":
        plural = "datapoint was" if missing == 1 else "datapoints were"
        return Verdict("INSUFFICIENT_DATA", f"Insufficient Data: {missing} {plural} unknown.", data)
    how = "Breaching" if treat == "breaching" else "NonBreaching"
    plural = (
        "period and 1 missing datapoint was"
        if missing == 1
        else f"periods and {missing} missing datapoints were"
    )
    reason = f"Threshold Crossed: no datapoints were received for {missing} {plural} treated as [{how}]."
    return Verdict("ALARM" if treat == "breaching" else "OK", reason, data)


def _crossed(
    of: Sequence[tuple[int, float, float]],
    real: Sequence[tuple[int, float, float]],
    missing: int,
    treat: str,
    limit: float,
    words: str,
    enough: int,
) -> str:
    shown = ", ".join(f"{value} ({stamp(at):%d/%m/%y %H:%M:%S})" for _, at, value in of[:5])
    verb = "was" if len(of) == 1 else "were"
    extra = ""
    if missing and treat in ("breaching", "notBreaching"):
        how = "Breaching" if treat == "breaching" else "NonBreaching"
        extra = f" and {missing} missing datapoint{'' if missing == 1 else 's'} treated as [{how}]"
    way = "ALARM -> OK" if words.startswith("not") else "OK -> ALARM"
    least = f"minimum {enough} datapoint{'' if enough == 1 else 's'} for {way} transition"
    return (
        f"Threshold Crossed: {len(of)} out of the last {len(real) + missing} datapoints [{shown}] {verb} {words} "
        f"the threshold ({limit}){extra} ({least})."
    )


def _reason_data(config: Mapping[str, Any], real: Sequence[tuple[int, float, float]], now: float) -> str:
    return json.dumps(
        {
            "version": "1.0",
            "queryDate": f"{stamp(now):%Y-%m-%dT%H:%M:%S.000+0000}",
            "startDate": f"{stamp(real[-1][1] if real else now):%Y-%m-%dT%H:%M:%S.000+0000}",
            "statistic": config.get("Statistic") or config.get("ExtendedStatistic"),
            "period": _period(config),
            "recentDatapoints": [value for _, _, value in reversed(real)],
            "threshold": float(config["Threshold"]),
        }
    )


def notification(alarm: Alarm, old: str, account: str, region: str, now: float) -> tuple[str, str]:
    """Subject and body of what an alarm publishes on entering a state, as AWS shapes them."""
    place = {"eu-central-1": "EU (Frankfurt)", "us-east-1": "US East (N. Virginia)"}.get(region, region)
    told: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.config.get("AlarmDescription"),
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": f"{stamp(alarm.updated_at):%Y-%m-%dT%H:%M:%S.000+0000}",
        "NewStateValue": alarm.state,
        "NewStateReason": alarm.reason,
        "StateChangeTime": f"{stamp(now):%Y-%m-%dT%H:%M:%S.000+0000}",
        "Region": place,
        "AlarmArn": alarm.arn,
        "OldStateValue": old,
        "OKActions": alarm.actions("OK"),
        "AlarmActions": alarm.actions("ALARM"),
        "InsufficientDataActions": alarm.actions("INSUFFICIENT_DATA"),
    }
    told |= (
        {"AlarmRule": alarm.config["AlarmRule"]} if alarm.composite else {"Trigger": _trigger(alarm.config)}
    )
    return f'{alarm.state}: "{alarm.name}" in {place}', json.dumps(told)


def _trigger(config: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "Period": _period(config),
        "EvaluationPeriods": int(config["EvaluationPeriods"]),
        "ComparisonOperator": config["ComparisonOperator"],
        "Threshold": float(config["Threshold"]),
        "TreatMissingData": config.get("TreatMissingData") or "missing",
        "EvaluateLowSampleCountPercentile": config.get("EvaluateLowSampleCountPercentile") or "",
    }
    if config.get("DatapointsToAlarm"):
        told["DatapointsToAlarm"] = int(config["DatapointsToAlarm"])
    if config.get("Metrics"):
        return {**told, "Metrics": config["Metrics"]}
    extended = config.get("ExtendedStatistic")
    return {
        "MetricName": config["MetricName"],
        "Namespace": config["Namespace"],
        "StatisticType": "ExtendedStatistic" if extended else "Statistic",
        "ExtendedStatistic" if extended else "Statistic": extended or str(config.get("Statistic")).upper(),
        "Unit": config.get("Unit"),
        "Dimensions": [
            {"value": one["Value"], "name": one["Name"]} for one in config.get("Dimensions") or ()
        ],
        **told,
    }


def _period(config: Mapping[str, Any]) -> int:
    if config.get("Period"):
        return int(config["Period"])
    periods = [
        one.get("MetricStat", {}).get("Period") or one.get("Period") for one in config.get("Metrics") or ()
    ]
    return int(next((one for one in periods if one), 60))


def _keys(config: Mapping[str, Any]) -> list[Any]:
    if config.get("MetricName"):
        return [key(config.get("Namespace", ""), config["MetricName"], config.get("Dimensions") or ())]
    metrics = [one["MetricStat"]["Metric"] for one in config.get("Metrics") or () if one.get("MetricStat")]
    return [key(one["Namespace"], one["MetricName"], one.get("Dimensions") or ()) for one in metrics]


def _values(
    config: Mapping[str, Any], store: Store, period: float, start: float, end: float
) -> dict[float, float]:
    if config.get("MetricName"):
        stat = config.get("ExtendedStatistic") or config.get("Statistic") or "Average"
        return _rounded(store.values(_keys(config)[0], stat, period, start, end, config.get("Unit")), period)
    known: dict[str, dict[float, float]] = {}
    chosen: dict[float, float] = {}
    for one in sorted(config.get("Metrics") or (), key=lambda query: "Expression" in query):
        if one.get("MetricStat"):
            metric, stat = one["MetricStat"]["Metric"], one["MetricStat"]["Stat"]
            found = key(metric["Namespace"], metric["MetricName"], metric.get("Dimensions") or ())
            known[one["Id"]] = _rounded(store.values(found, stat, period, start, end), period)
        else:
            known[one["Id"]] = evaluate(one["Expression"], known)
        if one.get("ReturnData", True):
            chosen = known[one["Id"]]
    return chosen


def _rounded(found: Mapping[float, float], period: float) -> dict[float, float]:
    # The same multiple of a fractional period, reached by product and by difference, differs in its last bit.
    return _Near(period, {round(at / period): value for at, value in found.items()})


class _Near(dict[float, float]):
    """Values by period, found by any float near its start."""

    def __init__(self, period: float, by_number: Mapping[int, float]) -> None:
        super().__init__({number * period: value for number, value in by_number.items()})
        self._period = period
        self._by_number = by_number

    def get(self, at: float, default: Any = None) -> Any:
        return self._by_number.get(round(at / self._period), default)


# --- composite rules --------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"(?P<quoted>[^\"]+)\"|'(?P<single>[^']+)'|(?P<bare>[^()\s\"']+))\s*\)"
    r"|(?P<word>AND|OR|NOT|TRUE|FALSE|\(|\)))",
    re.IGNORECASE,
)
Rule = Callable[[Mapping[str, str]], bool]


def parse_rule(text: str) -> tuple[Rule, frozenset[str]]:
    """A composite alarm's rule as a function of alarm states by name, and the names in it. Raises Refused."""
    tokens: list[tuple[str, str]] = []
    place = 0
    while place < len(text.rstrip()):
        found = _TOKEN.match(text, place)
        if found is None:
            raise Refused(
                "ValidationError", f"AlarmRule must be a valid expression; error at position {place}."
            )
        name = found["quoted"] or found["single"] or found["bare"]
        tokens.append(
            (found["state"].upper(), name.split(":alarm:", 1)[-1]) if name else (found["word"].upper(), "")
        )
        place = found.end()
    rest = list(tokens)
    rule = _any(rest)
    if rest:
        raise Refused("ValidationError", f"AlarmRule has something after its end: {rest[0][0]}")
    return rule, frozenset(name for _, name in tokens if name)


def _any(rest: list[tuple[str, str]]) -> Rule:
    parts = [_all(rest)]
    while rest and rest[0][0] == "OR":
        rest.pop(0)
        parts.append(_all(rest))
    return lambda states: any(part(states) for part in parts)


def _all(rest: list[tuple[str, str]]) -> Rule:
    parts = [_one(rest)]
    while rest and rest[0][0] == "AND":
        rest.pop(0)
        parts.append(_one(rest))
    return lambda states: all(part(states) for part in parts)


def _one(rest: list[tuple[str, str]]) -> Rule:
    if not rest:
        raise Refused("ValidationError", "AlarmRule ends too early.")
    word, name = rest.pop(0)
    if name:
        return lambda states: states.get(name) == word
    if word in ("TRUE", "FALSE"):
        return lambda _: word == "TRUE"
    if word == "NOT":
        inner = _one(rest)
        return lambda states: not inner(states)
    if word == "(":
        inner = _any(rest)
        if not rest or rest.pop(0)[0] != ")":
            raise Refused("ValidationError", "AlarmRule has a parenthesis that is not closed.")
        return inner
    raise Refused("ValidationError", f"AlarmRule has {word} where an alarm is expected.")
