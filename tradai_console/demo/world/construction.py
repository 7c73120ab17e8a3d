"""How the platform is put together: in which order, and what at the same time."""

from __future__ import annotations

import time as _time
from typing import Any

from tradai_console.demo.cast import Cast, draw_cast
from tradai_console.demo.clients import Clients, together
from tradai_console.demo.inside import behaviour
from tradai_console.demo.world import (
    World,
    alarms,
    channels,
    compute,
    database,
    functions,
    machines,
    network,
    state,
)
from tradai_console.demo.world.jobs import Job, draw_past
from tradai_console.demo.world.past import Past


def construct(endpoint_url: str, env: str, seed: int) -> World:
    """See `world.build`."""
    began = _time.monotonic()
    cast, aws = draw_cast(env, seed), Clients(endpoint_url)
    if (ids := behaviour("ids")) is not None:
        aws("ec2").describe_vpcs()  # makes the account's default network, which is no part of the night
        ids.seed(seed, env)
    with Past(aws, cast) as past:
        jobs = draw_past(cast, past.end)
        made = _build(aws, cast, past, jobs)
        past.write(made["tasks"], made["balancer"], made["nat"])
        alarm_names = alarms.build_alarms(aws, cast, made["balancer"])
        past.live(jobs)
    queue_url = channels.subscribe_console(aws, cast)
    aws.close()
    return World(
        cast=cast,
        alarms=alarm_names,
        queue_url=queue_url,
        took_s=_time.monotonic() - began,
        **made,
    )


def _build(aws: Clients, cast: Cast, past: Past, jobs: tuple[Job, ...]) -> dict[str, Any]:
    net = network.build_network(aws, cast)
    private = [net.subnets["private-a"], net.subnets["private-b"]]
    made: dict[str, Any] = {"network": net, "host": None}

    def containers() -> None:
        compute.build_cluster(aws, cast)
        made["balancer"] = compute.build_balancer(aws, cast, net)
        if cast.fargate:
            compute.build_services(aws, cast, net, made["balancer"])

    def way_out() -> None:
        made["nat"] = network.build_nat(aws, cast, net)
        if not cast.fargate:
            made["host"] = network.build_host(aws, cast, net)

    def rows() -> None:
        state.build_tables(aws, cast)
        state.fill_tables(aws, cast, past.end, jobs)

    together(
        [
            containers,
            rows,
            way_out,
            lambda: database.build_database(aws, cast, net),
            lambda: channels.build_channels(aws, cast),
            lambda: channels.build_secrets(aws, cast),
            lambda: channels.build_rules(aws, cast),
            lambda: functions.build_functions(aws, cast, net),
            lambda: machines.build_machines(aws, cast, private, net.groups["ecs"]),
        ],
        threads=3,
    )
    past.settle()
    made["tasks"] = compute.read_tasks(aws, cast)
    return made
