"""Requests from outside: each carries an X-Correlation-ID from service to service."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tradai_console.demo.cast import dice, draw_uuid
from tradai_console.demo.story.conditions import Exchange, exchange_now
from tradai_console.demo.story.stage import Actor, Stage
from tradai_console.demo.story.voices import access_line, json_line, mlflow_line, plain_line, stream_of


@dataclass
class Request:
    """One request on its way; `at` moves on with each line it leaves behind."""

    stage: Stage
    rng: random.Random
    correlation_id: str
    at: float
    began: float

    def line(
        self, service: str, logger: str, message: str, level: str = "INFO", after: float = 0.012
    ) -> None:
        """One line in the service's own format, with the id."""
        self.at += after * self.rng.uniform(0.6, 1.6)
        self.raw(
            service, plain_line(self.at, logger, level, f"{message} correlation_id={self.correlation_id}")
        )

    def raw(self, service: str, text: str) -> None:
        """One line as it is; silent where the service has no running task."""
        which = int(self.correlation_id[0], 16)
        stream = stream_of(self.stage.cast, self.stage.facts, service, which)
        if stream is not None:
            self.stage.say(stream, text, self.at)

    @property
    def took_ms(self) -> int:
        """Since the backend received it."""
        return max(1, int((self.at - self.began) * 1000))


Served = tuple[str, list[Callable[[Request], None]]]
"""Method and path of a request, and the calls that answering it takes."""

Kind = Callable[[Stage, random.Random], Served]


def requests(stage: Stage, *, mean_s: float = 1.1) -> Actor:
    """People and schedules using the API, one request about every `mean_s` seconds."""
    rng = dice(stage.cast.seed, stage.cast.env, "traffic")
    kinds = (_list_backtests, _list_backtests, _strategy, _strategy, _preview, _preview, _versions, _ensure)
    while True:
        now = stage.time.time()
        request = Request(stage, rng, draw_uuid(rng), now, now)
        _serve(request, rng.choice(kinds))
        yield rng.expovariate(1 / mean_s)


def _serve(request: Request, kind: Kind) -> None:
    stage, rng = request.stage, request.rng
    path, calls = kind(stage, rng)
    request.line("backend-api", "backend.CorrelationMiddleware", f"{path} received", after=0.002)
    status = "200 OK"
    for call in calls:
        call(request)
    request.at += stage.conditions.latency_s * rng.uniform(0.8, 1.3)
    if rng.random() < stage.conditions.api_errors:
        status = "500 Internal Server Error"
        request.line(
            "backend-api", "backend.ErrorHandler", f"{path} failed: upstream did not answer in time", "ERROR"
        )
    elif request.took_ms > 2000:
        request.line(
            "backend-api",
            "backend.CorrelationMiddleware",
            f"{path} was slow: {request.took_ms} ms",
            "WARNING",
        )
    request.line(
        "backend-api",
        "backend.CorrelationMiddleware",
        f"{path} answered {status[:3]} in {request.took_ms} ms",
    )
    peer = f"10.0.{rng.choice((1, 2))}.{rng.randint(20, 90)}:{rng.randint(30000, 60999)}"
    request.raw("backend-api", access_line(peer, path, status))


def _list_backtests(_: Stage, rng: random.Random) -> Served:
    def read(request: Request) -> None:
        request.line(
            "backend-api",
            "backend.JobRepository",
            f"{rng.randint(3, 20)} jobs read from workflow-state",
            "DEBUG",
        )

    return f"GET /api/v1/backtests?limit={rng.choice((10, 20, 50))}", [read]


def _strategy(stage: Stage, rng: random.Random) -> Served:
    name = rng.choice(stage.cast.strategies).name

    def ask(request: Request) -> None:
        _to_strategy_service(request, f"/api/v1/strategies/{name}")
        request.line(
            "strategy-service", "strategy_service.ConfigRepository", f"active config of {name} is v3"
        )
        _access(request, "strategy-service", f"GET /api/v1/strategies/{name}")

    return f"GET /api/v1/strategies/{name}", [ask]


