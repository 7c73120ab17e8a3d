"""A trading session: its heartbeat, and the drift of its model."""

from __future__ import annotations

from screens.facts.facts import Facts, Section, pair
from screens.facts.related import related_alarms
from screens.widgets.line import Line
from screens.widgets.pane import Moment
from screens.widgets.words import UNKNOWN, ago, day_stamp, span_of
from tradai_console.models.board import Board
from tradai_console.models.trading import PSI_MODERATE, PSI_SIGNIFICANT, Session


def session_facts(session: Session, board: Board, moment: Moment) -> Facts:
    """One trading session with its heartbeat and its model's drift."""
    age = session.heartbeat_age_s(moment.now)
    stale = session.stale(moment.now)
    watched = "" if session.watched else "  (only running and warmup sessions are watched)"
    beat = Section(
        "Heartbeat",
        (
            pair("status", Line.of(session.status, (watched, "dim"))),
            pair(
                "last beat",
                Line.of(
                    (
                        f"{span_of(age)} ago" if age is not None else "missing or unreadable",
                        "bad" if stale else "good",
                    )
                ),
            ),
            pair("written", day_stamp(session.last_heartbeat, local=moment.local)),
            Line.of(("stale: older than 2 minutes", "bad"))
            if stale
            else Line.of(("stale after 2 minutes", "dim")),
        ),
    )
    psi = session.psi
    style = (
        "dim" if psi is None else "bad" if psi > PSI_SIGNIFICANT else "warn" if psi > PSI_MODERATE else "good"
    )
    drift = Section(
        "Drift of its model",
        (
            pair("model", session.model_name or UNKNOWN),
            pair(
                "overall psi",
                Line.of(
                    (UNKNOWN if psi is None else f"{psi:.3f}", style),
                    (f"  {session.drift_severity or ''}", "dim"),
                ),
            ),
            pair(
                "measured",
                f"{day_stamp(session.drift_checked_at, local=moment.local)}  ({ago(session.drift_checked_at, moment.now)} ago)",
            ),
            *(pair(f"  {name}", f"{value:.3f}") for name, value in session.drift_metrics),
            Line.of(("moderate above 0.10, significant above 0.25; measured over backtest results", "dim")),
        ),
    )
    rest = Section("Row", tuple(pair(name, value) for name, value in session.attributes))
    return Facts(
        title=Line.of((session.strategy_id, "strong"), f"  {session.status}"),
        name=session.strategy_id,
        arn=session.strategy_id,
        sections=(beat, drift, *((rest,) if rest.lines else ())),
        related=related_alarms(
            board, {session.strategy_id, session.model_name or ""}, "-heartbeat-", "-drift-"
        ),
    )
