"""How often an account may ask, as data, and which part of it is one console's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Final


@dataclass(frozen=True)
class Quota:
    """AWS's limit for a group of operations, per account and region, and our manners about it."""

    per_s: float
    """What AWS refills, calls a second."""
    bucket: float
    """How many calls AWS lets through at once."""
    burst: float = 10.0
    """How many of those a console may take at once after a pause, however small its share."""
    floor_share: float = 0.0
    """The share below which the console could not do its work."""
    floor_per_s: float = 0.0
    cap_per_s: float = inf

    def rate(self, share: float) -> float:
        """Calls a second for a console with that share."""
        wanted = max(self.per_s * max(share, self.floor_share), self.floor_per_s)
        return min(wanted, self.cap_per_s, self.per_s)

    def room(self, share: float) -> float:
        """Calls at once for a console with that share: the whole of AWS's bucket for the only one."""
        return max(self.burst, self.bucket * share)


UNPUBLISHED: Final = Quota(10, 50, burst=20)
"""For operations whose limits AWS does not publish."""

_ECS_TASKS: Final = Quota(20, 100, burst=40)
_EC2_DESCRIBE: Final = Quota(20, 100, burst=20)
_FAST_FLOWS: Final = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
_SLOW_LOGS: Final = frozenset(
    {"eu-central-1", "ap-northeast-3", "ap-southeast-3", "ca-west-1", "il-central-1"}
)

_QUOTAS: Final[Mapping[tuple[str, str], Quota]] = {
    # An account of 5,000 alarms is fifty pages: the first sweep takes them from the burst.
    ("cloudwatch", "DescribeAlarms"): Quota(9, 20, burst=60),
    ("cloudwatch", "DescribeAlarmHistory"): Quota(20, 40, burst=20),
    ("cloudwatch", "GetMetricData"): Quota(500, 500, burst=20),
    ("logs", "StartLiveTail"): Quota(5, 5, burst=3),
    ("logs", "StartQuery"): Quota(10, 10, burst=5),
    # A query is asked after until it is done: every two seconds or so for each.
    ("logs", "GetQueryResults"): Quota(10, 10, burst=20, floor_share=0.1),
    ("ecs", "tasks"): _ECS_TASKS,
    ("ecs", "services"): Quota(20, 100, burst=30),
    ("ec2", "DescribeInstanceStatus"): _EC2_DESCRIBE,
    ("ec2", "DescribeNatGateways"): _EC2_DESCRIBE,
    ("rds", "DescribeDBInstances"): Quota(1, 20, burst=10, floor_share=0.05),
    # Long polling, on a queue that only this console reads.
    ("sqs", "ReceiveMessage"): Quota(300, 300, burst=20),
    ("sqs", "DeleteMessage"): Quota(300, 300, burst=20),
    ("dynamodb", "Scan"): Quota(100, 100, burst=30),
}

_GROUPS: Final[Mapping[tuple[str, str], str]] = {
    ("ecs", "ListTasks"): "tasks",
    ("ecs", "DescribeTasks"): "tasks",
    ("ecs", "ListServices"): "services",
    ("ecs", "DescribeServices"): "services",
}
"""Operations that draw from one bucket of AWS's; all others have one each."""


def group_of(service: str, operation: str) -> tuple[str, str]:
    """The bucket an operation draws from."""
    return service, _GROUPS.get((service, operation), operation)


def quota_of(group: tuple[str, str], region: str) -> Quota:
    """The limit of a group in a region."""
    if group == ("logs", "FilterLogEvents"):
        # A followed group is read every two seconds, two of them by turns: one call a second and no more.
        per_s = 5.0 if region in _SLOW_LOGS else 25.0 if region == "us-east-1" else 10.0
        return Quota(per_s, per_s, burst=1, floor_share=0.05, floor_per_s=1, cap_per_s=1)
    if group[0] == "stepfunctions":
        return _flows(group[1], fast=region in _FAST_FLOWS)
    return _QUOTAS.get(group, UNPUBLISHED)


def _flows(operation: str, *, fast: bool) -> Quota:
    """Step Functions: two sizes, by region."""
    known = {
        "ListExecutions": Quota(5 if fast else 2, 200 if fast else 100, burst=12, floor_share=0.05),
        "GetExecutionHistory": Quota(20, 400, burst=30),
        "DescribeExecution": Quota(15 if fast else 10, 300 if fast else 250, burst=30),
        "ListStateMachines": Quota(5, 100, burst=10),
    }
    return known.get(operation, Quota(5, 50))
