"""CloudWatch: alarms that are evaluated, paged and remembered; metrics with percentiles; mute rules.

AWS judges every alarm by its metric, notifies its topics, keeps its history, knows composite alarms and mute
rules, pages DescribeAlarms by 100 and returns metric alarms only unless told otherwise. moto stores alarms
and evaluates none.

One difference is kept: an alarm whose metric was never published keeps the state it was given (AWS would say
INSUFFICIENT_DATA after a while), so that an alarm can be raised by SetAlarmState alone.
"""

from __future__ import annotations

import base64
import bisect
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.sns.models import sns_backends

from tradai_console.demo.behaviour.alarms import Alarm, Rule, describe, judge, notification, parse_rule
from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.dispatch import Call, Refused, operation, seconds, stamp
from tradai_console.demo.behaviour.metrics import Store, evaluate, key, statistic
from tradai_console.demo.behaviour.mutes import MuteRule, check

__all__ = ["evaluate_now", "put", "state_of", "watch"]

_EVALUATE_EVERY_S = 5.0
_HISTORY_KEPT = 10_000
_STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")


@dataclass
class _Account:
    """Everything of one account and region."""

    account: str
    region: str
    store: Store = field(default_factory=Store)
    alarms: dict[str, Alarm] = field(default_factory=dict)
    rules: dict[str, tuple[Rule, frozenset[str]]] = field(default_factory=dict)
    mutes: dict[str, MuteRule] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    names: list[str] | None = None

    def ordered(self) -> list[str]:
        """Every alarm's name, in order."""
        if self.names is None:
            self.names = sorted(self.alarms)
        return self.names


class _State:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.accounts: dict[tuple[str, str], _Account] = {}
        self.watchers: list[Callable[[str, str, str], None]] = []


_lock = threading.RLock()
_state: _State


def reset(clock: Clock) -> None:
    """Begin at nothing, in this clock's time."""
    global _state
    with _lock:
        _state = _State(clock)
        clock.every(_EVALUATE_EVERY_S, evaluate_now)


# --- levers -----------------------------------------------------------------------------------------------


def evaluate_now() -> None:
    """Judge every metric alarm by its datapoints, now."""
    with _lock:
        now = _state.clock.time()
        for account in _state.accounts.values():
            for alarm in list(account.alarms.values()):
                verdict = None if alarm.composite else judge(alarm, account.store, now, _state.clock.speed)
                if verdict is not None and verdict.state != alarm.state:
                    _enter(account, alarm, verdict.state, verdict.reason, verdict.data)


def put(
    namespace: str,
    name: str,
    value: float,
    dimensions: Mapping[str, str] | None = None,
    *,
    unit: str = "None",
    at: float | None = None,
    account: str = "123456789012",
    region: str = "eu-central-1",
) -> None:
    """Publish one datapoint without a request; `at` is seconds since 1970, now if absent."""
    raw = {
        "MetricName": name,
        "Value": value,
        "Unit": unit,
        "Dimensions": [{"Name": key, "Value": value} for key, value in (dimensions or {}).items()],
    }
    with _lock:
        _account(account, region).store.put(namespace, raw, _state.clock.time() if at is None else at)


def state_of(alarm: str) -> str | None:
    """The state of the alarm with this name, None if there is none."""
    with _lock:
        found = (account.alarms.get(alarm) for account in _state.accounts.values())
        return next((one.state for one in found if one is not None), None)


def watch(hear: Callable[[str, str, str], None]) -> None:
    """Hear of every transition (name, old state, new state), soon after it, with no lock held."""
    with _lock:
        _state.watchers.append(hear)


# --- alarms -----------------------------------------------------------------------------------------------


