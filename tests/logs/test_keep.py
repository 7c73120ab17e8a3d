"""Rows in a file of the operator's own."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tradai_console.errors import ConsoleError
from tradai_console.logs.keep import keep_rows
from tradai_console.models.log import LogLine, LogNote

NOW = datetime(2026, 1, 1, 3, 12, tzinfo=UTC)


def line(number: int, text: str, part_of: str | None = None) -> LogLine:
    return LogLine(
        f"e{number}", number * 1_000, None, "/g", "s/1", "s", None, None, text, text, part_of=part_of
    )


def test_portions_become_one_file_of_its_owner(isolated: Path) -> None:
    """Lines, tracebacks and notes stand there in their order, with time and place; nobody else may read them."""
    first = keep_rows(None, [line(1, "one"), line(2, "  File x", "e1")], "backend api/../x", NOW)
    again = keep_rows(first, [LogNote("gap", 3_000, "/g", "lines may be missing")], "backend api/../x", NOW)
    assert again == first
    assert first.parent == isolated / "console" / "state" / "logs"
    assert first.name == "20260101T031200Z-backend-api-..-x.log"
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert first.read_text("utf-8").splitlines() == [
        "1970-01-01T00:00:01.000Z /g s/1 one",
        "1970-01-01T00:00:02.000Z /g s/1 |   File x",
        "1970-01-01T00:00:03.000Z --- gap: lines may be missing",
    ]


def test_a_second_file_of_the_same_moment_is_another(isolated: Path) -> None:
    """Nothing that was written is written over."""
    assert keep_rows(None, [line(1, "one")], "log", NOW) != keep_rows(None, [line(2, "two")], "log", NOW)


def test_secrets_do_not_reach_the_file(isolated: Path) -> None:
    """What is a secret by its form is taken out."""
    path = keep_rows(
        None, [line(1, "password=hunter2hunter2 Bearer abcdefghijklmnop.qrstuvwxyz")], "log", NOW
    )
    assert "hunter2" not in path.read_text("utf-8")


def test_only_a_file_of_ours_goes_on(isolated: Path, tmp_path: Path) -> None:
    """A path from elsewhere is refused in a sentence."""
    with pytest.raises(ConsoleError, match="not among the logs"):
        keep_rows(tmp_path / "other.log", [line(1, "one")], "log", NOW)
