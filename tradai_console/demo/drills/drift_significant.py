"""Significant Drift: the market has changed its ways."""

from __future__ import annotations

from tradai_console.demo.drills.drifting import a_model, until_retrained
from tradai_console.demo.drills.plot import Plot, drill
from tradai_console.demo.story.stage import Actor


@drill(
    "drift-significant",
    alert="Significant Drift",
    line="a model's stability index is over 0.25 while it trades",
    announced="tradai-{env}-drift-significant",
    cures="pausing its trading limits the loss; a forced retraining brings the index down",
    useless="a retraining without force is skipped; the model's earlier version is older and drifts as far",
    truth="A change of fees at the exchange has turned the edge of {model} into a loss. It was retrained hours ago on data from "
    "before the change. Retrained on the new data it is well.",
    looks=("retraining.state",),
    right=("retraining.start", "trading.pause", "trading.resume"),
    remedy=(lambda hand, plot: hand.retrain(plot["model"], force=True),),
    draws=a_model,
)
def play(plot: Plot) -> Actor:
    """Far off until it has been retrained."""
    yield from until_retrained(plot, plot.rng.uniform(0.29, 0.43))
