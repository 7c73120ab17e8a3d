"""NAT Instance Down: the instance throws away what is not its own."""

from __future__ import annotations

from tradai_console.demo.drills.plot import Plot, a_user, drill
from tradai_console.demo.drills.way_out import until_out
from tradai_console.demo.story.stage import Actor


@drill(
    "nat-source-dest-check",
    alert="NAT Instance Down",
    line="nothing gets out to the exchanges; instance, checks and route look well",
    announced="tradai-{env}-nat-traffic-low",
    cures="turning source/dest check of the instance off; a replacement too, with a longer outage",
    useless="a reboot; the route: it is right",
    truth="{user} changed a security group in the console and turned source/dest check of the NAT instance on by the way. "
    "It drops every packet that is not its own.",
    looks=("nat.instance",),
    right=("nat.source_dest_check_off", "nat.replace"),
    remedy=(lambda hand, _: hand.source_dest_check_off(),),
    draws=a_user,
)
def play(plot: Plot) -> Actor:
    """Dropped until the attribute, or the instance, is another."""
    instance = plot.stage.facts.nat_instance
    plot.aws("ec2").modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": True})
    parameters = {"instanceId": instance, "sourceDestCheck": {"value": True}}
    plot.recorded(plot["user"], "ec2:ModifyInstanceAttribute", ago_s=6 * 60, requestParameters=parameters)
    yield from until_out(plot)
