"""The services: what runs against what should, why tasks stopped, memory and processor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from screens.widgets.columns import Column
from screens.widgets.line import Line
from screens.widgets.pane import Pane
from screens.widgets.words import UNKNOWN, ago, spark
from tradai_console.models.wanted import service_cpu, service_memory

if TYPE_CHECKING:
    from tradai_console.models.figure import Metric, Series
    from tradai_console.models.service import Service, Task

RECENT = timedelta(minutes=30)
"""A stop longer ago than this is history, not news."""

MEMORY_HIGH = 80.0


class ServicesPane(Pane["Service"]):
    """Every service of the cluster, or the one host of dev and staging."""

    source = "services"
    digit = 2
    name_shown = "Services"
    name_short = "Svc"
    measured = True
    words_empty = "no services in this cluster"

    def key_of(self, item: Service) -> str:
        return item.arn or item.name

    def called(self, item: Service) -> str:
        return item.service

    def order(self, item: Service) -> tuple[bool, bool]:
        return (not self.trouble(item), item.desired == 0)

    def haystack(self, item: Service) -> str:
        return f"{item.service} {item.name} {item.rollout or ''} {item.task_definition}"

    def trouble(self, item: Service) -> bool:
        if item.host is not None:
            return item.host.state != "running" or item.host.status_checks == "impaired"
        return item.short or item.rollout == "FAILED"

    def summary(self) -> Line:
        cluster = next((service.cluster for service in self.snapshot.items if service.cluster), "")
        short = sum(service.short for service in self.snapshot.items)
        return Line.of((cluster or "", "dim"), (f"  {short} short of tasks", "bad") if short else "")

    def columns(self) -> Sequence[Column[Service]]:
        return (
            Column("sign", "", self._sign, most=1, rank=0),
            Column(
                "service", "service", self._service, most=20, rank=0, sort=lambda service: service.service
            ),
            Column("tasks", "run", _tasks, most=9, rank=0, align="right", sort=_missing),
            Column("news", "news", self._news, least=24, rank=1, flex=True),
            Column(
                "memory",
                "memory %",
                lambda s: self._gauge(s, service_memory),
                most=15,
                rank=2,
                sort=self._memory,
            ),
            Column("cpu", "cpu %", lambda s: self._gauge(s, service_cpu), most=15, rank=4),
        )

    def _sign(self, service: Service) -> Line:
        if service.desired == 0:
            return Line.of(("·", "dim"))
        if self.trouble(service):
            return Line.of(("▲", "bad"))
        return Line.of(("◐", "warn") if service.rollout == "IN_PROGRESS" else ("✓", "good"))

    def _service(self, service: Service) -> Line:
        return Line.of((service.service, "strong" if self.trouble(service) else "plain"))

    def _news(self, service: Service) -> Line:
        if service.host is not None:
            return _host(service)
        return news(service, self.moment.now)

    def _series(self, service: Service, metric_of: Callable[[str, str], Metric]) -> Series | None:
        return self.board.series.get(metric_of(service.cluster, service.name)) if service.cluster else None

    def _memory(self, service: Service) -> float:
        series = self._series(service, service_memory)
        return -(series.latest or 0.0) if series else 0.0

    def _gauge(self, service: Service, metric_of: Callable[[str, str], Metric]) -> Line:
        if not service.desired:
            return Line()
        series = self._series(service, metric_of)
        if series is None or series.latest is None:
            return Line.of((UNKNOWN, "dim"))
        style = "bad" if series.latest >= MEMORY_HIGH else "dim"
        return Line.of((spark(series.values, 8, low=0, high=100), style), (f" {series.latest:3.0f}", style))


def news(service: Service, now: datetime) -> Line:
    """The one thing to know about a service: why tasks stopped, else how its rollout is."""
    if service.tasks is None:
        return Line.of(("tasks unknown", "warn"))
    stopped = [task for task in service.tasks if task.stopped_at and now - task.stopped_at < RECENT]
    telling = [task for task in stopped if not _routine(task)]
    if telling:
        reason, times = Counter(stop_words(task) for task in telling).most_common(1)[0]
        when = ago(max(task.stopped_at for task in telling if task.stopped_at), now)
        return Line.of((reason + (f" ×{times}" if times > 1 else ""), "bad"), (f" {when} ago", "dim"))
    if service.rollout == "FAILED":
        return Line.of(("rollout failed", "bad"), (f" {service.rollout_reason}", "dim"))
    if service.rollout == "IN_PROGRESS":
        return Line.of(
            ("rolling out", "warn"),
            (
                f" {service.task_definition.rpartition(':')[2] and ':' + service.task_definition.rpartition(':')[2]}",
                "dim",
            ),
        )
    if service.short:
        return Line.of((f"{service.pending} starting" if service.pending else "too few tasks", "warn"))
    if any("Spot" in (task.stop_code or "") for task in stopped):
        return Line.of(("spot replaced a task", "dim"))
    return Line.of(("off" if service.desired == 0 else "steady", "dim"))


def stop_words(task: Task) -> str:
    """Why a task stopped, in three words."""
    if task.out_of_memory:
        return "out of memory"
    if task.exit_code:
        return f"exit {task.exit_code}"
    if "health" in (task.stopped_reason or "").lower():
        return "failed health checks"
    return task.stopped_reason or task.stop_code or "stopped"


def _routine(task: Task) -> bool:
    """Stops that are no news: Spot takes tasks, rollouts and scaling replace them."""
    return task.stop_code in ("SpotInterruption", "ServiceSchedulerInitiated", "UserInitiated") and not (
        task.exit_code or "health" in (task.stopped_reason or "").lower()
    )


def _tasks(service: Service) -> Line:
    if service.desired is None:
        return Line()
    running = UNKNOWN if service.running is None else str(service.running)
    return Line.of(
        (f"{running}/{service.desired}", "bad" if service.short else "plain" if service.desired else "dim")
    )


def _missing(service: Service) -> int:
    return (service.running or 0) - (service.desired or 0)


def _host(service: Service) -> Line:
    host = service.host
    assert host is not None
    style = "good" if host.state == "running" and host.status_checks == "ok" else "bad"
    return Line.of(
        (host.state, style), (f"  {host.instance_id}  checks {host.status_checks}  runs all services", "dim")
    )
