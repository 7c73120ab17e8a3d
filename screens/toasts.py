"""A way around Textual: a toast that is made when its time has just run out would hold the interface for ever.

Its timer is set to what is left of the time; of one of less than nothing the loop never comes back. The time can run
out between Textual's look at it and the making, most of all on a busy machine or when the clock is set.
"""

from __future__ import annotations

from time import time
from typing import Final

from textual.notifications import Notification

LEAST_S: Final = 0.05


class Note(Notification):
    """A notification that always has a moment left."""

    @property
    def time_left(self) -> float:
        """Seconds until it expires; never less than a moment."""
        return max(LEAST_S, self.raised_at + self.timeout - time())

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return self.raised_at + self.timeout <= time()
