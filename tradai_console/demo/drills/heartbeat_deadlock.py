"""Stale Heartbeat: the session's process is frozen."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.drills.quiet_sessions import a_session, says, silence
from tradai_console.demo.story.stage import Actor


@drill(
    "heartbeat-deadlock",
    alert="Stale Heartbeat",
    line="a session's heartbeat is old, its task runs",
    announced="tradai-{env}-heartbeat-stale",
    cures="another task for {service}: stop the frozen one, or force a deployment",
    useless="setting the row to stopped and running again: a frozen process reads nothing; deploying strategy-service",
    truth="After a refused request {strategy} waits for a lock that it holds itself. The process lives, so ECS sees nothing; it "
    "writes no line and no heartbeat. Only a new task helps. Positions are unwatched until then.",
    looks=("trading.tasks", "logs.search", "logs.silence"),
    right=("ecs.stop_task", "ecs.force_deployment {service}"),
    remedy=(lambda hand, plot: hand.redeploy(plot["service"]),),
    draws=a_session,
)
def play(plot: Plot) -> Actor:
    """Frozen until its service runs other tasks."""
    old = plot.tasks(plot["service"])
    refused = "429 Too Many Requests, waiting for the websocket lock"
    says(plot, "freqtrade.exchange.common", "WARNING", refused, silence(plot))
    while not plot.renewed(plot["service"], old):
        yield LOOK_S
    yield 3 * LOOK_S
    plot.conditions.silent_sessions.discard(plot["strategy"])
