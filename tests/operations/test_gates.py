"""Nothing is sent that was not allowed, named, for this account, written down and meant."""

from __future__ import annotations

import asyncio
import re
import shlex
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.kit.http_wire import answer_of
from tests.kit.toxics import Toxic, deny, never, reset, status
from tests.operations.conftest import Desk, PlatformClock
from tradai_console.aws.changes import CHANGES
from tradai_console.aws.reads import READS
from tradai_console.errors import ChangeRefused, JournalError
from tradai_console.journal.base import Kind
from tradai_console.journal.sqlite import SqliteJournal
from tradai_console.models.evidence import Verdict
from tradai_console.operations.carrying_out import carry_out
from tradai_console.operations.context import is_production
from tradai_console.operations.plan import Call, Confirm
from tradai_console.operations.planning import plan_action
from tradai_console.runbook.catalogue import ACTIONS, ARGUMENTS

pytestmark = pytest.mark.xdist_group("operations")

GOOD = {
    "service": "mlflow", "task": "a" * 32, "task_definition": "tradai-mlflow-prod:1", "function": "health-check",
    "strategy": "PascalStrategy", "model": "PascalStrategy", "version": "3", "database": "tradai-prod",
    "instance": "i-0123456789abcdef0", "execution": "bt-1", "queue": "tradai-backtest-dlq-prod.fifo", "user": "mallory",
    "key": "AKIA" + "A" * 16, "reason": "because", "message": "look", "desired": "3", "memory": "2048", "cpu": "512",
    "seconds": "77", "force": "yes", "dry_run": "no", "level": "L2",
    "job": "bt-1", "status": "FAILED",
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIONS)
async def test_read_only_sends_nothing(desk: Desk, name: str) -> None:
    """Whatever the plan, a console that may not change anything refuses it without a single request."""
    plan = await plan_action(name, {key: GOOD[key] for key in ACTIONS[name].required}, desk.read_only())
    plan = replace(plan, refused=None, calls=plan.calls or (Call("ecs", "UpdateService", {}),))
    before = len(desk.line.calls)
    with pytest.raises(ChangeRefused, match="read-only"):
        await carry_out(plan, desk.read_only(), typed=plan.type_name)
    assert len(desk.line.calls) == before
    assert await desk.entries() == []


@pytest.mark.parametrize("name", ACTIONS)
async def test_production_always_asks_for_the_name(desk: Desk, name: str) -> None:
    """Every action's plan in production asks for a name that somebody can type; no other text will do."""
    plan = await plan_action(name, {key: GOOD[key] for key in ACTIONS[name].required}, desk.context)
    assert plan.confirm is Confirm.TYPE_NAME
    if plan.refused is None:
        assert plan.type_name
        assert plan.account == "123456789012"
        assert "--region eu-central-1" in plan.aws_line
        assert plan.cost
    plan = replace(plan, refused=None, calls=plan.calls or (Call("ecs", "UpdateService", {}),))
    before = len(desk.line.calls)
    for typed in (None, "", plan.type_name[:-1], plan.type_name.upper(), f"{plan.type_name} ", "yes", "y"):
        if typed != plan.type_name or not plan.type_name:
            with pytest.raises(ChangeRefused, match="type "):
                await carry_out(plan, desk.context, typed=typed)
    # A plan that claims to need no name is not believed.
    with pytest.raises(ChangeRefused, match="type "):
        await carry_out(replace(plan, confirm=Confirm.NONE, type_name=""), desk.context, typed="")
    assert len(desk.line.calls) == before


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ("prod", True),
        ("production", True),
        ("live", True),
        ("eu", True),
        ("dev", False),
        ("Staging", False),
        ("test", False),
    ],
)
def test_what_is_not_known_to_be_harmless_is_production(env: str, expected: bool) -> None:
    """A new environment's name does not lower the guard."""
    assert is_production(env) is expected


async def test_another_account_or_region_is_refused(desk: Desk) -> None:
    """The account is asked for again just before: with a new login's account nothing is changed."""
    plan = await plan_action("trading.pause", {"strategy": "PascalStrategy"}, desk.context)
    with pytest.raises(ChangeRefused, match="account 999999999999"):
        await carry_out(replace(plan, account="999999999999"), desk.context, typed=plan.type_name)
    with pytest.raises(ChangeRefused, match="us-east-1"):
        await carry_out(replace(plan, region="us-east-1"), desk.context, typed=plan.type_name)
    with pytest.raises(ChangeRefused, match="for dev"):
        await carry_out(replace(plan, environment="dev"), desk.context, typed=plan.type_name)
    account = "<Account>222222222222</Account>"
    result = f"<GetCallerIdentityResult>{account}</GetCallerIdentityResult>"
    answer = f"<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"
    other = Toxic(
        "other", answer=lambda *_: answer_of(200, "OK", [("Content-Type", "text/xml")], answer.encode())
    )
    with desk.line.fault(other, service="sts"), pytest.raises(ChangeRefused, match="222222222222"):
        await carry_out(plan, desk.context, typed=plan.type_name)
    assert desk.line.count("dynamodb", "UpdateItem") == 0
    assert await desk.entries() == []


