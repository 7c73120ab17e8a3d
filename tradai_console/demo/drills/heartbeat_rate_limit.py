"""Stale Heartbeat: the exchange lets the session in no more, for a while."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.drills.quiet_sessions import a_session, says, silence
from tradai_console.demo.story.conditions import Exchange
from tradai_console.demo.story.stage import Actor

_BAN_S = 60.0


@drill(
    "heartbeat-rate-limit",
    alert="Stale Heartbeat",
    line="a session's heartbeat is old, its log complains about the exchange",
    announced="tradai-{env}-heartbeat-stale",
    cures="pausing the session until the exchange lets it in again, a minute or so; then resuming it",
    useless="waiting: it asks again and again, and each request renews the ban; deploying strategy-service",
    worse="a new task: it logs in anew, and the ban grows longer",
    truth="{strategy} sends more requests than its key may; the exchange answers 429 and then bans the address. Each further try "
    "renews the ban. Paused for a minute it is let in again.",
    looks=("logs.errors", "logs.search"),
    right=("trading.pause {strategy}", "trading.stop {strategy}", "trading.resume {strategy}"),
    remedy=(
        lambda hand, plot: hand.set_session(plot["strategy"], "paused"),
        lambda hand, plot: hand.set_session(plot["strategy"], "running"),
    ),
    draws=a_session,
)
def play(plot: Plot) -> Actor:
    """Banned until it has kept quiet long enough; each new task adds to that."""
    plot.conditions.exchange = Exchange.LIMITED
    at = silence(plot)
    while at < plot.stage.time.time():
        _refused(plot, at)
        at += LOOK_S
    tasks, needed, quiet = plot.tasks(plot["service"]), _BAN_S, 0.0
    while quiet < needed:
        if not plot.tasks(plot["service"]) <= tasks:
            tasks, needed = plot.tasks(plot["service"]), min(needed + _BAN_S, 5 * _BAN_S)
            says(
                plot,
                "freqtrade.exchange.common",
                "ERROR",
                "418 I'm a teapot: IP banned, login from a banned address",
            )
        if plot.session(plot["strategy"]) in ("paused", "stopped"):
            quiet += LOOK_S
        else:
            quiet = 0.0
            _refused(plot)
        yield LOOK_S
    plot.conditions.exchange = Exchange.OK
    plot.conditions.silent_sessions.discard(plot["strategy"])
    says(plot, "freqtrade.exchange.common", "INFO", "the exchange answers again, weight 12 of 1200")


def _refused(plot: Plot, at: float | None = None) -> None:
    said = "DDosProtection: binance 429 Too Many Requests, asked again"
    says(plot, "freqtrade.exchange.common", "WARNING", said, at)