@operation("cloudwatch", "PutMetricAlarm")
def _put_metric_alarm(call: Call) -> None:
    needed = ("AlarmName", "ComparisonOperator", "EvaluationPeriods")
    if any(call.params.get(name) is None for name in needed):
        raise Refused("ValidationError", f"{', '.join(needed)} are required.")
    if not call.get("MetricName") and not call.get("Metrics"):
        raise Refused("ValidationError", "Either MetricName or Metrics is required.")
    if call.get("Threshold") is None:
        raise Refused("ValidationError", "Threshold is required.")
    _put(call, composite=False)


@operation("cloudwatch", "PutCompositeAlarm")
def _put_composite_alarm(call: Call) -> None:
    rule, names = parse_rule(call.params["AlarmRule"])
    with _lock:
        account = _of(call)
        unknown = sorted(name for name in names if name not in account.alarms)
        if unknown:
            raise Refused(
                "ValidationError", f"AlarmRule must not contain unknown alarms: {', '.join(unknown)}"
            )
        account.rules[call.params["AlarmName"]] = (rule, names)
        _put(call, composite=True)
        _judge_composites(account)


def _put(call: Call, *, composite: bool) -> None:
    with _lock:
        account, now = _of(call), _state.clock.time()
        name = call.params["AlarmName"]
        old = account.alarms.get(name)
        arn = f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:{name}"
        alarm = Alarm(name, arn, composite, dict(call.params), now, state_updated_at=now, transitioned_at=now)
        if old is not None:
            alarm.state, alarm.reason, alarm.reason_data = old.state, old.reason, old.reason_data
            alarm.state_updated_at, alarm.transitioned_at = old.state_updated_at, old.transitioned_at
        account.alarms[name], account.names = alarm, None
        account.tags.setdefault(arn, {}).update(_tags(call.get("Tags", [])))
        done = "created" if old is None else "updated"
        _remember(
            account, alarm, "ConfigurationUpdate", f'Alarm "{name}" {done}', {"type": done.title()[:-1]}
        )


@operation("cloudwatch", "DescribeAlarms")
def _describe_alarms(call: Call) -> dict[str, Any]:
    with _lock:
        account = _of(call)
        names = call.get("AlarmNames")
        chosen = account.ordered() if names is None else sorted(set(names) & account.alarms.keys())
        prefix, state, action = call.get("AlarmNamePrefix"), call.get("StateValue"), call.get("ActionPrefix")
        kinds = set(call.get("AlarmTypes") or ("MetricAlarm",))
        related = _related(account, call)
        start = bisect.bisect_right(chosen, _untoken(call.get("NextToken")))
        most = int(call.get("MaxRecords", 50 if names is None else 100))
        if not 1 <= most <= 100:
            raise Refused("ValidationError", "MaxRecords must be between 1 and 100.")
        told: dict[str, list[Any]] = {"MetricAlarms": [], "CompositeAlarms": []}
        count, last = 0, ""
        for name in chosen[start:]:
            alarm = account.alarms[name]
            if (
                alarm.kind not in kinds
                or (prefix and not name.startswith(prefix))
                or (state and alarm.state != state)
                or (related is not None and name not in related)
                or (
                    action
                    and not any(one.startswith(action) for each in _STATES for one in alarm.actions(each))
                )
            ):
                continue
            if count == most:
                return {**told, "NextToken": _token(last)}
            told[f"{alarm.kind}s"].append(describe(alarm))
            count, last = count + 1, name
        return told


@operation("cloudwatch", "DescribeAlarmsForMetric")
def _describe_alarms_for_metric(call: Call) -> dict[str, Any]:
    wanted = key(call.params["Namespace"], call.params["MetricName"], call.get("Dimensions", []))
    with _lock:
        found = [
            describe(alarm)
            for alarm in _of(call).alarms.values()
            if alarm.config.get("MetricName")
            and key(
                alarm.config["Namespace"], alarm.config["MetricName"], alarm.config.get("Dimensions") or ()
            )
            == wanted
        ]
        return {"MetricAlarms": found}


