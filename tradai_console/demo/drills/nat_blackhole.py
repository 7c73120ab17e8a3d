"""NAT Instance Down: the instance is new and well, and the route still leads to the old one."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, a_user, drill
from tradai_console.demo.drills.way_out import until_out
from tradai_console.demo.inside import behaviour
from tradai_console.demo.story.stage import Actor


@drill(
    "nat-blackhole",
    alert="NAT Instance Down",
    line="nothing gets out to the exchanges; the NAT instance looks well",
    announced="tradai-{env}-nat-traffic-low",
    cures="pointing the private default route at the instance in service: ReplaceRoute",
    useless="a reboot; replacing the instance: the next one gets no route either",
    worse="replacing the instance: two more minutes without an address, and the route is as black as before",
    truth="The NAT instance was replaced as it should be. update-nat-routes failed: {user} had taken ec2:ReplaceRoute from its "
    "role. The route leads to the instance that is gone.",
    looks=("nat.route",),
    right=("nat.repair_route",),
    remedy=(lambda hand, _: hand.repair_route(),),
    draws=a_user,
)
def play(plot: Plot) -> Actor:
    """A replacement whose last step fails; black until the route is put right."""
    old, group, scaling = plot.stage.facts.nat_instance, plot.cast.nat_group, behaviour("autoscaling")
    role = f"tradai-lambda-{plot.cast.env}"
    plot.recorded(plot["user"], "iam:PutRolePolicy", ago_s=50 * 60, requestParameters={"roleName": role})
    plot.conditions.lambda_errors["update-nat-routes"] = (
        "ClientError: An error occurred (UnauthorizedOperation) when calling the ReplaceRoute operation: "
        f"role/{role} is not authorized to perform ec2:ReplaceRoute"
    )
    # It was all over before the alarm: the replacement is played in seconds.
    scaling.set_timing(group, scaling.Timing(notice_s=0.0, boot_s=1.0, hook_s=1.0))
    if old is not None:
        plot.aws("autoscaling").terminate_instance_in_auto_scaling_group(
            InstanceId=old, ShouldDecrementDesiredCapacity=False
        )
    yield 3 * LOOK_S
    scaling.set_timing(group, scaling.Timing())
    yield from until_out(plot)
    plot.conditions.lambda_errors.pop("update-nat-routes")
