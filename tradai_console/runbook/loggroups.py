"""Log groups as runbooks write them: names of groups, or words of the platform, with variables in them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tradai_console.platform import Platform
from tradai_console.runbook.model import LogSource

_HOLE = re.compile(r"\$?\{(\w+)\}")


def resolve(
    source: LogSource, platform: Platform, variables: Mapping[str, str]
) -> tuple[str, str | None] | None:
    """The group's name and the prefix of its streams; None while a variable of the group is not known.

    An unknown variable of the prefix leaves the prefix out: too many lines are better than none.
    """
    values = {"env": platform.env, "ENV": platform.env, **variables}
    group = _filled(_template(source.group, platform), values)
    streams = _filled(source.streams, values) if source.streams else None
    return (group, streams) if group is not None else None


def known_group(group: str, platform: Platform) -> bool:
    """Whether the platform has such a group, whatever its variables stand for."""
    shape = _shape(_template(group, platform), platform)
    groups = platform.log_groups
    whole = (groups.services, groups.tasks, groups.flow, groups.cloudtrail, platform.host.log_group)
    functions = {platform.lambda_group(name) for name in platform.functions.all}
    if "\x00" not in shape:
        return shape in whole or shape in functions
    pattern = re.compile(re.escape(shape).replace("\x00", "[A-Za-z0-9_-]+"))
    return any(pattern.fullmatch(known) for known in (*whole, *functions))


def _template(group: str, platform: Platform) -> str:
    groups = platform.log_groups
    words = {
        "services": groups.services,
        "tasks": groups.tasks,
        "flow": groups.flow,
        "cloudtrail": groups.cloudtrail,
    }
    return words.get(group, group)


def _shape(group: str, platform: Platform) -> str:
    return _HOLE.sub(lambda hole: platform.env if hole[1] in ("env", "ENV") else "\x00", group)


def _filled(template: str, values: Mapping[str, str]) -> str | None:
    if any(hole[1] not in values for hole in _HOLE.finditer(template)):
        return None
    return _HOLE.sub(lambda hole: values[hole[1]], template)
