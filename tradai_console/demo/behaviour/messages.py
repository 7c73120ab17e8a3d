"""SNS and SQS work in moto as they do in AWS, long polling and subscriptions too; nothing stands before them.

Levers (same process): `publish`.
"""

from __future__ import annotations

from moto.sns.models import sns_backends

from tradai_console.demo.behaviour.clock import Clock

__all__ = ["publish"]


def reset(clock: Clock) -> None:
    """There is nothing to forget."""
    del clock


def publish(topic_arn: str, message: str, subject: str | None = None) -> str:
    """Publish without a request; the message's id."""
    region, account = topic_arn.split(":")[3:5]
    return str(sns_backends[account][region].publish(message, arn=topic_arn, subject=subject))
