"""What is made wrong on the platform is what the probes say, over the wire; what is normal is not called wrong."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests import sample
from tests.probes.conftest import Asker, Platform
from tradai_console.aws.door import Door
from tradai_console.demo import behaviour
from tradai_console.demo.behaviour import cloudwatch, ec2, ecs, functions, logs, rds, targets
from tradai_console.demo.behaviour.ecs import Fate
from tradai_console.models.board import Board
from tradai_console.models.evidence import Evidence, Verdict
from tradai_console.probes.secrets import judge_rotation
from tradai_console.settings import Settings

pytestmark = pytest.mark.xdist_group("probes-incidents")

OK, WARN, BAD, UNKNOWN = Verdict.OK, Verdict.WARN, Verdict.BAD, Verdict.UNKNOWN


def iso(seconds_ago: float = 0.0) -> str:
    moment = behaviour.clock().now() - timedelta(seconds=seconds_ago)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def says(found: Evidence, verdict: Verdict, *words: str) -> None:
    """The verdict, and each of the words in the line."""
    assert found.verdict is verdict, found.line
    for word in words:
        assert word in found.line, found.line


async def test_tasks_killed_for_memory(platform: Platform, ask: Asker) -> None:
    """Tasks that die of their memory are counted with their cause, and the service is short of them."""
    name = "tradai-strategy-service-prod"
    ecs.set_fate(name, Fate.out_of_memory(12))
    platform.advance(90)
    says(await ask("ecs.service", service="strategy-service"), BAD, "0 of 1 tasks", "run")
    stops = await ask("ecs.stops", service="strategy-service", minutes="60")
    says(stops, BAD, "stopped in", "out of memory")
    assert "exit 137" in stops.rows[0].value
    ecs.clear_fate(name)
    platform.advance(120)
    says(await ask("ecs.service", service="strategy-service"), OK, "1 of 1 tasks")
    says(await ask("ecs.tasks", service="strategy-service"), OK, "all healthy")


async def test_one_task_by_its_id(platform: Platform, ask: Asker) -> None:
    """A task that made a call is told with its service, which fills in what the next steps ask for."""
    task = platform.world.tasks["data-collection"][0].rpartition("/")[2]
    found = await ask("ecs.task", task=task)
    says(found, OK, f"{task} is a task of data-collection", "started", "address 10.")
    assert found.found == {"SERVICE": "data-collection"}
    assert {"revision", "status", "health"} <= {row.name for row in found.rows}
    says(await ask("ecs.task", task="0" * 32), UNKNOWN, "knows no task")


async def test_spot_is_background_noise(platform: Platform, ask: Asker) -> None:
    """A task that Spot took is told, and called normal."""
    task = platform.world.tasks["data-collection"][0]
    ecs.end_task(task, 143, reason="Your Spot Task was interrupted.", stop_code="SpotInterruption")
    platform.advance(60)
    says(await ask("ecs.stops", service="data-collection"), OK, "1 task stopped", "Spot", "normal")


async def test_a_deployment_is_followed(platform: Platform, ask: Asker) -> None:
    """A deployment under way is a warning, one that never comes up is stuck, and it shows among the changes."""
    name = "tradai-mlflow-prod"
    ecs.set_fate(name, Fate.exits(1, 2), running_too=False)
    platform.client("ecs").update_service(cluster="tradai-prod", service=name, forceNewDeployment=True)
    platform.advance(3)
    says(await ask("ecs.deployments", service="mlflow"), WARN, "under way")
    says(await ask("changes.recent", service="mlflow", minutes="60"), WARN, "mlflow", "change")
    platform.advance(1000)
    found = await ask("ecs.deployments", service="mlflow")
    assert found.verdict is BAD, found.line
    events = await ask("ecs.events", service="mlflow")
    says(events, OK, "has started 1 tasks")
    ecs.clear_fate(name)
    platform.advance(120)
    says(await ask("ecs.service", service="mlflow"), OK)


async def test_usage_near_its_limit(platform: Platform, ask: Asker) -> None:
    """Memory of 97 % is bad; without recent figures nothing is said."""
    dimensions = {"ClusterName": "tradai-prod", "ServiceName": "tradai-backend-api-prod"}
    for _ in range(6):
        cloudwatch.put("AWS/ECS", "MemoryUtilization", 97.0, dimensions, unit="Percent")
        platform.advance(60)
    found = await ask("ecs.memory", service="backend-api", minutes="60")
    says(found, BAD, "97 %", "alarm at 80 %")
    assert found.limit == 80
    assert found.series[-1] == 97
    platform.advance(900)
    says(await ask("ecs.memory", service="backend-api", minutes="60"), UNKNOWN, "the newest is from 16 m ago")


async def test_the_way_out(platform: Platform, ask: Asker) -> None:
    """Failing checks, a source/dest check that is on and a lost route are each named by the probe that asks."""
    client, nat = platform.client("ec2"), platform.world.nat
    says(await ask("nat.instance"), OK, nat.instance, "status checks ok")
    ec2.set_impaired(nat.instance)
    says(await ask("nat.instance"), BAD, "impaired")
    ec2.set_impaired(nat.instance, None)
    client.modify_instance_attribute(InstanceId=nat.instance, SourceDestCheck={"Value": True})
    says(await ask("nat.instance"), BAD, "source/dest check is on")
    client.modify_instance_attribute(InstanceId=nat.instance, SourceDestCheck={"Value": False})
    table = platform.world.network.private_route_table
    client.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    says(await ask("nat.route"), BAD, "no default route")
    client.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", InstanceId=nat.instance)
    says(await ask("nat.route"), OK, nat.instance)
    address = client.describe_addresses(AllocationIds=[nat.allocation])["Addresses"][0]
    client.disassociate_address(AssociationId=address["AssociationId"])
    assert (await ask("nat.address")).verdict in (BAD, WARN)
    client.associate_address(InstanceId=nat.instance, AllocationId=nat.allocation)
    says(await ask("nat.address"), OK, nat.address)
    says(await ask("nat.group"), OK, "1 of 1 in service")


async def test_hardly_anything_leaves(platform: Platform, ask: Asker) -> None:
    """A trickle through the NAT instance is bad, whatever its checks say."""
    for _ in range(3):
        platform.advance(60)
        cloudwatch.put(
            "AWS/EC2", "NetworkOut", 2_400, {"InstanceId": platform.world.nat.instance}, unit="Bytes"
        )
    says(await ask("nat.traffic", minutes="15"), BAD, "2.4 kB a minute")


async def test_the_database(platform: Platform, ask: Asker) -> None:
    """Status, failover, a full pool, and nobody connected."""
    rds.set_status("tradai-prod", "storage-full")
    says(await ask("rds.instance"), BAD, "storage-full")
    rds.set_status("tradai-prod", "modifying")
    says(await ask("rds.instance", database="tradai-prod"), WARN, "modifying")
    rds.set_status("tradai-prod", "available")
    says(await ask("rds.events"), OK, "no event")
    rds.add_event("tradai-prod", "Multi-AZ instance failover completed", ("failover",))
    says(await ask("rds.events"), BAD, "failed over")
    dimensions = {"DBInstanceIdentifier": "tradai-prod"}
    platform.advance(60)
    cloudwatch.put("AWS/RDS", "DatabaseConnections", 79, dimensions)
    says(await ask("rds.connections", minutes="15"), BAD, "79 of 81", "98 %", "estimate")
    platform.advance(60)
    cloudwatch.put("AWS/RDS", "DatabaseConnections", 0, dimensions)
    says(await ask("rds.connections", minutes="15"), BAD, "Nobody is connected")
    says(await ask("rds.instance", database="tradai-other"), UNKNOWN, "not found")


async def test_the_way_to_the_database(platform: Platform, ask: Asker) -> None:
    """Without the rule for the tasks' group the port is closed; an endpoint's state is told."""
    groups, client = platform.world.network.groups, platform.client("ec2")
    rule = [
        {
            "IpProtocol": "tcp",
            "FromPort": 5432,
            "ToPort": 5432,
            "UserIdGroupPairs": [{"GroupId": groups["ecs"]}],
        }
    ]
    client.revoke_security_group_ingress(GroupId=groups["rds"], IpPermissions=rule)
    says(await ask("rds.security_groups"), BAD, "cannot reach port 5432", groups["rds"], groups["ecs"])
    client.authorize_security_group_ingress(GroupId=groups["rds"], IpPermissions=rule)
    says(await ask("rds.security_groups"), OK, "may reach port 5432")
    says(await ask("vpc.endpoints"), OK, "All 11")


async def test_sessions(platform: Platform, ask: Asker) -> None:
    """A late heartbeat is bad while the session runs, and no matter while it is paused."""
    table = "tradai-trading-state-prod"
    row = {
        "strategy_id": {"S": "Old"},
        "status": {"S": "running"},
        "last_heartbeat": {"S": iso(600)},
        "mode": {"S": "live"},
    }
    platform.put(table, row)
    says(await ask("trading.heartbeat", strategy="Old"), BAD, "10 m old", "limit")
    says(await ask("trading.sessions"), BAD, "in trouble")
    says(await ask("trading.state", strategy="Old"), BAD, "live mode")
    platform.put(table, {**row, "status": {"S": "paused"}})
    says(await ask("trading.heartbeat", strategy="Old"), OK, "paused", "need not move")
    platform.put(table, {"strategy_id": {"S": "Old"}, "status": {"S": "running"}})
    says(await ask("trading.heartbeat", strategy="Old"), BAD, "missing or unreadable")
    says(await ask("trading.tasks", strategy="Old"), OK, "none carries its name")
    platform.client("dynamodb").delete_item(TableName=table, Key={"strategy_id": {"S": "Old"}})
    says(await ask("trading.heartbeat", strategy="Old"), UNKNOWN, "no trading session")


async def test_models(platform: Platform, ask: Asker) -> None:
    """Drift by its two limits; the cooldown that makes a green answer do nothing."""
    drift = {"model_name": {"S": "M"}, "overall_psi": {"N": "0.31"}, "checked_at": {"S": iso(60)}}
    platform.put("tradai-drift-state-prod", drift)
    says(await ask("drift.state", model="M"), BAD, "0.31", "significant")
    says(await ask("drift.models"), BAD, "M 0.31")
    platform.put("tradai-drift-state-prod", {**drift, "overall_psi": {"N": "0.17"}})
    says(await ask("drift.state", model="M"), WARN, "moderate")
    platform.put(
        "tradai-drift-state-prod",
        {**drift, "overall_psi": {"N": "0.02"}, "checked_at": {"S": iso(4 * 86_400)}},
    )
    says(await ask("drift.state", model="M"), UNKNOWN, "too old")
    platform.put(
        "tradai-retraining-state-prod", {"model_name": {"S": "M"}, "last_retrained": {"S": iso(3600)}}
    )
    says(await ask("retraining.state", model="M"), WARN, "23 h", "does nothing")
    says(await ask("retraining.state", model="Never"), OK, "no cooldown")
    rollback = {
        "model_name": {"S": "M"},
        "from_version": {"S": "9"},
        "to_version": {"S": "8"},
        "rolled_back_at": {"S": iso(7200)},
    }
    platform.put("tradai-rollback-state-prod", rollback)
    says(await ask("model.rollback_state", model="M"), WARN, "9 -> 8", "cooldown holds")


async def test_a_caught_training_is_no_success(ask: Asker) -> None:
    """A retraining that SUCCEEDED over a caught failure is bad: there is no new model."""
    says(await ask("retraining.runs", model="RadStrategy"), BAD, "SUCCEEDED", "RunRetraining", "caught")
    says(await ask("retraining.runs", model="PascalStrategy"), OK, "SUCCEEDED")


async def test_an_execution_by_name(platform: Platform, ask: Asker) -> None:
    """A failed execution is found by its bare name, with state, cause and the good run beside it."""
    machine = platform.world.cast.machine_arn("backtest")
    listing = platform.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    failed = next(one["name"] for one in listing if one["status"] == "FAILED")
    found = await ask("workflow.failure", execution=failed)
    says(found, BAD, "FAILED", "RunBacktest failed")
    job = found.found["JOB_ID"]
    assert (await ask("workflow.job", job=job)).verdict is not UNKNOWN
    path = await ask("workflow.path", execution=failed)
    says(path, BAD, "last good run", "RunBacktest failed")
    assert any("FAILED" in row.value for row in path.rows)
    says(await ask("workflow.failure", execution="no-such-execution"), UNKNOWN, "no execution")
    says(await ask("workflow.executions", machine="backtest"), WARN, "failed in 24 h", "ended well since")


async def test_jobs_in_their_stuck_forms(platform: Platform, ask: Asker) -> None:
    """A job that nobody picked up, one that runs too long, one whose execution has ended: each is named."""
    table, machine = "tradai-workflow-state-prod", platform.world.cast.machine_arn("backtest")
    listing = platform.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    ended = next(one["executionArn"] for one in listing if one["status"] == "SUCCEEDED")
    row: dict[str, Any] = {"job_id": {"S": "j"}, "status": {"S": "pending"}, "created_at": {"S": iso(3600)}}
    platform.put(table, row)
    says(await ask("workflow.job", job="j"), BAD, "no execution was started", "dead letters")
    platform.put(table, {**row, "status": {"S": "RUNNING"}, "started_at": {"S": iso(9000)}})
    says(await ask("workflow.job", job="j"), BAD, "longer than")
    platform.put(table, {**row, "status": {"S": "running"}, "execution_arn": {"S": ended}})
    says(await ask("workflow.job", job="j"), BAD, "SUCCEEDED", "not moved on")
    platform.put(
        table,
        {**row, "status": {"S": "FAILED"}, "error": {"M": {"Error": {"S": "E"}, "Cause": {"S": "no data"}}}},
    )
    says(await ask("workflow.job", job="j"), BAD, "E: no data")
    failed = await ask("workflow.failed_jobs", limit="3")
    says(failed, WARN, "At least 3 jobs", "E: no data")
    assert failed.rows[0].name == "j"
    platform.client("dynamodb").delete_item(TableName=table, Key={"job_id": {"S": "j"}})
    says(await ask("workflow.job", job="j"), UNKNOWN, "no job")


async def test_queues(platform: Platform, ask: Asker) -> None:
    """A message in the dead-letter queue is bad; the console's own queue is never counted."""
    sqs, cast = platform.client("sqs"), platform.world.cast
    url = sqs.get_queue_url(QueueName=cast.backtest_dlq)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}", MessageGroupId="g", MessageDeduplicationId="d")
    says(await ask("queue.dead_letters"), BAD, "1 message could not be delivered", cast.backtest_dlq)
    says(await ask("queue.depth"), OK, "No message waits in 1 queue")
    url = sqs.get_queue_url(QueueName=cast.backtest_queue)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}", MessageGroupId="g", MessageDeduplicationId="e")
    says(await ask("queue.depth", queue=cast.backtest_queue), WARN, "1 message waiting", "not known")


