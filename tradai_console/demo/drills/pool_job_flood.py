"""Connection Pool Exhausted: a flood of jobs that all write to mlflow."""

from __future__ import annotations

from dataclasses import replace

from tradai_console.demo.drills.plot import LOOK_S, Plot, a_user, drill
from tradai_console.demo.story.levers import Plan, plan
from tradai_console.demo.story.stage import Actor
from tradai_console.demo.story.work import consume, submit
from tradai_console.demo.world.jobs import draw_job

_JOBS, _EACH, _BASE = 7, 9.0, 15.0


@drill(
    "pool-job-flood",
    alert="Connection Pool Exhausted",
    line="connections to the database are near their maximum",
    announced="tradai-{env}-rds-connections-high",
    cures="stopping some of the backtests (StopExecution), youngest first, with their owner's word",
    useless="new tasks for mlflow: the jobs connect again within a minute; a reboot of the database, likewise",
    truth="{user} submitted seven backtests over years of one-minute candles at once. Each holds nine connections through mlflow "
    "for as long as it runs. mlflow is well.",
    looks=("workflow.executions",),
    right=("workflow.stop",),
    remedy=(lambda hand, _: hand.stop_backtests(4),),
    draws=a_user,
)
def play(plot: Plot) -> Actor:
    """Nine connections a job, for as long as jobs run."""
    states, conditions, jobs = plot.aws("stepfunctions"), plot.conditions, []
    for number in range(_JOBS):
        job = replace(draw_job(plot.cast, f"flood-{number}", plot.stage.now), user=plot["user"])
        submit(plot.stage, plot.rng, job)
        plan(plot.stage, "backtest", job.job_id, Plan(5_000.0))
        consume(plot.stage, plot.rng, job)
        jobs.append(job)
    while True:
        listed = states.list_executions(
            stateMachineArn=plot.cast.machine_arn("backtest"), statusFilter="RUNNING"
        )
        running = {one["name"] for one in listed["executions"]}
        busy = sum(job.job_id in running for job in jobs)
        conditions.connections = _BASE + _EACH * busy + plot.rng.uniform(0, 2)
        plot.measure("database")
        if conditions.connections <= 60:
            break
        said = f"FATAL: remaining connection slots are reserved ({busy} runs are being logged)"
        plot.note("mlflow", "mlflow.store.db.utils", "ERROR", said)
        yield 3 * LOOK_S
    plot.gone()
    yield 60.0
    conditions.connections = None
