"""Who is on stage: the quiet ones, who only write and measure, and all of them."""

from __future__ import annotations

from collections.abc import Iterator

from tradai_console.demo.story import gauges, incidents, schedules, sessions, traffic, trails, work
from tradai_console.demo.story.eyes import eyes
from tradai_console.demo.story.levers import plan
from tradai_console.demo.story.stage import Actor, Stage
from tradai_console.demo.world.compute import Balancer


def quiet_company(stage: Stage, balancer: Balancer) -> Iterator[tuple[str, Actor]]:
    """Those who change nothing in AWS but logs and metrics: they can play an hour in a moment."""
    waves = gauges.Waves((stage.cast.seed, stage.cast.env))
    yield "gauges", gauges.gauges(stage, balancer, waves)
    yield "health-check", schedules.health_check(stage, quiet=True)
    yield "heartbeat-check", schedules.heartbeat_check(stage, quiet=True)
    yield "drift-monitor", schedules.drift_monitor(stage, quiet=True)
    yield "housekeeping", schedules.housekeeping(stage)
    yield from _voices(stage, mean_s=4.5)


def full_company(
    stage: Stage, balancer: Balancer, waves: gauges.Waves, *, calm: bool, hushed: bool = False
) -> Iterator[tuple[str, Actor]]:
    """Everybody; calm leaves out what goes wrong by itself, hushed also those who only talk or submit work."""
    yield "eyes", eyes(stage)
    yield "gauges", gauges.gauges(stage, balancer, waves)
    yield "health-check", schedules.health_check(stage)
    yield "heartbeat-check", schedules.heartbeat_check(stage)
    yield "drift-monitor", schedules.drift_monitor(stage)
    for strategy in stage.cast.strategies:
        yield f"heartbeat of {strategy.name}", sessions.heartbeats(stage, strategy)
    if hushed:
        return
    yield "housekeeping", schedules.housekeeping(stage)
    yield from _voices(stage, mean_s=1.1)
    yield "backtests", work.backtests(stage, plan)
    yield "strangers", work.strangers(stage)
    yield "retrainings", work.retrainings(stage, plan)
    if not calm:
        yield from troublemakers(stage, balancer, waves)


def troublemakers(stage: Stage, balancer: Balancer, waves: gauges.Waves) -> Iterator[tuple[str, Actor]]:
    """What goes wrong by itself; it leaves while a drill is played."""
    yield "replacements", work.replacements(stage)
    yield "incidents", incidents.incidents(stage, balancer, waves)


def _voices(stage: Stage, *, mean_s: float) -> Iterator[tuple[str, Actor]]:
    yield "requests", traffic.requests(stage, mean_s=mean_s)
    yield "health checks", traffic.health_checks(stage)
    yield "grumbles", traffic.grumbles(stage)
    yield "trails", trails.trails(stage)
    for strategy in stage.cast.strategies:
        yield f"chatter of {strategy.name}", sessions.chatter(stage, strategy)
