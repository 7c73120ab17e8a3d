"""Service Unhealthy: a service needs more memory than its task has, and is killed for it, again and again."""

from __future__ import annotations

from tradai_console.demo.behaviour.ecs_tasks import Fate
from tradai_console.demo.drills.plot import LOOK_S, Plot, drill, one_of
from tradai_console.demo.story.stage import Actor


@drill(
    "service-oom",
    alert="Service Unhealthy",
    line="a service fails its health checks, and its tasks come and go",
    announced="tradai-{env}-{service}-unhealthy",
    cures="a task definition with more memory",
    useless="a forced deployment, or stopping its tasks: the new ones are killed in their turn; an earlier revision has no more",
    worse="more tasks of the same size: each of them is killed too",
    truth="The work that {service} holds in memory has outgrown its task. Within a minute and a half the kernel kills it "
    "(exit 137, OutOfMemoryError); ECS starts another, which goes the same way. Only more memory ends it.",
    looks=("ecs.stops",),
    right=("ecs.resize {service}",),
    remedy=(lambda hand, plot: hand.resize(plot["service"], 2 * plot.spec(plot["service"]).memory_mib),),
    draws=one_of("service", "backend-api", "strategy-service", "data-collection"),
)
def play(plot: Plot) -> Actor:
    """Killed about every 80 s for as long as it has no more memory than it was defined with."""
    service, conditions = plot["service"], plot.conditions
    limit, name = plot.spec(service).memory_mib, plot.cast.service_name(service)
    plot.ecs.set_fate(name, Fate.out_of_memory(plot.rng.uniform(70, 95)), memory_below=limit + 1)
    conditions.unhealthy.add(service)
    plot.check_health()
    while not plot.memory_mib(service) > limit:
        conditions.memory[service] = plot.rng.uniform(93, 99.6)
        plot.measure("services")
        held = limit * plot.rng.uniform(0.93, 0.99)
        plot.note(
            service,
            f"{service.replace('-', '_')}.FrameCache",
            "WARNING",
            f"cache holds {held:.0f} MiB of {limit} MiB",
        )
        plot.note(
            service,
            f"{service.replace('-', '_')}.Worker",
            "ERROR",
            "MemoryError: unable to allocate 96.0 MiB",
        )
        yield 2 * LOOK_S
    plot.gone()
    plot.ecs.clear_fate(name)
    conditions.unhealthy.discard(service)
    conditions.memory[service] = 62.0
    plot.measure("services")
    yield 30.0
    conditions.memory.pop(service, None)
