"""The least IAM policies for this console, made from the tables that its gate obeys.

Actions that IAM can tie to a resource are tied to the platform's; the others stand on `*`, in one region.
CloudWatch shows composite alarms only to those who may read all alarms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from tradai_console.aws.changes import CHANGES
from tradai_console.aws.reads import READS, Actions
from tradai_console.platform import Platform

Policy = dict[str, Any]
"""A policy document, as IAM takes it."""


def read_policy(
    platform: Platform,
    account: str,
    region: str,
    *,
    alert_queue: str | None = None,
    journal_table: str | None = None,
) -> Policy:
    """What watching needs, and nothing that changes the platform.

    `alert_queue`: the URL of the operator's queue. `journal_table`: a team's journal, which is written to.
    """
    places = _Places(platform, account, region, alert_queue)
    statements = _statements(READS, places)
    if journal_table:
        table = f"{places.arn('dynamodb')}:table/{journal_table}"
        actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
        statements.append(_allow("Journal", actions, _Scope((table, f"{table}/index/*"))))
    never = {"Sid": "NeverUnmask", "Effect": "Deny", "Action": ["logs:Unmask"], "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [*statements, never]}


def change_policy(platform: Platform, account: str, region: str) -> Policy:
    """What the actions need, on top of the read policy: for a role of its own, taken up for a change."""
    return {
        "Version": "2012-10-17",
        "Statement": _statements(CHANGES, _Places(platform, account, region, None), _MOVED),
    }


def actions_in(tables: Mapping[str, Mapping[str, Actions]]) -> set[str]:
    """Every IAM action that a table of operations asks for."""
    return {action for operations in tables.values() for actions in operations.values() for action in actions}


@dataclass(frozen=True)
class _Scope:
    """Where some actions are allowed."""

    resources: tuple[str, ...]
    condition: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def _statements(
    tables: Mapping[str, Mapping[str, Actions]], places: _Places, others: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """`others`: scopes of some actions that are not those of `_SCOPES`."""
    scopes = {**_SCOPE_OF, **(others or {})}
    by_scope: dict[str, list[str]] = {}
    for action in sorted(actions_in(tables)):
        by_scope.setdefault(scopes.get(action, "Everywhere"), []).append(action)
    return [_allow(name, actions, places.scope(name)) for name, actions in sorted(by_scope.items())]


def _allow(sid: str, actions: Iterable[str], scope: _Scope) -> dict[str, Any]:
    resources = scope.resources
    statement: dict[str, Any] = {"Sid": sid, "Effect": "Allow", "Action": list(actions)}
    statement["Resource"] = resources[0] if len(resources) == 1 else list(resources)
    if scope.condition:
        statement["Condition"] = {test: dict(keys) for test, keys in scope.condition.items()}
    return statement


class _Places:
    """The platform's resources as ARNs, by the name of a scope."""

    def __init__(self, platform: Platform, account: str, region: str, alert_queue: str | None) -> None:
        self._platform = platform
        self._account = account
        self._region = region
        self._queue = alert_queue
        self._partition = (
            "aws-cn" if region.startswith("cn-") else "aws-us-gov" if "-gov-" in region else "aws"
        )

    def arn(self, service: str, *, region: bool = True) -> str:
        """The part of an ARN before the resource."""
        return f"arn:{self._partition}:{service}:{self._region if region else ''}:{self._account}"

    def scope(self, name: str) -> _Scope:
        """Where the actions of this scope are allowed."""
        if name == "Everywhere":
            return _Scope(("*",), {"StringEquals": {"aws:RequestedRegion": self._region}})
        made: _Scope = getattr(self, f"_{name}")()
        return made

    def _Alarms(self) -> _Scope:  # noqa: N802  # the names of scopes are the Sids of the policy
        cloudwatch = self.arn("cloudwatch")
        return _Scope((f"{cloudwatch}:alarm:*", f"{cloudwatch}:alarm-mute-rule:*"))

    def _Cluster(self) -> _Scope:  # noqa: N802
        ecs, cluster = self.arn("ecs"), self._platform.cluster
        kinds = ("service", "task", "service-deployment")
        return _Scope((f"{ecs}:cluster/{cluster}", *(f"{ecs}:{kind}/{cluster}/*" for kind in kinds)))

    def _ClusterLists(self) -> _Scope:  # noqa: N802
        cluster = f"{self.arn('ecs')}:cluster/{self._platform.cluster}"
        return _Scope(("*",), {"ArnLike": {"ecs:cluster": cluster}})

    def _TaskRoles(self) -> _Scope:  # noqa: N802
        roles = f"{self.arn('iam', region=False)}:role/*"
        return _Scope((roles,), {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}})

    def _Databases(self) -> _Scope:  # noqa: N802
        rds = self.arn("rds")
        return _Scope(tuple(f"{rds}:{kind}:*" for kind in ("db", "cluster", "pg")))

    def _Database(self) -> _Scope:  # noqa: N802
        return _Scope((f"{self.arn('rds')}:db:{self._platform.database}",))

    def _Tables(self) -> _Scope:  # noqa: N802
        tables = [f"{self.arn('dynamodb')}:table/{name}" for name in self._tables()]
        return _Scope(
            (*tables, f"{self.arn('dynamodb')}:table/{self._platform.tables.workflow_state}/index/*")
        )

    def _TableRows(self) -> _Scope:  # noqa: N802
        return _Scope(tuple(f"{self.arn('dynamodb')}:table/{name}" for name in self._tables()))

    def _Machines(self) -> _Scope:  # noqa: N802
        # Machines that the platform file does not name are shown too, if they are this environment's.
        named = [
            name for name in self._platform.machines.values() if not name.endswith(f"-{self._platform.env}")
        ]
        names = (f"*-{self._platform.env}", *named)
        return _Scope(
            tuple(
                f"{self.arn('states')}:{kind}:{name}{rest}"
                for name in names
                for kind, rest in (("stateMachine", ""), ("execution", ":*"), ("mapRun", "/*"))
            )
        )

    def _LogGroups(self) -> _Scope:  # noqa: N802
        groups = self._platform.log_groups
        names = [
            groups.tasks,
            groups.services,
            self._platform.lambda_group("*"),
            groups.flow,
            groups.cloudtrail,
        ]
        names.append(self._platform.host.log_group)
        shortest = [
            name for name in names if not any(name != other and name.startswith(other) for other in names)
        ]
        # The star stands for the streams of a group too: an ARN for each would not fit into a managed policy.
        return _Scope(tuple(f"{self.arn('logs')}:log-group:{name}*" for name in dict.fromkeys(shortest)))

    def _LogGroupNames(self) -> _Scope:  # noqa: N802
        return _Scope((f"{self.arn('logs')}:log-group:*",))

    def _Functions(self) -> _Scope:  # noqa: N802
        return _Scope((f"{self.arn('lambda')}:function:{self._platform.function('*')}",))

    def _Secrets(self) -> _Scope:  # noqa: N802
        return _Scope((f"{self.arn('secretsmanager')}:secret:{self._platform.secrets.exchange_keys}-??????",))

    def _Topics(self) -> _Scope:  # noqa: N802
        topics = self._platform.topics
        return _Scope(tuple(f"{self.arn('sns')}:{name}" for name in (topics.alerts, topics.registration)))

    def _AlertTopic(self) -> _Scope:  # noqa: N802
        return _Scope((f"{self.arn('sns')}:{self._platform.topics.alerts}",))

    def _AlertQueue(self) -> _Scope:  # noqa: N802
        name = (
            self._queue.rstrip("/").rpartition("/")[2]
            if self._queue
            else f"tradai-console-*-{self._platform.env}"
        )
        return _Scope((f"{self.arn('sqs')}:{name}",))

    def _Queues(self) -> _Scope:  # noqa: N802
        return _Scope((f"{self.arn('sqs')}:*",))

    def _Users(self) -> _Scope:  # noqa: N802
        iam = self.arn("iam", region=False)
        return _Scope((f"{iam}:user/*", f"{iam}:role/*"))

    def _TaggedInstances(self) -> _Scope:  # noqa: N802
        names = [self._platform.nat.tag_name, self._platform.host.tag_name]
        return _Scope((f"{self.arn('ec2')}:instance/*",), {"StringEquals": {"aws:ResourceTag/Name": names}})

    def _PrivateRoutes(self) -> _Scope:  # noqa: N802
        name = self._platform.nat.route_table_tag_name
        return _Scope((f"{self.arn('ec2')}:route-table/*",), {"StringEquals": {"aws:ResourceTag/Name": name}})

    def _Addresses(self) -> _Scope:  # noqa: N802
        ec2 = self.arn("ec2")
        return _Scope(tuple(f"{ec2}:{kind}/*" for kind in ("elastic-ip", "instance", "network-interface")))

    def _SecurityGroups(self) -> _Scope:  # noqa: N802
        return _Scope((f"{self.arn('ec2')}:security-group/*", f"{self.arn('ec2')}:security-group-rule/*"))

    def _Groups(self) -> _Scope:  # noqa: N802
        return _Scope((f"{self.arn('autoscaling')}:autoScalingGroup:*:autoScalingGroupName/*",))

    def _tables(self) -> list[str]:
        return [str(name) for name in asdict(self._platform.tables).values()]


_SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "Addresses": ("ec2:AssociateAddress",),
    "Alarms": (
        "cloudwatch:DeleteAlarmMuteRule",
        "cloudwatch:DescribeAlarmContributors",
        "cloudwatch:GetAlarmMuteRule",
        "cloudwatch:ListTagsForResource",
        "cloudwatch:PutAlarmMuteRule",
    ),
    "AlertQueue": ("sqs:DeleteMessage", "sqs:ReceiveMessage"),
    "AlertTopic": ("sns:Publish",),
    "Cluster": (
        "ecs:DescribeClusters",
        "ecs:DescribeServiceDeployments",
        "ecs:DescribeServices",
        "ecs:DescribeTasks",
        "ecs:ListServiceDeployments",
        "ecs:ListTagsForResource",
        "ecs:StopTask",
        "ecs:TagResource",
        "ecs:UpdateService",
    ),
    "ClusterLists": ("ecs:ListServices", "ecs:ListTasks"),
    "Database": ("rds:RebootDBInstance",),
    "Databases": (
        "rds:DescribeDBClusters",
        "rds:DescribeDBInstances",
        "rds:DescribeDBLogFiles",
        "rds:DescribeDBParameters",
        "rds:DownloadDBLogFilePortion",
        "rds:ListTagsForResource",
    ),
    "Functions": (
        "lambda:GetFunctionConcurrency",
        "lambda:GetFunctionConfiguration",
        "lambda:InvokeFunction",
        "lambda:UpdateFunctionConfiguration",
    ),
    "Groups": ("autoscaling:StartInstanceRefresh", "autoscaling:TerminateInstanceInAutoScalingGroup"),
    "LogGroupNames": ("logs:DescribeLogGroups",),
    "LogGroups": (
        "logs:DescribeLogStreams",
        "logs:FilterLogEvents",
        "logs:GetLogEvents",
        "logs:GetQueryResults",
        "logs:StartLiveTail",
        "logs:StartQuery",
    ),
    "Machines": (
        "states:DescribeExecution",
        "states:DescribeMapRun",
        "states:DescribeStateMachine",
        "states:DescribeStateMachineForExecution",
        "states:GetExecutionHistory",
        "states:ListExecutions",
        "states:ListMapRuns",
        "states:RedriveExecution",
        "states:StartExecution",
        "states:StopExecution",
    ),
    "PrivateRoutes": ("ec2:CreateRoute", "ec2:ReplaceRoute"),
    "Queues": (
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:SendMessage",
        "sqs:StartMessageMoveTask",
    ),
    "Secrets": (
        "secretsmanager:DescribeSecret",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:PutSecretValue",
    ),
    "SecurityGroups": ("ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"),
    "TableRows": ("dynamodb:PutItem", "dynamodb:UpdateItem"),
    "Tables": (
        "dynamodb:BatchGetItem",
        "dynamodb:DescribeTable",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
    ),
    "TaggedInstances": ("ec2:ModifyInstanceAttribute", "ec2:RebootInstances", "ec2:TerminateInstances"),
    "TaskRoles": ("iam:PassRole",),
    "Topics": ("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"),
    "Users": (
        "iam:GetAccessKeyLastUsed",
        "iam:ListAccessKeys",
        "iam:ListRoles",
        "iam:ListUsers",
        "iam:SimulatePrincipalPolicy",
        "iam:UpdateAccessKey",
    ),
}
"""Which actions IAM can tie to a resource, and to which; the others have no resource to be tied to."""

_MOVED: Final = {"sqs:DeleteMessage": "Queues", "sqs:ReceiveMessage": "Queues"}
"""Whoever changes things takes messages out of a dead-letter queue, not out of the operator's own."""

_SCOPE_OF: Final = {action: scope for scope, actions in _SCOPES.items() for action in actions}
