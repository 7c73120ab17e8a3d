"""Following an execution: each state that it enters leaves its lines, its metrics and its row behind."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from tradai_console.demo.cast import dice, draw_hex
from tradai_console.demo.story.calls import Calls, follow_call
from tradai_console.demo.story.stage import Stage
from tradai_console.demo.story.voices import freqtrade_line, mlflow_line, stream_of, task_stream
from tradai_console.demo.world.jobs import NO_DATA, Job

_ENDED = {
    "ExecutionSucceeded": "ExecutionsSucceeded",
    "ExecutionFailed": "ExecutionsFailed",
    "ExecutionTimedOut": "ExecutionsTimedOut",
    "ExecutionAborted": "ExecutionsAborted",
}


@dataclass
class Following:
    """One execution and how much of it has been told."""

    machine: str
    arn: str
    began: float
    about: str
    """The ids its lines carry: `job_id=... trace_id=...`."""
    strategy: str
    job_id: str | None = None
    """Of a backtest: the key of its row."""
    mlflow_run_id: str | None = None
    told: int = 0
    """The newest event that has been told."""
    task: str | None = None
    """The id of the Fargate task that runs for it."""
    working: bool = False
    """Whether that task runs now."""
    submitted_at: float = 0.0
    said_at: float = 0.0
    """When the task last said how far it is."""
    epoch: int = 0
    done: float = 0.0
    """Per cent, as the task says it."""
    ended: str | None = None
    """The event that ended it."""
    failed: bool = False
    """A state of it failed, caught or not."""
    why: str | None = None
    """How its plan lets it fail, where it is known; see `levers.Plan`."""
    calls: Calls = field(default_factory=Calls)
    error: tuple[str, str] | None = None
    rng: random.Random = field(default_factory=random.Random)


def follow(
    stage: Stage, machine: str, arn: str, about: str, strategy: str, job: Job | None = None
) -> Following:
    """Begin to follow an execution that has just been started."""
    rng = dice(stage.cast.seed, "following", arn.rsplit(":", 1)[1])
    stage.followed.add(arn)
    one = Following(machine, arn, stage.time.time(), about, strategy, rng=rng)
    if job is not None:
        one.job_id, one.mlflow_run_id = job.job_id, job.mlflow_run_id
    return one


def adopt(stage: Stage, machine: str, arn: str, given: dict[str, Any], began: float) -> Following:
    """Begin to follow an execution that somebody else started; what it went through before is not told again."""
    name = arn.rsplit(":", 1)[1]
    if machine == "backtest":
        one = follow(
            stage,
            machine,
            arn,
            f"job_id={given.get('job_id', name)} trace_id={given.get('trace_id')}",
            str(given.get("strategy_name")),
        )
        one.job_id = str(given.get("job_id", name))
        one.mlflow_run_id = draw_hex(one.rng, 32)
    else:
        model = str(given.get("model_name"))
        one = follow(stage, machine, arn, f"execution={name} model_name={model}", model)
    one.began = began
    if stage.time.time() - began < FRESH_S:
        return one
    for event in stage.aws("stepfunctions").get_execution_history(executionArn=arn, maxResults=1000)[
        "events"
    ]:
        one.told = event["id"]
        if event["type"] == "TaskSubmitted":
            one.task, one.working = _task_of(event["taskSubmittedEventDetails"]), True
            one.submitted_at = one.said_at = event["timestamp"].timestamp()
            one.epoch = 1
        elif event["type"] in ("TaskSucceeded", "TaskFailed"):
            one.working = False
    return one


FRESH_S = 20.0
"""Who began so short a time ago has not been told of yet."""


def tell(stage: Stage, one: Following, *, chatty: bool = True) -> None:
    """Tell what has happened since the last look (`states:GetExecutionHistory`)."""
    events = stage.aws("stepfunctions").get_execution_history(executionArn=one.arn, maxResults=1000)["events"]
    for event in events:
        if event["id"] > one.told:
            one.told = event["id"]
            _tell_event(stage, one, event)
    if chatty and one.working and one.task and one.ended is None:
        _progress(stage, one, stage.time.time())


def tell_failure(stage: Stage, one: Following) -> None:
    """Of an execution long ago only lines, those of its functions and why its task failed: its row has been written and
    its figures are gone."""
    history = stage.aws("stepfunctions").get_execution_history(executionArn=one.arn, maxResults=1000)
    for event in history["events"]:
        at = event["timestamp"].timestamp()
        follow_call(stage, one.calls, event, one.arn, one.about, one.rng, measured=False)
        if event["type"] == "TaskSubmitted":
            _submitted(stage, one, event["taskSubmittedEventDetails"], at)
        elif event["type"] == "TaskFailed" and one.working:
            details = event["taskFailedEventDetails"]
            one.error, one.working = (details["error"], details["cause"]), False
            _task_failed(stage, one, at)


def _tell_event(stage: Stage, one: Following, event: dict[str, Any]) -> None:
    kind, at = event["type"], event["timestamp"].timestamp()
    follow_call(stage, one.calls, event, one.arn, one.about, one.rng)
    if kind.endswith("StateEntered"):
        _entered(stage, one, event["stateEnteredEventDetails"]["name"], at)
    elif kind == "TaskSubmitted":
        _submitted(stage, one, event["taskSubmittedEventDetails"], at)
    elif kind in ("TaskFailed", "TaskTimedOut", "LambdaFunctionFailed", "LambdaFunctionTimedOut"):
        details: dict[str, Any] = next(
            (value for key, value in event.items() if key.endswith("EventDetails")), {}
        )
        one.failed = True
        one.error = (details.get("error", "States.TaskFailed"), details.get("cause", ""))
        if one.working:
            _task_failed(stage, one, at)
        one.working = False
    elif kind == "TaskSucceeded" and one.working:
        _task_done(stage, one, at)
        one.working = False
    elif kind in _ENDED:
        _ended(stage, one, kind, at)


def _entered(stage: Stage, one: Following, state: str, at: float) -> None:
    if state == "UpdateStatusRunning":
        _row(stage, one, "running", started_at=at)
    elif state == "UpdateStatusCompleted":
        _row(stage, one, "completed", completed_at=at)
    elif state == "UpdateStatusFailed":
        _row(stage, one, "failed", completed_at=at)


def _submitted(stage: Stage, one: Following, details: dict[str, Any], at: float) -> None:
    arn = _task_arn(details)
    if arn is None:
        return
    one.task, one.working, one.submitted_at, one.epoch = arn.rsplit("/", 1)[1], True, at, 0
    _set(stage, one, "ecs_task_arn", arn)
    if stage.time.time() - at > CONTAINER_STARTS_S:
        _began(stage, one, at + CONTAINER_STARTS_S)


def _task_arn(details: dict[str, Any]) -> str | None:
    try:
        output = json.loads(details.get("output") or "{}")
    except ValueError:
        return None
    tasks = output.get("Tasks") or [output]
    arn = tasks[0].get("TaskArn") or tasks[0].get("taskArn")
    return str(arn) if arn else None


def _task_of(details: dict[str, Any]) -> str | None:
    arn = _task_arn(details)
    return arn.rsplit("/", 1)[1] if arn else None


CONTAINER_STARTS_S = 10.0
"""From the request for a task to its first line."""


def _began(stage: Stage, one: Following, at: float) -> None:
    one.epoch, one.said_at = 1, at
    words = "starting backtest" if one.machine == "backtest" else "starting training"
    _say(stage, one, at, "tradai.entrypoint", "INFO", f"{words} strategy={one.strategy} {one.about}")
    _say(
        stage,
        one,
        at + 0.4,
        "freqtrade.configuration",
        "INFO",
        "Using config: /app/user_data/config.json ...",
    )
    pair = one.rng.choice(("BTC/USDT", "ETH/USDT", "SOL/USDT"))
    _say(
        stage,
        one,
        at + 0.9,
        "freqtrade.data.history",
        "INFO",
        f"Loading data for {pair}: {one.rng.randint(20, 90)}k candles",
    )


def _progress(stage: Stage, one: Following, at: float) -> None:
    if one.epoch == 0:
        if at - one.submitted_at > CONTAINER_STARTS_S:
            _began(stage, one, at)
        return
    if at - one.said_at < 12:
        return
    one.said_at = at
    one.epoch += 1
    one.done += (100 - one.done) * one.rng.uniform(0.05, 0.12)
    if one.machine == "backtest":
        _say(
            stage,
            one,
            at,
            "freqtrade.optimize.backtesting",
            "INFO",
            f"{one.done:.0f} % of the time range done, {one.done * 1.7:.0f} trades {one.about}",
        )
    else:
        loss = 0.9 / (1 + 0.2 * one.epoch) + one.rng.uniform(0, 0.03)
        _say(
            stage,
            one,
            at,
            "tradai.training.Trainer",
            "INFO",
            f"epoch {one.epoch} loss {loss:.4f} {one.about}",
        )


def _task_done(stage: Stage, one: Following, at: float) -> None:
    profit = one.rng.uniform(-4, 14)
    _say(
        stage,
        one,
        at - 3,
        "freqtrade.optimize.optimize_reports",
        "INFO",
        f"Total profit {profit:.2f} %, {one.rng.randint(24, 260)} trades, max drawdown {one.rng.uniform(2, 14):.2f} %",
    )
    run = f"mlflow_run_id={one.mlflow_run_id} " if one.mlflow_run_id else ""
    _say(stage, one, at - 2, "tradai.mlflow.RunLogger", "INFO", f"results logged {run}{one.about}")
    mlflow = stream_of(stage.cast, stage.facts, "mlflow")
    if one.mlflow_run_id and mlflow is not None:
        asked = f"GET /mlflow/api/2.0/mlflow/runs/get?run_id={one.mlflow_run_id}"
        stage.say(mlflow, mlflow_line(at - 1.9, "10.0.11.58", asked, 200, 1_874), at - 1.9)


def _task_failed(stage: Stage, one: Following, at: float) -> None:
    error, cause = one.error or ("", "")
    if error == "States.Timeout":
        return  # it is stopped from outside, in the middle of its work
    if one.why == "memory" or (one.why is None and '"ExitCode":137' in cause):
        lines = [
            "MemoryError: Unable to allocate 812. MiB for an array with shape (27, 3942000) and data type float64"
        ]
    elif one.machine == "retraining":
        lines = ["ValueError: Input X contains NaN: 412 rows of feature atr_14 have no value"]
    else:
        lines = [f"tradai.common.exceptions.DataNotAvailableError: {NO_DATA[1]}"]
    _say(stage, one, at - 1.2, "tradai.entrypoint", "ERROR", f"run failed {one.about}")
    if one.task is None:
        return
    stream = task_stream(stage.cast, one.task)
    text = [
        "Traceback (most recent call last):",
        '  File "/app/tradai/entrypoint.py", line 63, in main',
        "    runner.run(request)",
        '  File "/app/tradai/backtest/runner.py", line 142, in run',
        "    frame = self._store.load(symbol, timerange)",
        *lines,
    ]
    for place, line in enumerate(text):
        stage.say(stream, line, at - 1.1 + place * 0.001)


def _ended(stage: Stage, one: Following, kind: str, at: float) -> None:
    one.ended = kind
    if kind in ("ExecutionTimedOut", "ExecutionFailed", "ExecutionAborted"):
        one.failed = True
    machine = one.arn.rpartition(":")[0].replace(":execution:", ":stateMachine:")
    dimensions = {"StateMachineArn": machine}
    stage.measure("AWS/States", _ENDED[kind], 1, dimensions, "Count")
    stage.measure("AWS/States", "ExecutionTime", (at - one.began) * 1000, dimensions, "Milliseconds")


def _say(stage: Stage, one: Following, at: float, logger: str, level: str, message: str) -> None:
    if one.task is not None:
        stage.say(task_stream(stage.cast, one.task), freqtrade_line(at, logger, level, message), at)


def _row(
    stage: Stage,
    one: Following,
    status: str,
    *,
    started_at: float | None = None,
    completed_at: float | None = None,
) -> None:
    """What `update-status` writes; it never goes back from an end."""
    if one.job_id is None:
        return
    from datetime import UTC, datetime

    from tradai_console.demo.world.state import iso

    names, values = {"#status": "status"}, {":status": {"S": status}}
    sets = ["#status = :status"]
    for name, at in (("started_at", started_at), ("completed_at", completed_at)):
        if at is not None:
            sets.append(f"{name} = :{name}")
            values[f":{name}"] = {"S": iso(datetime.fromtimestamp(at, UTC))}
    if status == "completed" and one.mlflow_run_id:
        sets.append("mlflow_run_id = :run")
        values[":run"] = {"S": one.mlflow_run_id}
    if status == "failed" and one.error:
        sets.append("#error = :error")
        names["#error"] = "error"
        values[":error"] = {"M": {"Error": {"S": one.error[0]}, "Cause": {"S": one.error[1][:2000]}}}  # type: ignore[dict-item]
    values |= {":completed": {"S": "completed"}, ":cancelled": {"S": "cancelled"}}
    dynamodb = stage.aws("dynamodb")
    try:
        dynamodb.update_item(
            TableName=stage.cast.platform.tables.workflow_state,
            Key={"job_id": {"S": one.job_id}},
            UpdateExpression=f"SET {', '.join(sets)}",
            ConditionExpression="NOT #status IN (:completed, :cancelled)",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return


def _set(stage: Stage, one: Following, name: str, value: str) -> None:
    if one.job_id is not None:
        stage.aws("dynamodb").update_item(
            TableName=stage.cast.platform.tables.workflow_state,
            Key={"job_id": {"S": one.job_id}},
            UpdateExpression=f"SET {name} = :value",
            ExpressionAttributeValues={":value": {"S": value}},
        )
