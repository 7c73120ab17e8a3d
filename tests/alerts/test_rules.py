"""The console's own rules over the board."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.alerts.boards import (
    BEATING,
    CLUSTER,
    DATABASE,
    NAT,
    NOW,
    PLATFORM,
    ago,
    board,
    execution,
    later,
    looks,
    mono,
    series,
    service,
)
from tradai_console.alerts.finding import ONE_LOOK, History
from tradai_console.alerts.rules import RULES, findings
from tradai_console.models import wanted
from tradai_console.models.board import Board
from tradai_console.models.database import DatabaseEvent
from tradai_console.models.nat import NatVerdict
from tradai_console.models.service import Host
from tradai_console.models.snapshot import State
from tradai_console.models.trading import Session

SHORT = service("backend-api", 2, 1)
MEMORY = wanted.service_memory(CLUSTER, "tradai-backend-api-prod")
CONNECTIONS = wanted.database_connections("tradai-prod")
ERRORS = wanted.function_errors("tradai-drift-monitor-prod")
DURATION = wanted.function_duration("tradai-drift-monitor-prod")
STALE = replace(BEATING, last_heartbeat=ago(minutes=6))


def drifted(psi: float | None, status: str = "running") -> Session:
    return replace(BEATING, status=status, psi=psi)


@pytest.mark.parametrize(
    ("items", "kind", "variables", "words"),
    [
        pytest.param(
            {"services": [SHORT]},
            "Service Unhealthy",
            {"SERVICE": "backend-api"},
            "running 1 of 2",
            id="short",
        ),
        pytest.param(
            {"trading": [STALE]},
            "Stale Heartbeat",
            {"STRATEGY_ID": "GridStrategy"},
            "6 min old",
            id="old beat",
        ),
        pytest.param(
            {"trading": [replace(BEATING, last_heartbeat=None)]},
            "Stale Heartbeat",
            {"STRATEGY_ID": "GridStrategy"},
            "no readable heartbeat",
            id="no beat",
        ),
        pytest.param(
            {"trading": [drifted(0.11)]},
            "Model Drift Detected",
            {"MODEL_NAME": "GridStrategy"},
            "over 0.10",
            id="drift",
        ),
        pytest.param(
            {"trading": [drifted(0.26)]},
            "Significant Drift",
            {"MODEL_NAME": "GridStrategy"},
            "over 0.25",
            id="great drift",
        ),
        pytest.param(
            {"nat": [replace(NAT, verdict=NatVerdict.DOWN, why="it is stopped")]},
            "NAT Instance Down",
            {"NAT_INSTANCE_ID": "i-0ab12cd34ef56ab78"},
            "down: it is stopped",
            id="nat down",
        ),
        pytest.param(
            {"nat": [replace(NAT, verdict=NatVerdict.MISROUTED)]},
            "NAT Instance Down",
            {},
            "misrouted",
            id="misrouted",
        ),
        pytest.param(
            {"nat": [replace(NAT, verdict=NatVerdict.IMPAIRED)]},
            "NAT Instance Down",
            {},
            "impaired",
            id="impaired",
        ),
        pytest.param(
            {"figures": [series(CONNECTIONS, 10, 65)]},
            "Connection Pool Exhausted",
            {"DB_INSTANCE": "tradai-prod"},
            "65 of 81 connections, 80 %",
            id="pool",
        ),
        pytest.param(
            {
                "databases": [
                    replace(
                        DATABASE,
                        events=(DatabaseEvent(ago(minutes=9), "Multi-AZ instance failover started."),),
                    )
                ]
            },
            "Database Failover",
            {"DB_INSTANCE": "tradai-prod"},
            "failover started",
            id="failover",
        ),
        pytest.param(
            {
                "databases": [
                    replace(DATABASE, events=(DatabaseEvent(ago(minutes=9), "Rebooted", ("failover",)),))
                ]
            },
            "Database Failover",
            {},
            "Rebooted",
            id="failover category",
        ),
        pytest.param(
            {"databases": [replace(DATABASE, status="incompatible-network")]},
            "RDS Connectivity",
            {"DB_INSTANCE": "tradai-prod"},
            "incompatible-network",
            id="database",
        ),
        pytest.param(
            {
                "workflows": [
                    execution("retraining", "rt-1", "FAILED", 9, 3, failed_state="Train", error="Oom")
                ]
            },
            "Workflow Stuck/Failed",
            {"MACHINE": "retraining"},
            "failed in Train: Oom",
            id="failed",
        ),
        pytest.param(
            {
                "workflows": [
                    execution(
                        "retraining",
                        "rt-1",
                        "FAILED",
                        9,
                        3,
                        failed_state="Train",
                        error="States.TaskFailed",
                        cause="OutOfMemoryError, exit 137",
                    )
                ]
            },
            "Workflow Stuck/Failed",
            {"MACHINE": "retraining"},
            "failed in Train: OutOfMemoryError, exit 137",
            id="a task failed",
        ),
        pytest.param(
            {"workflows": [execution("retraining", "rt-1", "TIMED_OUT", 9, 3)]},
            "Workflow Stuck/Failed",
            {"MACHINE": "retraining"},
            "timed out",
            id="timed out",
        ),
        pytest.param(
            {
                "workflows": [
                    execution("retraining", "rt-1", "SUCCEEDED", 9, 3, caught=True, failed_state="Compare")
                ]
            },
            "Workflow Stuck/Failed",
            {"MACHINE": "retraining"},
            "caught a failure in Compare",
            id="caught",
        ),
        pytest.param(
            {"workflows": [execution("backtest", "bt-1", "RUNNING", 130, None)]},
            "Workflow Stuck/Failed",
            {"MACHINE": "backtest"},
            "2 h 10 min",
            id="past its time",
        ),
        pytest.param(
            {"figures": [series(MEMORY, 50, 80)]},
            "ECS Memory High",
            {"SERVICE": "backend-api"},
            "80 %",
            id="memory",
        ),
        pytest.param(
            {"figures": [series(ERRORS, 0, 3, 0)]},
            "Lambda Errors",
            {"FUNCTION": "drift-monitor"},
            "3 errors in 5 min of tradai-drift-monitor-prod",
            id="errors",
        ),
        pytest.param(
            {
                "services": [
                    replace(
                        SHORT,
                        desired=None,
                        running=None,
                        cluster=None,
                        host=Host(
                            "tradai-consolidated-dev", "i-1", "stopped", "unknown", "t3.small", None, None
                        ),
                    )
                ]
            },
            "Service Unhealthy",
            {"SERVICE": "backend-api"},
            "is stopped",
            id="host",
        ),
    ],
)
def test_found(items: dict[str, Any], kind: str, variables: dict[str, str], words: str) -> None:
    """Each rule finds its own trouble, says which thing it is about, and why in words; and nothing else."""
    (found,) = looks(board(**items), patience=ONE_LOOK)
    assert [one.kind for one in found] == [kind]
    assert variables.items() <= found[0].variables.items()
    assert words in found[0].reason


@pytest.mark.parametrize(
    "items",
    [
        pytest.param({}, id="healthy"),
        pytest.param({"services": [replace(SHORT, rollout="IN_PROGRESS")]}, id="rollout"),
        pytest.param({"services": [service("x", 0, 0)]}, id="none wanted"),
        pytest.param({"services": [replace(SHORT, running=None)]}, id="unknown count"),
        pytest.param({"trading": [replace(STALE, status="paused")]}, id="paused"),
        pytest.param({"trading": [replace(STALE, status="stopped", psi=0.9)]}, id="stopped"),
        pytest.param({"trading": [drifted(0.10)]}, id="at the limit"),
        pytest.param({"trading": [drifted(0.4, "paused")]}, id="paused and drifting"),
        pytest.param({"trading": [drifted(None)]}, id="no measure"),
        pytest.param({"nat": [replace(NAT, verdict=NatVerdict.REPLACING)]}, id="replacing"),
        pytest.param({"nat": [replace(NAT, verdict=NatVerdict.GATEWAY)]}, id="gateway"),
        pytest.param({"nat": [replace(NAT, verdict=NatVerdict.UNKNOWN)]}, id="unknown"),
        pytest.param({"figures": [series(CONNECTIONS, 10, 64)]}, id="64 of 81"),
        pytest.param(
            {"databases": [replace(DATABASE, max_connections=None)], "figures": [series(CONNECTIONS, 900)]},
            id="no limit",
        ),
        pytest.param(
            {
                "databases": [
                    replace(DATABASE, events=(DatabaseEvent(ago(minutes=61), "failover completed"),))
                ]
            },
            id="old failover",
        ),
        pytest.param({"databases": [replace(DATABASE, status="rebooting")]}, id="rebooting"),
        pytest.param({"workflows": [execution("retraining", "rt-1", "FAILED", 70, 3)]}, id="ended long ago"),
        pytest.param({"workflows": [execution("retraining", "rt-1", "ABORTED", 9, 3)]}, id="aborted by hand"),
        pytest.param(
            {"workflows": [execution("backtest", "bt-1", "RUNNING", 119, None)]}, id="within its time"
        ),
        pytest.param(
            {"workflows": [execution("foreign", "f-1", "RUNNING", 9_999, None)]}, id="no known time-out"
        ),
        pytest.param({"figures": [series(MEMORY, 95, 79.9)]}, id="memory fell"),
        pytest.param({"figures": [replace(series(MEMORY, 99), times=(ago(minutes=6),))]}, id="old point"),
        pytest.param({"figures": [replace(series(ERRORS, 3), times=(ago(minutes=6),))]}, id="old error"),
    ],
)
def test_not_found(items: dict[str, Any]) -> None:
    """What is fine, unknown, deliberate or long over raises nothing."""
    assert looks(board(**items), patience=ONE_LOOK) == [()]


def test_three_readings_short() -> None:
    """Fewer tasks than desired is an alert at the third reading in a row, since the first; the same reading
    seen again does not count."""
    one, two = (board(later(seconds=30 * n), services=[SHORT]) for n in (0, 1))
    three = board(later(seconds=60), services=[SHORT])
    found = looks(one, one, two, two, three)
    assert [len(each) for each in found] == [0, 0, 0, 0, 1]
    assert found[-1][0].since == NOW


def test_a_good_reading_breaks_the_row() -> None:
    """Short, short, whole, short is no alert."""
    counts = (1, 1, 2, 1)
    boards = [
        board(later(seconds=30 * n), services=[replace(SHORT, running=count)])
        for n, count in enumerate(counts)
    ]
    assert looks(*boards)[-1] == ()


def test_twice_stale() -> None:
    """A heartbeat is an alert at the second reading in a row, since it was two minutes old."""
    found = looks(board(trading=[STALE]), board(later(seconds=30), trading=[STALE]))
    assert [len(each) for each in found] == [0, 1]
    assert found[1][0].since == ago(minutes=4)


def test_replacing_for_long() -> None:
    """The group may take five minutes to replace the NAT instance, not more."""
    replacing = replace(NAT, verdict=NatVerdict.REPLACING)
    found = looks(*(board(later(minutes=n), nat=[replacing]) for n in (0, 4, 5.5)))
    assert [len(each) for each in found] == [0, 0, 1]


def test_replacing_is_no_recovery() -> None:
    """A NAT instance that was down and is being replaced is still not back."""
    down, replacing = (replace(NAT, verdict=word) for word in (NatVerdict.DOWN, NatVerdict.REPLACING))
    found = looks(board(nat=[down]), board(later(minutes=1), nat=[replacing]), board(later(minutes=2)))
    assert [len(each) for each in found] == [1, 1, 0]


def test_near_timeout() -> None:
    """A function that runs nine tenths of its time-out is an alert where the time-out is known."""
    slow = board(figures=[series(DURATION, 1_000, 54_000)])
    assert looks(slow) == [()]
    (found,) = looks(slow, timeouts_s={"tradai-drift-monitor-prod": 60.0})
    assert [(one.kind, one.variables) for one in found] == [
        ("Lambda Timeouts", {"FUNCTION": "drift-monitor"})
    ]
    assert looks(slow, timeouts_s={"tradai-drift-monitor-prod": 300.0}) == [()]


def test_graver_drift_replaces() -> None:
    """Over 0.25 there is one alert, not two."""
    found = looks(board(trading=[drifted(0.2)]), board(later(minutes=1), trading=[drifted(0.3)]))
    assert [[one.kind for one in each] for each in found] == [["Model Drift Detected"], ["Significant Drift"]]


def test_pausing_is_not_the_end_of_a_drift() -> None:
    """The runbook's first step is a pause: the alert stays until the model is mended or stopped."""
    found = looks(
        board(trading=[drifted(0.3)]),
        board(later(minutes=1), trading=[drifted(0.3, "paused")]),
        board(later(minutes=2), trading=[drifted(0.05, "paused")]),
    )
    assert [len(each) for each in found] == [1, 1, 0]


