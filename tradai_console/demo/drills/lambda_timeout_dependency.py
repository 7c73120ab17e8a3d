"""Lambda Timeouts: the health check waits for a service that takes connections and answers none."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill, one_of
from tradai_console.demo.story.runs import run_function
from tradai_console.demo.story.stage import Actor


@drill(
    "lambda-timeout-dependency",
    alert="Lambda Timeouts",
    line="the health check runs close to its time limit",
    announced="tradai-{env}-lambda-health-check-duration-high",
    cures="new tasks for {service}",
    useless="more memory for the function: it waits, it does not compute",
    worse="a longer time limit: it waits for longer, and the check comes later",
    truth="Every worker of {service} hangs in a lock. The kernel still takes connections, so the health check waits "
    "for each answer as long as it may. The container's own check does the same and has not failed yet.",
    looks=("logs.errors", "logs.search"),
    right=("ecs.force_deployment {service}", "ecs.stop_task"),
    remedy=(lambda hand, plot: hand.redeploy(plot["service"]),),
    draws=one_of("service", "strategy-service", "data-collection"),
)
def play(plot: Plot) -> Actor:
    """Waiting, for as long as it may, until the service's tasks are others."""
    service, conditions, turn = plot["service"], plot.conditions, 0
    old = plot.tasks(service)
    while not plot.renewed(service, old):
        limits = plot.function("health-check")
        conditions.lambda_limits["health-check"] = limits
        conditions.lambda_ms["health-check"] = limits[0] * plot.rng.uniform(940, 985)
        if turn % 6 == 0:
            said = f"{service}.tradai-{plot.cast.env}.local takes the connection and does not answer, still waiting"
            run_function(
                plot.stage, plot.rng, "health-check", [("health_check.Checker", "WARNING", said)] * 3
            )
        turn += 1
        yield LOOK_S
    conditions.lambda_ms.pop("health-check")
    yield LOOK_S
    plot.check_health()
