"""Every page of an answer: bounded, ended by a missing or repeated token, and polite to the loop.

botocore's own paginators are not used: on a repeated token they raise an error of theirs outside of any call.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from tradai_console.errors import Unavailable

Raw = Mapping[str, Any]
T = TypeVar("T")

MAX_PAGES = 500
"""No account fills this; a server that never ends does."""


async def pages(
    call: Callable[..., Awaitable[Any]],
    *,
    cursor: str = "NextToken",
    answer_cursor: str | None = None,
    **request: Any,
) -> AsyncIterator[Raw]:
    """The answers one after another, with `cursor` of the request filled from `answer_cursor` of the answer
    before.

    Raises what the call raises, and Unavailable for an answer that is no structure.
    """
    seen: set[str] = set()
    for _ in range(MAX_PAGES):
        answer = await call(**request)
        if not isinstance(answer, Mapping):
            raise Unavailable("AWS gave an answer that cannot be read")
        yield answer
        following = answer.get(answer_cursor or cursor)
        if not following or repr(following) in seen:
            return
        seen.add(repr(following))
        request[cursor] = following
        await asyncio.sleep(0)


def listed(answer: Raw, key: str) -> list[Raw]:
    """The structures listed under the key.

    Raises Unavailable where there is no such list: AWS always sends one, if an empty one, so an answer
    without it (a proxy's page, say) must not be read as "there are none".
    """
    value = answer.get(key)
    if not isinstance(value, list):
        raise Unavailable(f"AWS gave an answer without {key}")
    return [row for row in value if isinstance(row, Mapping)]


async def everything(
    call: Callable[..., Awaitable[Any]],
    key: str,
    *,
    cursor: str = "NextToken",
    answer_cursor: str | None = None,
    **request: Any,
) -> list[Raw]:
    """The structures listed under the key on all pages. Raises as `pages` and `listed` do."""
    found: list[Raw] = []
    async for answer in pages(call, cursor=cursor, answer_cursor=answer_cursor, **request):
        found += listed(answer, key)
    return found


async def every_word(
    call: Callable[..., Awaitable[Any]],
    key: str,
    *,
    cursor: str = "nextToken",
    **request: Any,
) -> list[str]:
    """The strings (ARNs, mostly) listed under the key on all pages."""
    found: list[str] = []
    async for answer in pages(call, cursor=cursor, **request):
        value = answer.get(key)
        if not isinstance(value, list):
            raise Unavailable(f"AWS gave an answer without {key}")
        found += [word for word in value if isinstance(word, str)]
    return found


def in_lots(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items in lots of at most that size."""
    return (items[start : start + size] for start in range(0, len(items), size))
