"""Every probe that a runbook may name is there, asks with checked arguments, and never raises."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import pytest

from tests.probes.conftest import Asker, Platform
from tradai_console.aws.door import Door
from tradai_console.models.board import Board
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.platform import load_platform
from tradai_console.probes import run
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.registry import REGISTRY
from tradai_console.runbook.catalogue import PROBES
from tradai_console.settings import Settings
from tradai_console.sources.pages import in_lots

pytestmark = pytest.mark.xdist_group("probes-catalogue")

SECTION = 14
"""As many probes as the longest sections have."""

UNKNOWN_HERE = {"iam.last_use": "there is no access key", "iam.key": "there is no access key"}
IN_THE_LOG = {
    name
    for name in PROBES
    if name.startswith(("logs.", "cloudtrail.", "vpc.rejects", "iam.changes", "lambda.timeouts"))
}


def test_catalogue_and_registry_hold_the_same_names() -> None:
    """A probe that a runbook may name is implemented, and none is implemented that no runbook can name."""
    assert set(REGISTRY) == set(PROBES)


@pytest.fixture
def values(platform: Platform) -> dict[str, str]:
    machine = platform.world.cast.machine_arn("backtest")
    answer = platform.client("stepfunctions").list_executions(
        stateMachineArn=machine, statusFilter="SUCCEEDED"
    )
    good = answer["executions"][0]
    return {
        "service": "backend-api", "function": "health-check", "strategy": "PascalStrategy", "model": "PascalStrategy",
        "execution": good["executionArn"], "job": good["name"], "alarm": "tradai-prod-nat-unhealthy",
        "key": "AKIAIOSFODNN7EXAMPLE", "text": "heartbeat", "task": platform.world.tasks["backend-api"][0].rpartition("/")[2],
    }  # fmt: skip


async def test_they_answer_together_and_soon_on_a_healthy_platform(
    ask: Asker, values: dict[str, str]
) -> None:
    """Started at once the probes of a section answer in seconds, and none calls a healthy platform bad or unknown."""
    names = [name for name in PROBES if name not in IN_THE_LOG]
    found = []
    for lot in in_lots(names, SECTION):
        began = time.monotonic()
        found += await asyncio.gather(
            *[ask(name, **{one: values[one] for one in PROBES[name].required}) for name in lot]
        )
        assert time.monotonic() - began < run.DEADLINE_S
    told = {name: (one.verdict, one.line) for name, one in zip(names, found, strict=True)}
    assert {name for name, (verdict, _) in told.items() if verdict is Verdict.UNKNOWN} == set(UNKNOWN_HERE), (
        told
    )
    assert not [pair for pair in told.items() if pair[1][0] is Verdict.BAD], told
    assert all(one.line.rstrip()[-1:] for one in found)
    assert all(one.taken_at is not None for one in found)


@pytest.mark.parametrize("name", sorted(IN_THE_LOG))
async def test_those_that_read_logs_answer_within_the_quota(
    ask: Asker, values: dict[str, str], name: str
) -> None:
    """Each log probe needs two calls of the scarce quota at most, and tells the truth of quiet logs."""
    found = await ask(name, **{one: values[one] for one in PROBES[name].required})
    assert found.verdict in (Verdict.OK, Verdict.WARN), found.line
    assert ask.door.meter().calls <= 8


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        pytest.param("ecs.nothing", {}, "no probe called ecs.nothing", id="no such probe"),
        pytest.param("ecs.service", {}, "needs service", id="missing"),
        pytest.param("ecs.service", {"service": "${SERVICE}"}, "needs SERVICE", id="not filled in"),
        pytest.param("ecs.service", {"service": "a b; rm -rf /"}, "is no SERVICE", id="hostile"),
        pytest.param("ecs.service", {"service": "mlflow", "cluster": "x"}, "no argument cluster", id="unknown argument"),
        pytest.param("ecs.memory", {"service": "mlflow", "minutes": "0"}, "allowed are 1 to", id="no time"),
        pytest.param("ecs.memory", {"service": "mlflow", "minutes": "99999"}, "allowed are 1 to", id="too long"),
        pytest.param("ecs.memory", {"service": "mlflow", "minutes": "ten"}, "is no NUMBER", id="no number"),
    ],
)  # fmt: skip
async def test_wrong_arguments_are_unknown_with_a_sentence(
    ask: Asker, name: str, arguments: dict[str, str], told: str
) -> None:
    """A value that is not known or not allowed reaches no call: the evidence says what to do."""
    found = await ask(name, **arguments)
    assert found.verdict is Verdict.UNKNOWN
    assert told in found.line
    assert ask.door.meter().calls == 0


@pytest.mark.parametrize("name", sorted(PROBES))
async def test_without_an_answer_of_aws_nothing_is_known(
    platform: Platform, values: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no connection every probe is unknown with the reason: neither good nor bad, and none raises."""
    monkeypatch.setattr(run, "DEADLINE_S", 3.0)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    settings = Settings(env="prod", region="eu-central-1", endpoint_url=url, quota_share=1)
    async with Door(settings, attempts=1) as door:
        context = ProbeContext(door, load_platform("prod"), Board, _clock(), "prod")
        given = {one: values[one] for one in PROBES[name].required}
        found = await run.run_probe(name, given, context)
    assert found.verdict is Verdict.UNKNOWN, found.line
    assert found.taken_at is not None


def _clock() -> Any:
    from tests.probes.conftest import PlatformClock

    return PlatformClock()


async def test_a_fault_of_ours_and_a_slow_answer_are_unknown(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A probe that breaks or takes too long ends as unknown, and says which of the two."""

    async def broken(context: ProbeContext, given: Given) -> Evidence:
        raise KeyError("Tags")

    async def slow(context: ProbeContext, given: Given) -> Evidence:
        await asyncio.sleep(30)
        return Evidence(Verdict.OK, "too late")

    monkeypatch.setattr(run, "DEADLINE_S", 0.05)
    monkeypatch.setitem(REGISTRY, "ecs.host", broken)
    monkeypatch.setitem(REGISTRY, "nat.route", slow)
    first, second = await asyncio.gather(ask("ecs.host"), ask("nat.route"))
    assert (first.verdict, "KeyError" in first.line) == (Verdict.UNKNOWN, True)
    assert (second.verdict, "no whole answer" in second.line) == (Verdict.UNKNOWN, True)


def test_rows_are_bounded() -> None:
    """However much is found, forty rows at most, and the last one counts the rest."""
    rows = tuple(Row(str(number), "x") for number in range(100))
    assert len(run.bounded(rows)) == 40
    assert run.bounded(rows)[-1].value == "61 more"
    assert run.bounded(rows[:40]) == rows[:40]
    (hostile,) = run.bounded((Row("a\x1b[2J", "b\x07"),))
    assert "\x1b" not in hostile.name
    assert "\x07" not in hostile.value
