"""Credential Exposure: the exchange keys are in the wrong hands."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.story.stage import Actor
from tradai_console.demo.story.voices import freqtrade_line, stream_of


@drill(
    "credential-leak-exchange",
    alert="Credential Exposure",
    line="the exchange reports orders that none of our sessions placed",
    announced="Credential exposure: exchange keys",
    cures="a new pair in the secret, then new tasks for {services}: they read it when they start",
    useless="the new pair alone: what runs goes on with the old one; deploying strategy-service alone; turning an AWS key off",
    truth="{user} shared a screen with the exchange keys on it. Somebody trades with them in small orders. "
    "Stored anew and read by the tasks, the old pair could be revoked at the exchange.",
    looks=("secrets.rotation",),
    right=(
        "secrets.put_exchange_keys",
        "ecs.force_deployment strategy-service",
        "ecs.force_deployment live-trading",
        "ecs.stop_task",
    ),
    remedy=(
        lambda hand, _: hand.put_keys(api_key="dummy-next", api_secret="dummy-next"),
        lambda hand, _: hand.redeploy("strategy-service", "live-trading"),
    ),
    draws=lambda rng, cast: {"user": rng.choice(cast.users), "services": "strategy-service and live-trading"},
)
def play(plot: Plot) -> Actor:
    """Used until the pair is another and every task that holds it has been started since."""
    name, old = (
        plot.cast.platform.secrets.exchange_keys,
        plot.secret(plot.cast.platform.secrets.exchange_keys),
    )
    plot.publish(
        "Credential exposure: exchange keys",
        f"exchange keys exposed: orders that no session placed since {plot.stage.now:%H:%M} UTC, secret {name}",
    )
    while (new := plot.secret(name)) == old or not all(new.get(half) for half in ("api_key", "api_secret")):
        _strange_order(plot)
        yield 2 * LOOK_S
    tasks = {service: plot.tasks(service) for service in ("strategy-service", "live-trading")}
    while not all(plot.renewed(service, ids) for service, ids in tasks.items()):
        if plot.rng.random() < 0.3:
            _strange_order(plot)
        yield LOOK_S
    plot.publish(
        "RESOLVED: Credential exposure: exchange keys",
        "every session uses the new pair, the old one is revoked",
    )


def _strange_order(plot: Plot) -> None:
    at, stream = plot.stage.time.time(), stream_of(plot.cast, plot.stage.facts, "live-trading")
    if stream is not None:
        said = f"Order {plot.rng.randint(10**9, 10**10)} at the exchange is unknown to this bot, ignored"
        plot.stage.say(stream, freqtrade_line(at, "freqtrade.freqtradebot", "WARNING", said), at)
