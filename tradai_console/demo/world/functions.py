"""The Lambda functions: configuration only, nothing of theirs is run as code."""

from __future__ import annotations

import json

from tradai_console.demo.cast import FUNCTIONS, Cast
from tradai_console.demo.clients import Clients
from tradai_console.demo.world.network import Network


def build_functions(aws: Clients, cast: Cast, network: Network) -> None:
    """`lambda:CreateFunction` for all of them: container images, with their documented limits."""
    role = aws("iam").create_role(
        RoleName=f"tradai-lambda-{cast.env}",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "lambda.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            }
        ),
    )["Role"]["Arn"]
    for spec in FUNCTIONS:
        aws("lambda").create_function(
            FunctionName=cast.platform.function(spec.name),
            Role=role,
            PackageType="Image",
            Code={
                "ImageUri": f"{cast.account}.dkr.ecr.{cast.region}.amazonaws.com/tradai/lambda-{spec.name}:{cast.version}"
            },
            Timeout=spec.timeout_s,
            MemorySize=spec.memory_mib,
            VpcConfig={
                "SubnetIds": [network.subnets["private-a"], network.subnets["private-b"]],
                "SecurityGroupIds": [network.groups["lambda"]],
            },
            Environment={"Variables": _environment(cast, spec.name)},
            Tags={"Environment": cast.env},
        )


def _environment(cast: Cast, name: str) -> dict[str, str]:
    common = {"ENVIRONMENT": cast.env, "SNS_ALERTS_TOPIC_ARN": cast.alerts_arn, "LOG_LEVEL": "INFO"}
    own = {
        "health-check": {"HEALTH_CHECK_TIMEOUT": "10", "CONSECUTIVE_FAILURES_THRESHOLD": "2"},
        "trading-heartbeat-check": {
            "HEARTBEAT_THRESHOLD_MINUTES": "2",
            "CONSECUTIVE_FAILURES_THRESHOLD": "2",
        },
        "drift-monitor": {"PSI_MODERATE_THRESHOLD": "0.1", "PSI_SIGNIFICANT_THRESHOLD": "0.25"},
        "retraining-scheduler": {"MIN_HOURS_BETWEEN_RETRAINING": "24", "RETRAINING_INTERVAL_DAYS": "7"},
        "model-rollback": {"ROLLBACK_COOLDOWN_HOURS": "24"},
        "sqs-consumer": {"MAX_CONCURRENT_TASKS": "5"},
        "update-nat-routes": {"ROUTE_TABLE_NAME": cast.platform.nat.route_table_tag_name},
    }
    return common | own.get(name, {})
