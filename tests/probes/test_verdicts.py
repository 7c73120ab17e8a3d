"""The judging functions, by tables: true in both directions, and unknown where nothing is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tradai_console.models.database import Database
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.execution import Execution
from tradai_console.models.figure import Series
from tradai_console.models.nat import Nat, NatVerdict
from tradai_console.models.service import Rollout, Service, ServiceEvent, Task
from tradai_console.models.trading import Session
from tradai_console.platform import load_platform
from tradai_console.probes import (
    changes,
    databases,
    drift,
    ecs_stops,
    ecs_usage,
    ecs_verdict,
    identity,
    lambdas,
    nat,
    network,
    queues,
    retraining,
    secrets,
    targets,
    trading,
    trails,
    workflows,
)
from tradai_console.probes.courses import metric
from tradai_console.probes.loglines import Line, Read
from tradai_console.probes.logs import judge_errors, judge_search, judge_silence, kind_of, spellings
from tradai_console.probes.paths import judge_path, parse_path
from tradai_console.probes.places import function_names
from tradai_console.probes.wording import ago, counted, judged, short, size, span, until, worst
from tradai_console.sources.trading import Drift

NOW = datetime(2026, 1, 1, 3, 12, tzinfo=UTC)
OK, WARN, BAD, UNKNOWN = Verdict.OK, Verdict.WARN, Verdict.BAD, Verdict.UNKNOWN


def before(**spans: float) -> datetime:
    return NOW - timedelta(**spans)


def course(*values: float, age_s: float = 60) -> Series:
    """A point a minute, the newest so old."""
    times = [NOW - timedelta(seconds=age_s + 60 * place) for place in range(len(values))]
    return Series(metric("N", "m", "Average"), tuple(reversed(times)), values)


ROLLOUT = Rollout("d", "PRIMARY", "COMPLETED", "", "f:2", 2, 2, 0, 0, before(hours=9), before(hours=9))
SERVICE = Service("mlflow", "tradai-mlflow-prod", "c", "arn", 2, 2, 0, "COMPLETED", rollouts=(ROLLOUT,))
TASK = Task("t", "arn:t", "RUNNING", "RUNNING", "HEALTHY", started_at=before(hours=1), task_definition="f:2")


@pytest.mark.parametrize(
    ("change", "verdict", "told"),
    [
        pytest.param({}, OK, "2 of 2 tasks", id="as it should"),
        pytest.param(
            {"running": 1, "pending": 1}, BAD, "1 of 2 tasks of mlflow run, 1 on the way", id="one short"
        ),
        pytest.param({"running": 0}, BAD, "none on the way", id="none"),
        pytest.param({"rollout": "IN_PROGRESS"}, WARN, "under way", id="deploying"),
        pytest.param({"rollout": "FAILED"}, BAD, "deployment failed", id="failed"),
        pytest.param({"desired": 0, "running": 0}, WARN, "scaled to 0", id="scaled to nothing"),
        pytest.param(
            {"desired": 0, "running": 0, "service": "live-trading"}, OK, "trades", id="nobody trades"
        ),
        pytest.param({"desired": None}, UNKNOWN, "does not say", id="not told"),
    ],
)
def test_service(change: dict[str, Any], verdict: Verdict, told: str) -> None:
    """What runs beside what should; nothing wanted is not the same as nothing known."""
    found = ecs_verdict.judge_service(replace(SERVICE, **change), NOW)
    assert (found.verdict, told in found.line) == (verdict, True), found.line


def stopped(minutes: float, **change: Any) -> Task:
    return replace(TASK, id=f"s{minutes}", status="STOPPED", stopped_at=before(minutes=minutes), **change)


OOM = {"exit_code": 137, "container_reason": "OutOfMemoryError: Container killed due to memory usage"}


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        pytest.param(OOM, "out of memory", id="memory"),
        pytest.param({"stop_code": "SpotInterruption", "exit_code": 143}, ecs_stops.SPOT, id="spot"),
        pytest.param({"stopped_reason": "Task failed ELB health checks in (target-group x)"}, ecs_stops.HEALTH, id="elb"),
        pytest.param({"stopped_reason": "CannotPullContainerError: x"}, ecs_stops.START, id="pull"),
        pytest.param({"stopped_reason": "Scaling activity initiated by (deployment d)"}, ecs_stops.PLANNED, id="deployed"),
        pytest.param({"stop_code": "UserInitiated", "stopped_reason": "hand"}, ecs_stops.PERSON, id="person"),
        pytest.param({"stop_code": "EssentialContainerExited", "exit_code": 1}, "exit 1", id="crash"),
        pytest.param({"stop_code": "EssentialContainerExited", "exit_code": 137}, "exit 137 (killed)", id="killed"),
        pytest.param({}, "reason not told", id="nothing told"),
    ],
)  # fmt: skip
def test_causes(change: dict[str, Any], cause: str) -> None:
    """ECS's many words for an end become one cause."""
    assert ecs_stops.cause_of(stopped(5, **change)) == cause


def test_stops() -> None:
    """Three deaths of one cause are told in one sentence with the time they took; Spot never adds to them."""
    dead = [stopped(minutes, **OOM) for minutes in (12, 7, 2)]
    spot = stopped(3, stop_code="SpotInterruption")
    found = ecs_stops.judge_stops("mlflow", [*dead, spot, TASK], 60, NOW)
    assert (found.verdict, found.line) == (
        BAD,
        "3 tasks stopped in 12 m, all out of memory; 1 more for normal reasons.",
    )
    assert ecs_stops.judge_stops("mlflow", [dead[0]], 60, NOW).verdict is WARN
    assert ecs_stops.judge_stops("mlflow", [dead[0]], 10, NOW).verdict is OK, "outside of the window"
    assert "remembers about an hour" in ecs_stops.judge_stops("mlflow", [], 360, NOW).line


