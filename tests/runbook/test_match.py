"""How matching decides, shown on a small set of rules of its own."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tradai_console.models.alarm import Alarm, AlarmState
from tradai_console.platform import load_platform
from tradai_console.runbook.match import match_alarm, match_message, match_name
from tradai_console.runbook.match_metric import holds
from tradai_console.runbook.model import Severity
from tradai_console.runbook.notice import read_notice
from tradai_console.runbook.parse import parse_runbook
from tradai_console.runbook.pattern import fit

PATH = Path(__file__).parent / "data" / "rules.md"
RULES = parse_runbook(PATH.read_bytes(), PATH).alerts
UNMATCHED = "Unmatched alarm"


def alarm(name: str = "some-alarm", **fields: Any) -> Alarm:
    """An alarm that fires."""
    return Alarm(name=name, arn="", type="metric", state=AlarmState.ALARM, since=None, reason="", **fields)


@pytest.mark.parametrize(
    ("name", "env", "alert", "variables"),
    [
        ("tradai-prod-mlflow-unhealthy", "prod", "Thing Unhealthy", {"SERVICE": "mlflow"}),
        ("tradai-prod-mlflow-unhealthy", None, "Thing Unhealthy", {"SERVICE": "mlflow"}),
        ("tradai-eu7-mlflow-unhealthy", None, "Thing Unhealthy", {"SERVICE": "mlflow"}),
        ("tradai-prod-backend-unhealthy", "prod", "Thing Unhealthy", {"SERVICE": "backend-api"}),
        ("TRADAI-PROD-MLFLOW-UNHEALTHY", "prod", "Thing Unhealthy", {"SERVICE": "mlflow"}),
        ("tradai-prod-nat-unhealthy", "prod", "Way Out Down", {}),
        ("tradai-prod-nat-unhealthy", None, "Way Out Down", {}),
        ("tradai-staging-mlflow-unhealthy", "prod", UNMATCHED, None),
        ("tradai-prod-rds-unhealthy", "prod", UNMATCHED, None),
        ("tradai-prod-nat-gateway-unhealthy", "prod", UNMATCHED, None),
        ("tradai-backend-api-unhealthy", None, UNMATCHED, None),
        ("atradai-prod-mlflow-unhealthy", "prod", UNMATCHED, None),
        ("tradai-prod-mlflow-unhealthy ", "prod", UNMATCHED, None),
        ("tradai-prod-mlflow-unhealthy-test", "prod", UNMATCHED, None),
        ("tradai-prod--unhealthy", "prod", UNMATCHED, None),
        ("tradai-prod-a;b-unhealthy", "prod", UNMATCHED, None),
        ("tradai-prod-$(reboot)-unhealthy", "prod", UNMATCHED, None),
        ("tradai-prod-a b-unhealthy", "prod", UNMATCHED, None),
        ("tradai-prod---profile-unhealthy", "prod", UNMATCHED, None),
        ("twin-1", "prod", UNMATCHED, None),
        ("", "prod", UNMATCHED, None),
    ],
)
def test_names(name: str, env: str | None, alert: str, variables: dict[str, str] | None) -> None:
    """Anchored at both ends, literals before captures, captures only where they are plausible."""
    found = match_name(name, RULES, env)
    assert found.alert == alert
    if variables is None:
        assert (found.runbook, found.matched_by, found.severity) == ("general-triage", None, Severity.MEDIUM)
    else:
        assert (dict(found.variables), found.matched_by, found.runbook) == (variables, "name", "rules")


def dimensions(**pairs: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(pairs.items()))


ABOVE, BELOW = "GreaterThanOrEqualToThreshold", "LessThanThreshold"


@pytest.mark.parametrize(
    ("fields", "alert", "variables"),
    [
        pytest.param(
            {"metric": "ServiceHealthy", "comparison": BELOW, "dimensions": dimensions(service="backend")},
            "Thing Unhealthy",
            {"SERVICE": "backend-api"},
            id="dimension's name in any case, alias resolved",
        ),
        pytest.param(
            {"metric": "ServiceHealthy", "comparison": BELOW},
            "Thing Unhealthy",
            {},
            id="no dimension to capture",
        ),
        pytest.param(
            {"metric": "ServiceHealthy", "comparison": ABOVE}, UNMATCHED, None, id="other direction"
        ),
        pytest.param(
            {
                "namespace": "AWS/EC2",
                "metric": "StatusCheckFailed_System",
                "comparison": ABOVE,
                "dimensions": dimensions(
                    AutoScalingGroupName="tradai-nat-asg", InstanceId="i-0123456789abcdef0"
                ),
            },
            "Way Out Down",
            {"NAT_INSTANCE_ID": "i-0123456789abcdef0"},
            id="several dimensions",
        ),
        pytest.param(
            {
                "namespace": "AWS/EC2",
                "metric": "StatusCheckFailed",
                "comparison": ABOVE,
                "dimensions": dimensions(InstanceId="i-0123456789abcdef0"),
            },
            UNMATCHED,
            None,
            id="a literal dimension is missing",
        ),
        pytest.param(
            {
                "namespace": "Other",
                "metric": "StatusCheckFailed",
                "comparison": ABOVE,
                "dimensions": dimensions(AutoScalingGroupName="x-nat-y"),
            },
            UNMATCHED,
            None,
            id="other namespace",
        ),
        pytest.param(
            {"metric": "overall_psi", "comparison": ABOVE, "threshold": 0.1},
            "Drift",
            {},
            id="lower threshold",
        ),
        pytest.param(
            {"metric": "overall_psi", "comparison": ABOVE, "threshold": 0.25},
            "Great Drift",
            {},
            id="threshold",
        ),
        pytest.param(
            {"description": "see https://docs.example/runbooks/rules/#drift"}, "Drift", {}, id="link"
        ),
        pytest.param({"description": "runbook: rules.md#left"}, "Left", {}, id="named"),
        pytest.param({"description": "runbook: elsewhere"}, UNMATCHED, None, id="unknown runbook"),
        pytest.param({"description": "the runbook is lost"}, UNMATCHED, None, id="the mere word"),
    ],
)
def test_alarms(fields: dict[str, Any], alert: str, variables: dict[str, str] | None) -> None:
    """A name that says nothing: the metric decides, then a link in the description."""
    found = match_alarm(alarm(**fields), RULES, "prod")
    assert found.alert == alert
    assert found.alarm == "some-alarm"
    if variables is not None:
        assert dict(found.variables) == variables


def test_order_is_name_metric_tag_description() -> None:
    """Each kind of evidence counts only where the better kinds are silent."""
    fields: dict[str, Any] = {"description": "runbook: rules#left"}
    assert match_alarm(alarm(**fields), RULES, "prod").matched_by == "description"
    tagged = match_alarm(alarm(**fields), RULES, "prod", tags={"runbook": "rules#right"})
    assert (tagged.alert, tagged.matched_by) == ("Right", "tag")
    fields |= {"metric": "psi", "comparison": ABOVE, "threshold": 0.1}
    metric = match_alarm(alarm(**fields), RULES, "prod", tags={"runbook": "rules#right"})
    assert (metric.alert, metric.matched_by) == ("Drift", "metric")
    named = match_alarm(alarm("tradai-prod-nat-unhealthy", **fields), RULES, "prod")
    assert (named.alert, named.matched_by) == ("Way Out Down", "name")


def test_a_link_to_a_guide_leads_there_unmatched() -> None:
    """A description that links to a document without alerts leads to it, under the unmatched alert's name."""
    found = match_alarm(
        alarm(description="runbooks/log-guide.md#by-id"),
        RULES,
        "prod",
        documents={"log-guide": ("first", "by-id"), "general-triage": ("begin",)},
    )
    assert (found.alert, found.runbook, found.section) == (UNMATCHED, "log-guide", "by-id")
    assert found.matched_by == "description"


