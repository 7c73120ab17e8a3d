"""Model Drift Detected: the market has moved a little away from what the model knows."""

from __future__ import annotations

from tradai_console.demo.drills.drifting import a_model, until_retrained
from tradai_console.demo.drills.plot import Plot, drill
from tradai_console.demo.story.stage import Actor


@drill(
    "drift-moderate",
    alert="Model Drift Detected",
    line="a model's stability index is over 0.10",
    announced="tradai-{env}-drift-moderate",
    cures="a retraining that really runs: with force, since the last one is only hours old",
    useless="a retraining without force: it answers success and is skipped; the model's earlier version drifts as far",
    truth="Volatility has risen since the reference of {model} was made. Its last retraining is some hours old, so that the "
    "scheduler, asked without force, says success and skips it.",
    looks=("retraining.state",),
    right=("retraining.start",),
    remedy=(lambda hand, plot: hand.retrain(plot["model"], force=True),),
    draws=a_model,
)
def play(plot: Plot) -> Actor:
    """Drifting until it has been retrained."""
    yield from until_retrained(plot, plot.rng.uniform(0.13, 0.21))
