"""What the console may read: service, operation, and what to grant for it. Whatever is not here is a change.

The same table makes the write gate (`gate`), the text of a refusal (`errors`) and the policy (`policy`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Actions = tuple[str, ...]
"""IAM's names of what an operation needs; empty where AWS asks for no grant."""


def _same(prefix: str, *operations: str) -> dict[str, Actions]:
    """Operations whose IAM action has the operation's own name."""
    return {operation: (f"{prefix}:{operation}",) for operation in operations}


READS: Final[Mapping[str, Mapping[str, Actions]]] = {
    "autoscaling": _same(
        "autoscaling",
        "DescribeAutoScalingGroups",
        "DescribeAutoScalingInstances",
        "DescribeInstanceRefreshes",
        "DescribeLifecycleHooks",
        "DescribeScalingActivities",
    ),
    "cloudtrail": _same("cloudtrail", "LookupEvents"),
    "cloudwatch": _same(
        "cloudwatch",
        "DescribeAlarmContributors",
        "DescribeAlarmHistory",
        "DescribeAlarms",
        "DescribeAlarmsForMetric",
        "GetAlarmMuteRule",
        "GetMetricData",
        "GetMetricStatistics",
        "ListAlarmMuteRules",
        "ListMetrics",
        "ListTagsForResource",
    ),
    "dynamodb": _same("dynamodb", "BatchGetItem", "DescribeTable", "GetItem", "ListTables", "Query", "Scan"),
    "ec2": _same(
        "ec2",
        "DescribeAddresses",
        "DescribeInstanceAttribute",
        "DescribeInstanceStatus",
        "DescribeInstances",
        "DescribeNatGateways",
        "DescribeNetworkAcls",
        "DescribeNetworkInterfaces",
        "DescribeRouteTables",
        "DescribeSecurityGroupRules",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcEndpoints",
        "DescribeVpcs",
    ),
    "ecs": _same(
        "ecs",
        "DescribeClusters",
        "DescribeServiceDeployments",
        "DescribeServices",
        "DescribeTaskDefinition",
        "DescribeTasks",
        "ListClusters",
        "ListServiceDeployments",
        "ListServices",
        "ListTagsForResource",
        "ListTaskDefinitions",
        "ListTasks",
    ),
    "elbv2": _same(
        "elasticloadbalancing",
        "DescribeListeners",
        "DescribeLoadBalancers",
        "DescribeRules",
        "DescribeTargetGroups",
        "DescribeTargetHealth",
    ),
    "iam": _same(
        "iam", "GetAccessKeyLastUsed", "ListAccessKeys", "ListRoles", "ListUsers", "SimulatePrincipalPolicy"
    ),
    "lambda": _same(
        "lambda",
        "GetAccountSettings",
        "GetFunctionConcurrency",
        "GetFunctionConfiguration",
        "ListEventSourceMappings",
        "ListFunctions",
    ),
    "logs": {
        **_same(
            "logs",
            "DescribeLogGroups",
            "DescribeLogStreams",
            "FilterLogEvents",
            "GetLogEvents",
            "GetQueryResults",
            "StartQuery",
            "StopQuery",
        ),
        "StartLiveTail": ("logs:StartLiveTail", "logs:StopLiveTail"),
    },
    "rds": _same(
        "rds",
        "DescribeDBClusters",
        "DescribeDBInstances",
        "DescribeDBLogFiles",
        "DescribeDBParameters",
        "DescribeEvents",
        "DownloadDBLogFilePortion",
        "ListTagsForResource",
    ),
    "secretsmanager": _same("secretsmanager", "DescribeSecret", "ListSecretVersionIds", "ListSecrets"),
    "sns": _same("sns", "GetTopicAttributes", "ListSubscriptionsByTopic", "ListTopics"),
    "sqs": _same("sqs", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ListQueues", "ReceiveMessage")
    | {"DeleteMessageBatch": ("sqs:DeleteMessage",)},
    "stepfunctions": _same(
        "states",
        "DescribeExecution",
        "DescribeMapRun",
        "DescribeStateMachine",
        "DescribeStateMachineForExecution",
        "GetExecutionHistory",
        "ListExecutions",
        "ListMapRuns",
        "ListStateMachines",
    ),
    "sts": {"GetCallerIdentity": ()},
}
"""Keys as botocore spells them: the client's service name, the operation's name in the model."""

OWN_QUEUE_ONLY: Final = frozenset({"ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"})
"""SQS operations that take messages from other readers: reads on the operator's own alert queue alone."""

NOT_SHARED: Final = frozenset(
    {
        ("logs", "StartLiveTail"),
        ("logs", "StartQuery"),
        ("logs", "StopQuery"),
        *(("sqs", name) for name in OWN_QUEUE_ONLY),
    }
)
"""Reads that two callers can not share one answer of."""
