"""Position Stuck: nobody is there to close it."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.drills.quiet_sessions import (
    close_position,
    live_position,
    open_position,
    report_position,
    says,
    silence,
)
from tradai_console.demo.story.stage import Actor


@drill(
    "position-stuck-frozen",
    alert="Position Stuck",
    line="a live position is open hours past its exit, and its session is silent",
    announced="Position Stuck: {strategy}",
    cures="another task for {service}, with the owner's word: it finds the position and leaves it",
    useless="pausing the session: a frozen process reads no row, and the position stays; deploying strategy-service",
    truth="The process of {strategy} froze before its exit was due. The position is real and nobody watches it. A new task reads "
    "its trades from its store and exits at once.",
    looks=("trading.heartbeat", "logs.search"),
    right=("ecs.stop_task", "ecs.force_deployment {service}"),
    remedy=(lambda hand, plot: hand.stop_tasks(plot["service"]),),
    draws=live_position,
)
def play(plot: Plot) -> Actor:
    """Open until other tasks run."""
    old = plot.tasks(plot["service"])
    open_position(plot)
    silence(plot)
    report_position(plot, "session silent")
    while not plot.renewed(plot["service"], old):
        yield LOOK_S
    yield 3 * LOOK_S
    plot.conditions.silent_sessions.discard(plot["strategy"])
    says(
        plot,
        "freqtrade.freqtradebot",
        "INFO",
        f"Exit for {plot['pair']}: exit_signal, order filled after 2.1 s",
    )
    close_position(plot)
