"""The metrics that AWS itself would publish each minute: gentle waves, bent by what is wrong."""

from __future__ import annotations

import math
import random

from tradai_console.demo.cast import SERVICES, dice
from tradai_console.demo.story.conditions import Exchange, exchange_now
from tradai_console.demo.story.stage import Actor, Stage
from tradai_console.demo.world.compute import Balancer

USUAL_MEMORY = {
    "backend-api": 46, "strategy-service": 52, "data-collection": 38, "mlflow": 61, "live-trading": 44, "dry-run-trading": 41,
}  # fmt: skip
USUAL_CPU = {
    "backend-api": 14, "strategy-service": 9, "data-collection": 17, "mlflow": 6, "live-trading": 11, "dry-run-trading": 13,
}  # fmt: skip
USUAL_CONNECTIONS = 17.0


class Waves:
    """Slow waves around a middle: each series has its own, drawn from the seed."""

    def __init__(self, seed: object) -> None:
        self._seed = seed
        self._phases: dict[str, tuple[float, float, random.Random]] = {}

    def value(self, name: str, now: float, middle: float, swing: float, noise: float) -> float:
        """The series at this moment (seconds); never below 0."""
        if name not in self._phases:
            rng = dice(self._seed, "wave", name)
            self._phases[name] = (rng.uniform(0, math.tau), rng.uniform(1500, 3600), rng)
        phase, length, rng = self._phases[name]
        return max(0.0, middle + swing * math.sin(phase + math.tau * now / length) + rng.gauss(0, noise))


def gauges(stage: Stage, balancer: Balancer, waves: Waves) -> Actor:
    """All of them, each simulated minute."""
    minute = 0
    while True:
        measure_services(stage, waves)
        measure_network(stage, waves)
        measure_database(stage, waves, storage=minute % 5 == 0)
        measure_edge(stage, balancer, waves)
        _queues(stage)
        minute += 1
        yield 60.0


def measure_services(stage: Stage, waves: Waves) -> None:
    """AWS/ECS memory and processor of each service; in dev and staging the one host's."""
    now, cast = stage.time.elapsed(), stage.cast
    if not cast.fargate:
        memory = waves.value("host memory", now, 63, 3, 0.6)
        stage.measure("CWAgent", "mem_used_percent", memory, {"host": cast.platform.host.tag_name}, "Percent")
        return
    for spec in SERVICES:
        if not stage.facts.tasks.get(spec.name):
            continue  # no task, no figures: a gap, as in CloudWatch
        dimensions = {"ClusterName": cast.platform.cluster, "ServiceName": cast.service_name(spec.name)}
        usual = waves.value(f"{spec.name} memory", now, USUAL_MEMORY[spec.name], 3, 0.5)
        memory = stage.conditions.memory.get(spec.name, usual)
        usual = waves.value(f"{spec.name} cpu", now, USUAL_CPU[spec.name], 4, 1.5)
        cpu = stage.conditions.cpu.get(spec.name, usual)
        stage.measure("AWS/ECS", "MemoryUtilization", round(min(memory, 100), 2), dimensions, "Percent")
        stage.measure("AWS/ECS", "CPUUtilization", round(min(cpu, 100), 2), dimensions, "Percent")


def measure_network(stage: Stage, waves: Waves) -> None:
    """AWS/EC2 of the NAT instance, by instance and by its group; nothing if there is no instance."""
    now, instance = stage.time.elapsed(), stage.facts.nat_instance
    if instance is None:
        return
    out = waves.value("nat out", now, 74e6, 22e6, 4e6) if stage.facts.nat_ok else 2_400.0
    if exchange_now(stage.conditions, stage.facts) is Exchange.SLOW:
        out *= 0.55
    for dimensions in ({"InstanceId": instance}, {"AutoScalingGroupName": stage.cast.nat_group}):
        stage.measure("AWS/EC2", "NetworkOut", round(out), dimensions, "Bytes")
        stage.measure("AWS/EC2", "NetworkIn", round(out * 1.06), dimensions, "Bytes")
        stage.measure(
            "AWS/EC2", "CPUUtilization", waves.value("nat cpu", now, 5, 2, 0.4), dimensions, "Percent"
        )
        stage.measure("AWS/EC2", "StatusCheckFailed", float(stage.facts.nat_impaired), dimensions, "Count")


