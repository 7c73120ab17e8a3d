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


FLOW_STREAM = "eni-private-a-all"


def flow_line(
    account: str,
    interface: int,
    source: str,
    target: str,
    source_port: int,
    port: int,
    packets: int,
    size: int,
    at: float,
    verdict: str = "ACCEPT",
) -> str:
    """A line of the flow log in its default format: TCP, one minute."""
    return (
        f"2 {account} eni-0{interface:016x} {source} {target} {source_port} {port} 6 {packets} {size} "
        f"{int(at) - 60} {int(at)} {verdict} OK"
    )


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
        for _ in range(2):
            peer = f"{rng.choice((13, 18, 52))}.{rng.randint(1, 250)}.{rng.randint(1, 250)}.{rng.randint(1, 250)}"
            interface, source = rng.getrandbits(64), f"10.0.11.{rng.randint(10, 90)}"
            port, packets, size = rng.randint(30000, 60999), rng.randint(8, 90), rng.randint(900, 90000)
            if not stage.facts.nat_ok:
                # No rule refuses what a route loses: it leaves, is accepted, and nobody answers.
                packets, size = 3, 180
            line = flow_line(stage.cast.account, interface, source, peer, port, 443, packets, size, at)
            stage.say((groups.flow, FLOW_STREAM), line, at)
        yield rng.uniform(12, 20)
