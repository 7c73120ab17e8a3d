"""Topics, queues, secrets, and the rules of the event bus."""

from __future__ import annotations

import json
from typing import Any

from tradai_console.demo.cast import FUNCTIONS, Cast, dice
from tradai_console.demo.clients import Clients
from tradai_console.demo.inside import behaviour


def build_channels(aws: Clients, cast: Cast) -> None:
    """SNS and SQS: both topics, the backtest queue with its dead letters."""
    for topic in (cast.platform.topics.alerts, cast.platform.topics.registration):
        aws("sns").create_topic(Name=topic, Tags=[{"Key": "Environment", "Value": cast.env}])
    _backtest_queues(aws("sqs"), cast)


def _backtest_queues(sqs: Any, cast: Cast) -> None:
    sqs.create_queue(
        QueueName=cast.backtest_dlq,
        Attributes={"FifoQueue": "true", "MessageRetentionPeriod": str(14 * 86_400)},
    )
    redrive = {"deadLetterTargetArn": cast.arn("sqs", cast.backtest_dlq), "maxReceiveCount": 3}
    sqs.create_queue(
        QueueName=cast.backtest_queue,
        Attributes={
            "FifoQueue": "true",
            "ContentBasedDeduplication": "true",
            "VisibilityTimeout": "180",
            "RedrivePolicy": json.dumps(redrive),
        },
    )


def subscribe_console(aws: Clients, cast: Cast) -> str:
    """The console's own queue, subscribed to the alerts topic; its URL. Last of all, so that it begins empty.

    A queue of its own for each watcher: two on one queue would each see half of the news.
    """
    sqs, arn = aws("sqs"), cast.arn("sqs", cast.console_queue)
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": cast.alerts_arn}},
            }
        ],
    }
    answer = sqs.create_queue(
        QueueName=cast.console_queue,
        Attributes={"MessageRetentionPeriod": "86400", "Policy": json.dumps(policy)},
    )
    aws("sns").subscribe(TopicArn=cast.alerts_arn, Protocol="sqs", Endpoint=arn)
    return str(answer["QueueUrl"])


def build_secrets(aws: Clients, cast: Cast) -> None:
    """`secretsmanager:CreateSecret`; the values are dummies and say so."""
    secrets = {
        cast.platform.secrets.exchange_keys: {
            "api_key": "dummy-for-the-demo",
            "api_secret": "dummy-for-the-demo",
        },
        f"tradai/{cast.env}/rds": {"username": "mlflow", "password": "dummy-for-the-demo"},
        f"tradai/{cast.env}/mlflow": {"username": "tracker", "password": "dummy-for-the-demo"},
    }
    keys, rng = behaviour("keys"), dice(cast.seed, "secrets")
    for name, value in secrets.items():
        aws("secretsmanager").create_secret(
            Name=name, SecretString=json.dumps(value), Tags=[{"Key": "Environment", "Value": cast.env}]
        )
        if keys is not None:  # made with the demo they would all look as if they had just been changed
            keys.age_secret(name, rng.uniform(9, 80) * 86_400, account=cast.account, region=cast.region)


def build_rules(aws: Clients, cast: Cast) -> None:
    """EventBridge: the schedules of the functions, the NAT's launches, and the database's failovers."""
    events = aws("events")
    for spec in FUNCTIONS:
        if spec.every_s is not None:
            minutes = int(spec.every_s // 60)
            rate = f"{minutes} minutes" if minutes > 1 else "1 minute"
            events.put_rule(
                Name=f"tradai-{spec.name}-{cast.env}", ScheduleExpression=f"rate({rate})", State="ENABLED"
            )
    launched = {"source": ["aws.autoscaling"], "detail": {"AutoScalingGroupName": [cast.nat_group]}}
    events.put_rule(Name=f"tradai-nat-launch-{cast.env}", EventPattern=json.dumps(launched), State="ENABLED")
    failover = {"source": ["aws.rds"], "detail": {"EventCategories": ["failover"]}}
    events.put_rule(Name=cast.failover_rule, EventPattern=json.dumps(failover), State="ENABLED")
