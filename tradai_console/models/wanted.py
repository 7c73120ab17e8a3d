"""How each figure of a pane is called in CloudWatch: the keys under which widgets find it in
`board.series`."""

from __future__ import annotations

from tradai_console.models.figure import Metric

PERIOD_S = 60
"""CloudWatch's metrics of these services are a minute apart."""


def _metric(namespace: str, name: str, statistic: str, **dimensions: str) -> Metric:
    return Metric(namespace, name, tuple(sorted(dimensions.items())), statistic, PERIOD_S)


def database_connections(database_id: str) -> Metric:
    """Client connections of an RDS instance."""
    return _metric("AWS/RDS", "DatabaseConnections", "Average", DBInstanceIdentifier=database_id)


def database_cpu(database_id: str) -> Metric:
    """Processor use of an RDS instance, percent."""
    return _metric("AWS/RDS", "CPUUtilization", "Average", DBInstanceIdentifier=database_id)


def database_free_storage(database_id: str) -> Metric:
    """Free storage of an RDS instance, bytes."""
    return _metric("AWS/RDS", "FreeStorageSpace", "Average", DBInstanceIdentifier=database_id)


def service_memory(cluster: str, service: str, statistic: str = "Average") -> Metric:
    """Memory use of an ECS service (its full name), percent of what its tasks reserve; `Average` or
    `Maximum`."""
    return _metric("AWS/ECS", "MemoryUtilization", statistic, ClusterName=cluster, ServiceName=service)


def service_cpu(cluster: str, service: str, statistic: str = "Average") -> Metric:
    """Processor use of an ECS service (its full name), percent of what its tasks reserve; `Average` or
    `Maximum`."""
    return _metric("AWS/ECS", "CPUUtilization", statistic, ClusterName=cluster, ServiceName=service)


def nat_bytes_out(instance_id: str) -> Metric:
    """Bytes that the NAT instance sent in each minute."""
    return _metric("AWS/EC2", "NetworkOut", "Sum", InstanceId=instance_id)


def nat_bytes_in(instance_id: str) -> Metric:
    """Bytes that the NAT instance received in each minute."""
    return _metric("AWS/EC2", "NetworkIn", "Sum", InstanceId=instance_id)


def instance_check_failed(instance_id: str) -> Metric:
    """1 in each minute in which a status check of the instance failed."""
    return _metric("AWS/EC2", "StatusCheckFailed", "Maximum", InstanceId=instance_id)


def executions_started(machine_arn: str) -> Metric:
    """Executions that a state machine started in each minute."""
    return _metric("AWS/States", "ExecutionsStarted", "Sum", StateMachineArn=machine_arn)


def executions_failed(machine_arn: str) -> Metric:
    """Executions of a state machine that failed in each minute."""
    return _metric("AWS/States", "ExecutionsFailed", "Sum", StateMachineArn=machine_arn)


def executions_timed_out(machine_arn: str) -> Metric:
    """Executions of a state machine that timed out in each minute."""
    return _metric("AWS/States", "ExecutionsTimedOut", "Sum", StateMachineArn=machine_arn)


def function_errors(function: str) -> Metric:
    """Errors of a Lambda function (its full name) in each minute."""
    return _metric("AWS/Lambda", "Errors", "Sum", FunctionName=function)


def function_duration(function: str) -> Metric:
    """The longest run of a Lambda function (its full name) in each minute, milliseconds."""
    return _metric("AWS/Lambda", "Duration", "Maximum", FunctionName=function)
