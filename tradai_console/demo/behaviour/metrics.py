"""CloudWatch's metric store: datapoints by series, put together by period and statistic.

AWS answers percentiles, keeps unequal units apart, and aligns each period to the clock. moto keeps one list
of everything and answers a percentile with an error.
"""

from __future__ import annotations

import ast
import bisect
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tradai_console.demo.behaviour.dispatch import Refused

Key = tuple[str, str, tuple[tuple[str, str], ...]]
_KEPT = 100_000
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)$", re.IGNORECASE)


class Datum(NamedTuple):
    """One value put `samples` times, or a statistic set (then `low`, `high` and `total` are its own)."""

    low: float
    high: float
    total: float
    samples: float
    unit: str


@dataclass
class Series:
    """The datapoints of one metric, in time order."""

    times: list[float] = field(default_factory=list)
    data: list[Datum] = field(default_factory=list)
    version: int = 0

    def add(self, at: float, datum: Datum) -> None:
        """Put one datapoint in its place."""
        self.version += 1
        if not self.times or at >= self.times[-1]:
            self.times.append(at)
            self.data.append(datum)
        else:
            place = bisect.bisect_right(self.times, at)
            self.times.insert(place, at)
            self.data.insert(place, datum)
        if len(self.times) > _KEPT:
            del self.times[: _KEPT // 10], self.data[: _KEPT // 10]

    def between(self, start: float, end: float, unit: str | None = None) -> list[Datum]:
        """The datapoints from start to before end, of this unit if one is named."""
        found = self.data[bisect.bisect_left(self.times, start) : bisect.bisect_left(self.times, end)]
        return [datum for datum in found if datum.unit == unit] if unit else found

    def periods(
        self, start: float, end: float, size: float, unit: str | None = None
    ) -> dict[float, list[Datum]]:
        """The datapoints by the start of their period."""
        first, last = bisect.bisect_left(self.times, start), bisect.bisect_left(self.times, end)
        found: dict[float, list[Datum]] = {}
        for at, datum in zip(self.times[first:last], self.data[first:last], strict=True):
            if not unit or datum.unit == unit:
                found.setdefault(math.floor(at / size) * size, []).append(datum)
        return found


class Store:
    """Every series of one account and region."""

    def __init__(self) -> None:
        self.series: dict[Key, Series] = {}

    def put(self, namespace: str, raw: Mapping[str, Any], at: float) -> None:
        """One entry of PutMetricData."""
        series = self.series.setdefault(
            key(namespace, raw["MetricName"], raw.get("Dimensions") or ()), Series()
        )
        unit = raw.get("Unit") or "None"
        if raw.get("StatisticValues"):
            given = {name: float(value) for name, value in raw["StatisticValues"].items()}
            series.add(
                at, Datum(given["Minimum"], given["Maximum"], given["Sum"], given["SampleCount"], unit)
            )
            return
        values = [float(one) for one in raw.get("Values") or [raw["Value"]]]
        counts = [float(one) for one in raw.get("Counts") or [1.0] * len(values)]
        for value, count in zip(values, counts, strict=True):
            series.add(at, Datum(value, value, value * count, count, unit))

    def values(
        self, found: Key, stat: str, period: float, start: float, end: float, unit: str | None = None
    ) -> dict[float, float]:
        """The statistic of each period that has datapoints, by the start of the period."""
        series = self.series.get(found)
        if series is None:
            return {}
        first = math.floor(start / period) * period
        periods = series.periods(first, end, period, unit)
        return {at: statistic(data, stat) for at, data in periods.items()}


def key(namespace: str, name: str, dimensions: Iterable[Mapping[str, str]]) -> Key:
    """What a series is known by; the order of the dimensions does not matter."""
    return namespace, name, tuple(sorted((one["Name"], one["Value"]) for one in dimensions))


def statistic(data: Sequence[Datum], stat: str) -> float:
    """One statistic over datapoints, of which there is at least one. Raises Refused for one that is unknown."""
    plain = _STATISTICS.get(stat)
    if plain is not None:
        return plain(data)
    found = _PERCENTILE.match(stat)
    if found is None:
        raise Refused("InvalidParameterValue", f"The value {stat} for parameter Stat is not supported.")
    return percentile(data, float(found.group(1)))


def percentile(data: Sequence[Datum], wanted: float) -> float:
    """The percentile over the values, each counted as often as it was put."""
    ordered = sorted(
        (datum.total / datum.samples if datum.samples else datum.low, datum.samples) for datum in data
    )
    total = sum(count for _, count in ordered)
    place = wanted / 100 * (total - 1)
    below, seen, last = None, 0.0, ordered[-1][0]
    for value, count in ordered:
        if below is not None:
            low, edge = below
            return low + (value - low) * min(1.0, place - edge)
        seen += count
        if place <= seen - 1:
            return value
        if place < seen:
            below = (value, seen - 1)
    return last


_STATISTICS: Mapping[str, Callable[[Sequence[Datum]], float]] = {
    "Average": lambda data: sum(one.total for one in data) / (sum(one.samples for one in data) or 1),
    "Sum": lambda data: sum(one.total for one in data),
    "Minimum": lambda data: min(one.low for one in data),
    "Maximum": lambda data: max(one.high for one in data),
    "SampleCount": lambda data: sum(one.samples for one in data),
}


def evaluate(expression: str, known: Mapping[str, Mapping[float, float]]) -> dict[float, float]:
    """Metric math over series by id: + - * / and numbers, FILL(m, n), and SUM, AVG, MIN, MAX of an array.

    Raises Refused for anything else.
    """
    try:
        found = _value(ast.parse(expression.strip(), mode="eval").body, known)
    except (SyntaxError, KeyError, ZeroDivisionError) as error:
        raise Refused("ValidationError", f"Error in expression '{expression}': {error}") from None
    if isinstance(found, float):
        every = sorted({at for series in known.values() for at in series})
        return dict.fromkeys(every, found)
    return dict(found)


_OPERATORS: Mapping[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_OVER: Mapping[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "MIN": min,
    "MAX": max,
    "AVG": lambda values: sum(values) / len(values),
}


def _value(node: ast.expr, known: Mapping[str, Mapping[float, float]]) -> float | Mapping[float, float]:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _combine(0.0, _value(node.operand, known), operator.sub)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _combine(_value(node.left, known), _value(node.right, known), _OPERATORS[type(node.op)])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _function(node.func.id, node.args, known)
    raise SyntaxError("not supported here")


def _function(
    name: str, arguments: list[ast.expr], known: Mapping[str, Mapping[float, float]]
) -> float | Mapping[float, float]:
    if name == "FILL":
        series, filler = _value(arguments[0], known), _value(arguments[1], known)
        every = sorted({at for one in known.values() for at in one})
        if isinstance(series, float) or not isinstance(filler, float):
            raise SyntaxError("FILL takes a metric and a number")
        return {at: series.get(at, filler) for at in every}
    if name not in _OVER:
        raise SyntaxError(f"{name} is not supported here")
    members = arguments[0].elts if isinstance(arguments[0], ast.List | ast.Tuple) else arguments
    read = [_value(one, known) for one in members]
    lists = [one for one in read if not isinstance(one, float)]
    every = sorted({at for one in lists for at in one})
    return {at: float(_OVER[name]([one[at] for one in lists if at in one])) for at in every}


def _combine(
    left: float | Mapping[float, float],
    right: float | Mapping[float, float],
    how: Callable[[float, float], float],
) -> float | Mapping[float, float]:
    if isinstance(left, float) and isinstance(right, float):
        return how(left, right)
    if isinstance(left, float):
        assert not isinstance(right, float)
        return {at: how(left, value) for at, value in right.items() if how is not operator.truediv or value}
    if isinstance(right, float):
        return {at: how(value, right) for at, value in left.items()}
    return {
        at: how(value, right[at])
        for at, value in left.items()
        if at in right and (how is not operator.truediv or right[at])
    }
