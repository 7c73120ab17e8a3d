"""Each read that the console needs, asked once, as cheaply as AWS lets it be asked.

What is asked for need not exist: AWS looks at the permission first, so "not found" is as good an answer as any.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tradai_console.aws.door import Door
from tradai_console.aws.reads import READS
from tradai_console.doctor.finding import Finding, bad, note, some, well
from tradai_console.errors import AwsError, Denied, Expired, Throttled, Unavailable, Unreachable
from tradai_console.platform import Platform, load_platform
from tradai_console.text import plain

AT_ONCE: Final = 8
"""Questions under way together."""

WHY_LIMIT: Final = 160

NONE_ID: Final = "0" * 17
"""The tail of an id that nothing has."""

PANES: Final = frozenset({
    "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "ecs:ListServices", "ecs:DescribeServices", "ecs:ListTasks",
    "ecs:DescribeTasks", "rds:DescribeDBInstances", "ec2:DescribeInstances", "ec2:DescribeRouteTables",
    "states:ListStateMachines", "states:ListExecutions", "dynamodb:Scan", "logs:FilterLogEvents",
})  # fmt: skip
"""Without one of these a pane or the log stays dark; without one of the others a figure or a probe does."""

Parameters = dict[str, Any]


@dataclass(frozen=True)
class _Answer:
    """How one question ended."""

    service: str
    operation: str
    error: AwsError | None


async def look_at_permissions(door: Door, platform: Platform, account: str) -> list[Finding]:
    """One line a service that may be read, one for each action that is denied."""
    gate = asyncio.Semaphore(AT_ONCE)
    asked = questions(platform, door.region, account, datetime.now(UTC))
    lots = await asyncio.gather(*(_service(door, gate, service, asked[service]) for service in asked))
    return [finding for lot in lots for finding in _told(lot)]


def unasked() -> tuple[str, ...]:
    """Reads that are not tried: they cost money, take messages, need an id, or (who we are) have been asked."""
    tried = {**questions_of_nowhere(), "sts": {"GetCallerIdentity": {}}}
    return tuple(
        sorted(
            f"{service}:{operation}"
            for service, operations in READS.items()
            for operation in operations
            if operation not in tried.get(service, {})
        )
    )


async def _service(
    door: Door, gate: asyncio.Semaphore, service: str, asked: Mapping[str, Parameters]
) -> list[_Answer]:
    """All questions to one service; the first alone, so that a service that hangs holds us once."""
    first, *others = asked
    answer = await _ask(door, gate, service, first, asked[first])
    if isinstance(answer.error, Unreachable | Expired):
        return [answer]
    return [answer, *await asyncio.gather(*(_ask(door, gate, service, name, asked[name]) for name in others))]


async def _ask(
    door: Door, gate: asyncio.Semaphore, service: str, operation: str, parameters: Parameters
) -> _Answer:
    async with gate:
        try:
            client = await door.client(service)
            await _method(client, operation)(**parameters)
        except AwsError as error:
            return _Answer(service, operation, error)
    return _Answer(service, operation, None)


def _method(client: Any, operation: str) -> Callable[..., Any]:
    names = {of: method for method, of in client.meta.method_to_api_mapping.items()}
    found: Callable[..., Any] = getattr(client, names[operation])
    return found


def _told(answers: list[_Answer]) -> Iterator[Finding]:
    service = answers[0].service
    denied = [one for one in answers if isinstance(one.error, Denied)]
    unknown = [
        one for one in answers if isinstance(one.error, Unreachable | Expired | Throttled | Unavailable)
    ]
    good = len(answers) - len(denied) - len(unknown)
    if good:
        yield well(f"{service}: {good} of {len(answers)} reads are allowed")
    for one in denied:
        assert isinstance(one.error, Denied)
        action = one.error.action
        advice = f"Grant {action}; `tradai-console iam-policy` prints the whole policy."
        if action in PANES:
            yield bad(f"{action} is denied", advice)
        else:
            yield note(f"{action} is denied: some details and checks will be missing", advice)
    if not unknown:
        return
    why = plain(unknown[0].error, WHY_LIMIT)
    if not good and not denied and any(of.startswith(f"{_prefix(service)}:") for of in PANES):
        yield bad(f"{service} gives no good answer: {why}", "Is its endpoint reachable from here?")
    else:
        yield note(f"{service}: not known for {some(one.operation for one in unknown)}: {why}")


def _prefix(service: str) -> str:
    return "states" if service == "stepfunctions" else service


def questions_of_nowhere() -> Mapping[str, Mapping[str, Parameters]]:
    """The questions for some platform: which operations are asked at all."""
    return questions(load_platform("none"), "eu-central-1", "0" * 12, datetime(2026, 1, 1, tzinfo=UTC))


def questions(
    platform: Platform, region: str, account: str, now: datetime
) -> Mapping[str, Mapping[str, Parameters]]:
    """What is asked of each service: operation and parameters, the cheapest first."""

    def arn(service: str, rest: str) -> str:
        return f"arn:aws:{service}:{region}:{account}:{rest}"

    machine = arn("states", f"stateMachine:{next(iter(platform.machines.values()), 'none')}")
    execution = machine.replace(":stateMachine:", ":execution:") + ":none"
    topic = arn("sns", platform.topics.alerts)
    function = platform.function("health-check")
    group = platform.log_groups.services
    table = platform.tables.trading_state
    balancer = f"arn:aws:elasticloadbalancing:{region}:{account}"
    key = {"strategy_id": {"S": "none"}}
    metric = {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization"}
    hour = {"StartTime": now - timedelta(minutes=5), "EndTime": now}
    named = [{"Name": "tag:Name", "Values": [platform.nat.tag_name]}]
    return {
        "cloudwatch": {
            "DescribeAlarms": {"MaxRecords": 1},
            "DescribeAlarmHistory": {"MaxRecords": 1},
            "DescribeAlarmsForMetric": metric,
            "DescribeAlarmContributors": {"AlarmName": "none"},
            "GetMetricData": {"MetricDataQueries": [_query(metric)], **hour},
            "GetMetricStatistics": {**metric, **hour, "Period": 300, "Statistics": ["Average"]},
            "ListMetrics": metric,
            "ListTagsForResource": {"ResourceARN": arn("cloudwatch", "alarm:none")},
            "ListAlarmMuteRules": {"MaxRecords": 1},
            "GetAlarmMuteRule": {"AlarmMuteRuleName": "none"},
        },
        "ecs": {
            "ListClusters": {"maxResults": 1},
            "DescribeClusters": {"clusters": [platform.cluster]},
            "ListServices": {"cluster": platform.cluster, "maxResults": 1},
            "DescribeServices": {"cluster": platform.cluster, "services": ["none"]},
            "ListTasks": {"cluster": platform.cluster, "maxResults": 1},
            "DescribeTasks": {"cluster": platform.cluster, "tasks": ["0" * 32]},
            "ListTaskDefinitions": {"maxResults": 1},
            "DescribeTaskDefinition": {"taskDefinition": "none"},
            "ListServiceDeployments": {"cluster": platform.cluster, "service": "none", "maxResults": 1},
            "ListTagsForResource": {"resourceArn": arn("ecs", f"cluster/{platform.cluster}")},
        },
        "rds": {
            "DescribeDBInstances": {"MaxRecords": 20},
            "DescribeEvents": {"SourceType": "db-instance", "Duration": 5, "MaxRecords": 20},
            "DescribeDBParameters": {"DBParameterGroupName": "none", "MaxRecords": 20},
            "DescribeDBClusters": {"MaxRecords": 20},
            "ListTagsForResource": {"ResourceName": arn("rds", f"db:{platform.database}")},
            "DescribeDBLogFiles": {"DBInstanceIdentifier": platform.database, "MaxRecords": 20},
        },
        "ec2": {
            "DescribeInstances": {"Filters": named},
            "DescribeRouteTables": {"Filters": named},
            "DescribeInstanceStatus": {"MaxResults": 5},
            "DescribeAddresses": {"Filters": named},
            "DescribeNatGateways": {"MaxResults": 5},
            "DescribeNetworkInterfaces": {"MaxResults": 5},
            "DescribeNetworkAcls": {"MaxResults": 5},
            "DescribeSecurityGroups": {"MaxResults": 5},
            "DescribeSecurityGroupRules": {"MaxResults": 5},
            "DescribeSubnets": {"MaxResults": 5},
            "DescribeVpcs": {"MaxResults": 5},
            "DescribeVpcEndpoints": {"MaxResults": 5},
            "DescribeInstanceAttribute": {
                "InstanceId": f"i-{NONE_ID}",
                "Attribute": "sourceDestCheck",
            },
        },
        "autoscaling": {
            "DescribeAutoScalingGroups": {"MaxRecords": 1},
            "DescribeScalingActivities": {"MaxRecords": 1},
            "DescribeAutoScalingInstances": {"MaxRecords": 1},
            "DescribeInstanceRefreshes": {"AutoScalingGroupName": "none", "MaxRecords": 1},
            "DescribeLifecycleHooks": {"AutoScalingGroupName": "none"},
        },
        "stepfunctions": {
            "ListStateMachines": {"maxResults": 1},
            "ListExecutions": {"stateMachineArn": machine, "maxResults": 1},
            "DescribeStateMachine": {"stateMachineArn": machine},
            "DescribeExecution": {"executionArn": execution},
            "DescribeStateMachineForExecution": {"executionArn": execution},
            "GetExecutionHistory": {"executionArn": execution, "maxResults": 1},
            "ListMapRuns": {"executionArn": execution, "maxResults": 1},
        },
        "dynamodb": {
            "ListTables": {"Limit": 1},
            "DescribeTable": {"TableName": table},
            "Scan": {"TableName": table, "Limit": 1},
            "GetItem": {"TableName": table, "Key": key},
            "BatchGetItem": {"RequestItems": {table: {"Keys": [key]}}},
            "Query": {
                "TableName": table,
                "Limit": 1,
                "KeyConditionExpression": "strategy_id = :id",
                "ExpressionAttributeValues": {":id": {"S": "none"}},
            },
        },
        "logs": {
            "DescribeLogGroups": {"limit": 1},
            "DescribeLogStreams": {"logGroupName": group, "limit": 1},
            "FilterLogEvents": {"logGroupName": group, "limit": 1, "startTime": _ms(now) - 1000},
            "GetLogEvents": {"logGroupName": group, "logStreamName": "none", "limit": 1},
        },
        "lambda": {
            "ListFunctions": {"MaxItems": 1},
            "GetAccountSettings": {},
            "ListEventSourceMappings": {"MaxItems": 1},
            "GetFunctionConfiguration": {"FunctionName": function},
            "GetFunctionConcurrency": {"FunctionName": function},
        },
        "elbv2": {
            "DescribeLoadBalancers": {"PageSize": 1},
            "DescribeTargetGroups": {"PageSize": 1},
            "DescribeTargetHealth": {"TargetGroupArn": f"{balancer}:targetgroup/none/{'0' * 16}"},
            "DescribeListeners": {"LoadBalancerArn": f"{balancer}:loadbalancer/app/none/{'0' * 16}"},
            "DescribeRules": {"ListenerArn": f"{balancer}:listener/app/none/{'0' * 16}/{'0' * 16}"},
        },
        "sns": {
            "ListTopics": {},
            "GetTopicAttributes": {"TopicArn": topic},
            "ListSubscriptionsByTopic": {"TopicArn": topic},
        },
        "sqs": {
            "ListQueues": {"MaxResults": 1},
            "GetQueueUrl": {"QueueName": "none"},
        },
        "secretsmanager": {
            "ListSecrets": {"MaxResults": 1},
            "DescribeSecret": {"SecretId": platform.secrets.exchange_keys},
            "ListSecretVersionIds": {"SecretId": platform.secrets.exchange_keys, "MaxResults": 1},
        },
        "iam": {
            "ListUsers": {"MaxItems": 1},
            "ListRoles": {"MaxItems": 1},
            "ListAccessKeys": {"UserName": "none"},
            "GetAccessKeyLastUsed": {"AccessKeyId": "AKIA" + "0" * 16},
        },
        "cloudtrail": {"LookupEvents": {"MaxResults": 1}},
    }


def _query(metric: Parameters) -> Parameters:
    return {"Id": "m0", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Average"}}


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
