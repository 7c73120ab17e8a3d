"""The way out: `nat.instance`, `nat.group`, `nat.route`, `nat.address`, `nat.traffic`."""

from __future__ import annotations

from datetime import datetime
from statistics import median

from tradai_console.models import wanted
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.figure import Series
from tradai_console.models.nat import Nat, NatVerdict
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.courses import current, gone, read_courses
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import ago, size, span
from tradai_console.sources.instances import read_instances
from tradai_console.sources.nat import NatSource

IDLE_BYTES = 50_000.0
"""Bytes a minute below which hardly anything leaves: the exchange is asked oftener than that."""


async def _read(context: ProbeContext) -> Nat:
    """As the pane reads it; probes that ask at the same time share the calls."""
    reading = await NatSource(context.door, context.platform, context.clock).read()
    return reading.items[0]


@probe("nat.instance")
async def instance(context: ProbeContext, given: Given) -> Evidence:
    """`ec2:DescribeInstances`, `ec2:DescribeInstanceStatus`."""
    del given
    return judge_instance(await _read(context), context.now)


def judge_instance(nat: Nat, now: datetime) -> Evidence:
    """Does it run, pass its checks, and forward what is not its own?"""
    if nat.instance_id is None:
        if nat.verdict is NatVerdict.GATEWAY:
            return Evidence(
                Verdict.OK, f"There is no NAT instance; the way out is the gateway {nat.gateway_id}."
            )
        grade = Verdict.WARN if nat.verdict is NatVerdict.REPLACING else Verdict.BAD
        return Evidence(Verdict.UNKNOWN if nat.verdict is NatVerdict.UNKNOWN else grade, nat.why)
    state, checks, forward = nat.instance_state, nat.status_checks, nat.source_dest_check
    check_verdict = {"ok": Verdict.OK, "impaired": Verdict.BAD, "initializing": Verdict.WARN}
    up = state == "running"
    rows = [
        Row("instance", f"{nat.instance_id} {nat.instance_type or ''} {nat.az or ''}".strip()),
        Row("state", state or "unknown", Verdict.OK if up else Verdict.WARN if state == "pending" else Verdict.BAD),
        Row("status checks", checks or "unknown", check_verdict.get(checks or "", Verdict.UNKNOWN)),
        Row("source/dest check", {True: "on: it drops what it should forward", False: "off, as it must be"}.get(
            forward, "unknown") if forward is not None else "unknown",
            {True: Verdict.BAD, False: Verdict.OK}.get(forward, Verdict.UNKNOWN) if forward is not None else Verdict.UNKNOWN),
        Row("launched", ago(nat.launched_at, now)),
        *[Row("another with its tag", other, Verdict.WARN) for other in nat.others if "terminated" not in other],
    ]  # fmt: skip
    if not up:
        return Evidence(Verdict.WARN if state == "pending" or nat.verdict is NatVerdict.REPLACING else Verdict.BAD,
                        f"The NAT instance {nat.instance_id} is {state or 'in an unknown state'}.", tuple(rows))  # fmt: skip
    if forward is True:
        line = f"{nat.instance_id} runs, but its source/dest check is on: it drops what it should forward."
        return Evidence(Verdict.BAD, line, tuple(rows))
    line = f"{nat.instance_id} runs, status checks {checks or 'unknown'}, source/dest check "
    line += f"{'off' if forward is False else 'unknown'}, launched {ago(nat.launched_at, now)}."
    if checks == "ok" and forward is None:
        return Evidence(Verdict.UNKNOWN, line, tuple(rows))
    return Evidence(check_verdict.get(checks or "", Verdict.UNKNOWN), line, tuple(rows))


@probe("nat.group")
async def group(context: ProbeContext, given: Given) -> Evidence:
    """`autoscaling:DescribeAutoScalingGroups`, `autoscaling:DescribeScalingActivities`."""
    del given
    return judge_group(await _read(context))


def judge_group(nat: Nat) -> Evidence:
    """Does its group hold what it should, and what did it do last?"""
    if nat.asg_name is None or nat.asg_desired is None or nat.asg_in_service is None:
        if nat.verdict is NatVerdict.GATEWAY:
            return Evidence(Verdict.OK, f"The way out is the gateway {nat.gateway_id}: it needs no group.")
        return Evidence(
            Verdict.UNKNOWN, "The auto-scaling group of the NAT instance was not found, or not readable."
        )
    failed = " Failed:" in (nat.asg_activity or "")
    rows = (
        Row("group", nat.asg_name),
        Row("instances", f"desired {nat.asg_desired}, in service {nat.asg_in_service}"),
        Row("newest activity", nat.asg_activity or "unknown", Verdict.BAD if failed else Verdict.OK),
    )
    told = f"{nat.asg_in_service} of {nat.asg_desired} in service"
    newest = f"; newest activity {nat.asg_activity}" if nat.asg_activity else ""
    if nat.asg_desired == 0:
        return Evidence(
            Verdict.BAD, f"The group {nat.asg_name} is set to run none: nothing replaces the instance.", rows
        )
    if nat.verdict is NatVerdict.REPLACING:
        return Evidence(
            Verdict.WARN, f"The group is replacing the instance, {told}: wait 2 to 3 minutes{newest}.", rows
        )
    if nat.asg_in_service < nat.asg_desired:
        return Evidence(
            Verdict.BAD, f"{told[:1].upper()}{told[1:]}, and nothing is on its way{newest}.", rows
        )
    if nat.instance_state not in ("running", None):
        line = f"The group counts {told}, but the instance is {nat.instance_state}: it has not noticed yet{newest}."
        return Evidence(Verdict.WARN, line, rows)
    return Evidence(Verdict.WARN if failed else Verdict.OK, f"{told}{newest}.", rows)


