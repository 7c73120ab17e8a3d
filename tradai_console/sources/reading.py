"""What one reading of a source brings home, and how a failing side question is kept from spoiling it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from tradai_console.errors import AwsError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

SECONDARY_S = 5.0
"""How long a primary reading waits for its side questions."""

AT_ONCE = 8
"""How many questions of one reading are under way together: under the pool of ten that a service has."""


@dataclass(frozen=True)
class Reading(Generic[T_co]):
    """The items, and one sentence for each side question that failed (its figures are None in the items)."""

    items: tuple[T_co, ...]
    notes: tuple[str, ...] = ()


class Source(Protocol[T_co]):
    """Something that can be read again and again."""

    async def read(self) -> Reading[T_co]:
        """One reading. Raises AwsError if its primary question got no good answer."""


class Clients(Protocol):
    """What a source needs of the door to AWS: clients that raise only our errors."""

    async def client(self, service: str) -> Any:
        """The aiobotocore client of that service, kept and shared."""


async def secondary(question: Awaitable[T], otherwise: T, notes: list[str], about: str) -> T:
    """The answer to a side question, or `otherwise` with a note saying why there is none."""
    try:
        async with asyncio.timeout(SECONDARY_S):
            return await question
    except AwsError as error:
        notes.append(f"{about}: {error}")
    except TimeoutError:
        notes.append(f"{about}: no answer in {SECONDARY_S:.0f} s")
    return otherwise


async def together(questions: Iterable[Coroutine[Any, Any, T]], at_once: int = AT_ONCE) -> list[T]:
    """All the answers, in order, a bounded number of questions at a time.

    The first failure ends the others and is raised: no question outlives its reading.
    """
    gate = asyncio.Semaphore(at_once)

    async def one(question: Coroutine[Any, Any, T]) -> T:
        async with gate:
            return await question

    waiting = list(questions)
    tasks = [asyncio.ensure_future(one(question)) for question in waiting]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    finally:
        # A task cancelled before its first step never awaited its question.
        for question in waiting:
            question.close()
