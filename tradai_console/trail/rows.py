"""The rows of the platform's tables that an id leads to: a job by its key and by its trace, a session by its key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from tradai_console.models.log import milliseconds
from tradai_console.models.trail import TrailEvent
from tradai_console.probes.context import ProbeContext
from tradai_console.probes.rows import get_row, shown
from tradai_console.sources import fields
from tradai_console.sources.failures import parse_cause
from tradai_console.sources.trading import parse_moment, parse_row
from tradai_console.text import plain
from tradai_console.trail.found import Found

BY_TRACE: Final = "trace_id-index"
MOST_JOBS: Final = 10
"""Jobs of one trace."""

ENDED: Final = frozenset({"COMPLETED", "FAILED", "CANCELLED"})
_LEVELS: Final = {"FAILED": "ERROR", "CANCELLED": "WARNING"}
_TOLD: Final = ("job_type", "strategy_name", "model_name", "timeframe", "timerange")
_IDS: Final = ("job_id", "trace_id", "correlation_id", "mlflow_run_id", "execution_arn", "ecs_task_arn")
_LONGEST_ROW: Final = 100
"""Attributes of a row that are kept."""


async def read_job(context: ProbeContext, job_id: str) -> Found | None:
    """The job with this key (`dynamodb:GetItem`); None if there is none. Raises AwsError."""
    row = await get_row(context, context.platform.tables.workflow_state, "job_id", job_id)
    return None if row is None else job_found(row, context)


async def read_jobs_of(context: ProbeContext, trace_id: str) -> Found:
    """Every job of this trace (`dynamodb:Query` of the trace index). Raises AwsError."""
    dynamodb = await context.client("dynamodb")
    answer = await dynamodb.query(
        TableName=context.platform.tables.workflow_state,
        IndexName=BY_TRACE,
        KeyConditionExpression="trace_id = :trace",
        ExpressionAttributeValues={":trace": {"S": trace_id}},
        Limit=MOST_JOBS,
    )
    # An index may hold a part of the row only: the key leads to the whole of it.
    keys = [str(parse_row(raw).get("job_id") or "") for raw in fields.rows(answer, "Items")]
    found = [one for key in keys if key and (one := await read_job(context, key)) is not None]
    return Found(
        tuple([piece for one in found for piece in one.pieces]),
        tuple([value for one in found for value in one.ids]),
        open=any(one.open for one in found),
    )


async def read_session(context: ProbeContext, strategy_id: str) -> Found | None:
    """The trading session with this key (`dynamodb:GetItem`); None if there is none. Raises AwsError."""
    table = context.platform.tables.trading_state
    row = await get_row(context, table, "strategy_id", strategy_id)
    if row is None:
        return None
    status = plain(row.get("status") or "without a status", 40)
    at = _latest(row) or context.now
    words = f"{plain(strategy_id, 80)} is {status}, its last heartbeat was {plain(row.get('last_heartbeat') or 'never', 40)}"
    return Found((_piece(table, "trading-state", strategy_id, row, at, status, words, None),))


def job_found(row: Mapping[str, Any], context: ProbeContext) -> Found:
    """The row as pieces: when it was accepted, when it began, how it ended."""
    table = context.platform.tables.workflow_state
    job_id = plain(row.get("job_id") or "", fields.NAME_LIMIT)
    status = plain(row.get("status") or "", 40)
    moments = {
        name: parse_moment(row.get(name))
        for name in ("created_at", "started_at", "completed_at", "updated_at")
    }
    about = " ".join([plain(row[name], 80) for name in _TOLD if row.get(name)])
    by = f" by {plain(row['submitted_by'], 80)}" if row.get("submitted_by") else ""
    # Each moment keeps the spelling of the status that the row has now: the platform has two.
    said = str.upper if status.isupper() else str.lower
    pieces = []
    if (created := moments["created_at"]) is not None:
        words = f"job {job_id} accepted{by}: {about}".rstrip(": ")
        pieces.append(_piece(table, "workflow-state", job_id, row, created, said("pending"), words, None))
    if (started := moments["started_at"]) is not None:
        pieces.append(
            _piece(
                table, "workflow-state", job_id, row, started, said("running"), f"job {job_id} running", None
            )
        )
    known = {piece.status for piece in pieces}
    if status and status not in known:
        at = moments["completed_at"] or moments["updated_at"] or started or created or context.now
        words = f"job {job_id} {status}{_why(row)}"
        level = _LEVELS.get(status.upper())
        pieces.append(_piece(table, "workflow-state", job_id, row, at, status, words, level))
    ids = [str(row[name]) for name in _IDS if isinstance(row.get(name), str) and row[name]]
    return Found(tuple(pieces), tuple(ids), open=status.upper() not in ENDED)


def _piece(
    table: str,
    service: str,
    key: str,
    row: Mapping[str, Any],
    at: datetime,
    status: str,
    words: str,
    level: str | None,
) -> TrailEvent:
    return TrailEvent(
        "state",
        f"{table}/{key}/{status.lower()}",
        milliseconds(at),
        service,
        plain(words, 400),
        level,
        status=status,
        table=table,
        row=_shown(row),
    )


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {plain(name, 120): _value(row[name]) for name in sorted(row)[:_LONGEST_ROW]}


def _value(value: Any) -> Any:
    """The value, its texts safe to draw; what is neither text nor structure, or deep, is told in words."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {plain(name, 120): shown(inner) for name, inner in [*value.items()][:_LONGEST_ROW]}
    if isinstance(value, list):
        return [shown(inner) for inner in value[:_LONGEST_ROW]]
    return shown(value)


def _why(row: Mapping[str, Any]) -> str:
    error = row.get("error")
    if isinstance(error, Mapping):
        parts: Iterable[str | None] = (
            plain(error.get("Error") or "", 120) or None,
            parse_cause(error.get("Cause")),
        )
        told = ": ".join([part for part in parts if part])
    else:
        told = plain(error, 240) if error else ""
    return f": {told}" if told else ""


def _latest(row: Mapping[str, Any]) -> datetime | None:
    found = [parse_moment(row.get(name)) for name in ("updated_at", "last_heartbeat", "started_at")]
    return next((one for one in found if one is not None), None)