@pytest.mark.parametrize(
    ("rollouts", "verdict", "told"),
    [
        pytest.param((ROLLOUT,), OK, "complete", id="settled"),
        pytest.param((replace(ROLLOUT, state="IN_PROGRESS", created_at=before(minutes=3)),), WARN, "3 m under way", id="young"),
        pytest.param((replace(ROLLOUT, state="IN_PROGRESS", created_at=before(minutes=40)),), BAD, "stuck since 40 m", id="old"),
        pytest.param((replace(ROLLOUT, state="IN_PROGRESS", failed=3),), BAD, "3 failed starts", id="failing"),
        pytest.param((replace(ROLLOUT, state="FAILED", reason="circuit breaker"),), BAD, "circuit breaker", id="failed"),
        pytest.param((replace(ROLLOUT, reason="circuit breaker: rolling back to d1"),), WARN, "rolled back", id="back"),
        pytest.param((replace(ROLLOUT, state=""),), UNKNOWN, "does not tell", id="no state"),
        pytest.param((), UNKNOWN, "no deployment", id="none"),
    ],
)  # fmt: skip
def test_deployments(rollouts: tuple[Rollout, ...], verdict: Verdict, told: str) -> None:
    """Under way is not stuck, and a rollback does not pass for a success."""
    found = ecs_verdict.judge_deployments(replace(SERVICE, rollouts=rollouts), NOW)
    assert (found.verdict, told in found.line) == (verdict, True), found.line


def test_events() -> None:
    """Trouble counts while it is recent, and less once the service is steady again."""
    trouble = ServiceEvent(before(minutes=9), "(service x) was unable to place a task")
    steady = ServiceEvent(before(minutes=1), "(service x) has reached a steady state.")
    assert ecs_verdict.judge_events("x", [trouble], 20, NOW).verdict is BAD
    assert ecs_verdict.judge_events("x", [steady, trouble], 20, NOW).verdict is WARN
    assert (
        ecs_verdict.judge_events("x", [steady, replace(trouble, at=before(hours=3))], 20, NOW).verdict is OK
    )
    assert ecs_verdict.judge_events("x", [], 20, NOW).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("highest", "verdict"),
    [
        pytest.param(course(40, 45), OK, id="fine"),
        pytest.param(course(40, 85, 85, 85, 85, 85), WARN, id="high"),
        pytest.param(course(97, 97, 97, 97, 97), BAD, id="full"),
        pytest.param(course(54, 54, 54, 54, 97), BAD, id="full since a minute"),
        pytest.param(course(97, 97, 97, 97, 40), WARN, id="was full a minute ago"),
        pytest.param(course(97, 40, 40, 40, 40, 40), WARN, id="was full"),
        pytest.param(course(97, 97, age_s=3600), UNKNOWN, id="an hour old"),
        pytest.param(course(), UNKNOWN, id="none"),
    ],
)
def test_usage(highest: Series, verdict: Verdict) -> None:
    """What it uses now is the newest figure; an old one is none of now."""
    assert ecs_usage.judge_usage("Memory", "x", highest, highest, 60, NOW).verdict is verdict


def test_definitions_name_what_changed() -> None:
    """The earlier revision is the one below the running one, however they are listed."""
    assert ecs_usage.revision_before("f:10", ["f:2", "f:9", "f:10", "f:11", "other:8"]) == "f:9"
    assert ecs_usage.revision_before("f:1", ["f:1"]) is None
    old = {"taskDefinitionArn": "arn/f:1", "memory": "512", "cpu": "256"}
    found = ecs_usage.judge_definitions({**old, "taskDefinitionArn": "arn/f:2", "memory": "1024"}, old, NOW)
    assert found.line == "f:2 runs; since f:1 changed: memory 512 -> 1024."


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("[2026-01-01 03:12:00,1][a.Store][ERROR] - pool 12 of 30 full", "Store: pool # of # full", id="platform"),
        pytest.param("[2026-01-01 03:12:00,1][a.Store][INFO] - no Error here", None, id="a word is no error"),
        pytest.param("2026-01-01 03:12:00,1 - freqtrade.x - ERROR - no answer", "x: no answer", id="freqtrade"),
        pytest.param("tradai.common.ValidationError: x", "ValidationError", id="exception"),
        pytest.param("[ERROR] ConnectionError: refused", "ConnectionError", id="lambda"),
        pytest.param("Traceback (most recent call last):", None, id="frame"),
        pytest.param('INFO:     10.0.0.1:1 - "GET / HTTP/1.1" 503 Service Unavailable', "HTTP 5xx answered", id="access"),
        pytest.param("2026-01-01T03:12:00.000Z abc Task timed out after 60.00 seconds", "Task timed out", id="timeout"),
        pytest.param('{"level": "ERROR", "message": "x"}', '{"level": "ERROR", "message": "x"}', id="json"),
        pytest.param("REPORT RequestId: x Error", None, id="report"),
    ],
)  # fmt: skip
def test_kinds_of_error(text: str, kind: str | None) -> None:
    """Lines that differ only in ids and numbers are one kind; a line that only speaks of errors is none."""
    assert kind_of(text) == kind


def test_a_log_that_was_not_read_whole_is_not_called_quiet() -> None:
    """No line found in a part of the window is unknown; in the whole of it, good or silent."""
    part, whole = Read("g", (), whole=False, searched="nothing"), Read("g", (), whole=True)
    assert judge_errors("x", part, 30, NOW).verdict is UNKNOWN
    assert judge_errors("x", whole, 30, NOW).verdict is OK
    assert judge_silence("x", part, 30, NOW).verdict is UNKNOWN
    assert judge_silence("x", whole, 30, NOW).verdict is BAD
    old = Read("g", (Line(before(minutes=20), "s", "x"),), whole=True)
    assert judge_silence("x", old, 60, NOW).verdict is WARN
    one = replace(old, lines=(replace(old.lines[-1], at=before(seconds=150)),))
    assert judge_silence("x", one, 8, NOW).verdict is OK
    session = judge_silence("x", one, 8, NOW, "PascalStrategy")
    assert session.verdict is WARN
    assert session.line == 'The newest line of "PascalStrategy" in x is 2 m old: silent since then.'
    fresh = replace(old, lines=(replace(old.lines[-1], at=before(seconds=20)),))
    assert judge_silence("x", fresh, 8, NOW, "PascalStrategy").verdict is OK
    assert judge_silence("x", whole, 8, NOW, "S").line.startswith('No line of "S" in x in 8 m')


