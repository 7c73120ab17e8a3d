"""What the drills of model drift share: a figure that stays where it is, and a retraining that really ended."""

from __future__ import annotations

import random
from datetime import timedelta

from tradai_console.demo.cast import Cast
from tradai_console.demo.drills.plot import LOOK_S, Plot
from tradai_console.demo.story.schedules import measure_drift
from tradai_console.demo.story.stage import Actor
from tradai_console.demo.world.state import iso


def a_model(rng: random.Random, cast: Cast) -> dict[str, str]:
    """One of the models that trade."""
    return {"model": rng.choice(cast.strategies[:3]).name, "user": rng.choice(cast.users)}


def drift(plot: Plot, psi: float) -> None:
    """Let the model drift, and the monitor see it now."""
    plot.conditions.psi[plot["model"]] = psi
    measure_drift(plot.stage, plot.rng)


def settle(plot: Plot) -> None:
    """Let the model be as it was, and the monitor see it now."""
    plot.conditions.psi.pop(plot["model"], None)
    measure_drift(plot.stage, plot.rng)


def until_retrained(plot: Plot, psi: float) -> Actor:
    """Drifting so far until it has been retrained on what the market does now, whatever else is done."""
    began = plot.stage.time.time()
    _retrained_lately(plot)
    drift(plot, psi)
    while not _retrained(plot, began):
        plot.conditions.psi[plot["model"]] = psi
        yield 2 * LOOK_S
    settle(plot)


def _retrained_lately(plot: Plot) -> None:
    """Its last retraining is some hours old: inside the cooldown the scheduler answers success and does nothing."""
    then = plot.stage.now - timedelta(hours=plot.rng.uniform(4, 11))
    plot.aws("dynamodb").update_item(
        TableName=plot.cast.platform.tables.retraining_state,
        Key={"model_name": {"S": plot["model"]}},
        UpdateExpression="SET last_retrained = :then",
        ExpressionAttributeValues={":then": {"S": iso(then)}},
    )


def _retrained(plot: Plot, since: float) -> bool:
    """Whether an execution for this model has begun since then and succeeded (`states:ListExecutions`)."""
    answer = plot.aws("stepfunctions").list_executions(
        stateMachineArn=plot.cast.machine_arn("retraining"), statusFilter="SUCCEEDED", maxResults=20
    )
    own = f"retrain-{plot['model'].lower()}-"
    return any(
        one["name"].startswith(own) and one["startDate"].timestamp() >= since for one in answer["executions"]
    )
