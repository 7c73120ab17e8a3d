"""`doctor`: what is wrong is found, each with what to do, and it never breaks itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import Toxic, deny, expired, html, never, skew
from tests.sample import ALARMS, alarm
from tests.watching import settings_for
from tradai_console.aws.reads import READS
from tradai_console.doctor import print_diagnosis
from tradai_console.doctor.account import look_at_meter
from tradai_console.doctor.alarms import look_at_matches, look_at_wakefulness
from tradai_console.doctor.finding import Verdict
from tradai_console.doctor.permissions import questions_of_nowhere, unasked
from tradai_console.doctor.surroundings import look_at_terminal
from tradai_console.models.alarm import AlarmState
from tradai_console.models.identity import Meter
from tradai_console.platform import load_platform
from tradai_console.runbook.library import load_library

Examine = Callable[..., tuple[int, str]]


@pytest.fixture
def examine(capsys: pytest.CaptureFixture[str]) -> Examine:
    """The doctor on the AWS at this address: exit code and report."""

    def run(url: str | None, **given: Any) -> tuple[int, str]:
        code = print_diagnosis(settings_for(url, **given))
        return code, capsys.readouterr().out

    return run


def marked(report: str, mark: str) -> list[str]:
    return [line for line in report.splitlines() if line.startswith(f"  {mark} ")]


def test_a_healthy_platform_has_nothing_to_mend(examine: Examine, line: FaultProxy) -> None:
    """Exit 0: who we are, every name, every pane's reads, and how alarms and runbooks meet. It has only read, and
    no more than a few of each."""
    code, report = examine(line.url)
    assert code == 0, report
    assert marked(report, "✗") == []
    for words in (
        "account 123456789012, eu-central-1",
        "clock agrees",
        "cluster tradai-prod",
        "database tradai-prod",
        "NAT instance tradai-nat-prod is i-",
        "private route table tradai-private-rt-prod",
        "state machine tradai-backtest-workflow-prod",
        "7 of 7 tables",
        "4 of 4 log groups",
        "17 of 17 functions",
        "2 of 2 topics",
        "ecs: 10 of 10 reads are allowed",
    ):
        assert words in report
    assert "general triage is all that answers" in report
    assert "no alarm here raises" in report
    spelt = {"monitoring": "cloudwatch", "states": "stepfunctions", "elasticloadbalancing": "elbv2"}
    assert line.count() < 250
    for call in line.calls:
        known = READS.get(spelt.get(call.service, call.service), {})
        assert call.operation in known or call.operation.startswith("GET "), call


@pytest.mark.parametrize(
    ("denied", "mark"),
    [
        pytest.param(["ecs:ListTasks"], "✗", id="a pane needs it"),
        pytest.param(["rds:DescribeDBParameters", "iam:ListUsers"], "!", id="a figure or a check needs it"),
    ],
)
def test_a_denied_read_is_named_with_what_to_grant(
    examine: Examine, line: FaultProxy, denied: list[str], mark: str
) -> None:
    """The action as IAM spells it; exit 1 only where a pane stays dark."""
    for service, _, operation in (one.partition(":") for one in denied):
        line.inject(deny(), service=service, operation=operation)
    code, report = examine(line.url)
    for wanted in denied:
        assert any(wanted in one for one in marked(report, mark)), report
        assert f"Grant {wanted}" in report
    assert code == (1 if mark == "✗" else 0)


@pytest.mark.parametrize(
    "toxic",
    [
        pytest.param(deny(), id="deny"),
        pytest.param(html(200), id="a web page"),
    ],
)
def test_whatever_aws_answers_is_a_report(examine: Examine, line: FaultProxy, toxic: Toxic) -> None:
    """Every call fails: no exception, exit 1, and advice."""
    with line.fault(toxic):
        code, report = examine(line.url)
    assert code == 1
    assert "to mend" in report.splitlines()[-1]


def test_expired_credentials_end_the_examination(examine: Examine, line: FaultProxy) -> None:
    """Nothing else can be asked; that is said once."""
    with line.fault(expired()):
        code, report = examine(line.url)
    assert code == 1
    assert len(marked(report, "✗")) == 1
    assert "Permissions" not in report


def test_no_credentials(examine: Examine, line: FaultProxy, no_keys: None) -> None:
    """What to do is the first thing said."""
    code, report = examine(line.url)
    assert code == 1
    assert "aws sso login" in report


@pytest.mark.early
def test_a_service_that_hangs_holds_it_up_once(
    examine: Examine, line: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are examined as ever."""
    monkeypatch.setattr("tradai_console.doctor.diagnosis.CALL_S", 2.0)
    with line.fault(never(), service="logs"):
        began = time.monotonic()
        code, report = examine(line.url)
        assert time.monotonic() - began < 30
    assert code == 1
    assert any("logs gives no good answer" in one for one in marked(report, "✗"))
    assert "7 of 7 tables" in report