def measure_database(stage: Stage, waves: Waves, *, storage: bool = True) -> None:
    """AWS/RDS of the instance, nothing while it is not available; its failovers as the event bus counts them."""
    failovers, stage.facts.new_failovers = stage.facts.new_failovers, 0
    rule = {"RuleName": stage.cast.failover_rule}
    stage.measure("AWS/Events", "MatchedEvents", float(failovers), rule, "Count")
    if not stage.facts.database_available:
        return
    now, dimensions = stage.time.elapsed(), {"DBInstanceIdentifier": stage.cast.platform.database}
    connections = stage.conditions.connections
    if stage.conditions.database_down:
        connections = 0.0
    if connections is None:
        connections = waves.value("connections", now, USUAL_CONNECTIONS, 3.5, 1.2)
    busy = max(0.0, connections - 25) * 0.9
    stage.measure("AWS/RDS", "DatabaseConnections", round(connections), dimensions, "Count")
    stage.measure(
        "AWS/RDS", "CPUUtilization", waves.value("rds cpu", now, 11 + busy, 4, 1), dimensions, "Percent"
    )
    stage.measure(
        "AWS/RDS", "FreeableMemory", waves.value("rds memory", now, 205e6, 2e7, 3e6), dimensions, "Bytes"
    )
    for metric, usual in (("ReadLatency", 0.0012), ("WriteLatency", 0.0021)):
        seconds = waves.value(f"rds {metric}", now, usual, usual / 4, usual / 20)
        stage.measure("AWS/RDS", metric, seconds + stage.conditions.storage_stall_s, dimensions, "Seconds")
    if storage:
        stage.measure(
            "AWS/RDS", "FreeStorageSpace", waves.value("storage", now, 13.4e9, 6e7, 1e6), dimensions, "Bytes"
        )


def measure_edge(stage: Stage, balancer: Balancer, waves: Waves, *, counts: bool = True) -> None:
    """AWS/ApplicationELB of the load balancer and of each target group.

    Once a minute with the minute's counts: these are summed, so a second time in it they would be twice as many.
    """
    now, conditions = stage.time.elapsed(), stage.conditions
    for service, group in balancer.target_groups.items():
        dimensions = {"LoadBalancer": balancer.name, "TargetGroup": group}
        backend = service == "backend-api"
        count = round(waves.value(f"{service} requests", now, 58 if backend else 9, 16 if backend else 3, 2))
        count = round(count * conditions.requests) if backend else count
        base = waves.value(f"{service} latency", now, 0.16 if backend else 0.09, 0.04, 0.012)
        values = [base * factor for factor in (0.5, 0.8, 1.0, 1.3, 2.6)]
        if backend:
            values = [value + conditions.latency_s * (0.9 + value / 4) for value in values]
        for value in values:
            stage.measure("AWS/ApplicationELB", "TargetResponseTime", round(value, 4), dimensions, "Seconds")
        errors = round(count * conditions.api_errors) if backend else 0
        if counts:
            stage.measure("AWS/ApplicationELB", "RequestCount", count, dimensions, "Count")
            stage.measure("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", errors, dimensions, "Count")
        if stage.cast.fargate:
            fine = 0 if service in conditions.unhealthy else len(stage.facts.tasks.get(service, ()))
            stage.measure("AWS/ApplicationELB", "HealthyHostCount", fine, dimensions, "Count")
            missing = max(0, stage.cast.desired(service) - fine)
            stage.measure("AWS/ApplicationELB", "UnHealthyHostCount", missing, dimensions, "Count")
        if backend:
            whole = {"LoadBalancer": balancer.name}
            if counts:
                stage.measure("AWS/ApplicationELB", "RequestCount", count + 20, whole, "Count")
            for value in values:
                stage.measure("AWS/ApplicationELB", "TargetResponseTime", round(value, 4), whole, "Seconds")


def _queues(stage: Stage) -> None:
    for queue in (stage.cast.backtest_queue, stage.cast.backtest_dlq):
        waiting = stage.facts.waiting.get(queue, 0)
        stage.measure("AWS/SQS", "ApproximateNumberOfMessagesVisible", waiting, {"QueueName": queue}, "Count")
