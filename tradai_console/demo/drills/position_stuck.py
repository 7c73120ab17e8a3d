"""Position Stuck: the exchange refuses the order that would close it."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.drills.quiet_sessions import (
    close_position,
    live_position,
    open_position,
    report_position,
    says,
)
from tradai_console.demo.story.stage import Actor


@drill(
    "position-stuck",
    alert="Position Stuck",
    line="a live position is open hours past its exit",
    announced="Position Stuck: {strategy}",
    cures="pausing or stopping the session; then its owner cancels the order and closes by hand at the exchange",
    useless="waiting; deploying strategy-service",
    worse="a new live-trading task: it forgets the waiting order and places another beside it",
    truth="The exit order of {strategy} is refused for its size: the exchange has changed the step of {pair}. The session tries "
    "again and again. While it does, nobody may close by hand, or both would fill. Paused, its owner closes within a minute.",
    looks=("logs.errors", "logs.search"),
    right=("trading.pause {strategy}", "trading.stop {strategy}"),
    remedy=(
        lambda hand, plot: hand.set_session(plot["strategy"], "paused"),
        lambda hand, plot: hand.set_session(plot["strategy"], "running"),
    ),
    draws=live_position,
)
def play(plot: Plot) -> Actor:
    """Open until the session has kept its hands off long enough for a person to close it."""
    open_position(plot)
    report_position(plot, "exit order rejected")
    size, tasks, quiet, turn = float(plot["size"]), plot.tasks(plot["service"]), 0.0, 0
    while quiet < 40.0:
        if not plot.tasks(plot["service"]) <= tasks:
            tasks, size = plot.tasks(plot["service"]), size * 2
            says(
                plot,
                "freqtrade.freqtradebot",
                "WARNING",
                f"Found no exit order for {plot['pair']}, placing another",
            )
            report_position(plot, f"two exit orders, exposure doubled to {size:.2f}", f"{size:.2f}")
        if plot.session(plot["strategy"]) in ("paused", "stopped"):
            quiet += LOOK_S
        else:
            quiet = 0.0
            if turn % 4 == 0:
                said = f"Could not exit {plot['pair']}: InvalidOrder binance -1013 Filter failure: LOT_SIZE"
                says(plot, "freqtrade.freqtradebot", "ERROR", said)
        turn += 1
        yield LOOK_S
    close_position(plot)
    says(
        plot,
        "freqtrade.freqtradebot",
        "INFO",
        f"Position {plot['pair']} is gone at the exchange, trade closed by hand",
    )
