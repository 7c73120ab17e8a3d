"""Single flight: equal questions that are open at the same time are asked once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any


class Flights:
    """The questions that are open now. A question ends early only when nobody waits for it any more."""

    def __init__(self) -> None:
        self._open: dict[Hashable, asyncio.Task[Any]] = {}
        self._waiting: dict[asyncio.Task[Any], int] = {}

    async def join(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """The answer of the open question with this key, or of a new one. Errors reach all who wait."""
        task = self._open.get(key)
        if task is None:
            task = asyncio.create_task(ask(), name=f"flight {key!r:.60}")
            self._open[key] = task
            task.add_done_callback(lambda done: self._landed(key, done))
        self._waiting[task] = self._waiting.get(task, 0) + 1
        try:
            return await asyncio.shield(task)
        finally:
            self._waiting[task] -= 1
            if self._waiting[task] == 0:
                del self._waiting[task]
                if not task.done():
                    self._drop(key, task)
                    task.cancel()

    async def close(self) -> None:
        """End every open question."""
        tasks = [*self._open.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _landed(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        self._drop(key, task)
        if not task.cancelled():
            task.exception()  # nobody may have stayed to hear of it

    def _drop(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        if self._open.get(key) is task:
            del self._open[key]
