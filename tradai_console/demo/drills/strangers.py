"""What the drills of security share: a key in the wrong hands, the calls made with it, and its end."""

from __future__ import annotations

import contextlib
import random
from typing import Any

from tradai_console.demo.cast import Cast
from tradai_console.demo.drills.plot import Plot
from tradai_console.demo.inside import behaviour

_ADDRESSES = ("185.220.101.34", "45.155.205.86", "193.32.162.157", "91.240.118.172")


def a_leak(rng: random.Random, cast: Cast) -> dict[str, str]:
    """Whose key it is, and where the stranger calls from."""
    machine = rng.choice(("ci-deployer", "report-export", "grafana-reader"))
    return {"owner": machine, "address": rng.choice(_ADDRESSES), "user": rng.choice(cast.users)}


def make_key(plot: Plot) -> str:
    """A user with a key (`iam:CreateUser`, `iam:CreateAccessKey`); the key's id."""
    iam, owner = plot.aws("iam"), plot["owner"]
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName=owner)
    key = str(iam.create_access_key(UserName=owner)["AccessKey"]["AccessKeyId"])
    if (keys := behaviour("keys")) is not None:
        keys.age_key(key, plot.rng.uniform(20, 85) * 86_400, account=plot.cast.account)
    return key


def works(plot: Plot, key: str) -> bool:
    """Whether the key is still good (`iam:ListAccessKeys`)."""
    listed = plot.aws("iam").list_access_keys(UserName=plot["owner"])["AccessKeyMetadata"]
    return any(one["AccessKeyId"] == key and one["Status"] == "Active" for one in listed)


def call(plot: Plot, event: str, key: str, error: str | None = None) -> None:
    """A call of the stranger, as CloudTrail records it."""
    more: dict[str, Any] = {"errorCode": error, "errorMessage": "refused"} if error else {}
    owner, keys = plot["owner"], behaviour("keys")
    if keys is not None and error != "InvalidClientTokenId":
        keys.use_key(key, event.partition(":")[0], account=plot.cast.account, region=plot.cast.region)
    plot.recorded(
        owner,
        event,
        sourceIPAddress=plot["address"],
        userAgent="Boto3/1.26.0 md/Botocore#1.29.0",
        userIdentity={
            "type": "IAMUser",
            "userName": owner,
            "accessKeyId": key,
            "arn": f"arn:aws:iam::{plot.cast.account}:user/{owner}",
        },
        **more,
    )
