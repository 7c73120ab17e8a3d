"""Who called what: `cloudtrail.events`, `cloudtrail.denied`, `iam.changes`.

Two places hold CloudTrail's events: the region's own event history (LookupEvents), and the trail's log group.
IAM is global: its events are in the history of us-east-1 alone, and in the log group of a trail of all regions.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tradai_console.errors import AwsError
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.loglines import Place, read_lines
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import ago, at, counted, listed, span
from tradai_console.sources import fields
from tradai_console.sources.trading import parse_moment
from tradai_console.text import plain

PAGES: Final = 2
"""Pages of LookupEvents, fifty events each: two calls a second is all that an account has."""
MANY_DENIED: Final = 20
_IAM: Final = "iam.amazonaws.com"


@dataclass(frozen=True)
class Call:
    """One call of anybody to AWS."""

    at: datetime
    event: str
    source: str
    caller: str
    key: str
    address: str
    error: str
    read_only: bool | None

    @property
    def denied(self) -> bool:
        """Whether AWS refused it for want of permission."""
        return any(word in self.error for word in ("Denied", "Unauthorized", "NotAuthorized", "Forbidden"))


@dataclass(frozen=True)
class Calls:
    """What was found, whether that is all, and where it comes from."""

    found: tuple[Call, ...]
    """Newest first."""
    whole: bool
    where: str


def parse_call(text: str, moment: datetime | None = None) -> Call | None:
    """One event as CloudTrail writes it; None for what is none."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict) or not raw.get("eventName"):
        return None
    when = parse_moment(raw.get("eventTime")) or moment
    who = fields.inner(raw, "userIdentity")
    issuer = fields.inner(fields.inner(who, "sessionContext"), "sessionIssuer")
    arn = fields.text(who, "arn", 300)
    caller = (
        fields.text(who, "userName", 120) or arn.rpartition(":")[2] or fields.text(issuer, "userName", 120)
    )
    return Call(
        at=when or datetime.fromtimestamp(0, UTC),
        event=fields.text(raw, "eventName", 128),
        source=fields.text(raw, "eventSource", 128),
        caller=caller or fields.text(who, "invokedBy", 120) or fields.text(who, "type", 40) or "unknown",
        key=fields.text(who, "accessKeyId", 128),
        address=fields.text(raw, "sourceIPAddress", 128) or "unknown",
        error=fields.text(raw, "errorCode", 128),
        read_only=fields.flag(raw.get("readOnly")),
    )


async def _history(context: ProbeContext, minutes: int, **attribute: str) -> Calls:
    """The region's event history (`cloudtrail:LookupEvents`), newest first, two pages."""
    trail = await context.client("cloudtrail")
    request: dict[str, Any] = {
        "StartTime": context.now - timedelta(minutes=minutes),
        "EndTime": context.now,
        "MaxResults": 50,
    }
    if attribute:
        request["LookupAttributes"] = [
            {"AttributeKey": key, "AttributeValue": value} for key, value in attribute.items()
        ]
    found: list[Call] = []
    for _ in range(PAGES):
        answer = await trail.lookup_events(**request)
        for raw in fields.rows(answer, "Events"):
            call = parse_call(str(raw.get("CloudTrailEvent") or ""), fields.moment(raw.get("EventTime")))
            found += [call] if call is not None else []
        if not answer.get("NextToken"):
            return Calls(_newest(found), whole=True, where="the region's event history")
        request["NextToken"] = answer["NextToken"]
    return Calls(_newest(found), whole=False, where="the newest of the region's event history")


async def _log(context: ProbeContext, minutes: int, condition: str) -> Calls:
    """The trail's log group; other calls than those that fit may come along."""
    place = Place((context.platform.log_groups.cloudtrail,))
    read = await read_lines(context, place, minutes, condition=condition)
    found = [call for line in read.lines if (call := parse_call(line.text, line.at)) is not None]
    where = "the trail's log" if read.whole else f"the trail's log ({read.searched})"
    return Calls(_newest(found), read.whole, where)


def _newest(found: Iterable[Call]) -> tuple[Call, ...]:
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


