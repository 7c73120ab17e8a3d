"""ECS Memory High: the work has outgrown the task."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill, one_of
from tradai_console.demo.story.stage import Actor


@drill(
    "memory-undersized",
    alert="ECS Memory High",
    line="a service's memory stands over 80 %",
    announced="tradai-{env}-{service}-memory-high",
    cures="a task definition with more memory",
    useless="a forced deployment: it stands as high again within a minute; an earlier revision: it has no more",
    truth="{service} serves more pairs than it was sized for. It leaks nothing; its work needs about 88 % of what it has.",
    looks=("ecs.memory",),
    right=("ecs.resize {service}",),
    remedy=(lambda hand, plot: hand.resize(plot["service"], 2 * plot.spec(plot["service"]).memory_mib),),
    draws=one_of("service", "backend-api", "strategy-service", "data-collection"),
)
def play(plot: Plot) -> Actor:
    """The same MiB, whatever the task; so the percentage follows the size."""
    service, conditions = plot["service"], plot.conditions
    needed, turn = plot.spec(service).memory_mib * plot.rng.uniform(0.85, 0.91), 0
    while True:
        size = plot.memory_mib(service)
        if size:
            conditions.memory[service] = 100 * needed / size + plot.rng.uniform(-0.6, 0.6)
            if turn % 2 == 0:
                plot.measure("services")
                said = f"{plot.rng.randint(180, 240)} frames in memory, {needed:.0f} MiB"
                plot.note(service, f"{service.replace('-', '_')}.FrameStore", "INFO", said)
            if conditions.memory[service] < 70:
                break
        turn += 1
        yield 2 * LOOK_S
    plot.gone()
    yield 60.0
    conditions.memory.pop(service)
