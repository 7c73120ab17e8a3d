"""The look at AWS where the server is in this process: the same facts, read in its tables without a request.

The story looks every five seconds for as long as it goes on; asked through the API that is most of what it costs.
`eyes.look` is the measure: a test holds the two together.
"""

from __future__ import annotations

from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.ec2.models import ec2_backends
from moto.rds.models import rds_backends
from moto.sqs.models import sqs_backends

from tradai_console.demo.behaviour import ec2, ecs, rds
from tradai_console.demo.cast import SERVICES
from tradai_console.demo.story.stage import Stage


def glance(stage: Stage) -> bool:
    """Read tasks, session rows, the database and the queues into `stage.facts`; whether traffic gets out."""
    _tasks(stage)
    _sessions(stage)
    _database(stage)
    _queues(stage)
    return _way_out(stage)


def _tasks(stage: Stage) -> None:
    cast = stage.cast
    if not cast.fargate:
        return
    found: dict[str, list[tuple[float, str]]] = {spec.name: [] for spec in SERVICES}
    for task in ecs.tasks():
        service = cast.platform.service_of(task.service or "")
        if service in found and task.last_status == "RUNNING" and task.desired_status == "RUNNING":
            found[service].append((task.started_at or 0.0, task.id))
    stage.facts.keep_tasks(found, cast.desired)


def _sessions(stage: Stage) -> None:
    table = _of(dynamodb_backends, stage).tables[stage.cast.platform.tables.trading_state]
    rows = [one.to_json()["Attributes"] for one in list(table.all_items())]
    stage.facts.sessions = {row["strategy_id"]["S"]: row.get("status", {}).get("S", "") for row in rows}


def _database(stage: Stage) -> None:
    name, facts = stage.cast.platform.database, stage.facts
    facts.database_available = rds.serves(_of(rds_backends, stage).databases[name].status)
    facts.count_failovers(rds.failovers(name))


def _queues(stage: Stage) -> None:
    queues = _of(sqs_backends, stage).queues
    for name in (stage.cast.backtest_queue, stage.cast.backtest_dlq):
        stage.facts.waiting[name] = int(queues[name].approximate_number_of_messages)


def _way_out(stage: Stage) -> bool:
    backend, names, facts = _of(ec2_backends, stage), stage.cast.platform.nat, stage.facts
    running = [
        one for one in backend.all_instances() if one._state.name == "running" and _named(one, names.tag_name)
    ]
    facts.nat_instance = str(running[0].id) if running else None
    facts.nat_impaired = bool(running) and ec2.impaired_for(running[0].id) is not None
    routes = [
        route
        for table in backend.route_tables.values()
        if _named(table, names.route_table_tag_name)
        for route in list(table.routes)
        if route.destination_cidr_block == "0.0.0.0/0"
    ]
    if not routes or routes[0].state == "blackhole":
        return False
    if routes[0].nat_gateway is not None:
        return True
    target = next((one for one in running if one.id == routes[0].instance_id), None)
    forwards = target is not None and str(target.source_dest_check).lower() == "false"
    return forwards and not facts.nat_impaired


def _named(resource: Any, name: str) -> bool:
    return any(tag["key"] == "Name" and tag["value"] == name for tag in resource.get_tags())


def _of(backends: Any, stage: Stage) -> Any:
    return backends[stage.cast.account][stage.cast.region]
