"""An execution; its states and payloads have a screen of their own."""

from __future__ import annotations

from screens.facts.facts import Chart, Facts, Related, Section, pair
from screens.widgets.line import Line
from screens.widgets.pane import Moment
from screens.widgets.words import UNKNOWN, ago, day_stamp, exact_span
from tradai_console.models.board import Board
from tradai_console.models.execution import Execution
from tradai_console.models.wanted import (
    executions_failed,
)


def execution_facts(execution: Execution, board: Board, moment: Moment) -> Facts:
    """One execution; its states and payloads have a screen of their own."""
    others = [
        one for one in board.workflows.items if one.machine == execution.machine and one.arn != execution.arn
    ]
    style = "bad" if execution.failed else "good" if execution.status == "SUCCEEDED" else "info"
    caught = "  a state failed and was caught: this is no success" if execution.caught else ""
    lines = [
        pair("status", Line.of((execution.status, style), (caught, "warn"))),
        pair(
            "started",
            f"{day_stamp(execution.started_at, local=moment.local)}  ({ago(execution.started_at, moment.now)} ago)",
        ),
        pair(
            "stopped",
            day_stamp(execution.stopped_at, local=moment.local) if execution.stopped_at else "still running",
        ),
        pair("took", exact_span(execution.duration_s(moment.now))),
    ]
    if execution.failed_state or execution.error or execution.cause:
        lines += [
            pair("failed state", Line.of((execution.failed_state or UNKNOWN, "bad"))),
            pair("error", execution.error or UNKNOWN),
            pair("cause", execution.cause or UNKNOWN),
        ]
    if execution.current_state:
        lines.append(pair("now in", execution.current_state))
    lines.append(pair("name", execution.name))
    return Facts(
        title=Line.of((execution.machine, "strong"), f"  {execution.name}  ", (execution.status, style)),
        name=execution.name,
        arn=execution.arn,
        sections=(Section("Execution", tuple(lines)),),
        charts=(Chart(executions_failed(execution.machine_arn), f"failed executions of {execution.machine}"),),
        related=tuple(
            Related("workflows", one.arn, _run(one, moment)) for one in others[:9]
        ),
    )  # fmt: skip


def _run(execution: Execution, moment: Moment) -> Line:
    """Another run of the same machine, in a line."""
    return Line.of(
        f"{execution.status.lower():<10} ",
        execution.name,
        (f"  {ago(execution.started_at, moment.now)} ago", "dim"),
    )
