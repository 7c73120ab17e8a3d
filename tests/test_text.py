"""Whatever comes in, a terminal can be given what comes out, and nothing vanishes without being counted."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tradai_console.text import LIMIT, MOST_MARKS, fit, hidden, lines, plain

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
INVISIBLE = {0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFEFF, 0xFFA0}
INVISIBLE.update(range(0x180B, 0x1810), range(0x200B, 0x2010), range(0x2060, 0x2070), range(0xFE00, 0xFE10))
INVISIBLE.update(
    range(0xFFF9, 0xFFFC), range(0x1BCA0, 0x1BCA4), range(0x1D173, 0x1D17B), range(0xE0000, 0xE1000)
)
FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

anything = st.text(st.characters(codec=None), max_size=200)
nasty = st.text(
    st.sampled_from(f"ab \t\r\n\x1b\x9b\x07[]m;\u0301\u0302\u200d\ufe0f\u3000日{BIDI}\ud800\U000e0041"),
    max_size=80,
)


def forbidden(text: str) -> list[str]:
    """The characters of the text that must never be drawn."""
    return [
        f"{ord(character):04X}"
        for character in text
        if unicodedata.category(character) in FORBIDDEN or ord(character) in INVISIBLE
    ]


def longest_run_of_marks(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if unicodedata.category(character)[0] == "M" else 0
        longest = max(longest, run)
    return longest


@pytest.mark.early
def test_every_code_point_comes_out_safe() -> None:
    """All 1,114,112: what is drawn is drawable, and what is not shown as it is counts as hidden."""
    wrong, stand_ins = [], set()
    for character in map(chr, range(sys.maxunicode + 1)):
        shown = plain(character)
        itself = shown == character
        if not itself:
            stand_ins.add(shown)
        drawable = not itself or (shown.isprintable() and ord(shown) not in INVISIBLE)
        counted = bool(hidden(character)) is not itself or character in "\t\n"
        if not (drawable and counted):
            wrong.append(character)
    assert wrong == []
    for kind in ("", " ", "  ", "    ", "↵", *map(chr, range(0x2400, 0x2422))):
        stand_ins.discard(kind)
    assert [shown for shown in stand_ins if not re.fullmatch("<[0-9A-F]{2,6}>", shown)] == []


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        pytest.param("orders late", "orders late", id="plain"),
        pytest.param("Zürich – 東京 ✓ 🚨", "Zürich – 東京 ✓ 🚨", id="scripts"),
        pytest.param("\x00\x07\x1b\x7f", "␀␇␛␡", id="C0"),
        pytest.param("\x9b31m\x9d\x90", "<9B>31m<9D><90>", id="C1"),
        pytest.param("\x1b[31mred\x1b[0m", "␛[31mred␛[0m", id="colour"),
        pytest.param("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇", id="clipboard"),
        pytest.param("a\tb", "a    b", id="tab"),
        pytest.param("a\nb\r\nc\rd\x85e\u2028f\u2029g", "a↵b↵c↵d↵e↵f↵g", id="line ends"),
        pytest.param("a\r\n", "a", id="last line end"),
        pytest.param("a\n\n", "a↵", id="only the last"),
        pytest.param("\u202egpj.exe", "<202E>gpj.exe", id="bidi"),
        pytest.param("a\u200bb\u200dc\ufeff", "a<200B>b<200D>c<FEFF>", id="zero width"),
        pytest.param("\U000e0041\ufe00\U000e0100", "<E0041><FE00><E0100>", id="tags and selectors"),
        pytest.param("⚠\ufe0f", "⚠", id="emoji style"),
        pytest.param("\ud800\ue000\U0010ffff", "<D800><E000><10FFFF>", id="no character"),
        pytest.param("a\u00a0b\u3000c", "a b  c", id="spaces"),
        pytest.param("e" + "\u0301" * 7 + "!", "e" + "\u0301" * 4 + "!", id="marks"),
        pytest.param("\u0301a", "<0301>a", id="mark with nothing under it"),
        pytest.param("[/b] [red", "[/b] [red", id="markup is text"),
    ],
)
def test_what_is_shown_for_what(given_text: str, shown: str) -> None:
    """The table of the module, row by row."""
    assert plain(given_text) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(None, "", id="nothing"),
        pytest.param(0, "0", id="number"),
        pytest.param(b"ok \xff\x1b", "ok \\xff␛", id="bytes"),
        pytest.param(ValueError("a\x1bb"), "a␛b", id="error"),
        pytest.param(type("Mute", (), {"__str__": lambda _: 1 / 0})(), "<Mute without text>", id="raises"),
        pytest.param(type("Loud", (str,), {"__str__": lambda _: "\x1b"})("calm"), "calm", id="subclass"),
    ],
)
def test_any_value_has_a_text(value: object, shown: str) -> None:
    """None, bytes, errors, and objects whose own text fails."""
    assert plain(value) == shown


@given(st.one_of(anything, nasty))
def test_any_text_comes_out_drawable(text: str) -> None:
    """One line, drawable throughout, few marks to a cell, the same when it passes again."""
    shown = plain(text)
    assert shown.isprintable()
    assert forbidden(shown) == []
    assert longest_run_of_marks(shown) <= MOST_MARKS
    assert plain(shown) == shown
    assert hidden(shown) == 0


@given(st.one_of(anything, nasty), st.integers(-3, 90))
def test_no_limit_is_passed(text: str, limit: int) -> None:
    """The limit holds for every text, and the cut text is as safe as the whole."""
    shown = plain(text, limit)
    assert len(shown) <= max(0, limit)
    assert plain(shown, max(0, limit)) == shown
    assert forbidden(shown) == []


@given(nasty)
def test_only_what_is_shown_as_it_is_counts_as_not_hidden(text: str) -> None:
    """`hidden` is 0 exactly where the text, its tabs and line ends apart, is shown as it is."""
    bare = text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
    assert (hidden(text) == 0) == (plain(bare) == bare)


def test_cut_text_says_how_many_bytes_are_missing() -> None:
    """The bytes shown and the bytes counted are the whole value."""
    value = "ü" * 40_000
    shown = plain(value)
    assert len(shown) <= LIMIT
    kept, _, rest = shown.rpartition(" +")
    assert rest.endswith(" bytes")
    assert len(kept.encode()) + int(rest.removesuffix(" bytes")) == 80_000


def test_cut_never_splits_a_name() -> None:
    """What stands for one code point is shown whole or not at all."""
    kept = plain("\u202e" * 100, 100).rpartition(" +")[0]
    assert kept == "<202E>" * (len(kept) // 6)


def test_text_that_grows_over_the_limit_is_cut_too() -> None:
    """A short text whose names are long is cut where it is shown, not where it is stored."""
    assert plain("\x9b" * 60, 100).endswith(" bytes")
    assert plain("abcdefghij", 4) == "abc…"
    assert plain("abcd\n", 4) == "abcd"


def test_hidden_counts_what_is_not_itself() -> None:
    """Escapes, selectors and surplus marks count; tabs and line ends are layout."""
    assert hidden("a\tb\r\nc\n") == 0
    assert hidden("\x1b[31m\x9b\u202e") == 3
    assert hidden("⚠\ufe0f") == 1
    assert hidden("e" + "\u0301" * 7) == 3
    assert hidden("a\rb") == 1


def test_lines_of_a_text() -> None:
    """Each line is safe by itself; a lone CR does not begin a line; too many are counted."""
    assert lines("a\x1b\nb\r\n\nc\rd\n") == ("a␛", "b", "", "c↵d")
    assert lines(None) == lines("") == ()
    assert lines("a\nb\nc\nd", most=2) == ("a", "b", "+2 lines")
    assert lines("abcdefgh\nb", limit=4) == ("abc…", "b")


@given(st.one_of(anything, nasty).map(plain), st.integers(-1, 40))
def test_fitted_text_takes_no_more_cells(text: str, width: int) -> None:
    """The cells are counted as they are drawn; a text that fits is left alone, one that does not says so."""
    fitted = fit(text, width)
    assert cell_len(fitted) <= max(0, width)
    assert fitted == text or fitted == "" or fitted.endswith("…")
    if 0 < cell_len(text) <= width:
        assert fitted == text


@pytest.mark.parametrize(
    ("text", "width", "fitted"),
    [("日本語", 6, "日本語"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("abc", 1, "…"), ("abc", 0, "")],
)
def test_wide_characters_take_two_cells(text: str, width: int, fitted: str) -> None:
    """A wide character is never cut in two."""
    assert fit(text, width) == fitted
