"""What the console may change once changes are allowed, and what it never asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tradai_console.aws.reads import READS, Actions, _same

CHANGES: Final[Mapping[str, Mapping[str, Actions]]] = {
    "autoscaling": _same("autoscaling", "StartInstanceRefresh", "TerminateInstanceInAutoScalingGroup"),
    "cloudwatch": _same("cloudwatch", "DeleteAlarmMuteRule", "PutAlarmMuteRule"),
    "dynamodb": _same("dynamodb", "PutItem", "UpdateItem"),
    "ec2": _same(
        "ec2",
        "AssociateAddress",
        "AuthorizeSecurityGroupIngress",
        "CreateRoute",
        "CreateSecurityGroup",
        "ModifyInstanceAttribute",
        "ModifyNetworkInterfaceAttribute",
        "RebootInstances",
        "ReplaceRoute",
        "RevokeSecurityGroupEgress",
        "RevokeSecurityGroupIngress",
        "TerminateInstances",
    ),
    "ecs": {
        **_same("ecs", "StopTask", "TagResource", "UpdateService"),
        # A new revision names the roles of the old one, and AWS asks whether we may hand those on.
        "RegisterTaskDefinition": ("ecs:RegisterTaskDefinition", "iam:PassRole"),
    },
    "iam": _same("iam", "UpdateAccessKey"),
    "lambda": {
        "Invoke": ("lambda:InvokeFunction",),
        **_same("lambda", "UpdateFunctionConfiguration"),
    },
    "rds": _same("rds", "RebootDBInstance"),
    "secretsmanager": _same("secretsmanager", "PutSecretValue"),
    "sns": _same("sns", "Publish"),
    # Messages are taken from the one queue and sent to the other in the name of whoever asks for it.
    "sqs": {
        "StartMessageMoveTask": (
            "sqs:StartMessageMoveTask",
            "sqs:DeleteMessage",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
        )
    },
    "stepfunctions": _same("states", "RedriveExecution", "StartExecution", "StopExecution"),
}

NEVER: Final = frozenset({("secretsmanager", "GetSecretValue"), ("secretsmanager", "BatchGetSecretValue")})
"""Not sent even when changes are allowed: the console has no use for what a secret says."""

HELPERS: Final = frozenset(
    {
        ("signin", "CreateOAuth2Token"),
        ("sso", "GetRoleCredentials"),
        ("sso-oidc", "CreateToken"),
        ("sts", "AssumeRole"),
        ("sts", "AssumeRoleWithWebIdentity"),
    }
)
"""What the chain of credentials itself calls, on clients of its own, before any of ours can be signed."""

_PREFIXES: Final = {"elbv2": "elasticloadbalancing", "stepfunctions": "states"}


def action_of(service: str, operation: str) -> str:
    """The IAM action to grant for an operation: `lambda`, `Invoke` is `lambda:InvokeFunction`."""
    for table in (READS, CHANGES):
        actions = table.get(service, {}).get(operation)
        if actions:
            return actions[0]
    return f"{_PREFIXES.get(service, service)}:{operation}"