def test_unmatched_leads_to_the_first_section_of_general_triage() -> None:
    """Nobody at night is left at the top of an empty page."""
    found = match_name("x-y", RULES, "prod", documents={"general-triage": ("first-ten-minutes",)})
    assert (found.runbook, found.section, dict(found.variables)) == (
        "general-triage",
        "first-ten-minutes",
        {"ALARM": "x-y"},
    )


def notification(name: str, state: str = "ALARM", **trigger: Any) -> str:
    return json.dumps({"AlarmName": name, "NewStateValue": state, "NewStateReason": "r", "Trigger": trigger})


OLD: dict[str, Any] = {"MetricName": "psi", "Namespace": "X", "Dimensions": [{"name": "m", "value": "v"}],
       "ComparisonOperator": "GreaterThanThreshold", "Threshold": 0.25}  # fmt: skip
NEW: dict[str, Any] = {
    "Metrics": [
        {"Id": "e", "Expression": "m1*1"},
        {"Id": "m1", "MetricStat": {"Metric": {"MetricName": "psi", "Namespace": "X", "Dimensions": []}}},
    ],
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 0.3,
}
EVENT = json.dumps(
    {
        "source": "aws.cloudwatch",
        "detail": {
            "alarmName": "odd",
            "state": {"value": "OK"},
            "configuration": {
                "metrics": [{"metricStat": {"metric": {"namespace": "X", "name": "psi", "dimensions": {}}}}]
            },
        },
    }
)