def test_the_newest_error_is_named_beside_the_most_frequent() -> None:
    """What began just now is no other kind among hours of something else."""
    old = [
        Line(before(hours=2), "s", "[2026-01-01 01:12:00,1][a.Proxy][ERROR] - rate limited") for _ in range(3)
    ]
    new = Line(before(seconds=9), "s", "[2026-01-01 03:11:51,1][a.Store][ERROR] - stale handle")
    found = judge_errors("x", Read("g", (*old, new), whole=True), 180, NOW)
    assert found.line.endswith("3 x Proxy: rate limited, 1 other kind; newest 9 s ago, Store: stale handle.")


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        pytest.param([], OK, id="nothing found"),
        pytest.param(["[2026-01-01 03:11:00,1][backend.Server][INFO] - blocked no more"], OK, id="found"),
        pytest.param(["[2026-01-01 03:11:00,1][backend.Server][WARNING] - blocked for 3 s"], WARN, id="a warning"),
        pytest.param(["[2026-01-01 03:11:00,1][backend.Server][ERROR] - blocked"], WARN, id="an error"),
    ],
)  # fmt: skip
def test_what_a_search_finds(texts: list[str], verdict: Verdict) -> None:
    """A line that is a warning or an error is not called good because it was found."""
    read = Read("g", tuple(Line(before(minutes=1), "s", text) for text in texts), whole=True)
    assert judge_search("blocked", "x", read, 30, 50, NOW).verdict is verdict


@pytest.mark.parametrize(
    ("ages_s", "verdict"),
    [
        pytest.param((5,), OK, id="now and then"),
        pytest.param((5, 90, 170, 400), OK, id="every minute or two"),
        pytest.param((5, 20, 35), WARN, id="again and again"),
    ],
)
def test_a_service_warns_now_and_then(ages_s: tuple[int, ...], verdict: Verdict) -> None:
    """A retried call is no trouble of a service; three in a minute are."""
    said = "[2026-01-01 03:11:00,1][backend_api.HttpClient][WARNING] - read timeout, retrying once: ok"
    lines = [Line(before(seconds=age_s), "backend/backend-api/0a1b", said) for age_s in reversed(ages_s)]
    assert judge_search("timeout", "x", Read("g", tuple(lines), True), 15, 50, NOW).verdict is verdict


def test_a_search_shows_what_is_found_most() -> None:
    """One line of something else, the newest of all, does not stand for many; that there are others is said."""
    often = "[2026-01-01 03:11:00,1][data_collection.CcxtFetcher][WARNING] - RequestTimeout: binance"
    once = "[2026-01-01 03:11:59,1][strategy_service.HttpClient][WARNING] - read timeout, retrying: ok"
    lines = [*[Line(before(seconds=9 + number), "s", often) for number in (3, 2, 1)], Line(NOW, "s", once)]
    found = judge_search("timeout", "x", Read("g", tuple(lines), True), 15, 50, NOW)
    assert '4 lines of x in 15 m with "timeout", 3 of CcxtFetcher; newest 10 s ago: ' in found.line
    assert found.line.endswith("RequestTimeout: binance")
    assert ", most of CcxtFetcher" in judge_search("t", "x", Read("g", tuple(lines), True), 15, 3, NOW).line


def test_a_search_tells_whether_one_task_writes_it() -> None:
    """Lines of one task of the service asked about name it; those of two do not, nor one line, nor another's."""
    one, other = "backend-api/backend-api/0a1b", "backend-api/backend-api/2c3d"
    asked = [("backend-api", (one, one)), ("backend-api", (one, other)), ("backend-api", (one,))]
    asked += [("the services", (one, one)), ("health-check", ("2026/01/01/[$LATEST]ab",) * 2)]
    told = [
        judge_search(
            "b", about, Read("g", tuple(Line(NOW, name, "b") for name in names), True), 30, 9, NOW
        ).line
        for about, names in asked
    ]
    assert ["all of task 0a1b" in line for line in told] == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        pytest.param("timeout", ("timeout", "Timeout"), id="a word"),
        pytest.param("WARNING", ("WARNING",), id="a level"),
        pytest.param("PascalStrategy", ("PascalStrategy",), id="a name"),
    ],
)
def test_spellings(text: str, asked: tuple[str, ...]) -> None:
    """AWS tells small from capital: `timeout` alone would not find RequestTimeout."""
    assert spellings(text) == asked


def rule(low: int = 5432, high: int = 5432, protocol: str = "tcp", **sources: Any) -> dict[str, Any]:
    return {"IpProtocol": protocol, "FromPort": low, "ToPort": high, **sources}


@pytest.mark.parametrize(
    ("one", "opened"),
    [
        pytest.param(rule(UserIdGroupPairs=[{"GroupId": "sg-e"}]), True, id="the group"),
        pytest.param(rule(UserIdGroupPairs=[{"GroupId": "sg-x"}]), False, id="another group"),
        pytest.param(rule(IpRanges=[{"CidrIp": "10.0.11.0/24"}]), True, id="their subnet"),
        pytest.param(rule(IpRanges=[{"CidrIp": "10.9.0.0/16"}]), False, id="another subnet"),
        pytest.param(rule(IpRanges=[{"CidrIp": "0.0.0.0/0"}]), True, id="everybody"),
        pytest.param(rule(PrefixListIds=[{"PrefixListId": "pl-1"}]), None, id="a prefix list"),
        pytest.param(rule(), False, id="nobody"),
    ],
)
def test_rules(one: dict[str, Any], opened: bool | None) -> None:
    """A rule is held against groups and addresses of the callers; what cannot be held is unknown."""
    callers = network.Callers("mlflow", ("sg-e",), ("10.0.11.7",))
    assert network.opens(one, callers) is opened
    group = {"GroupId": "sg-r", "IpPermissions": [one]}
    theirs = {"GroupId": "sg-e", "IpPermissionsEgress": [rule(protocol="-1")]}
    expected = {True: OK, False: BAD, None: UNKNOWN}[opened]
    assert network.judge_path("db", 5432, [group], [theirs], callers).verdict is expected
    shut = {"GroupId": "sg-e", "IpPermissionsEgress": []}
    assert network.judge_path("db", 5432, [group], [shut], callers).verdict is BAD


def test_endpoints() -> None:
    """A failed endpoint and one whose group lets nothing in are bad; unread groups are not."""
    one = {
        "ServiceName": "com.amazonaws.eu-central-1.logs",
        "State": "available",
        "VpcEndpointType": "Interface",
    }
    grouped = {**one, "Groups": [{"GroupId": "sg-1"}]}
    assert network.judge_endpoints([one], []).verdict is OK
    assert network.judge_endpoints([{**one, "State": "failed"}], []).verdict is BAD
    assert network.judge_endpoints([grouped], [{"GroupId": "sg-1", "IpPermissions": []}]).verdict is BAD
    assert (
        network.judge_endpoints([grouped], [{"GroupId": "sg-1", "IpPermissions": [rule(443, 443)]}]).verdict
        is OK
    )
    assert network.judge_endpoints([grouped], None).verdict is UNKNOWN
    assert network.judge_endpoints([], []).verdict is WARN