async def test_alarms(platform: Platform, ask: Asker) -> None:
    """State, reason and threshold of one; flapping; all that fire."""
    name = "tradai-prod-api-latency-high"
    for state in ("ALARM", "OK", "ALARM", "OK", "ALARM"):
        platform.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="tested")
    found = await ask("alarm.state", alarm=name)
    says(found, BAD, "ALARM", "tested")
    assert found.limit == 2.0
    says(await ask("alarm.history", alarm=name, minutes="60"), WARN, "3 times", "flapping")
    firing = await ask("alarm.firing")
    says(firing, BAD, "firing, the oldest")
    assert name in {row.name for row in firing.rows}
    says(await ask("alarm.state", alarm="nobody"), UNKNOWN, "no alarm nobody")


async def test_a_function_at_its_timeout(platform: Platform, ask: Asker) -> None:
    """Runs that end at the timeout are counted in the log, in the errors and beside the limit."""
    name = "tradai-data-collection-proxy-prod"
    functions.set_fault(name, functions.Fault(timeout=True))
    for _ in range(3):
        with pytest.raises(functions.FunctionError):
            functions.invoke(name)
    platform.advance(60)
    functions.set_fault(name, None)
    says(await ask("lambda.timeouts", function="data-collection-proxy"), BAD, "3 runs", "timeout")
    says(await ask("lambda.durations", function=name), BAD, "180 s", "100 %")
    says(await ask("lambda.errors", function="data-collection-proxy"), BAD, "3 of", "its log counts")
    says(await ask("lambda.configuration", function="no-such-function"), UNKNOWN, "no function")


