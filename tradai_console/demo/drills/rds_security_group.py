"""RDS Connectivity: the rule that let the tasks in is gone."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from tradai_console.demo.drills.plot import LOOK_S, Plot, a_user, drill
from tradai_console.demo.drills.unreachable import complain, connect, cut_off
from tradai_console.demo.story.stage import Actor
from tradai_console.demo.story.trails import FLOW_STREAM, flow_line

_PRIVATE = ip_network("10.0.11.0/24")


@drill(
    "rds-security-group",
    alert="RDS Connectivity",
    line="nobody is connected to a database that is available",
    announced="tradai-{env}-rds-connectivity",
    cures="the rule: port 5432 of the database's security group for the tasks' group (AuthorizeSecurityGroupIngress)",
    useless="new tasks for mlflow; a reboot or a failover of the database: both zones have the same group",
    truth="{user} tidied up the database's security group and removed the rule for the tasks with a rule that nobody used.",
    looks=("rds.security_groups",),
    right=("rds.repair_security_group",),
    remedy=(lambda hand, _: hand.let_tasks_in(),),
    draws=a_user,
)
def play(plot: Plot) -> Actor:
    """Shut until a rule lets the tasks' group in."""
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
    rds, tasks = _group(plot, "rds"), _group(plot, "ecs")
    pair = [{"GroupId": tasks["GroupId"]}]
    plot.aws("ec2").revoke_security_group_ingress(
        GroupId=rds["GroupId"], IpPermissions=[{**rule, "UserIdGroupPairs": pair}]
    )
    parameters = {"groupId": rds["GroupId"]}
    plot.recorded(plot["user"], "ec2:RevokeSecurityGroupIngress", ago_s=4 * 60, requestParameters=parameters)
    cut_off(plot)
    turns = complain(plot, "could not connect to server: Connection timed out (port 5432)")
    _refused(plot)
    while not _lets_in(_group(plot, "rds"), str(tasks["GroupId"])):
        if next(turns, None) is None:
            _refused(plot)
            turns = complain(plot, "could not connect to server: Connection timed out (port 5432)")
        yield LOOK_S
    yield 2 * LOOK_S
    connect(plot)


def _refused(plot: Plot) -> None:
    """The flow log of what the group turns away: three packets of one attempt."""
    at, port = plot.stage.time.time(), plot.rng.randint(30000, 60999)
    interface = plot.rng.getrandbits(64)
    line = flow_line(
        plot.cast.account, interface, "10.0.11.58", "10.0.21.14", port, 5432, 3, 180, at, "REJECT"
    )
    plot.stage.say((plot.cast.platform.log_groups.flow, FLOW_STREAM), line, at)


def _group(plot: Plot, name: str) -> dict[str, Any]:
    filters = [{"Name": "group-name", "Values": [f"tradai-{name}-sg-{plot.cast.env}"]}]
    return dict(plot.aws("ec2").describe_security_groups(Filters=filters)["SecurityGroups"][0])


def _lets_in(group: dict[str, Any], source: str) -> bool:
    return any(
        int(rule.get("FromPort", 0)) <= 5432 <= int(rule.get("ToPort", 65535))
        and (
            any(pair["GroupId"] == source for pair in rule.get("UserIdGroupPairs", ()))
            or any(ip_network(one["CidrIp"]).overlaps(_PRIVATE) for one in rule.get("IpRanges", ()))
        )
        for rule in group["IpPermissions"]
    )