async def test_old_plan_is_refused(desk: Desk) -> None:
    """What was read minutes ago may have changed: it has to be looked at again."""
    plan = await plan_action("trading.pause", {"strategy": "PascalStrategy"}, desk.context)
    old = replace(plan, made_at=plan.made_at - timedelta(minutes=6))
    with pytest.raises(ChangeRefused, match="older than"):
        await carry_out(old, desk.context, typed=old.type_name)


async def test_hidden_values_must_be_there(desk: Desk) -> None:
    """A secret is not overwritten with nothing."""
    plan = await desk.plan("secrets.put_exchange_keys")
    for answers in (
        {},
        {"API_KEY": "long-enough-1"},
        {"API_KEY": "long-enough-1", "API_SECRET": "   short  "},
    ):
        with pytest.raises(ChangeRefused, match="characters"):
            await desk.do(plan, **answers)
    assert desk.line.count("secretsmanager", "PutSecretValue") == 0


async def test_journal_has_intent_before_and_result_after(desk: Desk) -> None:
    """Both name action, account, resource and command; the result belongs to the intent."""
    plan = await desk.plan("lambda.set_timeout", function="drift-monitor", seconds=240)
    evidence = await desk.do(plan)
    intent, result = await desk.entries()
    assert (intent.kind, result.kind) == (Kind.INTENT, Kind.RESULT)
    assert result.data["intent"] == intent.id
    assert (result.text, result.data["verdict"]) == (evidence.line, "ok")
    assert intent.data["command"] == plan.aws_line
    assert (intent.operator, intent.incident, intent.runbook, intent.step) == ("jm", "i", "r", "s")


