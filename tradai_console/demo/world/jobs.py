"""Backtest jobs: what ties a request, a queue message, an execution, a task and a row together."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tradai_console.demo.cast import Cast, dice, draw_hex, draw_uuid

TASK_LIMIT_S = 5_400.0
"""How long the machine lets a backtest's task run."""
LEFT_BEHIND_S = 2_280.0
"""So long ago the job was accepted whose task has died since."""

TIMERANGES = ("20260101-20260401", "20250901-20260301", "20260201-20260501", "20250601-20260101")


@dataclass(frozen=True)
class Job:
    """One backtest job with every id that belongs to it."""

    job_id: str
    trace_id: str
    correlation_id: str
    """Of the request that submitted it."""
    strategy: str
    timeframe: str
    timerange: str
    symbols: tuple[str, ...]
    user: str
    status: str
    created_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    execution_arn: str | None = None
    task_arn: str | None = None
    mlflow_run_id: str | None = None
    error: tuple[str, str] | None = None
    """Error and Cause, as Step Functions caught them."""

    def row(self) -> dict[str, Any]:
        """The row of `workflow-state`."""
        return {
            "job_id": self.job_id,
            "trace_id": self.trace_id,
            "status": self.status,
            "job_type": "backtest",
            "strategy_name": self.strategy,
            "timeframe": self.timeframe,
            "timerange": self.timerange,
            "symbols": list(self.symbols),
            "submitted_by": self.user,
            "created_at": _iso(self.created_at),
            "started_at": _iso(self.started_at),
            "completed_at": _iso(self.completed_at),
            "execution_arn": self.execution_arn,
            "ecs_task_arn": self.task_arn,
            "mlflow_run_id": self.mlflow_run_id,
            "error": {"Error": self.error[0], "Cause": self.error[1]} if self.error else None,
        }

    def payload(self) -> str:
        """The message to the queue, and the input of the execution."""
        return json.dumps(
            {
                "job_id": self.job_id,
                "trace_id": self.trace_id,
                "strategy_name": self.strategy,
                "timeframe": self.timeframe,
                "timerange": self.timerange,
                "symbols": list(self.symbols),
            }
        )


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


def draw_job(cast: Cast, number: object, created_at: datetime) -> Job:
    """The job of this number, just submitted; the execution it will have is already known by name."""
    rng = dice(cast.seed, cast.env, "job", number)
    strategy = rng.choice(cast.strategies)
    job_id = f"bt-{draw_hex(rng, 12)}"
    machine = cast.platform.machines["backtest"]
    return Job(
        job_id=job_id,
        trace_id=draw_uuid(rng),
        correlation_id=draw_uuid(rng),
        strategy=strategy.name,
        timeframe=strategy.timeframe,
        timerange=rng.choice(TIMERANGES),
        symbols=tuple(strategy.pairs[: rng.randint(1, 3)]),
        user=rng.choice(cast.users),
        status="pending",
        created_at=created_at,
        execution_arn=cast.arn("states", f"execution:{machine}:{job_id}"),
        mlflow_run_id=draw_hex(rng, 32),
    )


MEMORY_ERROR = (
    "States.TaskFailed",
    (
        '{"StoppedReason":"Essential container in task exited","Containers":[{"Name":"strategy","ExitCode":137,'
        '"Reason":"OutOfMemoryError: Container killed due to memory usage"}]}'
    ),
)
TOO_LONG = ("States.Timeout", "the backtest ran past its time limit")
NO_DATA = ("DataNotAvailableError", "insufficient data: no candles for DOT/USDT 5m before 2025-06-01")


def draw_past(cast: Cast, now: datetime) -> tuple[Job, ...]:
    """Jobs of the last days, newest first: most completed, some failed or cancelled, one never picked up.

    Two of the old ones carry their status in upper case, as rows written by `update-status` once did. The last one was
    launched without an execution: its task has died, and nothing moves its row on.
    """
    jobs = []
    for number in range(36):
        rng = dice(cast.seed, cast.env, "past job", number)
        created = now - timedelta(minutes=24 + 47 * number + rng.uniform(0, 25))
        started = created + timedelta(seconds=rng.uniform(9, 31))
        job = replace(draw_job(cast, f"past-{number}", created), started_at=started)
        took = timedelta(seconds=rng.uniform(190, 700))
        if number in (4, 17):
            job = replace(
                job, status="failed", completed_at=started + took / 3, error=MEMORY_ERROR, mlflow_run_id=None
            )
        elif number in (9, 26):
            job = replace(
                job, status="failed", completed_at=started + took / 8, error=NO_DATA, mlflow_run_id=None
            )
        elif number == 20:
            ended = started + timedelta(seconds=TASK_LIMIT_S + rng.uniform(8, 12))
            job = replace(job, status="failed", completed_at=ended, error=TOO_LONG, mlflow_run_id=None)
        elif number == 13:
            job = replace(job, status="cancelled", completed_at=started + took / 2, mlflow_run_id=None)
        elif number == 30:
            job = replace(job, started_at=None, execution_arn=None, mlflow_run_id=None)
        else:
            job = replace(
                job, status="COMPLETED" if number in (31, 33) else "completed", completed_at=started + took
            )
        jobs.append(job)
    return (*jobs, draw_left_behind(cast, now))


def draw_left_behind(cast: Cast, now: datetime) -> Job:
    """The job whose task died half an hour ago; its row says running ever since."""
    created = now - timedelta(seconds=LEFT_BEHIND_S)
    job = draw_job(cast, "left behind", created)
    started = created + timedelta(seconds=14)
    return replace(job, status="running", started_at=started, execution_arn=None, mlflow_run_id=None)
