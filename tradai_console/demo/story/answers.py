"""What the platform's own functions do when they are really called: by an operator, or by the NAT's launch."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any

from tradai_console.demo.cast import SERVICES, dice
from tradai_console.demo.inside import behaviour
from tradai_console.demo.story.levers import Plan, plan
from tradai_console.demo.story.stage import Stage
from tradai_console.demo.story.work import retraining_input, retraining_name

COOLDOWN_H = 24.0


def give_answers(stage: Stage) -> None:
    """Register them with the server of this process; without one, functions answer as the server pleases."""
    functions, scaling = behaviour("functions"), behaviour("autoscaling")
    if functions is None:
        return
    names = {stage.cast.service_name(spec.name): spec.name for spec in SERVICES}
    behaviour("targets").ask_health(lambda name: names.get(name) not in stage.conditions.unhealthy)
    name = stage.cast.platform.function
    functions.set_response(
        name("retraining-scheduler"), lambda payload: schedule_retraining(stage, payload or {})
    )
    functions.set_response(name("model-rollback"), lambda payload: roll_back(stage, payload or {}))
    if hasattr(scaling, "on_launch"):
        scaling.on_launch(stage.cast.nat_group, lambda _, instance: route_over(stage, instance))


def schedule_retraining(stage: Stage, payload: dict[str, Any]) -> dict[str, Any]:
    """`retraining-scheduler`: a retraining for each model; inside the cooldown a green answer that did nothing."""
    results = [
        _schedule_one(stage, str(model.get("name")), force=bool(payload.get("force")))
        for model in payload.get("models", [])
    ]
    return {"success": True, "results": results}


def _schedule_one(stage: Stage, model: str, *, force: bool) -> dict[str, Any]:
    if model not in {one.name for one in stage.cast.strategies}:
        return {"model": model, "status": "skipped", "reason": "invalid_model"}
    key = {"model_name": {"S": model}}
    table = stage.cast.platform.tables.retraining_state
    row = stage.aws("dynamodb").get_item(TableName=table, Key=key).get("Item", {})
    hours = _hours_since(stage, row.get("last_retrained", {}).get("S"))
    if not force and hours is not None and hours < COOLDOWN_H:
        reason = {"reason": "recently_retrained", "hours_since_last": round(hours, 1)}
        return {"model": model, "status": "skipped", **reason}
    name = retraining_name(model, stage.time.time())
    plan(stage, "retraining", name, Plan(dice(stage.cast.seed, name).uniform(90, 150)))
    server = behaviour("stepfunctions")
    arn = server.start(stage.cast.machine_arn("retraining"), retraining_input(model, force=force), name=name)
    return {"model": model, "status": "started", "execution_arn": arn}


def _hours_since(stage: Stage, stamp: str | None) -> float | None:
    if stamp is None:
        return None
    then = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    return (stage.now - then).total_seconds() / 3600


def version_of(stage: Stage, model: str) -> int:
    """Which version of the model is in production."""
    return dice(stage.cast.seed, "session", model).randint(4, 19)


def roll_back(stage: Stage, payload: dict[str, Any]) -> dict[str, Any]:
    """`model-rollback`: says what it would do with `dry_run`, else does it and ends the model's drift."""
    model = str(payload.get("model_name"))
    version = version_of(stage, model)
    answer = {
        "model_name": model,
        "from_version": str(version),
        "to_version": str(payload.get("target_version") or version - 1),
        "reason": payload.get("reason", "MANUAL_REQUEST"),
    }
    if payload.get("dry_run"):
        return answer | {"status": "dry_run"}
    stage.conditions.psi.pop(model, None)
    return answer | {"status": "rolled_back"}


def route_over(stage: Stage, instance: str) -> None:
    """What user data and `update-nat-routes` do for a new NAT instance: forward, take the address, rewrite the route."""
    cast, functions, ec2 = stage.cast, behaviour("functions"), stage.aws("ec2")
    name = cast.platform.function("update-nat-routes")
    ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": False})
    named = [{"Name": "tag:Name", "Values": [f"tradai-nat-eip-{cast.env}"]}]
    for address in ec2.describe_addresses(Filters=named)["Addresses"]:
        ec2.associate_address(
            InstanceId=instance, AllocationId=address["AllocationId"], AllowReassociation=True
        )
    kind, _, why = stage.conditions.lambda_errors.get("update-nat-routes", "").partition(": ")
    if kind:
        functions.set_fault(name, functions.Fault(kind, why))
        with contextlib.suppress(functions.FunctionError):
            functions.invoke(name, {"instance_id": instance})
        functions.set_fault(name, None)
        return
    filters = [{"Name": "tag:Name", "Values": [cast.platform.nat.route_table_tag_name]}]
    for table in ec2.describe_route_tables(Filters=filters)["RouteTables"]:
        default = any(route.get("DestinationCidrBlock") == "0.0.0.0/0" for route in table["Routes"])
        change = ec2.replace_route if default else ec2.create_route
        change(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", InstanceId=instance)
    lines = (f"[nat_routes.Router][INFO] - 0.0.0.0/0 now leads to {instance}",)
    functions.invoke(name, {"instance_id": instance}, lines=lines)
