"""The write gate: nothing that changes AWS leaves a read-only console."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from tests.aws.scripted import Answer, Request, refused
from tradai_console.aws.changes import CHANGES, HELPERS, NEVER, action_of
from tradai_console.aws.door import SERVICES
from tradai_console.aws.gate import Gate
from tradai_console.aws.reads import OWN_QUEUE_ONLY, READS
from tradai_console.errors import AwsError, ChangeRefused
from tradai_console.settings import Settings

QUEUE = "https://sqs.eu-central-1.amazonaws.com/111122223333/mine"


def answer(request: Request) -> Answer:
    return refused("InternalFailure", 500)


@pytest.mark.parametrize("service", SERVICES)
async def test_every_method_that_is_no_read_is_refused_unsent(
    service: str, open_door: Any, serve: Any
) -> None:
    """Each method of each client that is not on the list of reads is refused, and nothing is sent."""
    server = await serve(answer)
    client: Any = await (await open_door(server.url)).client(service)
    refused_methods = 0
    for method, operation in client.meta.method_to_api_mapping.items():
        if operation in READS[service] and operation not in OWN_QUEUE_ONLY:
            continue
        with pytest.raises(ChangeRefused, match=operation):
            await getattr(client, method)()
        refused_methods += 1
    assert refused_methods > 5
    assert server.requests == []


async def test_paginators_pass_the_gate_too(open_door: Any, serve: Any) -> None:
    """A paginator of an operation that is no read is refused at its first page."""
    server = await serve(answer)
    iam: Any = await (await open_door(server.url)).client("iam")
    with pytest.raises(ChangeRefused):
        async for _ in iam.get_paginator("list_policies").paginate():
            pass
    assert server.requests == []


async def test_a_waiter_passes_the_gate_too(open_door: Any, serve: Any) -> None:
    """A waiter that would ask with an operation outside the list is refused."""
    server = await serve(answer)
    ec2: Any = await (await open_door(server.url)).client("ec2")
    with pytest.raises(ChangeRefused):
        await ec2.get_waiter("image_available").wait(ImageIds=["ami-1"])
    assert server.requests == []


async def test_no_presigned_url_leads_past_the_gate(open_door: Any, serve: Any) -> None:
    """A signed URL for a change can not be made."""
    ecs: Any = await (await open_door((await serve(answer)).url)).client("ecs")
    with pytest.raises(ChangeRefused):
        await ecs.generate_presigned_url("update_service", Params={"service": "x"})


async def test_allowed_changes_leave(open_door: Any, serve: Any) -> None:
    """With changes allowed the same call is sent."""
    server = await serve(answer)
    ecs: Any = await (await open_door(server.url, allow_changes=True)).client("ecs")
    with pytest.raises(AwsError):
        await ecs.update_service(service="backend-api")
    assert server.asked("UpdateService") >= 1


@pytest.mark.parametrize(("service", "operation"), sorted(NEVER))
def test_a_secret_is_never_read(service: str, operation: str) -> None:
    """Not even with changes allowed is a secret's value asked for."""
    gate = Gate(Settings(env="prod", allow_changes=True))
    with pytest.raises(ChangeRefused):
        gate.check(service, operation, {})


@pytest.mark.parametrize("operation", sorted(OWN_QUEUE_ONLY))
def test_only_the_own_queue_is_emptied(operation: str) -> None:
    """Messages are taken from the own queue; taking them from another would change the platform."""
    gate = Gate(Settings(env="prod", alert_queue=QUEUE))
    gate.check("sqs", operation, {"QueueUrl": QUEUE})
    with pytest.raises(ChangeRefused):
        gate.check("sqs", operation, {"QueueUrl": QUEUE + "-backtests"})


def test_the_journal_is_written_in_a_read_only_run() -> None:
    """A team's journal table takes entries; every other table refuses them."""
    gate = Gate(Settings(env="prod"), journal_table="tradai-console-journal")
    gate.check("dynamodb", "PutItem", {"TableName": "tradai-console-journal"})
    with pytest.raises(ChangeRefused):
        gate.check("dynamodb", "PutItem", {"TableName": "tradai-trading-state-prod"})


def test_the_tables_name_real_operations() -> None:
    """Every operation of the tables exists in botocore's models, and no read is a change as well."""
    session = botocore.session.get_session()
    for table in (READS, CHANGES):
        for service, operations in table.items():
            assert set(operations) <= set(session.get_service_model(service).operation_names), service
    for service, operations in READS.items():
        assert not set(operations) & set(CHANGES.get(service, {}))
    for service, operation in NEVER | HELPERS:
        assert operation in session.get_service_model(service).operation_names


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        ("lambda", "Invoke", "lambda:InvokeFunction"),
        ("stepfunctions", "ListExecutions", "states:ListExecutions"),
        ("elbv2", "DescribeTargetHealth", "elasticloadbalancing:DescribeTargetHealth"),
        ("stepfunctions", "Unheard", "states:Unheard"),
        ("sts", "GetCallerIdentity", "sts:GetCallerIdentity"),
    ],
)
def test_actions_are_spelt_as_iam_spells_them(service: str, operation: str, action: str) -> None:
    """What a refusal names can be pasted into a policy."""
    assert action_of(service, operation) == action
