"""Connection Pool Exhausted: mlflow takes connections and gives none back."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.story.stage import Actor

_FULL = 79.0


@drill(
    "pool-leak",
    alert="Connection Pool Exhausted",
    line="connections to the database are near their maximum",
    announced="tradai-{env}-rds-connections-high",
    cures="another task for mlflow: stopping the one it has frees its connections at once",
    useless="new tasks for other services: they hold none; a reboot of the database: as full as before within minutes",
    truth="A worker of mlflow leaks a connection at each search that times out. With its task its connections go.",
    looks=("logs.errors", "rds.connections"),
    right=("ecs.stop_task", "ecs.force_deployment mlflow"),
    remedy=(lambda hand, _: hand.stop_tasks("mlflow"),),
)
def play(plot: Plot) -> Actor:
    """Rising to the brim; a reboot empties it, the leak fills it again."""
    conditions, old, held = plot.conditions, plot.tasks("mlflow"), plot.rng.uniform(68, 71)
    turn = 0
    while not plot.renewed("mlflow", old):
        if plot.stage.facts.database_available:
            held = min(_FULL, held + plot.rng.uniform(0.4, 1.6) * (1 if held > 60 else 4))
        else:
            held = 6.0
        conditions.connections = held
        if turn % 4 == 0:
            plot.measure("database")
            said = "QueuePool limit of size 10 overflow 20 reached, connection timed out, timeout 30.00"
            plot.note("mlflow", "sqlalchemy.pool.impl.QueuePool", "ERROR", said)
        turn += 1
        yield LOOK_S
    conditions.connections = None
    plot.measure("database")
