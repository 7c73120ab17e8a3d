"""The load balancer's view: `alb.targets`, `alb.latency`, `alb.requests`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from tradai_console.errors import AwsError
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.figure import Series
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.courses import CURRENT, current, gone, metric, peak, read_courses, total
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import counted, judged, listed, short, span, worst
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw, everything
from tradai_console.sources.reading import together

LATENCY_HIGH_S = 2.0
"""From here on the matrix calls an answer slow."""
FAILING_SHARE = 0.05
SURGE = 2.0
SURGE_LEAST = 30.0
"""So many times what is usual, and so many more a minute, are load."""
GROUPS = 20
"""Target groups looked at together."""


@dataclass(frozen=True)
class TargetGroup:
    """A target group, with its names as CloudWatch's dimensions spell them."""

    service: str
    arn: str
    dimension: str
    """`targetgroup/tradai-backend-prod/<id>`."""
    balancer: str | None
    """`app/tradai-prod/<id>`; None if no load balancer sends it anything."""


def parse_groups(raws: Sequence[Raw], context: ProbeContext) -> list[TargetGroup]:
    """The platform's target groups (`elasticloadbalancing:DescribeTargetGroups`), each with its service."""
    platform = context.platform
    owners = {arn: one.service for one in context.board().services.items for arn in one.target_groups}
    found: list[TargetGroup] = []
    for raw in raws:
        arn, name = fields.name(raw, "TargetGroupArn"), fields.name(raw, "TargetGroupName")
        if arn is None or name is None:
            continue
        short_name = platform.service_of(name)
        service = owners.get(arn) or (short_name if short_name != name else None)
        if service is None:
            continue
        balancers = [one.rpartition("loadbalancer/")[2] for one in fields.words(raw, "LoadBalancerArns")]
        found.append(TargetGroup(service, arn, arn.rpartition(":")[2], next(iter(balancers), None)))
    return sorted(found, key=lambda one: one.service)[:GROUPS]


async def _groups(context: ProbeContext, service: str | None) -> list[TargetGroup]:
    elb = await context.client("elbv2")
    raws = await everything(
        elb.describe_target_groups, "TargetGroups", cursor="Marker", answer_cursor="NextMarker"
    )
    found = parse_groups(raws, context)
    wanted = None if service is None else context.platform.service_of(service)
    return [one for one in found if wanted in (None, one.service)]


def _none(context: ProbeContext, service: str | None) -> Evidence:
    """There is no target group: as it should be for a service that names none."""
    if service is None:
        return Evidence(Verdict.UNKNOWN, "No target group of this platform was found behind a load balancer.")
    wanted = context.platform.service_of(service)
    known = next((one for one in context.board().services.items if one.service == wanted), None)
    if known is not None and known.target_groups:
        return Evidence(
            Verdict.BAD, f"The target group that {service} names is gone: nothing reaches it from outside."
        )
    line = f"{service} has no target group: the load balancer sends it nothing, others call it directly."
    return Evidence(Verdict.OK if known is not None else Verdict.UNKNOWN, line)


@probe("alb.targets")
async def targets(context: ProbeContext, given: Given) -> Evidence:
    """`elasticloadbalancing:DescribeTargetHealth` of each of its groups."""
    groups = await _groups(context, given["service"])
    if not groups:
        return _none(context, given["service"])
    elb = await context.client("elbv2")
    answers = await together(elb.describe_target_health(TargetGroupArn=one.arn) for one in groups)
    raws = [raw for answer in answers for raw in fields.rows(answer, "TargetHealthDescriptions")]
    if raws:
        return judge_targets(given["service"], raws)
    healthy, unhealthy = await _host_counts(context, groups[0])
    return judge_no_targets(given["service"], healthy, unhealthy, context.now)


async def _host_counts(context: ProbeContext, group: TargetGroup) -> tuple[Series | None, Series | None]:
    """What CloudWatch counts, to set beside a list that is empty; None where it does not say."""
    if group.balancer is None:
        return None, None
    dimensions = {"LoadBalancer": group.balancer, "TargetGroup": group.dimension}
    names = [
        metric("AWS/ApplicationELB", name, "Maximum", dimensions)
        for name in ("HealthyHostCount", "UnHealthyHostCount")
    ]
    try:
        healthy, unhealthy = await read_courses(context, names, 15)
    except AwsError:
        return None, None
    return healthy, unhealthy


def judge_no_targets(
    service: str, healthy: Series | None, unhealthy: Series | None, now: datetime
) -> Evidence:
    """No target is registered: bad, unless CloudWatch counts some at the same time."""
    if healthy is not None and not gone(healthy, now) and healthy.values[-1] > 0:
        sick = (
            f", {short(unhealthy.values[-1])} unhealthy" if unhealthy is not None and unhealthy.values else ""
        )
        line = (
            f"The load balancer lists no target of {service} now; CloudWatch counted {short(healthy.values[-1])} "
            f"healthy{sick} a moment ago. Ask again in a minute."
        )
        return Evidence(Verdict.UNKNOWN, line)
    return Evidence(Verdict.BAD, f"No target of {service} is registered: every request to it ends with 503.")


