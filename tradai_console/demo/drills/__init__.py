"""Drills: what goes wrong is put in, its symptoms follow, and only the right change in AWS takes them back."""

from __future__ import annotations

import difflib
import importlib

from tradai_console.demo.cast import Cast, dice, draw_cast
from tradai_console.demo.drills.plot import Drill, Plot, registered
from tradai_console.demo.story import Story
from tradai_console.errors import ConsoleError

__all__ = ["Drill", "DrillError", "Plot", "begin", "check", "choose", "find", "listing", "names", "truth"]

RANDOM = "random"
"""Instead of a name: the seed chooses."""

_MODULES = (
    "credential_leak_aws",
    "credential_leak_exchange",
    "drift_bad_model",
    "drift_moderate",
    "drift_significant",
    "heartbeat_deadlock",
    "heartbeat_rate_limit",
    "lambda_dependency",
    "lambda_out_of_memory",
    "lambda_slow_memory",
    "lambda_timeout_dependency",
    "latency_exchange",
    "latency_load",
    "latency_sick_task",
    "memory_leak_release",
    "memory_undersized",
    "nat_blackhole",
    "nat_down",
    "nat_source_dest_check",
    "pool_job_flood",
    "pool_leak",
    "position_stuck",
    "position_stuck_frozen",
    "rds_failover",
    "rds_host_ill",
    "rds_rotated_password",
    "rds_security_group",
    "service_bad_deployment",
    "service_crash_loop",
    "service_oom",
    "unauthorized_task",
    "unauthorized_user",
    "workflow_data_outage",
    "workflow_memory",
)


class DrillError(ConsoleError):
    """There is no such drill, or it cannot be played in this environment."""


def names() -> tuple[str, ...]:
    """Every drill, in order."""
    return tuple(sorted(module.replace("_", "-") for module in _MODULES))


def find(name: str) -> Drill:
    """The drill of this name. Raises DrillError."""
    if name not in names():
        near = difflib.get_close_matches(name, names(), 3, 0.4)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise DrillError(f"There is no drill {name}{hint}. `--drill list` names them all.")
    importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    return registered()[name]


def choose(name: str, seed: int) -> str:
    """This name, or for `random` the one that the seed draws. Raises DrillError."""
    return dice(seed, "which drill").choice(names()) if name == RANDOM else find(name).name


def listing() -> str:
    """A line a drill: its name, and what it looks like at first."""
    found = [find(name) for name in names()]
    width = max(len(one.name) for one in found)
    return "\n".join(f"{one.name:<{width}}  {one.alert}: {one.line}" for one in found)


def truth(name: str, *, env: str = "prod", seed: int = 1) -> str:
    """What really happened in this drill with this seed, in words; for the end."""
    return "\n".join(find(name).whole_truth(draw_cast(env, seed)))


def check(name: str, cast: Cast) -> Drill:
    """The drill that is meant, where it can be played. Raises DrillError."""
    found = find(choose(name, cast.seed))
    if not cast.fargate:
        raise DrillError(f"Drills need services on ECS: {cast.env} has none. Use --env prod.")
    return found


def begin(name: str, story: Story) -> Plot:
    """Let the drill begin now on the running story. Raises DrillError."""
    from tradai_console.demo.drills.herrings import herrings
    from tradai_console.demo.inside import behaviour

    drill = check(name, story.cast)
    if behaviour() is None:
        raise DrillError("Drills are played in the server's own process.")
    story.hush()
    behaviour("ids").seed_rest(drill.name)
    plot = story.plot = Plot(drill, story)
    story.enter("drill", plot.play())
    story.enter("red herrings", herrings(plot))
    return plot