@operation("cloudwatch", "DeleteAlarms")
def _delete_alarms(call: Call) -> None:
    with _lock:
        account = _of(call)
        for name in call.get("AlarmNames", []):
            alarm = account.alarms.pop(name, None)
            account.rules.pop(name, None)
            if alarm is not None:
                _remember(
                    account, alarm, "ConfigurationUpdate", f'Alarm "{name}" deleted', {"type": "Delete"}
                )
        account.names = None


@operation("cloudwatch", "EnableAlarmActions", "DisableAlarmActions")
def _set_actions(call: Call) -> None:
    with _lock:
        for name in call.get("AlarmNames", []):
            alarm = _of(call).alarms.get(name)
            if alarm is not None:
                alarm.config["ActionsEnabled"] = call.operation == "EnableAlarmActions"
                alarm.described = None


@operation("cloudwatch", "SetAlarmState")
def _set_alarm_state(call: Call) -> None:
    if call.get("StateValue") not in _STATES:
        raise Refused("ValidationError", f"StateValue must be one of {', '.join(_STATES)}.")
    with _lock:
        account = _of(call)
        alarm = account.alarms.get(call.get("AlarmName", ""))
        if alarm is None:
            raise Refused("ResourceNotFound", f"Alarm {call.get('AlarmName')} not found.")
        alarm.seen = None
        _enter(
            account,
            alarm,
            call.params["StateValue"],
            call.get("StateReason", ""),
            call.get("StateReasonData"),
        )


@operation("cloudwatch", "DescribeAlarmHistory")
def _describe_alarm_history(call: Call) -> dict[str, Any]:
    with _lock:
        name, kind = call.get("AlarmName"), call.get("HistoryItemType")
        start, end = seconds(call.get("StartDate")) or 0.0, seconds(call.get("EndDate")) or float("inf")
        kinds = set(call.get("AlarmTypes") or ("MetricAlarm",))
        found = [
            item
            for item in _of(call).history
            if (name is None or item["AlarmName"] == name)
            and (kind is None or item["HistoryItemType"] == kind)
            and (name is not None or item["AlarmType"] in kinds)
            and start <= item["Timestamp"].timestamp() <= end
        ]
    if call.get("ScanBy", "TimestampDescending") == "TimestampDescending":
        found.reverse()
    return _page("AlarmHistoryItems", found, call, "MaxRecords", 100)


@operation("cloudwatch", "DescribeAlarmContributors")
def _describe_alarm_contributors(call: Call) -> dict[str, Any]:
    with _lock:
        if call.params["AlarmName"] not in _of(call).alarms:
            raise Refused("ResourceNotFoundException", f"Alarm {call.params['AlarmName']} not found.")
    return {"AlarmContributors": []}


# --- mute rules -------------------------------------------------------------------------------------------


@operation("cloudwatch", "PutAlarmMuteRule")
def _put_alarm_mute_rule(call: Call) -> None:
    check(call.params)
    with _lock:
        account = _of(call)
        name = call.params["Name"]
        arn = f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm-mute-rule:{name}"
        account.mutes[name] = MuteRule(arn, _stamped(call.params), _state.clock.time())
        account.tags.setdefault(arn, {}).update(_tags(call.get("Tags", [])))


@operation("cloudwatch", "GetAlarmMuteRule")
def _get_alarm_mute_rule(call: Call) -> dict[str, Any]:
    with _lock:
        return _mute(call, "AlarmMuteRuleName").describe(_state.clock.time())


@operation("cloudwatch", "ListAlarmMuteRules")
def _list_alarm_mute_rules(call: Call) -> dict[str, Any]:
    with _lock:
        now, wanted, alarm = _state.clock.time(), call.get("Statuses"), call.get("AlarmName")
        found = [
            rule.summary(now)
            for _, rule in sorted(_of(call).mutes.items())
            if (not wanted or rule.status(now) in wanted) and (alarm is None or alarm in rule.alarms)
        ]
    return _page("AlarmMuteRuleSummaries", found, call, "MaxRecords", 50)


