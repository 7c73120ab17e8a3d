"""What the drills of the database share: mlflow without it, and mlflow with too much of it."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot
from tradai_console.demo.story.stage import Actor


def cut_off(plot: Plot) -> None:
    """Nobody is connected any more."""
    plot.conditions.database_down = True
    plot.measure("database")
    plot.check_health()


def complain(plot: Plot, said: str) -> Actor:
    """Half a minute of mlflow's complaints."""
    plot.note("mlflow", "mlflow.store.db.utils", "ERROR", f"sqlalchemy.exc.OperationalError: {said}")
    plot.measure("database")
    for _ in range(6):
        yield LOOK_S


def connect(plot: Plot) -> None:
    """mlflow has its connections again."""
    plot.conditions.database_down = False
    plot.measure("database")
    plot.check_health()
