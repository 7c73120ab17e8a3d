"""`status`: one reading of everything, as a contract for scripts and as text for people."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.conftest import empty_moto
from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import deny, drip, expired, never
from tests.sample import BOARD, MONOTONIC, NOW, alarm, snapshot
from tests.watching import settings_for
from tradai_console.models.alarm import AlarmState
from tradai_console.models.alert import Alert, Lifecycle
from tradai_console.models.board import SOURCES, Board
from tradai_console.models.snapshot import Snapshot, State
from tradai_console.readout import as_text, print_status
from tradai_console.status import FIRING, QUIET, UNREAD, UNUSABLE, document, exit_code

ITEM_KEYS: Final[Mapping[str, str]] = {
    "alarms": "name type state since reason actions_enabled",
    "services": "service name cluster desired running pending rollout tasks",
    "databases": "id status multi_az az connections max_connections used_pct",
    "nat": "verdict instance_id instance_state status_checks route_target route_state source_dest_check asg_in_service "
    "public_ip",
    "workflows": "machine execution_arn name status started_at stopped_at duration_s failed_state error cause caught",
    "trading": "strategy_id status heartbeat_age_s stale model_name psi",
}
TASK_KEYS: Final = "id status health stopped_reason exit_code"
ALERT_KEYS: Final = "key alert severity state since found_by reason runbook section variables"

ALERT: Final = Alert(
    key="Service Unhealthy SERVICE=backend-api",
    alert="Service Unhealthy",
    severity="high",
    state=Lifecycle.FIRING,
    since=NOW,
    reason="running 1 of 2",
    runbook="service-recovery",
    section="service-unhealthy",
    found_by=("cloudwatch", "console"),
    variables={"SERVICE": "backend-api"},
)


def expired_board() -> Board:
    board = Board()
    for name in SOURCES:
        board = board.having(name, Snapshot(state=State.EXPIRED))
    return board


def shown(board: Board = BOARD, *alerts: Alert) -> dict[str, Any]:
    return document(board, alerts, "prod", "eu-central-1", NOW, MONOTONIC)


def test_the_document_has_every_key_of_the_contract() -> None:
    """Keys may be added; none may go."""
    found = shown(BOARD, ALERT)
    assert set(found) >= {"schema", "environment", "region", "account", "taken_at", "sources", "alerts"}
    assert found["schema"] == 1
    assert list(found["sources"]) == list(SOURCES)
    for name, source in found["sources"].items():
        assert set(source) >= {"state", "age_s", "error", "items"}, name
        assert source["items"], name
        for item in source["items"]:
            assert set(item) >= set(ITEM_KEYS[name].split()), name
    tasks = [task for one in found["sources"]["services"]["items"] for task in one["tasks"]]
    assert tasks
    assert all(set(task) >= set(TASK_KEYS.split()) for task in tasks)
    assert set(found["alerts"][0]) >= set(ALERT_KEYS.split())
    assert found["alerts"][0]["variables"] == {"SERVICE": "backend-api"}
    assert found["alerts"][0]["found_by"] == ["cloudwatch", "console"]


def test_the_document_is_json_and_its_times_are_utc() -> None:
    """ISO 8601, ending in Z, and nothing that JSON does not know."""
    text = json.dumps(shown(BOARD, ALERT), allow_nan=False)
    times: list[str] = []

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            times.extend(
                value[key] for key in ("since", "taken_at", "started_at", "stopped_at") if value.get(key)
            )
            for inner in value.values():
                collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    collect(json.loads(text))
    assert len(times) > 5
    for moment in times:
        assert moment.endswith("Z")
        assert datetime.fromisoformat(moment).tzinfo == UTC


def test_an_unknown_figure_is_null() -> None:
    """Without metrics a database is still there, its connections unknown, and the source says why."""
    board = replace(
        BOARD, figures=Snapshot(state=State.DENIED, error="cloudwatch:GetMetricData is not allowed")
    )
    source = shown(board)["sources"]["databases"]
    assert source["state"] == "live"
    assert all(item["connections"] is None and item["used_pct"] is None for item in source["items"])
    assert "cloudwatch:GetMetricData" in source["error"]
    assert exit_code(board, (), MONOTONIC) == QUIET


def test_tasks_that_could_not_be_read_are_null() -> None:
    """No tasks and unknown tasks are two things."""
    service = replace(BOARD.services.items[0], tasks=None)
    board = BOARD.having("services", snapshot((service,)))
    assert shown(board)["sources"]["services"]["items"][0]["tasks"] is None


def test_a_source_that_never_answered_is_unreachable_and_has_no_age() -> None:
    """`loading` is no word of the contract."""
    source = shown(Board())["sources"]["nat"]
    assert source == {"state": "unreachable", "age_s": None, "error": "no answer in time", "items": []}


def test_a_failed_source_keeps_its_last_items_and_an_old_one_is_stale() -> None:
    """The items are the last good ones, whatever the state says."""
    failed = replace(BOARD.alarms, state=State.THROTTLED, error="slow down")
    source = shown(replace(BOARD, alarms=failed))["sources"]["alarms"]
    assert (source["state"], source["error"]) == ("throttled", "slow down")
    assert len(source["items"]) == len(BOARD.alarms.items)
    old = shown(replace(BOARD, trading=replace(BOARD.trading, taken_monotonic=MONOTONIC - 61)))
    assert old["sources"]["trading"]["state"] == "stale"
    assert old["sources"]["trading"]["age_s"] == 61.0


@pytest.mark.parametrize(
    ("board", "alerts", "code"),
    [
        pytest.param(BOARD, (), QUIET, id="quiet"),
        pytest.param(BOARD, (ALERT,), FIRING, id="firing"),
        pytest.param(BOARD, (replace(ALERT, state=Lifecycle.ACKNOWLEDGED),), QUIET, id="acknowledged"),
        pytest.param(BOARD, (replace(ALERT, state=Lifecycle.MUTED),), QUIET, id="muted"),
        pytest.param(
            replace(BOARD, nat=replace(BOARD.nat, state=State.DENIED)),
            (ALERT,),
            UNREAD,
            id="unread and firing",
        ),
        pytest.param(
            replace(BOARD, nat=replace(BOARD.nat, state=State.EXPIRED)), (), UNREAD, id="one source expired"
        ),
        pytest.param(replace(BOARD, nat=replace(BOARD.nat, state=State.SLOW)), (), QUIET, id="slow is read"),
        pytest.param(Board(), (), UNREAD, id="nothing answered"),
        pytest.param(expired_board(), (), UNUSABLE, id="expired"),
    ],
)
def test_the_exit_code_says_how_it_stands(board: Board, alerts: tuple[Alert, ...], code: int) -> None:
    """0 quiet, 1 firing, 2 a source unread (whatever fires), 3 no usable credentials."""
    assert exit_code(board, alerts, MONOTONIC) == code


def test_the_text_has_a_line_a_source_and_what_needs_somebody() -> None:
    """Where to start reading is said, and what is not known is not called good."""
    lines = "\n".join(as_text(shown(BOARD, ALERT)))
    for name in SOURCES:
        assert f"\n{name} " in lines
    assert "Service Unhealthy  backend-api" in lines
    assert "runbook: service-recovery#service-unhealthy" in lines
    assert "nothing is firing" in "\n".join(as_text(shown(BOARD)))
    unread = "\n".join(as_text(shown(Board())))
    assert "nothing is firing" not in unread
    assert "alarms     unreachable  not read" in unread


def test_hostile_names_stay_as_they_are_in_json_and_text() -> None:
    """Brackets and markup are letters here."""
    bad = alarm("[bold]x[/nope]", AlarmState.ALARM)
    found = shown(BOARD.having("alarms", snapshot((bad,))), replace(ALERT, variables={"ALARM": bad.name}))
    assert found["sources"]["alarms"]["items"][0]["name"] == "[bold]x[/nope]"
    assert "[bold]x[/nope]" in "\n".join(as_text(found))


Read = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def read(capsys: pytest.CaptureFixture[str]) -> Read:
    """`status --json` on the AWS at this address: the exit code and the document."""

    def run(url: str, **given: Any) -> tuple[int, dict[str, Any]]:
        began = time.monotonic()
        code = print_status(settings_for(url, **given), as_json=True)
        assert time.monotonic() - began < 17, "the rest of the 20 s is the start of Python"
        (line,) = capsys.readouterr().out.splitlines()
        return code, json.loads(line)

    return run


def test_the_simulated_platform(read: Read, line: FaultProxy) -> None:
    """Everything is live, and the facts are there."""
    code, found = read(line.url)
    assert code in (QUIET, FIRING)
    assert code == (FIRING if found["alerts"] else QUIET)
    sources = found["sources"]
    assert {source["state"] for source in sources.values()} <= {"live", "slow"}
    assert found["account"] == "123456789012"
    assert {one["service"] for one in sources["services"]["items"]} >= {"backend-api", "mlflow"}
    (database,) = sources["databases"]["items"]
    assert database["connections"] > 0
    assert 0 < database["used_pct"] <= 100
    assert sources["nat"]["items"][0]["verdict"] == "healthy"
    assert {one["machine"] for one in sources["workflows"]["items"]} >= {"backtest", "retraining"}
    assert any(one["heartbeat_age_s"] is not None for one in sources["trading"]["items"])


def test_an_alarm_is_its_alert_and_two_of_the_same_are_one(read: Read, plain_aws: str) -> None:
    """Severity, runbook, section and variables come with it; an alarm that nobody knows is an alert too."""
    cloudwatch = boto3.client("cloudwatch", region_name="eu-central-1", endpoint_url=plain_aws)
    names = ("tradai-prod-mlflow-unhealthy", "tradai-mlflow-prod-unhealthy", "pump-pressure", "calm")
    for name in names:
        cloudwatch.put_metric_alarm(AlarmName=name, MetricName="m", Namespace="n", Statistic="Sum", Period=60,
                                    EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold")  # fmt: skip
    for name in names[:3]:
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=f"because of {name}")
    _, found = read(plain_aws)
    by_kind = {one["alert"]: one for one in found["alerts"]}
    assert len(found["alerts"]) == len(by_kind), "one alert for one thing"
    unhealthy = by_kind["Service Unhealthy"]
    assert (unhealthy["severity"], unhealthy["runbook"]) == ("high", "service-recovery")
    assert (unhealthy["section"], unhealthy["variables"]) == ("service-unhealthy", {"SERVICE": "mlflow"})
    assert by_kind["Unmatched alarm"]["runbook"] == "general-triage"
    assert by_kind["Unmatched alarm"]["variables"] == {"ALARM": "pump-pressure"}
    assert {one["name"] for one in found["sources"]["alarms"]["items"]} == set(names)


@pytest.fixture
def plain_aws() -> Iterator[str]:
    """Another local AWS that has nothing of the platform in it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    empty_moto(f"http://{host}:{port}")
    yield f"http://{host}:{port}"
    server.stop()


