"""Whether the board shows that what a message told is over. Only where it can be seen beyond doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from tradai_console.alerts.heard import Heard
from tradai_console.alerts.kinds import (
    MODEL_DRIFT,
    NAT_DOWN,
    SERVICE_UNHEALTHY,
    SIGNIFICANT_DRIFT,
    STALE_HEARTBEAT,
)
from tradai_console.models.alarm import AlarmState
from tradai_console.models.board import Board
from tradai_console.models.nat import NatVerdict
from tradai_console.models.trading import PSI_MODERATE

_HEALTH: Final = frozenset({"ServiceHealthy", "ConsecutiveFailures"})
"""What the function that checks the services measures of each."""

_SOON: Final = timedelta(minutes=3)
"""The console needs about so long to see what a message tells; before that it contradicts nothing."""

_LATER: Final = timedelta(minutes=15)
"""A service may run and yet fail its health check: only silence for so long says that it does not."""


def recovered(one: Heard, board: Board, monotonic: float) -> bool:
    """Whether a good reading, taken long enough after the message, shows the contrary."""
    if one.alarm is not None or one.kind not in _CHECKS:
        return False
    if one.kind == SERVICE_UNHEALTHY and _check_passes(one, board, monotonic):
        return True
    source, patience, fine = _CHECKS[one.kind]
    snapshot = getattr(board, source)
    taken_at: datetime | None = snapshot.taken_at
    if taken_at is None or not snapshot.state_at(monotonic).trusted:
        return False
    return taken_at - one.received_at >= patience and fine(board, dict(one.about), taken_at)


def _check_passes(one: Heard, board: Board, monotonic: float) -> bool:
    """Whether the health check's own metric is well again since: its alarm has returned to OK after the message."""
    if not board.alarms.state_at(monotonic).trusted:
        return False
    service = dict(one.about).get("SERVICE")
    return any(
        alarm.metric in _HEALTH
        and service in dict(alarm.dimensions).values()
        and alarm.state is AlarmState.OK
        and alarm.since is not None
        and alarm.since > one.at
        for alarm in board.alarms.items
    )


def _nat_is_fine(board: Board, _about: Mapping[str, str], _at: datetime) -> bool:
    verdicts = {nat.verdict for nat in board.nat.items}
    return bool(verdicts) and verdicts <= {NatVerdict.HEALTHY, NatVerdict.GATEWAY}


def _service_is_fine(board: Board, about: Mapping[str, str], _at: datetime) -> bool:
    return any(
        service.service == about.get("SERVICE")
        and service.running is not None
        and not service.short
        and service.tasks is not None
        and not any(task.status == "RUNNING" and task.health == "UNHEALTHY" for task in service.tasks)
        for service in board.services.items
    )


def _heart_beats(board: Board, about: Mapping[str, str], at: datetime) -> bool:
    wanted = about.get("STRATEGY_ID")
    sessions = [one for one in board.trading.items if wanted in (None, one.strategy_id)]
    return bool(sessions) and not any(session.stale(at) for session in sessions)


def _drift_is_gone(board: Board, about: Mapping[str, str], _at: datetime) -> bool:
    wanted = about.get("MODEL_NAME")
    models = [one for one in board.trading.items if wanted in (None, one.model_name, one.strategy_id)]
    return bool(models) and all(one.psi is not None and one.psi <= PSI_MODERATE for one in models)


_Check = tuple[str, timedelta, Callable[[Board, Mapping[str, str], datetime], bool]]

_CHECKS: Final[Mapping[str, _Check]] = MappingProxyType(
    {
        NAT_DOWN: ("nat", _SOON, _nat_is_fine),
        SERVICE_UNHEALTHY: ("services", _LATER, _service_is_fine),
        STALE_HEARTBEAT: ("trading", _SOON, _heart_beats),
        MODEL_DRIFT: ("trading", _SOON, _drift_is_gone),
        SIGNIFICANT_DRIFT: ("trading", _SOON, _drift_is_gone),
    }
)