def test_an_error_is_over_when_it_runs_again() -> None:
    """A function that has not run since its error has not recovered; one that ran well has."""
    failed = replace(series(ERRORS, 2), times=(later(),))
    well = replace(series(ERRORS, 2, 0), times=(later(), later(minutes=8)))
    found = looks(
        board(later(), figures=[failed]),
        board(later(minutes=9), figures=[failed]),
        board(later(minutes=9), figures=[well]),
    )
    assert [len(each) for each in found] == [1, 1, 0]


def everything_wrong() -> dict[str, Any]:
    return {
        "services": [SHORT],
        "databases": [
            replace(DATABASE, status="failed", events=(DatabaseEvent(ago(minutes=1), "failover"),))
        ],
        "nat": [replace(NAT, verdict=NatVerdict.DOWN)],
        "workflows": [execution("retraining", "rt-1", "FAILED", 9, 3)],
        "trading": [replace(STALE, psi=0.3)],
        "figures": [series(MEMORY, 99), series(CONNECTIONS, 80), series(ERRORS, 4), series(DURATION, 59_000)],
    }


TIMEOUTS = {"tradai-drift-monitor-prod": 60.0}


def test_everything_wrong_at_once() -> None:
    """Every rule has its finding when all is wrong."""
    (found,) = looks(board(**everything_wrong()), patience=ONE_LOOK, timeouts_s=TIMEOUTS)
    assert {one.rule for one in found} == {rule.name for rule in RULES}


