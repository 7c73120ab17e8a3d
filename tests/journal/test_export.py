"""What leaves the journal is whole, without secrets, and inert wherever it is pasted."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from markdown_it import MarkdownIt

from tests.kit.hostile import payloads
from tradai_console.journal.base import Entry, Kind
from tradai_console.journal.export import as_json, as_markdown

AT = datetime(2026, 1, 1, 3, 12, 7, tzinfo=UTC)


def entry(text: str, kind: Kind = Kind.NOTE, **data: object) -> Entry:
    return Entry(kind, AT, "jm", "nat-down", "infra", "nat", "look", text, data, number=7)


def test_export_says_who_did_what_when_and_where() -> None:
    """A row an entry; several lines stand in full below."""
    told = as_markdown(
        [entry("replaced it", Kind.RESULT, intent="i1"), entry("line one\nline two", Kind.OUTPUT)]
    )
    html = MarkdownIt().enable("table").render(told)
    assert "2026-01-01T03:12:07Z" in html
    assert "replaced it" in html
    assert "nat-down / infra / nat / look" in html
    assert "line one\nline two" in html
    found = json.loads(as_json([entry("replaced it", Kind.RESULT)]))
    assert found["schema"] == 1
    assert found["entries"][0] | {"id": ""} == {
        "number": 7, "id": "", "at": "2026-01-01T03:12:07.000Z", "operator": "jm", "kind": "result",
        "incident": "nat-down", "runbook": "infra", "section": "nat", "step": "look", "text": "replaced it", "data": {},
    }  # fmt: skip


_INJECTIONS = (
    *("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "=HYPERLINK(\"http://a\")", "\t=1", "\n=1", "\r=1"),
    *("[a](javascript:alert(1))", "![a](http://a/x.png)", "<script>alert(1)</script>", "<img src=x onerror=y>"),
    *("| a | b |", "# head", "```\ncode\n```", "    code", "> quote", "- [ ] tick", "1. one", "***", "a\n\n# b"),
    *("<http://a>", "https://a.example/x", "a@b.example", "&lt;b&gt;", "\\", "`x`", "**b**", "~~s~~", "[^1]", "[x]: http://a"),
)  # fmt: skip


@pytest.mark.parametrize("text", [*_INJECTIONS, *payloads()[::25]])
def test_hostile_text_stays_text(text: str) -> None:
    """Neither formulas nor Markdown nor HTML nor escapes come to life, in any column."""
    told = as_markdown([Entry(Kind.NOTE, AT, text, text, text, text, text, text, {"k": text})])
    row = next(line for line in told.splitlines() if "note" in line)
    cells = [cell.strip() for cell in row.strip("|").replace("\\|", "").split("|")]
    assert len(cells) == 5
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    html = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").render(told)
    for tag in ("<script", "<img", "<a ", "<h1>head", "<blockquote", "<em>", "<strong>", "<del>", "\x1b"):
        assert tag not in html
    assert html.count("<tr>") == 2
    assert json.loads(as_json([entry(text)]))["entries"]


def test_secrets_are_not_exported() -> None:
    """An entry that was kept before a form of secret was known is redacted on its way out."""
    old = entry("password=hunter22", token="abcdefgh9")
    assert "hunter22" not in as_markdown([old]) + as_json([old])
    assert "abcdefgh9" not in as_markdown([old]) + as_json([old])