def judge_targets(service: str, raws: Sequence[Raw]) -> Evidence:
    """How many targets answer their health check, and why the others do not."""
    rows: list[Row] = []
    states: list[str] = []
    reasons: list[str] = []
    for raw in raws:
        target, health = fields.inner(raw, "Target"), fields.inner(raw, "TargetHealth")
        state = fields.text(health, "State", 40) or "unknown"
        states.append(state)
        reason = fields.text(health, "Description", 200) or fields.text(health, "Reason", 80)
        if state not in ("healthy", "draining") and reason:
            reasons.append(reason)
        address = f"{fields.text(target, 'Id', 80)}:{fields.text(target, 'Port', 8)}"
        zone = fields.text(target, "AvailabilityZone", 40)
        rows.append(Row(address, "  ".join(filter(None, (state, reason, zone))), _state_verdict(state)))
    counting = [state for state in states if state != "draining"]
    healthy = counting.count("healthy")
    told = f"{healthy} of {counted(len(counting), 'target')} of {service} healthy"
    sick = [
        state for state in counting if state in ("unhealthy", "unavailable", "unused", "unhealthy.draining")
    ]
    if sick:
        why = f": {listed(dict.fromkeys(reasons), 2)}" if reasons else ""
        return Evidence(Verdict.BAD, f"{told}, {len(sick)} not{why}.", tuple(rows))
    if not counting:
        return Evidence(
            Verdict.BAD, f"Every target of {service} is draining: none takes requests.", tuple(rows)
        )
    if healthy < len(counting):
        return Evidence(Verdict.WARN, f"{told}, {len(counting) - healthy} still being checked.", tuple(rows))
    return Evidence(Verdict.OK, f"{told}.", tuple(rows))


def _state_verdict(state: str) -> Verdict:
    return {"healthy": Verdict.OK, "initial": Verdict.WARN, "draining": Verdict.WARN}.get(state, Verdict.BAD)


@probe("alb.latency")
async def latency(context: ProbeContext, given: Given) -> Evidence:
    """`cloudwatch:GetMetricData` of TargetResponseTime, average and p99, of each group."""
    groups = [one for one in await _groups(context, given.get("service")) if one.balancer]
    if not groups:
        return _none(context, given.get("service"))
    names = [
        metric("AWS/ApplicationELB", "TargetResponseTime", statistic, _dimensions(one))
        for one in groups
        for statistic in ("Average", "p99")
    ]
    read = await read_courses(context, names, given.minutes)
    courses = {one.service: (read[2 * place], read[2 * place + 1]) for place, one in enumerate(groups)}
    return judge_latency(courses, given.minutes, context.now)


def _dimensions(group: TargetGroup) -> dict[str, str]:
    return {"LoadBalancer": group.balancer or "", "TargetGroup": group.dimension}


def judge_latency(courses: dict[str, tuple[Series, Series]], minutes: int, now: datetime) -> Evidence:
    """Are answers slower than 2 s: on average (bad), or the slowest in a hundred (a warning)?

    What is judged is the mean of the newest points. Where the newest alone is on the other side of the limit the words
    tell it: it has just begun, or just ended.
    """
    rows: list[Row] = []
    judgements: list[tuple[Verdict, float, str, Series]] = []
    for service, (average, slowest) in courses.items():
        mean, tail = current(average, now), current(slowest, now)
        if mean is None or tail is None:
            rows.append(Row(service, "no answers measured lately", Verdict.UNKNOWN))
            continue
        grade = Verdict.BAD if mean >= LATENCY_HIGH_S else judged(tail, LATENCY_HIGH_S, 5 * LATENCY_HIGH_S)
        top, newest = peak(slowest) or 0.0, slowest.values[-1]
        told = f"average {seconds(mean)}, p99 {seconds(tail)}"
        line = f"{service} answers in {seconds(mean)} on average, p99 {seconds(tail)}"
        turned = (newest >= LATENCY_HIGH_S) is not (tail >= LATENCY_HIGH_S)
        lately = f", {seconds(newest)} in the newest {_point(slowest)}" if turned else ""
        if turned and grade is Verdict.BAD:
            grade = Verdict.WARN
        if grade is Verdict.OK and (newest >= LATENCY_HIGH_S or (peak(average) or 0.0) >= LATENCY_HIGH_S):
            grade = Verdict.WARN
            lately = lately or " (slow earlier in the window)"
        rows.append(Row(service, f"{told}; p99 peak {seconds(top)} in {span(minutes * 60)}", grade))
        judgements.append((grade, tail, line + lately, slowest))
    if not judgements:
        return Evidence(
            Verdict.UNKNOWN, f"CloudWatch measured no answer lately, of {listed(courses)}.", tuple(rows)
        )
    verdict = worst(grade for grade, *_ in judgements)
    _, _, line, series = max((one for one in judgements if one[0] is verdict), key=lambda one: one[1])
    return Evidence(
        verdict, f"{line}; the limit is 2 s.", tuple(rows), series=series.values, limit=LATENCY_HIGH_S
    )


