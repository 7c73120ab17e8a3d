"""One reading of everything, as the document of `status --json` (schema 1) and as text.

The document is a contract: keys are added, never changed. An unknown figure is null, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from tradai_console.models.alarm import Alarm
from tradai_console.models.alert import Alert, Lifecycle
from tradai_console.models.board import SOURCES, Board
from tradai_console.models.database import Database
from tradai_console.models.execution import Execution
from tradai_console.models.nat import Nat
from tradai_console.models.service import Service, Task
from tradai_console.models.snapshot import Snapshot, State
from tradai_console.models.trading import Session

SCHEMA: Final = 1

QUIET, FIRING, UNREAD, UNUSABLE = 0, 1, 2, 3
"""The exit codes of `status`."""


def document(
    board: Board, alerts: Sequence[Alert], env: str, region: str, now: datetime, monotonic: float
) -> dict[str, Any]:
    """The whole document. `alerts`: every one that is not over, in the order in which to show them."""
    item_of: Mapping[str, Callable[[Any], dict[str, Any]]] = {
        "alarms": _alarm,
        "services": _service,
        "databases": lambda database: _database(database, board),
        "nat": _nat,
        "workflows": lambda execution: _execution(execution, now),
        "trading": lambda session: _session(session, now),
    }
    return {
        "schema": SCHEMA,
        "environment": env,
        "region": board.identity.region if board.identity else region,
        "account": board.identity.account if board.identity else None,
        "taken_at": _utc(now),
        "sources": {name: _source(board, name, item_of[name], monotonic) for name in SOURCES},
        "alerts": [_alert(alert) for alert in alerts],
    }


def exit_code(board: Board, alerts: Sequence[Alert], monotonic: float) -> int:
    """What `status` ends with: unusable credentials, else a source unread, else something firing, else quiet."""
    states = [getattr(board, name).state_at(monotonic) for name in SOURCES]
    if all(state is State.EXPIRED for state in states):
        return UNUSABLE
    if any(not state.trusted for state in states):
        return UNREAD
    return FIRING if any(alert.state is Lifecycle.FIRING for alert in alerts) else QUIET


def _source(
    board: Board, name: str, item_of: Callable[[Any], dict[str, Any]], monotonic: float
) -> dict[str, Any]:
    snapshot: Snapshot[Any] = getattr(board, name)
    state = snapshot.state_at(monotonic)
    age = snapshot.age_s(monotonic)
    return {
        "state": State.UNREACHABLE.value if state is State.LOADING else state.value,
        "age_s": None if age is None else round(age, 1),
        "error": _error(board, name, snapshot, state),
        "items": [item_of(item) for item in snapshot.items],
    }


def _error(board: Board, name: str, snapshot: Snapshot[Any], state: State) -> str | None:
    """Why it failed; or that its metrics did, which makes figures null and no state worse."""
    if state is State.LOADING:
        return "no answer in time"
    # Of all items only the databases' carry a metric.
    figures = _figures_error(board.figures) if name == "databases" and snapshot.items else None
    return "; ".join(filter(None, (snapshot.error, figures))) or None


def _figures_error(figures: Snapshot[Any]) -> str | None:
    if figures.state is State.LOADING:
        return "metrics: no answer in time"
    return f"metrics: {figures.error}" if figures.error else None


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "name": alarm.name,
        "type": alarm.type,
        "state": alarm.state.value,
        "since": _utc(alarm.since),
        "reason": alarm.reason,
        "actions_enabled": alarm.actions_enabled,
    }


def _service(service: Service) -> dict[str, Any]:
    host = service.host
    return {
        "service": service.service,
        "name": service.name,
        "cluster": service.cluster,
        "desired": service.desired,
        "running": service.running,
        "pending": service.pending,
        "rollout": service.rollout,
        "tasks": None if service.tasks is None else [_task(task) for task in service.tasks],
        "host": None
        if host is None
        else {"instance_id": host.instance_id, "state": host.state, "status_checks": host.status_checks},
    }


def _task(task: Task) -> dict[str, Any]:
    return {
        "id": task.id,
        "status": task.status,
        "health": task.health,
        "stopped_reason": task.stopped_reason,
        "exit_code": task.exit_code,
        "stop_code": task.stop_code,
        "stopped_at": _utc(task.stopped_at),
    }


def _database(database: Database, board: Board) -> dict[str, Any]:
    connections, used = board.connections(database), board.used_pct(database)
    return {
        "id": database.id,
        "status": database.status,
        "multi_az": database.multi_az,
        "az": database.az,
        "connections": None if connections is None else round(connections),
        "max_connections": database.max_connections,
        "used_pct": None if used is None else round(used, 1),
    }


def _nat(nat: Nat) -> dict[str, Any]:
    return {
        "verdict": nat.verdict.value,
        "why": nat.why,
        "instance_id": nat.instance_id,
        "instance_state": nat.instance_state,
        "status_checks": nat.status_checks,
        "route_target": nat.route_target,
        "route_state": nat.route_state,
        "source_dest_check": nat.source_dest_check,
        "asg_in_service": nat.asg_in_service,
        "public_ip": nat.public_ip,
    }


def _execution(execution: Execution, now: datetime) -> dict[str, Any]:
    return {
        "machine": execution.machine,
        "execution_arn": execution.arn,
        "name": execution.name,
        "status": execution.status,
        "started_at": _utc(execution.started_at),
        "stopped_at": _utc(execution.stopped_at),
        "duration_s": round(execution.duration_s(now), 1),
        "failed_state": execution.failed_state,
        "error": execution.error,
        "cause": execution.cause,
        "caught": execution.caught,
    }


def _session(session: Session, now: datetime) -> dict[str, Any]:
    age = session.heartbeat_age_s(now)
    return {
        "strategy_id": session.strategy_id,
        "status": session.status,
        "heartbeat_age_s": None if age is None else round(age, 1),
        "stale": session.stale(now),
        "model_name": session.model_name,
        "psi": session.psi,
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "key": alert.key,
        "alert": alert.alert,
        "severity": alert.severity,
        "state": alert.state.value,
        "since": _utc(alert.since),
        "found_by": list(alert.found_by),
        "reason": alert.reason,
        "runbook": alert.runbook,
        "section": alert.section,
        "variables": dict(alert.variables),
    }


def _utc(moment: datetime | None) -> str | None:
    return (
        None
        if moment is None
        else moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    )
