"""High API Latency: one of the backend's two tasks is slow."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.story.stage import Actor
from tradai_console.demo.story.voices import plain_line


@drill(
    "latency-sick-task",
    alert="High API Latency",
    line="the backend answers some requests in more than two seconds",
    announced="tradai-{env}-api-latency-high",
    cures="another task in place of the slow one: stop it, or force a deployment",
    useless="more tasks beside it: the balancer still gives it its share; a failover of the database",
    truth="One of the backend's tasks was placed on a host with a bad disk and swaps. Only its requests are slow: "
    "half of them all.",
    looks=("logs.errors", "ecs.tasks"),
    right=("ecs.force_deployment backend-api", "ecs.stop_task"),
    remedy=(lambda hand, _: hand.redeploy("backend-api"),),
)
def play(plot: Plot) -> Actor:
    """Slow for as long as that one task runs."""
    conditions, turn = plot.conditions, 0
    sick = plot.rng.choice(sorted(plot.tasks("backend-api")))
    while sick in plot.tasks("backend-api"):
        conditions.latency_s = plot.rng.uniform(2.7, 3.4)
        if turn % 3 == 0:
            plot.measure("edge")
            at = plot.stage.time.time()
            stream = (plot.cast.platform.log_groups.services, f"backend-api/backend-api/{sick}")
            line = plain_line(
                at, "backend.Server", "WARNING", f"event loop blocked for {conditions.latency_s:.2f} s"
            )
            plot.stage.say(stream, line, at)
        turn += 1
        yield LOOK_S
    conditions.latency_s = 0.0
    plot.measure("edge")
