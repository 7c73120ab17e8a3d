"""From alert to cure with keys alone: the runbook's way out, carried out at the console, brings the platform to rest."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.incidents.night import Night
from tradai_console.models.alert import Lifecycle

pytestmark = pytest.mark.xdist_group("incidents-0")


async def test_the_way_out_is_replaced(night: Night) -> None:
    """NAT down: the evidence names it, the action asks for the group's name, and the alert resolves by itself."""
    with night.drill("nat-down") as plot:
        async with night.on_call() as engineer:
            incident = await engineer.open("NAT Instance Down")
            said = {probe.name: one.line for probe, one in (await engineer.evidence()).items()}
            assert "status checks impaired" in said["nat.instance"]
            await engineer.go_to("Replace the instance through its group")
            ended = await engineer.run("nat.replace")
            assert ended.data["verdict"] in ("ok", "warn"), ended.text
            night.pass_until(lambda: plot.cured_at is not None, 600, "the cure")
            await engineer.resolved("NAT Instance Down")
            await engineer.until(
                lambda: engineer.incident.alert.state is Lifecycle.RESOLVED,
                "the heading says that it is over",
            )
            assert engineer.incident.key == incident.key
            assert "✓ resolved" in engineer.text
            await engineer.back()


async def test_a_promotion_by_hand_stands_in_the_walk(night: Night) -> None:
    """Whether the drift began with a promotion decides the way back: the walk says when one was, and who asked for it."""
    with night.drill("drift-bad-model") as plot:
        async with night.on_call() as engineer:
            await engineer.open("Significant Drift")
            await engineer.until(lambda: "STRATEGY_ID" in engineer.incident.variables, "what trades on it")
            said = {
                dict(probe.arguments).get("function"): one.line
                for probe, one in (await engineer.evidence()).items()
            }
            assert f"asked for by {plot['user']}, no comparison" in said["promote-model"]
            await engineer.back()


@pytest.mark.parametrize("drill", ["heartbeat-deadlock", "heartbeat-rate-limit"])
def test_a_sessions_log_and_its_heartbeat_tell_the_same(night: Night, drill: str) -> None:
    """The frozen one's last line is as old as its heartbeat; the refused one has written of nothing else since."""
    with night.drill(drill) as plot:
        row = night.aws("dynamodb").get_item(
            TableName=night.platform.tables.trading_state, Key={"strategy_id": {"S": plot["strategy"]}}
        )["Item"]
        beat = datetime.fromisoformat(row["last_heartbeat"]["S"]).timestamp() * 1000
        found = night.aws("logs").filter_log_events(
            logGroupName=night.platform.log_groups.tasks,
            filterPattern=f'"{plot["strategy"]}"',
            startTime=int(beat) - 60_000,
        )["events"]
        since = [one["message"] for one in found if one["timestamp"] > beat + 2_000]
        if drill == "heartbeat-deadlock":
            assert since == []
            assert "waiting for the websocket lock" in found[-1]["message"]
        else:
            assert len(since) > 10
            assert all("429 Too Many Requests" in one for one in since)


async def test_orders_that_no_session_placed_are_seen_at_once(night: Night) -> None:
    """Whether the leaked keys are in use decides what is done first: the sessions' log tells, and the walk asks it."""
    with night.drill("credential-leak-exchange", 60):
        async with night.on_call() as engineer:
            await engineer.open("Credential Exposure")
            said = [
                one.line for probe, one in (await engineer.evidence()).items() if probe.name == "logs.search"
            ]
            assert any("at the exchange is unknown to this bot" in line for line in said), said
            await engineer.back()


@pytest.mark.parametrize("drill", ["credential-leak-aws", "unauthorized-user"])
def test_who_verifies_right_after_the_cure_has_verified(night: Night, drill: str) -> None:
    """The cause is gone when the key is off; that it is tried in vain for a while is only its echo."""
    with night.drill(drill) as plot:
        night.hand.turn_key_off(plot["owner"])
        night.pass_until(lambda: plot.gone_at is not None, 60, "the cause is gone")
        assert plot.cured_at is None
