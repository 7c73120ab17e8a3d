"""The old data sync: how each of its executions goes, pair by pair."""

from __future__ import annotations

from typing import Any

from tradai_console.demo.inside import behaviour
from tradai_console.demo.story.levers import caused
from tradai_console.demo.story.stage import Stage

PAIRS = {
    "BTC/USDT": 2.8, "ETH/USDT": 3.1, "SOL/USDT": 3.6, "ADA/USDT": 2.4,
    "DOT/USDT": 4.9, "LINK/USDT": 2.7, "XRP/USDT": 2.2, "LTC/USDT": 3.9,
}  # fmt: skip
"""Each pair, and how long its candles take, seconds: when the one that fails does so, the last one is under way."""
NEVER, ONCE = "DOT/USDT", "ETH/USDT"
"""The pair that fails for good, and the one that is fetched at the second try."""


def rehearse_sync(stage: Stage, name: str, failure: str | None, started_at: float) -> str | None:
    """Put a data sync into the past; its ARN, or None where the server cannot.

    `failure`: `data`, one pair has no candles; `busy`, the exchange lets one pair through at the second try and
    another never. None: all goes well.
    """
    server = behaviour("stepfunctions")
    if server is None:
        return None
    goes = outcomes(server.Outcome, failure)
    given = {"pairs": list(PAIRS), "timeframe": "5m"}
    machine = stage.cast.machine_arn(stage.cast.data_sync)
    return str(server.rehearse(machine, started_at, given, name=name, outcomes=goes))


def outcomes(make: Any, failure: str | None) -> dict[str, Any]:
    """The Task states of one data sync; `make` is the server's `Outcome`."""

    def fetched(given: Any) -> Any:
        pair = str(given["Payload"]["pair"])
        seconds = PAIRS.get(pair, 3.0)
        good = {"status": "ok", "candles": 1_008}
        if failure == "data" and pair == NEVER:
            told = caused("DataNotAvailableError", f"no candles for {pair} 5m before 2025-06-01")
            return make(seconds=seconds, error="DataNotAvailableError", cause=told)
        if failure == "busy" and pair in (ONCE, NEVER):
            told = caused("ExchangeRateLimited", f"the exchange answered 429 for {pair}: too many requests")
            tries = 1 if pair == ONCE else None
            return make(
                seconds=seconds, output=good, error="ExchangeRateLimited", cause=told, attempts_failing=tries
            )
        return make(seconds=seconds, output=good)

    sent = make(seconds=0.4, output={"sent": True})
    return {"FetchCandles": fetched, "NotifyCompletion": sent, "NotifyFailure": sent}
