"""Workflow Stuck/Failed: the strategy's task is killed for its memory."""

from __future__ import annotations

from tradai_console.demo.drills.failing_jobs import FailingJobs
from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.inside import behaviour
from tradai_console.demo.story.stage import Actor


@drill(
    "workflow-memory",
    alert="Workflow Stuck/Failed",
    line="backtests fail minutes after they begin",
    announced="tradai-{env}-backtest-workflow-failed",
    cures="a new revision of tradai-strategy-generic-{env} with more memory; what failed is submitted anew",
    useless="redriving: the failure was caught, so an execution begins again in the state that ended it; "
    "new tasks for any service",
    truth="Since this morning's configuration backtests load one-minute candles of five years. The strategy's task "
    "has 2048 MiB and needs more: exit 137. The next revision of its definition is used by itself.",
    looks=("workflow.failure",),
    right=("ecs.resize",),
    event=True,
    remedy=(lambda hand, _: hand.resize_strategy(4096),),
)
def play(plot: Plot) -> Actor:
    """Each job is killed until the family's newest revision has more than 2048 MiB."""
    family = f"tradai-strategy-generic-{plot.cast.env}"
    usual = _memory(plot, family)
    outcome = behaviour("stepfunctions").Outcome(
        seconds=20.0, exit_code=137, container_reason="OutOfMemoryError: Container killed due to memory usage"
    )
    jobs, turn = FailingJobs(plot, "RunBacktest", outcome), 0
    while _memory(plot, family) <= usual:
        if turn % 16 == 0:
            jobs.start()
        jobs.tell()
        turn += 1
        yield LOOK_S
    plot.gone()
    jobs.mend()
    yield from jobs.settle()


def _memory(plot: Plot, family: str) -> int:
    found = plot.aws("ecs").describe_task_definition(taskDefinition=family)["taskDefinition"]
    return int(found["memory"])
