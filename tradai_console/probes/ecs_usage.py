"""What services use and are made of: `ecs.memory`, `ecs.cpu`, `ecs.task_definition`."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from tradai_console.models import wanted
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.figure import Series
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.courses import gone, newest, peak, peak_at, read_courses
from tradai_console.probes.places import absent_service, find_service
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import ago, at, judged, short, span
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw

USE_HIGH_PCT = 80.0
"""The matrix's limit for memory."""
USE_FULL_PCT = 95.0


@probe("ecs.memory")
async def memory(context: ProbeContext, given: Given) -> Evidence:
    """`cloudwatch:GetMetricData` of AWS/ECS MemoryUtilization."""
    return await _usage(context, given, "Memory")


@probe("ecs.cpu")
async def cpu(context: ProbeContext, given: Given) -> Evidence:
    """`cloudwatch:GetMetricData` of AWS/ECS CPUUtilization."""
    return await _usage(context, given, "CPU")


async def _usage(context: ProbeContext, given: Given, what: str) -> Evidence:
    found = await find_service(context, given["service"])
    if found is None:
        return await absent_service(context, given["service"])
    ask = wanted.service_memory if what == "Memory" else wanted.service_cpu
    names = [ask(found.cluster, found.service.name, statistic) for statistic in ("Average", "Maximum")]
    average, highest = await read_courses(context, names, given.minutes)
    return judge_usage(what, found.service.service, average, highest, given.minutes, context.now)


def judge_usage(
    what: str, service: str, average: Series, highest: Series, minutes: int, now: datetime
) -> Evidence:
    """Is it near its limit now, or was it in the window?"""
    window = span(minutes * 60)
    if gone(highest, now):
        last = f"; the newest is from {ago(highest.times[-1], now)}" if highest.times else ""
        line = f"CloudWatch has no {what} figures of {service} for now{last}. Does it run a task at all?"
        return Evidence(Verdict.UNKNOWN, line, series=highest.values, limit=USE_HIGH_PCT)
    # The newest point, no mean: at the minute of the alert the four before it were still well.
    now_pct, mean, top, when = highest.values[-1], newest(average, now), peak(highest), peak_at(highest)
    grade = judged(now_pct, USE_HIGH_PCT, USE_FULL_PCT)
    if grade is Verdict.OK and top is not None and top >= USE_HIGH_PCT:
        grade = Verdict.WARN
    mean_told = f", {short(mean)} % on average" if mean is not None else ""
    line = f"{what} of {service}: {short(now_pct)} % of its limit at most now{mean_told}; peak {short(top or 0)} %"
    if when is not None:
        line += f" at {at(when, now)}"
    rows = (
        Row("maximum now", f"{short(now_pct or 0)} %", judged(now_pct, USE_HIGH_PCT, USE_FULL_PCT)),
        Row("average now", f"{short(mean)} %" if mean is not None else "unknown"),
        Row(f"peak in {window}", f"{short(top or 0)} %", judged(top, USE_HIGH_PCT, USE_FULL_PCT)),
    )
    return Evidence(
        grade, f"{line} (alarm at {USE_HIGH_PCT:.0f} %).", rows, series=highest.values, limit=USE_HIGH_PCT
    )


@probe("ecs.task_definition")
async def task_definition(context: ProbeContext, given: Given) -> Evidence:
    """`ecs:DescribeTaskDefinition` of the running revision and of the one before (`ecs:ListTaskDefinitions`)."""
    found = await find_service(context, given["service"])
    if found is None:
        return await absent_service(context, given["service"])
    ecs = await context.client("ecs")
    running = found.service.task_definition
    family = running.rpartition(":")[0]
    listed, described = await asyncio.gather(
        ecs.list_task_definitions(familyPrefix=family, status="ACTIVE", sort="DESC", maxResults=10),
        ecs.describe_task_definition(taskDefinition=running),
    )
    names = [fields.last_part(arn) for arn in fields.words(listed, "taskDefinitionArns")]
    before = revision_before(running, names)
    earlier: Raw = {}
    if before is not None:
        earlier = fields.inner(await ecs.describe_task_definition(taskDefinition=before), "taskDefinition")
    return judge_definitions(fields.inner(described, "taskDefinition"), earlier, context.now)


def revision_before(running: str, names: list[str]) -> str | None:
    """The newest revision of the family below the running one, in whatever order they are listed."""
    family, _, revision = running.rpartition(":")
    numbers = [
        int(number)
        for name in names
        for owner, _, number in [name.rpartition(":")]
        if owner == family and number.isdigit() and revision.isdigit() and int(number) < int(revision)
    ]
    return f"{family}:{max(numbers)}" if numbers else None


def judge_definitions(running: Raw, before: Raw, now: datetime) -> Evidence:
    """What differs between the running revision and the one to go back to?"""
    name = _name(running)
    if not name:
        return Evidence(Verdict.UNKNOWN, "ECS does not tell the running revision.")
    new, old = _facts(running), _facts(before)
    changed = [key for key in new if before and new[key] != old.get(key)]
    rows = [Row("running", f"{name}{_registered(running, now)}")]
    if before:
        rows.append(Row("before", f"{_name(before)}{_registered(before, now)}"))
    for key, value in new.items():
        rows.append(Row(key, f"{old.get(key, 'none')} -> {value}" if key in changed else value))
    if not before:
        return Evidence(Verdict.OK, f"{name} runs; there is no earlier revision to go back to.", tuple(rows))
    told = (
        ", ".join(f"{key} {old.get(key, 'none')} -> {new[key]}" for key in changed)
        or "nothing that is compared here"
    )
    return Evidence(Verdict.OK, f"{name} runs; since {_name(before)} changed: {told}.", tuple(rows))


def _registered(definition: Raw, now: datetime) -> str:
    moment = fields.moment(definition.get("registeredAt"))
    return f", registered {ago(moment, now)}" if moment else ""


def _name(definition: Raw) -> str:
    return fields.last_part(fields.text(definition, "taskDefinitionArn", fields.NAME_LIMIT))


def _facts(definition: Raw) -> dict[str, str]:
    """What a deployment may change: memory, processor, and each container's image and names of variables."""
    facts = {
        "memory": fields.text(definition, "memory", 20) or "none",
        "cpu": fields.text(definition, "cpu", 20) or "none",
    }
    for container in fields.rows(definition, "containerDefinitions"):
        name = fields.text(container, "name", 60)
        facts[f"image {name}"] = _image(container)
        names = sorted(fields.text(one, "name", 80) for one in fields.rows(container, "environment"))
        facts[f"variables {name}"] = " ".join(names) or "none"
    return facts


def _image(container: dict[str, Any] | Raw) -> str:
    """Without the registry: what differs stands at the end."""
    return fields.last_part(fields.text(container, "image", fields.NAME_LIMIT)) or "none"
