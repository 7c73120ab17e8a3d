"""Trading sessions: their heartbeats in `trading-state` and their chatter in the log."""

from __future__ import annotations

import random

from tradai_console.demo.cast import PRICES, StrategySpec, dice
from tradai_console.demo.story.conditions import Exchange, exchange_now
from tradai_console.demo.story.stage import Actor, Stage
from tradai_console.demo.story.voices import freqtrade_line, stream_of
from tradai_console.demo.world.state import iso

BEATING = ("running", "warmup")
STALLED_AFTER_S = 60.0
"""A session that cannot reach the exchange for so long hangs in its retries and beats no more."""


def alive(stage: Stage, strategy: StrategySpec) -> bool:
    """Whether the session's process does anything at all."""
    if strategy.name in stage.conditions.silent_sessions:
        return False
    return not stage.cast.fargate or bool(stage.facts.tasks.get(strategy.service))


def heartbeats(stage: Stage, strategy: StrategySpec) -> Actor:
    """Every 20 to 30 s one `dynamodb:UpdateItem`, for as long as the session lives and its row says it runs."""
    rng = dice(stage.cast.seed, stage.cast.env, "heartbeat", strategy.name)
    dynamodb, table = stage.aws("dynamodb"), stage.cast.platform.tables.trading_state
    while True:
        yield rng.uniform(20, 30)
        status = stage.facts.sessions.get(strategy.name, strategy.status)
        stalled = stage.facts.network_down_s > STALLED_AFTER_S
        if status not in BEATING or stalled or not alive(stage, strategy):
            continue
        stamp, least = iso(stage.now), int(strategy.name in stage.conditions.held_positions)
        try:
            dynamodb.update_item(
                TableName=table,
                Key={"strategy_id": {"S": strategy.name}},
                UpdateExpression="SET last_heartbeat = :now, open_trades = :trades",
                ConditionExpression="attribute_exists(strategy_id)",
                ExpressionAttributeValues={
                    ":now": {"S": stamp},
                    ":trades": {"N": str(max(least, rng.randint(0, 3)))},
                },
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            continue  # someone deleted the row: a session does not write itself back


def chatter(stage: Stage, strategy: StrategySpec) -> Actor:
    """What the trading container says: Freqtrade's own lines and the platform's heartbeat sender."""
    rng = dice(stage.cast.seed, stage.cast.env, "chatter", strategy.name)
    price = {pair: PRICES[pair] for pair in strategy.pairs}
    yield rng.uniform(0, 8)
    while True:
        stream = stream_of(stage.cast, stage.facts, strategy.service)
        status = stage.facts.sessions.get(strategy.name, strategy.status)
        if stream is not None and status in BEATING and alive(stage, strategy):
            at = stage.time.time()
            for offset, (logger, level, message) in enumerate(_said(stage, rng, strategy, price)):
                stage.say(
                    stream, freqtrade_line(at + offset * 0.02, logger, level, message), at + offset * 0.02
                )
        yield rng.uniform(5, 11)


def _said(
    stage: Stage, rng: random.Random, strategy: StrategySpec, price: dict[str, float]
) -> list[tuple[str, str, str]]:
    pair = rng.choice(strategy.pairs)
    price[pair] *= 1 + rng.gauss(0, 0.0006)
    exchange = exchange_now(stage.conditions, stage.facts)
    if exchange is Exchange.DOWN:
        url = "https://api.binance.com/api/v3/klines"
        failed = f"Could not fetch {pair} {strategy.timeframe}: binance GET {url}"
        again = f"Retrying still for {rng.randint(1, 3)} times."
        return [
            (
                "freqtrade.exchange.common",
                "WARNING",
                f'fetch_ohlcv() returned exception: "{failed}". {again}',
            ),
            ("tradai.heartbeat", "WARNING", f"{strategy.name}: exchange not reachable, heartbeat delayed"),
        ]
    if exchange is Exchange.LIMITED:
        return [
            (
                "freqtrade.exchange.common",
                "WARNING",
                f"DDosProtection: binance 429 Too Many Requests, {pair} is asked again later",
            )
        ]
    choice = rng.random()
    if choice < 0.35:
        return [("freqtrade.worker", "INFO", "Bot heartbeat. PID=1, version='2026.3', state='RUNNING'")]
    if choice < 0.55:
        return [
            (
                "tradai.heartbeat",
                "DEBUG",
                f"{strategy.name}: heartbeat {rng.randint(1000, 9999)} written in {rng.randint(6, 30)} ms",
            )
        ]
    if choice < 0.9:
        return [
            (
                "freqtrade.strategy",
                "INFO",
                f"{strategy.name} {pair} {strategy.timeframe}: close {price[pair]:.6g}, no signal",
            )
        ]
    side = rng.choice(("enter_long", "exit_long"))
    amount = 200 / price[pair]
    return [
        ("freqtrade.strategy", "INFO", f"{strategy.name} {pair}: {side} at {price[pair]:.6g}"),
        (
            "freqtrade.freqtradebot",
            "INFO",
            f"Order {rng.randint(10**9, 10**10)} for {pair}: limit {amount:.6f} @ {price[pair]:.6g}",
        ),
        ("freqtrade.freqtradebot", "INFO", f"Order for {pair} was filled after {rng.uniform(0.4, 6):.1f} s"),
    ]
