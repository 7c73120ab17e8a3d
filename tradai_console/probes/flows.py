"""What the network refuses: `vpc.rejects`, from the flow log."""

from __future__ import annotations

import ipaddress
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.loglines import Place, Read, read_lines
from tradai_console.probes.network import HTTPS, POSTGRES, network_of
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import ago, at, counted, span

_INSIDE: Final = tuple(
    ipaddress.ip_network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
"""What private networks are made of. Python's own `is_private` counts ranges for documents too."""


@probe("vpc.rejects")
async def rejects(context: ProbeContext, given: Given) -> Evidence:
    """Rejected flows of the VPC's flow log."""
    read = await read_lines(context, Place((context.platform.log_groups.flow,)), given.minutes, ("REJECT",))
    return judge_rejects(read, given.minutes, context.now)


@dataclass(frozen=True)
class Flow:
    """One rejected flow."""

    at: datetime
    source: str
    target: str
    port: int

    @property
    def inside(self) -> bool:
        """Whether it began in a private network: the rest is the noise of the internet."""
        network = network_of(self.source)
        return network is not None and any(
            inside.version == network.version and network.subnet_of(inside)  # type: ignore[arg-type]
            for inside in _INSIDE
        )


def parse_flows(read: Read) -> list[Flow]:
    """The flows of the default format: version account interface source target sourceport port ..."""
    found = []
    for line in read.lines:
        words = line.text.split()
        if len(words) >= 13 and "REJECT" in words and words[6].isdigit() and network_of(words[3]) is not None:
            found.append(Flow(line.at, words[3], words[4], int(words[6])))
    return found


def judge_rejects(read: Read, minutes: int, now: datetime) -> Evidence:
    """Is something from inside the VPC refused? From outside something always is."""
    window = span(minutes * 60)
    flows = parse_flows(read)
    inside = [flow for flow in flows if flow.inside]
    outside = len(flows) - len(inside)
    note = f" (searched: {read.searched})" if not read.whole else ""
    noise = f"; {counted(outside, 'flow')} from outside too, which is usual" if outside else ""
    if len(flows) < len(read.lines) and not flows:
        line = f"{counted(len(read.lines), 'rejected flow')} in {window}, in a format that is not known here."
        return Evidence(
            Verdict.UNKNOWN, line, tuple([Row(at(one.at, now), one.text[:240]) for one in read.lines[-10:]])
        )
    if not inside:
        verdict = Verdict.OK if read.whole else Verdict.UNKNOWN
        return Evidence(verdict, f"Nothing from inside the VPC was rejected in {window}{note}{noise}.")
    ways = Counter((flow.source, flow.target, flow.port) for flow in inside)
    rows = tuple(
        [
            Row(f"{source} -> {target}:{port}", f"{number} x", _way_verdict(port))
            for (source, target, port), number in ways.most_common()
        ]
    )
    (source, target, port), number = ways.most_common(1)[0]
    line = (
        f"{read.at_least}{counted(len(inside), 'flow')} from inside the VPC rejected in {window}{note}, the newest "
        f"{ago(inside[-1].at, now)}; most often {source} to {target}:{port} ({number} x){noise}."
    )
    verdict = Verdict.BAD if any(_way_verdict(port) is Verdict.BAD for _, _, port in ways) else Verdict.WARN
    return Evidence(verdict, line[:1].upper() + line[1:], rows)


def _way_verdict(port: int) -> Verdict:
    return Verdict.BAD if port in (POSTGRES, HTTPS) else Verdict.WARN