def _point(series: Series) -> str:
    return "minute" if series.metric.period_s <= 60 else span(series.metric.period_s)


def seconds(value: float) -> str:
    """`160 ms`, `3.1 s`."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{short(value)} s"


@probe("alb.requests")
async def requests(context: ProbeContext, given: Given) -> Evidence:
    """`cloudwatch:GetMetricData` of RequestCount and HTTPCode_Target_5XX_Count of each group."""
    groups = [one for one in await _groups(context, given.get("service")) if one.balancer]
    if not groups:
        return _none(context, given.get("service"))
    names = [
        metric("AWS/ApplicationELB", name, "Sum", _dimensions(one))
        for one in groups
        for name in ("RequestCount", "HTTPCode_Target_5XX_Count")
    ]
    # What the balancer answers itself, 502 and 503 of dead targets, is counted only for the whole of it.
    balancers = list(dict.fromkeys(one.balancer for one in groups if one.balancer))
    names += [
        metric("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum", {"LoadBalancer": one})
        for one in balancers
    ]
    read = await read_courses(context, names, given.minutes)
    courses = {one.service: (read[2 * place], read[2 * place + 1]) for place, one in enumerate(groups)}
    return judge_requests(
        courses, sum(total(one) for one in read[2 * len(groups) :]), given.minutes, context.now
    )


def judge_requests(
    courses: dict[str, tuple[Series, Series]], refused: float, minutes: int, now: datetime
) -> Evidence:
    """How many requests come, and what share of them fails? `refused`: 5xx of the balancer itself."""
    rows: list[Row] = []
    surges: list[str] = []
    counts: list[tuple[str, float, float, Series]] = []
    for service, (requested, failing) in courses.items():
        if not requested.values:
            rows.append(Row(service, "no requests counted", Verdict.UNKNOWN))
            continue
        count, failed = total(requested), total(failing)
        lately = (
            0.0
            if gone(requested, now)
            else sum(requested.values[-CURRENT:]) / min(CURRENT, len(requested.values))
        )
        minute = lately * 60 / requested.metric.period_s
        text = (
            f"{short(minute)} a minute now, {short(count)} in {span(minutes * 60)}, {short(failed)} with 5xx"
        )
        more = _surge(requested, now)
        surges += [f"{service} gets {more}"] if more else []
        grade = worst([_failing_verdict(failed, count), Verdict.WARN if more else Verdict.OK])
        rows.append(Row(service, text, grade))
        counts.append((service, count, failed, requested))
    if refused:
        rows.append(Row("load balancer itself", f"{short(refused)} answers 5xx", Verdict.WARN))
    if not counts:
        return Evidence(
            Verdict.UNKNOWN, f"CloudWatch counted no request in {span(minutes * 60)}.", tuple(rows)
        )
    count, failed = sum(one[1] for one in counts), sum(one[2] for one in counts)
    verdict = worst(
        [_failing_verdict(one[2], one[1]) for one in counts] + ([Verdict.WARN] if refused or surges else [])
    )
    worst_one = max(counts, key=lambda one: one[2] / one[1] if one[1] else 0)
    which = f", most of {worst_one[0]}" if failed and len(counts) > 1 else ""
    own = f"; the load balancer itself refused {short(refused)}" if refused else ""
    load = f"; {listed(surges)}" if surges else ""
    line = (
        f"{short(count)} requests in {span(minutes * 60)}, {short(failed)} answered 5xx "
        f"({100 * failed / count if count else 0:.1f} %){which}{own}{load}."
    )
    return Evidence(verdict, line, tuple(rows), series=worst_one[3].values)


def _surge(requested: Series, now: datetime) -> str:
    """`230 a minute, usually 52`, if there are far more than before; else empty.

    The higher of the newest two counts: the last minute may not be over.
    """
    before = requested.values[:-CURRENT]
    if gone(requested, now) or len(before) < CURRENT:
        return ""
    to_minute = 60 / requested.metric.period_s
    usual, lately = median(before) * to_minute, max(requested.values[-2:]) * to_minute
    far_more = lately >= SURGE * usual and lately - usual >= SURGE_LEAST
    return f"{short(lately)} a minute, usually {short(usual)}" if far_more else ""


def _failing_verdict(failed: float, count: float) -> Verdict:
    if not failed:
        return Verdict.OK
    return Verdict.BAD if not count or failed / count >= FAILING_SHARE else Verdict.WARN
