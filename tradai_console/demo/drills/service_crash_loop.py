"""Service Unhealthy: a service cannot read the exchange keys that somebody has stored, and exits at its start."""

from __future__ import annotations

import json

from tradai_console.demo.behaviour.ecs_tasks import Fate
from tradai_console.demo.drills.plot import LOOK_S, Plot, drill, one_of
from tradai_console.demo.story.stage import Actor
from tradai_console.demo.story.voices import plain_line


@drill(
    "service-crash-loop",
    alert="Service Unhealthy",
    line="a service fails its health checks; its tasks live for seconds",
    announced="tradai-{env}-{service}-unhealthy",
    cures="storing a whole pair of exchange keys; the next task that starts reads it",
    useless="a forced deployment, an earlier revision, more memory: every task reads the same secret",
    truth="{user} rotated the exchange keys by hand and stored the key without its secret. {service} reads the pair when it "
    "starts, fails with KeyError, and exits with code 1. The tasks that ran before were well until they were replaced.",
    looks=("logs.errors",),
    right=("secrets.put_exchange_keys",),
    remedy=(lambda hand, _: hand.put_keys(),),
    draws=one_of("service", "strategy-service", "data-collection"),
)
def play(plot: Plot) -> Actor:
    """Exit code 1 four seconds after each start, until the secret has both halves again."""
    service, conditions, keys = plot["service"], plot.conditions, plot.cast.platform.secrets.exchange_keys
    name = plot.cast.service_name(service)
    value = json.dumps({"api_key": f"dummy-{plot.rng.randrange(10**6)}"})
    plot.aws("secretsmanager").put_secret_value(SecretId=keys, SecretString=value)
    plot.recorded(
        plot["user"], "secretsmanager:PutSecretValue", ago_s=9 * 60, requestParameters={"secretId": keys}
    )
    plot.ecs.set_fate(name, Fate.exits(1, 4.0))
    conditions.unhealthy.add(service)
    plot.check_health()
    while not all(plot.secret(keys).get(half) for half in ("api_key", "api_secret")):
        _trace(plot, service)
        yield 2 * LOOK_S
    plot.ecs.clear_fate(name)
    while not plot.tasks(service):
        yield LOOK_S
    yield 2 * LOOK_S
    conditions.unhealthy.discard(service)


def _trace(plot: Plot, service: str) -> None:
    """What the newest task said before it went."""
    tasks = plot.ecs.tasks(plot.cast.service_name(service))
    if not tasks:
        return
    at, spec = plot.stage.time.time(), plot.spec(service)
    stream = (plot.cast.platform.log_groups.services, f"{spec.stream_prefix}/{service}/{tasks[-1].id}")
    logger = f"{service.replace('-', '_')}.Settings"
    plot.stage.say(stream, plain_line(at, logger, "ERROR", "exchange keys cannot be read"), at)
    for line in (
        "Traceback (most recent call last):",
        '  File "/app/settings.py", line 88, in load_keys',
        "KeyError: 'api_secret'",
    ):
        plot.stage.say(stream, line, at)
