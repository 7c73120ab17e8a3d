"""One ECS task: how it starts, how it is told to end, and the fate that may overtake it.

AWS moves a task through PROVISIONING, PENDING, RUNNING, DEACTIVATING, STOPPING, DEPROVISIONING and STOPPED by
itself and forgets it an hour after it stopped. moto moves it when it is described. Durations here are those
of a small Fargate task, in simulated seconds.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tradai_console.demo.behaviour import ids
from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.dispatch import stamp

PROVISION_S = 3.0
PULL_S = 5.0
HEALTHY_AFTER_S = 10.0
STOP_STEP_S = 2.0
FORGOTTEN_AFTER_S = 3600.0


@dataclass(frozen=True)
class Fate:
    """How a task comes to its end without being told to."""

    after_s: float
    """Simulated seconds of running before it happens; counted from the launch for one that never starts."""
    exit_code: int | None = None
    container_reason: str | None = None
    stopped_reason: str = "Essential container in task exited"
    stop_code: str = "EssentialContainerExited"
    before_start: bool = False
    """It never reaches RUNNING: the image cannot be pulled, a secret cannot be read."""
    unhealthy: bool = False
    """It goes on running and fails its health check; a service then replaces it."""

    @classmethod
    def out_of_memory(cls, after_s: float) -> Fate:
        """The kernel kills the container for its memory: exit code 137."""
        return cls(after_s, 137, "OutOfMemoryError: Container killed due to memory usage")

    @classmethod
    def exits(cls, code: int, after_s: float = 1.0) -> Fate:
        """The essential container exits by itself."""
        return cls(after_s, code)

    @classmethod
    def fails_health_check(cls, after_s: float) -> Fate:
        """The container's health check fails from then on."""
        return cls(
            after_s,
            137,
            None,
            "Task failed container health checks",
            "ServiceSchedulerInitiated",
            unhealthy=True,
        )

    @classmethod
    def cannot_pull(cls, image: str, after_s: float = 6.0) -> Fate:
        """The image cannot be pulled: the task never runs."""
        reason = f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}"
        return cls(after_s, None, reason, reason, "TaskFailedToStart", before_start=True)

    @classmethod
    def spot_interruption(cls, after_s: float) -> Fate:
        """AWS takes the Spot capacity back."""
        return cls(after_s, 143, None, "Your Spot Task was interrupted.", "SpotInterruption")


@dataclass
class Task:
    """One task and everything DescribeTasks says of it."""

    arn: str
    cluster_arn: str
    definition: Any
    """moto's TaskDefinition."""
    group: str
    started_by: str | None
    created_at: float
    az: str
    subnet: str | None
    private_ip: str
    launch_type: str = "FARGATE"
    capacity_provider: str | None = None
    platform_version: str = "1.4.0"
    overrides: dict[str, Any] = field(default_factory=dict)
    tags: list[dict[str, str]] = field(default_factory=list)
    execute_command: bool = False
    last_status: str = "PROVISIONING"
    desired_status: str = "RUNNING"
    health: str = "UNKNOWN"
    started_at: float | None = None
    stopping_at: float | None = None
    stopped_at: float | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    exit_code: int | None = None
    container_reason: str | None = None
    deployment: str | None = None
    runtime_id: str = field(default_factory=lambda: ids.hexadecimal("runtime"))
    eni: str = field(default_factory=lambda: f"eni-0{ids.hexadecimal('interface', digits=16)}")
    version: int = 1
    mourned: bool = False
    """The scheduler has heard of its end."""

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rsplit("/", 1)[1]

    @property
    def service(self) -> str | None:
        """The service that owns it."""
        return self.group.removeprefix("service:") if self.group.startswith("service:") else None

    @property
    def checked(self) -> bool:
        """Whether its task definition has a health check; without one its health stays UNKNOWN."""
        return any(container.get("healthCheck") for container in self.definition.container_definitions)

    @property
    def ready(self) -> bool:
        """Running, and healthy if anything says so."""
        return (
            self.last_status == "RUNNING"
            and self.desired_status == "RUNNING"
            and (not self.checked or self.health == "HEALTHY")
        )

    @property
    def live(self) -> bool:
        """Meant to run, whether it does yet or not."""
        return self.desired_status == "RUNNING"

    def describe(self, *, tags: bool) -> dict[str, Any]:
        """What DescribeTasks answers."""
        told: dict[str, Any] = {
            "taskArn": self.arn,
            "clusterArn": self.cluster_arn,
            "taskDefinitionArn": self.definition.arn,
            "group": self.group,
            "lastStatus": self.last_status,
            "desiredStatus": self.desired_status,
            "healthStatus": self.health,
            "launchType": self.launch_type,
            "platformVersion": self.platform_version,
            "platformFamily": "Linux",
            "availabilityZone": self.az,
            "connectivity": "CONNECTED" if self.last_status != "PROVISIONING" else "DISCONNECTED",
            "createdAt": stamp(self.created_at),
            "containers": self._containers(),
            "attachments": [self._attachment()],
            "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
            "overrides": {"containerOverrides": [], "inferenceAcceleratorOverrides": [], **self.overrides},
            "cpu": str(self.definition.cpu or "256"),
            "memory": str(self.definition.memory or "512"),
            "enableExecuteCommand": self.execute_command,
            "version": self.version,
            "tags": self.tags if tags else [],
        }
        optional = {
            "startedBy": self.started_by,
            "capacityProviderName": self.capacity_provider,
            "stopCode": self.stop_code,
            "stoppedReason": self.stopped_reason,
        }
        times = {
            "pullStartedAt": self.started_at and self.started_at - PULL_S,
            "pullStoppedAt": self.started_at and self.started_at - 1.0,
            "startedAt": self.started_at,
            "stoppingAt": self.stopping_at,
            "executionStoppedAt": self.stopping_at if self.stopped_at else None,
            "stoppedAt": self.stopped_at,
        }
        told |= {key: value for key, value in optional.items() if value}
        return told | {key: stamp(value) for key, value in times.items() if value}

    def _containers(self) -> list[dict[str, Any]]:
        told = []
        for number, container in enumerate(self.definition.container_definitions):
            name = container.get("name", "")
            status = self.last_status if self.last_status in ("PENDING", "RUNNING", "STOPPED") else "PENDING"
            over = self.exit_code is not None or self.stopping_at is not None
            status = "STOPPED" if over and self.last_status != "RUNNING" else status
            entry: dict[str, Any] = {
                "containerArn": f"{self.arn.replace(':task/', ':container/')}/{_stable_uuid(self.arn, name)}",
                "taskArn": self.arn,
                "name": name,
                "image": container.get("image", ""),
                "runtimeId": f"{self.runtime_id}-{2_531_612_879 + number}",
                "lastStatus": status,
                "healthStatus": self.health if container.get("healthCheck") else "UNKNOWN",
                "cpu": str(container.get("cpu", 0)),
                "networkInterfaces": [
                    {"attachmentId": self._attachment()["id"], "privateIpv4Address": self.private_ip}
                ],
            }
            if container.get("essential", True):
                entry |= {"exitCode": self.exit_code} if self.exit_code is not None else {}
                entry |= {"reason": self.container_reason} if self.container_reason else {}
            told.append(entry)
        return told

    def _attachment(self) -> dict[str, Any]:
        status = "DELETED" if self.last_status == "STOPPED" else "ATTACHED"
        details = {
            "subnetId": self.subnet or "",
            "networkInterfaceId": self.eni,
            "macAddress": "0a:" + ":".join(self.eni[-10:][i : i + 2] for i in range(0, 10, 2)),
            "privateDnsName": f"ip-{self.private_ip.replace('.', '-')}.eu-central-1.compute.internal",
            "privateIPv4Address": self.private_ip,
        }
        return {
            "id": _stable_uuid(self.arn, "eni"),
            "type": "ElasticNetworkInterface",
            "status": "PRECREATED" if self.last_status == "PROVISIONING" else status,
            "details": [{"name": name, "value": value} for name, value in details.items() if value],
        }


