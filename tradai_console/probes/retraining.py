"""Retraining and rollback of models: `retraining.state`, `retraining.runs`, `model.rollback_state`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from tradai_console.errors import AwsError, Denied, Expired, NotFound, Unreachable
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.execution import Execution
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.executions import limit_s, read_executions
from tradai_console.probes.health import row_about
from tradai_console.probes.places import read_function
from tradai_console.probes.registry import probe
from tradai_console.probes.rows import get_row, scan_rows, shown, shown_rows
from tradai_console.probes.wording import ago, counted, span
from tradai_console.sources import fields
from tradai_console.sources.reading import secondary
from tradai_console.sources.trading import parse_moment
from tradai_console.text import plain

COOLDOWN_HOURS: Final = 24.0
_ROLLED_BACK: Final = (
    "rolled_back_at", "last_rollback", "last_rollback_at", "rollback_at", "completed_at", "timestamp", "created_at",
    "updated_at",
)  # fmt: skip
"""Under which names the table may say when; no document does."""


async def _hours(context: ProbeContext, function: str, variable: str) -> float:
    """The cooldown that the function is set to, by its own configuration."""
    raw = await secondary(read_function(context, function), {}, [], "configuration")
    variables = fields.inner(fields.inner(raw, "Environment"), "Variables")
    return fields.number(variables.get(variable)) or COOLDOWN_HOURS


@probe("retraining.state")
async def state(context: ProbeContext, given: Given) -> Evidence:
    """The model's row of retraining state (`dynamodb:GetItem`)."""
    model, table = given["model"], context.platform.tables.retraining_state
    row, hours = await asyncio.gather(
        get_row(context, table, "model_name", model),
        _hours(context, "retraining-scheduler", "MIN_HOURS_BETWEEN_RETRAINING"),
    )
    return judge_retraining(model, row, hours, context.now)


def judge_retraining(model: str, row: Mapping[str, Any] | None, hours: float, now: datetime) -> Evidence:
    """Does the cooldown hold? While it does, an unforced request answers success and does nothing."""
    if row is None:
        return Evidence(Verdict.OK, f"{model} has no retraining on record, so no cooldown holds.")
    rows = shown_rows(row)
    last = parse_moment(row.get("last_retrained"))
    if last is None:
        line = f"The row of {model} does not tell when it was last retrained: whether the cooldown holds is open."
        return Evidence(Verdict.UNKNOWN, line, rows)
    left_s = hours * 3600 - (now - last).total_seconds()
    if left_s > 0:
        line = (
            f"{model} was retrained {ago(last, now)}: the {hours:.0f} h cooldown holds for {span(left_s)} more. "
            "A request without force answers success and does nothing."
        )
        return Evidence(Verdict.WARN, line, rows)
    return Evidence(Verdict.OK, f"{model} was last retrained {ago(last, now)}; no cooldown holds.", rows)


@probe("retraining.runs")
async def runs(context: ProbeContext, given: Given) -> Evidence:
    """Executions of the retraining machine; of a model by their names, else by the inputs of the newest."""
    found = (await read_executions(context, "retraining")).items
    model = given.get("model")
    own = found if model is None else await _of_model(context, found, model)
    return judge_runs(model, own, limit_s(own[0], context) if own else None, context.now)


async def _of_model(context: ProbeContext, found: Sequence[Execution], model: str) -> tuple[Execution, ...]:
    def same(text: str) -> str:
        return "".join(letter for letter in text.lower() if letter.isalnum())

    named = tuple([one for one in found if same(model) in same(one.name)])
    if named or not found:
        return named
    states = await context.client("stepfunctions")

    async def asks_for(one: Execution) -> bool:
        answer = await states.describe_execution(executionArn=one.arn)
        return f'"{model}"' in str(answer.get("input") or "")

    newest = found[:8]
    fits = await asyncio.gather(*[asks_for(one) for one in newest])
    return tuple([one for one, fit in zip(newest, fits, strict=True) if fit])