def _preview(stage: Stage, rng: random.Random) -> Served:
    """The one that crosses all three: backend, strategy service, data collection."""
    strategy = rng.choice(stage.cast.strategies)
    pair = rng.choice(strategy.pairs)

    def ask(request: Request) -> None:
        _to_strategy_service(request, f"/api/v1/strategies/{strategy.name}/signals/preview")
        request.line(
            "strategy-service",
            "strategy_service.SignalPreview",
            f"preview of {strategy.name} needs {pair} {strategy.timeframe}",
        )
        _candles(request, pair, strategy.timeframe)
        signal = rng.choice(("hold", "hold", "enter_long", "exit_long"))
        request.line(
            "strategy-service",
            "strategy_service.SignalPreview",
            f"{strategy.name} {pair}: {signal}",
            after=0.08,
        )
        _access(request, "strategy-service", f"POST /api/v1/strategies/{strategy.name}/signals/preview")

    return f"POST /api/v1/strategies/{strategy.name}/signals/preview", [ask]


def _versions(stage: Stage, rng: random.Random) -> Served:
    name = rng.choice(stage.cast.strategies).name

    def ask(request: Request) -> None:
        _to_strategy_service(request, f"/api/v1/models/{name}/versions")
        request.at += 0.06
        search = "POST /mlflow/api/2.0/mlflow/registered-models/search"
        down = stage.conditions.database_down
        request.raw(
            "mlflow",
            mlflow_line(request.at, "10.0.11.34", search, 500 if down else 200, rng.randint(600, 2400)),
        )
        said, level = (
            ("registry did not answer: 500", "ERROR")
            if down
            else (f"{rng.randint(4, 19)} versions of {name}", "INFO")
        )
        request.line("strategy-service", "strategy_service.ModelRegistry", said, level)
        _access(request, "strategy-service", f"GET /api/v1/models/{name}/versions")

    return f"GET /api/v1/models/{name}/versions", [ask]


def _ensure(stage: Stage, rng: random.Random) -> Served:
    strategy = rng.choice(stage.cast.strategies)
    pair = rng.choice(strategy.pairs)
    return "POST /api/v1/data/ensure", [lambda request: _candles(request, pair, strategy.timeframe)]


def _to_strategy_service(request: Request, path: str) -> None:
    env = request.stage.cast.env
    request.line(
        "backend-api",
        "backend.StrategyServiceClient",
        f"GET http://strategy-service.tradai-{env}.local:8003{path}",
    )


def _access(request: Request, service: str, what: str) -> None:
    peer = f"10.0.{request.rng.choice((11, 12))}.{request.rng.randint(10, 60)}:{request.rng.randint(30000, 60999)}"
    request.raw(service, access_line(peer, what, "200 OK"))


def _candles(request: Request, pair: str, timeframe: str) -> None:
    """data-collection asks the exchange; how that goes depends on the exchange."""
    rng, exchange = request.rng, exchange_now(request.stage.conditions, request.stage.facts)
    logger = "data_collection.CcxtFetcher"
    if exchange is Exchange.OK:
        request.line(
            "data-collection",
            logger,
            f"{pair} {timeframe}: {rng.choice((96, 288, 500))} candles in {rng.randint(140, 520)} ms",
            after=0.3,
        )
    elif exchange is Exchange.LIMITED:
        request.line(
            "data-collection",
            logger,
            f"{pair}: binance answered 429 Too Many Requests, waiting 2 s",
            "WARNING",
            0.2,
        )
    else:
        wait = 2.4 if exchange is Exchange.SLOW else 10.0
        url = "https://api.binance.com/api/v3/klines"
        text = f"{pair}: ccxt.base.errors.RequestTimeout: binance GET {url} timed out ({wait:.1f} s)"
        request.line(
            "data-collection", logger, text, "WARNING" if exchange is Exchange.SLOW else "ERROR", after=wait
        )
    if rng.random() < 0.15:
        # Only a few of its lines are structured; a reader has to cope with both.
        request.raw(
            "data-collection",
            json_line(
                request.at, "data_collection.ArcticStore", "INFO", "symbol written",
                symbol=pair, timeframe=timeframe, rows=rng.randint(1, 288), correlation_id=request.correlation_id,
            ),
        )  # fmt: skip


