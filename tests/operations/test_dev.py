"""Where the services run on one host, ECS actions are refused with the way that there is."""

from __future__ import annotations

import pytest

from tests.operations.conftest import Desk
from tradai_console.operations.plan import Confirm

pytestmark = pytest.mark.xdist_group("operations-dev")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ecs.force_deployment", {}),
        ("ecs.scale", {"desired": 2}),
        ("ecs.roll_back", {}),
        ("ecs.resize", {"memory": 2048}),
    ],
)
async def test_services_of_dev_are_no_ecs_services(
    dev_desk: Desk, name: str, arguments: dict[str, object]
) -> None:
    """The refusal names the instance, and how to restart the service there."""
    plan = await dev_desk.plan(name, service="backend-api", **arguments)
    assert plan.refused is not None
    assert str(dev_desk.scene.world.host) in plan.refused
    assert "docker-compose restart backend-api" in plan.refused


async def test_outside_production_a_yes_is_enough_for_what_takes_nothing_away(dev_desk: Desk) -> None:
    """A function's timeout is confirmed plainly in dev; stopping a session asks for its name there too."""
    plan = await dev_desk.plan("lambda.set_timeout", function="health-check", seconds=90)
    assert (plan.confirm, plan.type_name) == (Confirm.PLAIN, "")
    assert (await dev_desk.do(plan)).verdict == "ok"
    stop = await dev_desk.plan("trading.stop", strategy="PascalStrategy")
    assert (stop.confirm, stop.type_name) == (Confirm.TYPE_NAME, "PascalStrategy")


async def test_database_of_dev_has_no_second_zone(dev_desk: Desk) -> None:
    """Failover is refused, and its tasks' group is the host's."""
    assert "not Multi-AZ" in str((await dev_desk.plan("rds.failover")).refused)
    assert "elsewhere" in str((await dev_desk.plan("rds.repair_security_group")).refused)