def test_a_clock_that_is_wrong_is_named(examine: Examine, line: FaultProxy) -> None:
    """Over four minutes it is to be mended, for signatures will be refused."""
    with line.fault(skew(400)):
        code, report = examine(line.url)
    assert code == 1
    assert any("clock is" in one and "behind AWS's" in one for one in marked(report, "✗"))


@pytest.mark.parametrize(
    ("skew_s", "verdict"),
    [(None, Verdict.NOTE), (3.0, Verdict.WELL), (-90.0, Verdict.NOTE), (-300.0, Verdict.BAD)],
)
def test_clock_skew(skew_s: float | None, verdict: Verdict) -> None:
    """A minute is worth knowing, four are to be mended, either way."""
    assert [one.verdict for one in look_at_meter(Meter(clock_skew_s=skew_s), datetime.now(UTC))] == [verdict]


def test_a_login_that_ends_soon() -> None:
    """In less than half an hour: worth knowing before the shift."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    soon, later = (
        next(iter(look_at_meter(Meter(credentials_until=now + timedelta(minutes=left)), now)))
        for left in (10, 400)
    )
    assert (soon.verdict, later.verdict) == (Verdict.NOTE, Verdict.WELL)
    assert "6 h 40 min" in later.words


def test_other_names_of_the_documents_are_discovered(examine: Examine, line: FaultProxy) -> None:
    """Where the platform's documents disagree, what is there is said, and what to set."""
    sns = boto3.client("sns", region_name="eu-west-3", endpoint_url=line.upstream)
    sns.create_topic(Name="tradai-prod-alerts")
    logs = boto3.client("logs", region_name="eu-west-3", endpoint_url=line.upstream)
    logs.create_log_group(logGroupName="/ecs/tradai-mlflow-prod")
    code, report = examine(line.url, region="eu-west-3")
    assert "topic tradai-prod-alerts is there instead: an older name of tradai-alerts-prod" in report
    assert "log group /ecs/tradai-mlflow-prod is there instead" in report
    assert "Set topics.alerts in config.toml" in report
    assert code == 1, "no cluster and no table: panes stay dark"
    assert "no table is called tradai-trading-state-prod" in report


def test_a_broken_key_file_and_a_broken_runbook(examine: Examine, line: FaultProxy, isolated: Path) -> None:
    """Both are found before the console is opened on them."""
    config = isolated / "console" / "config"
    config.mkdir(parents=True)
    (config / "keys.toml").write_text('"pane.zoon" = "f"\n')
    books = isolated / "books"
    books.mkdir()
    (books / "mine.md").write_bytes(b"\xff\xfe broken")
    code, report = examine(line.url, runbooks=books)
    assert code == 1
    assert any("pane.zoon" in one for one in marked(report, "✗"))
    assert any("mine.md:1" in one for one in marked(report, "✗"))


def test_wrong_names_in_the_configuration(examine: Examine, line: FaultProxy) -> None:
    """A sentence with the key; AWS is not asked."""
    code, report = examine(line.url, platform={"clutser": "x"})
    assert code == 1
    assert "platform.clutser" in report
    assert line.count() == 0


def test_alarms_that_can_wake_nobody() -> None:
    """Switched off, without a target, without data: each by name."""
    words = " ".join(
        one.words
        for one in look_at_wakefulness(
            [
                alarm("off", actions_enabled=False),
                alarm("mute", actions=()),
                alarm("blind", AlarmState.INSUFFICIENT_DATA),
                alarm("fine"),
            ]
        )
    )
    assert "switched off for 1 alarm: off" in words
    assert "notified by 1 alarm: mute" in words
    assert "no data for 1 alarm: blind" in words
    assert "fine" not in words
    (all_well,) = look_at_wakefulness([alarm("fine")])
    assert all_well.verdict is Verdict.WELL


def test_alarms_and_runbooks_are_held_against_each_other() -> None:
    """An alarm that nothing answers, and an alert that nothing raises, are both named."""
    settings = settings_for(None)
    found = list(
        look_at_matches(
            [*ALARMS, replace(alarm("pump-pressure"), metric="Pressure", namespace="Plant")],
            load_library(),
            load_platform("prod"),
            settings,
        )
    )
    lost, silent = (one.words for one in found)
    assert "pump-pressure" in lost
    assert "heartbeat" not in lost
    assert "Position Stuck" in silent
    assert "Stale Heartbeat" not in silent


def test_every_read_is_asked_or_said_not_to_be() -> None:
    """A new row in the table of reads cannot be forgotten here; what is asked is a read."""
    asked = {f"{service}:{name}" for service, names in questions_of_nowhere().items() for name in names}
    known = {f"{service}:{name}" for service, names in READS.items() for name in names}
    assert asked <= known
    assert asked | set(unasked()) | {"sts:GetCallerIdentity"} == known


@pytest.mark.parametrize("environ", [{}, {"TERM": "dumb"}, {"TERM": "xterm-256color", "TMUX": "x"}])
def test_a_pipe_has_no_abilities(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said about a terminal that is not there."""
    (only,) = look_at_terminal(environ)
    assert "no terminal" in only.words