async def test_logs(platform: Platform, ask: Asker) -> None:
    """Errors are counted by kind, a text is found in its own group, silence is called so."""
    group = "/ecs/tradai/prod/services"
    lines = [
        f"[2026-01-01 03:12:00,0][mlflow.Store][ERROR] - pool of {number} timed out" for number in range(12)
    ]
    logs.write(group, "mlflow/mlflow/abc", lines)
    found = await ask("logs.errors", service="mlflow", minutes="5")
    says(found, BAD, "12 error lines of mlflow", "12 x Store: pool of # timed out")
    says(await ask("logs.search", text="timed out", service="mlflow", minutes="5"), WARN, "12 lines")
    says(await ask("logs.silence", service="mlflow"), OK, "it writes")
    says(await ask("logs.silence", group="/aws/vpc/tradai-flow-logs", minutes="10"), BAD, "has not written")
    says(await ask("logs.errors", group="/no/such/group"), UNKNOWN, "could not be read")


async def test_the_trail(platform: Platform, ask: Asker) -> None:
    """Refused calls by their caller, changes of IAM, and one key's calls, from the trail's log."""

    def event(name: str, **more: Any) -> str:
        who = {"type": "IAMUser", "userName": "mallory", "accessKeyId": "AKIAMALLORY00000000"}
        whole = {"eventTime": iso(30), "eventSource": "iam.amazonaws.com", "eventName": name, "userIdentity": who,
                 "sourceIPAddress": "203.0.113.7", "readOnly": False, **more}  # fmt: skip
        return json.dumps(whole)

    stream = "123456789012_CloudTrail_eu-central-1"
    logs.write(
        "/aws/cloudtrail/tradai",
        stream,
        [event("CreateAccessKey"), event("AttachUserPolicy", errorCode="AccessDenied")],
    )
    says(await ask("iam.changes", minutes="60"), BAD, "CreateAccessKey by mallory from 203.0.113.7")
    says(await ask("cloudtrail.denied", minutes="60"), WARN, "1 call refused", "mallory")
    says(await ask("cloudtrail.events", key="AKIAMALLORY00000000"), WARN, "2 calls", "203.0.113.7 (2)")
    says(await ask("cloudtrail.events", user="mallory", event="CreateAccessKey"), OK, "1 call")