@operation("cloudwatch", "DeleteAlarmMuteRule")
def _delete_alarm_mute_rule(call: Call) -> None:
    with _lock:
        _of(call).mutes.pop(call.params["AlarmMuteRuleName"], None)


# --- metrics ----------------------------------------------------------------------------------------------


@operation("cloudwatch", "PutMetricData")
def _put_metric_data(call: Call) -> None:
    with _lock:
        store, now = _of(call).store, _state.clock.time()
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
    with _lock:
        found = key(call.params["Namespace"], call.params["MetricName"], call.get("Dimensions", []))
        series = _of(call).store.series.get(found)
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
    with _lock:
        store = _of(call).store
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
    with _lock:
        found = [
            {
                "Namespace": space,
                "MetricName": metric,
                "Dimensions": [{"Name": one, "Value": value} for one, value in dimensions],
            }
            for space, metric, dimensions in sorted(_of(call).store.series)
            if namespace in (None, space)
            and name in (None, metric)
            and all(any(one == a and b in (None, value) for one, value in dimensions) for a, b in wanted)
        ]
    return _page("Metrics", found, call, "", 500)


# --- tags -------------------------------------------------------------------------------------------------


@operation("cloudwatch", "ListTagsForResource")
def _list_tags(call: Call) -> Any:
    with _lock:
        tags = _of(call).tags.get(call.params["ResourceARN"])
        if tags is None:
            return call.moto()
        return {"Tags": [{"Key": name, "Value": value} for name, value in tags.items()]}


@operation("cloudwatch", "TagResource", "UntagResource")
def _tag(call: Call) -> Any:
    with _lock:
        tags = _of(call).tags.get(call.params["ResourceARN"])
        if tags is None:
            return call.moto()
        tags.update(_tags(call.get("Tags", [])))
        for name in call.get("TagKeys", []):
            tags.pop(name, None)
        return {}


# --- inside -----------------------------------------------------------------------------------------------


def _enter(account: _Account, alarm: Alarm, state: str, reason: str, data: str | None) -> None:
    old, old_reason, old_data, now = alarm.state, alarm.reason, alarm.reason_data, _state.clock.time()
    alarm.state, alarm.reason, alarm.reason_data = state, reason, data
    alarm.state_updated_at, alarm.described = now, None
    if old == state:
        return
    alarm.transitioned_at = now
    change = {
        "version": "1.0",
        "oldState": {"stateValue": old, "stateReason": old_reason, **_reason_data(old_data)},
        "newState": {"stateValue": state, "stateReason": reason, **_reason_data(data)},
    }
    _remember(account, alarm, "StateUpdate", f"Alarm updated from {old} to {state}", change)
    if alarm.enabled and not _quiet(account, alarm, now):
        _act(account, alarm, old, now)
    for hear in _state.watchers:
        _state.clock.after(0.0, lambda hear=hear: hear(alarm.name, old, state))  # type: ignore[misc]
    if account.rules:
        _judge_composites(account)


def _judge_composites(account: _Account) -> None:
    states = {name: alarm.state for name, alarm in account.alarms.items()}
    for name, (rule, children) in list(account.rules.items()):
        alarm = account.alarms.get(name)
        if alarm is None or not alarm.composite:
            continue
        state = "ALARM" if rule(states) else "OK"
        if state == alarm.state:
            continue
        cause = next((account.alarms[child] for child in sorted(children) if child in account.alarms), alarm)
        newest = max(
            (account.alarms[one] for one in children if one in account.alarms),
            key=_last_change,
            default=cause,
        )
        reason = f"{newest.arn} transitioned to {newest.state} at {stamp(newest.transitioned_at):%A %d %B, %Y %H:%M:%S UTC}"
        _enter(account, alarm, state, reason, None)
        return  # entering has judged the others anew


def _last_change(alarm: Alarm) -> float:
    return alarm.transitioned_at


