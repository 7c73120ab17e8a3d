"""Workflow Stuck/Failed: the step before the work cannot have its data."""

from __future__ import annotations

from tradai_console.demo.drills.failing_jobs import FailingJobs, refused
from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.inside import behaviour
from tradai_console.demo.story.stage import Actor


@drill(
    "workflow-data-outage",
    alert="Workflow Stuck/Failed",
    line="backtests fail before they begin",
    announced="tradai-{env}-backtest-workflow-failed",
    cures="new tasks for data-collection; what failed is submitted anew",
    useless="redriving: the failure was caught, so an execution begins again in the state that ended it; "
    "more memory for the strategy's task",
    truth="data-collection's connection to its store has gone stale: it answers health checks and refuses every fetch. "
    "EnsureData fails for each job. With a new task the connection is new, and the next job has its data.",
    looks=("workflow.failure", "logs.errors"),
    right=("ecs.force_deployment data-collection", "ecs.stop_task"),
    event=True,
    remedy=(lambda hand, _: hand.redeploy("data-collection"),),
)
def play(plot: Plot) -> Actor:
    """Each new job fails in EnsureData until data-collection runs another task."""
    old, cause = (
        plot.tasks("data-collection"),
        "ensure-data: 502 from data-collection: stale handle of the Arctic library",
    )
    outcome = behaviour("stepfunctions").Outcome(seconds=4.0, error="DataCollectionError", cause=cause)
    jobs, turn = FailingJobs(plot, "EnsureData", outcome), 0
    while not plot.renewed("data-collection", old):
        if turn % 16 == 0:
            jobs.start()
            refused(plot, cause)
            plot.note(
                "data-collection",
                "data_collection.ArcticStore",
                "ERROR",
                "lmdb.InvalidError: stale handle, fetch refused",
            )
        jobs.tell()
        turn += 1
        yield LOOK_S
    plot.gone()
    jobs.mend()
    yield from jobs.settle()
