"""The hour before the demo begins: lived through where the server's clock can be set back, written down elsewhere."""

from __future__ import annotations

import json
import time as _time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

from tradai_console.demo.cast import FUNCTIONS, SERVICES, Cast, dice, draw_hex
from tradai_console.demo.clients import Clients
from tradai_console.demo.inside import server_clock
from tradai_console.demo.story import gauges
from tradai_console.demo.story.company import quiet_company
from tradai_console.demo.story.conditions import Conditions, Facts
from tradai_console.demo.story.levers import Plan, evaluate_alarms, plan, rehearse
from tradai_console.demo.story.stage import FixedTime, Stage, Turns
from tradai_console.demo.story.syncs import rehearse_sync
from tradai_console.demo.story.work import retraining_input, retraining_name, start_backtest
from tradai_console.demo.story.workflows import Following, follow, tell, tell_failure
from tradai_console.demo.world.compute import Balancer
from tradai_console.demo.world.jobs import MEMORY_ERROR, NO_DATA, TOO_LONG, Job, draw_job
from tradai_console.demo.world.left_behind import leave_behind
from tradai_console.demo.world.network import Nat
from tradai_console.demo.world.state import put_rows, table_name

PAST_S = 3_600.0
"""So much of the past has log lines and metrics."""
UP_S = 26 * 3_600.0
"""So long the services' tasks have been running."""
_SETTLE_S = 90.0
"""How long the services' first tasks need to be up and healthy."""

_RUNNING_SINCE_S = 140.0
"""A backtest was begun so long ago and still runs."""