def wrapped(message: str, subject: str = "s") -> str:
    return json.dumps(
        {"Type": "Notification", "MessageId": "m", "TopicArn": "t", "Subject": subject, "Message": message}
    )


@pytest.mark.parametrize(
    ("subject", "body", "alert", "by", "resolved"),
    [
        pytest.param(
            "", notification("tradai-prod-nat-unhealthy"), "Way Out Down", "name", False, id="plain"
        ),
        pytest.param(
            "", notification("tradai-prod-nat-unhealthy", "OK"), "Way Out Down", "name", True, id="ok"
        ),
        pytest.param("", notification("odd", **OLD), "Great Drift", "metric", False, id="old trigger"),
        pytest.param("", notification("odd", **NEW), "Great Drift", "metric", False, id="expression"),
        pytest.param("", EVENT, "Drift", "metric", True, id="eventbridge"),
        pytest.param(
            "", wrapped(notification("odd", **OLD)), "Great Drift", "metric", False, id="sqs envelope"
        ),
        pytest.param(
            "",
            json.dumps(wrapped(wrapped(notification("odd", **OLD)))),
            "Great Drift",
            "metric",
            False,
            id="envelopes in a string",
        ),
        pytest.param(
            "",
            json.dumps({"Records": [{"Sns": json.loads(wrapped(notification("odd", **OLD)))}]}),
            "Great Drift",
            "metric",
            False,
            id="a function's records",
        ),
        pytest.param(
            "", wrapped("x", "mlflow unhealthy"), "Thing Unhealthy", "message", False, id="subject inside"
        ),
        pytest.param(
            'ALARM: "tradai-prod-nat-unhealthy" in EU (Frankfurt)',
            "You are receiving this",
            "Way Out Down",
            "name",
            False,
            id="mail",
        ),
        pytest.param("", "tradai-prod-nat-unhealthy", "Way Out Down", "name", False, id="a bare name"),
        pytest.param(
            "Look", "please see tradai-prod-nat-unhealthy now", "Way Out Down", "message", False, id="named"
        ),
        pytest.param(
            "",
            json.dumps({"notification_type": "DRIFT_DETECTED", "overall_psi": 0.2}),
            "Drift",
            "message",
            False,
            id="type",
        ),
        pytest.param(
            "",
            json.dumps({"notification_type": "DRIFT_DETECTED", "details": {"overall_psi": 0.4}}),
            "Great Drift",
            "message",
            False,
            id="number inside",
        ),
        pytest.param("Model drift", "PSI is 0.31", "Great Drift", "message", False, id="number in text"),
        pytest.param(
            "",
            json.dumps({"notification_type": "MODEL_PROMOTED", "message": "heartbeat stale"}),
            UNMATCHED,
            None,
            False,
            id="another type is not searched for words",
        ),
        pytest.param("Check", "the heartbeats are stale", "Beat Stale", "message", False, id="words"),
        pytest.param("Check", "no stale heartbeats", UNMATCHED, None, False, id="denied before"),
        pytest.param("Check heartbeat", "stale: 0", UNMATCHED, None, False, id="denied after"),
        pytest.param(
            "Heartbeat", json.dumps({"stale": 0, "missing": []}), UNMATCHED, None, False, id="counted zero"
        ),
        pytest.param("Check", "heartbeat stale? no, fresh", UNMATCHED, None, False, id="without"),
        pytest.param("Recovered", "the heartbeat was stale", "Beat Stale", "message", True, id="resolved"),
        pytest.param(
            "Trouble", "heartbeat stale, not recovered", "Beat Stale", "message", False, id="not resolved"
        ),
        pytest.param("A twin", "", UNMATCHED, None, False, id="two alerts fit equally"),
        pytest.param(
            "", "Subject: mlflow unhealthy\n\nbody", "Thing Unhealthy", "message", False, id="from a pipe"
        ),
        pytest.param("", "", UNMATCHED, None, False, id="nothing"),
        pytest.param("", "[" * 100_000, UNMATCHED, None, False, id="deep"),
        pytest.param("", '{"a":' * 50_000, UNMATCHED, None, False, id="deeper"),
        pytest.param("", '{"AlarmName": 3, "NewStateValue": []}', UNMATCHED, None, False, id="wrong types"),
        pytest.param(
            "", notification("odd", Dimensions=7, Metrics={"a": 1}), UNMATCHED, None, False, id="trigger"
        ),
    ],
)
def test_messages(subject: str, body: str, alert: str, by: str | None, resolved: bool) -> None:
    """Every shape of notification is understood; what is not leads nowhere wrong; recovery is recognised."""
    found = match_message(subject, body, None, RULES, "prod")
    assert (found.alert, found.matched_by, found.resolved) == (alert, by, resolved)