def test_an_aws_with_a_few_things_in_it(read: Read, plain_aws: str) -> None:
    """What is there is told; what is missing by name is unavailable and says so; the exit code is 2."""

    def client(service: Any) -> Any:
        return boto3.client(service, region_name="eu-central-1", endpoint_url=plain_aws)

    ecs = client("ecs")
    ecs.create_cluster(clusterName="tradai-qa")
    ecs.register_task_definition(
        family="web", containerDefinitions=[{"name": "web", "image": "web", "memory": 64}]
    )
    ecs.create_service(
        cluster="tradai-qa", serviceName="tradai-mlflow-qa", taskDefinition="web", desiredCount=0
    )
    client("rds").create_db_instance(
        DBInstanceIdentifier="orders", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20,
        MasterUsername="u", MasterUserPassword="password1",
    )  # fmt: skip
    client("dynamodb").create_table(
        TableName="tradai-trading-state-qa", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "strategy_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "strategy_id", "AttributeType": "S"}],
    )  # fmt: skip
    client("dynamodb").put_item(
        TableName="tradai-trading-state-qa",
        Item={"strategy_id": {"S": "Pascal"}, "status": {"S": "running"}, "last_heartbeat": {"S": "soon"}},
    )
    code, found = read(plain_aws, env="qa")
    sources = found["sources"]
    assert found["environment"] == "qa"
    assert [one["name"] for one in sources["services"]["items"]] == ["tradai-mlflow-qa"]
    (database,) = sources["databases"]["items"]
    assert (database["id"], database["connections"], database["used_pct"]) == ("orders", None, None)
    (session,) = sources["trading"]["items"]
    assert (session["stale"], session["heartbeat_age_s"]) == (True, None)
    assert sources["workflows"]["items"] == []
    assert sources["nat"]["items"][0]["instance_id"] is None
    assert code in (FIRING, UNREAD)


