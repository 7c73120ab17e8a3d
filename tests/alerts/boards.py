"""Boards on which nothing is wrong, and parts with which a test makes something wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.sample import CLUSTER, MONOTONIC, NAT, NOW, SERVICES, ago, alarm, execution, series, service
from tradai_console.alerts.finding import Finding, History, Patience
from tradai_console.alerts.rules import PATIENT, findings
from tradai_console.models.alarm import Alarm, AlarmState
from tradai_console.models.board import Board
from tradai_console.models.database import Database
from tradai_console.models.snapshot import Snapshot, State
from tradai_console.models.trading import Session
from tradai_console.platform import load_platform

PLATFORM = load_platform("prod")
DATABASE = Database(
    "tradai-prod", "arn:db", "available", "postgres", "15.13", "db.t4g.micro", True, "eu-central-1a",
    max_connections=81, max_connections_basis="parameter group",
)  # fmt: skip
STEADY = service("backend-api", 2, 2)
BEATING = Session("GridStrategy", "running", ago(seconds=20), "GridStrategy", 0.05)

__all__ = ["CLUSTER", "NAT", "NOW", "SERVICES", "ago", "execution", "series", "service"]


def taken(
    items: Sequence[object], at: datetime = NOW, state: State = State.LIVE, **more: Any
) -> Snapshot[Any]:
    """A reading taken at that moment; the monotonic clock goes along with the wall's."""
    return Snapshot(
        items=tuple(items),
        taken_at=at,
        taken_monotonic=mono(at),
        state=state,
        interval_s=30.0,
        took_s=0.1,
        **more,
    )


def mono(at: datetime) -> float:
    """The monotonic clock at that moment."""
    return MONOTONIC + (at - NOW).total_seconds()


def board(at: datetime = NOW, **items: Sequence[object]) -> Board:
    """A healthy board read at that moment, with these sources' items instead."""
    usual: dict[str, Sequence[object]] = {
        "alarms": (),
        "services": (STEADY,),
        "databases": (DATABASE,),
        "nat": (NAT,),
        "workflows": (),
        "trading": (replace(BEATING, last_heartbeat=at - timedelta(seconds=20)),),
        "figures": (),
    }
    made = Board()
    for name, found in {**usual, **items}.items():
        made = made.having(name, taken(found, at))
    return made


def looks(*boards: Board, patience: Patience = PATIENT, **more: Any) -> list[tuple[Finding, ...]]:
    """What the rules find on each board, one after another, each at the moment of its services' reading."""
    history, found = History(), []
    for one in boards:
        at = max(getattr(one, name).taken_at or NOW for name in ("services", "trading", "nat", "alarms"))
        here, history = findings(one, history, PLATFORM, at, mono(at), patience=patience, **more)
        found.append(here)
    return found


def firing(name: str, **more: object) -> Alarm:
    """An alarm in ALARM that watches nothing a rule knows, so that its name alone leads."""
    plain: dict[str, object] = {
        "namespace": None,
        "metric": None,
        "dimensions": (),
        "reason": "Threshold Crossed",
    }
    return alarm(name, **{"state": AlarmState.ALARM, **plain, **more})  # type: ignore[arg-type]


def later(minutes: float = 0, seconds: float = 0) -> datetime:
    return NOW + timedelta(minutes=minutes, seconds=seconds)
