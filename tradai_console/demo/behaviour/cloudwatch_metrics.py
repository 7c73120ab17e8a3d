"""The operations of CloudWatch that concern metrics: put, asked for by statistic and percentile, listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradai_console.demo.behaviour.cloudwatch_asking import of, page, token, untoken
from tradai_console.demo.behaviour.cloudwatch_tower import lock, tower
from tradai_console.demo.behaviour.dispatch import Call, Refused, operation, seconds, stamp
from tradai_console.demo.behaviour.metrics import evaluate, key, statistic


@operation("cloudwatch", "PutMetricData")
def _put_metric_data(call: Call) -> None:
    with lock:
        store, now = of(call).store, tower.clock.time()
        for raw in call.get("MetricData", []):
            if raw.get("Value") is None and not raw.get("Values") and not raw.get("StatisticValues"):
                raise Refused(
                    "InvalidParameterCombination",
                    "At least one of Value, Values and StatisticValues is needed.",
                )
            at = seconds(raw.get("Timestamp"))
            store.put(call.params["Namespace"], raw, now if at is None else at)


@operation("cloudwatch", "GetMetricStatistics")
def _get_metric_statistics(call: Call) -> dict[str, Any]:
    start, end = seconds(call.params["StartTime"]) or 0.0, seconds(call.params["EndTime"]) or 0.0
    period = int(call.params["Period"])
    plain, extended = call.get("Statistics", []), call.get("ExtendedStatistics", [])
    if not plain and not extended:
        raise Refused("InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics")
    if start >= end:
        raise Refused(
            "InvalidParameterValue", "The parameter StartTime must be less than the parameter EndTime."
        )
    if (end - start) / period > 1440:
        raise Refused(
            "InvalidParameterCombination",
            f"You have requested up to {int((end - start) / period)} datapoints, which exceeds the limit of 1,440.",
        )
    with lock:
        found = key(call.params["Namespace"], call.params["MetricName"], call.get("Dimensions", []))
        series = of(call).store.series.get(found)
        first = start // period * period
        periods = series.periods(first, end, period, call.get("Unit")) if series else {}
        points = []
        for at, data in sorted(periods.items()):
            point: dict[str, Any] = {"Timestamp": stamp(at), "Unit": data[0].unit}
            point |= {name: statistic(data, name) for name in plain}
            if extended:
                point["ExtendedStatistics"] = {name: statistic(data, name) for name in extended}
            points.append(point)
    return {"Label": call.params["MetricName"], "Datapoints": points}


@operation("cloudwatch", "GetMetricData")
def _get_metric_data(call: Call) -> dict[str, Any]:
    queries = call.get("MetricDataQueries", [])
    if len(queries) > 500:
        raise Refused(
            "ValidationError", "The collection MetricDataQueries must not have a size greater than 500."
        )
    start, end = seconds(call.params["StartTime"]) or 0.0, seconds(call.params["EndTime"]) or 0.0
    known: dict[str, dict[float, float]] = {}
    with lock:
        store = of(call).store
        for query in sorted(queries, key=lambda one: "Expression" in one and bool(one["Expression"])):
            if query.get("MetricStat"):
                asked = query["MetricStat"]
                metric = asked["Metric"]
                found = key(metric["Namespace"], metric["MetricName"], metric.get("Dimensions") or ())
                period = int(asked["Period"])
                known[query["Id"]] = store.values(found, asked["Stat"], period, start, end, asked.get("Unit"))
            else:
                known[query["Id"]] = evaluate(query["Expression"], known)
    results = [_series(query, known[query["Id"]], call) for query in queries if query.get("ReturnData", True)]
    return _limited(results, call)


@operation("cloudwatch", "ListMetrics")
def _list_metrics(call: Call) -> dict[str, Any]:
    wanted = [(one["Name"], one.get("Value")) for one in call.get("Dimensions", [])]
    namespace, name = call.get("Namespace"), call.get("MetricName")
    with lock:
        found = [
            {
                "Namespace": space,
                "MetricName": metric,
                "Dimensions": [{"Name": one, "Value": value} for one, value in dimensions],
            }
            for space, metric, dimensions in sorted(of(call).store.series)
            if namespace in (None, space)
            and name in (None, metric)
            and all(any(one == a and b in (None, value) for one, value in dimensions) for a, b in wanted)
        ]
    return page("Metrics", found, call, "", 500)


def _series(query: Mapping[str, Any], values: Mapping[float, float], call: Call) -> dict[str, Any]:
    newest_first = call.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    times = sorted(values, reverse=newest_first)
    label = query.get("Label") or (
        query["MetricStat"]["Metric"]["MetricName"] if query.get("MetricStat") else query["Id"]
    )
    return {
        "Id": query["Id"],
        "Label": label,
        "Timestamps": [stamp(at) for at in times],
        "Values": [values[at] for at in times],
        "StatusCode": "Complete",
    }


def _limited(results: list[dict[str, Any]], call: Call) -> dict[str, Any]:
    """One page of at most MaxDatapoints values; a series that goes on is PartialData."""
    most, skip = int(call.get("MaxDatapoints", 100_800)), int(untoken(call.get("NextToken")) or 0)
    total = sum(len(one["Values"]) for one in results)
    place, page = 0, []
    for one in results:
        first, last = max(0, skip - place), max(0, skip + most - place)
        size = len(one["Values"])
        shown = {**one, "Timestamps": one["Timestamps"][first:last], "Values": one["Values"][first:last]}
        if last < size:
            shown["StatusCode"] = "PartialData"
        if shown["Values"] or not size:
            page.append(shown)
        place += size
    told: dict[str, Any] = {"MetricDataResults": page, "Messages": []}
    return {**told, "NextToken": token(str(skip + most))} if skip + most < total else told
