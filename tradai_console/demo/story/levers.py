"""The local AWS's own levers, where the story runs in its process; elsewhere the public API has to do."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

from tradai_console.demo.cast import dice
from tradai_console.demo.inside import behaviour
from tradai_console.demo.story.stage import Stage


@dataclass(frozen=True)
class Plan:
    """How one execution is going to go."""

    takes_s: float
    """Seconds that its Fargate task works."""
    failure: str | None = None
    """How its task ends: `memory`, `data`, `training`, `timeout`; or it does not come so far: `validation` (the first
    function fails), `invalid` (it answers so). None: well."""


def interrupt(stage: Stage, service: str) -> None:
    """AWS takes the Spot capacity of one task of the service back."""
    ids = stage.facts.tasks.get(service, ())
    if not ids:
        return
    ecs, reason = behaviour("ecs"), "Your Spot Task was interrupted."
    if ecs is not None:
        ecs.end_task(ids[0], 143, reason=reason, stop_code="SpotInterruption")
    else:
        stage.aws("ecs").stop_task(cluster=stage.cast.platform.cluster, task=ids[0], reason=reason)


def evaluate_alarms() -> None:
    """Let every alarm be judged now, where the server can be told to."""
    cloudwatch = behaviour("cloudwatch")
    if cloudwatch is not None:
        cloudwatch.evaluate_now()


def plan(stage: Stage, machine: str, name: str, how: Plan) -> None:
    """Tell the server, before it starts, how the execution of this name is going to go."""
    server = behaviour("stepfunctions")
    if server is None:
        return
    for state, outcome in outcomes(server.Outcome, stage.cast.seed, machine, name, how).items():
        server.set_outcome(stage.cast.platform.machines[machine], state, outcome, execution=name)


def rehearse(
    stage: Stage, machine: str, name: str, how: Plan, started_at: float, given: dict[str, Any]
) -> str | None:
    """Put an execution that has ended into the past; its ARN, or None where the server cannot."""
    server = behaviour("stepfunctions")
    if server is None:
        return None
    goes = outcomes(server.Outcome, stage.cast.seed, machine, name, how)
    arn = server.rehearse(stage.cast.machine_arn(machine), started_at, given, name=name, outcomes=goes)
    return str(arn)


def outcomes(make: Any, seed: int, machine: str, name: str, how: Plan) -> dict[str, Any]:
    """Every Task state of the machine with its duration and answer; `make` is the server's `Outcome`."""
    rng = dice(seed, machine, name, "outcomes")

    def answered(middle_s: float, **payload: object) -> Any:
        return make(seconds=round(rng.uniform(0.7, 1.4) * middle_s, 3), output=payload)

    task = _task(make, rng, how)
    refused = _refused(make, answered, machine, how)
    if machine == "backtest":
        return {
            "ValidateStrategy": refused or answered(0.3, valid=True),
            "EnsureData": answered(6, status="ok", gaps_fetched=rng.randint(0, 3)),
            "UpdateStatusRunning": answered(0.3, updated=True),
            "RunBacktest": task,
            "UpdateStatusCompleted": answered(0.3, updated=True),
            "NotifyCompletion": answered(0.4, sent=True),
            "CleanupResources": answered(1.4, stopped=0),
            "UpdateStatusFailed": answered(0.3, updated=True),
            "NotifyFailure": answered(0.4, sent=True),
        }
    promoted = rng.random() < 0.5
    confidence = round(rng.uniform(0.71, 0.93), 2)
    return {
        "CheckRetrainingNeeded": refused or answered(0.6, decision="needs_retraining", reason="interval"),
        "RunRetraining": task,
        "CompareModels": answered(5.5, decision="PROMOTE" if promoted else "KEEP", confidence=confidence),
        "PromoteModel": answered(2.2, promoted=True),
        "UpdateRetrainingState": make(seconds=0.2, output={"SdkHttpMetadata": {"HttpStatusCode": 200}}),
        "NotifyCompletion": answered(0.4, sent=True),
        "NotifyFailure": answered(0.4, sent=True),
    }


INVALID = "ValidationError: config_version_id does not fit the model: unknown parameter 'roi_table'"


def caused(kind: str, message: str) -> str:
    """The cause that Lambda's runtime reports of an exception; the history fills the request id in."""
    told = {"errorMessage": message, "errorType": kind, "requestId": "{request_id}", "stackTrace": []}
    return json.dumps(told)


def _refused(make: Any, answered: Any, machine: str, how: Plan) -> Any:
    """The first function's refusal: an error, or an answer that says no; None where it has nothing against it."""
    kind, _, message = INVALID.partition(": ")
    if how.failure == "validation":
        return make(seconds=0.4, error=kind, cause=caused(kind, message))
    if how.failure == "invalid" and machine == "backtest":
        return answered(0.3, valid=False, errors=[message])
    if how.failure == "invalid":
        return answered(0.6, decision="invalid_model", reason="the model is not in ALLOWED_MODELS")
    return None


def _task(make: Any, rng: random.Random, how: Plan) -> Any:
    """The Fargate task's end: well, killed for its memory, or with an exit code of its own."""
    if how.failure == "memory":
        return make(
            seconds=how.takes_s * 0.6,
            exit_code=137,
            container_reason="OutOfMemoryError: Container killed due to memory usage",
        )
    if how.failure in ("data", "training"):
        return make(seconds=max(20.0, how.takes_s * 0.2), exit_code=1)
    if how.failure == "timeout":
        return make(forever=True)
    return make(seconds=round(how.takes_s * rng.uniform(0.9, 1.1), 1))
