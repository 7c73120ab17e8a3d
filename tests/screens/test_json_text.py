"""Big texts: folded, searched, drawn a line at a time."""

from __future__ import annotations

import json
import time

import pytest

from screens.facts.json_text import COLLAPSE_LINES, FoldedText

SMALL = json.dumps({"a": {"b": [1, 2], "c": {}}, "d": "e"}, indent=2).splitlines()
GIANT = json.dumps({"rows": [{"n": n, "name": f"pair {n}"} for n in range(6_000)]}, indent=2).splitlines()


def shown(text: FoldedText) -> list[str]:
    return [text.draw(number, 0, 80, "").plain for number in text.shown]


def test_a_small_text_is_open() -> None:
    """Nothing is hidden of what fits."""
    assert shown(FoldedText(SMALL)) == SMALL


@pytest.mark.parametrize(
    ("number", "words", "left"),
    [
        pytest.param(1, '  "a": { … 6 lines },', 4, id="an object, its bracket shown"),
        pytest.param(2, '    "b": [ … 3 lines ],', 7, id="a list"),
        pytest.param(0, "{ … 9 lines }", 1, id="all"),
    ],
)
def test_a_fold_hides_what_the_line_opens(number: int, words: str, left: int) -> None:
    """The line says how many lines are behind it; the same key opens it again."""
    text = FoldedText(SMALL)
    assert text.toggle(number)
    assert words in shown(text)
    assert len(text.shown) == left
    assert text.toggle(number)
    assert shown(text) == SMALL


def test_a_line_that_opens_nothing_folds_nothing() -> None:
    """A plain value has nothing behind it."""
    text = FoldedText(SMALL)
    assert not text.toggle(3)
    assert shown(text) == SMALL


def test_a_giant_text_is_opened_folded_and_loses_nothing() -> None:
    """Of 24,000 lines a handful is shown; opened, all are there in their order."""
    text = FoldedText(GIANT)
    assert len(GIANT) > COLLAPSE_LINES
    assert shown(text) == ["{", f'  "rows": [ … {len(GIANT) - 3} lines ]', "}"]
    text.open_all()
    assert [GIANT[number] for number in text.shown] == GIANT


def test_what_is_found_behind_a_fold_is_opened() -> None:
    """Words are found in hidden lines too; going there opens what hides them."""
    text = FoldedText(GIANT)
    found = text.find("pair 4711")
    assert [GIANT[number].strip() for number in found] == ['"name": "pair 4711"']
    text.reveal(found[0])
    assert found[0] in text.shown


def test_case_counts_only_where_it_is_typed() -> None:
    """Small letters find both, a capital only itself."""
    text = FoldedText(["Error: a", "error: b"])
    assert text.find("error") == [0, 1]
    assert text.find("Error") == [0]


def test_what_is_found_is_marked_and_brackets_stay_as_they_are() -> None:
    """The place is in a style of its own; `[/x]` in a payload is text."""
    line = FoldedText(['  "why": "[/x] [bold]boom"']).draw(0, 0, 80, "boom")
    assert line.plain == '  "why": "[/x] [bold]boom"'
    assert [span.text for span in line.spans if span.style == "critical"] == ["boom"]


def test_a_quarter_of_a_megabyte_is_ready_at_once() -> None:
    """The largest payload AWS keeps is folded, searched and drawn in a fraction of what a key may take."""
    lines = json.dumps([1] * 85_000, indent=1).splitlines()
    began = time.process_time()
    text = FoldedText(lines)
    text.open_all()
    text.find("nowhere")
    text.draw(500, 0, 120, "1")
    assert time.process_time() - began < 0.5
