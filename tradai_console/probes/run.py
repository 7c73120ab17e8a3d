"""One probe, run to its evidence whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tradai_console.errors import ConsoleError
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.probes import (
    alarms,
    changes,
    databases,
    drift,
    ecs,
    ecs_usage,
    flows,
    health,
    identity,
    lambdas,
    logs,
    nat,
    network,
    paths,
    queues,
    retraining,
    secrets,
    targets,
    trading,
    trails,
    workflows,
)
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.registry import REGISTRY
from tradai_console.runbook import variables
from tradai_console.runbook.catalogue import ARGUMENTS, PROBES, ProbeSpec
from tradai_console.text import plain

DEADLINE_S: Final = 12.0
"""What is not known by then is unknown: somebody is waiting."""

ROWS: Final = 40
LINE: Final = 400
"""Signs of a line."""
NAME: Final = 300
VALUE: Final = 2_000

LONGEST_MINUTES: Final = 14 * 1440
"""RDS keeps its events so long; no probe looks further back."""
MOST: Final = 200

FAMILIES: Final = (
    alarms, changes, databases, drift, ecs, ecs_usage, flows, health, identity, lambdas, logs, nat, network, paths, queues,
    retraining, secrets, targets, trading, trails, workflows,
)  # fmt: skip
"""Importing a family registers its probes."""


async def run_probe(name: str, arguments: Mapping[str, str], context: ProbeContext) -> Evidence:
    """The probe's evidence. Never raises: what could not be found out is `Verdict.UNKNOWN`, and says why."""
    spec, run = PROBES.get(name), REGISTRY.get(name)
    if spec is None or run is None:
        return _unknown(f"There is no probe called {plain(name, 80)}.", context)
    wrong = fault(spec, arguments)
    if wrong is not None:
        return _unknown(wrong, context)
    given = Given({**spec.defaults, **arguments})
    try:
        async with asyncio.timeout(DEADLINE_S):
            found = await run(context, given)
    except ConsoleError as error:
        return _unknown(f"It could not be found out: {error}", context)
    except TimeoutError:
        return _unknown(f"It could not be found out: no whole answer in {DEADLINE_S:.0f} s.", context)
    except Exception as error:  # noqa: BLE001  # a fault of ours must not cost the other probes
        return _unknown(f"The probe itself failed: {type(error).__name__}: {plain(error, 200)}", context)
    return replace(
        found, line=plain(found.line, LINE), rows=bounded(found.rows), taken_at=context.clock.now()
    )


def fault(spec: ProbeSpec, arguments: Mapping[str, str]) -> str | None:
    """What is wrong with the arguments, in one sentence; None if nothing is."""
    for name in arguments:
        if name not in spec.arguments:
            return f"{spec.name} has no argument {plain(name, 40)}: {spec.usage}"
    for name in spec.required:
        if not arguments.get(name):
            return f"{spec.name} needs {name}, and it is not known yet: fill it in."
    for name, value in arguments.items():
        if value.startswith("${"):
            return f"{spec.name} needs {plain(value.strip('${}'), 40)}, and it is not known yet: fill it in."
        kind = ARGUMENTS[name]
        if not variables.accepts(kind, value):
            return f"{name} = {plain(value, 80)!r} is no {kind}."
        most = {"minutes": LONGEST_MINUTES, "limit": MOST}.get(name)
        if most is not None and not 1 <= int(value) <= most:
            return f"{name} = {value}: allowed are 1 to {most}."
    return None


def bounded(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """At most forty rows, safe to draw; the last one says how many were left out."""
    kept = rows if len(rows) <= ROWS else rows[: ROWS - 1]
    drawn = [replace(row, name=plain(row.name, NAME), value=plain(row.value, VALUE)) for row in kept]
    more = len(rows) - len(kept)
    return (*drawn, Row("…", f"{more} more")) if more else tuple(drawn)


def _unknown(line: str, context: ProbeContext) -> Evidence:
    return Evidence(Verdict.UNKNOWN, plain(line, LINE), taken_at=context.clock.now())
