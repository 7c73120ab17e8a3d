"""An execution's history read in pages (`states:GetExecutionHistory`), beginning at both ends.

Twenty-five thousand events are twenty-five calls. What ended the execution stands on the last page and what it was
given on the first: these two are read at once, the pages between them afterwards, slowly enough to leave the quota to
others. A running execution's news are read from the newest backwards, as far as they are not known.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from tradai_console.clock import Clock
from tradai_console.errors import Throttled
from tradai_console.sources.pages import listed
from tradai_console.workflow.events import HistoryEvent, parse_events
from tradai_console.workflow.texts import Texts

PAGE: Final = 1_000
"""Events a call, the most that AWS gives."""
LIVE_PAGE: Final = 100
PAUSE_S: Final = 0.2
"""Between two pages that nobody waits for: five calls a second of the account's twenty, and only for as long."""
WAIT_S: Final = 5.0
"""Before a page is asked for again that this console's share of the quota had no room for."""
MOST_PAGES: Final = 60
"""A history has 25,000 events at most; a server that never ends has more."""


class History:
    """One execution's history. `ends` first, then `between` to the end; `news` again and again while it runs."""

    def __init__(self, states: Any, arn: str, clock: Clock) -> None:
        self._states = states
        self._arn = arn
        self._clock = clock
        self.texts = Texts()
        self._token: str | None = None
        self._head_last = 0
        self._tail_first: int | None = None
        self.calls = 0

    @property
    def gap(self) -> bool:
        """Whether pages between the first and the last are still to be read."""
        return self._token is not None and (
            self._tail_first is None or self._head_last + 1 < self._tail_first
        )

    async def ends(self) -> tuple[list[HistoryEvent], list[HistoryEvent]]:
        """The first page, and those events of the last page that are not on it. Raises AwsError."""
        first = asyncio.create_task(self._page())
        try:
            newest = await self._page(reverseOrder=True)
            answer = await first
        finally:
            first.cancel()
        head = self._events(answer)
        self._took(answer, head)
        tail = [one for one in reversed(self._events(newest)) if one.id > self._head_last]
        self._tail_first = tail[0].id if tail else None
        return head, tail

    async def between(self) -> AsyncIterator[list[HistoryEvent]]:
        """The pages after the first, as far as the last one that is known. Raises AwsError; may be begun again."""
        while self.gap:
            await self._clock.sleep(PAUSE_S)
            if self.calls > MOST_PAGES:
                self._token = None
                return
            try:
                answer = await self._page(nextToken=self._token)
            except Throttled:
                await self._clock.sleep(WAIT_S)
                continue
            events = self._events(answer)
            self._took(answer, events)
            yield [one for one in events if self._tail_first is None or one.id < self._tail_first]

    async def news(self, known: int) -> list[HistoryEvent]:
        """The events after this number, in their order. Raises AwsError."""
        found: list[HistoryEvent] = []
        token: dict[str, str] = {}
        size = LIVE_PAGE
        for _ in range(MOST_PAGES):
            answer = await self._page(reverseOrder=True, maxResults=size, **token)
            page = self._events(answer)
            found += [one for one in page if one.id > known]
            following = answer.get("nextToken")
            if any(one.id <= known for one in page) or not following or following == token.get("nextToken"):
                break
            token = {"nextToken": following}
        return sorted(found, key=lambda one: one.id)

    async def text(self, event: HistoryEvent, part: str) -> str | None:
        """A text of an event, whole: as it was kept, or from its page, read anew. Raises AwsError."""
        kept = self.texts.text(event, part)
        if kept is not None:
            return kept
        token: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            answer = await self._page(**token)
            for one in parse_events(listed(answer, "events")):
                if one.id == event.id:
                    return one.text(part)
            following = answer.get("nextToken")
            if not following or following == token.get("nextToken"):
                break
            token = {"nextToken": following}
        return None

    def _took(self, answer: Any, events: list[HistoryEvent]) -> None:
        following = answer.get("nextToken")
        self._token = None if following == self._token else following
        self._head_last = max([self._head_last, *[one.id for one in events]])

    def _events(self, answer: Any) -> list[HistoryEvent]:
        return self.texts.shortened(parse_events(listed(answer, "events")))

    async def _page(self, **more: Any) -> Any:
        self.calls += 1
        return await self._states.get_execution_history(
            **{"executionArn": self._arn, "maxResults": PAGE, "includeExecutionData": True, **more}
        )