@probe("cloudtrail.events")
async def events(context: ProbeContext, given: Given) -> Evidence:
    """The event history by one attribute, the others compared here; the trail's log where that does not answer."""
    user, key, event = given.get("user"), given.get("key"), given.get("event")
    attribute = (
        {"AccessKeyId": key} if key else {"Username": user} if user else {"EventName": event} if event else {}
    )
    try:
        calls = await _history(
            context, given.minutes, **{name: value for name, value in attribute.items() if value}
        )
    except AwsError as error:
        try:
            calls = await _log(context, given.minutes, _condition(user, key, event))
        except AwsError:
            raise error from None
    chosen = tuple([one for one in calls.found if _fits(one, user, key, event)])
    return judge_calls(
        whose(user, key, event),
        Calls(chosen, calls.whole, calls.where),
        given.minutes,
        given.limit,
        context.now,
    )


def whose(user: str | None, key: str | None, event: str | None) -> str:
    """Which calls were asked for, as words that follow "calls"."""
    words = (f"of {event}" if event else "", f"by {user}" if user else "", f"with {key}" if key else "")
    return " ".join(filter(None, words)) or "of any caller"


def _condition(user: str | None, key: str | None, event: str | None) -> str:
    tests = [f'$.eventName = "{event}"'] if event else []
    tests += [f'$.userIdentity.accessKeyId = "{key}"'] if key else []
    tests += [f'($.userIdentity.userName = "{user}" || $.userIdentity.arn = "*{user}")'] if user else []
    return " && ".join(tests)


def _fits(one: Call, user: str | None, key: str | None, event: str | None) -> bool:
    named = user is None or one.caller == user or one.caller.rpartition("/")[2] == user
    return named and key in (None, one.key) and event in (None, one.event)


def judge_calls(about: str, calls: Calls, minutes: int, limit: int, now: datetime) -> Evidence:
    """Which calls, and from where? A refused one among them is a warning."""
    window, note = span(minutes * 60), f"({calls.where})"
    if not calls.found:
        verdict = Verdict.OK if calls.whole else Verdict.UNKNOWN
        return Evidence(verdict, f"No call {about} in {window} {note}.")
    shown = calls.found[:limit]
    rows = tuple([_call_row(one, now) for one in shown])
    addresses = [
        f"{address} ({number})"
        for address, number in Counter(one.address for one in calls.found).most_common()
    ]
    refused = sum(bool(one.error) for one in calls.found)
    more = "" if calls.whole else "at least "
    line = f"{more}{counted(len(calls.found), 'call')} {about} in {window} {note}, from {listed(addresses)}"
    line += f"; {refused} ended in an error" if refused else ""
    line += f"; newest {calls.found[0].event}, {ago(calls.found[0].at, now)}."
    return Evidence(Verdict.WARN if refused else Verdict.OK, line[:1].upper() + line[1:], rows)


def _call_row(one: Call, now: datetime) -> Row:
    words = [one.event, one.source.partition(".")[0], one.caller, one.address, one.error]
    return Row(
        at(one.at, now),
        "  ".join([word for word in words if word]),
        Verdict.WARN if one.error else Verdict.OK,
    )


@probe("cloudtrail.denied")
async def denied(context: ProbeContext, given: Given) -> Evidence:
    """The trail's log, which can be asked for errors; the event history cannot, so its newest events are the rest."""
    condition = '$.errorCode = "*Denied*" || $.errorCode = "*Unauthorized*" || $.errorCode = "*Forbidden*"'
    try:
        calls = await _log(context, given.minutes, condition)
    except AwsError:
        calls = await _history(context, given.minutes)
    refused = tuple([one for one in calls.found if one.denied])
    return judge_denied(Calls(refused, calls.whole, calls.where), given.minutes, context.now)


