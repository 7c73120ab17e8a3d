"""SNS and SQS work in moto as they do in AWS, long polling and subscriptions too; only the time is the platform's.

Levers (same process): `publish`.
"""

from __future__ import annotations

from datetime import datetime

from moto.sns import models
from moto.sns.models import sns_backends

from tradai_console.demo.behaviour.clock import Clock

__all__ = ["publish"]


def reset(clock: Clock) -> None:
    """From now on a message bears the stamp of this clock."""

    def stamp(value: datetime | None = None) -> str:
        return (value or clock.now()).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    vars(models)["iso_8601_datetime_with_milliseconds"] = stamp


def publish(topic_arn: str, message: str, subject: str | None = None) -> str:
    """Publish without a request; the message's id."""
    region, account = topic_arn.split(":")[3:5]
    return str(sns_backends[account][region].publish(message, arn=topic_arn, subject=subject))
