"""What the drills of the NAT instance share: nothing gets out until something does."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot
from tradai_console.demo.story.eyes import look
from tradai_console.demo.story.stage import Actor


def until_out(plot: Plot) -> Actor:
    """The figures of an outage, until the story's eyes see traffic leave again."""
    look(plot.stage)
    turn = 0
    while not plot.stage.facts.nat_ok:
        if turn % 6 == 0:
            plot.measure("network")
            said = "connect to api.binance.com:443 timed out (10.0 s), no route or no way out"
            plot.note("data-collection", "data_collection.CcxtFetcher", "ERROR", said)
        turn += 1
        yield LOOK_S
    plot.measure("network")
