"""Who is asking, and what asking costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Identity:
    """The answer of `sts:GetCallerIdentity`; nothing is labelled with an account before it is here."""

    account: str
    arn: str
    region: str


@dataclass(frozen=True)
class Meter:
    """What watching has used so far."""

    calls_per_minute: int = 0
    """Calls sent in the last 60 s."""
    calls: int = 0
    throttles: int = 0
    spent_usd: float = 0.0
    """Estimated from the prices in `aws.costs`; the shift's total."""
    credentials_until: datetime | None = None
    """When the credentials end; None for those that do not, or before they were read."""
    credentials_error: str | None = None
    """Why no call is sent at present: one sentence with what to do; None while all is well."""
    clock_skew_s: float | None = None
    """How far this machine's clock is from AWS's; None until an answer carried a date."""