@pytest.mark.parametrize(
    ("payload", "variables"),
    [
        ({"service": "backend"}, {"SERVICE": "backend-api"}),
        ({"details": {"strategy_id": "PascalStrategy"}}, {"STRATEGY_ID": "PascalStrategy"}),
        ({"model_name": "$(id)"}, {}),
        ({"results": [{"service": "mlflow"}, {"service": "backend"}]}, {}),
        ({"function_name": "tradai-drift-monitor-prod"}, {"FUNCTION": "drift-monitor"}),
    ],
)
def test_variables_of_messages(payload: dict[str, Any], variables: dict[str, str]) -> None:
    """Keys of a payload fill variables, short and checked; two different values of one kind fill none."""
    found = match_message("x unhealthy", json.dumps(payload), None, RULES, "prod")
    assert found.alert == "Thing Unhealthy"
    assert dict(found.variables) == variables


def test_an_unmatched_message_keeps_its_own_severity() -> None:
    """Information stays information, and what calls itself critical is shown so."""
    for word, severity in (
        ("INFO", Severity.INFO),
        ("CRITICAL", Severity.CRITICAL),
        ("ERROR", Severity.HIGH),
    ):
        body = json.dumps({"notification_type": "DEPLOYMENT_SUCCESS", "severity": word})
        assert match_message("", body, None, RULES, "prod").severity is severity