@pytest.mark.parametrize("state", [state for state in State if not state.trusted])
def test_untrusted_raises_and_resolves_nothing(state: State) -> None:
    """A source that cannot be trusted today raises nothing, and takes back nothing that it said before."""

    def untrusted(one: Board) -> Board:
        return replace(
            one,
            **{
                name: replace(getattr(one, name), state=state)
                for name in ("services", "databases", "nat", "workflows", "trading", "figures")
            },
        )

    wrong = board(**everything_wrong())
    assert looks(untrusted(wrong), patience=ONE_LOOK, timeouts_s=TIMEOUTS) == [()]
    first, second = looks(wrong, untrusted(board(later(minutes=2))), patience=ONE_LOOK, timeouts_s=TIMEOUTS)
    assert first
    assert second == first


def test_old_readings_raise_and_resolve_nothing() -> None:
    """A good reading that has grown older than two intervals is not trusted any more."""
    old = board(ago(minutes=5), **everything_wrong())
    assert findings(old, History(), PLATFORM, NOW, mono(NOW), patience=ONE_LOOK)[0] == ()


@pytest.mark.parametrize(
    ("before", "blank"),
    [
        pytest.param({"services": [SHORT]}, {"services": [replace(SHORT, running=None)]}, id="count"),
        pytest.param(
            {"nat": [replace(NAT, verdict=NatVerdict.DOWN)]},
            {"nat": [replace(NAT, verdict=NatVerdict.UNKNOWN)]},
            id="nat",
        ),
        pytest.param({"trading": [drifted(0.3)]}, {"trading": [drifted(None)]}, id="psi"),
        pytest.param({"figures": [series(MEMORY, 99)]}, {"figures": []}, id="memory"),
        pytest.param(
            {"figures": [series(CONNECTIONS, 80)]}, {"figures": [series(CONNECTIONS)]}, id="connections"
        ),
        pytest.param(
            {"databases": [replace(DATABASE, events=(DatabaseEvent(NOW, "failover"),))]},
            {"databases": [replace(DATABASE, events=None)]},
            id="events",
        ),
    ],
)
def test_a_missing_figure_resolves_nothing(before: dict[str, Any], blank: dict[str, Any]) -> None:
    """A figure that was not read in an otherwise good reading leaves its alert where it was."""
    first, second, third = looks(
        board(**before),
        board(later(minutes=1), **blank),
        board(
            later(minutes=2),
            figures=[
                replace(series(MEMORY, 20), times=(later(minutes=2),)),
                replace(series(CONNECTIONS, 5), times=(later(minutes=2),)),
            ],
        ),
        patience=ONE_LOOK,
    )
    assert len(first) == 1
    assert second == first
    assert third == ()


def test_hostile_names_stay_apart() -> None:
    """Names that no runbook may use are told apart all the same, and never become variables."""
    names = ("$(reboot)", "-rf /", "[bold]x[/nope]")
    sessions = [replace(STALE, strategy_id=name, model_name=None) for name in names]
    (found,) = looks(board(trading=sessions), patience=ONE_LOOK)
    assert len({one.key for one in found}) == 3
    assert all("STRATEGY_ID" not in one.variables for one in found)


def test_findings_are_remembered_since_when() -> None:
    """What goes on keeps its beginning, even when the drawn hour no longer reaches back to it."""
    first = board(figures=[series(MEMORY, *[90] * 50)])
    second = board(later(minutes=40), figures=[replace(series(MEMORY, 91), times=(later(minutes=39),))])
    found = looks(first, second)
    assert found[1][0].since == found[0][0].since == NOW - timedelta(minutes=50)
