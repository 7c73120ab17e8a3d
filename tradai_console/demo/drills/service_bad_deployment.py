"""Service Unhealthy: a release that starts well and answers badly."""

from __future__ import annotations

from tradai_console.demo.cast import draw_hex
from tradai_console.demo.drills.plot import LOOK_S, Plot, drill, one_of
from tradai_console.demo.story.stage import Actor


@drill(
    "service-bad-deployment",
    alert="Service Unhealthy",
    line="a service runs all its tasks, and its health endpoint answers 503",
    announced="tradai-{env}-{service}-unhealthy",
    cures="the revision before: UpdateService with the earlier task definition",
    useless="a forced deployment or stopping tasks: the same release starts again; more memory",
    truth="{user} deployed a new release of {service} minutes ago. Its container passes its own check, so ECS called the "
    "deployment complete, and its answers have been 503 ever since. The revision before it is still registered.",
    looks=("changes.recent", "ecs.deployments"),
    right=("ecs.roll_back {service}",),
    remedy=(lambda hand, plot: hand.roll_back(plot["service"]),),
    draws=one_of("service", "backend-api", "strategy-service"),
)
def play(plot: Plot) -> Actor:
    """Bad for as long as one task runs the new image."""
    service, conditions = plot["service"], plot.conditions
    image = _release(plot, service)
    plot.recorded(
        plot["user"],
        "ecs:UpdateService",
        ago_s=60,
        requestParameters={"service": plot.cast.service_name(service)},
    )
    while image not in plot.images(service):
        yield LOOK_S
    conditions.unhealthy.add(service)
    conditions.api_errors = 0.5 if service == "backend-api" else 0.25
    plot.check_health()
    while image in plot.images(service) or not plot.tasks(service):
        logger = f"{service.replace('-', '_')}.Router"
        plot.note(
            service, logger, "ERROR", "AttributeError: 'NoneType' object has no attribute 'config_version_id'"
        )
        yield LOOK_S
    conditions.unhealthy.discard(service)
    conditions.api_errors = 0.0


def _release(plot: Plot, service: str) -> str:
    """Register and deploy it, as a pipeline would; its image."""
    ecs, name = plot.aws("ecs"), plot.cast.service_name(service)
    old = plot.definition(service)
    container = dict(old["containerDefinitions"][0])
    container["image"] = f"{container['image'].rsplit(':', 1)[0]}:{draw_hex(plot.rng, 7)}"
    kept = (
        "family",
        "networkMode",
        "requiresCompatibilities",
        "cpu",
        "memory",
        "executionRoleArn",
        "taskRoleArn",
    )
    made = ecs.register_task_definition(
        **{key: old[key] for key in kept if old.get(key)}, containerDefinitions=[container]
    )["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster=plot.cast.platform.cluster, service=name, taskDefinition=made)
    return str(container["image"])
