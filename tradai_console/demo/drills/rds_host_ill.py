"""RDS Connectivity: the primary is ill, and RDS calls it available."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.drills.unreachable import complain, connect, cut_off
from tradai_console.demo.story.stage import Actor


@drill(
    "rds-host-ill",
    alert="RDS Connectivity",
    line="nobody is connected to a database that is available",
    announced="tradai-{env}-rds-connectivity",
    cures="a forced failover to the other zone (RebootDBInstance with ForceFailover), with L2",
    useless="new tasks for mlflow; the security group: its rule is there; a plain reboot: the same host comes back",
    truth="The storage of the primary's host stalls: new sessions hang before the login. RDS's own check needs no storage and "
    "passes, so no failover came by itself. The standby is well.",
    looks=("rds.load",),
    right=("rds.failover",),
    remedy=(lambda hand, _: hand.reboot_database(failover=True),),
)
def play(plot: Plot) -> Actor:
    """Hanging until the database serves from its other zone."""
    before = plot.stage.facts.failovers or 0
    plot.conditions.storage_stall_s = plot.rng.uniform(2.4, 5.2)
    cut_off(plot)
    said = "timeout expired while waiting for the server's first answer"
    turns = complain(plot, said)
    while (plot.stage.facts.failovers or 0) <= before:
        if next(turns, None) is None:
            turns = complain(plot, said)
        yield LOOK_S
    plot.conditions.storage_stall_s = 0.0
    yield 2 * LOOK_S
    connect(plot)
