"""CloudTrail records and VPC flow log lines: what an investigation of access or of the network reads."""

from __future__ import annotations

import json

from tradai_console.demo.cast import dice, draw_uuid
from tradai_console.demo.story.stage import Actor, Stage

_CALLS = (
    ("sts.amazonaws.com", "AssumeRole"), ("ecs.amazonaws.com", "DescribeServices"), ("s3.amazonaws.com", "GetObject"),
    ("secretsmanager.amazonaws.com", "GetSecretValue"), ("logs.amazonaws.com", "FilterLogEvents"),
    ("ecr.amazonaws.com", "BatchGetImage"),
)  # fmt: skip


def trails(stage: Stage) -> Actor:
    """A record every quarter of a minute, a few flows beside it."""
    rng = dice(stage.cast.seed, stage.cast.env, "trails")
    groups, region = stage.cast.platform.log_groups, stage.cast.region
    role = f"arn:aws:sts::{stage.cast.account}:assumed-role/tradai-ecs-task-{stage.cast.env}"
    while True:
        at = stage.time.time()
        source, name = rng.choice(_CALLS)
        record = {
            "eventVersion": "1.10",
            "eventTime": f"{stage.now:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": source,
            "eventName": name,
            "awsRegion": region,
            "sourceIPAddress": f"10.0.{rng.choice((11, 12))}.{rng.randint(10, 90)}",
            "userIdentity": {"type": "AssumedRole", "arn": f"{role}/{rng.choice(stage.cast.users)}"},
            "eventID": draw_uuid(rng),
            "readOnly": True,
        }  # fmt: skip
        stage.say((groups.cloudtrail, f"{stage.cast.account}_CloudTrail_{region}"), json.dumps(record), at)
        verdict = "ACCEPT" if stage.facts.nat_ok else "REJECT"
        for _ in range(2):
            peer = f"{rng.choice((13, 18, 52))}.{rng.randint(1, 250)}.{rng.randint(1, 250)}.{rng.randint(1, 250)}"
            line = (
                f"2 {stage.cast.account} eni-0{rng.getrandbits(64):016x} 10.0.11.{rng.randint(10, 90)} {peer} "
                f"{rng.randint(30000, 60999)} 443 6 {rng.randint(8, 90)} {rng.randint(900, 90000)} "
                f"{int(at) - 60} {int(at)} {verdict} OK"
            )
            stage.say((groups.flow, "eni-private-a-all"), line, at)
        yield rng.uniform(12, 20)
