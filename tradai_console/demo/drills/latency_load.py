"""High API Latency: more is asked of the backend than two tasks can answer."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.story.stage import Actor


@drill(
    "latency-load",
    alert="High API Latency",
    line="the backend answers in more than two seconds",
    announced="tradai-{env}-api-latency-high",
    cures="more tasks: three or more of the backend (UpdateService desiredCount)",
    useless="a forced deployment: two new tasks have as much to do as two old ones; a failover of the database",
    truth="A partner's script asks for every backtest once a second. Requests have grown fourfold; two tasks cannot keep up, "
    "three can.",
    looks=("alb.requests", "ecs.cpu"),
    right=("ecs.scale backend-api",),
    remedy=(lambda hand, _: hand.scale("backend-api", 3),),
)
def play(plot: Plot) -> Actor:
    """Slow while fewer than three tasks share the work."""
    conditions, turn = plot.conditions, 0
    conditions.requests = plot.rng.uniform(3.6, 4.8)
    while min(len(plot.tasks("backend-api")), plot.desired("backend-api")) < 3:
        conditions.latency_s, conditions.cpu["backend-api"] = (
            plot.rng.uniform(2.6, 3.8),
            plot.rng.uniform(93, 99),
        )
        if turn % 3 == 0:
            plot.measure("edge" if turn else "load", "services")
            said = (
                f"request queue holds {plot.rng.randint(60, 160)}, oldest waits {conditions.latency_s:.1f} s"
            )
            plot.note("backend-api", "backend.Server", "WARNING", said)
        turn += 1
        yield LOOK_S
    plot.gone()
    conditions.latency_s, conditions.cpu["backend-api"] = 0.0, 58.0
    plot.measure("edge", "services")
    yield 120.0
    conditions.requests = 1.0
    conditions.cpu.pop("backend-api")
