"""`match`: from a name or a message to the runbook's section, without AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tradai_console.errors import ConsoleError, SettingsError
from tradai_console.match_command import lead_of, run_match
from tradai_console.runbook.lead import Match
from tradai_console.runbooks_command import open_shelf

SHELF = open_shelf(None, None)
KEYS = ["alert", "severity", "runbook", "section", "variables", "matched_by"]

OWN = """\
---
title: Orders
alerts:
  - name: Orders Late
    severity: critical
    first_response: Look at the queue.
    section: late
    match:
      - alarm: "desk-{STRATEGY_ID}-late"
---
## Late

### Look

- [ ] at it
"""


def asked(capsys: pytest.CaptureFixture[str], name: str, **options: Any) -> dict[str, Any]:
    """What `match NAME --json` prints."""
    assert run_match(name, as_json=True, **options) == 0
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    found: dict[str, Any] = json.loads(printed)
    return found


def test_a_name_leads_to_its_section(capsys: pytest.CaptureFixture[str]) -> None:
    """One object with the keys of the contract and no other."""
    found = asked(capsys, "tradai-prod-backend-unhealthy")
    assert found == {
        "alert": "Service Unhealthy",
        "severity": "high",
        "runbook": "service-recovery",
        "section": "service-unhealthy",
        "variables": {"SERVICE": "backend-api"},
        "matched_by": "name",
    }
    assert list(found) == KEYS


def test_what_nothing_knows_leads_to_general_triage(capsys: pytest.CaptureFixture[str]) -> None:
    """An unmatched name is an answer, not an error: exit 0."""
    found = asked(capsys, "high-drawdown-alarm")
    assert (found["alert"], found["matched_by"], found["severity"]) == ("Unmatched alarm", None, "medium")
    assert (found["runbook"], found["section"]) == ("general-triage", "first-ten-minutes")
    assert found["variables"] == {"ALARM": "high-drawdown-alarm"}


def test_the_environment_narrows_names(capsys: pytest.CaptureFixture[str]) -> None:
    """Without `--env` any environment's name will do, with it only its own; any word is an environment."""
    assert asked(capsys, "tradai-staging-nat-unhealthy")["alert"] == "NAT Instance Down"
    assert asked(capsys, "tradai-staging-nat-unhealthy", env="prod")["alert"] == "Unmatched alarm"
    assert asked(capsys, "tradai-eu7-nat-unhealthy", env="eu7")["alert"] == "NAT Instance Down"


def test_the_shells_environment_does_not_narrow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A region or an endpoint that is wrong keeps nobody from a runbook, nor does another environment."""
    for name in ("AWS_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, "nonsense")
    monkeypatch.setenv("ENVIRONMENT", "staging")
    assert asked(capsys, "tradai-prod-nat-unhealthy")["alert"] == "NAT Instance Down"


def test_own_runbooks_and_names_count(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory of runbooks leads too: of the option, of the environment, and of the configuration file."""
    books = tmp_path / "books"
    books.mkdir()
    (books / "orders.md").write_text(OWN)
    wanted = ("Orders Late", "critical", "orders", "late", {"STRATEGY_ID": "RadStrategy"})
    config = tmp_path / "config.toml"
    config.write_text(f'runbooks = "{books}"\n[platform.service_aliases]\nml = "mlflow"\n')
    found = asked(capsys, "desk-RadStrategy-late", runbooks=books)
    assert tuple(found[key] for key in KEYS[:5]) == wanted
    assert asked(capsys, "desk-RadStrategy-late")["matched_by"] is None
    assert asked(capsys, "desk-RadStrategy-late", config=config)["alert"] == "Orders Late"
    assert asked(capsys, "tradai-prod-ml-unhealthy", config=config)["variables"] == {"SERVICE": "mlflow"}
    monkeypatch.setenv("TRADAI_CONSOLE_RUNBOOKS", str(books))
    assert asked(capsys, "desk-RadStrategy-late")["alert"] == "Orders Late"


def test_text_is_one_block(capsys: pytest.CaptureFixture[str]) -> None:
    """For a person: what it is, what to do first, where to read on; no empty rows."""
    assert run_match("tradai-prod-mlflow-unhealthy") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Service Unhealthy"
    for words in (
        "severity        high",
        "first response  Read the service's log",
        "runbook         service-recovery#service-unhealthy",
        "variables       SERVICE=mlflow",
        "tradai-console runbooks show service-recovery service-unhealthy",
    ):
        assert any(words in line for line in lines), words
    assert run_match("tradai-prod-rds-failover") == 0
    assert "variables" not in capsys.readouterr().out


def notification(name: str, state: str = "ALARM") -> str:
    trigger = {
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 0.0,
        "Dimensions": [{"name": "FunctionName", "value": "tradai-drift-monitor-staging"}],
    }
    return json.dumps({"AlarmName": name, "NewStateValue": state, "NewStateReason": "r", "Trigger": trigger})


def envelope(message: str, subject: str | None = None) -> str:
    topic = "arn:aws:sns:eu-central-1:123456789012:tradai-alerts-staging"
    return json.dumps(
        {"Type": "Notification", "MessageId": "m", "TopicArn": topic, "Subject": subject, "Message": message}
    )