class Life:
    """Moves one task through its states on the clock. `changed` hears of each step, with its lock held by the caller."""

    def __init__(self, task: Task, clock: Clock, guard: Any, changed: Callable[[Task], None]) -> None:
        self._task = task
        self._clock = clock
        self._guard = guard
        self._changed = changed

    def launch(self, fate: Fate | None, fate_when_running: Callable[[], Fate | None]) -> None:
        """Begin; the fate of one that never starts is known at once, every other one when it runs."""
        self._later(PROVISION_S, lambda: self._to("PENDING"), only_if=("PROVISIONING",))
        if fate is not None and fate.before_start:
            self.doom(fate)
            return
        self._later(
            PROVISION_S + PULL_S, lambda: self._run(fate_when_running()), only_if=("PENDING", "PROVISIONING")
        )

    def doom(self, fate: Fate) -> None:
        """Let the fate overtake it, so many seconds from now."""
        states = ("PROVISIONING", "PENDING") if fate.before_start else ("RUNNING",)
        self._later(fate.after_s, lambda: self._meet(fate), only_if=states)

    def end(
        self, stop_code: str, reason: str, exit_code: int | None, container_reason: str | None = None
    ) -> None:
        """Tell it to stop. One that is ending already is left alone."""
        task = self._task
        if not task.live:
            return
        had_run = task.started_at is not None
        task.desired_status = "STOPPED"
        task.stop_code, task.stopped_reason = stop_code, reason
        task.exit_code = exit_code if had_run else None
        task.container_reason = container_reason
        task.stopping_at = self._clock.time()
        task.health = task.health if task.health == "UNHEALTHY" else "UNKNOWN"
        self._to("DEPROVISIONING" if stop_code == "EssentialContainerExited" else "DEACTIVATING")
        self._later(STOP_STEP_S, lambda: self._to("DEPROVISIONING"), only_if=("DEACTIVATING",))
        self._later(2 * STOP_STEP_S, self._stopped, only_if=("DEPROVISIONING",))

    def _run(self, fate: Fate | None) -> None:
        task = self._task
        task.started_at = self._clock.time()
        self._to("RUNNING")
        if task.checked:
            self._later(HEALTHY_AFTER_S, self._healthy, only_if=("RUNNING",))
        if fate is not None:
            self.doom(fate)

    def _healthy(self) -> None:
        if self._task.health == "UNKNOWN":
            self._task.health = "HEALTHY"
            self._changed(self._task)

    def _meet(self, fate: Fate) -> None:
        if fate.unhealthy:
            self._task.health = "UNHEALTHY"
            self._changed(self._task)
        else:
            self.end(fate.stop_code, fate.stopped_reason, fate.exit_code, fate.container_reason)

    def _stopped(self) -> None:
        self._task.stopped_at = self._clock.time()
        self._to("STOPPED")

    def _to(self, status: str) -> None:
        self._task.last_status = status
        self._task.version += 1
        self._changed(self._task)

    def _later(self, seconds: float, step: Callable[[], None], only_if: tuple[str, ...]) -> None:
        def happen() -> None:
            with self._guard:
                if self._task.last_status in only_if:
                    step()

        self._clock.after(seconds, happen)


def _stable_uuid(*parts: str) -> str:
    return str(uuid.UUID(hashlib.md5("/".join(parts).encode(), usedforsecurity=False).hexdigest()))