async def test_without_an_intent_on_disk_nothing_is_sent(desk: Desk, tmp_path: Path) -> None:
    """Where the journal cannot be written the change is refused."""
    plan = await desk.plan("lambda.set_timeout", function="drift-monitor", seconds=200)
    async with SqliteJournal(tmp_path / "other.sqlite3") as journal:
        with closing(sqlite3.connect(tmp_path / "other.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(JournalError, match="nothing was done"):
                await carry_out(plan, replace(desk.context, journal=journal), typed=plan.type_name)
        assert desk.line.count("lambda", "UpdateFunctionConfiguration20150331v2") == 0
        found = desk.scene.aws("lambda").get_function_configuration(FunctionName="tradai-drift-monitor-prod")
        assert found["Timeout"] != 200


async def test_refusal_by_aws_is_told_and_journalled(desk: Desk) -> None:
    """Denied: the evidence names the action to grant, and the state as it still is."""
    plan = await desk.plan("ecs.force_deployment", service="data-collection")
    with desk.line.fault(deny(), service="ecs", operation="UpdateService"):
        evidence = await desk.do(plan)
    assert evidence.verdict is Verdict.BAD
    assert "ecs:UpdateService is not allowed" in evidence.line
    assert "data-collection" in evidence.line.partition("Now:")[2]
    assert (await desk.entries())[-1].data["verdict"] == "bad"


@pytest.mark.parametrize(
    "fault", [reset(after_commit=True), status(503, "ServiceUnavailable")], ids=["answer lost", "503"]
)
async def test_unknown_outcome_is_said_as_such(desk: Desk, fault: object) -> None:
    """An answer that was lost after the order was sent is neither success nor failure; what is now is shown."""
    plan = await desk.plan("ecs.scale", service="mlflow", desired=3)
    with desk.line.fault(fault, service="ecs", operation="UpdateService"):  # type: ignore[arg-type]
        evidence = await desk.do(plan)
    assert evidence.verdict is Verdict.UNKNOWN
    assert "it may have happened" in evidence.line
    assert desk.line.count("ecs", "UpdateService") == 1, "an order without an answer is not sent again"
    assert "running" in evidence.line.partition("Now:")[2]
    assert (await desk.entries())[-1].data["verdict"] == "unknown"
    desk.scene.aws("ecs").update_service(cluster="tradai-prod", service="tradai-mlflow-prod", desiredCount=1)


async def test_change_that_is_cut_off_leaves_a_result(desk: Desk) -> None:
    """The console is left in the middle of a call: the journal says that nobody knows."""
    plan = await desk.plan("ecs.force_deployment", service="data-collection")
    with desk.line.fault(never(), service="ecs", operation="UpdateService"):
        work = asyncio.create_task(desk.do(plan))
        async with asyncio.timeout(10):
            while not desk.line.count("ecs", "UpdateService"):  # noqa: ASYNC110 - a condition of the line's
                await asyncio.sleep(0.01)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
    assert "may or may not" in (await desk.entries())[-1].text


async def test_resource_is_frozen_in_the_plan(desk: Desk) -> None:
    """What is carried out is what was shown, whatever the console looks at meanwhile."""
    plan = await desk.plan("lambda.set_timeout", function="update-status", seconds=45)
    other = replace(desk.context, clock=PlatformClock(), incident="another")
    evidence = await carry_out(plan, other, typed=plan.type_name)
    assert evidence.line.startswith("tradai-update-status-prod: Timeout is 45")


_NOT_YET: frozenset[tuple[str, str]] = frozenset(
    {
        ("ec2", "CreateSecurityGroup"),
        ("ec2", "ModifyNetworkInterfaceAttribute"),
        ("ec2", "RevokeSecurityGroupEgress"),
        ("sqs", "StartMessageMoveTask"),
    }
)
"""Calls of rare actions; whoever grants `iam-policy --changes` without them is told what is missing."""


def test_every_call_of_an_action_is_one_that_the_policy_knows() -> None:
    """What an action may send is in the table that the policy and the texts of refusals are made from."""
    folder = Path(carry_out.__code__.co_filename).parent
    source = "".join(path.read_text() for path in sorted(folder.glob("*.py")))
    found = set(re.findall(r'Call\(\s*"([a-z]+)",\s*"([A-Za-z]+)"', source))
    assert ("ecs", "UpdateService") in found
    assert len(found) > 12
    tables = (CHANGES, READS)
    known = {(service, operation) for one in tables for service, table in one.items() for operation in table}
    assert found - known <= _NOT_YET


_INJECTIONS = (
    *("-x", "--endpoint-url=http://evil.example", "-", "--", "@/etc/passwd", "@file", "file:///etc/passwd", "fileb:///etc/passwd"),
    *("FILE:///etc/passwd", "FileB://x", "a\nb", "a\x00b", "a\rb", "a\tb\n", "\n", "", "a b\n--profile x", "\x1b[2J"),
    *("$(id)\n", "`id`\n", "a;id\n", "a|id\n", "a&&id\n", "${IFS}\n", "é\n", "\ud800", "\u202ea"),
)  # fmt: skip


def _injections() -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for name, spec in ACTIONS.items():
        for number, key in enumerate(spec.arguments):
            start = (len(found) * 5 + number) % len(_INJECTIONS)
            found += [(name, key, _INJECTIONS[(start + step) % len(_INJECTIONS)]) for step in range(6)]
    return found


async def test_argument_injection_is_refused_before_anything_is_read(desk: Desk) -> None:
    """Options, files, line breaks and controls in any argument of any action: more than 120, all refused unsent."""
    found = _injections()
    assert len(found) > 120
    await desk.context.door.identity()
    before = len(desk.line.calls)
    for name, key, value in found:
        arguments = {one: GOOD[one] for one in ACTIONS[name].required} | {key: value}
        with pytest.raises(ChangeRefused):
            await plan_action(name, arguments, desk.context)
    for name, arguments in (
        ("ecs.delete", {}),
        ("ecs.scale", {"service": "mlflow"}),
        ("nat.replace", {"service": "mlflow"}),
    ):
        with pytest.raises(ChangeRefused):
            await plan_action(name, arguments, desk.context)
    assert len(desk.line.calls) == before


async def test_hostile_text_is_one_word_of_the_command_shown(desk: Desk) -> None:
    """What a text argument may hold does not become more of the command line."""
    for text in ("$(touch /tmp/x); `id` \"'|&", "; rm -rf ~", "' --endpoint-url http://evil.example '"):
        plan = await desk.plan("alerts.escalate", level="L1", message=text)
        words = shlex.split(plan.aws_line)
        assert words[:3] == ["aws", "sns", "publish"]
        assert text in words[words.index("--message") + 1]
        assert "--endpoint-url" not in words


def test_every_argument_of_every_action_has_a_pattern() -> None:
    """No argument goes unchecked, and the tests' own values cover them."""
    for spec in ACTIONS.values():
        assert set(spec.arguments) <= ARGUMENTS.keys()
        assert set(spec.arguments) <= GOOD.keys()
