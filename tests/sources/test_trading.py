"""The trading pane's source: heartbeats and drift, however they are written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.sources.conftest import START, HandClock
from tests.sources.spoilt import BAD, spoils
from tradai_console.aws.door import Door
from tradai_console.errors import NotFound
from tradai_console.platform import Platform
from tradai_console.sources.trading import (
    Drift,
    TradingSource,
    parse_drift,
    parse_moment,
    parse_row,
    parse_session,
)


def table(boto: Any, name: str, key: str, *rows: dict[str, Any]) -> None:
    dynamodb = boto("dynamodb")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for row in rows:
        dynamodb.put_item(TableName=name, Item=row)


async def test_sessions_with_the_drift_of_their_models(
    door: Door, boto: Any, clock: HandClock, platform: Platform
) -> None:
    """Rows are joined by model, else by strategy; a heartbeat nobody can read is stale, not absent from the
    screen."""
    table(
        boto,
        "tradai-trading-state-prod",
        "strategy_id",
        {
            "strategy_id": {"S": "PascalStrategy"},
            "status": {"S": "RUNNING"},
            "last_heartbeat": {"S": "2026-01-01T03:11:29Z"},
            "open_trades": {"N": "2"},
            "tags": {"L": [{"S": "a"}]},
        },
        {
            "strategy_id": {"S": "s2"},
            "status": {"S": "running"},
            "model_name": {"S": "RadStrategy"},
            "last_heartbeat": {"S": "soon"},
        },
    )
    drifts = [
        {"M": {"metric": {"S": "win_rate"}, "psi": {"N": "0.1"}}},
        {"M": {"metric": {"S": "profit"}, "psi": {"N": "0.4"}}},
    ]
    table(
        boto,
        "tradai-drift-state-prod",
        "model_name",
        {
            "model_name": {"S": "RadStrategy"},
            "overall_psi": {"N": "0.17"},
            "severity": {"S": "MODERATE"},
            "metric_drifts": {"L": drifts},
        },
        {
            "model_name": {"S": "PascalStrategy"},
            "overall_psi": {"S": "0.08"},
            "checked_at": {"S": "2026-01-01T00:00:00+00:00"},
        },
    )
    reading = await TradingSource(door, platform, clock).read()
    pascal, rad = reading.items
    assert (pascal.status, pascal.psi, pascal.model_name) == ("running", 0.08, "PascalStrategy")
    assert (pascal.heartbeat_age_s(START), pascal.stale(START)) == (31.0, False)
    assert pascal.attributes == (("open_trades", "2"), ("tags", '["a"]'))
    assert pascal.drift_checked_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert (rad.last_heartbeat, rad.stale(START), rad.psi, rad.drift_severity) == (
        None,
        True,
        0.17,
        "moderate",
    )
    assert rad.drift_metrics == (("profit", 0.4), ("win_rate", 0.1))
    assert reading.notes == ()


async def test_no_drift_table_is_a_note_and_no_sessions_table_an_error(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """Without drift the sessions stand; without sessions there is nothing to say."""
    with pytest.raises(
        NotFound, match=r"no table tradai-trading-state-prod; set platform.tables.trading_state"
    ):
        await TradingSource(door, platform, clock).read()
    table(boto, "tradai-trading-state-prod", "strategy_id", {"strategy_id": {"S": "s"}})
    reading = await TradingSource(door, platform, clock).read()
    assert (reading.items[0].psi, reading.items[0].status, len(reading.notes)) == (None, "unknown", 1)


async def test_all_pages_are_read(door: Door, boto: Any, clock: HandClock, platform: Platform) -> None:
    """A table larger than one answer (1 MB) is read whole."""
    rows = [{"strategy_id": {"S": f"s{n}"}, "padding": {"S": "x" * 390_000}} for n in range(4)]
    table(boto, "tradai-trading-state-prod", "strategy_id", *rows)
    reading = await TradingSource(door, platform, clock).read()
    assert len(reading.items) == 4
    assert all(len(one.attributes[0][1]) < 3_000 for one in reading.items)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        pytest.param("2026-01-01T03:00:00Z", datetime(2026, 1, 1, 3, tzinfo=UTC), id="Z"),
        pytest.param(
            "2026-01-01T04:00:00.123+01:00", datetime(2026, 1, 1, 3, 0, 0, 123_000, UTC), id="offset"
        ),
        pytest.param("2026-01-01T03:00:00", datetime(2026, 1, 1, 3, tzinfo=UTC), id="no zone"),
        pytest.param("2026-01-01", None, id="a date only"),
        pytest.param("1767236400", None, id="a number"),
        pytest.param("2026-13-45T99:00:00Z", None, id="impossible"),
        pytest.param("0001-01-01T00:00:00+14:00", None, id="before time"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_heartbeats(value: object, moment: datetime | None) -> None:
    """ISO 8601 with a time is read, everything else is unreadable."""
    assert parse_moment(value) == moment


@pytest.mark.parametrize(
    ("value", "metrics"),
    [
        pytest.param(
            [{"metric": "a", "psi": "0.1"}, {"metric": "b", "psi": 0.3}], (("b", 0.3), ("a", 0.1)), id="list"
        ),
        pytest.param({"a": {"psi": "0.1"}, "b": "0.3", "c": "NaN"}, (("b", 0.3), ("a", 0.1)), id="map"),
        pytest.param('[{"metric": "a", "psi": 0.1}]', (("a", 0.1),), id="JSON"),
        pytest.param("{", (), id="broken JSON"),
        pytest.param(None, (), id="absent"),
    ],
)
def test_drift_of_each_metric(value: object, metrics: tuple[tuple[str, float], ...]) -> None:
    """However the drift monitor writes them down, largest first."""
    drift = parse_drift({"model_name": "m", "overall_psi": "0.2", "metric_drifts": value})
    assert drift is not None
    assert drift.metrics == metrics
    assert drift.psi == 0.2


@pytest.mark.parametrize("value", [*BAD, True, b"x", {"S"}])
def test_no_field_is_taken_for_granted(value: object) -> None:
    """Any attribute may be absent or of any type."""
    row = {
        "strategy_id": "s",
        "status": "running",
        "last_heartbeat": "2026-01-01T03:00:00Z",
        "model_name": "m",
        "x": "y",
    }
    known = {"m": Drift("m", 0.1, None, None)}
    for spoilt, key in spoils(row, value):
        assert parse_session(spoilt, known) is not None or key == "strategy_id"
    drift = {
        "model_name": "m",
        "overall_psi": "1",
        "severity": "s",
        "checked_at": "x",
        "metric_drifts": [{"metric": "a", "psi": 1}],
    }
    for spoilt, key in spoils(drift, value):
        assert parse_drift(spoilt) is not None or key == "model_name"
    assert isinstance(parse_row({"a": value, "b": {"M": value}, "c": {"L": value}}), dict)
