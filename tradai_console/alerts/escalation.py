"""The escalation ladder: who is asked next and when, and what they are told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from tradai_console.alerts import kinds
from tradai_console.models.alert import Alert
from tradai_console.models.board import SOURCES, Board
from tradai_console.models.oncall import Letter
from tradai_console.models.snapshot import State
from tradai_console.redact import redact
from tradai_console.text import RETURN, plain

SUBJECT_LIMIT: Final = 99
"""SNS takes fewer than 100 characters of ASCII, in one line."""

TEXT_LIMIT: Final = 16_000


@dataclass(frozen=True)
class Rung:
    """One level of the ladder."""

    level: str
    who: str
    when: str


LADDER: Final = (
    Rung("L1", "on-call engineer", "first response, by the runbook"),
    Rung("L2", "senior engineer", "complex, or a question of architecture"),
    Rung("L3", "platform team", "infrastructure, or AWS itself"),
)

COUNTDOWN: Final[Mapping[str, tuple[timedelta, timedelta]]] = MappingProxyType(
    {
        "critical": (timedelta(minutes=5), timedelta(minutes=15)),
        "high": (timedelta(minutes=15), timedelta(minutes=30)),
        "medium": (timedelta(minutes=60), timedelta(minutes=240)),
    }
)
"""After so long without recovery it is L2's, and L3's. What only informs climbs no ladder."""


@dataclass(frozen=True)
class Standing:
    """Where on the ladder an alert is."""

    rung: Rung
    """Whose it is now, by the clock."""
    following: Rung | None = None
    """Who is next; None on the last rung, and for what climbs no ladder."""
    due_at: datetime | None = None
    """When it becomes theirs."""
    left: timedelta | None = None
    """How long that is from now."""


def standing(alert: Alert, now: datetime) -> Standing:
    """Where the alert stands. An acknowledgement does not stop the clock: only getting better does."""
    steps = COUNTDOWN.get(alert.severity)
    if steps is None or alert.since is None or not alert.open:
        return Standing(LADDER[0])
    for place, step in enumerate(steps):
        due_at = alert.since + step
        if now < due_at:
            return Standing(LADDER[place], LADDER[place + 1], due_at, due_at - now)
    return Standing(LADDER[-1])


def compose(
    alert: Alert,
    board: Board,
    notes: Iterable[str] = (),
    *,
    to: str = "L2",
    env: str = "",
    now: datetime | None = None,
    related: Iterable[Alert] = (),
) -> tuple[str, str]:
    """Subject and text of an escalation, from the facts on screen: plain text, without secrets.

    `to`: the level that is asked; `related`: alerts of the same storm.
    """
    named = " ".join(_short(value) for value in _telling(alert).values())
    head = f"[{to}] {alert.severity.upper()} {env + ' ' if env else ''}{alert.alert}"
    subject = _subject(f"{head}: {named}" if named else head)
    text = "\n".join(_lines(alert, board, tuple(notes), to, env, now, tuple(related)))
    return subject, redact(text)[:TEXT_LIMIT]


def letters(
    alert: Alert,
    board: Board,
    notes: Iterable[str] = (),
    *,
    env: str = "",
    now: datetime | None = None,
    related: Iterable[Alert] = (),
) -> tuple[Letter, ...]:
    """What would be sent to each level of the ladder."""
    told, others = tuple(notes), tuple(related)
    return tuple(
        Letter(
            rung.level,
            rung.who,
            *compose(alert, board, told, to=rung.level, env=env, now=now, related=others),
        )
        for rung in LADDER
    )


def _subject(text: str) -> str:
    ascii_only = plain(redact(text)).replace(RETURN, " ").encode("ascii", "replace").decode("ascii")
    return ascii_only if len(ascii_only) <= SUBJECT_LIMIT else ascii_only[: SUBJECT_LIMIT - 3] + "..."


def _lines(
    alert: Alert,
    board: Board,
    notes: tuple[str, ...],
    to: str,
    env: str,
    now: datetime | None,
    related: tuple[Alert, ...],
) -> Iterator[str]:
    rung = next((rung for rung in LADDER if rung.level == to), LADDER[1])
    yield f"{alert.alert} ({alert.severity}) is escalated to {rung.level}, {rung.who}."
    yield ""
    yield f"What:      {alert.reason}"
    yield f"Since:     {_at(alert.since)}" + (
        f", {_minutes(now - alert.since)}" if now and alert.since else ""
    )
    for name, value in alert.variables.items():
        yield f"{name + ':':<10} {plain(value, 512)}"
    yield f"Where:     {_where(board, env)}"
    yield f"Seen by:   {', '.join(alert.found_by)}" + (
        f" ({', '.join(alert.alarms)})" if alert.alarms else ""
    )
    if len(alert.flaps) > 1:
        yield f"Flapping:  {len(alert.flaps)} times in 24 h"
    if alert.acknowledged is not None:
        note = f": {alert.acknowledged.note}" if alert.acknowledged.note else ""
        yield f"Taken by:  {alert.acknowledged.owner} at {_at(alert.acknowledged.at)}{note}"
    if alert.because_of is not None:
        yield f"Because:   {alert.because_of} ({alert.grouping_rule})"
    yield f"Runbook:   {alert.runbook}" + (f"#{alert.section}" if alert.section else "")
    yield f"First:     {alert.first_response}" if alert.first_response else "First:     -"
    yield from _block("Now", _facts(alert, board))
    yield from _block("Also firing", [f"{one.alert} ({one.severity}): {one.reason}" for one in related])
    yield from _block("Notes", [plain(note, 1_000) for note in notes])


def _block(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield ""
        yield f"{title}:"
        yield from (f"- {line}" for line in found)


def _where(board: Board, env: str) -> str:
    who = board.identity
    known = f"account {who.account}, {who.region}" if who else "account not known"
    return f"{env}, {known}" if env else known


def _facts(alert: Alert, board: Board) -> Iterator[str]:
    """What the panes show of the things that the alert names."""
    service = alert.variables.get("SERVICE")
    for one in board.services.items:
        if one.service == service or (service is None and one.short):
            yield f"service {one.service}: running {_or(one.running)} of {_or(one.desired)}, rollout {one.rollout or '?'}"
    strategy = alert.variables.get("STRATEGY_ID")
    for session in board.trading.items:
        if session.strategy_id == strategy:
            psi = "?" if session.psi is None else f"{session.psi:.2f}"
            yield f"session {strategy}: {session.status}, heartbeat {_at(session.last_heartbeat)}, PSI {psi}"
    if alert.alert in (kinds.RDS_CONNECTIVITY, kinds.FAILOVER, kinds.POOL_EXHAUSTED, kinds.WORKFLOW):
        for database in board.databases.items:
            used = board.connections(database)
            yield (
                f"database {database.id}: {database.status} in {database.az or '?'}, connections "
                f"{'?' if used is None else round(used)} of {_or(database.max_connections)}"
            )
    execution = alert.variables.get("EXECUTION")
    for run in board.workflows.items:
        if execution is not None and execution in (run.arn, run.name):
            state = run.failed_state or run.current_state or "?"
            yield f"execution {run.name}: {run.status}, started {_at(run.started_at)}, state {state}"
    for nat in board.nat.items:
        yield f"way out: {nat.verdict}: {nat.why}"
    for source in SOURCES:
        state = getattr(board, source).state
        if not state.trusted and state is not State.LOADING:
            yield f"{source} cannot be read at the moment ({state}): what is said of them is the last that was known"


def _telling(alert: Alert) -> dict[str, str]:
    names = kinds.IDENTITY.get(alert.alert, ())
    return {name: alert.variables[name] for name in names if name in alert.variables}


def _short(value: str) -> str:
    return value.rpartition(":")[2]


def _or(value: object) -> str:
    return "?" if value is None else str(value)


def _at(moment: datetime | None) -> str:
    return "?" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _minutes(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds() // 60))
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"
