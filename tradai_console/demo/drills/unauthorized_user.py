"""Unauthorized Access: a key tries one door after the other."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.drills.strangers import a_leak, call, make_key, works
from tradai_console.demo.story.stage import Actor

_DOORS = (
    "iam:CreateUser",
    "iam:AttachUserPolicy",
    "secretsmanager:GetSecretValue",
    "ec2:RunInstances",
    "lambda:CreateFunction20150331",
)


@drill(
    "unauthorized-user",
    alert="Unauthorized Access",
    line="many calls to AWS are refused",
    announced="tradai-{env}-unauthorized-api-calls",
    cures="turning the key of {owner} off (UpdateAccessKey Inactive)",
    useless="deploying services; new exchange keys; waiting",
    truth="The key of {owner} is used from {address}. Its policy allows next to nothing, so nearly everything was refused: no "
    "user was made, no secret read. Turned off it ends at once.",
    looks=("cloudtrail.denied", "iam.keys"),
    right=("iam.deactivate_key {owner}",),
    remedy=(lambda hand, plot: hand.turn_key_off(plot["owner"]),),
    draws=a_leak,
)
def play(plot: Plot) -> Actor:
    """A dozen refused calls a turn until the key is off."""
    key, turn = make_key(plot), 0
    plot.publish(
        "Unauthorized access", f"a wave of refused API calls from {plot['address']} by user {plot['owner']}"
    )
    while works(plot, key):
        if turn % 3 == 0:
            for _ in range(4):
                call(plot, plot.rng.choice(_DOORS), key, "AccessDenied")
            plot.stage.measure(
                "TradAI/Security", "UnauthorizedApiCalls", plot.rng.randint(9, 16), unit="Count"
            )
        turn += 1
        yield LOOK_S
    plot.gone()  # whoever looks now sees it
    for _ in range(2):
        call(plot, "sts:GetCallerIdentity", key, "InvalidClientTokenId")
        yield 2 * LOOK_S
    plot.publish("RESOLVED: Unauthorized access", f"no call of {plot['owner']} since its key was turned off")
