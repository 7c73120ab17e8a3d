"""Long texts: kept small, given whole."""

from __future__ import annotations

from typing import Any

from tradai_console.workflow.events import parse_events, payload_of
from tradai_console.workflow.history import History
from tradai_console.workflow.texts import LONGEST, Texts


def raw(number: int, text: str) -> dict[str, Any]:
    return {
        "id": number,
        "type": "ExecutionSucceeded",
        "executionSucceededEventDetails": {"output": text, "outputDetails": {"truncated": False}},
    }


def test_a_long_text_stands_shortened_and_is_given_whole() -> None:
    """The event keeps a beginning, the reference its true size, and the text comes back as it was."""
    long = "\ud83d\ude80 {" + "x" * 200_000 + "}"
    texts = Texts()
    short, big = texts.shortened(parse_events([raw(1, "{}"), raw(2, long)]))
    assert (short.text("output"), texts.text(short, "output")) == ("{}", "{}")
    assert len(big.text("output")) == LONGEST
    payload = payload_of(big, "output")
    assert payload is not None
    assert payload.size == len(long)
    assert texts.text(big, "output") == long
    assert texts.size < 10_000


class Pages:
    """The two pages of a history."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self.pages = pages
        self.calls = 0

    async def get_execution_history(self, **given: Any) -> dict[str, Any]:
        self.calls += 1
        number = int(given.get("nextToken", "0"))
        more = {"nextToken": str(number + 1)} if number + 1 < len(self.pages) else {}
        return {"events": self.pages[number], **more}


class NoClock:
    async def sleep(self, seconds: float) -> None:
        del seconds


async def test_what_was_not_kept_is_read_again() -> None:
    """Beyond the bound nothing is kept: the page is asked for anew, and the text comes whole all the same."""
    long = "y" * (LONGEST + 1)
    states = Pages([raw(1, "{}")], [raw(2, long)])
    history = History(states, "arn", NoClock())  # type: ignore[arg-type]
    history.texts = Texts(most=0)
    (event,) = history.texts.shortened(parse_events([raw(2, long)]))
    assert history.texts.size == 0
    assert await history.text(event, "output") == long
    assert states.calls == 2
    (gone,) = history.texts.shortened(parse_events([raw(9, long)]))
    assert await history.text(gone, "output") is None