class Past:
    """The context in which a platform is built. `end` is now; with a clock of the server, time begins a day before."""

    def __init__(self, aws: Clients, cast: Cast) -> None:
        self._aws = aws
        self._cast = cast
        self._clock: Any = server_clock()
        self._speed = 1.0
        self._began = _time.monotonic()
        self.end = datetime.fromtimestamp(self._clock.time() if self._clock else _time.time(), UTC)
        self._stage: Stage | None = None

    def __enter__(self) -> Past:
        if self._clock is not None:
            self._speed = self._clock.speed
            self._clock.set_speed(1.0)
            self._go_to(self.end.timestamp() - UP_S - _SETTLE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._clock is not None:
            self._go_to(self._now())
            if self._stage is not None and self._speed != 1.0:
                self._freshen(self._stage.facts)
            self._clock.set_speed(self._speed)

    def _freshen(self, facts: Facts) -> None:
        """Fast, three minutes are gone in seconds: without a figure of this moment a missing one would raise alarms."""
        now = FixedTime(self._clock.time(), speed=self._speed)
        stage = Stage(self._aws, self._cast, now, Conditions(), facts)
        waves = gauges.Waves((self._cast.seed, self._cast.env))
        gauges.measure_network(stage, waves)
        gauges.measure_database(stage, waves)
        stage.flush()

    def _go_to(self, stamp: float) -> None:
        if self._clock is not None:
            self._clock.set_stamp(stamp)

    def _now(self) -> float:
        """The present, as the clock would tell it had it never been set back."""
        return self.end.timestamp() + (_time.monotonic() - self._began if self._clock.running else 0.0)

    def settle(self) -> None:
        """Let the first tasks come up; then a day passes in which nothing happens."""
        if self._clock is not None:
            self._clock.advance(_SETTLE_S)
            self._go_to(self.end.timestamp() - PAST_S + 300)

    def write(self, tasks: dict[str, tuple[str, ...]], balancer: Balancer, nat: Nat) -> None:
        """An hour of log lines and metrics, and every log group."""
        build_log_groups(self._aws, self._cast)
        facts = Facts(tasks=tasks or _no_tasks(self._cast), nat_instance=nat.instance)
        facts.sessions = {one.name: one.status for one in self._cast.strategies}
        end = self.end.timestamp()
        passes = [(FixedTime(end - PAST_S), PAST_S)]
        if self._speed != 1.0:
            # At another speed a period lasts another time: the last ten minutes are written in that measure.
            dense = 600.0 / self._speed
            passes = [
                (FixedTime(end - PAST_S), PAST_S - dense),
                (FixedTime(end - dense, speed=self._speed), 600.0),
            ]
        for clock, length in passes:
            stage = Stage(self._aws, self._cast, clock, Conditions(), facts)
            turns = Turns()
            for name, actor in quiet_company(stage, balancer):
                turns.enter(name, actor, 0.0)
            while (due := turns.next_due) is not None and due < length:
                clock.gone = due
                turns.run_until(due)
            # What is told ahead of the hour's end is not written: it has not happened yet.
            clock.gone = (end - clock.start) * clock.speed
            stage.flush()
            self._stage = stage

    def live(self, jobs: Sequence[Job]) -> None:
        """Executions: those that have ended are put where they belong; one that still runs is begun in its own time."""
        assert self._stage is not None
        clock = self._clock or FixedTime(self.end.timestamp())
        stage = Stage(self._aws, self._cast, clock, Conditions(), self._stage.facts)
        told = [one for one in (_rehearse_job(stage, job) for job in jobs) if one is not None]
        told += _rehearse_retrainings(stage, self.end)
        told += _rehearse_syncs(stage, self.end)
        # Judged an hour ago: its alarms have been what they are for as long.
        evaluate_alarms()
        if self._clock is not None:
            leave_behind(stage, next(one for one in jobs if one.status == "running"), self._go_to)
            self._go_to(self._now() - _RUNNING_SINCE_S)
        job = draw_job(self._cast, "still running", stage.now - timedelta(seconds=9))
        plan(stage, "backtest", job.job_id, Plan(_RUNNING_SINCE_S + 60))
        put_rows(self._aws, table_name(self._cast, "workflow-state"), [job.row() | {"mlflow_run_id": None}])
        start_backtest(stage, job)
        told.append(follow(stage, "backtest", job.execution_arn or "", _ids(job), job.strategy, job))
        if self._clock is not None:
            self._clock.advance(_RUNNING_SINCE_S)
            self._go_to(self._now())
        # What ended long ago has its row, and no lines any more but those of its failure.
        for one in told:
            if one.why is not None:
                tell_failure(stage, one)
            elif self.end.timestamp() - one.began < 2 * PAST_S:
                tell(stage, one, chatty=False)
        stage.flush()


def _ids(job: Job) -> str:
    return f"job_id={job.job_id} trace_id={job.trace_id}"


def _rehearse_job(stage: Stage, job: Job) -> Following | None:
    """The execution of a job that has ended."""
    if job.started_at is None or job.completed_at is None or job.status == "cancelled":
        return None
    failure = _FAILURES.get(job.error) if job.error is not None else None
    took = (job.completed_at - job.started_at).total_seconds()
    began = job.started_at.timestamp()
    arn = rehearse(stage, "backtest", job.job_id, Plan(took, failure), began, json.loads(job.payload()))
    if arn is None:
        return None
    one = follow(stage, "backtest", arn, _ids(job), job.strategy, job)
    one.began, one.why = began, failure
    return one


_FAILURES = {MEMORY_ERROR: "memory", NO_DATA: "data", TOO_LONG: "timeout"}


def _rehearse_retrainings(stage: Stage, end: datetime) -> list[Following]:
    """Three of the last ones did not train, and SUCCEEDED all the same: a failed training and a refused configuration
    were caught, and of one model it was decided that it is none."""
    failures = {1: "training", 2: "validation", 4: "invalid"}
    told = []
    for number, hours in enumerate((0.8, 5.2, 11.5, 25.1, 29.7)):
        rng = dice(stage.cast.seed, "past retraining", number)
        model = stage.cast.strategies[number % 3].name
        began = end.timestamp() - hours * 3600 - rng.uniform(0, 400)
        name = retraining_name(model, began)
        how = Plan(rng.uniform(300, 380), failures.get(number))
        arn = rehearse(stage, "retraining", name, how, began, retraining_input(model))
        if arn is not None:
            one = follow(stage, "retraining", arn, f"execution={name} model_name={model}", model)
            one.began, one.why = began, how.failure
            told.append(one)
    return told


def _rehearse_syncs(stage: Stage, end: datetime) -> list[Following]:
    """The old data sync: twice one pair kept all others from being stored; the last one went well."""
    told = []
    for minutes, failure in ((64, None), (95, "busy"), (150, "data"), (210, None)):
        began = end.timestamp() - minutes * 60
        name = f"sync-{int(began)}"
        arn = rehearse_sync(stage, name, failure, began)
        if arn is not None:
            one = follow(stage, "data-sync", arn, f"execution={name}", "")
            one.began, one.why = began, failure
            told.append(one)
    return told


def _no_tasks(cast: Cast) -> dict[str, tuple[str, ...]]:
    """Where a bare server runs no tasks: ids drawn, so that the past still has its streams. Empty in dev and staging."""
    if not cast.fargate:
        return {}
    return {
        spec.name: tuple(
            draw_hex(dice(cast.seed, "task", spec.name, number), 32)
            for number in range(cast.desired(spec.name))
        )
        for spec in SERVICES
    }


def build_log_groups(aws: Clients, cast: Cast) -> None:
    """Every group of the platform (`logs:CreateLogGroup`), kept for 90 days in prod and 30 elsewhere."""
    groups = cast.platform.log_groups
    names = [groups.services, groups.tasks, groups.flow, groups.cloudtrail]
    names += [cast.platform.lambda_group(spec.name) for spec in FUNCTIONS]
    names += [] if cast.fargate else [cast.platform.host.log_group]
    for name in names:
        aws("logs").create_log_group(logGroupName=name)
        aws("logs").put_retention_policy(logGroupName=name, retentionInDays=90 if cast.env == "prod" else 30)
