"""A trading session's status, changed only from the status that was seen: somebody else may be faster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.operations.context import ActionContext, Raw
from tradai_console.operations.plan import Call, Cannot, Draft, Plan
from tradai_console.sources import fields

Arguments = Mapping[str, str]

_FROM: Final[Mapping[str, tuple[str, ...]]] = {
    "paused": ("running", "warmup"),
    "stopped": ("running", "warmup", "paused"),
    "running": ("paused", "stopped"),
}
"""From which statuses each may follow."""

_POSITIONS: Final = "It closes no position: what is open stays open at the exchange. Look at it there."


async def pause(arguments: Arguments, context: ActionContext) -> Draft:
    """`dynamodb:UpdateItem` on the condition that the status is still the one that was read."""
    unwatched = "A paused session's heartbeat is not watched: no alert will tell if its task dies."
    return await _change(arguments["strategy"], "paused", "Pause", context, (_POSITIONS, unwatched))


async def stop(arguments: Arguments, context: ActionContext) -> Draft:
    """The same, to `stopped`."""
    return await _change(arguments["strategy"], "stopped", "Stop", context, (_POSITIONS,))


async def resume(arguments: Arguments, context: ActionContext) -> Draft:
    """The same, back to `running`."""
    started = (
        "It trades again at once. Is the cause gone, is the drift below 0.25, are the positions as expected?"
    )
    task = "The row does not start a task: if none runs, the heartbeat goes stale within 2 minutes."
    return await _change(arguments["strategy"], "running", "Resume", context, (started, task))


async def look(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """The row now."""
    del answers
    row = await _session(context, plan.resource)
    status = _status(row)
    beat = fields.name(fields.inner(row, "last_heartbeat"), "S") or "none"
    verdict = Verdict.OK if status == plan.expects["status"] else Verdict.BAD
    return Evidence(verdict, f"{plan.resource}: status {status}", (Row("last heartbeat", beat),))


async def _change(
    strategy: str, status: str, verb: str, context: ActionContext, warnings: tuple[str, ...]
) -> Draft:
    now = _status(await _session(context, strategy))
    if now == status:
        raise Cannot(f"{strategy} is {status} already", strategy)
    if now not in _FROM[status]:
        raise Cannot(
            f"{strategy} is {now}: only from {' or '.join(_FROM[status])} can it be {status}", strategy
        )
    parameters = {
        "TableName": context.platform.tables.trading_state,
        "Key": {"strategy_id": {"S": strategy}},
        "UpdateExpression": "SET #status = :new",
        "ConditionExpression": "#status = :old",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {":new": {"S": status}, ":old": {"S": now}},
    }
    return Draft(
        title=f"{verb} {strategy}: {now} to {status}",
        resource=strategy,
        calls=(Call("dynamodb", "UpdateItem", parameters),),
        cost="The session reads its status within a minute.",
        warnings=warnings,
        destroys=status == "stopped",
        expects={"status": status},
    )


async def _session(context: ActionContext, strategy: str) -> Raw:
    dynamodb = await context.door.client("dynamodb")
    table = context.platform.tables.trading_state
    answer = await dynamodb.get_item(
        TableName=table, Key={"strategy_id": {"S": strategy}}, ConsistentRead=True
    )
    row = fields.inner(answer, "Item")
    if not row:
        raise Cannot(f"{table} has no session {strategy}", strategy)
    return row


def _status(row: Raw) -> str:
    return fields.name(fields.inner(row, "status"), "S") or "unknown"
