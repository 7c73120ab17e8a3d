"""The database pane's source: instances, their last day, and their limit of connections."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import deny, html
from tests.sources.conftest import HandClock
from tests.sources.spoilt import BAD, spoils
from tradai_console.aws.door import Door
from tradai_console.errors import AwsError
from tradai_console.platform import Platform
from tradai_console.sources.databases import (
    FROM_CLASS,
    FROM_GROUP,
    DatabaseSource,
    judge_limit,
    parse_database,
    parse_events,
    parse_limit,
)

AT = datetime(2026, 1, 1, 3, tzinfo=UTC)
RAW: dict[str, Any] = {
    "DBInstanceIdentifier": "tradai-prod",
    "DBInstanceArn": "arn:aws:rds:eu-central-1:123456789012:db:tradai-prod",
    "DBInstanceStatus": "available",
    "Engine": "postgres",
    "EngineVersion": "15.13",
    "DBInstanceClass": "db.t4g.micro",
    "MultiAZ": True,
    "AvailabilityZone": "eu-central-1a",
    "SecondaryAvailabilityZone": "eu-central-1b",
    "Endpoint": {"Address": "tradai-prod.x.eu-central-1.rds.amazonaws.com", "Port": 5432},
    "AllocatedStorage": 20,
    "BackupRetentionPeriod": 7,
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "active"}],
    "DBSubnetGroup": {"DBSubnetGroupName": "tradai-prod-db-subnet"},
    "InstanceCreateTime": AT,
    "PendingModifiedValues": {"DBInstanceClass": "db.t4g.small", "MasterUserPassword": "****"},
    "DBParameterGroups": [{"DBParameterGroupName": "default.postgres15"}],
}


def create(boto: Any, *names: str) -> Any:
    rds = boto("rds")
    for name in names:
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t4g.micro",
            Engine="postgres",
            MasterUsername="root",
            MasterUserPassword="not-a-secret",
            AllocatedStorage=20,
        )
    return rds


async def test_the_platforms_database_comes_first(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """All of the region, the platform's first, with a limit that says how it is known; groups are asked
    once an hour."""
    create(boto, "another", "tradai-prod-restored", "tradai-prod")
    source = DatabaseSource(door, platform, clock)
    reading = await source.read()
    assert [one.id for one in reading.items] == ["tradai-prod", "tradai-prod-restored", "another"]
    first = reading.items[0]
    assert (first.status, first.multi_az, first.max_connections) == ("available", False, 81)
    assert first.max_connections_basis == FROM_CLASS
    assert first.events is not None
    asked = line.count("rds", "DescribeDBParameters")
    clock.move(60)
    assert (await source.read()).items[0].max_connections == 81
    assert line.count("rds", "DescribeDBParameters") == asked


async def test_a_group_of_ones_own_is_believed(
    door: Door, boto: Any, clock: HandClock, platform: Platform
) -> None:
    """A number in the parameter group wins over the class."""
    rds = create(boto, "tradai-prod")
    rds.create_db_parameter_group(
        DBParameterGroupName="own", DBParameterGroupFamily="postgres15", Description="d"
    )
    rds.modify_db_parameter_group(
        DBParameterGroupName="own",
        Parameters=[
            {"ParameterName": "max_connections", "ParameterValue": "200", "ApplyMethod": "pending-reboot"}
        ],
    )
    rds.modify_db_instance(
        DBInstanceIdentifier="tradai-prod", DBParameterGroupName="own", ApplyImmediately=True
    )
    (one,) = (await DatabaseSource(door, platform, clock).read()).items
    assert (one.max_connections, one.max_connections_basis) == (200, FROM_GROUP)


async def test_side_questions_may_fail(
    door: Door, boto: Any, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """Events and limits that could not be read are unknown, and named; the instances stand."""
    create(boto, "tradai-prod")
    line.inject(deny(), "rds", "DescribeEvents")
    line.inject(deny(), "rds", "DescribeDBParameters")
    reading = await DatabaseSource(door, platform, clock).read()
    assert (reading.items[0].events, reading.items[0].max_connections) == (None, None)
    assert ["DescribeEvents" in note or "DescribeDBParameters" in note for note in reading.notes] == [
        True,
        True,
    ]


async def test_a_page_of_a_proxy_is_not_an_empty_region(
    door: Door, clock: HandClock, platform: Platform, line: FaultProxy
) -> None:
    """An answer that is no answer raises; nothing found is an empty reading."""
    assert (await DatabaseSource(door, platform, clock).read()).items == ()
    with line.fault(html(200), "rds"), pytest.raises(AwsError):
        await DatabaseSource(door, platform, clock).read()


@pytest.mark.parametrize(
    ("value", "cls", "limit", "basis"),
    [
        pytest.param("150", "db.t4g.micro", 150, FROM_GROUP, id="a number"),
        pytest.param(
            "LEAST({DBInstanceClassMemory/9531392},5000)", "db.t4g.micro", 81, FROM_CLASS, id="postgres"
        ),
        pytest.param(
            "GREATEST({DBInstanceClassMemory/9531392},10)", "db.t4g.micro", 81, FROM_CLASS, id="greatest"
        ),
        pytest.param("{DBInstanceClassMemory/12582880}", "db.x9.huge", None, "", id="a class nobody knows"),
        pytest.param(None, "db.t4g.micro", 81, FROM_CLASS, id="the group says nothing"),
        pytest.param("many", "db.t4g.micro", None, "", id="words"),
        pytest.param("0", "db.t4g.micro", None, "", id="zero"),
    ],
)
def test_the_limit(platform: Platform, value: str | None, cls: str, limit: int | None, basis: str) -> None:
    """A number is a fact, a formula an estimate, all else unknown."""
    assert judge_limit(value, cls, platform.max_connections) == (limit, basis)


def test_an_instance_in_full() -> None:
    """Everything of the detail screen; a pending password is not shown."""
    one = parse_database(RAW)
    assert one is not None
    assert (one.multi_az, one.az, one.secondary_az, one.port) == (
        True,
        "eu-central-1a",
        "eu-central-1b",
        5432,
    )
    assert one.pending_changes == ("DBInstanceClass = db.t4g.small",)
    assert (one.security_groups, one.subnet_group) == (("sg-1",), "tradai-prod-db-subnet")


def test_events_by_instance_newest_first() -> None:
    """Events are sorted out by instance; those that say neither when nor of whom are left out."""
    raws: list[dict[str, Any]] = [
        {"SourceIdentifier": "a", "Date": AT, "Message": "old"},
        {
            "SourceIdentifier": "a",
            "Date": AT.replace(hour=4),
            "Message": "failover",
            "EventCategories": ["failover"],
        },
        {"SourceIdentifier": "a"},
        {"Date": AT},
    ]
    found = parse_events(raws)
    assert [(event.message, event.categories) for event in found["a"]] == [
        ("failover", ("failover",)),
        ("old", ()),
    ]
    assert list(found) == ["a"]


@pytest.mark.parametrize("value", BAD)
def test_no_field_is_taken_for_granted(value: object) -> None:
    """Any field may be absent or of another kind."""
    for spoilt, key in spoils(RAW, value):
        assert parse_database(spoilt) is not None or key == "DBInstanceIdentifier"
    assert parse_limit([{"ParameterName": "max_connections", "ParameterValue": value}]) in (
        None,
        "x",
        "7",
        "absent",
        "[]",
        "{}",
        "[None]",
        "[{}]",
    )
