"""NAT Instance Down: its host is dead, and its group has been told not to mind."""

from __future__ import annotations

from tradai_console.demo.drills.plot import Plot, a_user, drill
from tradai_console.demo.drills.way_out import until_out
from tradai_console.demo.inside import behaviour
from tradai_console.demo.story.stage import Actor


@drill(
    "nat-down",
    alert="NAT Instance Down",
    line="nothing gets out to the exchanges",
    announced="tradai-{env}-nat-unhealthy",
    cures="letting the group replace it: TerminateInstanceInAutoScalingGroup without decrement, two to three minutes",
    useless="a reboot: a failing system check is the host's; pointing the route at the same instance again; waiting",
    truth="The host under the NAT instance failed. The group would have replaced it within minutes, but {user} had suspended its "
    "health checks for a piece of maintenance and forgot to resume them. Told to end the instance it launches the next one.",
    looks=("nat.group", "nat.instance"),
    right=("nat.replace",),
    remedy=(lambda hand, _: hand.replace_nat(),),
    draws=a_user,
)
def play(plot: Plot) -> Actor:
    """Down until another instance, or the same on another host, forwards again."""
    instance, group = plot.stage.facts.nat_instance, plot.cast.nat_group
    plot.aws("autoscaling").suspend_processes(
        AutoScalingGroupName=group, ScalingProcesses=["HealthCheck", "ReplaceUnhealthy"]
    )
    parameters = {"autoScalingGroupName": group, "scalingProcesses": ["HealthCheck", "ReplaceUnhealthy"]}
    plot.recorded(plot["user"], "autoscaling:SuspendProcesses", ago_s=3 * 3600, requestParameters=parameters)
    if instance is not None:
        behaviour("ec2").set_impaired(instance, "system")
    yield from until_out(plot)
    plot.aws("autoscaling").resume_processes(AutoScalingGroupName=group)
