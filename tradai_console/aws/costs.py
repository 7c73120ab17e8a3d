"""What calls cost, as data: list prices in US dollars, us-east-1. An estimate: free tiers are not counted."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any, Final

METRIC_USD: Final = 0.01 / 1000
"""One metric asked of GetMetricData; up to five statistics of one metric are one."""

STATISTICS_A_METRIC: Final = 5

SCANNED_GB_USD: Final = 0.005
"""A gigabyte that a Logs Insights query reads."""

LIVE_TAIL_MINUTE_USD: Final = 0.01

CALL_USD: Final[Mapping[str, float]] = {
    "cloudwatch": 0.01 / 1000,
    "dynamodb": 0.125 / 1_000_000,
    "sqs": 0.40 / 1_000_000,
}
"""Any other call of a service; services that are not here are free to read."""


def call_usd(service: str, operation: str, params: Mapping[str, Any]) -> float:
    """What sending this request costs."""
    if (service, operation) == ("cloudwatch", "GetMetricData"):
        return metrics_asked(params) * METRIC_USD
    return CALL_USD.get(service, 0.0)


def metrics_asked(params: Mapping[str, Any]) -> int:
    """How many metrics a GetMetricData request is billed for; expressions over them are free."""
    statistics: dict[str, set[str]] = {}
    for query in params.get("MetricDataQueries") or ():
        wanted = query.get("MetricStat")
        if wanted:
            metric = repr(sorted((wanted.get("Metric") or {}).items(), key=lambda item: item[0]))
            statistics.setdefault(metric, set()).add(str(wanted.get("Stat")))
    return sum(ceil(len(names) / STATISTICS_A_METRIC) for names in statistics.values())


def scanned_usd(answer: Mapping[str, Any]) -> float:
    """What a Logs Insights query has cost so far, by the bytes in its answer's statistics."""
    scanned = (answer.get("statistics") or {}).get("bytesScanned") or 0.0
    return float(scanned) / 1e9 * SCANNED_GB_USD
