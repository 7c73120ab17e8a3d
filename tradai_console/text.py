"""Text from outside, made safe to draw: all that AWS, a file or a process says passes `plain` at the door.

Code points are mapped one at a time, never parsed as sequences: a map cannot lose step on an escape that was
left open. Nothing is dropped in silence: what cannot be drawn is shown by name, and `hidden` counts it.

    what                                              shown as
    tab                                               four spaces
    LF, CR LF, CR, NEL, LS, PS inside a text          ↵ (the one LF or CR LF that ends a text is left out)
    other C0, DEL                                     its control picture: ␛ ␇ ␡
    C1 (8-bit CSI, OSC, DCS, ...)                     <9B>
    direction marks, zero width, fillers, tags,
    surrogates, private use, unassigned               <202E>
    spaces other than U+0020                          as many spaces as cells
    variation selectors 15 and 16 (emoji style)       left out, counted
    a mark with nothing before it                     <0301>
    the fifth and further marks on one cell           left out, counted
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

from rich.cells import cell_len

LIMIT: Final = 16_384
"""Characters that one value may take, where the caller names no other number."""

RETURN: Final = "↵"
"""Stands for a line end inside a text that is shown on one line."""

ELLIPSIS: Final = "…"
"""Stands for what did not fit."""

TAB: Final = "    "
"""Stands for a tab: its stop is not known here, because the column where the text will be drawn is not."""

MOST_MARKS: Final = 4
"""Combining marks that may share one cell; more of them draw over the lines above and below."""

_LINE_END: Final = re.compile(r"\r?\n")
_HARMLESS: Final = re.compile(r"\r?\n|\t")
_MOST_REMEMBERED: Final = 8_192
_FIRST_MARK: Final = 0x0300
_LAST_MARK: Final = 0x20000  # beyond it are only variation selectors, which are shown by name
_SHORTEST_LIMIT_WITH_COUNT: Final = 32

# Letters, marks and signs by category that are drawn as nothing at all: fillers, joiners, selectors.
_DRAWN_AS_NOTHING: Final = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
    | set(range(0x180B, 0x1810))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0000, 0xE1000))
)
_LEFT_OUT: Final = frozenset({0xFE0E, 0xFE0F})
_LINE_BREAKS: Final = frozenset({0x0A, 0x0D, 0x85, 0x2028, 0x2029})
_NO_CHARACTER: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def plain(value: object, limit: int = LIMIT) -> str:
    """The value as one line that any terminal can be given, of at most `limit` characters.

    A longer one ends in ` +N bytes`, N being the UTF-8 bytes of the value that are not shown (in `…` alone
    where `limit` is below 32). None is the empty text, bytes are read as UTF-8, anything else as `str` reads
    it. Never raises, and changes nothing in a text that has passed before.
    """
    text = _without_last_line_end(_text(value))
    if len(text) <= limit:
        if _is_drawn_as_it_is(text):
            return text
        shown = _mapped(text)
        if len(shown) <= limit:
            return shown
    return _cut(text, limit)


def hidden(value: object) -> int:
    """How many code points `plain` could not show as they are; tabs and line ends do not count."""
    text = _text(value)
    if _is_drawn_as_it_is(text):
        return 0
    text = _HARMLESS.sub(" ", text)
    neutralised = sum(1 for character in text if _SHOWN[ord(character)] != ord(character))
    translated = text.translate(_SHOWN)
    return neutralised + _begins_with_mark(translated) + len(translated) - len(_few_marks(translated))


def lines(value: object, limit: int = LIMIT, most: int = 1_000) -> tuple[str, ...]:
    """The value's lines, each as `plain` shows it; beyond `most` lines the last one says how many follow."""
    text = _without_last_line_end(_text(value))
    if not text:
        return ()
    found = _LINE_END.split(text)
    shown = tuple(plain(line, limit) for line in found[:most])
    return shown if len(found) <= most else (*shown, f"+{len(found) - most} lines")


