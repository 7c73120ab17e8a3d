"""Unauthorized Access: one of our own tasks calls what it has no business with."""

from __future__ import annotations

from tradai_console.demo.behaviour.ecs_tasks import Fate
from tradai_console.demo.drills.plot import LOOK_S, Plot, drill, one_of
from tradai_console.demo.story.stage import Actor


@drill(
    "unauthorized-task",
    alert="Unauthorized Access",
    line="many calls to AWS are refused, from inside our own network",
    announced="tradai-{env}-unauthorized-api-calls",
    cures="ending the task of {service}: cut it off or stop it; its service starts a clean one",
    useless="turning keys off: it calls with its task role; new exchange keys",
    truth="Through a library with a hole somebody runs commands in one task of {service}. It asks for more than "
    "its role may, and is refused. The image is clean: the next task is well.",
    looks=("cloudtrail.denied", "ecs.task"),
    right=("ecs.isolate_task", "ecs.stop_task", "ecs.force_deployment {service}"),
    remedy=(lambda hand, plot: hand.stop_tasks(plot["service"]),),
    draws=one_of("service", "backend-api", "data-collection"),
)
def play(plot: Plot) -> Actor:
    """Calls of that one task until it is gone."""
    service = plot["service"]
    task, turn = sorted(plot.tasks(service))[0], 0
    found = next(one for one in plot.ecs.tasks(plot.cast.service_name(service)) if one.id == task)
    plot.publish(
        "Unauthorized access", f"refused API calls from {found.private_ip} inside the VPC, task role of ECS"
    )
    role = f"arn:aws:sts::{plot.cast.account}:assumed-role/tradai-ecs-task-{plot.cast.env}/{task}"
    while task in plot.tasks(service) and not _cut_off(plot, found.eni):
        if turn % 3 == 0:
            event = plot.rng.choice(
                ("iam:ListUsers", "secretsmanager:ListSecrets", "ec2:DescribeInstances", "s3:ListBuckets")
            )
            plot.recorded(
                "task", event, errorCode="AccessDenied", sourceIPAddress=found.private_ip,
                userIdentity={"type": "AssumedRole", "arn": role},
            )  # fmt: skip
            plot.stage.measure(
                "TradAI/Security", "UnauthorizedApiCalls", plot.rng.randint(7, 12), unit="Count"
            )
        turn += 1
        yield LOOK_S
    if task in plot.tasks(service):
        # Nothing reaches it any more: the balancer finds it ill, and its service takes another.
        plot.ecs.doom(task, Fate.fails_health_check(30.0))
    plot.publish(
        "RESOLVED: Unauthorized access", f"no refused call from {found.private_ip} since its task ended"
    )


def _cut_off(plot: Plot, interface: str) -> bool:
    """Whether none of its interface's groups lets anything out (`ec2:DescribeNetworkInterfaces`, `DescribeSecurityGroups`)."""
    ec2, filters = plot.aws("ec2"), [{"Name": "network-interface-id", "Values": [interface]}]
    found = ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    names = [group["GroupId"] for one in found for group in one["Groups"]]
    groups = ec2.describe_security_groups(GroupIds=names)["SecurityGroups"] if names else []
    return bool(groups) and not any(group["IpPermissionsEgress"] for group in groups)
