"""Rules over what the services stand on and what they do: the way out, databases, sessions, executions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from tradai_console.alerts.finding import Finding, Said, Unclear, View, finding, since_at_least
from tradai_console.alerts.kinds import (
    FAILOVER,
    MODEL_DRIFT,
    NAT_DOWN,
    POOL_EXHAUSTED,
    RDS_CONNECTIVITY,
    SIGNIFICANT_DRIFT,
    STALE_HEARTBEAT,
    WORKFLOW,
)
from tradai_console.models.database import Database
from tradai_console.models.execution import Execution
from tradai_console.models.nat import NatVerdict
from tradai_console.models.trading import HEARTBEAT_STALE_S, PSI_MODERATE, PSI_SIGNIFICANT, Session
from tradai_console.models.wanted import database_connections

CONNECTIONS_PCT: Final = 80.0
"""Part of the allowed connections, percent, from which the pool counts as exhausted."""

REPLACING: Final = timedelta(minutes=5)
"""The group heals itself in two to three minutes; what takes longer needs somebody."""

RECENT: Final = timedelta(minutes=60)
"""Failovers and failed executions are alerts for so long."""

_BAD_VERDICTS: Final = {NatVerdict.IMPAIRED: 1, NatVerdict.MISROUTED: 2, NatVerdict.DOWN: 3}
_BAD_STATUS: Final = ("failed", "incompatible-", "inaccessible-", "storage-full", "stopped")


def way_out(view: View) -> Iterator[Said]:
    """The verdict on the NAT instance is bad, or its replacement takes too long."""
    for nat in view.board.nat.items:
        key = finding(NAT_DOWN, "", None).key
        if nat.verdict is NatVerdict.UNKNOWN:
            yield Unclear(key)
        elif nat.verdict in (NatVerdict.HEALTHY, NatVerdict.GATEWAY):
            continue
        else:
            since = view.streak("way out", key, "nat").since
            if nat.verdict is NatVerdict.REPLACING and view.now - since <= REPLACING:
                yield Unclear(key)
            else:
                yield finding(
                    NAT_DOWN,
                    f"{nat.verdict}: {nat.why}",
                    since,
                    level=_BAD_VERDICTS.get(nat.verdict, 0),
                    NAT_INSTANCE_ID=nat.instance_id,
                )


def connections(view: View) -> Iterator[Said]:
    """A database uses 80 % or more of the connections it allows."""
    for database in view.board.databases.items:
        subject = finding(POOL_EXHAUSTED, "", None, DB_INSTANCE=database.id)
        series = view.series(database_connections(database.id))
        if series is None or not database.max_connections:
            yield Unclear(subject.key)
            continue
        used_pct = 100 * series.values[-1] / database.max_connections
        if used_pct >= CONNECTIONS_PCT:
            yield finding(
                POOL_EXHAUSTED,
                f"{series.values[-1]:.0f} of {database.max_connections} connections, {used_pct:.0f} %"
                + (f" ({database.max_connections_basis})" if database.max_connections_basis else ""),
                since_at_least(series, database.max_connections * CONNECTIONS_PCT / 100),
                level=sum(used_pct >= limit for limit in (80, 90, 97)),
                DB_INSTANCE=database.id,
            )


def failovers(view: View) -> Iterator[Said]:
    """RDS told of a failover within the last hour."""
    for database in view.board.databases.items:
        if database.events is None:
            yield Unclear(finding(FAILOVER, "", None, DB_INSTANCE=database.id).key)
            continue
        told = [
            event
            for event in database.events
            if view.now - event.at <= RECENT
            and ("failover" in event.message.lower() or "failover" in event.categories)
        ]
        if told:
            yield finding(
                FAILOVER,
                f"{max(told, key=lambda event: event.at).message} ({database.id} is {database.status}, in {database.az or '?'})",
                min(event.at for event in told),
                DB_INSTANCE=database.id,
            )


def databases(view: View) -> Iterator[Said]:
    """An instance that nothing can connect to, by its status."""
    for database in view.board.databases.items:
        if database.status.startswith(_BAD_STATUS):
            yield _unreachable(database)


def _unreachable(database: Database) -> Finding:
    reason = f"{database.id} is {database.status}: nothing can connect"
    return finding(RDS_CONNECTIVITY, reason, None, DB_INSTANCE=database.id)


def heartbeats(view: View) -> Iterator[Said]:
    """A session that should beat has not for two minutes, or never."""
    for session in view.board.trading.items:
        # Judged at the moment of reading: the reading's own age must not make a heartbeat old.
        read_at = view.board.trading.taken_at or view.now
        if not session.stale(read_at):
            continue
        found = finding(STALE_HEARTBEAT, "", None, STRATEGY_ID=session.strategy_id)
        streak = view.streak("heartbeats", found.key, "trading")
        if streak.readings >= view.patience.stale_readings:
            yield finding(
                STALE_HEARTBEAT,
                _how_stale(session, read_at),
                _stale_since(session),
                STRATEGY_ID=session.strategy_id,
                MODEL_NAME=session.model_name,
            )


def _how_stale(session: Session, now: datetime) -> str:
    age_s = session.heartbeat_age_s(now)
    if age_s is None:
        return f"{session.strategy_id} is {session.status} and has no readable heartbeat"
    return f"{session.strategy_id} is {session.status}; its last heartbeat is {_span(age_s)} old"


def _stale_since(session: Session) -> datetime | None:
    beat = session.last_heartbeat
    return None if beat is None else beat + timedelta(seconds=HEARTBEAT_STALE_S)


def drift(view: View) -> Iterator[Said]:
    """A traded model's PSI over 0.10, or over 0.25: one alert a model, the graver replaces the lighter.

    A pause raises nothing, and takes nothing back: pausing is the first step of the runbook, not its end.
    """
    models: dict[str, list[Session]] = {}
    for session in view.board.trading.items:
        if session.watched or session.status == "paused":
            models.setdefault(session.model_name or session.strategy_id, []).append(session)
    for model, sessions in models.items():
        measured = [session for session in sessions if session.psi is not None]
        grave = finding(SIGNIFICANT_DRIFT, "", None, MODEL_NAME=model)
        light = finding(MODEL_DRIFT, "", None, MODEL_NAME=model)
        if not measured:
            yield from (Unclear(grave.key), Unclear(light.key))
            continue
        worst = max(measured, key=lambda session: session.psi or 0.0)
        psi = worst.psi or 0.0
        if psi <= PSI_MODERATE:
            continue
        kind = SIGNIFICANT_DRIFT if psi > PSI_SIGNIFICANT else MODEL_DRIFT
        if not any(session.watched for session in sessions):
            yield Unclear((grave if kind is SIGNIFICANT_DRIFT else light).key)
            continue
        yield finding(
            kind,
            _how_drifted(model, worst),
            worst.drift_checked_at,
            level=int(psi * 10),
            MODEL_NAME=model,
            STRATEGY_ID=sessions[0].strategy_id if len(sessions) == 1 else None,
        )


def _how_drifted(model: str, session: Session) -> str:
    limit = PSI_SIGNIFICANT if (session.psi or 0.0) > PSI_SIGNIFICANT else PSI_MODERATE
    words = f"{model} has PSI {session.psi:.2f}, over {limit:.2f}"
    if session.drift_metrics:
        name, psi = session.drift_metrics[0]
        words += f"; most in {name} ({psi:.2f})"
    return words


def executions(view: View) -> Iterator[Said]:
    """An execution failed, timed out, caught a failure, or runs past its machine's time-out."""
    for execution in view.board.workflows.items:
        ended = execution.stopped_at
        if ended is not None and view.now - ended > RECENT:
            continue
        if execution.caught or execution.status in ("FAILED", "TIMED_OUT"):
            yield _of_execution(execution, _how_failed(execution), ended)
        elif ended is None and execution.status == "RUNNING":
            limit_s = view.platform.machine_timeouts_s.get(execution.machine)
            if limit_s is not None and execution.duration_s(view.now) > limit_s:
                yield _of_execution(
                    execution,
                    f"{execution.machine} runs for {_span(execution.duration_s(view.now))}, "
                    f"its time-out is {_span(limit_s)}"
                    + (f"; in {execution.current_state}" if execution.current_state else ""),
                    execution.started_at + timedelta(seconds=limit_s),
                )


def _of_execution(execution: Execution, reason: str, since: datetime | None) -> Finding:
    return finding(WORKFLOW, reason, since, MACHINE=execution.machine, EXECUTION=execution.arn)


def _how_failed(execution: Execution) -> str:
    where = f" in {execution.failed_state}" if execution.failed_state else ""
    # Of a failed task the error says only that it failed; a heading has room for the cause alone.
    error = None if execution.error == "States.TaskFailed" and execution.cause else execution.error
    why = ": ".join(part for part in (error, execution.cause) if part)
    how = "timed out" if execution.status == "TIMED_OUT" else "failed"
    if execution.caught and execution.status not in ("FAILED", "TIMED_OUT"):
        how, where = "caught a failure", f"{where} and went on ({execution.status})"
    return f"{execution.machine} {how}{where}" + (f": {why}" if why else "")


def _span(seconds: float) -> str:
    """`3 min`, `2 h 10 min`."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