def fit(text: str, width: int) -> str:
    """The text in at most `width` terminal cells, with `…` where it was cut. Wide characters take two."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    low, high = 0, min(len(text), width * (MOST_MARKS + 1))
    while low < high:  # the longest beginning that leaves a cell for the ellipsis
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cell_len(text[:middle]) < width else (low, middle - 1)
    return text[:low] + ELLIPSIS


class _Shown(dict[int, int | str]):
    """What `str.translate` puts for a code point. Filled as code points are met, up to a bound."""

    def __missing__(self, code: int) -> int | str:
        shown = _shown(code)
        if len(self) < _MOST_REMEMBERED:
            self[code] = shown
        return shown


_SHOWN: Final = _Shown()


def _shown(code: int) -> int | str:
    if code == 0x09:
        return TAB
    if code in _LINE_BREAKS:
        return RETURN
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code in _LEFT_OUT:
        return ""
    if code in _DRAWN_AS_NOTHING:
        return _name(code)
    category = unicodedata.category(chr(code))
    if category in _NO_CHARACTER:
        return _name(code)
    if category == "Zs" and code != 0x20:
        return " " * max(1, cell_len(chr(code)))
    return code


def _name(code: int) -> str:
    return f"<{code:02X}>" if code < 0x100 else f"<{code:04X}>"


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "backslashreplace")
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - any class may be asked for its text, and any may fail
        return f"<{type(value).__name__} without text>"


def _is_drawn_as_it_is(text: str) -> bool:
    """True where nothing is to be changed: the fast path, which most lines take."""
    return text.isprintable() and (text.isascii() or _not_as_it_is().isdisjoint(text))


def _without_last_line_end(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text


def _mapped(text: str) -> str:
    shown = _few_marks(text.replace("\r\n", "\n").translate(_SHOWN))
    return _name(ord(shown[0])) + shown[1:] if _begins_with_mark(shown) else shown


def _few_marks(text: str) -> str:
    """The text without the marks that are too many for their cell."""
    marks = _marks()
    if text.isascii() or marks.isdisjoint(text):
        return text
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if character in marks else 0
        if run <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _begins_with_mark(text: str) -> bool:
    return bool(text) and not text[0].isascii() and text[0] in _marks()


@cache
def _marks() -> frozenset[str]:
    """What is drawn onto the character before it: marks, and the later parts of a Hangul syllable."""
    points = map(chr, range(_FIRST_MARK, _LAST_MARK))
    marks = {point for point in points if unicodedata.category(point)[0] == "M"}
    return frozenset(marks.union(map(chr, range(0x1161, 0x1200)), map(chr, range(0xD7B0, 0xD7FC))))


@cache
def _not_as_it_is() -> frozenset[str]:
    """Printable by its category, and yet perhaps not drawn as it is."""
    return _marks().union(map(chr, _DRAWN_AS_NOTHING))


def _cut(text: str, limit: int) -> str:
    """The beginning of a text that is longer than `limit` once it is shown, and how much of it is missing."""
    if limit <= 0:
        return ""
    if limit < _SHORTEST_LIMIT_WITH_COUNT:
        return _beginning(text, limit - len(ELLIPSIS))[0] + ELLIPSIS
    size = len(text.encode("utf-8", "surrogatepass"))
    shown, taken = _beginning(text, limit - len(f" +{size} bytes"))
    rest = size - len(text[:taken].encode("utf-8", "surrogatepass"))
    return f"{shown} +{rest} bytes"


def _beginning(text: str, room: int) -> tuple[str, int]:
    """A beginning that takes at most `room` characters when shown, and its length in the text."""
    low, high = 0, min(len(text), room)
    middle = high
    while low < high:
        low, high = (middle, high) if len(_mapped(text[:middle])) <= room else (low, middle - 1)
        middle = (low + high + 1) // 2
    return _mapped(text[:low]), low
