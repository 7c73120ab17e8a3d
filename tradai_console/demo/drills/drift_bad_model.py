"""Significant Drift: a version that should not have been promoted."""

from __future__ import annotations

from tradai_console.demo.drills.drifting import a_model, drift, settle
from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.story.answers import version_of
from tradai_console.demo.story.runs import run_function
from tradai_console.demo.story.stage import Actor

_AGO_S = 31 * 60.0


@drill(
    "drift-bad-model",
    alert="Significant Drift",
    line="a model's stability index has leapt over 0.25",
    announced="tradai-{env}-drift-significant",
    cures="the version before: model-rollback, not as a dry run",
    useless="a retraining: it is compared with the bad version and kept; a dry run of the roll-back",
    truth="{user} promoted a version of {model} by hand that had been trained on candles of another pair. Nothing is wrong with "
    "the market. The version before is well.",
    looks=("logs.search", "model.rollback_state"),
    right=("model.roll_back Roll",),
    remedy=(lambda hand, plot: hand.roll_model_back(plot["model"]),),
    draws=a_model,
)
def play(plot: Plot) -> Actor:
    """Far off until model-rollback has really been called: it takes the index back."""
    _promoted_by_hand(plot)
    drift(plot, plot.rng.uniform(0.31, 0.52))
    while plot["model"] in plot.conditions.psi:
        yield 2 * LOOK_S
    settle(plot)


def _promoted_by_hand(plot: Plot) -> None:
    """Half an hour ago, as the trail and the function's own log have it."""
    name, version = plot.cast.platform.function("promote-model"), version_of(plot.stage, plot["model"])
    plot.recorded(plot["user"], "lambda:Invoke", ago_s=_AGO_S, requestParameters={"functionName": name})
    said = (
        f"{plot['model']} version {version}: Staging -> Production, asked for by {plot['user']}, "
        f"no comparison; version {version - 1} archived"
    )
    run_function(
        plot.stage, plot.rng, "promote-model", [("promote_model.Promoter", "WARNING", said)],
        at=plot.stage.time.time() - _AGO_S, measured=False,
    )  # fmt: skip