def _quiet(account: _Account, alarm: Alarm, now: float) -> bool:
    if any(alarm.name in rule.alarms and rule.status(now) == "ACTIVE" for rule in account.mutes.values()):
        return True
    suppressor = str(alarm.config.get("ActionsSuppressor") or "").split(":alarm:", 1)[-1]
    found = account.alarms.get(suppressor)
    return found is not None and found.state == "ALARM"


def _act(account: _Account, alarm: Alarm, old: str, now: float) -> None:
    subject, body = notification(alarm, old, account.account, account.region, now)
    for arn in alarm.actions(alarm.state):
        _remember(
            account, alarm, "Action", f"Successfully executed action {arn}", {"actionState": "Succeeded"}
        )
        if ":sns:" in arn:
            _state.clock.after(0.0, lambda arn=arn: _publish(arn, subject, body))  # type: ignore[misc]
        elif ":lambda:" in arn:
            _state.clock.after(0.0, lambda arn=arn: _invoke(arn, body))  # type: ignore[misc]


def _publish(arn: str, subject: str, body: str) -> None:
    region, account = arn.split(":")[3:5]
    sns_backends[account][region].publish(body, arn=arn, subject=subject[:100])


def _invoke(arn: str, body: str) -> None:
    from tradai_console.demo.behaviour import functions

    functions.invoke(arn, {"source": "aws.cloudwatch", "alarmData": json.loads(body)})


def _remember(account: _Account, alarm: Alarm, kind: str, summary: str, data: Mapping[str, Any]) -> None:
    account.history.append(
        {
            "AlarmName": alarm.name,
            "AlarmType": alarm.kind,
            "Timestamp": _state.clock.now(),
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps(data),
        }
    )
    if len(account.history) > _HISTORY_KEPT:
        del account.history[: _HISTORY_KEPT // 10]


def _reason_data(text: str | None) -> dict[str, Any]:
    try:
        return {"stateReasonData": json.loads(text)} if text else {}
    except ValueError:
        return {"stateReasonData": text}


def _related(account: _Account, call: Call) -> frozenset[str] | None:
    parent, child = call.get("ChildrenOfAlarmName"), call.get("ParentsOfAlarmName")
    if parent is not None:
        return account.rules.get(parent, (None, frozenset()))[1]
    if child is not None:
        return frozenset(name for name, (_, names) in account.rules.items() if child in names)
    return None


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
    most, skip = int(call.get("MaxDatapoints", 100_800)), int(_untoken(call.get("NextToken")) or 0)
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
    return {**told, "NextToken": _token(str(skip + most))} if skip + most < total else told


def _page(name: str, found: list[Any], call: Call, limit: str, default: int) -> dict[str, Any]:
    start = int(_untoken(call.get("NextToken")) or 0)
    end = start + int(call.get(limit, default))
    told: dict[str, Any] = {name: found[start:end]}
    return {**told, "NextToken": _token(str(end))} if end < len(found) else told


def _token(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def _untoken(token: str | None) -> str:
    if not token:
        return ""
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except ValueError:
        raise Refused("InvalidNextToken", "The next token specified is invalid.") from None


def _tags(raw: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in raw}


def _stamped(params: Mapping[str, Any]) -> dict[str, Any]:
    """Times as answers carry them, whichever way the client sent them."""
    given = dict(params)
    for name in ("StartDate", "ExpireDate"):
        at = seconds(given.get(name))
        if at is not None:
            given[name] = stamp(at)
    return given


def _mute(call: Call, name: str) -> MuteRule:
    rule = _of(call).mutes.get(call.params[name])
    if rule is None:
        raise Refused("ResourceNotFoundException", f"Alarm mute rule {call.params[name]} not found.")
    return rule


def _of(call: Call) -> _Account:
    return _account(call.account, call.region)


def _account(account: str, region: str) -> _Account:
    return _state.accounts.setdefault((account, region), _Account(account, region))