@pytest.mark.parametrize(
    ("average", "slowest", "verdict"),
    [
        pytest.param(course(0.2, 0.2), course(0.5, 0.5), OK, id="fast"),
        pytest.param(course(0.2, 0.2), course(3.0, 3.0), WARN, id="slow tail"),
        pytest.param(course(2.5, 2.5), course(6.0, 6.0), BAD, id="slow"),
        pytest.param(
            course(2.5, 0.1, 0.1, 0.1, 0.1, 0.1), course(3, 0.1, 0.1, 0.1, 0.1, 0.1), WARN, id="was slow"
        ),
        pytest.param(course(), course(), UNKNOWN, id="no answers"),
    ],
)
def test_latency(average: Series, slowest: Series, verdict: Verdict) -> None:
    """Average over 2 s is bad, the tail over it a warning, no measurement neither."""
    assert targets.judge_latency({"backend-api": (average, slowest)}, 60, NOW).verdict is verdict


@pytest.mark.parametrize(
    ("average", "slowest", "verdict", "told"),
    [
        pytest.param(
            course(0.2, 0.2, 0.2, 0.2, 1.5), course(0.4, 0.4, 0.4, 0.4, 3.3), WARN,
            "p99 980 ms, 3.3 s in the newest minute", id="has begun",
        ),
        pytest.param(
            course(3, 3, 3, 3, 0.2), course(4, 4, 4, 4, 0.5), WARN, "p99 3.3 s, 500 ms in the newest minute",
            id="has ended",
        ),
        pytest.param(course(3, *[0.1] * 5), course(4, *[0.4] * 5), WARN, "slow earlier in the window", id="was slow"),
    ],
)  # fmt: skip
def test_latency_that_turns(average: Series, slowest: Series, verdict: Verdict, told: str) -> None:
    """One slow minute is told at once, when the alarm fires; and so is the first fast one."""
    found = targets.judge_latency({"backend-api": (average, slowest)}, 60, NOW)
    assert found.verdict is verdict
    assert told in found.line


def test_requests() -> None:
    """5xx are judged by their share; no 5xx figures beside requests mean none, no requests mean nothing known."""
    assert targets.judge_requests({"b": (course(100, 100), course())}, 0, 60, NOW).verdict is OK
    assert targets.judge_requests({"b": (course(100, 100), course(1, 1))}, 0, 60, NOW).verdict is WARN
    assert targets.judge_requests({"b": (course(100, 100), course(10, 10))}, 0, 60, NOW).verdict is BAD
    assert targets.judge_requests({"b": (course(100), course())}, 7, 60, NOW).verdict is WARN
    assert targets.judge_requests({"b": (course(), course())}, 0, 60, NOW).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        pytest.param([*[50] * 20, 52, 210], "b gets 210 a minute, usually 50", id="four times as many"),
        pytest.param(
            [*[50] * 20, 210, 9], "b gets 210 a minute, usually 50", id="the last minute is not over"
        ),
        pytest.param([*[50] * 20, 70, 71], "", id="a little more"),
        pytest.param([*[3] * 20, 9, 9], "", id="three times as few"),
        pytest.param([50, 210, 210], "", id="nothing to compare with"),
    ],
)
def test_load(counts: list[float], told: str) -> None:
    """Far more requests than usual are said and warn: whether it is load is what the step asks."""
    found = targets.judge_requests({"b": (course(*counts), course())}, 0, 60, NOW)
    assert (found.verdict is WARN) is bool(told)
    assert told in found.line
    assert ("usually" in found.line) is bool(told)


def test_targets() -> None:
    """Draining targets are neither healthy nor sick; none registered is bad unless CloudWatch still counts some."""

    def one(state: str) -> dict[str, Any]:
        return {
            "Target": {"Id": "10.0.0.1", "Port": 80},
            "TargetHealth": {"State": state, "Description": "timed out"},
        }

    assert targets.judge_targets("b", [one("healthy"), one("draining")]).verdict is OK
    assert "1 not: timed out" in targets.judge_targets("b", [one("healthy"), one("unhealthy")]).line
    assert targets.judge_targets("b", [one("initial")]).verdict is WARN
    assert targets.judge_targets("b", [one("draining")]).verdict is BAD
    assert targets.judge_no_targets("b", None, None, NOW).verdict is BAD
    assert targets.judge_no_targets("b", course(2), course(0), NOW).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("highest", "limit", "verdict"),
    [
        pytest.param(course(17, 18), 81, OK, id="fine"),
        pytest.param(course(17, 66), 81, WARN, id="over 80 %"),
        pytest.param(course(80, 79), 81, BAD, id="full"),
        pytest.param(course(70, 17), 81, WARN, id="was high"),
        pytest.param(course(17, 0), 81, BAD, id="nobody"),
        pytest.param(course(17, 18), None, UNKNOWN, id="limit unknown"),
        pytest.param(course(17, age_s=4000), 81, UNKNOWN, id="old"),
    ],
)
def test_connections(highest: Series, limit: int | None, verdict: Verdict) -> None:
    """Beside their limit; without one nothing can be said."""
    assert databases.judge_connections("db", highest, highest, limit, "", 60, NOW).verdict is verdict


@pytest.mark.parametrize(
    ("status", "pending", "verdict"),
    [("available", (), OK), ("available", ("class",), WARN), ("backing-up", (), WARN), ("stopped", (), BAD)],
)
def test_database_status(status: str, pending: tuple[str, ...], verdict: Verdict) -> None:
    """Available is good, on its way a warning, down is bad."""
    one = Database("db", "arn", status, "postgres", "15", "db.t4g.micro", True, "a", pending_changes=pending)
    assert databases.judge_instance(one, NOW).verdict is verdict


def test_load_without_figures() -> None:
    """No processor figures: what else is fine does not make the database fine."""
    names = ("CPUUtilization", "FreeableMemory", "FreeStorageSpace", "ReadLatency", "WriteLatency")
    nothing = {name: course() for name in names}
    assert databases.judge_load("db", nothing, 60, NOW).verdict is UNKNOWN
    assert (
        databases.judge_load("db", {**nothing, "FreeStorageSpace": course(9e10)}, 60, NOW).verdict is UNKNOWN
    )
    assert databases.judge_load("db", {**nothing, "FreeStorageSpace": course(1e9)}, 60, NOW).verdict is BAD
    assert databases.judge_load("db", {**nothing, "CPUUtilization": course(12)}, 60, NOW).verdict is OK
    slow = {**nothing, "CPUUtilization": course(12), "WriteLatency": course(0.5)}
    stalled = databases.judge_load("db", slow, 60, NOW)
    assert (stalled.verdict, stalled.line[:38]) == (BAD, "db: write latency 500 ms, CPU 12 %; pe")


