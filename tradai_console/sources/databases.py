"""The database pane: the region's RDS instances, what happened to them lately, and how many connections
they allow."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from tradai_console.clock import Clock
from tradai_console.errors import NotFound
from tradai_console.models.database import Database, DatabaseEvent
from tradai_console.platform import Platform
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw, everything
from tradai_console.sources.reading import Clients, Reading, secondary, together

EVENT_MINUTES = 1440
EVENTS = 50
"""Events kept of each instance."""
GROUP_S = 3600.0
"""How long a parameter group's answer is kept."""
GROUPS = 10
"""Parameter groups read in one reading; the others wait for the next."""
PAGE = 100

FROM_GROUP = "parameter group"
FROM_CLASS = "estimated from the instance class"


class DatabaseSource:
    """Reads the instances again and again; parameter groups once an hour."""

    def __init__(self, door: Clients, platform: Platform, clock: Clock) -> None:
        self._door = door
        self._platform = platform
        self._clock = clock
        self._limits: dict[str, tuple[str | None, float]] = {}

    async def read(self) -> Reading[Database]:
        """Every instance of the region, the platform's first. Raises AwsError if they could not be read."""
        rds = await self._door.client("rds")
        raws = await everything(rds.describe_db_instances, "DBInstances", cursor="Marker", MaxRecords=PAGE)
        found = [(raw, one) for raw in raws if (one := parse_database(raw)) is not None]
        notes: list[str] = []
        if not found:
            return Reading(())
        groups = {group for raw, _ in found if (group := group_of(raw))}
        events, limits = await asyncio.gather(
            secondary(_events(rds), None, notes, "database events"), self._group_limits(rds, groups, notes)
        )
        items = [
            replace(
                self._with_limit(one, group_of(raw), limits),
                events=None if events is None else events.get(one.id, ()),
            )
            for raw, one in found
        ]
        return Reading(tuple(sorted(items, key=self._place)), tuple(notes))

    def _place(self, database: Database) -> tuple[bool, bool, str]:
        return (
            database.id != self._platform.database,
            not database.id.startswith(self._platform.database),
            database.id,
        )

    def _with_limit(
        self, database: Database, group: str | None, limits: Mapping[str, str | None]
    ) -> Database:
        if group is None or group not in limits:
            return database
        limit, basis = judge_limit(limits[group], database.instance_class, self._platform.max_connections)
        return replace(database, max_connections=limit, max_connections_basis=basis)

    async def _group_limits(self, rds: Any, groups: set[str], notes: list[str]) -> dict[str, str | None]:
        """What each parameter group says about max_connections; a group that could not be read is not in
        it."""
        now = self._clock.monotonic()
        old = [
            group for group in sorted(groups) if group not in self._limits or now >= self._limits[group][1]
        ]

        async def one(group: str) -> None:
            self._limits[group] = (await _group_limit(rds, group), now + GROUP_S)

        await together(
            (secondary(one(group), None, notes, f"parameter group {group}") for group in old[:GROUPS]),
            at_once=2,
        )
        return {group: self._limits[group][0] for group in groups if group in self._limits}


async def _events(rds: Any) -> dict[str, tuple[DatabaseEvent, ...]]:
    raws = await everything(
        rds.describe_events,
        "Events",
        cursor="Marker",
        SourceType="db-instance",
        Duration=EVENT_MINUTES,
        MaxRecords=PAGE,
    )
    return parse_events(raws)


async def _group_limit(rds: Any, group: str) -> str | None:
    """`max_connections` as the group has it: what its owner set, else what RDS set; None where it has
    none."""
    for source in ("user", "system"):
        try:
            raws = await everything(
                rds.describe_db_parameters,
                "Parameters",
                cursor="Marker",
                DBParameterGroupName=group,
                Source=source,
                MaxRecords=PAGE,
            )
        except NotFound:
            return None
        value = parse_limit(raws)
        if value is not None:
            return value
    return None