@probe("nat.route")
async def route(context: ProbeContext, given: Given) -> Evidence:
    """`ec2:DescribeRouteTables`."""
    del given
    return judge_route(await _read(context))


def judge_route(nat: Nat) -> Evidence:
    """Where does 0.0.0.0/0 of the private route table lead?"""
    if nat.route_table is None:
        return Evidence(
            Verdict.UNKNOWN, "The private route table was not found by its tag, or could not be read."
        )
    rows = (
        Row("route table", nat.route_table),
        Row("0.0.0.0/0 leads to", nat.route_target or "nothing"),
        Row("state", nat.route_state or "unknown"),
        Row("NAT instance", f"{nat.instance_id or 'none'} {nat.instance_state or ''}".strip()),
    )
    if nat.route_target is None:
        return Evidence(Verdict.BAD, f"{nat.route_table} has no default route: nothing gets out.", rows)
    if nat.route_state == "blackhole":
        return Evidence(
            Verdict.BAD, f"The default route leads to {nat.route_target}, which is a black hole.", rows
        )
    if nat.verdict is NatVerdict.GATEWAY:
        return Evidence(Verdict.OK, f"The default route leads to the NAT gateway {nat.route_target}.", rows)
    if nat.instance_id is not None and nat.route_target in (nat.instance_id, nat.network_interface):
        if nat.instance_state in ("running", None):
            return Evidence(
                Verdict.OK,
                f"The default route leads to the NAT instance {nat.instance_id}, {nat.route_state}.",
                rows,
            )
        return Evidence(
            Verdict.BAD, f"The default route leads to {nat.instance_id}, which is {nat.instance_state}.", rows
        )
    grade = Verdict.WARN if nat.verdict is NatVerdict.REPLACING else Verdict.BAD
    line = f"The default route leads to {nat.route_target}, not to the NAT instance {nat.instance_id or '(none)'}."
    return Evidence(Verdict.UNKNOWN if nat.verdict is NatVerdict.UNKNOWN else grade, line, rows)


@probe("nat.address")
async def address(context: ProbeContext, given: Given) -> Evidence:
    """`ec2:DescribeAddresses`."""
    del given
    return judge_address(await _read(context))


def judge_address(nat: Nat) -> Evidence:
    """Has it its Elastic IP? Exchanges may know the platform by it."""
    rows = (Row("public address", nat.public_ip or "none"), Row("instance", nat.instance_id or "none"))
    if nat.instance_id is None:
        grade = Verdict.OK if nat.verdict is NatVerdict.GATEWAY else Verdict.UNKNOWN
        return Evidence(grade, "There is no NAT instance that could have an address.", rows)
    if nat.elastic is None:
        return Evidence(
            Verdict.UNKNOWN,
            f"The addresses could not be read; {nat.instance_id} has {nat.public_ip or 'none'}.",
            rows,
        )
    if nat.elastic:
        return Evidence(Verdict.OK, f"The Elastic IP {nat.public_ip} is on {nat.instance_id}.", rows)
    if nat.public_ip:
        line = f"{nat.instance_id} has {nat.public_ip}, which is not the Elastic IP: who trusts that one refuses us."
        return Evidence(Verdict.WARN, line, rows)
    return Evidence(
        Verdict.BAD, f"{nat.instance_id} has no public address: nothing it forwards comes back.", rows
    )


@probe("nat.traffic")
async def traffic(context: ProbeContext, given: Given) -> Evidence:
    """`cloudwatch:GetMetricData` of NetworkOut and NetworkIn."""
    ec2 = await context.client("ec2")
    live = [one for one in await read_instances(ec2, context.platform.nat.tag_name) if one.state == "running"]
    if not live:
        return Evidence(Verdict.BAD, "No NAT instance runs, so nothing goes through one.")
    targets = [wanted.nat_bytes_out(live[0].id), wanted.nat_bytes_in(live[0].id)]
    out, into = await read_courses(context, targets, given.minutes)
    return judge_traffic(live[0].id, out, into, given.minutes, context.now)


def judge_traffic(instance_id: str, out: Series, into: Series, minutes: int, now: datetime) -> Evidence:
    """Does anything go through it?"""
    window, per_minute = span(minutes * 60), out.metric.period_s / 60
    sent, received = current(out, now), current(into, now)
    if gone(out, now) or sent is None:
        newest = f"; the newest are from {ago(out.times[-1], now)}" if out.times else ""
        return Evidence(
            Verdict.UNKNOWN, f"CloudWatch has no recent figures of {instance_id}{newest}.", series=out.values
        )
    sent_now = sum(out.values[-2:]) / len(out.values[-2:]) / per_minute
    usual = median(out.values) / per_minute
    rows = (
        Row("out now", f"{size(sent_now)} a minute"),
        Row("out, newest five", f"{size(sent / per_minute)} a minute"),
        Row(
            "in, newest five",
            f"{size(received / per_minute)} a minute" if received is not None else "unknown",
        ),
        Row(f"usual in {window}", f"{size(usual)} a minute out"),
    )
    compared = f"; usual in {window} is {size(usual)}"
    if sent_now < IDLE_BYTES:
        all_along = f", and no more at most times in {window}" if usual < IDLE_BYTES else compared
        line = f"Next to nothing leaves through {instance_id}: {size(sent_now)} a minute now{all_along}."
        return Evidence(Verdict.BAD, line, rows, series=out.values, limit=IDLE_BYTES)
    line = f"{size(sent_now)} a minute leave through {instance_id} now{compared}."
    verdict = Verdict.WARN if sent_now < usual / 10 else Verdict.OK
    return Evidence(verdict, line, rows, series=out.values, limit=IDLE_BYTES)
