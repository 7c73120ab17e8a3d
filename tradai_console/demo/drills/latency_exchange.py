"""High API Latency: the exchange is slow, and we wait for it."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.story.conditions import Exchange
from tradai_console.demo.story.stage import Actor


@drill(
    "latency-exchange",
    alert="High API Latency",
    line="the backend answers in more than two seconds",
    announced="tradai-{env}-api-latency-high",
    cures="nothing of ours: it passes within some minutes. Saying so, and leaving everything alone, is right",
    useless="more tasks, new tasks, a failover: each of them waits for the same exchange",
    truth="The exchange answered slowly for about six minutes. Every request that asks it for prices waited. "
    "Nothing of ours was ill.",
    looks=("logs.search", "logs.errors"),
    right=(),
    remedy=(),
)
def play(plot: Plot) -> Actor:
    """It comes and it goes."""
    conditions = plot.conditions
    conditions.exchange = Exchange.SLOW
    for _ in range(plot.rng.randint(21, 26)):
        conditions.latency_s = plot.rng.uniform(2.7, 3.7)
        plot.measure("edge")
        url = "https://api.binance.com/api/v3/klines"
        said = f"ccxt.base.errors.RequestTimeout: binance GET {url} ({conditions.latency_s:.1f} s)"
        plot.note("data-collection", "data_collection.CcxtFetcher", "WARNING", said)
        yield 3 * LOOK_S
    conditions.exchange, conditions.latency_s = Exchange.OK, 0.0
    plot.measure("edge")
