"""The operations of CloudWatch that concern mute rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradai_console.demo.behaviour.cloudwatch_asking import of, page, tags_of
from tradai_console.demo.behaviour.cloudwatch_tower import lock, tower
from tradai_console.demo.behaviour.dispatch import Call, Refused, operation, seconds, stamp
from tradai_console.demo.behaviour.mutes import MuteRule, check


@operation("cloudwatch", "PutAlarmMuteRule")
def _put_alarm_mute_rule(call: Call) -> None:
    check(call.params)
    with lock:
        account = of(call)
        name = call.params["Name"]
        arn = f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm-mute-rule:{name}"
        account.mutes[name] = MuteRule(arn, _stamped(call.params), tower.clock.time())
        account.tags.setdefault(arn, {}).update(tags_of(call.get("Tags", [])))


@operation("cloudwatch", "GetAlarmMuteRule")
def _get_alarm_mute_rule(call: Call) -> dict[str, Any]:
    with lock:
        return _mute(call, "AlarmMuteRuleName").describe(tower.clock.time())


@operation("cloudwatch", "ListAlarmMuteRules")
def _list_alarm_mute_rules(call: Call) -> dict[str, Any]:
    with lock:
        now, wanted, alarm = tower.clock.time(), call.get("Statuses"), call.get("AlarmName")
        found = [
            rule.summary(now)
            for _, rule in sorted(of(call).mutes.items())
            if (not wanted or rule.status(now) in wanted) and (alarm is None or alarm in rule.alarms)
        ]
    return page("AlarmMuteRuleSummaries", found, call, "MaxRecords", 50)


@operation("cloudwatch", "DeleteAlarmMuteRule")
def _delete_alarm_mute_rule(call: Call) -> None:
    with lock:
        of(call).mutes.pop(call.params["AlarmMuteRuleName"], None)


def _stamped(params: Mapping[str, Any]) -> dict[str, Any]:
    """Times as answers carry them, whichever way the client sent them."""
    given = dict(params)
    for name in ("StartDate", "ExpireDate"):
        at = seconds(given.get(name))
        if at is not None:
            given[name] = stamp(at)
    return given


def _mute(call: Call, name: str) -> MuteRule:
    rule = of(call).mutes.get(call.params[name])
    if rule is None:
        raise Refused("ResourceNotFoundException", f"Alarm mute rule {call.params[name]} not found.")
    return rule