NAT = Nat(NatVerdict.HEALTHY, "", "i-1", "running", status_checks="ok", source_dest_check=False, route_table="rtb-1",
          route_target="i-1", route_state="active", asg_name="g", asg_desired=1, asg_in_service=1, public_ip="1.2.3.4",
          elastic=True)  # fmt: skip


@pytest.mark.parametrize(
    ("judge", "change", "verdict"),
    [
        pytest.param(lambda one: nat.judge_instance(one, NOW), {}, OK, id="instance fine"),
        pytest.param(
            lambda one: nat.judge_instance(one, NOW), {"status_checks": None}, UNKNOWN, id="checks not read"
        ),
        pytest.param(
            lambda one: nat.judge_instance(one, NOW), {"status_checks": "impaired"}, BAD, id="impaired"
        ),
        pytest.param(
            lambda one: nat.judge_instance(one, NOW), {"source_dest_check": True}, BAD, id="checked"
        ),
        pytest.param(
            lambda one: nat.judge_instance(one, NOW), {"instance_state": "stopped"}, BAD, id="stopped"
        ),
        pytest.param(
            lambda one: nat.judge_instance(one, NOW),
            {"instance_id": None, "verdict": NatVerdict.REPLACING},
            WARN,
            id="replaced",
        ),
        pytest.param(nat.judge_group, {}, OK, id="group fine"),
        pytest.param(nat.judge_group, {"asg_name": None}, UNKNOWN, id="group not read"),
        pytest.param(nat.judge_group, {"asg_desired": 0}, BAD, id="wants none"),
        pytest.param(nat.judge_group, {"asg_in_service": 0}, BAD, id="has none"),
        pytest.param(
            nat.judge_group, {"asg_in_service": 0, "verdict": NatVerdict.REPLACING}, WARN, id="launches"
        ),
        pytest.param(nat.judge_route, {}, OK, id="route fine"),
        pytest.param(nat.judge_route, {"route_target": None}, BAD, id="no route"),
        pytest.param(nat.judge_route, {"route_state": "blackhole"}, BAD, id="black hole"),
        pytest.param(
            nat.judge_route, {"route_target": "i-2", "verdict": NatVerdict.MISROUTED}, BAD, id="astray"
        ),
        pytest.param(nat.judge_route, {"route_table": None}, UNKNOWN, id="no table"),
        pytest.param(nat.judge_address, {}, OK, id="address fine"),
        pytest.param(nat.judge_address, {"elastic": None}, UNKNOWN, id="address not read"),
        pytest.param(nat.judge_address, {"elastic": False}, WARN, id="another address"),
        pytest.param(nat.judge_address, {"elastic": False, "public_ip": None}, BAD, id="no address"),
    ],
)
def test_nat(judge: Any, change: dict[str, Any], verdict: Verdict) -> None:
    """Each probe judges its own part of the way out, and no other's."""
    found = judge(replace(NAT, **change))
    assert found.verdict is verdict, found.line


@pytest.mark.parametrize(
    ("status", "age_s", "verdict"),
    [
        ("running", 20, OK), ("running", 90, WARN), ("running", 130, BAD), ("warmup", 130, BAD), ("running", None, BAD),
        ("paused", 9000, OK), ("stopped", None, OK), ("failed", 20, BAD), ("running", -300, WARN), ("unknown", 20, UNKNOWN),
    ],
)  # fmt: skip
def test_heartbeat(status: str, age_s: float | None, verdict: Verdict) -> None:
    """Only a session that must beat can be late; a missing heartbeat counts as stale."""
    beat = None if age_s is None else before(seconds=age_s)
    assert trading.judge_heartbeat("S", Session("S", status, beat), NOW).verdict is verdict


def _iso(seconds_ago: float) -> str:
    return before(seconds=seconds_ago).isoformat()


@pytest.mark.parametrize(
    ("position", "verdict", "words"),
    [
        pytest.param(
            {"side": "long", "amount": "0.4", "pair": "BTC/USDT"}, OK, "open trades: 1.", id="in time"
        ),
        pytest.param({"pair": "BTC/USDT", "exit_due": _iso(-600)}, OK, "open trades: 1.", id="not due yet"),
        pytest.param(
            {"side": "long", "amount": "0.4", "pair": "BTC/USDT", "exit_due": _iso(7200)},
            WARN,
            "open trades: 1; long 0.4 BTC/USDT is open, its exit was due 2 h ago.",
            id="past its exit",
        ),
        pytest.param(None, OK, "open trades: 1.", id="none"),
    ],
)
def test_a_position_past_its_exit_is_told(position: Any, verdict: Verdict, words: str) -> None:
    """A beating session whose row still holds what it should have left is not well."""
    row = {"strategy_id": "S", "status": "running", "last_heartbeat": _iso(20), "open_trades": 1}
    found = trading.judge_state("S", row | ({"open_position": position} if position else {}), NOW)
    assert (found.verdict, found.line.endswith(words)) == (verdict, True), found.line


def test_sessions_name_their_model() -> None:
    """A strategy and its model need not share a name: who drifts is found by the model."""
    found = trading.judge_sessions([Session("S", "running", before(seconds=20), "M", 0.3)], NOW)
    assert found.rows[0].value == "running, heartbeat 20 s ago, model M, psi 0.3"


def _raw_task(number: int, group: str, **more: Any) -> dict[str, Any]:
    arn = f"arn:aws:ecs:eu-central-1:123456789012:task/tradai-prod/{number:032x}"
    return {"taskArn": arn, "lastStatus": "RUNNING", "desiredStatus": "RUNNING", "group": group, **more}


def _started_with(**variables: str) -> dict[str, Any]:
    pairs = [{"name": name, "value": value} for name, value in variables.items()]
    return {"containerOverrides": [{"name": "strategy", "environment": pairs}]}


