"""CloudWatch's own mute rules, read from an AWS that knows them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import requests

from tests.alerts.boards import NOW
from tradai_console.alerts.mute_rules import by_alarm, mute_rule_request, parse_mute_rule, read_mute_rules
from tradai_console.aws.door import Door
from tradai_console.demo import behaviour
from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.server import serve_in_thread
from tradai_console.models.alert import Mute
from tradai_console.settings import Settings

REGION = "eu-central-1"


@pytest.fixture(scope="module")
def behaving() -> Iterator[str]:
    """The address of an AWS that knows mute rules."""
    url, stop = serve_in_thread()
    yield url
    stop()


@pytest.fixture
def cloudwatch(behaving: str) -> Any:
    """A plain client of it, empty."""
    behaviour.install(Clock(running=False))
    assert requests.post(f"{behaving}/moto-api/reset", timeout=10).ok
    return boto3.client("cloudwatch", region_name=REGION, endpoint_url=behaving)


@pytest.fixture
async def door(behaving: str) -> AsyncIterator[Door]:
    async with Door(Settings(env="prod", region=REGION, endpoint_url=behaving, quota_share=1)) as opened:
        yield opened


async def test_read_with_owner_and_end(cloudwatch: Any, door: Door) -> None:
    """What this console put down comes back with its owner, reason and end; a foreign rule with its name."""
    now = datetime.fromtimestamp(behaviour.clock().time(), UTC)
    mute = Mute("jm", now + timedelta(minutes=45), "release of mlflow")
    cloudwatch.put_alarm_mute_rule(**mute_rule_request(["b", "a"], mute, now))
    cloudwatch.put_alarm_mute_rule(
        Name="night",
        Rule={"Schedule": {"Expression": "cron(* * * * *)", "Duration": "PT2H"}},
        MuteTargets={"AlarmNames": ["c"]},
    )
    cloudwatch.put_alarm_mute_rule(
        Name="over",
        Rule={"Schedule": {"Expression": "at(2001-01-01T00:00)", "Duration": "PT2H"}},
        MuteTargets={"AlarmNames": ["d"]},
    )
    foreign, ours = sorted(await read_mute_rules(door, now), key=lambda rule: rule.name)
    assert (ours.alarms, ours.mute.owner, ours.mute.reason) == (("a", "b"), "jm", "release of mlflow")
    assert timedelta(0) <= ours.mute.until - mute.until < timedelta(minutes=1)
    assert (foreign.mute.owner, foreign.recurring) == ("rule night", True)
    assert set(by_alarm([ours, foreign])) == {"a", "b", "c"}
    assert all(rule.mute.native for rule in (ours, foreign))


async def test_none(cloudwatch: Any, door: Door) -> None:
    """An account without rules has none."""
    assert await read_mute_rules(door, NOW) == ()


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"Name": "x", "MuteTargets": {"AlarmNames": ["a"]}},
        {
            "Name": "x",
            "Rule": {"Schedule": {"Expression": "at(2026-01-01T03:00)", "Duration": "P"}},
            "MuteTargets": {"AlarmNames": ["a"]},
        },
        {
            "Name": "x",
            "Rule": {"Schedule": {"Expression": "at(2026-01-01T03:00)", "Duration": "PT5M"}},
            "MuteTargets": {"AlarmNames": ["a"]},
        },
        {"Name": "x", "Rule": "broken", "MuteTargets": 3},
    ],
    ids=["empty", "no schedule", "no length", "over", "broken"],
)
def test_what_silences_nothing(raw: dict[str, Any]) -> None:
    """A rule that is over, names no alarm or cannot be read silences nothing."""
    assert parse_mute_rule(raw, NOW) is None


def test_of_two_the_longer() -> None:
    """An alarm under two rules is silent until the later end; an early expiry ends a rule early."""
    raw = {
        "Rule": {"Schedule": {"Expression": "at(2026-01-01T03:10)", "Duration": "PT1H"}},
        "MuteTargets": {"AlarmNames": ["a"]},
    }
    whole = parse_mute_rule({**raw, "Name": "x"}, NOW)
    early = parse_mute_rule({**raw, "Name": "y", "ExpireDate": NOW + timedelta(minutes=9)}, NOW)
    assert whole is not None
    assert early is not None
    assert early.mute.until == NOW + timedelta(minutes=9)
    assert by_alarm([early, whole]) == by_alarm([whole, early]) == {"a": whole.mute}