def health_checks(stage: Stage) -> Actor:
    """The load balancer's and the container's own visits: the steady pulse of each service's log."""
    rng = dice(stage.cast.seed, stage.cast.env, "health checks")
    paths = {
        "backend-api": "/api/v1/health",
        "strategy-service": "/api/v1/health",
        "data-collection": "/api/v1/health",
    }
    while True:
        for service, path in paths.items():
            ids = stage.facts.tasks.get(service, ())
            for which in range(len(ids)):
                stream = stream_of(stage.cast, stage.facts, service, which)
                status = "503 Service Unavailable" if service in stage.conditions.unhealthy else "200 OK"
                if stream is not None:
                    at = stage.time.time() + rng.uniform(0, 2)
                    stage.say(
                        stream,
                        access_line(
                            f"10.0.{1 + which}.{rng.randint(20, 90)}:{rng.randint(30000, 60999)}",
                            f"GET {path}",
                            status,
                        ),
                        at,
                    )
        stream = stream_of(stage.cast, stage.facts, "mlflow")
        if stream is not None:
            at = stage.time.time()
            stage.say(
                stream,
                mlflow_line(
                    at, "10.0.1.44", "GET /mlflow/", 500 if stage.conditions.database_down else 200, 1034
                ),
                at,
            )
        yield 15.0


def grumbles(stage: Stage) -> Actor:
    """What goes a little wrong on a good day, now and then: a retried call, a slow query, a traceback that hurts nobody."""
    rng = dice(stage.cast.seed, stage.cast.env, "grumbles")
    while True:
        yield rng.uniform(60, 170)
        now = stage.time.time()
        request = Request(stage, rng, draw_uuid(rng), now, now)
        kind = rng.randrange(4)
        if kind == 0:
            request.line(
                "data-collection",
                "data_collection.CcxtFetcher",
                "RequestTimeout from binance, attempt 1 of 3, retrying in 1 s",
                "WARNING",
            )
            request.line(
                "data-collection", "data_collection.CcxtFetcher", "attempt 2 of 3 succeeded", after=1.2
            )
        elif kind == 1:
            request.line(
                "strategy-service",
                "strategy_service.HyperoptRunner",
                f"epoch {rng.randint(20, 180)}/200 discarded: no trades",
            )
        elif kind == 2:
            stream = stream_of(stage.cast, stage.facts, "mlflow")
            if stream is not None:
                stage.say(
                    stream,
                    f"{stage.now:%Y/%m/%d %H:%M:%S} WARNING mlflow.store.db.utils: query took {rng.uniform(1.1, 2.8):.2f} s",
                    now,
                )
        else:
            _traceback(request)


def _traceback(request: Request) -> None:
    """A refused request: each line of the traceback is an event of its own, as awslogs sends them."""
    strategy = request.rng.choice(request.stage.cast.strategies).name
    request.line("backend-api", "backend.BacktestService", f"request for {strategy} refused", "ERROR")
    for text in (
        "Traceback (most recent call last):",
        '  File "/app/backend/services/backtest.py", line 87, in submit',
        "    timerange = Timerange.parse(payload.timerange)",
        '  File "/app/tradai/common/timerange.py", line 34, in parse',
        '    raise ValidationError(f"timerange ends before it starts: {text}")',
        "tradai.common.exceptions.ValidationError: timerange ends before it starts: 20260401-20260101",
    ):
        request.at += 0.0005
        request.raw("backend-api", text)
    request.raw(
        "backend-api", access_line("10.0.1.61:40122", "POST /api/v1/backtests", "422 Unprocessable Entity")
    )
