"""Secrets and access keys have a past: moto makes each at this very moment, and notes no use of a key.

Levers (same process): `age_secret`, `age_key`, `use_key`.
"""

from __future__ import annotations

from datetime import UTC, datetime

from moto.iam.models import AccessKey, AccessKeyLastUsed, iam_backends
from moto.secretsmanager.models import FakeSecret, secretsmanager_backends

from tradai_console.demo.behaviour.clock import Clock

__all__ = ["age_key", "age_secret", "use_key"]

_clock: Clock


def reset(clock: Clock) -> None:
    """Begin at nothing, in this clock's time."""
    global _clock
    _clock = clock


def age_secret(
    name: str, age_s: float, *, account: str = "123456789012", region: str = "eu-central-1"
) -> None:
    """Let a secret have been made, and changed last, so long ago."""
    secret = secretsmanager_backends[account][region].secrets[name]
    then = int(_clock.time() - age_s)
    if not isinstance(secret, FakeSecret):
        raise KeyError(name)
    secret.created_date = secret.last_changed_date = then
    for version in secret.versions.values():
        version["createdate"] = then


def age_key(key_id: str, age_s: float, *, account: str = "123456789012") -> None:
    """Let an access key have been made so long ago."""
    _key(key_id, account).create_date = _moment(_clock.time() - age_s)


def use_key(
    key_id: str, service: str, *, account: str = "123456789012", region: str = "eu-central-1"
) -> None:
    """Note a call that was made with the key just now."""
    used = AccessKeyLastUsed(timestamp=_moment(_clock.time()), service=service, region=region)
    _key(key_id, account).last_used = used


def _key(key_id: str, account: str) -> AccessKey:
    for user in iam_backends[account]["aws"].users.values():
        for key in user.access_keys:
            if key.access_key_id == key_id:
                return key
    raise KeyError(key_id)


def _moment(stamp: float) -> datetime:
    """As moto keeps its moments: UTC without a zone."""
    return datetime.fromtimestamp(stamp, UTC).replace(tzinfo=None)
