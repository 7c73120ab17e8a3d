"""The budget of calls: one console's share of the account's quotas, so that ten do not stop each other."""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import inf
from typing import Final

from tradai_console.aws.quotas import Quota, group_of, quota_of
from tradai_console.clock import Clock
from tradai_console.errors import ShareUsedUp

LONGEST_WAIT_S: Final = 5.0
"""A call that would have to wait longer is not kept: it ends as throttled, by ourselves."""

_RECOVERY_S: Final = 60.0
"""After a throttle the rate doubles once in that time until it is whole again."""

_SLOWEST: Final = 1 / 16
_JITTER: Final = 0.15


@dataclass
class _Bucket:
    quota: Quota
    tokens: float
    filled_at: float
    factor: float = 1.0
    throttled_at: float = 0.0

    def slowed(self, now: float) -> float:
        """The part of the rate that the last throttle has left."""
        halvings = max(0.0, (now - self.throttled_at) / _RECOVERY_S)
        return min(1.0, self.factor * 2 ** min(halvings, _ENOUGH))


_ENOUGH: Final = 64.0
"""Doublings after which any rate is whole again; a machine may be up for months."""


class Budget:
    """One token bucket for each group of operations, for one account and region: one budget is one door's."""

    def __init__(
        self,
        region: str,
        share: float,
        clock: Clock,
        *,
        rng: random.Random | None = None,
        longest_wait_s: float = LONGEST_WAIT_S,
    ) -> None:
        self._region = region
        self._share = share
        self._clock = clock
        self._rng = rng or random.Random()
        self._longest_wait_s = longest_wait_s
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    async def take(self, service: str, operation: str) -> None:
        """One call's place; returns when it may be sent. Raises ShareUsedUp if that is too far away."""
        bucket = self._bucket(service, operation)
        wait_s = self._fill(bucket)
        if wait_s > self._longest_wait_s:
            raise ShareUsedUp(
                f"{service}:{operation}: this console's share of the quota is used up for {wait_s:.0f} s"
            )
        bucket.tokens -= 1
        if wait_s <= 0:
            return
        try:
            await self._clock.sleep(wait_s * self._jitter(bucket))
        except BaseException:
            bucket.tokens += 1  # the caller went away: its place is free again
            raise

    def charge(self, service: str, operation: str) -> None:
        """A call that was sent without a place: botocore's own repetition."""
        bucket = self._bucket(service, operation)
        self._fill(bucket)
        bucket.tokens -= 1

    def throttled(self, service: str, operation: str) -> None:
        """AWS asked to slow down: half the rate, and no burst; both come back with time."""
        bucket = self._bucket(service, operation)
        self._fill(bucket)
        now = self._clock.monotonic()
        bucket.factor = max(_SLOWEST, bucket.slowed(now) / 2)
        bucket.throttled_at = now
        bucket.tokens = min(bucket.tokens, 1.0)

    def rate(self, service: str, operation: str) -> float:
        """Calls a second that are allowed at this moment."""
        bucket = self._bucket(service, operation)
        return bucket.quota.rate(self._share) * bucket.slowed(self._clock.monotonic())

    def _jitter(self, bucket: _Bucket) -> float:
        """Consoles that were started together drift apart; where a cap says how far apart calls are, it holds."""
        return 1.0 if bucket.quota.cap_per_s < inf else 1 + self._rng.random() * _JITTER

    def _bucket(self, service: str, operation: str) -> _Bucket:
        group = group_of(service, operation)
        if group not in self._buckets:
            quota = quota_of(group, self._region)
            self._buckets[group] = _Bucket(quota, quota.room(self._share), self._clock.monotonic())
        return self._buckets[group]

    def _fill(self, bucket: _Bucket) -> float:
        """Pour in what has come since; the seconds until the next call's token is there."""
        now = self._clock.monotonic()
        rate = bucket.quota.rate(self._share) * bucket.slowed(now)
        poured = bucket.tokens + max(0.0, now - bucket.filled_at) * rate
        bucket.tokens = min(bucket.quota.room(self._share), poured)
        bucket.filled_at = now
        return max(0.0, (1 - bucket.tokens) / rate)
