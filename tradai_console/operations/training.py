"""A model's retraining and its way back to an earlier version, through the platform's own functions.

Both have a cooldown. Inside it the scheduler answers success and does nothing, so it is looked at first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.operations.context import ActionContext, Raw
from tradai_console.operations.functions import find_function
from tradai_console.operations.lambda_answer import PAYLOAD
from tradai_console.operations.plan import Call, Cannot, Draft, Plan
from tradai_console.sources import fields
from tradai_console.text import plain

Arguments = Mapping[str, str]

_COOLDOWN_H: Final = 24.0
_REASONS: Final = ("MANUAL_REQUEST", "PERFORMANCE_DEGRADATION", "TEST_FAILURE", "DRIFT_SEVERE")
_ROLLED_BACK: Final = (
    "rolled_back_at",
    "last_rollback",
    "last_rollback_at",
    "rollback_at",
    "timestamp",
    "created_at",
)
"""Names under which the newest rollback's time may stand: the row's form is not documented."""
_STARTED: Final = frozenset(
    {"started", "triggered", "scheduled", "queued", "submitted", "success", "running"}
)


async def start_retraining(arguments: Arguments, context: ActionContext) -> Draft:
    """`lambda:InvokeFunction` of `retraining-scheduler`."""
    model, force = arguments["model"], arguments["force"] == "yes"
    function = await find_function(context, "retraining-scheduler")
    cooldown = _hours(function, "MIN_HOURS_BETWEEN_RETRAINING")
    row = await _row(context, context.platform.tables.retraining_state, "model_name", model)
    age = _age_h(_text(row, "last_retrained"), context)
    warnings = []
    if age is not None and age < cooldown:
        left = f"{model} was retrained {age:.1f} h ago: the cooldown of {cooldown:.0f} h has {cooldown - age:.1f} h left"
        if not force:
            raise Cannot(
                f"{left}, and without force the answer would be success with nothing done: use force=yes",
                model,
            )
        warnings.append(f"{left}; force passes it.")
    if age is None:
        warnings.append(f"When {model} was last retrained is not known.")
    payload = {"models": [{"name": model}], "force": force}
    return Draft(
        title=f"Retrain {model}{' inside its cooldown' if force and age is not None and age < cooldown else ''}",
        resource=model,
        calls=(_invoke(function, payload),),
        cost="One Fargate task for about 6 minutes. The model is promoted only if it compares well.",
        warnings=(*warnings, "Retraining does not pause the strategy: with a PSI over 0.25 pause it first."),
        expects={"model": model},
    )


async def look_retraining(
    plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]
) -> Evidence:
    """What the scheduler answered for this very model: success for the whole may mean skipped for it."""
    del context
    payload = answers[-1].get(PAYLOAD) if answers else None
    results = payload.get("results") if isinstance(payload, Mapping) else None
    model = plan.expects["model"]
    for result in results if isinstance(results, list) else []:
        if isinstance(result, Mapping) and model in (
            result.get("model"),
            result.get("model_name"),
            result.get("name"),
        ):
            status = plain(result.get("status", "unknown"), 80)
            rows = tuple(Row(plain(key, 80), plain(value, 300)) for key, value in result.items())
            if status.lower() in _STARTED:
                return Evidence(Verdict.OK, f"{model}: {status}", rows)
            why = plain(result.get("reason", "no reason given"), 200)
            verdict = Verdict.BAD if status.lower() in ("skipped", "failed", "error") else Verdict.UNKNOWN
            return Evidence(verdict, f"{model}: {status}, nothing was started: {why}", rows)
    return Evidence(
        Verdict.UNKNOWN, f"the answer does not say what happened to {model}: look at its executions"
    )


async def roll_back(arguments: Arguments, context: ActionContext) -> Draft:
    """`lambda:InvokeFunction` of `model-rollback`: a rehearsal, and after it, if it is asked for, the rollback."""
    model, real = arguments["model"], arguments["dry_run"] == "no"
    reason = arguments.get("reason", "MANUAL_REQUEST")
    if reason not in _REASONS:
        raise Cannot(f"the function knows the reasons {', '.join(_REASONS)}, not {reason}", model)
    function = await find_function(context, "model-rollback")
    cooldown = _hours(function, "ROLLBACK_COOLDOWN_HOURS")
    row = await _row(context, context.platform.tables.rollback_state, "model_name", model)
    times = [age for name in _ROLLED_BACK if (age := _age_h(_text(row, name), context)) is not None]
    if real and times and min(times) < cooldown:
        raise Cannot(
            f"{model} was rolled back {min(times):.1f} h ago, and the cooldown is {cooldown:.0f} h: rehearse with "
            "dry_run=yes, or pause the strategy with trading.pause",
            model,
        )
    payload: dict[str, Any] = {"model_name": model, "reason": reason}
    if "version" in arguments:
        payload["target_version"] = arguments["version"]
    rehearsal = _invoke(function, {**payload, "dry_run": True})
    to = f"version {arguments['version']}" if "version" in arguments else "the version before"
    return Draft(
        title=f"{'Roll' if real else 'Rehearse rolling'} {model} back to {to}",
        resource=model,
        calls=(rehearsal, _invoke(function, {**payload, "dry_run": False})) if real else (rehearsal,),
        cost="Nothing changes." if not real else "Sessions take the older model at their next start.",
        warnings=("It is rehearsed first; if the rehearsal is refused nothing follows.",) if real else (),
        destroys=real,
        expects={"model": model, "real": "yes" if real else "no"},
    )


async def look_rollback(
    plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]
) -> Evidence:
    """What the function answered."""
    del context
    payload = answers[-1].get(PAYLOAD) if answers else None
    if not isinstance(payload, Mapping):
        return Evidence(Verdict.UNKNOWN, "the function gave no answer that can be read")
    rows = tuple(Row(plain(key, 80), plain(value, 300)) for key, value in payload.items())
    versions = (
        f"from {plain(payload.get('from_version', '?'), 40)} to {plain(payload.get('to_version', '?'), 40)}"
    )
    done = plan.expects["real"] == "yes" and len(answers) == len(plan.calls)
    what = "rolled back" if done else "rehearsed only: would go"
    return Evidence(
        Verdict.OK,
        f"{plan.expects['model']} {what} {versions}, status {plain(payload.get('status', 'none'), 80)}",
        rows,
    )


def _invoke(function: Raw, payload: Mapping[str, Any]) -> Call:
    body = json.dumps(payload, separators=(",", ":"))
    return Call("lambda", "Invoke", {"FunctionName": str(function["FunctionName"]), "Payload": body})


def _hours(function: Raw, variable: str) -> float:
    told = fields.inner(fields.inner(function, "Environment"), "Variables").get(variable)
    return fields.number(told) or _COOLDOWN_H


async def _row(context: ActionContext, table: str, key: str, value: str) -> Raw:
    dynamodb = await context.door.client("dynamodb")
    answer = await dynamodb.get_item(TableName=table, Key={key: {"S": value}}, ConsistentRead=True)
    return fields.inner(answer, "Item")


def _text(row: Raw, name: str) -> str | None:
    return fields.name(fields.inner(row, name), "S")


def _age_h(told: str | None, context: ActionContext) -> float | None:
    if told is None:
        return None
    try:
        then = datetime.fromisoformat(told.replace("Z", "+00:00"))
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return (context.clock.now() - then).total_seconds() / 3600
