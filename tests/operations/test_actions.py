"""Every action of the catalogue, on the simulated platform: AWS really changes, and the evidence says so."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.operations.conftest import Desk, default_route
from tests.sources.conftest import says
from tradai_console.demo import behaviour
from tradai_console.journal.base import Kind
from tradai_console.models.alert import Alert, Lifecycle
from tradai_console.models.evidence import Verdict
from tradai_console.operations.plan import Confirm
from tradai_console.operations.registry import OPERATIONS
from tradai_console.runbook.catalogue import ACTIONS

pytestmark = pytest.mark.xdist_group("operations")

CLUSTER = "tradai-prod"


def service(desk: Desk, name: str) -> dict[str, Any]:
    answer = desk.scene.aws("ecs").describe_services(cluster=CLUSTER, services=[f"tradai-{name}-prod"])
    found: dict[str, Any] = answer["services"][0]
    return found


def row(desk: Desk, table: str, **key: str) -> dict[str, Any]:
    keys = {name: {"S": value} for name, value in key.items()}
    found: dict[str, Any] = desk.scene.aws("dynamodb").get_item(TableName=f"tradai-{table}-prod", Key=keys)[
        "Item"
    ]
    return found


def put(desk: Desk, table: str, key: dict[str, str], **values: str) -> None:
    desk.scene.aws("dynamodb").update_item(
        TableName=f"tradai-{table}-prod",
        Key={name: {"S": value} for name, value in key.items()},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ExpressionAttributeNames={f"#{name}": name for name in values},
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in values.items()},
    )


def test_catalogue_and_actions_are_the_same_list() -> None:
    """What a runbook may name is what there is, no more and no less."""
    assert set(OPERATIONS) == set(ACTIONS)


async def test_force_deployment_replaces_every_task(desk: Desk) -> None:
    """The tasks that run afterwards are others; the plan named account, region, service and command."""
    before = set(
        desk.scene.aws("ecs").list_tasks(cluster=CLUSTER, serviceName="tradai-mlflow-prod")["taskArns"]
    )
    plan = await desk.plan("ecs.force_deployment", service="mlflow")
    assert (plan.account, plan.region, plan.environment) == ("123456789012", "eu-central-1", "prod")
    assert (plan.resource, plan.type_name, plan.confirm) == (
        "tradai-mlflow-prod",
        "tradai-mlflow-prod",
        Confirm.TYPE_NAME,
    )
    assert plan.aws_line == (
        "aws ecs update-service --cluster tradai-prod --service tradai-mlflow-prod --force-new-deployment "
        "--region eu-central-1"
    )
    evidence = await desk.do(plan)
    assert evidence.verdict is Verdict.OK, evidence
    assert "rollout IN_PROGRESS" in evidence.line
    desk.scene.advance(300)
    after = set(
        desk.scene.aws("ecs").list_tasks(cluster=CLUSTER, serviceName="tradai-mlflow-prod")["taskArns"]
    )
    assert after
    assert not after & before
    assert [one.kind for one in await desk.entries()] == [Kind.INTENT, Kind.RESULT]


async def test_scale_knows_what_production_should_run(desk: Desk) -> None:
    """The backend of production runs two: one is warned of, as many as now is refused, a slip is refused."""
    assert "already" in str((await desk.plan("ecs.scale", service="backend-api", desired=2)).refused)
    assert "slip" in str((await desk.plan("ecs.scale", service="backend-api", desired=200)).refused)
    one = await desk.plan("ecs.scale", service="backend", desired=1)
    assert any("runs 2 tasks in production" in warning for warning in one.warnings)
    assert (await desk.do(one)).verdict is Verdict.OK
    assert service(desk, "backend-api")["desiredCount"] == 1
    evidence = await desk.do(await desk.plan("ecs.scale", service="tradai-backend-api-prod", desired=2))
    assert "of 2" in evidence.line
    assert service(desk, "backend-api")["desiredCount"] == 2


async def test_roll_back_takes_the_revision_before_also_when_settled(desk: Desk) -> None:
    """After a settled deployment ECS shows one only: the one before comes from the family's list, in whatever order
    that comes; the first of a family has none."""
    assert len(service(desk, "backend-api")["deployments"]) >= 1
    desk.scene.advance(600)
    plan = await desk.plan("ecs.roll_back", service="backend-api")
    assert plan.refused is None
    assert plan.calls[0].parameters["taskDefinition"] == "tradai-backend-api-prod:1"
    assert any("schema" in warning for warning in plan.warnings)
    assert (await desk.do(plan)).verdict is Verdict.OK
    assert service(desk, "backend-api")["taskDefinition"].endswith("tradai-backend-api-prod:1")
    assert "no earlier revision" in str((await desk.plan("ecs.roll_back", service="mlflow")).refused)
    other = await desk.plan("ecs.roll_back", service="mlflow", task_definition="tradai-backend-api-prod:1")
    assert "another family" in str(other.refused)
    ecs = desk.scene.aws("ecs")
    kept = ("family", "containerDefinitions", "requiresCompatibilities", "networkMode", "cpu", "memory")
    shown = ecs.describe_task_definition(taskDefinition="tradai-backend-api-prod:2")["taskDefinition"]
    ecs.register_task_definition(**{key: shown[key] for key in kept})
    ecs.update_service(
        cluster=CLUSTER, service="tradai-backend-api-prod", taskDefinition="tradai-backend-api-prod:3"
    )
    desk.scene.advance(600)
    third = await desk.plan("ecs.roll_back", service="backend-api")
    assert third.calls[0].parameters["taskDefinition"] == "tradai-backend-api-prod:2"


async def test_stop_task_stops_that_task(desk: Desk) -> None:
    """The task ends, its reason is the operator's."""
    task = desk.scene.aws("ecs").list_tasks(cluster=CLUSTER, serviceName="tradai-data-collection-prod")[
        "taskArns"
    ][0]
    plan = await desk.plan("ecs.stop_task", task=task, reason="frees a connection")
    assert plan.resource == task.rpartition("/")[2]
    assert plan.type_name == plan.resource[:8], "32 signs are typed wrong at night"
    assert any("starts another" in warning for warning in plan.warnings)
    evidence = await desk.do(plan)
    assert evidence.verdict is Verdict.OK
    desk.scene.advance(60)
    shown = desk.scene.aws("ecs").describe_tasks(cluster=CLUSTER, tasks=[task])["tasks"][0]
    assert shown["lastStatus"] == "STOPPED"
    assert shown["stoppedReason"] == "frees a connection"
    assert "stopped already" in str((await desk.plan("ecs.stop_task", task=task)).refused)


