"""The measured courses that probes judge: CloudWatch's series over a window that ends now."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tradai_console.models.figure import Metric, Series
from tradai_console.probes.context import ProbeContext
from tradai_console.sources import fields
from tradai_console.sources.figures import read_window
from tradai_console.sources.pages import everything
from tradai_console.sources.reading import together

CURRENT = 5
"""Points that make "now": one alone is chance."""


def metric(namespace: str, name: str, statistic: str, dimensions: Mapping[str, str] | None = None) -> Metric:
    """One line to ask CloudWatch for; its period is chosen by the window."""
    return Metric(namespace, name, tuple(sorted((dimensions or {}).items())), statistic)


async def read_courses(context: ProbeContext, metrics: Sequence[Metric], minutes: int) -> list[Series]:
    """Each metric over the last minutes (`cloudwatch:GetMetricData`), all asked at once."""
    asked = (read_window(context.door, one, math.ceil(minutes) / 60, context.clock) for one in metrics)
    return await together(asked)


async def discover(context: ProbeContext, name: str) -> list[Metric]:
    """Every metric of this name, whatever its namespace (`cloudwatch:ListMetrics`): that of the platform's own
    metrics is written nowhere."""
    cloudwatch = await context.client("cloudwatch")
    raws = await everything(cloudwatch.list_metrics, "Metrics", MetricName=name)
    found = [_discovered(raw, name) for raw in raws]
    here = [one for one in found if context.env in one.namespace]
    return here or found


def _discovered(raw: Mapping[str, Any], name: str) -> Metric:
    pairs = [(fields.text(one, "Name"), fields.text(one, "Value")) for one in fields.rows(raw, "Dimensions")]
    return Metric(fields.text(raw, "Namespace", fields.NAME_LIMIT), name, tuple(sorted(pairs)))


def current(series: Series, now: datetime) -> float | None:
    """The mean of the newest points; None if there is none, or the newest is too old to say anything of now."""
    return None if gone(series, now) else sum(series.values[-CURRENT:]) / len(series.values[-CURRENT:])


def newest(series: Series, now: datetime) -> float | None:
    """The newest point; None if there is none, or it is too old to say anything of now."""
    return None if gone(series, now) else series.values[-1]


def gone(series: Series, now: datetime) -> bool:
    """Whether CloudWatch has nothing recent: what measured may be gone. It is a few minutes late by nature."""
    if not series.times:
        return True
    return (now - series.times[-1]).total_seconds() > 2 * series.metric.period_s + 480


def total(series: Series) -> float:
    """The sum of a course of sums."""
    return math.fsum(series.values)


def peak(series: Series) -> float | None:
    """The highest point; None if there is none."""
    return max(series.values, default=None)


def peak_at(series: Series) -> datetime | None:
    """When it was highest, the last time."""
    top = peak(series)
    found = [moment for moment, value in zip(series.times, series.values, strict=True) if value == top]
    return found[-1] if found else None
