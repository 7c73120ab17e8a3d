"""The bytes of a runbook file, looked at before anything parses them: size, text, depth."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tradai_console.errors import RunbookError

MAX_BYTES: Final = 1024 * 1024
MAX_LINES: Final = 20_000
MAX_LINE: Final = 16 * 1024
"""Characters: Markdown's grammar takes quadratic time for some longer ones."""
MAX_DEPTH: Final = 32

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MARKERS = re.compile(r"(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t])))+")
_MARKER = re.compile(r">|[-+*]|\d+[.)]")


def read_text(data: bytes, path: Path) -> str:
    """The file as text with `\\n` line ends. Raises RunbookError if it is no document one should parse."""
    if len(data) > MAX_BYTES:
        raise RunbookError(path, 1, f"the file is larger than {MAX_BYTES // 1024} KiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RunbookError(path, line, "the file is not UTF-8 text") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if control := _CONTROL.search(text):
        line = text.count("\n", 0, control.start()) + 1
        raise RunbookError(path, line, f"the file holds the control character {ord(control[0]):02X}")
    _check_lines(text, path)
    return text


def _check_lines(text: str, path: Path) -> None:
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise RunbookError(path, MAX_LINES, f"the file has more than {MAX_LINES} lines")
    for number, line in enumerate(lines, start=1):
        if len(line) > MAX_LINE:
            raise RunbookError(path, number, f"the line is longer than {MAX_LINE // 1024} KiB")
        markers = _MARKERS.match(line)
        depth = len(_MARKER.findall(markers[0])) if markers else 0
        indent = len(line) - len(line.lstrip(" \t"))
        if depth > MAX_DEPTH or (depth and indent > 4 * MAX_DEPTH):
            raise RunbookError(path, number, f"lists or quotes are nested deeper than {MAX_DEPTH}")
