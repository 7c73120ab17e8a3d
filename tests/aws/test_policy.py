"""The policies allow what the tables need, and nothing else."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from tradai_console import operations
from tradai_console.aws.changes import CHANGES
from tradai_console.aws.policy import _SCOPE_OF, actions_in, change_policy, read_policy
from tradai_console.aws.reads import READS
from tradai_console.platform import load_platform

ACCOUNT = "111122223333"
REGION = "eu-central-1"
MANAGED_POLICY_LIMIT = 6_144


def allowed(policy: dict[str, Any]) -> list[str]:
    return [a for s in policy["Statement"] if s["Effect"] == "Allow" for a in s["Action"]]


def resources(policy: dict[str, Any], action: str) -> list[str]:
    found = next(s["Resource"] for s in policy["Statement"] if action in s["Action"])
    return [found] if isinstance(found, str) else found


@pytest.mark.parametrize("env", ["dev", "prod"])
@pytest.mark.parametrize(("make", "table"), [(read_policy, READS), (change_policy, CHANGES)])
def test_policy_and_table_are_equal_both_ways(make: Any, table: Any, env: str) -> None:
    """Every action that an operation needs is allowed once, and no other."""
    actions = allowed(make(load_platform(env), ACCOUNT, REGION))
    assert len(actions) == len(set(actions))
    assert set(actions) == actions_in(table)


def test_every_scope_has_an_action_of_a_table() -> None:
    """No action is tied to a resource that no operation asks for."""
    assert set(_SCOPE_OF) <= actions_in(READS) | actions_in(CHANGES)


@pytest.mark.parametrize("make", [read_policy, change_policy])
def test_a_policy_fits_where_policies_go(make: Any) -> None:
    """IAM takes managed policies up to a size; sids are words and no statement is said twice."""
    policy = make(load_platform("staging"), ACCOUNT, "eu-central-1")
    assert len(json.dumps(policy, separators=(",", ":"))) <= MANAGED_POLICY_LIMIT
    sids = [statement["Sid"] for statement in policy["Statement"]]
    assert len(sids) == len(set(sids))
    assert all(sid.isalnum() for sid in sids)


def test_reads_are_tied_to_the_platform() -> None:
    """What can be tied to a resource is: another environment's tables and groups stay closed."""
    policy = read_policy(load_platform("prod"), ACCOUNT, REGION)
    assert f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/tradai-trading-state-prod" in resources(
        policy, "dynamodb:GetItem"
    )
    assert resources(policy, "ecs:DescribeTasks")[0] == f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/tradai-prod"
    assert all("dev" not in arn for statement in policy["Statement"] for arn in statement["Resource"])
    assert resources(policy, "cloudwatch:DescribeAlarms") == ["*"]
    groups = resources(policy, "logs:FilterLogEvents")
    assert f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/tradai-*-prod*" in groups


def test_nothing_is_unmasked_and_no_secret_is_read() -> None:
    """Masked log data stays masked; a secret's value is in neither policy."""
    policy = read_policy(load_platform("prod"), ACCOUNT, REGION)
    denied = [statement["Action"] for statement in policy["Statement"] if statement["Effect"] == "Deny"]
    assert denied == [["logs:Unmask"]]
    everything = json.dumps([policy, change_policy(load_platform("prod"), ACCOUNT, REGION)])
    assert "GetSecretValue" not in everything
    assert "ExecuteCommand" not in everything


def test_every_call_of_an_action_is_in_the_table() -> None:
    """What the actions call is what the change policy is made from."""
    called = {
        (str(node.args[0].value), str(node.args[1].value))
        for file in Path(operations.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Call"
        if isinstance(node.args[0], ast.Constant) and isinstance(node.args[1], ast.Constant)
    }
    assert len(called) > 15
    known = {
        (service, operation)
        for table in (CHANGES, READS)
        for service, row in table.items()
        for operation in row
    }
    assert called - known == set()


def test_messages_are_moved_from_queue_to_queue() -> None:
    """A change may take messages out of any queue of the account and put them into any; a reader only out of his own."""
    change = change_policy(load_platform("prod"), ACCOUNT, REGION)
    for action in ("StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "SendMessage"):
        assert resources(change, f"sqs:{action}") == [f"arn:aws:sqs:{REGION}:{ACCOUNT}:*"]


def test_a_journal_and_a_queue_are_added_by_name() -> None:
    """The operator's queue and the team's journal, and only those."""
    queue = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/night-shift"
    policy = read_policy(load_platform("prod"), ACCOUNT, REGION, alert_queue=queue, journal_table="journal")
    assert resources(policy, "sqs:ReceiveMessage") == [f"arn:aws:sqs:{REGION}:{ACCOUNT}:night-shift"]
    assert resources(policy, "dynamodb:PutItem")[0] == f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/journal"


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_other_partitions_have_their_own_names(region: str, partition: str) -> None:
    """China's and the government's regions spell ARNs differently."""
    policy = read_policy(load_platform("prod"), ACCOUNT, region)
    assert resources(policy, "ecs:DescribeTasks")[0].startswith(f"arn:{partition}:ecs:{region}:")
