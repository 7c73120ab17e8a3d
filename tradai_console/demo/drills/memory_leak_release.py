"""ECS Memory High: a release that leaks."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill, one_of
from tradai_console.demo.story.stage import Actor


@drill(
    "memory-leak-release",
    alert="ECS Memory High",
    line="a service's memory climbs over 80 % and on",
    announced="tradai-{env}-{service}-memory-high",
    cures="the revision before: UpdateService with the earlier task definition",
    useless="a forced deployment: the new tasks begin low and climb the same way within minutes; more tasks",
    truth="The release that {user} deployed keeps every answer it has ever given. It needs the revision before, not more memory.",
    looks=("ecs.deployments", "ecs.task_definition"),
    right=("ecs.roll_back {service}",),
    remedy=(lambda hand, plot: hand.roll_back(plot["service"]),),
    draws=one_of("service", "backend-api", "strategy-service"),
)
def play(plot: Plot) -> Actor:
    """Climbing from each start of the leaking image."""
    service, conditions = plot["service"], plot.conditions
    parameters = {"service": plot.cast.service_name(service)}
    plot.recorded(plot["user"], "ecs:UpdateService", ago_s=26 * 3600 - 600, requestParameters=parameters)
    leaking, tasks, percent, turn = plot.images(service), plot.tasks(service), plot.rng.uniform(84, 88), 0
    while plot.images(service) & leaking or not plot.tasks(service):
        if not plot.tasks(service) & tasks and plot.tasks(service):
            tasks, percent = plot.tasks(service), 48.0
        percent = min(
            97.0, percent + (plot.rng.uniform(2, 4) if percent < 86 else plot.rng.uniform(0.2, 0.8))
        )
        conditions.memory[service] = percent
        if turn % 2 == 0:
            plot.measure("services")
            said = f"response cache holds {plot.rng.randint(40, 90)}k entries, never evicted"
            plot.note(service, f"{service.replace('-', '_')}.ResponseCache", "WARNING", said)
        turn += 1
        yield LOOK_S
    conditions.memory.pop(service)
    plot.measure("services")
