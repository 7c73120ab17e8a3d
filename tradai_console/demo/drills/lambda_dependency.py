"""Lambda Errors: the function is well; what it asks does not answer."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.story.runs import run_function
from tradai_console.demo.story.schedules import measure_drift
from tradai_console.demo.story.stage import Actor


@drill(
    "lambda-dependency",
    alert="Lambda Errors",
    line="a scheduled function ends in an error each time",
    announced="tradai-{env}-lambda-drift-monitor-errors",
    cures="new tasks for mlflow, by a forced deployment or by stopping the one it has",
    useless="more memory or time for the function: it is not the function",
    truth="A worker of mlflow hangs in a lock and holds the experiments that drift-monitor asks for: 503 to every search, while "
    "its health endpoint, which needs no lock, goes on answering 200. A new task has no such lock.",
    looks=("logs.errors",),
    right=("ecs.force_deployment mlflow", "ecs.stop_task"),
    remedy=(lambda hand, _: hand.redeploy("mlflow"),),
)
def play(plot: Plot) -> Actor:
    """Refused until mlflow's task is another one."""
    conditions, old = plot.conditions, plot.tasks("mlflow")
    url = f"http://mlflow.tradai-{plot.cast.env}.local:5000/mlflow/api/2.0/mlflow/experiments/search"
    conditions.lambda_errors["drift-monitor"] = (
        f"requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: {url}"
    )
    turn = 0
    while not plot.renewed("mlflow", old):
        if turn % 9 == 0:
            run_function(
                plot.stage, plot.rng, "drift-monitor",
                [("drift_monitor.MlflowReader", "WARNING", "search of backtest-* was refused, retrying")],
            )  # fmt: skip
            plot.note(
                "mlflow", "gunicorn.error", "CRITICAL", f"WORKER TIMEOUT (pid:{plot.rng.randint(20, 60)})"
            )
        turn += 1
        yield LOOK_S
    conditions.lambda_errors.pop("drift-monitor")
    yield 2 * LOOK_S
    measure_drift(plot.stage, plot.rng)
