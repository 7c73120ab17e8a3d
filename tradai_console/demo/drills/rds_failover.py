"""Database Failover: it has moved by itself, and mlflow has not noticed."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.drills.unreachable import complain, connect, cut_off
from tradai_console.demo.inside import behaviour
from tradai_console.demo.story.stage import Actor


@drill(
    "rds-failover",
    alert="Database Failover",
    line="the database has moved to its other zone",
    announced="tradai-{env}-rds-failover",
    cures="new tasks for mlflow, once the database is available: they look the address up anew",
    useless="waiting: the failover is complete, and mlflow's pool holds connections that are dead",
    worse="forcing another failover to go back: a minute more without a database",
    truth="A host failed, RDS moved the database to its standby within a minute, and nothing was lost. mlflow keeps "
    "the old address in its pool and answers 500 until its tasks are replaced.",
    looks=("rds.events",),
    right=("ecs.force_deployment mlflow", "ecs.stop_task"),
    event=True,
    remedy=(lambda hand, _: hand.redeploy("mlflow"),),
)
def play(plot: Plot) -> Actor:
    """A failover; then dead connections until mlflow's task is younger than the end of it."""
    name = plot.cast.platform.database
    behaviour("rds").fail_over(name, reason="The RDS Multi-AZ primary instance is busy and unresponsive.")
    cut_off(plot)
    yield 2 * LOOK_S
    while not plot.stage.facts.database_available:
        yield LOOK_S
    old = plot.tasks("mlflow")
    turns = complain(plot, "server closed the connection unexpectedly")
    while not plot.renewed("mlflow", old) or not plot.stage.facts.database_available:
        if next(turns, None) is None:
            turns = complain(plot, "server closed the connection unexpectedly")
        yield LOOK_S
    yield 2 * LOOK_S
    connect(plot)
