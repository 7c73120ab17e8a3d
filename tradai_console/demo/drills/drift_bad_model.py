"""Significant Drift: a version that should not have been promoted."""

from __future__ import annotations

from tradai_console.demo.drills.drifting import a_model, drift, settle
from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.story.stage import Actor


@drill(
    "drift-bad-model",
    alert="Significant Drift",
    line="a model's stability index has leapt over 0.25",
    announced="tradai-{env}-drift-significant",
    cures="the version before: model-rollback, not as a dry run",
    useless="a retraining: it is compared with the bad version and kept; a dry run of the roll-back",
    truth="{user} promoted a version of {model} by hand that had been trained on candles of another pair. Nothing is wrong with "
    "the market. The version before is well.",
    looks=("changes.recent", "model.rollback_state"),
    right=("model.roll_back Roll",),
    remedy=(lambda hand, plot: hand.roll_model_back(plot["model"]),),
    draws=a_model,
)
def play(plot: Plot) -> Actor:
    """Far off until model-rollback has really been called: it takes the index back."""
    name = plot.cast.platform.function("promote-model")
    plot.recorded(plot["user"], "lambda:Invoke", ago_s=31 * 60, requestParameters={"functionName": name})
    drift(plot, plot.rng.uniform(0.31, 0.52))
    while plot["model"] in plot.conditions.psi:
        yield 2 * LOOK_S
    settle(plot)