@pytest.mark.parametrize(
    ("more", "own"),
    [
        pytest.param({"tags": [{"key": "strategy_name", "value": "S"}]}, True, id="a tag"),
        pytest.param({"overrides": _started_with(STRATEGY="S")}, True, id="a variable"),
        pytest.param({"overrides": _started_with(STRATEGY="Other")}, False, id="another strategy"),
        pytest.param({"overrides": _started_with(STRATEGY="S", JOB_ID="bt-1")}, False, id="a backtest"),
        pytest.param(
            {"tags": [{"key": "strategy_name", "value": "S"}, {"key": "job_id", "value": "bt-1"}]},
            False,
            id="a job by its tag",
        ),
        pytest.param(
            {"startedBy": "AWS Step Functions", "overrides": _started_with(STRATEGY="S")},
            False,
            id="a workflow's",
        ),
    ],
)
def test_a_jobs_task_is_no_session(more: dict[str, Any], own: bool) -> None:
    """A backtest names the strategy too. Taken for its session it would be what an engineer stops at night."""
    service = _raw_task(1, "service:tradai-live-trading-prod")
    raw = _raw_task(2, "family:tradai-strategy-generic-prod", **more)
    found, shared = trading.tasks_of("S", [service, raw], ["tradai-live-trading-prod"])
    assert [one.id for one in found] == ([f"{2:032x}"] if own else [])
    assert [one.id for one in shared] == [f"{1:032x}"]


@pytest.mark.parametrize(
    ("psi", "age_h", "verdict"),
    [(0.05, 1, OK), (0.10, 1, WARN), (0.25, 1, WARN), (0.26, 1, BAD), (0.05, 72, UNKNOWN), (0.4, 72, BAD), (None, 1, UNKNOWN)],
)  # fmt: skip
def test_psi(psi: float | None, age_h: float, verdict: Verdict) -> None:
    """The limits are 0.10 and 0.25; an old good measurement is no news of today."""
    assert drift.judge_drift("M", Drift("M", psi, None, before(hours=age_h)), NOW).verdict is verdict


def test_the_model_that_drifted_is_settled_where_it_is_one() -> None:
    """An alarm names no model: the one that drifted is it; of two nobody can say."""

    def judged(*psis: float) -> Evidence:
        return drift.judge_models(
            [Drift(f"M{n}", psi, None, before(hours=1)) for n, psi in enumerate(psis)], NOW
        )

    assert judged(0.31, 0.05).found == {"MODEL_NAME": "M0"}
    assert judged(0.05, 0.12).found == {"MODEL_NAME": "M1"}
    assert judged(0.31, 0.12).found == {}
    assert judged(0.05, 0.04).found == {}


EXECUTION = Execution("retraining", "arn:m", "arn:e", "e", "SUCCEEDED", before(hours=2), before(hours=1))


def test_runs() -> None:
    """A caught failure is no success, a long run is stuck, no run known is unknown."""
    assert retraining.judge_runs(None, [EXECUTION], 10_800, NOW).verdict is OK
    assert (
        retraining.judge_runs(None, [replace(EXECUTION, caught=True, failed_state="X")], 10_800, NOW).verdict
        is BAD
    )
    running = replace(EXECUTION, status="RUNNING", stopped_at=None)
    assert retraining.judge_runs(None, [running], 10_800, NOW).verdict is OK
    assert retraining.judge_runs(None, [running], 3600, NOW).verdict is BAD
    assert retraining.judge_runs("M", [], None, NOW).verdict is UNKNOWN
    assert workflows.judge_executions("x", [running], {"arn:e": 3600}, NOW).verdict is BAD
    assert workflows.judge_executions("x", [EXECUTION], {"arn:e": 3600}, NOW).verdict is OK


def test_how_many_run_is_the_first_thing_said() -> None:
    """A flood of jobs is seen at once; what somebody stopped is no failure; an error's name is said once."""
    good = replace(EXECUTION, name="good")
    broken = replace(
        EXECUTION,
        name="broken",
        status="FAILED",
        stopped_at=before(minutes=9),
        error="Limited",
        cause="Limited: 429",
    )
    stopped = replace(
        EXECUTION, name="s", status="ABORTED", stopped_at=before(minutes=1), error="StoppedOnCall"
    )
    running = [replace(EXECUTION, name=f"r{n}", status="RUNNING", stopped_at=None) for n in range(8)]
    told = workflows.judge_executions("x", [broken, stopped, *running], {}, NOW)
    assert told.line.startswith(
        "8 running now; 1 execution of x failed in 24 h, 1 stopped by somebody; newest: "
    )
    assert " Limited: 429, 9 m ago" in told.line
    assert "Limited: Limited" not in told.line
    assert told.verdict is BAD
    assert [row.name.split()[-1] for row in told.rows[:8]] == [f"r{n}" for n in range(8)]
    quiet = workflows.judge_executions("x", [good, stopped, *running], {}, NOW)
    assert quiet.verdict is OK
    assert quiet.line.startswith("8 running now; no execution of x failed in 24 h, 1 stopped by somebody")


def event(number: int, kind: str, second: float, name: str | None = None) -> dict[str, Any]:
    key = "stateEnteredEventDetails" if kind.endswith("Entered") else "stateExitedEventDetails"
    more = {key: {"name": name}} if name else {}
    return {"id": number, "type": kind, "timestamp": before(hours=1) + timedelta(seconds=second), **more}


def test_path() -> None:
    """States carry their time and attempts; one that takes three times the usual is a warning."""
    events = [
        event(1, "ExecutionStarted", 0),
        event(2, "TaskStateEntered", 0, "A"),
        event(3, "TaskScheduled", 1), event(4, "TaskFailed", 5), event(5, "TaskScheduled", 6),
        event(6, "TaskStateExited", 100, "A"),
        event(7, "PassStateEntered", 100, "B"), event(8, "PassStateExited", 101, "B"),
        event(9, "ExecutionSucceeded", 101),
    ]  # fmt: skip
    steps = parse_path(reversed(events))
    assert [(one.name, one.seconds(NOW), one.attempts, one.failures) for one in steps] == [
        ("A", 100, 2, 1),
        ("B", 1, 0, 0),
    ]
    usual = [replace(steps[0], left_at=steps[0].entered_at + timedelta(seconds=20)), steps[1]]
    slow = judge_path(EXECUTION, steps, None, EXECUTION, usual, NOW)
    assert (slow.verdict, "A takes 1 m instead of 20 s" in slow.line or "A takes 100 s" in slow.line) == (
        WARN,
        True,
    ), slow.line
    assert judge_path(EXECUTION, steps, None, EXECUTION, steps, NOW).verdict is OK
    assert judge_path(EXECUTION, (), None, None, (), NOW).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("queue", "verdict"),
    [
        (queues.Queue("q", 0, 0), OK), (queues.Queue("q", 4, 0), WARN), (queues.Queue("q", 4, 2), OK),
        (queues.Queue("q", 4, 2, oldest_s=400), WARN), (queues.Queue("q", 4, 2, oldest_s=2000), BAD),
        (queues.Queue("q", None, None), UNKNOWN),
    ],
)  # fmt: skip
def test_depth(queue: queues.Queue, verdict: Verdict) -> None:
    """Waiting is judged by its age, or by whether anybody takes anything."""
    assert queues.judge_depth([queue], NOW).verdict is verdict


