"""What watching uses: calls, throttles, dollars, and how far this machine's clock is from AWS's."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from tradai_console.aws.costs import call_usd, scanned_usd
from tradai_console.clock import Clock
from tradai_console.models.identity import Meter

_QUERIES_KEPT: Final = 256


class Usage:
    """Counts what one door sends. `reading` gives it as a frozen value."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: deque[float] = deque()
        self._calls = 0
        self._throttles = 0
        self._usd = 0.0
        self._scans: OrderedDict[str, float] = OrderedDict()
        self.clock_skew_s: float | None = None
        """AWS's clock minus ours, seconds; None until an answer carried a date."""

    def sent(self, service: str, operation: str, params: Mapping[str, Any]) -> None:
        """One HTTP request leaves; a repetition by botocore counts again."""
        self._calls += 1
        self._sent.append(self._clock.monotonic())
        self._forget_old()
        self._usd += call_usd(service, operation, params)

    def throttled(self) -> None:
        """AWS asked us to slow down."""
        self._throttles += 1

    def charge(self, usd: float) -> None:
        """Add a cost that no single call shows, such as minutes of Live Tail."""
        self._usd += usd

    def scanned(self, query_id: str, answer: Mapping[str, Any]) -> None:
        """A GetQueryResults answer: the query's own cost, once, however often it is asked for."""
        usd = scanned_usd(answer)
        self._usd += max(0.0, usd - self._scans.get(query_id, 0.0))
        self._scans[query_id] = max(usd, self._scans.pop(query_id, 0.0))
        while len(self._scans) > _QUERIES_KEPT:
            self._scans.popitem(last=False)

    def dated(self, header: str | None, sent_at: datetime, received_at: datetime) -> None:
        """An answer's Date header against the middle of its journey. A date nobody can read says nothing."""
        try:
            theirs = parsedate_to_datetime(header or "")
        except (TypeError, ValueError):
            return
        if theirs.tzinfo is None:
            theirs = theirs.replace(tzinfo=UTC)
        # The header has whole seconds, cut off: half a second is what it lacks on average.
        ours = sent_at + (received_at - sent_at) / 2
        self.clock_skew_s = round((theirs - ours).total_seconds() + 0.5, 1)

    def reading(self, *, until: datetime | None = None, error: str | None = None) -> Meter:
        """The counts of this moment, with what the credential gate knows."""
        self._forget_old()
        return Meter(
            calls_per_minute=len(self._sent),
            calls=self._calls,
            throttles=self._throttles,
            spent_usd=self._usd,
            credentials_until=until,
            credentials_error=error,
            clock_skew_s=self.clock_skew_s,
        )

    def _forget_old(self) -> None:
        oldest = self._clock.monotonic() - 60
        while self._sent and self._sent[0] <= oldest:
            self._sent.popleft()