def judge_runs(model: str | None, found: Sequence[Execution], limit: float | None, now: datetime) -> Evidence:
    """How did the newest end? SUCCEEDED is no success where a failed training was caught."""
    whose = f" of {model}" if model else ""
    if not found:
        return Evidence(Verdict.UNKNOWN, f"No retraining{whose} is known to Step Functions.")
    ordered = sorted(found, key=lambda one: one.started_at, reverse=True)
    rows = tuple([_run_row(one, now) for one in ordered])
    newest = ordered[0]
    began = f"the newest retraining{whose} began {ago(newest.started_at, now)}"
    if newest.stopped_at is None:
        took = newest.duration_s(now)
        over = limit is not None and took > limit
        where = f" in {newest.current_state}" if newest.current_state else ""
        line = f"{began} and runs{where}, {'past its time limit' if over else 'within its time limit'}."
        return Evidence(Verdict.BAD if over else Verdict.OK, line[:1].upper() + line[1:], rows)
    why = ": ".join(filter(None, (newest.failed_state, newest.error, plain(newest.cause or "", 160))))
    if newest.caught:
        line = f"{began} and SUCCEEDED, but {why or 'a state failed'} was caught: there is no new model."
        return Evidence(Verdict.BAD, line[:1].upper() + line[1:], rows)
    if newest.failed:
        return Evidence(
            Verdict.BAD,
            f"{began[:1].upper()}{began[1:]} and {newest.status}: {why or 'no reason known'}.",
            rows,
        )
    failed = sum(one.failed for one in ordered)
    others = (
        f"; {failed} of {len(ordered)} known failed"
        if failed
        else f"; {counted(len(ordered), 'run')} known, none failed"
    )
    return Evidence(
        Verdict.OK,
        f"{began[:1].upper()}{began[1:]} and {newest.status}, {span(newest.duration_s(now))}{others}.",
        rows,
    )


def _run_row(one: Execution, now: datetime) -> Row:
    word = f"{one.status}, failure caught" if one.caught else one.status
    told = "  ".join(
        filter(
            None,
            (
                word,
                f"started {ago(one.started_at, now)}",
                span(one.duration_s(now)),
                one.failed_state,
                one.error,
            ),
        )
    )
    return Row(one.name, told, Verdict.BAD if one.failed else Verdict.OK)


@probe("model.rollback_state")
async def rollback_state(context: ProbeContext, given: Given) -> Evidence:
    """The model's row of rollback state (`dynamodb:GetItem`; `dynamodb:Scan` if its key is another)."""
    model, table = given["model"], context.platform.tables.rollback_state
    row, hours = await asyncio.gather(
        _rollback_row(context, table, model), _hours(context, "model-rollback", "ROLLBACK_COOLDOWN_HOURS")
    )
    return judge_rollback(model, row, hours, context.now)


async def _rollback_row(context: ProbeContext, table: str, model: str) -> Mapping[str, Any] | None:
    try:
        return await get_row(context, table, "model_name", model)
    except (Denied, Expired, NotFound, Unreachable):
        raise
    except AwsError:
        # Two documents claim the table for two things: its key may be another.
        return row_about(await scan_rows(context, table), (model,))


def judge_rollback(model: str, row: Mapping[str, Any] | None, hours: float, now: datetime) -> Evidence:
    """When was it last rolled back, and does the cooldown hold?"""
    if row is None:
        return Evidence(Verdict.OK, f"No rollback of {model} is on record, so no cooldown holds.")
    rows = shown_rows(row)
    moments = [moment for key in _ROLLED_BACK if (moment := parse_moment(row.get(key))) is not None]
    way = f"{shown(row.get('from_version') or '?')} -> {shown(row.get('to_version') or row.get('target_version') or '?')}"
    if not moments:
        return Evidence(
            Verdict.UNKNOWN, f"{model} was rolled back ({way}); its row does not tell when.", rows
        )
    left_s = hours * 3600 - (now - moments[0]).total_seconds()
    told = (
        f"{model} was rolled back {ago(moments[0], now)} ({way}, {shown(row.get('reason') or 'no reason')})"
    )
    if left_s > 0:
        return Evidence(
            Verdict.WARN, f"{told}; the {hours:.0f} h cooldown holds for {span(left_s)} more.", rows
        )
    return Evidence(Verdict.OK, f"{told}; no cooldown holds.", rows)