DRIFT = json.dumps(
    {"notification_type": "DRIFT_DETECTED", "severity": "WARNING", "details": {"overall_psi": 0.3}}
)


def said(text: str) -> Match:
    return lead_of(text, SHELF, None, message=True)


@pytest.mark.parametrize(
    ("text", "alert", "by", "variables"),
    [
        pytest.param("tradai-prod-mlflow-unhealthy\n", "Service Unhealthy", "name", {"SERVICE": "mlflow"}, id="a name"),
        pytest.param("some-alarm", "Unmatched alarm", None, {"ALARM": "some-alarm"}, id="an unknown name"),
        pytest.param(
            "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:tradai-prod-rds-failover",
            "Database Failover", "name", {}, id="an alarm's ARN",
        ),
        pytest.param(notification("desk-7"), "Lambda Errors", "metric", {"FUNCTION": "drift-monitor"}, id="an alarm's message"),
        pytest.param(
            envelope(notification("desk-7")), "Lambda Errors", "metric", {"FUNCTION": "drift-monitor"}, id="in its envelope"
        ),
        pytest.param(
            json.dumps({"MessageId": "q", "ReceiptHandle": "h", "Body": envelope(DRIFT)}),
            "Significant Drift", "message", {}, id="in a queue's envelope too",
        ),
        pytest.param(
            envelope("last heartbeat 312 s ago", "Stale Heartbeat: PascalStrategy"),
            "Stale Heartbeat", "message", {"STRATEGY_ID": "PascalStrategy"}, id="a function's own words",
        ),
        pytest.param("[CRITICAL] Position stuck\nlong 0.4 BTC", "Position Stuck", "message", {}, id="plain text"),
        pytest.param("Subject: Service Unhealthy: mlflow\n\nx", "Service Unhealthy", "message", {"SERVICE": "mlflow"}, id="mail"),
        pytest.param(
            json.dumps({"service": "tradai-backend-staging", "subject": "x", "status": "unhealthy"}),
            "Service Unhealthy", "message", {"SERVICE": "backend-api"}, id="names of another environment",
        ),
        pytest.param("{}", "Unmatched alarm", None, {}, id="an empty message"),
        pytest.param("[not JSON", "Unmatched alarm", None, {}, id="a bracket is no JSON"),
    ],
)  # fmt: skip
def test_messages(text: str, alert: str, by: str | None, variables: dict[str, str]) -> None:
    """A name, a message, in any envelope: each leads where it should."""
    found = said(text)
    assert (found.alert, found.matched_by, dict(found.variables)) == (alert, by, variables)


def test_an_ended_alarm_is_said_to_be_over() -> None:
    """OK leads to the same section, and is known as resolved."""
    assert (said(notification("desk-7", "OK")).alert, said(notification("desk-7", "OK")).resolved) == (
        "Lambda Errors",
        True,
    )


@pytest.mark.parametrize(
    ("text", "message", "words"),
    [
        pytest.param("", False, "nothing to match", id="nothing"),
        pytest.param(" \n", True, "nothing to match", id="blanks"),
        pytest.param("x" * 256, False, "at most 255", id="long"),
        pytest.param("a\nb", False, "one line", id="two lines"),
        pytest.param('{"Type": ', True, "broken at line 1, column 9", id="cut"),
        pytest.param('{"a": ' * 100_000, True, "too deep", id="deep"),
        pytest.param('{"a": ' + "9" * 5_000 + "}", True, "cannot be read", id="a number too long"),
    ],
)
def test_bad_input_is_one_sentence(text: str, message: bool, words: str) -> None:
    """What is neither a name nor a message is said so, in a line."""
    with pytest.raises(ConsoleError, match=words) as caught:
        lead_of(text, SHELF, None, message=message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "options", [{"env": "a b"}, {"runbooks": Path("/no/such/place")}, {"config": Path("/no/such/file")}]
)
def test_wrong_options_are_named(options: dict[str, Any]) -> None:
    """An environment that is no word, a directory or a file that is not there."""
    with pytest.raises(SettingsError, match=r"a b|/no/such"):
        run_match("x", **options)


def test_hostile_names_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A name is shown, never obeyed."""
    assert run_match("x\x1b]0;owned\x07\u202ey") == 0
    assert not {"\x1b", "\x07", "\u202e"} & set(capsys.readouterr().out)


PIPED = (
    "import sys; from tradai_console.match_command import run_match; sys.exit(run_match('-', as_json=True))"
)


def piped(data: bytes) -> subprocess.CompletedProcess[bytes]:
    """`match - --json` with these bytes on standard input, nobody logged in."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-c", PIPED], input=data, capture_output=True, timeout=60, check=False, env=environ
    )


def test_standard_input_is_read() -> None:
    """A message from a pipe, byte order mark and all."""
    done = piped(b"\xef\xbb\xbf" + envelope(notification("desk-7")).encode())
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["alert"] == "Lambda Errors"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"\xff", b"not UTF-8", id="bytes"),
        pytest.param(b"a" * 300_000, b"more than 256 KiB", id="long"),
    ],
)
def test_standard_input_that_is_no_text_is_refused(data: bytes, words: bytes) -> None:
    """Other bytes, or too many of them, are refused before anything parses them."""
    done = piped(data)
    assert done.returncode != 0
    assert words in done.stderr.splitlines()[-1]