def test_functions() -> None:
    """Runs that did not take place are bad where a schedule says so, else unknown; 200s are not trusted."""
    none, ten = course(), course(10)
    assert lambdas.judge_failures("compare-models", none, none, none, None, 60, NOW).verdict is UNKNOWN
    assert lambdas.judge_failures("health-check", none, none, none, None, 60, NOW).verdict is BAD
    assert lambdas.judge_failures("health-check", ten, course(0), none, None, 60, NOW).verdict is OK
    assert lambdas.judge_failures("health-check", ten, course(1), none, None, 60, NOW).verdict is BAD
    assert lambdas.judge_failures("health-check", ten, course(0), course(2), None, 60, NOW).verdict is WARN
    assert lambdas.judge_failures("validate-strategy", ten, course(0), none, None, 60, NOW).verdict is UNKNOWN
    told = Read("g", (Line(NOW, "s", "ValueError: x"),), whole=True)
    assert lambdas.judge_failures("validate-strategy", ten, course(0), none, told, 60, NOW).verdict is WARN
    assert (
        "; 2 runs since then went well"
        in lambdas.judge_failures("f", course(1, 1, 1), course(1, 0, 0), none, None, 60, NOW).line
    )
    slow = lambdas.judge_durations("f", course(10, 10, 9_000), ten, course(20, 20, 9_000), 10, 60, NOW)
    assert slow.line.endswith("90 % of its timeout of 10 s; usually 10 ms, the newest 9 s.")
    assert lambdas.judge_durations("f", ten, ten, course(9_000), 10, 60, NOW).verdict is WARN
    assert lambdas.judge_durations("f", ten, ten, course(9_000), None, 60, NOW).verdict is UNKNOWN
    assert function_names(load_platform("prod"), "tradai-x-prod") == ("tradai-x-prod",)
    assert "tradai-heartbeat-check-prod" in function_names(load_platform("prod"), "trading-heartbeat-check")


@pytest.mark.parametrize(
    ("state", "update", "verdict"),
    [("Active", "Successful", OK), ("Failed", "Successful", BAD), ("Active", "Failed", BAD), ("Pending", None, WARN),
     (None, None, UNKNOWN)],
)  # fmt: skip
def test_configuration(state: str | None, update: str | None, verdict: Verdict) -> None:
    """The names of variables are told, their values never."""
    raw = {"FunctionName": "f", "State": state, "LastUpdateStatus": update, "LastModified": "2025-01-01T00:00:00.000+0000",
           "Timeout": 60, "MemorySize": 256, "Environment": {"Variables": {"TOKEN": "s3cret"}}}  # fmt: skip
    found = lambdas.judge_configuration(raw, NOW)
    assert found.verdict is verdict
    assert "s3cret" not in repr(found)
    assert "TOKEN" in repr(found)


@pytest.mark.parametrize(
    "text", ["2026-01-01T03:12:00.000+0000", "2026-01-01T03:12:00.210615000Z", "2026-01-01T03:12:00+00:00"]
)
def test_changed_at(text: str) -> None:
    """Lambda's way to write a time is read in each of its forms."""
    found = lambdas.changed_at({"LastModified": text})
    assert found is not None
    assert found.replace(microsecond=0) == NOW


def test_traffic_that_stopped_and_traffic_that_never_was() -> None:
    """What lets nothing through is not told to do as usual, however long it has done so."""
    busy, idle = [98e6] * 15, [2_400.0] * 15

    def told(*values: float) -> tuple[Verdict, str]:
        found = nat.judge_traffic("i-1", course(*values), course(*values), 15, NOW)
        return found.verdict, found.line

    assert told(*busy) == (OK, "98 MB a minute leave through i-1 now; usual in 15 m is 98 MB.")
    assert told(*busy, 2_400, 2_400) == (
        BAD, "Next to nothing leaves through i-1: 2.4 kB a minute now; usual in 15 m is 98 MB.",
    )  # fmt: skip
    assert told(*idle) == (
        BAD, "Next to nothing leaves through i-1: 2.4 kB a minute now, and no more at most times in 15 m.",
    )  # fmt: skip
    assert told(*idle, 98e6, 98e6)[0] is OK


def test_what_was_not_looked_at_is_not_called_unchanged() -> None:
    """No deployment is no proof that nothing was changed: a rule of a security group is seen by the trail alone."""
    quiet = changes.judge_changes("mlflow", ["deployment", "database event"], [], [], 60, NOW)
    assert quiet.line == (
        "No deployment or database event of mlflow in 60 m; rules, routes, secrets and roles are not looked at."
    )
    assert quiet.verdict is OK
    deployed = changes.Change(before(minutes=5), "deployment", "mlflow: f:2 COMPLETED")
    told = changes.judge_changes("mlflow", ["deployment"], [deployed], [], 60, NOW)
    assert (told.verdict, told.line) == (
        WARN,
        "1 change of mlflow in 60 m, newest 5 m ago: mlflow: f:2 COMPLETED.",
    )


def test_secret_and_keys() -> None:
    """Old keys are a warning, deleted secrets bad, unread ones unknown."""
    assert secrets.judge_rotation("s", {"LastChangedDate": before(days=2)}, NOW).verdict is OK
    assert secrets.judge_rotation("s", {"LastChangedDate": before(days=200)}, NOW).verdict is WARN
    assert secrets.judge_rotation("s", {}, NOW).verdict is UNKNOWN
    rotating = {
        "LastChangedDate": before(days=2),
        "RotationEnabled": True,
        "NextRotationDate": before(days=-5),
    }
    assert Row("rotates by itself", "yes, next in 5 d") in secrets.judge_rotation("s", rotating, NOW).rows
    deleted = secrets.judge_rotation("s", {"DeletedDate": before(days=-7)}, NOW)
    assert deleted.line == "s is marked to be deleted (in 7 d): nobody can read it."
    young, old = (
        identity.Key("u", "A", "Active", before(days=3)),
        identity.Key("u", "B", "Active", before(days=300)),
    )
    assert identity.judge_keys("u", [young], 0, NOW).verdict is OK
    assert identity.judge_keys("u", [young, old], 0, NOW).verdict is WARN
    assert identity.judge_keys("u", [replace(old, status="Inactive")], 0, NOW).verdict is OK
    assert identity.judge_keys(None, [young], 5, NOW).verdict is UNKNOWN
    assert identity.judge_last_use("K", "u", "Active", before(hours=1), "s3", NOW).verdict is WARN
    assert identity.judge_last_use("K", "u", "Inactive", before(hours=1), "s3", NOW).verdict is OK
    assert identity.judge_key("K", "u", "Active").verdict is BAD
    assert [identity.judge_key("K", "u", status).verdict for status in ("Inactive", "gone")] == [OK, OK]
    assert identity.judge_key("K", "u", "unknown").verdict is UNKNOWN


