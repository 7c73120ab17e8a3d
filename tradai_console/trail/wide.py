"""A search of everything by CloudWatch Logs Insights: what it would read and cost, and the search itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tradai_console.aws.costs import SCANNED_GB_USD
from tradai_console.logs.places import LogGroup
from tradai_console.models.trail import Scan

DAY_MS: Final = 86_400_000


def scan_of(groups: Sequence[LogGroup], since_ms: int, now_ms: int) -> Scan:
    """What a search from then to now reads. A group is taken to be written evenly from its beginning, or for as long as
    it keeps its lines."""
    read = 0.0
    for one in groups:
        oldest_ms = one.created_ms or since_ms
        if one.retention_days is not None:
            oldest_ms = max(oldest_ms, now_ms - one.retention_days * DAY_MS)
        held_ms = max(now_ms - oldest_ms, 1)
        read += one.stored_bytes * min(1.0, max(0, now_ms - since_ms) / held_ms)
    stored = sum(one.stored_bytes for one in groups)
    return Scan(len(groups), stored, round(read), read / 1e9 * SCANNED_GB_USD)
