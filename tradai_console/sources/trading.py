"""The trading pane: the sessions with their heartbeats, and the drift of the models behind them (two
DynamoDB tables)."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tradai_console.clock import Clock
from tradai_console.errors import NotFound
from tradai_console.models.trading import Session
from tradai_console.platform import Platform
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw, everything
from tradai_console.sources.reading import Clients, Reading, secondary
from tradai_console.text import plain

ATTRIBUTE_LIMIT = 2_048
"""Signs kept of an attribute that only the detail screen shows."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_CHECKED = (
    "checked_at",
    "last_checked",
    "last_check",
    "detected_at",
    "analyzed_at",
    "timestamp",
    "updated_at",
)
"""Under which names the drift table may say when it measured; no document does."""


@dataclass(frozen=True)
class Drift:
    """One row of the drift table."""

    model_name: str
    psi: float | None
    severity: str | None
    checked_at: datetime | None
    metrics: tuple[tuple[str, float], ...] = ()


class TradingSource:
    """Reads both tables whole: they have a row a strategy and a row a model."""

    def __init__(self, door: Clients, platform: Platform, clock: Clock) -> None:  # noqa: ARG002  # one shape for all sources
        self._door = door
        self._platform = platform

    async def read(self) -> Reading[Session]:
        """Every session, by strategy. Raises AwsError (NotFound: no such table) if the sessions could not
        be read."""
        dynamodb = await self._door.client("dynamodb")
        notes: list[str] = []
        rows, drift = await asyncio.gather(
            _scan(dynamodb, "trading_state", self._platform.tables.trading_state),
            secondary(_drift(dynamodb, self._platform.tables.drift_state), {}, notes, "drift"),
        )
        found = [session for row in rows if (session := parse_session(row, drift)) is not None]
        return Reading(tuple(sorted(found, key=lambda one: one.strategy_id)), tuple(notes))


async def _scan(dynamodb: Any, known_as: str, table: str) -> list[dict[str, Any]]:
    try:
        raws = await everything(
            dynamodb.scan,
            "Items",
            cursor="ExclusiveStartKey",
            answer_cursor="LastEvaluatedKey",
            TableName=table,
        )
    except NotFound:
        raise NotFound(
            f"there is no table {table}; set platform.tables.{known_as}, or look at account and region"
        ) from None
    return [parse_row(raw) for raw in raws]


async def _drift(dynamodb: Any, table: str) -> dict[str, Drift]:
    found = [parse_drift(row) for row in await _scan(dynamodb, "drift_state", table)]
    return {drift.model_name: drift for drift in found if drift is not None}


def parse_row(raw: Raw) -> dict[str, Any]:
    """A DynamoDB item as plain Python values; numbers stay texts, so that none loses digits."""
    return {str(key): _value(value) for key, value in raw.items()}


def _value(typed: Any) -> Any:
    """The value in DynamoDB's typed notation: `{"S": "x"}` is `x`. What is not so typed is left as it is."""
    if not isinstance(typed, Mapping) or len(typed) != 1:
        return typed
    ((kind, value),) = typed.items()
    if kind == "NULL":
        return None
    if kind == "M" and isinstance(value, Mapping):
        return parse_row(value)
    if kind == "L" and isinstance(value, list):
        return [_value(one) for one in value]
    return value


def parse_session(row: Raw, drift: Mapping[str, Drift]) -> Session | None:
    """One session with the drift of its model (or of the model named as the strategy); None without a
    strategy id."""
    strategy = _text(row.get("strategy_id"))
    if not strategy:
        return None
    model = _text(row.get("model_name")) or None
    found = (drift.get(model) if model else None) or drift.get(strategy)
    rest = {key: value for key, value in row.items() if key not in _OWN and value is not None}
    return Session(
        strategy_id=strategy,
        status=_text(row.get("status")).strip().lower() or "unknown",
        last_heartbeat=parse_moment(row.get("last_heartbeat")),
        model_name=model or (found.model_name if found else None),
        psi=found.psi if found else None,
        drift_severity=found.severity if found else None,
        drift_checked_at=found.checked_at if found else None,
        drift_metrics=found.metrics if found else (),
        attributes=tuple([(_text(key), _shown(rest[key])) for key in sorted(rest)]),
    )


_OWN = frozenset({"strategy_id", "status", "last_heartbeat", "model_name"})


def parse_drift(row: Raw) -> Drift | None:
    """One row of the drift table; None without a model name."""
    model = _text(row.get("model_name"))
    if not model:
        return None
    checked = (parse_moment(row.get(key)) for key in _CHECKED)
    return Drift(
        model_name=model,
        psi=fields.number(row.get("overall_psi", row.get("psi"))),
        severity=_text(row.get("severity")).strip().lower() or None,
        checked_at=next((moment for moment in checked if moment is not None), None),
        metrics=_metrics(row.get("metric_drifts")),
    )


def _metrics(value: object) -> tuple[tuple[str, float], ...]:
    """Each metric's own index, largest first, from a list of maps, a map, or either of them as JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return ()
    pairs: Iterable[tuple[object, object]] = ()
    if isinstance(value, Mapping):
        pairs = [(key, one.get("psi") if isinstance(one, Mapping) else one) for key, one in value.items()]
    elif isinstance(value, list):
        pairs = [(one.get("metric"), one.get("psi")) for one in value if isinstance(one, Mapping)]
    found = [(_text(key), psi) for key, raw in pairs if key and (psi := fields.number(raw)) is not None]
    return tuple(sorted(found, key=lambda pair: -pair[1]))


def parse_moment(value: object) -> datetime | None:
    """An ISO 8601 date and time (`Z`, an offset, or UTC where neither stands), or None for anything else."""
    if not isinstance(value, str) or not _MOMENT.match(value.strip()):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return fields.moment(found if found.tzinfo else found.replace(tzinfo=UTC))


def _text(value: object) -> str:
    return plain(value, fields.NAME_LIMIT) if isinstance(value, str | int | float) else ""


def _shown(value: object) -> str:
    if isinstance(value, str | int | float | bool):
        return plain(value, ATTRIBUTE_LIMIT)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    try:
        return plain(json.dumps(value, default=str, sort_keys=True), ATTRIBUTE_LIMIT)
    except (ValueError, TypeError, RecursionError):
        return plain(value, ATTRIBUTE_LIMIT)
