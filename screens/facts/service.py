"""A service: its rollouts, its tasks and why they stopped, what it says of itself."""

from __future__ import annotations

from screens.facts.facts import Chart, Facts, Related, Section, pair
from screens.panes.services import MEMORY_HIGH, news, stop_words
from screens.widgets.line import Line
from screens.widgets.pane import Moment
from screens.widgets.words import UNKNOWN, ago, day_stamp, stamp
from tradai_console.models.board import Board
from tradai_console.models.service import Host, Service, Task
from tradai_console.models.wanted import service_cpu, service_memory


def service_facts(service: Service, board: Board, moment: Moment) -> Facts:
    """Everything known about a service, or about the host that runs all of them."""
    if service.host is not None:
        return _host_facts(service.host, moment)
    sections = (
        _now(service, moment),
        _tasks(service, moment),
        _rollouts(service, moment),
        _events(service, moment),
    )
    return Facts(
        title=Line.of(
            (service.service, "strong"), f"  {_count(service.running)} of {_count(service.desired)} tasks run"
        ),
        name=service.name,
        arn=service.arn,
        sections=tuple(section for section in sections if section.lines),
        charts=_charts(service),
        related=_alarms(service, board),
    )


def _count(value: int | None) -> str:
    return UNKNOWN if value is None else str(value)


def _now(service: Service, moment: Moment) -> Section:
    return Section(
        "Now",
        (
            pair("news", news(service, moment.now)),
            pair(
                "tasks",
                f"{_count(service.running)} running, {_count(service.pending)} pending, {_count(service.desired)} desired",
            ),
            pair("rollout", f"{service.rollout or UNKNOWN}  {service.rollout_reason}"),
            pair("task definition", service.task_definition or UNKNOWN),
            pair("cluster", f"{service.cluster}  {service.launch or ''}"),
            pair("name in ECS", service.name),
            *(pair("target group", group) for group in service.target_groups),
        ),
    )


def _tasks(service: Service, moment: Moment) -> Section:
    if service.tasks is None:
        return Section("Tasks", (Line.of(("could not be read", "warn")),))
    return Section("Tasks", tuple(line for task in service.tasks for line in _task(task, moment)))


def _task(task: Task, moment: Moment) -> tuple[Line, ...]:
    if task.stopped_at is None and task.status != "STOPPED":
        style = "good" if task.status == "RUNNING" and task.health != "UNHEALTHY" else "warn"
        where = "  ".join(filter(None, (task.private_ip, task.az, task.capacity)))
        return (
            Line.of((f"{task.status.lower():<9}", style), task.id, (f"  {task.health.lower()}", "dim"),
                    (f"  up {ago(task.started_at, moment.now)}  {where}", "dim")),
        )  # fmt: skip
    bad = bool(task.exit_code) or task.out_of_memory
    head = Line.of(
        ("stopped  ", "bad" if bad else "dim"),
        task.id,
        (f"  {ago(task.stopped_at, moment.now)} ago  ", "dim"),
        (stop_words(task), "bad" if bad else "dim"),
        ("  (AWS has forgotten it)" if task.purged else "", "dim"),
    )
    why = "; ".join(filter(None, (task.stop_code, task.stopped_reason, task.container_reason)))
    return (head, Line.of((f"         {why}", "dim"))) if why else (head,)


def _rollouts(service: Service, moment: Moment) -> Section:
    return Section(
        "Rollouts",
        tuple(
            Line.of(
                (f"{rollout.status.lower():<9}", "strong" if rollout.status == "PRIMARY" else "dim"),
                (rollout.state.lower().replace("_", " "), "bad" if rollout.state == "FAILED" else "plain"),
                f"  {rollout.task_definition}",
                (f"  {rollout.running} of {rollout.desired}, {rollout.failed} failed", "dim"),
                (f", {ago(rollout.created_at, moment.now)} old", "dim"),
            )
            for rollout in service.rollouts
        ),
    )


def _events(service: Service, moment: Moment) -> Section:
    return Section(
        "Events",
        tuple(
            Line.of((stamp(event.at, local=moment.local), "dim"), "  ", event.message)
            for event in service.events[:30]
        ),
    )


def _charts(service: Service) -> tuple[Chart, ...]:
    if service.cluster is None:
        return ()
    return (
        Chart(service_memory(service.cluster, service.name), "memory", "%", MEMORY_HIGH),
        Chart(
            service_memory(service.cluster, service.name, "Maximum"), "memory, highest task", "%", MEMORY_HIGH
        ),
        Chart(service_cpu(service.cluster, service.name), "processor", "%"),
    )


def _alarms(service: Service, board: Board) -> tuple[Related, ...]:
    def about(values: set[str], name: str) -> bool:
        return bool(values & {service.name, service.service}) or f"-{service.service}-" in name

    alarms = [a for a in board.alarms.items if about({value for _, value in a.dimensions}, a.name)]
    alarms.sort(key=lambda alarm: (not alarm.firing, alarm.name))
    return tuple(
        Related(
            "alarms",
            a.name,
            Line.of("alarm ", (a.name, "bad" if a.firing else "plain"), (f"  {a.state.value}", "dim")),
        )
        for a in alarms[:9]
    )


def _host_facts(host: Host, moment: Moment) -> Facts:
    return Facts(
        title=Line.of((host.name, "strong"), f"  {host.state}"),
        name=host.name,
        arn=host.instance_id,
        sections=(
            Section(
                "Host",
                (
                    Line.of("This environment runs every service on one EC2 instance, under docker-compose."),
                    Line.of(
                        (
                            "Its containers are not visible to AWS: reach them by SSM, `sudo docker ps` in /opt/tradai.",
                            "dim",
                        )
                    ),
                    pair("instance", f"{host.instance_id}  {host.instance_type}"),
                    pair("state", f"{host.state}, status checks {host.status_checks}"),
                    pair("address", host.private_ip or UNKNOWN),
                    pair(
                        "launched",
                        f"{day_stamp(host.launched_at, local=moment.local)}  ({ago(host.launched_at, moment.now)} ago)",
                    ),
                    pair("to reach it", f"aws ssm start-session --target {host.instance_id}"),
                ),
            ),
        ),
    )
