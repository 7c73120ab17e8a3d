"""The journal as Markdown or JSON, for a report or a mail: without secrets, and inert wherever it is pasted.

What people and AWS said is never markup here, never a link, and never begins a cell with a sign that a
spreadsheet takes for a formula.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tradai_console.journal.base import Entry
from tradai_console.redact import redact, redact_value
from tradai_console.text import lines, plain

SCHEMA: Final = 1

_SIGNS: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!|~@=$^:/<>&\"'])")
_KEPT_BACK: Final = frozenset({"process"})
"""Data of ours that says nothing to a reader."""


def as_markdown(entries: Iterable[Entry], title: str = "Journal") -> str:
    """A table of the entries, oldest first; outputs follow it, each in a block of its own."""
    found = list(entries)
    told = [
        f"# {_inert(title)}",
        "",
        "| time (UTC) | who | what | where | |",
        "| --- | --- | --- | --- | --- |",
    ]
    told += [_table_row(entry) for entry in found]
    outputs = [entry for entry in found if _is_long(entry)]
    for entry in outputs:
        told += ["", f"## {entry.number} {entry.kind.value}, {_stamp(entry)}", "", *_block(entry.text)]
    return "\n".join(told) + "\n"


def as_json(entries: Iterable[Entry]) -> str:
    """`{"schema": 1, "entries": [...]}`; times in UTC ending in `Z`."""
    return json.dumps({"schema": SCHEMA, "entries": [_object(entry) for entry in entries]}, indent=1) + "\n"


def _table_row(entry: Entry) -> str:
    where = " / ".join(part for part in (entry.incident, entry.runbook, entry.section, entry.step) if part)
    said = lines(redact(entry.text), most=1_000)
    text = said[0] if said else ""
    if len(said) > 1:
        text += f" (+{len(said) - 1} lines)"
    cells = (_stamp(entry), _inert(entry.operator), entry.kind.value, _inert(where), _inert(text))
    data = " ".join(f"{_inert(key)}\\={_inert(_short(value))}" for key, value in _data(entry).items())
    return f"| {' | '.join(cells)}{' ' + data if data else ''} |"


def _is_long(entry: Entry) -> bool:
    return "\n" in entry.text


def _block(text: str) -> list[str]:
    """Indented code: whatever stands in it, nothing in it ends it."""
    return [f"    {line}" for line in lines(redact(text), most=4_000)]


def _inert(value: object) -> str:
    """The value as Markdown text that is nothing but text."""
    return _SIGNS.sub(r"\\\1", plain(redact(plain(value)), 2_000))


def _short(value: Any) -> str:
    return plain(value if isinstance(value, str) else json.dumps(value, sort_keys=True), 300)


def _data(entry: Entry) -> Mapping[str, Any]:
    data = redact_value(entry.data)
    return {key: value for key, value in data.items() if key not in _KEPT_BACK}


def _stamp(entry: Entry) -> str:
    return entry.at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _object(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "id": entry.id,
        "at": entry.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "operator": redact(entry.operator),
        "kind": entry.kind.value,
        "incident": entry.incident,
        "runbook": entry.runbook,
        "section": entry.section,
        "step": entry.step,
        "text": redact(entry.text),
        "data": dict(_data(entry)),
    }
