"""ECS services with their tasks, and the one host that runs everything in dev and staging."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Task:
    """One task (`ecs:DescribeTasks`). A stopped one is kept long after AWS has forgotten it."""

    id: str
    """The last part of its ARN."""
    arn: str
    status: str
    """`lastStatus`: RUNNING, PENDING, STOPPED, ..."""
    desired_status: str
    health: str
    """HEALTHY, UNHEALTHY or UNKNOWN."""
    stopped_reason: str | None = None
    stop_code: str | None = None
    """`EssentialContainerExited`, `SpotInterruption`, `ServiceSchedulerInitiated`, ..."""
    exit_code: int | None = None
    """Of the essential container that ended first with a code other than 0, else of any that ended."""
    container_reason: str | None = None
    """A container's own reason, such as `OutOfMemoryError: container killed due to memory usage`."""
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    task_definition: str = ""
    """`family:revision`."""
    az: str | None = None
    capacity: str | None = None
    """`FARGATE`, `FARGATE_SPOT` or `EC2`."""
    private_ip: str | None = None
    group: str = ""
    """`service:NAME`, or the family of a task that no service owns."""
    purged: bool = False
    """AWS no longer returns it: what stands here is what was last seen."""

    @property
    def out_of_memory(self) -> bool:
        return self.exit_code == 137 and "OutOfMemory" in f"{self.container_reason} {self.stopped_reason}"


@dataclass(frozen=True)
class Rollout:
    """One deployment of a service."""

    id: str
    status: str
    """PRIMARY, ACTIVE or INACTIVE."""
    state: str
    """COMPLETED, IN_PROGRESS or FAILED."""
    reason: str
    task_definition: str
    desired: int
    running: int
    pending: int
    failed: int
    created_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True)
class ServiceEvent:
    """A line of a service's own event list."""

    at: datetime
    message: str


@dataclass(frozen=True)
class Host:
    """The EC2 instance that runs the services under docker-compose in dev and staging."""

    name: str
    instance_id: str
    state: str
    """`running`, `stopped`, ..."""
    status_checks: str
    """`ok`, `impaired`, `initializing` or `unknown`."""
    instance_type: str
    private_ip: str | None
    launched_at: datetime | None


@dataclass(frozen=True)
class Service:
    """One ECS service (`ecs:DescribeServices`), or the host that stands in for all of them."""

    service: str
    """The platform's short name: `backend-api`."""
    name: str
    """The name in ECS: `tradai-backend-api-prod`."""
    cluster: str | None
    """None for the consolidated host."""
    arn: str
    desired: int | None
    running: int | None
    pending: int | None
    rollout: str | None
    """The primary deployment's state; None where there is none."""
    rollout_reason: str = ""
    task_definition: str = ""
    launch: str | None = None
    tasks: tuple[Task, ...] | None = ()
    """Running ones first, then the recently stopped; None if they could not be read."""
    rollouts: tuple[Rollout, ...] = ()
    events: tuple[ServiceEvent, ...] = ()
    """Newest first."""
    target_groups: tuple[str, ...] = ()
    host: Host | None = None

    @property
    def short(self) -> bool:
        """Whether fewer tasks run than should."""
        return self.desired is not None and self.running is not None and self.running < self.desired
