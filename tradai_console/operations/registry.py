"""Every action of the catalogue with the function that plans it and the one that looks at what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tradai_console.models.evidence import Evidence
from tradai_console.operations import (
    databases,
    escalation,
    functions,
    isolation,
    jobs,
    keys,
    nat,
    resize,
    services,
    trading,
    training,
    workflows,
)
from tradai_console.operations.context import ActionContext
from tradai_console.operations.plan import Draft, Plan

Arguments = Mapping[str, str]
Answers = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Operation:
    """One action."""

    draft: Callable[[Arguments, ActionContext], Awaitable[Draft]]
    """Reads what it needs and says what would be called. Raises plan.Cannot; changes nothing."""
    look: Callable[[Plan, ActionContext, Answers], Awaitable[Evidence]]
    """Reads again after the calls; their answers may be none, where none came."""


OPERATIONS: Final[Mapping[str, Operation]] = {
    "ecs.force_deployment": Operation(services.force_deployment, services.look),
    "ecs.scale": Operation(services.scale, services.look),
    "ecs.roll_back": Operation(services.roll_back, services.look),
    "ecs.stop_task": Operation(services.stop_task, services.look_task),
    "ecs.resize": Operation(resize.resize, resize.look),
    "ecs.isolate_task": Operation(isolation.isolate_task, isolation.look),
    "lambda.set_timeout": Operation(functions.set_timeout, functions.look),
    "lambda.set_memory": Operation(functions.set_memory, functions.look),
    "retraining.start": Operation(training.start_retraining, training.look_retraining),
    "model.roll_back": Operation(training.roll_back, training.look_rollback),
    "trading.pause": Operation(trading.pause, trading.look),
    "trading.stop": Operation(trading.stop, trading.look),
    "trading.resume": Operation(trading.resume, trading.look),
    "nat.reboot": Operation(nat.reboot, nat.look_instance),
    "nat.replace": Operation(nat.replace, nat.look_replaced),
    "nat.repair_route": Operation(nat.repair_route, nat.look_route),
    "nat.source_dest_check_off": Operation(nat.source_dest_check_off, nat.look_check),
    "rds.reboot": Operation(databases.reboot, databases.look),
    "rds.failover": Operation(databases.failover, databases.look),
    "rds.repair_security_group": Operation(databases.repair_security_group, databases.look_group),
    "secrets.put_exchange_keys": Operation(keys.put_exchange_keys, keys.look_secret),
    "iam.deactivate_key": Operation(keys.deactivate_key, keys.look_key),
    "workflow.stop": Operation(workflows.stop, workflows.look),
    "workflow.redrive": Operation(workflows.redrive, workflows.look),
    "workflow.start_again": Operation(jobs.start_again, jobs.look_started),
    "workflow.set_row": Operation(jobs.set_row, jobs.look_row),
    "queue.redrive": Operation(workflows.redrive_queue, workflows.look_queue),
    "alerts.escalate": Operation(escalation.escalate, escalation.look),
}