async def test_resize_registers_a_revision_and_deploys_it(desk: Desk) -> None:
    """Memory is that of the new revision, everything else as it was; a size that Fargate lacks is refused."""
    old = desk.scene.aws("ecs").describe_task_definition(taskDefinition="tradai-strategy-service-prod")[
        "taskDefinition"
    ]
    wrong = await desk.plan("ecs.resize", service="strategy-service", memory=700)
    assert "1024 to 4096 MiB in steps of 1024" in str(wrong.refused)
    assert "already" in str((await desk.plan("ecs.resize", service="strategy-service")).refused)
    plan = await desk.plan("ecs.resize", service="strategy-service", memory=2048)
    assert plan.aws_line.startswith(
        "TASK_DEFINITION=$(aws ecs register-task-definition --family tradai-strategy-service-prod"
    )
    assert plan.aws_line.splitlines()[1].startswith("aws ecs update-service")
    assert (await desk.do(plan)).verdict is Verdict.OK
    arn = service(desk, "strategy-service")["taskDefinition"]
    new = desk.scene.aws("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    assert (new["memory"], new["cpu"], new["revision"]) == ("2048", "512", old["revision"] + 1)
    assert new["containerDefinitions"][0]["image"] == old["containerDefinitions"][0]["image"]


async def test_resize_of_what_runs_on_demand_is_for_its_next_task(desk: Desk) -> None:
    """The strategy's container belongs to no service: a new revision of its family is all, and nothing is deployed."""
    plan = await desk.plan("ecs.resize", service="strategy-container", memory=4096)
    assert plan.type_name == "tradai-strategy-generic-prod"
    assert [call.operation for call in plan.calls] == ["RegisterTaskDefinition"]
    told = await desk.do(plan)
    assert told.verdict is Verdict.OK
    assert "has 4096 MiB" in told.line
    ecs = desk.scene.aws("ecs")
    newest = ecs.describe_task_definition(taskDefinition="tradai-strategy-generic-prod")["taskDefinition"]
    assert newest["memory"] == "4096"
    assert "already" in str(
        (await desk.plan("ecs.resize", service="strategy-container", memory=4096)).refused
    )


async def test_isolated_task_is_in_a_group_without_rules(desk: Desk) -> None:
    """The interface gets a group that allows nothing, made on the way; the groups it had are noted."""
    ec2, network = desk.scene.aws("ec2"), desk.scene.world.network
    eni = ec2.create_network_interface(SubnetId=network.subnets["private-a"], Groups=[network.groups["ecs"]])[
        "NetworkInterface"
    ]["NetworkInterfaceId"]
    arn = f"arn:aws:ecs:eu-central-1:123456789012:task/{CLUSTER}/{'a' * 32}"
    details = [{"name": "networkInterfaceId", "value": eni}]
    task = {
        "taskArn": arn,
        "lastStatus": "RUNNING",
        "group": "service:x",
        "attachments": [{"details": details}],
    }
    with desk.line.fault(says({"tasks": [task]}), service="ecs", operation="DescribeTasks"):
        plan = await desk.plan("ecs.isolate_task", task="a" * 32)
        assert plan.refused is None
        assert (plan.resource, plan.type_name) == ("a" * 32, "a" * 8)
        evidence = await desk.do(plan)
    assert evidence.verdict is Verdict.OK, evidence
    assert network.groups["ecs"] in evidence.rows[0].value
    shown = ec2.describe_network_interfaces(NetworkInterfaceIds=[eni])["NetworkInterfaces"][0]["Groups"]
    rules = ec2.describe_security_groups(GroupIds=[one["GroupId"] for one in shown])["SecurityGroups"]
    assert [one["GroupName"] for one in rules] == ["tradai-quarantine-prod"]
    assert not rules[0]["IpPermissions"]
    assert not rules[0]["IpPermissionsEgress"]


async def test_function_limits_are_set(desk: Desk) -> None:
    """Timeout and memory as asked; out of range or the same as now is refused."""
    assert (
        await desk.do(await desk.plan("lambda.set_timeout", function="health-check", seconds=90))
    ).verdict is Verdict.OK
    assert (
        await desk.do(await desk.plan("lambda.set_memory", function="health-check", memory=512))
    ).verdict is Verdict.OK
    found = desk.scene.aws("lambda").get_function_configuration(FunctionName="tradai-health-check-prod")
    assert (found["Timeout"], found["MemorySize"]) == (90, 512)
    for name, arguments in (
        ("lambda.set_timeout", {"seconds": 901}),
        ("lambda.set_timeout", {"seconds": 90}),
        ("lambda.set_memory", {"memory": 64}),
    ):
        assert (await desk.plan(name, function="health-check", **arguments)).refused
    assert (await desk.plan("lambda.set_timeout", function="nothing-such", seconds=9)).refused


async def test_retraining_inside_the_cooldown_is_refused_in_words(desk: Desk) -> None:
    """Without force the answer would be green and nothing done: refused. With force it starts an execution."""
    now = desk.context.clock.now()
    put(
        desk,
        "retraining-state",
        {"model_name": "RadStrategy"},
        last_retrained=(now - timedelta(hours=3)).isoformat(),
    )
    plan = await desk.plan("retraining.start", model="RadStrategy")
    assert "cooldown of 24 h has 21.0 h left" in str(plan.refused)
    assert "force=yes" in str(plan.refused)
    evidence = await desk.do(await desk.plan("retraining.start", model="RadStrategy", force="yes"))
    assert (evidence.verdict, evidence.line) == (Verdict.OK, "RadStrategy: started")
    arn = desk.scene.world.cast.machine_arn("retraining")
    running = desk.scene.aws("stepfunctions").list_executions(stateMachineArn=arn, statusFilter="RUNNING")[
        "executions"
    ]
    assert running


async def test_green_answer_that_did_nothing_is_bad(desk: Desk) -> None:
    """Success for the whole with this model skipped is told as what it is."""
    plan = await desk.plan("retraining.start", model="NoSuchModel")
    evidence = await desk.do(plan)
    assert evidence.verdict is Verdict.BAD
    assert "nothing was started: invalid_model" in evidence.line


async def test_rollback_is_rehearsed_first_and_knows_its_cooldown(desk: Desk) -> None:
    """dry_run is the default; the real one rehearses, then rolls back; inside the cooldown it is refused; a refused
    rehearsal is followed by nothing."""
    asked: list[dict[str, Any]] = []
    functions = behaviour.functions  # type: ignore[attr-defined]
    name = "tradai-model-rollback-prod"
    original = functions._state.responses[name]

    def answer(payload: dict[str, Any]) -> Any:
        asked.append(payload)
        return original(payload)

    functions.set_response(name, answer)
    try:
        rehearsal = await desk.do(await desk.plan("model.roll_back", model="PascalStrategy"))
        assert rehearsal.line.startswith("PascalStrategy rehearsed only")
        real = await desk.plan(
            "model.roll_back", model="PascalStrategy", version=3, dry_run="no", reason="DRIFT_SEVERE"
        )
        assert (await desk.do(real)).line.startswith("PascalStrategy rolled back from")
        assert [one["dry_run"] for one in asked] == [True, True, False]
        assert asked[-1] | {"dry_run": 0} == {
            "model_name": "PascalStrategy", "target_version": "3", "reason": "DRIFT_SEVERE", "dry_run": 0,
        }  # fmt: skip

        def refuse(payload: dict[str, Any]) -> Any:
            asked.append(payload)
            return {"status": "refused", "reason": "no such version"}

        functions.set_response(name, refuse)
        refused = await desk.do(
            await desk.plan("model.roll_back", model="PascalStrategy", version=99, dry_run="no")
        )
        assert refused.verdict is Verdict.BAD
        assert "no such version" in refused.line
        assert asked[-1]["dry_run"] is True
    finally:
        functions.set_response(name, original)
    hour_ago = (desk.context.clock.now() - timedelta(hours=1)).isoformat()
    put(desk, "rollback-state", {"model_name": "PascalStrategy"}, rolled_back_at=hour_ago)
    plan = await desk.plan("model.roll_back", model="PascalStrategy", dry_run="no")
    assert "rolled back 1.0 h ago" in str(plan.refused)
    assert (await desk.plan("model.roll_back", model="PascalStrategy")).refused is None
    assert "knows the reasons" in str(
        (await desk.plan("model.roll_back", model="PascalStrategy", reason="why not")).refused
    )


async def test_session_is_paused_stopped_and_resumed_only_from_what_was_seen(desk: Desk) -> None:
    """Each status follows only from those it may; one that changed meanwhile stays as somebody else left it."""
    key = {"strategy_id": "RadStrategy"}
    put(desk, "trading-state", key, status="running")
    pause = await desk.plan("trading.pause", strategy="RadStrategy")
    assert any("closes no position" in warning for warning in pause.warnings)
    assert (await desk.do(pause)).line == "RadStrategy: status paused"
    assert row(desk, "trading-state", **key)["status"] == {"S": "paused"}
    assert "paused already" in str((await desk.plan("trading.pause", strategy="RadStrategy")).refused)
    stop = await desk.plan("trading.stop", strategy="RadStrategy")
    resume = await desk.plan("trading.resume", strategy="RadStrategy")
    assert (await desk.do(stop)).verdict is Verdict.OK
    late = await desk.do(resume)
    assert late.verdict is Verdict.BAD
    assert "ConditionalCheckFailed" in late.line
    assert row(desk, "trading-state", **key)["status"] == {"S": "stopped"}
    assert (await desk.do(await desk.plan("trading.resume", strategy="RadStrategy"))).verdict is Verdict.OK
    put(desk, "trading-state", key, status="terminated")
    assert "only from" in str((await desk.plan("trading.resume", strategy="RadStrategy")).refused)
    assert "has no session" in str((await desk.plan("trading.pause", strategy="Nobody")).refused)


async def test_nat_is_rebooted_forwarded_rerouted_and_replaced_by_its_group(desk: Desk) -> None:
    """No plan stops or launches an instance; the route goes only to the one in service; the group replaces it."""
    ec2, nat = desk.scene.aws("ec2"), desk.scene.world.nat
    assert "is not the NAT instance" in str(
        (await desk.plan("nat.reboot", instance="i-0123456789abcdef0")).refused
    )
    assert (await desk.do(await desk.plan("nat.reboot"))).verdict is not Verdict.BAD

    assert "off already" in str((await desk.plan("nat.source_dest_check_off")).refused)
    ec2.modify_instance_attribute(InstanceId=nat.instance, SourceDestCheck={"Value": True})
    check = await desk.plan("nat.source_dest_check_off")
    assert "--no-source-dest-check" in check.aws_line
    assert (await desk.do(check)).verdict is Verdict.OK

    assert "already" in str((await desk.plan("nat.repair_route")).refused)
    ec2.delete_route(
        RouteTableId=desk.scene.world.network.private_route_table, DestinationCidrBlock="0.0.0.0/0"
    )
    created = await desk.plan("nat.repair_route")
    assert created.calls[0].operation == "CreateRoute"
    assert (await desk.do(created)).verdict is Verdict.OK
    other = ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.replace_route(
        RouteTableId=desk.scene.world.network.private_route_table,
        DestinationCidrBlock="0.0.0.0/0",
        InstanceId=other,
    )
    replaced = await desk.plan("nat.repair_route")
    assert replaced.calls[0].operation == "ReplaceRoute"
    assert (await desk.do(replaced)).verdict is Verdict.OK
    assert default_route(desk.scene)["InstanceId"] == nat.instance

    plan = await desk.plan("nat.replace", instance=nat.instance)
    assert [call.operation for call in plan.calls] == ["TerminateInstanceInAutoScalingGroup"]
    assert plan.calls[0].parameters["ShouldDecrementDesiredCapacity"] is False
    assert "--no-should-decrement-desired-capacity" in plan.aws_line
    assert any("looks healthy" in warning for warning in plan.warnings)
    assert (await desk.do(plan)).verdict is Verdict.OK
    desk.scene.advance(40)
    assert "replacing it already" in str((await desk.plan("nat.replace")).refused)
    desk.scene.advance(300)
    new = default_route(desk.scene)["InstanceId"]
    assert new != nat.instance
    assert (await desk.plan("nat.repair_route")).refused


async def test_database_fails_over_only_with_a_second_zone(desk: Desk) -> None:
    """Failover moves the zone; while it goes on another order is refused; single-AZ refuses with another way."""
    rds = desk.scene.aws("rds")
    before = rds.describe_db_instances(DBInstanceIdentifier="tradai-prod")["DBInstances"][0][
        "AvailabilityZone"
    ]
    evidence = await desk.do(await desk.plan("rds.failover"))
    assert evidence.verdict is Verdict.OK
    assert (await desk.plan("rds.reboot")).refused
    desk.scene.advance(300)
    assert (
        rds.describe_db_instances(DBInstanceIdentifier="tradai-prod")["DBInstances"][0]["AvailabilityZone"]
        != before
    )
    reboot = await desk.plan("rds.reboot", database="tradai-prod")
    assert reboot.calls[0].parameters["ForceFailover"] is False
    assert (await desk.do(reboot)).verdict is Verdict.OK
    desk.scene.advance(300)
    rds.create_db_instance(DBInstanceIdentifier="single", DBInstanceClass="db.t4g.micro", Engine="postgres", AllocatedStorage=20,
                           MasterUsername="a1", MasterUserPassword="not-a-real-one", MultiAZ=False)  # fmt: skip
    assert "not Multi-AZ" in str((await desk.plan("rds.failover", database="single")).refused)


async def test_database_lets_the_tasks_in_again(desk: Desk) -> None:
    """With the rule there it is refused; without it the rule comes back."""
    ec2, groups = desk.scene.aws("ec2"), desk.scene.world.network.groups
    assert "elsewhere" in str((await desk.plan("rds.repair_security_group")).refused)
    rule = {
        "IpProtocol": "tcp",
        "FromPort": 5432,
        "ToPort": 5432,
        "UserIdGroupPairs": [{"GroupId": groups["ecs"]}],
    }
    ec2.revoke_security_group_ingress(GroupId=groups["rds"], IpPermissions=[rule])
    evidence = await desk.do(await desk.plan("rds.repair_security_group"))
    assert evidence.verdict is Verdict.OK
    shown = ec2.describe_security_groups(GroupIds=[groups["rds"]])["SecurityGroups"][0]["IpPermissions"]
    assert shown[0]["UserIdGroupPairs"][0]["GroupId"] == groups["ecs"]


async def test_exchange_keys_are_typed_unseen_and_stand_nowhere(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """The new version holds the pair; plan, command, evidence, journal and log do not."""
    plan = await desk.plan("secrets.put_exchange_keys")
    assert [ask.name for ask in plan.asks] == ["API_KEY", "API_SECRET"]
    assert "env.API_KEY" in plan.aws_line
    pair = {"API_KEY": "canary-key-0001", "API_SECRET": "canary-secret-0002"}
    evidence = await desk.do(plan, **pair)
    assert evidence.verdict is Verdict.OK
    kept = desk.scene.aws("secretsmanager").get_secret_value(SecretId="tradai/prod/exchange-keys")[
        "SecretString"
    ]
    assert json.loads(kept) == {"api_key": pair["API_KEY"], "api_secret": pair["API_SECRET"]}
    told = repr(plan) + repr(evidence) + repr(await desk.context.journal.recent()) + caplog.text
    assert "canary" not in told


async def test_access_key_is_turned_off(desk: Desk) -> None:
    """The user's key is Inactive afterwards; a key of somebody else under this name is refused."""
    iam = desk.scene.aws("iam")
    for user in ("mallory", "alice"):
        iam.create_user(UserName=user)
    key = iam.create_access_key(UserName="mallory")["AccessKey"]["AccessKeyId"]
    assert "has no access key" in str((await desk.plan("iam.deactivate_key", user="alice", key=key)).refused)
    plan = await desk.plan("iam.deactivate_key", user="mallory", key=key)
    assert (plan.confirm, plan.type_name) == (Confirm.TYPE_NAME, "mallory")
    assert (await desk.do(plan)).verdict is Verdict.OK
    assert iam.list_access_keys(UserName="mallory")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    assert "Inactive already" in str((await desk.plan("iam.deactivate_key", user="mallory", key=key)).refused)


async def test_execution_is_stopped_and_redriven(desk: Desk) -> None:
    """A running one stops, what has ended is refused, an aborted one runs on, a good one cannot."""
    states, arn = desk.scene.aws("stepfunctions"), desk.scene.world.cast.machine_arn("backtest")
    name = "bt-on-call"
    execution = states.start_execution(stateMachineArn=arn, name=name, input='{"job_id": "bt-on-call"}')[
        "executionArn"
    ]
    stop = await desk.plan("workflow.stop", execution=name, reason="stuck")
    assert stop.expects["execution"] == execution
    assert (await desk.do(stop)).line == f"{name} is ABORTED"
    assert states.describe_execution(executionArn=execution)["cause"] == "stuck"
    assert "nothing to stop" in str((await desk.plan("workflow.stop", execution=execution)).refused)
    redrive = await desk.do(await desk.plan("workflow.redrive", execution=execution))
    assert (redrive.verdict, redrive.line) == (Verdict.OK, f"{name} is RUNNING")
    good = states.list_executions(stateMachineArn=arn, statusFilter="SUCCEEDED")["executions"][0][
        "executionArn"
    ]
    assert "cannot be redriven" in str((await desk.plan("workflow.redrive", execution=good)).refused)
    assert "no machine" in str((await desk.plan("workflow.stop", execution="nothing-such")).refused)


async def test_dead_letters_go_back_only_where_there_are_some(desk: Desk) -> None:
    """An ordinary queue and an empty one are refused; messages are moved by the call that AWS has for it."""
    sqs = desk.scene.aws("sqs")
    assert "no dead-letter queue" in str(
        (await desk.plan("queue.redrive", queue="tradai-backtest-queue-prod.fifo")).refused
    )
    assert "is empty" in str(
        (await desk.plan("queue.redrive", queue="tradai-backtest-dlq-prod.fifo")).refused
    )
    assert "nowhere" in str((await desk.plan("queue.redrive", queue="tradai-console-alerts-prod")).refused)
    url = sqs.get_queue_url(QueueName="tradai-backtest-dlq-prod.fifo")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}", MessageGroupId="g", MessageDeduplicationId="d")
    plan = await desk.plan("queue.redrive", queue="tradai-backtest-dlq-prod.fifo")
    assert (
        plan.title
        == "Move 1 messages of tradai-backtest-dlq-prod.fifo back to tradai-backtest-queue-prod.fifo"
    )
    with desk.line.fault(says({"TaskHandle": "handle"}), service="sqs", operation="StartMessageMoveTask"):
        assert (await desk.do(plan)).verdict is Verdict.OK
    assert desk.line.count("sqs", "StartMessageMoveTask") == 1


async def test_escalation_reaches_the_topic_with_the_facts(desk: Desk) -> None:
    """The message that subscribers get names level, alert, since, reason and facts; secrets are taken out."""
    alert = Alert(
        "k", "NAT Instance Down", "high", Lifecycle.FIRING, desk.context.clock.now(), "route is a black hole",
        "infrastructure-issues", "nat", variables={"NAT_INSTANCE_ID": "i-1"},
    )  # fmt: skip
    desk.context = replace(
        desk.context, alert=alert, facts=("no group member in service", "password=hunter22x")
    )
    sqs = desk.scene.aws("sqs")
    url = desk.scene.world.queue_url
    sqs.purge_queue(QueueUrl=url)
    plan = await desk.plan("alerts.escalate", level="L2", message="please look")
    evidence = await desk.do(plan)
    assert evidence.verdict is Verdict.OK
    got = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0, MaxNumberOfMessages=10)["Messages"]
    told = json.loads(got[0]["Body"])
    assert told["Subject"] == "Escalation L2: NAT Instance Down i-1 (prod)"
    for part in (
        "jm asks for L2",
        "please look",
        "route is a black hole",
        "no group member",
        "infrastructure-issues#nat",
    ):
        assert part in told["Message"]
    assert "hunter22x" not in told["Message"]
    assert told["MessageAttributes"]["tradai-console-escalation"]["Value"] == "L2"
