"""Where the platform's logs are: the groups that exist, a service's place in them, and the host that keeps its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tradai_console.errors import AwsError
from tradai_console.logs.pages import LogDoor
from tradai_console.logs.source import TailSource
from tradai_console.platform import Platform
from tradai_console.sources import fields
from tradai_console.sources.instances import read_instances
from tradai_console.sources.pages import Raw, everything
from tradai_console.text import plain

_GONE: Final = frozenset({"terminated", "shutting-down"})


@dataclass(frozen=True)
class LogGroup:
    """A log group (`logs:DescribeLogGroups`)."""

    name: str
    stored_bytes: int = 0
    """What it holds; AWS counts it now and then only."""
    created_ms: int | None = None
    retention_days: int | None = None
    """None: for ever."""


async def existing_groups(door: LogDoor, platform: Platform) -> tuple[str, ...]:
    """The names of `read_groups`. Raises AwsError."""
    return tuple([one.name for one in await read_groups(door, platform)])


async def read_groups(door: LogDoor, platform: Platform) -> tuple[LogGroup, ...]:
    """The groups of this environment that hold the platform's own lines (`logs:DescribeLogGroups`): services and tasks
    first, then functions. Network flows and CloudTrail are not among them: they are read by name. Raises AwsError."""
    logs = await door.client("logs")
    found: dict[str, LogGroup] = {}
    for prefix in _prefixes(platform):
        for one in await everything(
            logs.describe_log_groups, "logGroups", cursor="nextToken", logGroupNamePrefix=prefix
        ):
            group = _group(one)
            if _is_ours(group.name, platform):
                found[group.name] = group
    return tuple(sorted(found.values(), key=lambda one: (_rank(one.name, platform), one.name)))


async def named_groups(door: LogDoor, names: Iterable[str]) -> tuple[LogGroup, ...]:
    """The groups of these names that are there (`logs:DescribeLogGroups`). Raises AwsError."""
    logs = await door.client("logs")
    found: list[LogGroup] = []
    for name in dict.fromkeys(names):
        answer = await logs.describe_log_groups(logGroupNamePrefix=name, limit=50)
        found += [one for raw in fields.rows(answer, "logGroups") if (one := _group(raw)).name == name]
    return tuple(found)


def service_sources(
    platform: Platform, service: str, groups: Iterable[str], terms: tuple[str, ...] = ()
) -> tuple[TailSource, ...]:
    """Where among these groups a service or function writes. A service of another name than the platform's is looked
    for in every group of services."""
    named = [*groups]
    function = platform.lambda_group(service)
    if service in platform.functions.all or function in named:
        return (TailSource(function, terms=terms),)
    aliases = [alias for alias, name in platform.service_aliases.items() if name == service]
    shared = (platform.log_groups.services, platform.log_groups.tasks)
    own = {platform.log_groups.services: (service, *aliases)}
    found: list[TailSource] = []
    for group in named:
        if group in own:
            found += [TailSource(group, prefix, terms) for prefix in own[group]]
        elif group in shared or not group.startswith("/aws/lambda/"):
            found.append(TailSource(group, terms=terms))
    return tuple(found)


async def host_words(door: LogDoor, platform: Platform) -> str | None:
    """How to reach the logs of an environment whose services run on one host; None where there is no such host, or
    nobody may look (`ec2:DescribeInstances`)."""
    try:
        instances = await read_instances(await door.client("ec2"), platform.host.tag_name)
    except AwsError:
        return None
    here = next((one for one in instances if one.state not in _GONE), None)
    if here is None:
        return None
    folder = platform.host.folder
    return (
        f"the services of {platform.env} run on one host, {platform.host.tag_name} ({plain(here.id, 40)}, "
        f"{plain(here.state, 20)}): their container logs are there and not in CloudWatch. Reach them with "
        f"`aws ssm start-session --target {plain(here.id, 40)}`, then `sudo docker logs -f CONTAINER`, "
        f"`docker-compose logs -f` in {folder}, or `journalctl -u docker`"
    )


def _group(raw: Raw) -> LogGroup:
    return LogGroup(
        str(raw.get("logGroupName", "")),
        fields.whole(raw.get("storedBytes")) or 0,
        fields.whole(raw.get("creationTime")),
        fields.whole(raw.get("retentionInDays")),
    )


def _prefixes(platform: Platform) -> tuple[str, ...]:
    """As few as find every group."""
    groups = platform.log_groups
    wanted = {"/ecs/tradai", groups.services, groups.tasks, groups.lambda_.partition("{name}")[0]}
    wanted.add(platform.host.log_group)
    return tuple(
        sorted(one for one in wanted if not any(one != two and one.startswith(two) for two in wanted))
    )


def _is_ours(name: str, platform: Platform) -> bool:
    groups, env = platform.log_groups, re.escape(platform.env)
    if name in (groups.services, groups.tasks, platform.host.log_group):
        return True
    before, _, after = groups.lambda_.partition("{name}")
    if name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after):
        return True
    # Older environments: one group a service.
    return re.fullmatch(rf"/ecs/tradai(?:/{env}(?:/.*)?|-[\w-]+-{env})", name) is not None


def _rank(name: str, platform: Platform) -> int:
    if name == platform.log_groups.services:
        return 0
    return 2 if name.startswith("/aws/lambda/") else 1
