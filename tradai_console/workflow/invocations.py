"""The Lambda functions of an execution: which invocation an attempt made, and what that one's log says."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from tradai_console.logs.event import events_of
from tradai_console.logs.lines import read_line
from tradai_console.models.evidence import Verdict
from tradai_console.models.log import LogLine
from tradai_console.models.workflow import Outcome
from tradai_console.models.workflow_joined import Invocation
from tradai_console.platform import Platform
from tradai_console.probes.context import ProbeContext
from tradai_console.probes.gathering import quoted
from tradai_console.probes.loglines import patiently
from tradai_console.sources import fields
from tradai_console.workflow.events import HistoryEvent
from tradai_console.workflow.loglines import Invoked, invocation_log, told_of
from tradai_console.workflow.outline import function_of
from tradai_console.workflow.tree import Node, Try

REFUSED: Final = "stale_or_invalid_transition"
_REQUEST: Final = re.compile(
    r'"(?:requestId|RequestId|x-amzn-RequestId|aws_request_id)"\s*:\s*\[?\s*"([0-9a-f-]{36})"'
)
_WITHOUT_LIMIT: Final = timedelta(minutes=15)
"""No function runs longer."""


def short_name(platform: Platform, function: str) -> str:
    """`update-status` of `tradai-update-status-prod`; a foreign name is itself."""
    before, _, after = platform.functions.name.partition("{name}")
    fits = (
        function.startswith(before) and function.endswith(after) and len(function) > len(before) + len(after)
    )
    return function[len(before) : len(function) - len(after)] if fits else function


def request_id_of(one: Try) -> str | None:
    """The invocation's request id: of the answer's metadata, or of the error that the runtime reported."""
    for event in (one.ended, one.submitted):
        found = _REQUEST.search(event.text("output") or event.text("cause")) if event is not None else None
        if found:
            return found[1]
    return None


async def read_invocation(
    context: ProbeContext, node: Node, number: int, words: Sequence[str]
) -> Invocation | None:
    """The invocation of a state's attempt (the first is 1; 0 is the newest), with its log; None if it called none."""
    tries = node.tries
    one = (tries[number - 1] if number else tries[-1]) if tries and number <= len(tries) else None
    function = function_of(one) if one is not None else None
    if one is None or function is None:
        return None
    name = short_name(context.platform, function)
    begin = one.scheduled.at if one.scheduled is not None else None
    ended = one.ended.at if one.ended is not None else None
    if begin is None:
        begin = (ended or context.now) - _WITHOUT_LIMIT
    end = min(ended or context.now, begin + _WITHOUT_LIMIT)
    log, invoked = await invocation_log(context, name, begin, end, request_id=request_id_of(one), words=words)
    return Invocation(
        visit=node.id,
        function=name,
        request_id=invoked.request_id if invoked is not None else request_id_of(one),
        verdict=Verdict.BAD if one.outcome in (Outcome.FAILED, Outcome.TIMED_OUT) else Verdict.OK,
        told=_told(one, invoked),
        log=log,
    )


def _told(one: Try, invoked: Invoked | None) -> str:
    words = [told_of(invoked) if invoked is not None else "its lines were not found"]
    refused = refusal_in(one.ended)
    if refused:
        words.append(refused)
    return "; ".join(words)


def refusal_in(event: HistoryEvent | None) -> str | None:
    """What a function that wraps errors into a good answer says in it; None if it is well."""
    if event is None or event.failed:
        return None
    try:
        value = json.loads(event.text("output"))
    except (ValueError, RecursionError):
        return None
    payload = value.get("Payload", value) if isinstance(value, dict) else None
    if not isinstance(payload, dict):
        return None
    for key, good in (("valid", True), ("updated", True), ("success", True), ("ok", True)):
        if payload.get(key) is (not good):
            why = (
                payload.get("reason")
                or payload.get("errors")
                or payload.get("error")
                or payload.get("message")
            )
            return f"answered {key}=false{f': {why}' if why else ''}: an error inside a good answer"
    code = fields.whole(payload.get("statusCode"))
    if code is not None and code >= 400:
        return f"answered with status {code} inside a good answer"
    return None


async def read_refusals(context: ProbeContext, job_id: str, since_ms: int) -> tuple[LogLine, ...]:
    """Lines of update-status that tell of refused writes for this job (`logs:FilterLogEvents`). Raises AwsError."""
    group = context.platform.lambda_group("update-status")
    logs = await context.client("logs")
    answer = await patiently(
        lambda: logs.filter_log_events(
            logGroupName=group,
            startTime=max(0, since_ms),
            filterPattern=f"{quoted(job_id)} {quoted(REFUSED)}",
            limit=20,
        )
    )
    return tuple([read_line(one, "update-status") for one in events_of(group, fields.rows(answer, "events"))])
