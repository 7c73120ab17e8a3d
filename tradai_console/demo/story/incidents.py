"""What goes wrong by itself, one thing at a time: a cause is put in, its symptoms follow, it passes.

The alarm fires by its own rule from the metrics that the cause bends; nothing here touches an alarm.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass

from tradai_console.demo.cast import dice
from tradai_console.demo.story import gauges
from tradai_console.demo.story.conditions import Exchange
from tradai_console.demo.story.runs import run_function
from tradai_console.demo.story.schedules import measure_drift
from tradai_console.demo.story.stage import Actor, Stage
from tradai_console.demo.story.voices import freqtrade_line, plain_line, stream_of
from tradai_console.demo.world.compute import Balancer


@dataclass(frozen=True)
class Scene:
    """What an incident has at hand."""

    stage: Stage
    rng: random.Random
    balancer: Balancer
    waves: gauges.Waves


Incident = Callable[[Scene], Generator[float, None, None]]


def incidents(stage: Stage, balancer: Balancer, waves: gauges.Waves) -> Actor:
    """The first within seconds of the start, the others minutes apart; kinds and order come from the seed."""
    rng = dice(stage.cast.seed, stage.cast.env, "incidents")
    scene = Scene(stage, rng, balancer, waves)
    first, rest = list(QUICK), list(QUICK + SLOW)
    if not stage.cast.fargate:
        first, rest = [one for one in first if one is not memory], [one for one in rest if one is not memory]
    rng.shuffle(rest)
    order = [rng.choice(first)]
    order += [one for one in rest if one is not order[0]]
    yield rng.uniform(16, 22)
    while True:
        for incident in order:
            yield from incident(scene)
            yield rng.uniform(150, 330)


def latency(scene: Scene) -> Generator[float, None, None]:
    """The exchange answers slowly; the backend waits for it: High API Latency."""
    scene.stage.conditions.exchange, scene.stage.conditions.latency_s = (
        Exchange.SLOW,
        scene.rng.uniform(2.8, 3.6),
    )
    gauges.measure_edge(scene.stage, scene.balancer, scene.waves, counts=False)
    yield scene.rng.uniform(150, 210)
    scene.stage.conditions.exchange, scene.stage.conditions.latency_s = Exchange.OK, 0.0
    gauges.measure_edge(scene.stage, scene.balancer, scene.waves, counts=False)


def memory(scene: Scene) -> Generator[float, None, None]:
    """A hyperopt run fills the strategy service's memory, and lets go of it: ECS Memory High."""
    service = "strategy-service"
    for percent in (83.5, 86.0, 88.4, 90.1, 89.2, 87.7):
        scene.stage.conditions.memory[service] = percent + scene.rng.uniform(-0.8, 0.8)
        scene.stage.conditions.cpu[service] = scene.rng.uniform(70, 88)
        _note(
            scene.stage,
            service,
            "strategy_service.HyperoptRunner",
            "WARNING",
            f"worker pool holds {percent * 10.24:.0f} MiB of 1024 MiB",
        )
        gauges.measure_services(scene.stage, scene.waves)
        yield 30.0
    _note(
        scene.stage,
        service,
        "strategy_service.HyperoptRunner",
        "INFO",
        "hyperopt finished, 200 epochs, worker pool released",
    )
    scene.stage.conditions.memory.pop(service, None)
    scene.stage.conditions.cpu.pop(service, None)
    yield 20.0
    gauges.measure_services(scene.stage, scene.waves)


def errors(scene: Scene) -> Generator[float, None, None]:
    """MLflow refuses the drift monitor for a while: Lambda Errors."""
    scene.stage.conditions.lambda_errors["drift-monitor"] = (
        "requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: "
        f"http://mlflow.tradai-{scene.stage.cast.env}.local:5000/mlflow/api/2.0/mlflow/experiments/search"
    )
    for _ in range(3):
        run_function(
            scene.stage,
            scene.rng,
            "drift-monitor",
            [("drift_monitor.MlflowReader", "WARNING", "search of backtest-* was refused, retrying")],
        )
        yield scene.rng.uniform(40, 55)
    scene.stage.conditions.lambda_errors.pop("drift-monitor")
    yield 40.0
    measure_drift(scene.stage, scene.rng)


