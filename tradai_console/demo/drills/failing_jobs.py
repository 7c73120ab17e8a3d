"""What the drills of workflows share: backtests that end badly for as long as a cause lasts, redriven or not."""

from __future__ import annotations

from typing import Any

from tradai_console.demo.drills.plot import Plot
from tradai_console.demo.inside import behaviour
from tradai_console.demo.story.levers import Plan, plan
from tradai_console.demo.story.runs import run_function
from tradai_console.demo.story.stage import Actor
from tradai_console.demo.story.work import consume, submit
from tradai_console.demo.story.workflows import Following, follow, tell
from tradai_console.demo.world.jobs import draw_job


class FailingJobs:
    """Backtests of one drill: each has this outcome in this state until `mend`."""

    def __init__(self, plot: Plot, state: str, outcome: Any) -> None:
        self._plot = plot
        self._state = state
        self._outcome = outcome
        self._jobs: list[Following] = []

    def start(self, *, well: bool = False) -> None:
        """Somebody submits another one."""
        plot, stage = self._plot, self._plot.stage
        job = draw_job(plot.cast, f"drill-{plot.drill.name}-{len(self._jobs)}", stage.now)
        submit(stage, plot.rng, job)
        plan(stage, "backtest", job.job_id, Plan(plot.rng.uniform(30, 60)))
        if not well:
            self._lever().set_outcome(self._machine, self._state, self._outcome, execution=job.job_id)
        consume(stage, plot.rng, job)
        ids = f"job_id={job.job_id} trace_id={job.trace_id}"
        self._jobs.append(follow(stage, "backtest", job.execution_arn or "", ids, job.strategy, job))

    def tell(self) -> None:
        """Let what has happened to them be told in logs, rows and figures."""
        for one in self._jobs:
            tell(self._plot.stage, one)

    def mend(self) -> None:
        """From now on they go well: somebody submits the next one."""
        for one in self._jobs:
            name = one.arn.rsplit(":", 1)[1]
            plan(self._plot.stage, "backtest", name, Plan(self._plot.rng.uniform(30, 60)))

    def settle(self) -> Actor:
        """They are told for some minutes more."""
        self.start(well=True)
        for _ in range(20):
            self.tell()
            yield 15.0

    @property
    def _machine(self) -> str:
        return self._plot.cast.platform.machines["backtest"]

    @staticmethod
    def _lever() -> Any:
        return behaviour("stepfunctions")


def refused(plot: Plot, said: str) -> None:
    """A run of data-collection-proxy that could not do its work, and says so in its answer, not as an error."""
    run_function(plot.stage, plot.rng, "data-collection-proxy", [("data_proxy.Proxy", "ERROR", said)])
