"""The operations of CloudWatch that concern alarms: made, described by pages of a hundred, set, remembered, tagged."""

from __future__ import annotations

import bisect
from typing import Any

from tradai_console.demo.behaviour.alarms import Alarm, describe, parse_rule
from tradai_console.demo.behaviour.cloudwatch_asking import of, page, tags_of, token, untoken
from tradai_console.demo.behaviour.cloudwatch_tower import (
    Account,
    enter,
    judge_composites,
    lock,
    remember,
    tower,
)
from tradai_console.demo.behaviour.dispatch import Call, Refused, operation, seconds
from tradai_console.demo.behaviour.metrics import key

STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")


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
    with lock:
        account = of(call)
        unknown = sorted(name for name in names if name not in account.alarms)
        if unknown:
            raise Refused(
                "ValidationError", f"AlarmRule must not contain unknown alarms: {', '.join(unknown)}"
            )
        account.rules[call.params["AlarmName"]] = (rule, names)
        _put(call, composite=True)
        judge_composites(account)


def _put(call: Call, *, composite: bool) -> None:
    with lock:
        account, now = of(call), tower.clock.time()
        name = call.params["AlarmName"]
        old = account.alarms.get(name)
        arn = f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:{name}"
        alarm = Alarm(name, arn, composite, dict(call.params), now, state_updated_at=now, transitioned_at=now)
        if old is not None:
            alarm.state, alarm.reason, alarm.reason_data = old.state, old.reason, old.reason_data
            alarm.state_updated_at, alarm.transitioned_at = old.state_updated_at, old.transitioned_at
        account.alarms[name], account.names = alarm, None
        account.tags.setdefault(arn, {}).update(tags_of(call.get("Tags", [])))
        done = "created" if old is None else "updated"
        remember(account, alarm, "ConfigurationUpdate", f'Alarm "{name}" {done}', {"type": done.title()[:-1]})


@operation("cloudwatch", "DescribeAlarms")
def _describe_alarms(call: Call) -> dict[str, Any]:
    with lock:
        account = of(call)
        names = call.get("AlarmNames")
        chosen = account.ordered() if names is None else sorted(set(names) & account.alarms.keys())
        prefix, state, action = call.get("AlarmNamePrefix"), call.get("StateValue"), call.get("ActionPrefix")
        kinds = set(call.get("AlarmTypes") or ("MetricAlarm",))
        related = _related(account, call)
        start = bisect.bisect_right(chosen, untoken(call.get("NextToken")))
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
                    and not any(one.startswith(action) for each in STATES for one in alarm.actions(each))
                )
            ):
                continue
            if count == most:
                return {**told, "NextToken": token(last)}
            told[f"{alarm.kind}s"].append(describe(alarm))
            count, last = count + 1, name
        return told


@operation("cloudwatch", "DescribeAlarmsForMetric")
def _describe_alarms_for_metric(call: Call) -> dict[str, Any]:
    wanted = key(call.params["Namespace"], call.params["MetricName"], call.get("Dimensions", []))
    with lock:
        found = [
            describe(alarm)
            for alarm in of(call).alarms.values()
            if alarm.config.get("MetricName")
            and key(
                alarm.config["Namespace"], alarm.config["MetricName"], alarm.config.get("Dimensions") or ()
            )
            == wanted
        ]
        return {"MetricAlarms": found}


@operation("cloudwatch", "DeleteAlarms")
def _delete_alarms(call: Call) -> None:
    with lock:
        account = of(call)
        for name in call.get("AlarmNames", []):
            alarm = account.alarms.pop(name, None)
            account.rules.pop(name, None)
            if alarm is not None:
                remember(account, alarm, "ConfigurationUpdate", f'Alarm "{name}" deleted', {"type": "Delete"})
        account.names = None


@operation("cloudwatch", "EnableAlarmActions", "DisableAlarmActions")
def _set_actions(call: Call) -> None:
    with lock:
        for name in call.get("AlarmNames", []):
            alarm = of(call).alarms.get(name)
            if alarm is not None:
                alarm.config["ActionsEnabled"] = call.operation == "EnableAlarmActions"
                alarm.described = None


@operation("cloudwatch", "SetAlarmState")
def _set_alarm_state(call: Call) -> None:
    if call.get("StateValue") not in STATES:
        raise Refused("ValidationError", f"StateValue must be one of {', '.join(STATES)}.")
    with lock:
        account = of(call)
        alarm = account.alarms.get(call.get("AlarmName", ""))
        if alarm is None:
            raise Refused("ResourceNotFound", f"Alarm {call.get('AlarmName')} not found.")
        alarm.seen = None
        enter(
            account,
            alarm,
            call.params["StateValue"],
            call.get("StateReason", ""),
            call.get("StateReasonData"),
        )


@operation("cloudwatch", "DescribeAlarmHistory")
def _describe_alarm_history(call: Call) -> dict[str, Any]:
    with lock:
        name, kind = call.get("AlarmName"), call.get("HistoryItemType")
        start, end = seconds(call.get("StartDate")) or 0.0, seconds(call.get("EndDate")) or float("inf")
        kinds = set(call.get("AlarmTypes") or ("MetricAlarm",))
        found = [
            item
            for item in of(call).history
            if (name is None or item["AlarmName"] == name)
            and (kind is None or item["HistoryItemType"] == kind)
            and (name is not None or item["AlarmType"] in kinds)
            and start <= item["Timestamp"].timestamp() <= end
        ]
    if call.get("ScanBy", "TimestampDescending") == "TimestampDescending":
        found.reverse()
    return page("AlarmHistoryItems", found, call, "MaxRecords", 100)


@operation("cloudwatch", "DescribeAlarmContributors")
def _describe_alarm_contributors(call: Call) -> dict[str, Any]:
    with lock:
        if call.params["AlarmName"] not in of(call).alarms:
            raise Refused("ResourceNotFoundException", f"Alarm {call.params['AlarmName']} not found.")
    return {"AlarmContributors": []}


def _related(account: Account, call: Call) -> frozenset[str] | None:
    parent, child = call.get("ChildrenOfAlarmName"), call.get("ParentsOfAlarmName")
    if parent is not None:
        return account.rules.get(parent, (None, frozenset()))[1]
    if child is not None:
        return frozenset(name for name, (_, names) in account.rules.items() if child in names)
    return None


@operation("cloudwatch", "ListTagsForResource")
def _list_tags(call: Call) -> Any:
    with lock:
        tags = of(call).tags.get(call.params["ResourceARN"])
        if tags is None:
            return call.moto()
        return {"Tags": [{"Key": name, "Value": value} for name, value in tags.items()]}


@operation("cloudwatch", "TagResource", "UntagResource")
def _tag(call: Call) -> Any:
    with lock:
        tags = of(call).tags.get(call.params["ResourceARN"])
        if tags is None:
            return call.moto()
        tags.update(tags_of(call.get("Tags", [])))
        for name in call.get("TagKeys", []):
            tags.pop(name, None)
        return {}