def connections(scene: Scene) -> Generator[float, None, None]:
    """MLflow's pool leaks until its workers are recycled: Connection Pool Exhausted."""
    for count in (69, 72, 74, 76, 75):
        scene.stage.conditions.connections = count + scene.rng.randint(0, 2)
        _note(
            scene.stage,
            "mlflow",
            "sqlalchemy.pool.impl.QueuePool",
            "ERROR",
            "QueuePool limit of size 10 overflow 20 reached, connection timed out, timeout 30.00",
        )
        gauges.measure_database(scene.stage, scene.waves)
        yield 35.0
    _note(scene.stage, "mlflow", "mlflow.server", "WARNING", "worker (pid: 24) recycled after 1000 requests")
    scene.stage.conditions.connections = None
    gauges.measure_database(scene.stage, scene.waves)
    yield 20.0


def timeouts(scene: Scene) -> Generator[float, None, None]:
    """Service discovery still holds addresses of ended tasks; the health check waits for them: Lambda Timeouts."""
    for _ in range(2):
        scene.stage.conditions.lambda_ms["health-check"] = scene.rng.uniform(55_000, 58_500)
        said = [
            (
                "health_check.Checker",
                "WARNING",
                f"10.0.11.{scene.rng.randint(20, 90)} does not answer, entry of a terminated instance?",
            )
        ] * 3
        run_function(scene.stage, scene.rng, "health-check", said)
        yield 75.0
    scene.stage.conditions.lambda_ms.pop("health-check")
    yield 45.0


def heartbeat(scene: Scene) -> Generator[float, None, None]:
    """A dry-run session hangs after a refused request, and comes back by itself: Stale Heartbeat."""
    strategy = scene.stage.cast.strategies[2]
    stream = stream_of(scene.stage.cast, scene.stage.facts, strategy.service)
    if stream is not None:
        at = scene.stage.time.time()
        text = (
            f"{strategy.name}: DDosProtection: binance 429 Too Many Requests, waiting for the websocket lock"
        )
        scene.stage.say(stream, freqtrade_line(at, "freqtrade.exchange.common", "WARNING", text), at)
    scene.stage.conditions.silent_sessions.add(strategy.name)
    yield scene.rng.uniform(270, 330)
    scene.stage.conditions.silent_sessions.discard(strategy.name)
    yield 60.0


def drift(scene: Scene) -> Generator[float, None, None]:
    """A model's results move away from their reference for a while: Model Drift Detected."""
    model = scene.stage.cast.strategies[1].name
    scene.stage.conditions.psi[model] = scene.rng.uniform(0.13, 0.21)
    measure_drift(scene.stage, scene.rng)
    yield scene.rng.uniform(240, 300)
    scene.stage.conditions.psi.pop(model)
    measure_drift(scene.stage, scene.rng)


def unhealthy(scene: Scene) -> Generator[float, None, None]:
    """data-collection loses its store for some minutes and answers 503: Service Unhealthy."""
    service = "data-collection"
    scene.stage.conditions.unhealthy.add(service)
    for _ in range(6):
        _note(
            scene.stage,
            service,
            "data_collection.ArcticStore",
            "ERROR",
            "S3 SlowDown: please reduce your request rate",
        )
        yield 40.0
    scene.stage.conditions.unhealthy.discard(service)
    yield 130.0


def failed_job(scene: Scene) -> Generator[float, None, None]:
    """The next backtest needs more memory than its task has: Workflow Stuck/Failed."""
    scene.stage.conditions.failing_jobs = "memory"
    yield scene.rng.uniform(240, 360)


def _note(stage: Stage, service: str, logger: str, level: str, message: str) -> None:
    stream = stream_of(stage.cast, stage.facts, service)
    if stream is not None:
        at = stage.time.time()
        stage.say(stream, plain_line(at, logger, level, message), at)


QUICK: tuple[Incident, ...] = (latency, memory, errors, connections, timeouts)
"""Their alarms fire within seconds: their metrics are bent at once."""

SLOW: tuple[Incident, ...] = (heartbeat, drift, unhealthy, failed_job)
"""Their alarms need a check or two before they fire."""
