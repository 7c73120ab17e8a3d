"""Credential Exposure: an AWS key in a public place, and somebody has found it."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.drills.strangers import a_leak, call, make_key, works
from tradai_console.demo.story.stage import Actor

_CALLS = (
    "sts:GetCallerIdentity",
    "s3:ListBuckets",
    "iam:ListUsers",
    "secretsmanager:ListSecrets",
    "ec2:DescribeInstances",
)


@drill(
    "credential-leak-aws",
    alert="Credential Exposure",
    line="a scanner has found one of our keys in public",
    announced="Credential exposure: access key of {owner}",
    cures="turning that access key off (UpdateAccessKey Inactive)",
    useless="new exchange keys: it is not those; turning off another key",
    truth="{user} pushed a notebook with the key of {owner} to a public repository. Somebody has tried it from {address} within "
    "minutes; it may list, and no more. Turned off it answers nobody.",
    looks=("iam.last_use", "iam.keys", "iam.key"),
    right=("iam.deactivate_key {owner}",),
    remedy=(lambda hand, plot: hand.turn_key_off(plot["owner"]),),
    draws=a_leak,
)
def play(plot: Plot) -> Actor:
    """In use until it is turned off; then refused for a while."""
    key = make_key(plot)
    plot.publish(
        f"Credential exposure: access key of {plot['owner']}",
        f"access key {key} of user {plot['owner']} was exposed in a public repository",
    )
    turn = 0
    while works(plot, key):
        if turn % 3 == 0:
            call(plot, plot.rng.choice(_CALLS), key)
        turn += 1
        yield LOOK_S
    plot.gone()  # whoever looks now sees it
    for _ in range(3):
        call(plot, "sts:GetCallerIdentity", key, "InvalidClientTokenId")
        yield 2 * LOOK_S
    plot.publish(
        f"RESOLVED: Credential exposure: access key of {plot['owner']}",
        f"access key {key} of user {plot['owner']} is refused since it was turned off",
    )