def _any(random: Random, depth: int = 0) -> Any:
    """Some JSON with the keys that readers look for."""
    keys = ["Type", "TopicArn", "Message", "Subject", "AlarmName", "NewStateValue", "Trigger", "Metrics"]
    keys += ["MetricStat", "Metric", "MetricName", "Namespace", "Dimensions", "name", "value", "detail"]
    keys += ["alarmName", "state", "configuration", "metrics", "Records", "Sns", "MessageAttributes"]
    keys += ["severity", "notification_type", "psi", "AlarmDescription"]
    leaves: list[Any] = [None, True, 0, -1, 10**400, 1e308, "", "ALARM", "tradai-prod-nat-unhealthy"]
    leaves += ["\ud800", "\x1b[2J"]
    if depth > 4 or random.random() < 0.3:
        return random.choice(leaves)
    if random.random() < 0.3:
        return [_any(random, depth + 1) for _ in range(random.randrange(3))]
    return {random.choice(keys): _any(random, depth + 1) for _ in range(random.randrange(6))}


def test_no_message_raises_or_commands_the_terminal() -> None:
    """Whatever comes over the channel is read: 2,000 documents of the right keys and wrong values."""
    random = Random(7)
    for _ in range(2_000):
        body = json.dumps(_any(random))
        notice = read_notice(str(_any(random, 9)), body, {"severity": "\x1b]0;x\x07"})
        found = match_message("", body, None, RULES, "prod")
        assert "\x1b" not in f"{notice}{found}"


def test_more_literal_characters_win_over_captures() -> None:
    """Of two patterns that fit, the one that says more itself is the better; then the one with fewer holes."""
    platform = load_platform("prod")
    name = "tradai-prod-mlflow-latency-high"
    loose = fit("tradai-{env}-{SERVICE}-high", name, "prod", platform)
    close = fit("tradai-{env}-{SERVICE}-latency-high", name, "prod", platform)
    wild = fit("tradai-{env}-{SERVICE}*-latency-high", name, "prod", platform)
    assert loose is not None
    assert close is not None
    assert wild is not None
    assert close.rank > wild.rank > loose.rank


@pytest.mark.parametrize(
    ("text", "psi"),
    [
        ("PSI 0.31", 0.31),
        ("psi: .31", 0.31),
        ("overall_psi: 0.12", 0.12),
        ("profit_total PSI 0.4, overall PSI 0.12", 0.12),
        ("PSI is 0.1 and later PSI is 0.4", 0.1),
        ("epsi 0.4", None),
        ("the PSI is not known", None),
    ],
)
def test_the_overall_psi_of_a_text_wins(text: str, psi: float | None) -> None:
    """The overall figure, else the first that is named; a mere word is no figure."""
    assert read_notice("", text).numbers.get("psi") == psi


def test_single_metrics_say_nothing_beside_an_overall_figure() -> None:
    """Neither their figures nor their severities count; without an overall figure the greatest does."""
    parts = [{"psi": 0.5, "severity": "severe"}, {"psi": 0.1, "severity": "moderate"}]
    whole = {"details": {"overall_psi": 0.2, "severity": "moderate", "metric_drifts": parts}}
    notice = read_notice("", json.dumps(whole))
    assert (notice.numbers["psi"], notice.severities) == (0.2, frozenset({"moderate"}))
    assert "severe" not in notice.text
    keyed = {"overall_psi": 0.2, "metric_drifts": {"a": parts[0], "b": parts[1]}}
    assert read_notice("", json.dumps(keyed)).numbers["psi"] == 0.2
    alone = read_notice("", json.dumps({"metric_drifts": parts}))
    assert (alone.numbers["psi"], alone.severities) == (0.5, frozenset({"severe", "moderate"}))


def test_a_condition_may_have_two_bounds() -> None:
    """Both must hold."""
    assert [holds(">= 0.1, <= 0.25", value) for value in (0.05, 0.1, 0.25, 0.26)] == [
        False,
        True,
        True,
        False,
    ]