def judge_denied(calls: Calls, minutes: int, now: datetime) -> Evidence:
    """Who was refused, how often, and from where?"""
    window, note = span(minutes * 60), f"({calls.where})"
    if not calls.found:
        verdict = Verdict.OK if calls.whole else Verdict.UNKNOWN
        return Evidence(verdict, f"No call was refused in {window} {note}.")
    callers: dict[str, list[Call]] = {}
    for one in calls.found:
        callers.setdefault(one.caller, []).append(one)
    ordered = sorted(callers.items(), key=lambda pair: -len(pair[1]))
    rows = tuple([_caller_row(caller, found, now) for caller, found in ordered])
    top, found = ordered[0]
    more = "" if calls.whole else "at least "
    line = (
        f"{more}{counted(len(calls.found), 'call')} refused in {window} {note}, {len(found)} of them {top}'s"
    )
    line += f" from {listed(dict.fromkeys(one.address for one in found), 2)}; newest {ago(calls.found[0].at, now)}."
    verdict = Verdict.BAD if len(found) >= MANY_DENIED else Verdict.WARN
    return Evidence(verdict, line[:1].upper() + line[1:], rows, found=_pointed_at(found[0]))


def _pointed_at(call: Call) -> dict[str, str]:
    """Whose call it was: a user with a key of its own, or a task with its role."""
    if call.key.startswith("AKIA"):
        return {"USER_NAME": call.caller, "ACCESS_KEY_ID": call.key}
    session = call.caller.rpartition("/")[2]
    return {"TASK": session} if _TASK.fullmatch(session) else {}


_TASK: Final = re.compile(r"[0-9a-f]{32}")
"""A task's id, which is the session's name where a task calls with its role."""


def _caller_row(caller: str, found: Sequence[Call], now: datetime) -> Row:
    events_ = listed(dict.fromkeys(one.event for one in found), 4)
    told = f"{len(found)} x, newest {ago(found[0].at, now)}: {events_} from {listed(dict.fromkeys(one.address for one in found))}"
    return Row(plain(caller, 120), told, Verdict.BAD if len(found) >= MANY_DENIED else Verdict.WARN)


@probe("iam.changes")
async def changes(context: ProbeContext, given: Given) -> Evidence:
    """IAM's changes in the trail's log; the event history of this region has them only if it is us-east-1."""
    condition = f'$.eventSource = "{_IAM}" && $.readOnly IS FALSE'
    home = context.door.region == "us-east-1"
    try:
        calls = await _log(context, given.minutes, condition)
    except AwsError:
        if not home:
            raise
        calls = await _history(context, given.minutes, EventSource=_IAM)
    made = tuple([one for one in calls.found if one.source == _IAM and one.read_only is not True])
    return judge_changes(Calls(made, calls.whole, calls.where), given.minutes, context.now)


def _who(one: Call, now: datetime) -> str:
    return f"{one.event} by {one.caller} from {one.address}, {ago(one.at, now)}"


_GRAVE: Final = (
    "CreateUser", "CreateAccessKey", "CreateLoginProfile", "AttachUserPolicy", "AttachRolePolicy", "PutUserPolicy",
    "PutRolePolicy", "AddUserToGroup", "UpdateAssumeRolePolicy", "DeactivateMFADevice", "CreatePolicyVersion",
)  # fmt: skip
"""What somebody does who wants to stay, or to be allowed more."""


def judge_changes(calls: Calls, minutes: int, now: datetime) -> Evidence:
    """Were users, roles, policies or keys made or changed? What was refused changed nothing, and is told apart."""
    window, note = span(minutes * 60), f"({calls.where})"
    if not calls.found:
        verdict = Verdict.OK if calls.whole else Verdict.UNKNOWN
        return Evidence(verdict, f"Nothing was changed in IAM in {window} {note}.")
    rows = tuple([_call_row(one, now) for one in calls.found])
    made = [one for one in calls.found if not one.error]
    refused = [one for one in calls.found if one.error]
    tried = f"{counted(len(refused), 'attempt')} failed" if refused else ""
    if not made:
        line = f"Nothing was changed in IAM in {window} {note}; {tried}, newest {_who(refused[0], now)}."
        return Evidence(Verdict.WARN, line, rows)
    grave = [one for one in made if one.event in _GRAVE]
    word = f", {len(grave)} of them to access itself" if grave else ""
    line = (
        f"{counted(len(made), 'change')} in IAM in {window} {note}{word}; newest {_who((grave or made)[0], now)}"
        f"{f'; {tried}' if tried else ''}."
    )
    return Evidence(Verdict.BAD if grave else Verdict.WARN, line, rows)