async def test_rejected_flows(platform: Platform, ask: Asker) -> None:
    """A flow refused inside the VPC is bad at the database's port; scans from outside are noise."""

    def flow(source: str, port: int) -> str:
        return f"2 123456789012 eni-1 {source} 10.0.21.9 40000 {port} 6 1 44 1 2 REJECT OK"

    logs.write("/aws/vpc/tradai-flow-logs", "eni-1-all", [flow("198.51.100.4", 22)])
    says(await ask("vpc.rejects", minutes="5"), OK, "Nothing from inside", "usual")
    logs.write("/aws/vpc/tradai-flow-logs", "eni-1-all", [flow("10.0.11.5", 5432)] * 2)
    says(await ask("vpc.rejects", minutes="5"), BAD, "10.0.11.5 to 10.0.21.9:5432 (2 x)")


async def test_health_row(platform: Platform, ask: Asker) -> None:
    """Two failed checks in a row are bad; a row that nobody writes tells of the check, not of the service."""
    row = {
        "service_name": {"S": "backend-api"},
        "consecutive_failures": {"N": "3"},
        "last_checked": {"S": iso(60)},
    }
    platform.put("tradai-health-state-prod", row)
    says(await ask("health.check", service="backend-api"), BAD, "3 health checks in a row")
    platform.put(
        "tradai-health-state-prod",
        {**row, "consecutive_failures": {"N": "0"}, "last_checked": {"NULL": True}},
    )
    says(await ask("health.check", service="backend-api"), UNKNOWN, "no time of a check")