def test_of_many_executions_one_of_the_flood_is_named() -> None:
    """The youngest of the machine with most: stopping what is named must not hit another machine's only run."""
    flood = [
        replace(EXECUTION, machine_arn="arn:flood", arn=f"arn:f{n}", status="RUNNING",
                started_at=before(minutes=9 - n), stopped_at=None)
        for n in range(4)
    ]  # fmt: skip
    other = replace(EXECUTION, status="RUNNING", started_at=before(minutes=1), stopped_at=None)
    assert workflows._pointed_at([*flood, other], NOW) == {"EXECUTION": "arn:f3"}
    assert workflows._pointed_at([other], NOW) == {"EXECUTION": "arn:e"}
    assert workflows._pointed_at([EXECUTION], NOW) == {}


def test_trail() -> None:
    """What was not searched whole is not called clean; garbage is no call."""
    nothing = trails.Calls((), whole=False, where="the log")
    assert trails.judge_denied(nothing, 60, NOW).verdict is UNKNOWN
    assert trails.judge_changes(nothing, 60, NOW).verdict is UNKNOWN
    assert trails.judge_calls("x", replace(nothing, whole=True), 60, 50, NOW).verdict is OK
    assert trails.judge_calls(trails.whose("ci", "K", None), nothing, 60, 50, NOW).line.startswith(
        "No call by ci with K in"
    )
    assert trails.judge_calls(trails.whose(None, None, "X"), nothing, 60, 50, NOW).line.startswith(
        "No call of X in"
    )
    assert trails.judge_calls(trails.whose(None, None, None), nothing, 60, 50, NOW).line.startswith(
        "No call of any caller in"
    )
    for garbage in ("", "{", "[]", "{}", "null", '{"eventName": null}', "[" * 9_000):
        assert trails.parse_call(garbage) is None
    call = trails.parse_call(
        '{"eventName": "X", "userIdentity": {"arn": "arn:aws:sts::1:assumed-role/r/\\u001b[31mx"}}', NOW
    )
    assert call is not None
    assert "\x1b" not in call.caller


def test_what_was_refused_changed_nothing_in_iam() -> None:
    """A refused AttachUserPolicy is told as an attempt; one that was let through is the worse, and is named."""
    refused = trails.Call(
        NOW, "AttachUserPolicy", "iam.amazonaws.com", "ci", "AKIAQ", "1.2.3.4", "AccessDenied", None
    )
    made = replace(refused, at=before(minutes=5), event="CreateAccessKey", error="")
    tried = trails.judge_changes(trails.Calls((refused,), True, "x"), 60, NOW)
    assert tried.verdict is WARN
    assert tried.line.startswith(
        "Nothing was changed in IAM in 60 m (x); 1 attempt failed, newest AttachUserPolicy"
    )
    both = trails.judge_changes(trails.Calls((refused, made), True, "x"), 60, NOW)
    assert both.verdict is BAD
    assert (
        "1 change in IAM in 60 m (x), 1 of them to access itself; newest CreateAccessKey by ci" in both.line
    )
    assert both.line.endswith("; 1 attempt failed.")


def test_words() -> None:
    """Short, and the same everywhere."""
    assert [span(one) for one in (0, 45, 720, 11_100, 187_200)] == [
        "0 s",
        "45 s",
        "12 m",
        "3 h 5 m",
        "2 d 4 h",
    ]
    assert (ago(before(minutes=3), NOW), ago(NOW, NOW), ago(None, NOW)) == ("3 m ago", "0 s ago", "never")
    assert ago(before(seconds=-10), NOW) == "10 s ahead of this clock"
    assert ago(before(seconds=-0.4), NOW) == "0 s ago"
    assert (until(before(minutes=-3), NOW), until(before(minutes=3), NOW)) == ("in 3 m", "3 m ago")
    assert (size(2_400), size(13.4e9), size(0)) == ("2.4 kB", "13 GB", "0 B")
    assert (short(0.078), short(4.52), short(97.2), short(1204)) == ("0.08", "4.5", "97", "1,204")
    assert (counted(0, "task"), counted(1, "task"), counted(2, "task")) == ("no task", "1 task", "2 tasks")
    assert worst([OK, UNKNOWN]) is UNKNOWN
    assert worst([WARN, UNKNOWN]) is WARN
    assert worst([]) is UNKNOWN
    assert judged(None, 1, 2) is UNKNOWN


@pytest.mark.parametrize(
    ("tasks", "found"),
    [
        pytest.param([TASK], {"TASK": "t"}, id="the only one"),
        pytest.param([TASK, replace(TASK, id="u")], {}, id="either of two"),
        pytest.param([TASK, replace(TASK, id="u", health="UNHEALTHY")], {"TASK": "u"}, id="the sick one"),
        pytest.param([replace(TASK, status="PENDING")], {}, id="none that runs"),
    ],
)
def test_a_task_is_pointed_at_where_there_is_no_other(tasks: list[Task], found: dict[str, str]) -> None:
    """What is filled in for the operator is never a guess between two."""
    assert ecs_verdict.judge_tasks(SERVICE, tasks, NOW).found == found


def test_a_denied_caller_is_pointed_at_by_its_key_or_its_task() -> None:
    """A user's own key can be turned off; a role's session in a task is the task."""
    call = trails.Call(NOW, "ListUsers", "iam.amazonaws.com", "ci", "AKIAQ", "1.2.3.4", "AccessDenied", None)
    task = replace(call, caller="assumed-role/tradai-ecs-task-prod/" + "a1" * 16, key="ASIAQ")
    other = replace(task, caller="assumed-role/deployer/session")
    told = [
        trails.judge_denied(trails.Calls((one,), True, "x"), 60, NOW).found for one in (call, task, other)
    ]
    assert told == [{"USER_NAME": "ci", "ACCESS_KEY_ID": "AKIAQ"}, {"TASK": "a1" * 16}, {}]