def test_a_missing_table_is_said(read: Read, plain_aws: str) -> None:
    """No table of sessions is not "no sessions"."""
    code, found = read(plain_aws, env="nowhere")
    assert found["sources"]["trading"]["state"] == "unavailable"
    assert found["sources"]["trading"]["error"]
    assert code == UNREAD


def test_a_black_hole_is_answered_in_time(
    read: Read, line: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every source unreachable, each with a sentence, exit 2. That it takes no 20 s is the command's own test."""
    monkeypatch.setattr("tradai_console.readout.CALL_S", 0.5)
    with line.fault(never()):
        code, found = read(line.url)
    assert code == UNREAD
    assert {source["state"] for source in found["sources"].values()} == {"unreachable"}
    assert all(source["error"] for source in found["sources"].values())
    assert found["account"] is None
    assert found["alerts"] == []


@pytest.mark.early
def test_metrics_that_hang_cost_only_the_figures(
    read: Read, line: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All six are live; the database's connections are unknown, and it says so."""
    monkeypatch.setattr("tradai_console.readout.CALL_S", 4.0)
    with line.fault(drip(1), service="cloudwatch", operation="GetMetricData"):
        _, found = read(line.url)
    assert {source["state"] for source in found["sources"].values()} <= {"live", "slow"}
    (database,) = found["sources"]["databases"]["items"]
    assert database["connections"] is None
    assert "metrics" in found["sources"]["databases"]["error"]


def test_everything_refused_as_expired_is_unusable(read: Read, line: FaultProxy) -> None:
    """Exit 3, and what to do stands in every source."""
    with line.fault(expired()):
        code, found = read(line.url)
    assert code == UNUSABLE
    assert {source["state"] for source in found["sources"].values()} == {"expired"}


def test_no_credentials_are_unusable(read: Read, line: FaultProxy, no_keys: None) -> None:
    """Exit 3; not one request is sent."""
    code, found = read(line.url)
    assert code == UNUSABLE
    assert {source["state"] for source in found["sources"].values()} == {"expired"}
    assert line.count() == 0


def test_one_denied_action_is_named(read: Read, line: FaultProxy) -> None:
    """Its source is denied and names `service:Action`; the others are live; exit 2."""
    with line.fault(deny(), service="rds", operation="DescribeDBInstances"):
        code, found = read(line.url)
    assert code == UNREAD
    assert found["sources"]["databases"]["state"] == "denied"
    assert "rds:DescribeDBInstances" in found["sources"]["databases"]["error"]
    others = [source["state"] for name, source in found["sources"].items() if name != "databases"]
    assert set(others) <= {"live", "slow"}
