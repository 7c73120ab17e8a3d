"""What a benchmark takes off the console: its manners towards a shared account, which would be measured instead of it."""

from __future__ import annotations

from typing import Final

from tradai_console.aws import budget
from tradai_console.aws.quotas import Quota
from tradai_console.sources import alarms

_NO_LIMIT: Final = Quota(1_000_000, 1_000_000, burst=1_000_000)


def lift_quotas() -> None:
    """In this process no call waits for its place in the account's quotas."""
    setattr(budget, "quota_of", lambda _group, _region: _NO_LIMIT)  # noqa: B010  # a name that it imports, not its own


def sweep_always() -> None:
    """In this process every reading of the alarms is a reading of all of them."""
    alarms.SWEEP_S = 0.0