async def test_targets(platform: Platform, ask: Asker) -> None:
    """Tasks are counted as targets by their health; a service that names no target group has none to judge."""
    says(await ask("alb.targets", service="mlflow"), OK, "1 of 1 target")
    targets.ask_health(lambda name: name != "tradai-mlflow-prod")
    says(await ask("alb.targets", service="mlflow"), BAD, "0 of 1 target", "503")
    targets.ask_health(lambda _: True)
    says(await ask("alb.targets", service="strategy-service"), UNKNOWN, "no target group")
    service = replace(sample.SERVICES[0], service="strategy-service", target_groups=())
    ask.board = Board().having("services", sample.snapshot((service,)))
    says(await ask("alb.targets", service="strategy-service"), OK, "no target group")
    ask.board = Board().having("services", sample.snapshot((replace(service, target_groups=("arn:x",)),)))
    says(await ask("alb.targets", service="strategy-service"), BAD, "is gone")


async def test_slow_answers(platform: Platform, ask: Asker) -> None:
    """Averages over 2 s are bad, by the suffixes that AWS gave to balancer and target group."""
    balancer = platform.world.balancer
    dimensions = {"LoadBalancer": balancer.name, "TargetGroup": balancer.target_groups["backend-api"]}
    for _ in range(5):
        platform.advance(60)
        cloudwatch.put("AWS/ApplicationELB", "TargetResponseTime", 3.2, dimensions, unit="Seconds")
        cloudwatch.put("AWS/ApplicationELB", "RequestCount", 40, dimensions)
        cloudwatch.put("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", 20, dimensions)
    says(await ask("alb.latency", service="backend-api", minutes="15"), BAD, "backend-api", "3.2 s")
    says(await ask("alb.requests", service="backend-api", minutes="5"), BAD, "answered 5xx (50.0 %)")


