"""A plan carried out: gate, confirmation, identity, intent, calls, a new reading, result. In this order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from tradai_console.errors import AwsError, ChangeRefused, JournalError, Unavailable, Unreachable
from tradai_console.journal.base import Entry, Kind
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.operations.context import ActionContext, is_production
from tradai_console.operations.lambda_answer import read_payload, refusal_in
from tradai_console.operations.plan import Call, Confirm, Hidden, HiddenJson, Kept, Plan
from tradai_console.operations.registry import OPERATIONS
from tradai_console.redact import redact
from tradai_console.text import plain

OLDEST: Final = timedelta(minutes=5)
"""What a plan rests on may have changed after so long: it has to be made anew."""

LOOK_S: Final = 20.0
"""How long the reading afterwards may take."""


async def carry_out(
    plan: Plan,
    context: ActionContext,
    *,
    typed: str | None = None,
    answers: Mapping[str, str] | None = None,
) -> Evidence:
    """Make the change, and say what AWS shows afterwards. Calling it is the plain confirmation.

    `typed` is the name that was typed, `answers` what was typed unseen. Raises ChangeRefused where nothing was
    sent, JournalError where the intent could not be kept (and nothing was sent). What AWS refused, and what
    nobody knows the outcome of, is told by the evidence.
    """
    given = dict(answers or {})
    _may_begin(plan, context, typed, given)
    await _same_account(plan, context)
    intent = await context.journal.write(_entry(Kind.INTENT, plan, context, f"{plan.title}"), spool=False)
    try:
        evidence = await _make_calls(plan, context, given)
    except BaseException:
        told = Evidence(Verdict.UNKNOWN, "it was cut off: it may or may not have happened")
        await asyncio.shield(_journal_result(plan, context, intent, told))
        raise
    await _journal_result(plan, context, intent, evidence)
    return evidence


def _may_begin(plan: Plan, context: ActionContext, typed: str | None, given: Mapping[str, str]) -> None:
    if not context.settings.allow_changes:
        raise ChangeRefused(f"{plan.action}: this console is read-only; start it with --allow-changes")
    if plan.refused is not None:
        raise ChangeRefused(plan.refused)
    if plan.action not in OPERATIONS or not plan.calls:
        raise ChangeRefused(f"{plan.action} is no plan of this console")
    if plan.environment != context.settings.env:
        raise ChangeRefused(
            f"the plan is for {plan.environment}, and this console is on {context.settings.env}"
        )
    if context.clock.now() - plan.made_at > OLDEST:
        raise ChangeRefused("the plan is older than 5 minutes: look again, things may have changed")
    if plan.confirm is Confirm.TYPE_NAME or is_production(context.settings.env):
        _named(plan, typed)
    for ask in plan.asks:
        if len(given.get(ask.name, "").strip()) < ask.least:
            raise ChangeRefused(f"{ask.prompt}: at least {ask.least} characters are needed; nothing was sent")


def _named(plan: Plan, typed: str | None) -> None:
    if not plan.type_name or typed != plan.type_name:
        raise ChangeRefused(f"type {plan.type_name or plan.resource} to do this; nothing was sent")


async def _same_account(plan: Plan, context: ActionContext) -> None:
    """Asked anew, not remembered: a login may have changed since the plan was made."""
    if {context.door.region, (context.changes or context.door).region} != {plan.region}:
        raise ChangeRefused(f"the plan is for {plan.region}, and this console is on {context.door.region}")
    sts = await (context.changes or context.door).client("sts")
    account = str((await sts.get_caller_identity()).get("Account", ""))
    if account != plan.account or not account:
        raise ChangeRefused(
            f"the plan is for account {plan.account}, and the credentials are now of {plain(account, 20)}: nothing was sent"
        )


async def _make_calls(plan: Plan, context: ActionContext, given: Mapping[str, str]) -> Evidence:
    kept: dict[str, Any] = {}
    got: list[Mapping[str, Any]] = []
    for number, call in enumerate(plan.calls, 1):
        place = f" (call {number} of {len(plan.calls)})" if len(plan.calls) > 1 else ""
        try:
            answer = await _send(call, context, given, kept)
        except (Unreachable, Unavailable) as error:
            now = await _look(plan, context, tuple(got))
            return _told(
                now, Verdict.UNKNOWN, f"no sure answer{place}, it may have happened: {error}. Now: {now.line}"
            )
        except AwsError as error:
            now = await _look(plan, context, tuple(got))
            return _told(now, Verdict.BAD, f"AWS refused it{place}: {error}. Now: {now.line}")
        got.append(answer)
        refusal = refusal_in(answer)
        if refusal is not None:
            now = await _look(plan, context, tuple(got))
            return _told(now, Verdict.BAD, f"the function refused it{place}: {refusal}")
    return await _look(plan, context, tuple(got))


async def _send(
    call: Call, context: ActionContext, given: Mapping[str, str], kept: dict[str, Any]
) -> Mapping[str, Any]:
    from botocore import xform_name

    client = await (context.changes or context.door).client(call.service)
    answer = await getattr(client, xform_name(call.operation))(**_resolved(call.parameters, given, kept))
    if (call.service, call.operation) == ("lambda", "Invoke"):
        answer = await read_payload(answer)
    if call.keeps is not None:
        name, path = call.keeps
        value: Any = answer
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is None:
            raise Unavailable(f"{call.service}:{call.operation}: the answer lacks {'.'.join(path)}")
        kept[name] = value
    return answer if isinstance(answer, Mapping) else {}


def _resolved(value: Any, given: Mapping[str, str], kept: Mapping[str, Any]) -> Any:
    if isinstance(value, Hidden):
        return given[value.name].strip()
    if isinstance(value, HiddenJson):
        return json.dumps({name: given[hidden.name].strip() for name, hidden in value.fields})
    if isinstance(value, Kept):
        return kept[value.name]
    if isinstance(value, Mapping):
        return {key: _resolved(inner, given, kept) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_resolved(inner, given, kept) for inner in value]
    return value


async def _look(plan: Plan, context: ActionContext, got: tuple[Mapping[str, Any], ...]) -> Evidence:
    """What AWS shows now; never raises an error of AWS's: the change itself has been made or not."""
    try:
        async with asyncio.timeout(LOOK_S):
            found = await OPERATIONS[plan.action].look(plan, context, got)
    except AwsError as error:
        return Evidence(Verdict.UNKNOWN, f"it could not be read again: {error}", taken_at=context.clock.now())
    except TimeoutError:
        return Evidence(
            Verdict.UNKNOWN, f"it could not be read again in {LOOK_S:.0f} s", taken_at=context.clock.now()
        )
    rows = tuple(
        Row(plain(row.name, 200), plain(redact(row.value), 1_000), row.verdict) for row in found.rows
    )
    return replace(found, line=plain(redact(found.line), 600), rows=rows, taken_at=context.clock.now())


def _told(now: Evidence, verdict: Verdict, line: str) -> Evidence:
    return replace(now, verdict=verdict, line=plain(redact(line), 900))


async def _journal_result(plan: Plan, context: ActionContext, intent: Entry, evidence: Evidence) -> None:
    data = {"intent": intent.id, "verdict": evidence.verdict.value}
    # Kept waiting in memory where it cannot be written: the change has been made, and must not look refused.
    with suppress(JournalError):
        await context.journal.write(_entry(Kind.RESULT, plan, context, evidence.line, **data))


def _entry(kind: Kind, plan: Plan, context: ActionContext, text: str, **data: Any) -> Entry:
    facts = {
        "action": plan.action,
        "account": plan.account,
        "region": plan.region,
        "environment": plan.environment,
        "resource": plan.resource,
        "command": plan.aws_line,
    }
    return Entry(
        kind=kind,
        at=context.clock.now(),
        operator=context.operator,
        incident=context.incident,
        runbook=context.runbook,
        section=context.section,
        step=context.step,
        text=text,
        data={**facts, **data},
    )
