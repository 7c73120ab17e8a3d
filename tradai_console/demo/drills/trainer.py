"""What a trainer does in a drill: the same API calls as the console's actions make, and no lever of the demo."""

from __future__ import annotations

import json
from typing import Any

from tradai_console.demo.cast import Cast
from tradai_console.demo.clients import Clients

_KEPT = ("family", "networkMode", "requiresCompatibilities", "cpu", "executionRoleArn", "taskRoleArn")


class Trainer:
    """Hands on the simulated account, of somebody who knows the cause."""

    def __init__(self, aws: Clients, cast: Cast) -> None:
        self.aws = aws
        self.cast = cast

    def redeploy(self, *services: str) -> None:
        """`ecs:UpdateService` with a new deployment of each."""
        for service in services:
            self._update(service, forceNewDeployment=True)

    def scale(self, service: str, desired: int) -> None:
        """`ecs:UpdateService` with another count."""
        self._update(service, desiredCount=desired)

    def roll_back(self, service: str) -> None:
        """`ecs:UpdateService` with the revision before the one that runs."""
        running = self._definition(service)["taskDefinitionArn"]
        family, _, number = running.rsplit("/", 1)[1].partition(":")
        self._update(service, taskDefinition=f"{family}:{int(number) - 1}")

    def resize(self, service: str, memory: int) -> None:
        """`ecs:RegisterTaskDefinition` with this memory, and a deployment of it."""
        made = self._register(self._definition(service), memory)
        self._update(service, taskDefinition=made)

    def resize_strategy(self, memory: int) -> None:
        """`ecs:RegisterTaskDefinition` of the task that backtests."""
        family = f"tradai-strategy-generic-{self.cast.env}"
        self._register(
            self.aws("ecs").describe_task_definition(taskDefinition=family)["taskDefinition"], memory
        )

    def stop_tasks(self, service: str) -> None:
        """`ecs:StopTask` of each task of the service."""
        ecs, cluster = self.aws("ecs"), self.cast.platform.cluster
        for task in ecs.list_tasks(cluster=cluster, serviceName=self.cast.service_name(service))["taskArns"]:
            ecs.stop_task(cluster=cluster, task=task, reason="drill")

    def set_session(self, strategy: str, status: str) -> None:
        """`dynamodb:UpdateItem` of a session's status."""
        self.aws("dynamodb").update_item(
            TableName=self.cast.platform.tables.trading_state,
            Key={"strategy_id": {"S": strategy}},
            UpdateExpression="SET #status = :status",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": status}},
        )

    def retrain(self, model: str, *, force: bool) -> None:
        """`lambda:Invoke` of the scheduler."""
        self._invoke("retraining-scheduler", {"models": [{"name": model}], "force": force})

    def roll_model_back(self, model: str, *, dry_run: bool = False) -> None:
        """`lambda:Invoke` of the roll-back."""
        self._invoke("model-rollback", {"model_name": model, "reason": "DRIFT_SEVERE", "dry_run": dry_run})

    def set_function(self, function: str, **settings: int) -> None:
        """`lambda:UpdateFunctionConfiguration`."""
        name = self.cast.platform.function(function)
        self.aws("lambda").update_function_configuration(FunctionName=name, **settings)

    def replace_nat(self) -> None:
        """`autoscaling:TerminateInstanceInAutoScalingGroup` without decrement."""
        self.aws("autoscaling").terminate_instance_in_auto_scaling_group(
            InstanceId=self.nat_instance(), ShouldDecrementDesiredCapacity=False
        )

    def reboot_nat(self) -> None:
        """`ec2:RebootInstances`."""
        self.aws("ec2").reboot_instances(InstanceIds=[self.nat_instance()])

    def source_dest_check_off(self) -> None:
        """`ec2:ModifyInstanceAttribute`."""
        self.aws("ec2").modify_instance_attribute(
            InstanceId=self.nat_instance(), SourceDestCheck={"Value": False}
        )

    def repair_route(self) -> None:
        """`ec2:ReplaceRoute` to the instance in service."""
        filters = [{"Name": "tag:Name", "Values": [self.cast.platform.nat.route_table_tag_name]}]
        table = self.aws("ec2").describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"]
        self.aws("ec2").replace_route(
            RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", InstanceId=self.nat_instance()
        )

    def nat_instance(self) -> str:
        """The instance that the group has in service."""
        groups = self.aws("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[self.cast.nat_group]
        )["AutoScalingGroups"]
        return str(groups[0]["Instances"][0]["InstanceId"])

    def reboot_database(self, *, failover: bool) -> None:
        """`rds:RebootDBInstance`."""
        self.aws("rds").reboot_db_instance(
            DBInstanceIdentifier=self.cast.platform.database, ForceFailover=failover
        )

    def let_tasks_in(self) -> None:
        """`ec2:AuthorizeSecurityGroupIngress` of the database's group for the tasks' group."""
        pair = [{"GroupId": self._group("ecs")}]
        rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": pair}
        self.aws("ec2").authorize_security_group_ingress(GroupId=self._group("rds"), IpPermissions=[rule])

    def put_keys(self, **pair: str) -> None:
        """`secretsmanager:PutSecretValue` of the exchange keys."""
        pair = pair or {"api_key": "dummy-new", "api_secret": "dummy-new"}
        self.aws("secretsmanager").put_secret_value(
            SecretId=self.cast.platform.secrets.exchange_keys, SecretString=json.dumps(pair)
        )

    def turn_key_off(self, user: str) -> None:
        """`iam:UpdateAccessKey` of each of the user's keys."""
        iam = self.aws("iam")
        for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            iam.update_access_key(UserName=user, AccessKeyId=key["AccessKeyId"], Status="Inactive")

    def isolate(self, task: str) -> None:
        """`ec2:ModifyNetworkInterfaceAttribute` of the task's interface, to a group that allows nothing."""
        ec2, cluster = self.aws("ec2"), self.cast.platform.cluster
        told = self.aws("ecs").describe_tasks(cluster=cluster, tasks=[task])["tasks"][0]
        details = {one["name"]: one["value"] for one in told["attachments"][0]["details"]}
        card = details["networkInterfaceId"]
        filters = [{"Name": "network-interface-id", "Values": [card]}]
        vpc = ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"][0]["VpcId"]
        made = ec2.create_security_group(GroupName=f"quarantine-{card}", Description="nothing", VpcId=vpc)
        everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        ec2.revoke_security_group_egress(GroupId=made["GroupId"], IpPermissions=everything)
        ec2.modify_network_interface_attribute(NetworkInterfaceId=card, Groups=[made["GroupId"]])

    def redrive(self) -> list[str]:
        """`states:RedriveExecution` of every failed backtest of the last ten minutes; their ARNs."""
        states = self.aws("stepfunctions")
        found = states.list_executions(
            stateMachineArn=self.cast.machine_arn("backtest"), statusFilter="FAILED", maxResults=10
        )["executions"]
        newest = max(one["stopDate"] for one in found)
        chosen = [one["executionArn"] for one in found if (newest - one["stopDate"]).total_seconds() < 600]
        for arn in chosen:
            states.redrive_execution(executionArn=arn)
        return chosen

    def stop_backtests(self, count: int) -> None:
        """`states:StopExecution` of so many running backtests, youngest first."""
        states = self.aws("stepfunctions")
        arn = self.cast.machine_arn("backtest")
        found = states.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]
        for one in sorted(found, key=lambda one: one["startDate"], reverse=True)[:count]:
            states.stop_execution(executionArn=one["executionArn"], error="Stopped", cause="drill")

    def _update(self, service: str, **more: Any) -> None:
        self.aws("ecs").update_service(
            cluster=self.cast.platform.cluster, service=self.cast.service_name(service), **more
        )

    def _definition(self, service: str) -> dict[str, Any]:
        ecs, name = self.aws("ecs"), self.cast.service_name(service)
        found = ecs.describe_services(cluster=self.cast.platform.cluster, services=[name])["services"][0]
        return dict(ecs.describe_task_definition(taskDefinition=found["taskDefinition"])["taskDefinition"])

    def _register(self, old: dict[str, Any], memory: int) -> str:
        kept = {key: old[key] for key in _KEPT if old.get(key)}
        made = self.aws("ecs").register_task_definition(
            **kept, memory=str(memory), containerDefinitions=old["containerDefinitions"]
        )
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def _invoke(self, function: str, payload: dict[str, Any]) -> None:
        name = self.cast.platform.function(function)
        self.aws("lambda").invoke(FunctionName=name, Payload=json.dumps(payload))

    def _group(self, name: str) -> str:
        filters = [{"Name": "group-name", "Values": [f"tradai-{name}-sg-{self.cast.env}"]}]
        return str(self.aws("ec2").describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"])
