"""The job's row of workflow state: read, and set beside its execution. The status has two spellings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tradai_console.models.evidence import Verdict
from tradai_console.models.execution import Execution
from tradai_console.models.workflow_joined import StateRow
from tradai_console.probes.rows import shown
from tradai_console.probes.wording import ago
from tradai_console.sources import fields
from tradai_console.sources.failures import parse_cause
from tradai_console.sources.trading import parse_moment
from tradai_console.text import plain

STATES: Final = ("PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED")
ALLOWED_FROM: Final[Mapping[str, tuple[str, ...]]] = {
    "RUNNING": ("PENDING", "RUNNING"),
    "COMPLETED": ("RUNNING", "COMPLETED"),
    "FAILED": ("PENDING", "RUNNING", "FAILED"),
    "CANCELLED": ("PENDING", "RUNNING", "CANCELLED"),
}
"""The transitions that update-status lets through, by the new status."""

FITS: Final[Mapping[str, str]] = {
    "SUCCEEDED": "COMPLETED", "FAILED": "FAILED", "TIMED_OUT": "FAILED", "ABORTED": "CANCELLED",
}  # fmt: skip
"""What a row should say when its execution has ended so."""


def parse_state_row(table: str, row: Mapping[str, Any]) -> StateRow:
    """The row as it is shown."""
    status = plain(row.get("status") or "", 60)
    return StateRow(
        table=table,
        job_id=plain(row.get("job_id") or "", 200),
        status=status or "without a status",
        state=status.strip().upper(),
        created_at=parse_moment(row.get("created_at")),
        started_at=parse_moment(row.get("started_at")),
        completed_at=parse_moment(row.get("completed_at")),
        error=error_of(row),
        attributes=tuple([(plain(key, 80), shown(row[key])) for key in sorted(row) if row[key] is not None]),
    )


def error_of(row: Mapping[str, Any]) -> str | None:
    """Error and cause in one line; None if the row has none."""
    error = row.get("error")
    if isinstance(error, Mapping):
        words = [str(error.get("Error") or ""), parse_cause(error.get("Cause")) or ""]
        return plain(": ".join(filter(None, words)), 400) or None
    return shown(error)[:400] if error else None


def judged_row(
    row: StateRow, execution: Execution | None, now: datetime, *, failed: bool
) -> tuple[Verdict, str]:
    """How the row stands to its execution. `failed`: something failed in it, caught or not."""
    if row.state not in STATES:
        return Verdict.WARN, "its status is none of the five that the platform knows"
    if execution is None:
        return (
            Verdict.OK if row.state in ("COMPLETED", "CANCELLED") else Verdict.WARN,
            "no execution is known for it",
        )
    if execution.stopped_at is None:
        agrees = row.state in ("PENDING", "RUNNING")
        told = "agrees with the execution, which runs"
        return (
            (Verdict.OK, told)
            if agrees
            else (Verdict.WARN, f"says {row.state}, and the execution still runs")
        )
    ended = f"{execution.status} {ago(execution.stopped_at, now)}"
    if row.state in ("PENDING", "RUNNING"):
        return Verdict.BAD, f"says {row.state}, but the execution ended {ended}: nothing moves it on any more"
    fits = {FITS.get(execution.status, "")} | ({"FAILED"} if failed else set())
    fits |= {"CANCELLED", "FAILED"} if execution.status == "ABORTED" else set()
    if row.state in fits:
        return Verdict.OK, f"agrees with the execution ({execution.status})"
    return Verdict.WARN, f"says {row.state}, and the execution ended {ended}"


def text_of(row: Mapping[str, Any], name: str) -> str | None:
    """A text of the raw row; None if it has none."""
    return fields.name(row, name) if isinstance(row.get(name), str) else None
