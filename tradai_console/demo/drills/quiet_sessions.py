"""What the drills of trading sessions share: one that beats no more, and what its row says of its position."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from tradai_console.demo.cast import Cast, StrategySpec
from tradai_console.demo.drills.plot import Plot
from tradai_console.demo.inside import behaviour
from tradai_console.demo.story.voices import freqtrade_line, stream_of
from tradai_console.demo.world.state import iso


def a_session(rng: random.Random, cast: Cast) -> dict[str, str]:
    """One of the sessions that run."""
    chosen = rng.choice([one for one in cast.strategies if one.status == "running"])
    return {"strategy": chosen.name, "service": chosen.service, "user": rng.choice(cast.users)}


def live_position(rng: random.Random, cast: Cast) -> dict[str, str]:
    """The live session with a position that it should have left."""
    strategy = cast.strategies[0]
    return {
        "strategy": strategy.name,
        "service": strategy.service,
        "pair": rng.choice(strategy.pairs),
        "size": f"{rng.uniform(0.2, 0.9):.2f}",
        "hours": str(rng.randint(2, 6)),
    }


def silence(plot: Plot) -> float:
    """The session writes nothing any more, and has not for some minutes; the stamp since when."""
    plot.conditions.silent_sessions.add(plot["strategy"])
    then = plot.stage.now - timedelta(seconds=plot.rng.uniform(140, 210))
    update(plot, "last_heartbeat = :then", {":then": {"S": iso(then)}})
    plot.stage.flush()
    if (logs := behaviour("logs")) is not None:
        cast = plot.cast
        group = cast.platform.log_groups.tasks
        logs.unwrite(group, plot["strategy"], then.timestamp(), account=cast.account, region=cast.region)
    return then.timestamp()


def update(plot: Plot, sets: str, values: dict[str, Any]) -> None:
    """`dynamodb:UpdateItem` of the session's row."""
    plot.aws("dynamodb").update_item(
        TableName=plot.cast.platform.tables.trading_state,
        Key={"strategy_id": {"S": plot["strategy"]}},
        UpdateExpression=f"SET {sets}",
        ExpressionAttributeValues=values,
    )


def strategy(plot: Plot) -> StrategySpec:
    """The session's strategy."""
    return plot.cast.strategy(plot["strategy"])


def says(plot: Plot, logger: str, level: str, message: str, at: float | None = None) -> None:
    """A line of the session, now or at this stamp."""
    at = plot.stage.time.time() if at is None else at
    stream = stream_of(plot.cast, plot.stage.facts, plot["service"])
    if stream is not None:
        plot.stage.say(stream, freqtrade_line(at, logger, level, f"{plot['strategy']}: {message}"), at)


def open_position(plot: Plot) -> None:
    """Its row says what it holds, and since when it should not."""
    plot.conditions.held_positions.add(plot["strategy"])
    due = plot.stage.now - timedelta(hours=int(plot["hours"]))
    position = {
        "pair": {"S": plot["pair"]},
        "side": {"S": "long"},
        "amount": {"S": plot["size"]},
        "exit_due": {"S": iso(due)},
    }
    update(plot, "open_position = :open, open_trades = :one", {":open": {"M": position}, ":one": {"N": "1"}})


def close_position(plot: Plot) -> None:
    """It holds nothing any more, and the watcher of positions says so."""
    plot.conditions.held_positions.discard(plot["strategy"])
    update(plot, "open_position = :none, open_trades = :zero", {":none": {"NULL": True}, ":zero": {"N": "0"}})
    plot.publish(
        f"RESOLVED: Position Stuck: {plot['strategy']}", f"{plot['pair']} of {plot['strategy']} is closed"
    )


def report_position(plot: Plot, why: str, size: str = "") -> None:
    """The watcher of positions raises its alert."""
    plot.publish(
        f"Position Stuck: {plot['strategy']}",
        f"strategy {plot['strategy']}: position long {size or plot['size']} {plot['pair']} "
        f"open {plot['hours']} h past exit, {why}",
    )
