"""RDS behaves: failovers take place and are told."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.demo.conftest import Aws
from tradai_console.demo.behaviour import rds as levers

NAME = "tradai-prod"


@pytest.fixture
def rds(aws: Aws) -> Any:
    client = aws.client("rds")
    client.create_db_instance(
        DBInstanceIdentifier=NAME,
        Engine="postgres",
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="admin_",
        MasterUserPassword="not-a-secret",
        MultiAZ=True,
        AvailabilityZone="eu-central-1a",
    )
    return client


def instance(rds: Any) -> dict[str, Any]:
    return dict(rds.describe_db_instances(DBInstanceIdentifier=NAME)["DBInstances"][0])


def messages(rds: Any, **more: Any) -> list[str]:
    answer = rds.describe_events(SourceIdentifier=NAME, SourceType="db-instance", **more)
    return [one["Message"] for one in answer["Events"]]


def test_failover(aws: Aws, rds: Any) -> None:
    """A forced failover reboots, changes the zone, ends available, and tells each step in the events."""
    answer = rds.reboot_db_instance(DBInstanceIdentifier=NAME, ForceFailover=True)
    assert answer["DBInstance"]["DBInstanceStatus"] == "rebooting"
    aws.advance(70)
    found = instance(rds)
    assert (found["DBInstanceStatus"], found["AvailabilityZone"]) == ("available", "eu-central-1b")
    assert messages(rds) == [
        "Multi-AZ instance failover started.",
        "DB instance restarted",
        "Multi-AZ instance failover completed",
    ]
    assert len(messages(rds, EventCategories=["failover"])) == 2


def test_failover_needs_multi_az(aws: Aws, rds: Any) -> None:
    """A single-AZ instance refuses to fail over, and a plain reboot tells that it restarted."""
    rds.modify_db_instance(DBInstanceIdentifier=NAME, MultiAZ=False, ApplyImmediately=True)
    with pytest.raises(ClientError) as caught:
        rds.reboot_db_instance(DBInstanceIdentifier=NAME, ForceFailover=True)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterCombination"
    rds.reboot_db_instance(DBInstanceIdentifier=NAME)
    aws.advance(30)
    assert messages(rds) == ["DB instance restarted"]


def test_events_are_bounded_in_time(aws: Aws, rds: Any) -> None:
    """Duration is minutes before now; an event older than it is left out; another source's is too."""
    levers.add_event(NAME, "old", at=aws.clock.time() - 7200)
    levers.add_event(NAME, "new")
    levers.add_event("other", "foreign")
    assert messages(rds) == ["new"]
    assert messages(rds, Duration=180) == ["old", "new"]


def test_default_parameters(aws: Aws, rds: Any) -> None:
    """A default parameter group gives max_connections as AWS's formula."""
    answer = rds.describe_db_parameters(DBParameterGroupName="default.postgres15")
    found = {one["ParameterName"]: one.get("ParameterValue") for one in answer["Parameters"]}
    assert found["max_connections"] == "LEAST({DBInstanceClassMemory/9531392},5000)"


def test_stop_and_start(aws: Aws, rds: Any) -> None:
    """An instance passes through stopping and starting."""
    rds.stop_db_instance(DBInstanceIdentifier=NAME)
    assert instance(rds)["DBInstanceStatus"] == "stopping"
    aws.advance(70)
    assert instance(rds)["DBInstanceStatus"] == "stopped"
    rds.start_db_instance(DBInstanceIdentifier=NAME)
    aws.advance(100)
    assert instance(rds)["DBInstanceStatus"] == "available"
