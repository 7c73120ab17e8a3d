"""The way out: the verdict and every fact it rests on."""

from __future__ import annotations

from screens.facts.facts import Chart, Facts, Section, pair
from screens.facts.related import related_alarms
from screens.panes.nat import STYLE
from screens.widgets.line import Line
from screens.widgets.pane import Moment
from screens.widgets.words import UNKNOWN, ago, day_stamp
from tradai_console.models.board import Board
from tradai_console.models.nat import Nat
from tradai_console.models.wanted import (
    nat_bytes_in,
    nat_bytes_out,
)


def nat_facts(nat: Nat, board: Board, moment: Moment) -> Facts:
    """The way out, with every fact its verdict rests on."""
    sign, style = STYLE[nat.verdict]
    check = {
        True: Line.of(("on: it drops what is not its own", "bad")),
        False: Line.of("off, as it must be"),
        None: Line.of(UNKNOWN),
    }
    verdict = Section(
        "Verdict", (pair("verdict", Line.of((nat.verdict.value, style))), pair("because", nat.why))
    )
    instance = Section(
        "Instance",
        (
            pair(
                "instance",
                f"{nat.instance_id or 'none'}  {nat.instance_type or ''}  {nat.instance_state or UNKNOWN}",
            ),
            pair(
                "up",
                f"{ago(nat.launched_at, moment.now)}, since {day_stamp(nat.launched_at, local=moment.local)}",
            ),
            pair("status checks", nat.status_checks or UNKNOWN),
            pair("src/dest check", check[nat.source_dest_check]),
            pair(
                "address",
                f"{nat.public_ip or UNKNOWN}  {'Elastic IP' if nat.elastic else 'not elastic' if nat.elastic is False else ''}",
            ),
            *(pair("also tagged", other) for other in nat.others),
        ),
    )
    group = Section(
        "Group",
        (
            pair("group", nat.asg_name or UNKNOWN),
            pair("in service", f"{_or(nat.asg_in_service)} of {_or(nat.asg_desired)}"),
            pair("newest activity", nat.asg_activity or "none"),
            Line.of(
                (
                    "Stopping the instance makes the group replace it; wait 2 to 3 minutes for it before doing anything else.",
                    "dim",
                )
            ),
        ),
    )
    route = Section(
        "Route",
        (
            pair("table", nat.route_table or UNKNOWN),
            pair("0.0.0.0/0 to", nat.route_target or "nothing"),
            pair(
                "state",
                Line.of((nat.route_state or UNKNOWN, "good" if nat.route_state == "active" else "bad")),
            ),
        ),
    )
    charts: tuple[Chart, ...] = ()
    if nat.instance_id:
        charts = (
            Chart(nat_bytes_out(nat.instance_id), "bytes out", "kB/s", scale=1 / 60_000),
            Chart(nat_bytes_in(nat.instance_id), "bytes in", "kB/s", scale=1 / 60_000),
        )
    return Facts(
        title=Line.of((f"{sign} ", style), ("NAT", "strong"), "  ", (nat.verdict.value, style)),
        name=nat.instance_id or "nat",
        arn=nat.instance_id or "nat",
        sections=(verdict, instance, group, route),
        charts=charts,
        related=related_alarms(board, {nat.instance_id or ""}, "-nat-"),
    )


def _or(value: object) -> str:
    return UNKNOWN if value is None else str(value)