def parse_limit(parameters: Iterable[Raw]) -> str | None:
    """The value of `max_connections` among a group's parameters: a number, a formula, or None."""
    values = [
        fields.name(one, "ParameterValue")
        for one in parameters
        if one.get("ParameterName") == "max_connections"
    ]
    return next((value for value in values if value), None)


def judge_limit(value: str | None, instance_class: str, table: Mapping[str, int]) -> tuple[int | None, str]:
    """How many connections the instance allows, and how that is known.

    A number is what the group says. A formula over the instance's memory (RDS's default, also where the
    group does not say anything) leads to the platform file's table by class, which is an estimate; a class
    that is not in the table leads to None.
    """
    if value is not None and (exact := fields.whole(value)) is not None:
        return (exact, FROM_GROUP) if exact > 0 else (None, "")
    if value is not None and not re.search(r"DBInstanceClassMemory", value):
        return None, ""
    estimate = table.get(instance_class)
    return (None, "") if estimate is None else (estimate, FROM_CLASS)


def group_of(raw: Raw) -> str | None:
    """The instance's parameter group."""
    groups = [fields.name(one, "DBParameterGroupName") for one in fields.rows(raw, "DBParameterGroups")]
    return next((group for group in groups if group), None)


def parse_database(raw: Raw) -> Database | None:
    """One instance without its events and its limit; None for one without an identifier."""
    identifier = fields.name(raw, "DBInstanceIdentifier")
    if identifier is None:
        return None
    endpoint = fields.inner(raw, "Endpoint")
    groups = [fields.name(one, "VpcSecurityGroupId") for one in fields.rows(raw, "VpcSecurityGroups")]
    return Database(
        id=identifier,
        arn=fields.text(raw, "DBInstanceArn", fields.NAME_LIMIT),
        status=fields.name(raw, "DBInstanceStatus") or "unknown",
        engine=fields.text(raw, "Engine", fields.NAME_LIMIT),
        engine_version=fields.text(raw, "EngineVersion", fields.NAME_LIMIT),
        instance_class=fields.text(raw, "DBInstanceClass", fields.NAME_LIMIT),
        multi_az=raw.get("MultiAZ") is True,
        az=fields.name(raw, "AvailabilityZone"),
        secondary_az=fields.name(raw, "SecondaryAvailabilityZone"),
        endpoint=fields.name(endpoint, "Address"),
        port=fields.whole(endpoint.get("Port")),
        storage_gib=fields.whole(raw.get("AllocatedStorage")),
        backup_days=fields.whole(raw.get("BackupRetentionPeriod")),
        security_groups=tuple([group for group in groups if group]),
        subnet_group=fields.name(fields.inner(raw, "DBSubnetGroup"), "DBSubnetGroupName"),
        created_at=fields.moment(raw.get("InstanceCreateTime")),
        pending_changes=_pending(fields.inner(raw, "PendingModifiedValues")),
        events=None,
    )


_HIDDEN = frozenset({"MasterUserPassword"})


def _pending(raw: Raw) -> tuple[str, ...]:
    """What is to change at the next maintenance window, `DBInstanceClass = db.t4g.small`; never a
    password."""
    simple = {key: value for key, value in raw.items() if isinstance(value, str | int | float | bool)}
    return tuple([f"{key} = {fields.text(raw, key, 200)}" for key in sorted(simple) if key not in _HIDDEN])


def parse_events(raws: Iterable[Raw]) -> dict[str, tuple[DatabaseEvent, ...]]:
    """The events of each instance, newest first."""
    found: dict[str, list[DatabaseEvent]] = {}
    for raw in raws:
        source, at = fields.name(raw, "SourceIdentifier"), fields.moment(raw.get("Date"))
        if source is not None and at is not None:
            event = DatabaseEvent(at, fields.text(raw, "Message"), fields.words(raw, "EventCategories"))
            found.setdefault(source, []).append(event)
    return {
        source: tuple(sorted(events, key=lambda event: event.at, reverse=True)[:EVENTS])
        for source, events in found.items()
    }