async def test_secrets_and_keys(platform: Platform, ask: Asker) -> None:
    """When the keys were changed, who has access keys, and a secret that is being deleted."""
    iam, secrets = platform.client("iam"), platform.client("secretsmanager")
    iam.create_user(UserName="amara")
    key = iam.create_access_key(UserName="amara")["AccessKey"]["AccessKeyId"]
    says(await ask("iam.keys", user="amara"), OK, "1 active access key of amara")
    says(await ask("iam.keys"), OK, "1 active access key")
    last = await ask("iam.last_use", key=key)
    assert last.verdict in (OK, WARN), last.line
    assert "amara" in last.line
    says(await ask("iam.key", key=key), BAD, "still opens")
    iam.update_access_key(UserName="amara", AccessKeyId=key, Status="Inactive")
    says(await ask("iam.key", key=key), OK, "is off")
    says(
        await ask("secrets.rotation", minutes="60"), OK, "exchange-keys", "not been changed since it was made"
    )
    made = secrets.describe_secret(SecretId="tradai/prod/exchange-keys")
    made |= {"LastChangedDate": made["CreatedDate"] + timedelta(seconds=5)}
    now = made["CreatedDate"] + timedelta(minutes=9, seconds=6)
    says(judge_rotation("keys", made, now), OK, "was changed 9 m ago")
    says(judge_rotation("keys", made, now, 3600), WARN, "compare that with the first error")
    secrets.create_secret(Name="tradai/prod/old", SecretString="x")
    secrets.delete_secret(SecretId="tradai/prod/old", RecoveryWindowInDays=7)
    says(await ask("secrets.rotation", secret="tradai/prod/old"), BAD, "to be deleted")


