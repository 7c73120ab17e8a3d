"""The way out: one verdict, and the facts it was judged from."""

from __future__ import annotations

from collections.abc import Sequence

from screens.widgets.line import Line, beside
from screens.widgets.pane import Pane
from screens.widgets.words import UNKNOWN, ago, scaled, spark
from tradai_console.models.nat import Nat, NatVerdict
from tradai_console.models.wanted import nat_bytes_out

STYLE = {
    NatVerdict.HEALTHY: ("✓", "good"),
    NatVerdict.GATEWAY: ("◆", "warn"),
    NatVerdict.REPLACING: ("◐", "warn"),
    NatVerdict.IMPAIRED: ("▲", "bad"),
    NatVerdict.MISROUTED: ("▲", "bad"),
    NatVerdict.DOWN: ("▲", "bad"),
    NatVerdict.UNKNOWN: ("?", "warn"),
}


class NatPane(Pane[Nat]):
    """One verdict in words, and under it what it rests on."""

    source = "nat"
    digit = 4
    name_shown = "NAT"
    name_short = "NAT"
    measured = True
    words_empty = "no NAT instance is tagged for this environment"
    item_height = 4

    def key_of(self, item: Nat) -> str:
        del item  # there is one way out
        return "nat"

    def arn_of(self, item: Nat) -> str:
        return item.instance_id or "nat"

    def order(self, item: Nat) -> int:
        del item
        return 0

    def trouble(self, item: Nat) -> bool:
        return STYLE[item.verdict][1] == "bad"

    def draw(self, item: Nat, width: int) -> Sequence[Line]:
        sign, style = STYLE[item.verdict]
        launched = f"up {ago(item.launched_at, self.moment.now)}" if item.launched_at else ""
        first = beside(
            Line.of(
                (sign, style),
                " ",
                (item.verdict.value, style),
                "  ",
                (item.instance_id or "no instance", "plain"),
            ),
            Line.of((launched, "dim")),
            width,
        )
        if item.verdict is not NatVerdict.HEALTHY:
            return (first, Line.of("  ", (item.why, "plain")), self._facts(item), self._bytes(item, width))
        return (first, self._facts(item), self._address(item), self._bytes(item, width))

    def _facts(self, item: Nat) -> Line:
        asg = f"{_or(item.asg_in_service)}/{_or(item.asg_desired)}"
        good_route = item.route_state == "active"
        return Line.of(
            "  ",
            ("route ", "dim"),
            (item.route_state or "none", "good" if good_route else "bad"),
            ("  checks ", "dim"),
            (item.status_checks or UNKNOWN, "good" if item.status_checks == "ok" else "warn"),
            ("  asg ", "dim"),
            (asg, "plain" if item.asg_in_service else "warn"),
        )

    def _address(self, item: Nat) -> Line:
        kind = "eip " if item.elastic else "ip "
        check = {True: ("on", "bad"), False: ("off", "good"), None: (UNKNOWN, "warn")}[item.source_dest_check]
        return Line.of("  ", (kind, "dim"), item.public_ip or UNKNOWN, ("  src/dst check ", "dim"), check)

    def _bytes(self, item: Nat, width: int) -> Line:
        metric = nat_bytes_out(item.instance_id) if item.instance_id else None
        series = self.board.series.get(metric) if metric else None
        if series is None or series.latest is None:
            return Line.of("  ", ("out ", "dim"), (UNKNOWN, "dim"))
        rate = scaled(series.latest / series.metric.period_s, "B/s")
        return Line.of(
            "  ",
            ("out ", "dim"),
            (spark(series.values, max(0, min(24, width - 20)), low=0), "info"),
            f" {rate}",
        )


def _or(value: object) -> str:
    return UNKNOWN if value is None else str(value)
