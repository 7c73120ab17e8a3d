"""The command shown is one that the `aws` command line understands and that means the same call."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from awscli.clidriver import create_clidriver

from tests.operations.conftest import Desk
from tests.operations.test_gates import GOOD
from tradai_console.operations.command_line import command_lines
from tradai_console.operations.plan import Call, Hidden, HiddenJson, Kept
from tradai_console.operations.planning import plan_action
from tradai_console.runbook.catalogue import ACTIONS

pytestmark = pytest.mark.xdist_group("operations")


async def test_every_plan_is_understood_by_the_aws_command(desk: Desk) -> None:
    """Each option of each line exists, for every action that can be planned on a healthy platform."""
    driver: Any = create_clidriver()
    seen = set()
    for name, spec in ACTIONS.items():
        plan = await plan_action(name, {key: GOOD[key] for key in spec.required}, desk.context)
        for line in plan.aws_line.splitlines():
            words = shlex.split(
                line.partition("$(aws ")[2].rpartition(")")[0] if line.startswith("TASK") else line[4:]
            )
            table = (
                driver.subcommand_table
                if hasattr(driver, "subcommand_table")
                else driver._get_command_table()
            )
            service = table[words[0]]
            operation = service._get_command_table()[words[1]]
            options = {f"--{option}" for option in operation.arg_table} | {"--region", "--query", "--output"}
            options |= {"--cli-binary-format"}
            used = {word for word in words if word.startswith("--")}
            assert used <= options, line
            seen.add(name)
    assert len(seen) >= 8, seen


def test_values_are_words_and_secrets_are_names() -> None:
    """Structures are JSON in one word; what is hidden is named; what another call answers is kept in a variable."""
    calls = (
        Call("ec2", "CreateSecurityGroup", {"GroupName": "it's"}, keeps=("GROUP_ID", ("GroupId",))),
        Call(
            "ec2",
            "AuthorizeSecurityGroupIngress",
            {"GroupId": Kept("GROUP_ID"), "IpPermissions": [{"FromPort": 1}]},
        ),
        Call("ec2", "ModifyInstanceAttribute", {"InstanceId": "i-1", "SourceDestCheck": {"Value": False}}),
        Call("secretsmanager", "PutSecretValue", {"SecretString": HiddenJson((("k", Hidden("API_KEY")),))}),
        Call("rds", "RebootDBInstance", {"ForceFailover": True}),
        Call(
            "ecs",
            "RegisterTaskDefinition",
            {"containerDefinitions": [{"environment": [{"password": "hunter22x"}]}]},
        ),
    )
    lines = command_lines(calls, "eu-central-1", "team").splitlines()
    assert lines[0] == (
        "GROUP_ID=$(aws ec2 create-security-group --group-name 'it'\"'\"'s' --region eu-central-1 --profile team "
        "--query GroupId --output text)"
    )
    assert '--group-id "$GROUP_ID"' in lines[1]
    assert json.loads(shlex.split(lines[1])[shlex.split(lines[1]).index("--ip-permissions") + 1]) == [
        {"FromPort": 1}
    ]
    assert "--no-source-dest-check" in lines[2]
    assert "env.API_KEY" in lines[3]
    assert "reboot-db-instance --force-failover" in lines[4]
    assert "hunter22x" not in lines[5]
