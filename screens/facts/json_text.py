"""Indented JSON as lines that fold and are searched. Works on any indented text; only what is asked for is looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from screens.widgets.line import Line

COLLAPSE_LINES: Final = 400
"""A text of more lines is opened folded."""

COLLAPSE_DEPTH: Final = 1
"""How deep such a one is open: the outermost brackets and what stands directly in them."""

_TOKEN: Final = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?P<colon>\s*:)|(?P<text>"(?:[^"\\]|\\.)*"?)|(?P<word>-?\d[\d.eE+-]*|true|false|null)'
)


class FoldedText:
    """Lines of which some are hidden behind the line that opens them."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.folded: dict[int, int] = {}
        """Lines that are folded, with the last line hidden behind each."""
        self.shown: Sequence[int] = range(len(lines))
        """The lines that are not hidden."""
        if len(lines) > COLLAPSE_LINES:
            self.fold_all(COLLAPSE_DEPTH)

    def end_of(self, number: int) -> int:
        """The last line of what this line opens; itself if it opens nothing."""
        lines = self.lines
        if number >= len(lines):  # there is no line at all
            return number
        depth = _indent(lines[number])
        at = number + 1
        while at < len(lines) and _indent(lines[at]) > depth:
            at += 1
        if at == number + 1:
            return number
        closes = at < len(lines) and _indent(lines[at]) == depth and lines[at].lstrip()[:1] in ("}", "]")
        return at if closes else at - 1

    def toggle(self, number: int) -> bool:
        """Fold what this line opens, or open it again. False if it opens nothing."""
        if number in self.folded:
            del self.folded[number]
        elif (end := self.end_of(number)) > number:
            self.folded[number] = end
        else:
            return False
        self._show()
        return True

    def fold_all(self, depth: int) -> None:
        """Fold everything that is opened so deep inside, in one pass."""
        self.folded = {}
        start: int | None = None
        limit = depth * _step(self.lines)
        for number, line in enumerate(self.lines):
            indent = _indent(line)
            if indent > limit:
                continue
            if start is not None and number > start + 1:
                closes = indent == limit and line.lstrip()[:1] in ("}", "]")
                self.folded[start] = number if closes else number - 1
            start = number if indent == limit else None
        if start is not None and start < len(self.lines) - 1:
            self.folded[start] = len(self.lines) - 1
        self._show()

    def open_all(self) -> None:
        """Nothing is folded."""
        self.folded = {}
        self._show()

    def reveal(self, number: int) -> None:
        """Open whatever hides this line."""
        hiding = [start for start, end in self.folded.items() if start < number <= end]
        for start in hiding:
            del self.folded[start]
        if hiding:
            self._show()

    def find(self, needle: str) -> list[int]:
        """The lines that hold these words, hidden ones too; case counts only where it is typed."""
        if needle == needle.lower():
            return [number for number, line in enumerate(self.lines) if needle in line.lower()]
        return [number for number, line in enumerate(self.lines) if needle in line]

    def _show(self) -> None:
        if not self.folded:
            self.shown = range(len(self.lines))
            return
        shown: list[int] = []
        at = 0
        for start, end in sorted(self.folded.items()):
            if start >= at:
                shown.extend(range(at, start + 1))
                at = end + 1
        shown.extend(range(at, len(self.lines)))
        self.shown = shown

    def draw(self, number: int, left: int, width: int, needle: str) -> Line:
        """A line from that column on, coloured, what is searched for marked; a folded one says how much is behind."""
        text = self.lines[number]
        part = text[left : left + width]
        line = _marked(_coloured(part, whole=left == 0), part, needle)
        if number in self.folded:
            end = self.folded[number]
            closing = self.lines[end].strip() if self.lines[end].strip()[:1] in ("}", "]") else ""
            line = Line.of(line, (f" … {end - number} lines ", "accent"), closing)
        return line


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _step(lines: Sequence[str]) -> int:
    return next((found for line in lines[:50] if (found := _indent(line))), 2)


def _coloured(text: str, *, whole: bool) -> Line:
    """JSON's names, texts and figures told apart, as far as that can be seen in one line."""
    if not whole:
        return Line.of(text)
    parts: list[str | tuple[str, str]] = []
    at = 0
    for match in _TOKEN.finditer(text):
        parts.append((text[at : match.start()], "dim"))
        if match["key"]:
            parts += [(match["key"], "info"), (match["colon"], "dim")]
        elif match["text"]:
            parts.append((match["text"], "plain"))
        else:
            parts.append((match["word"], "accent"))
        at = match.end()
    return Line.of(*parts, (text[at:], "dim" if at else "plain"))


def _marked(line: Line, text: str, needle: str) -> Line:
    if not needle:
        return line
    within = text.lower() if needle == needle.lower() else text
    parts: list[Line] = []
    at = 0
    while (found := within.find(needle, at)) >= 0 and len(within) == len(text):
        parts += [_cut(line, at, found), Line.of((text[found : found + len(needle)], "critical"))]
        at = found + len(needle)
    return Line.of(*parts, _cut(line, at, len(text))) if parts else line


def _cut(line: Line, start: int, end: int) -> Line:
    """The spans between two characters."""
    parts: list[tuple[str, str]] = []
    at = 0
    for span in line.spans:
        one, other = max(start - at, 0), min(end - at, len(span.text))
        if one < other:
            parts.append((span.text[one:other], span.style))
        at += len(span.text)
    return Line.of(*parts)