async def test_where_a_host_runs_everything(platform: Platform, ask: Asker) -> None:
    """In dev ECS has no services: the probes say which host runs them, and how to get there."""
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "tradai-consolidated-dev"}]}]
    ask.env = "dev"
    says(await ask("ecs.host"), BAD, "no instance tagged tradai-consolidated-dev")
    answer = platform.client("ec2").run_instances(
        ImageId="ami-0c0d1bd8b3c1c4f0e", MinCount=1, MaxCount=1, TagSpecifications=tags
    )
    host = answer["Instances"][0]["InstanceId"]
    platform.advance(120)
    says(await ask("ecs.host"), OK, host, "checks ok")
    for name in ("ecs.service", "ecs.tasks", "ecs.stops", "ecs.deployments", "ecs.memory"):
        found = await ask(name, service="backend-api")
        says(found, UNKNOWN, host, "docker-compose")
        assert any("aws ssm start-session --target" in row.value for row in found.rows)
    says(await ask("logs.errors", service="mlflow", minutes="5"), UNKNOWN, host, "log included")
    platform.client("ec2").stop_instances(InstanceIds=[host])
    platform.advance(30)
    says(await ask("ecs.service", service="backend-api"), BAD, "the host is what fails")


async def test_a_log_too_long_for_two_pages(platform: Platform, ask: Asker) -> None:
    """Of a flood the oldest and the newest part are read, in two calls; the count says "at least"."""
    group, now = "/ecs/tradai/prod", behaviour.clock().time()
    padding = "x" * 1_500
    for minute in range(20, 0, -1):
        lines = [f"[t][a.B][ERROR] - flood {padding}"] * 120
        logs.write(group, "strategy/strategy/flood", lines, at=now - 60 * minute)
    logs.write(group, "strategy/strategy/flood", ["[t][a.B][ERROR] - the newest"], at=now - 5)
    found = await ask("logs.errors", group=group, minutes="25")
    says(found, BAD, "At least", "error lines", "searched: ", "the last 2 m")
    assert any("the newest" in row.name for row in found.rows)
    assert ask.door.meter().calls == 2


async def test_an_empty_page_with_a_token_is_not_the_end(platform: Platform, ask: Asker) -> None:
    """AWS may answer a page without lines and more to come: nothing found is then not nothing there."""
    logs.write("/aws/empty", "s", ["[t][a.B][INFO] - fine"])
    logs.set_empty_pages("/aws/empty", 1)
    says(await ask("logs.errors", group="/aws/empty", minutes="5"), UNKNOWN, "searched: nothing")
    logs.set_empty_pages("/aws/empty", 0)
    says(await ask("logs.errors", group="/aws/empty", minutes="5"), OK, "No error line")


async def test_many_log_probes_share_the_quota(platform: Platform) -> None:
    """Six questions to the logs at once, a call a second for all: each is answered before its deadline."""
    settings = Settings(env="prod", region="eu-central-1", endpoint_url=platform.url)
    async with Door(settings) as door:
        ask = Asker(door)
        names = (
            "update-status",
            "compare-models",
            "promote-model",
            "drift-monitor",
            "orphan-scanner",
            "notify-completion",
        )
        found = await asyncio.gather(*[ask("logs.errors", function=name, minutes="60") for name in names])
        assert all(one.verdict is not UNKNOWN for one in found), [one.line for one in found]
        same = await asyncio.gather(*[ask("vpc.rejects", minutes="30") for _ in range(4)])
    assert len({one.line for one in same}) == 1
