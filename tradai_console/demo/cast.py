"""Who plays in the demo: the names, ids and numbers of one simulated platform, drawn from a seed.

The same seed gives the same cast; what only AWS can name (instance ids, task ids) is found in the `World`.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from functools import cached_property

from tradai_console.demo.clients import ACCOUNT, REGION
from tradai_console.platform import Platform, load_platform


def dice(*about: object) -> random.Random:
    """A generator of its own for each subject, so that one actor's draws do not move another's."""
    return random.Random("/".join(str(part) for part in about))


def draw_uuid(rng: random.Random) -> str:
    """A version 4 UUID from this generator."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def draw_hex(rng: random.Random, digits: int) -> str:
    """Lower-case hexadecimal digits."""
    return f"{rng.getrandbits(4 * digits):0{digits}x}"


@dataclass(frozen=True)
class ServiceSpec:
    """One service as the platform defines it (ECS task definition)."""

    name: str
    port: int | None
    cpu: int
    memory_mib: int
    health_path: str | None
    spot: bool
    group: str
    """`services` or `tasks`: in which of the two ECS log groups it writes."""
    stream_prefix: str
    target_group: str | None = None
    alb_path: str | None = None


SERVICES: tuple[ServiceSpec, ...] = (
    ServiceSpec("backend-api", 8000, 512, 1024, "/api/v1/health", True, "services", "backend-api", "backend", "/api/v1/*"),
    ServiceSpec("strategy-service", 8003, 512, 1024, "/api/v1/health", True, "services", "strategy-service"),
    ServiceSpec("data-collection", 8002, 256, 512, "/api/v1/health", True, "services", "data-collection"),
    ServiceSpec("mlflow", 5000, 512, 1024, "/mlflow/", True, "services", "mlflow", "mlflow", "/mlflow*"),
    ServiceSpec(
        "live-trading", 8004, 1024, 2048, "/api/v1/health", False, "tasks", "strategy", "live-trading", "/api/v1/live*"
    ),
    ServiceSpec(
        "dry-run-trading", 8005, 1024, 2048, "/api/v1/health", True, "tasks", "strategy", "dry-run-trading", "/api/v1/dry-run*"
    ),
)  # fmt: skip
"""The long-running services; the on-demand `strategy` container has a task definition of its own."""

CHECKED: tuple[str, ...] = ("backend-api", "strategy-service", "data-collection", "mlflow")
"""What the `health-check` function visits."""


@dataclass(frozen=True)
class FunctionSpec:
    """One Lambda function: limits, and how long it usually takes."""

    name: str
    timeout_s: int
    memory_mib: int
    usual_ms: float
    every_s: float | None
    """Seconds between two scheduled runs; None: it runs when something calls it."""


FUNCTIONS: tuple[FunctionSpec, ...] = (
    FunctionSpec("health-check", 60, 256, 1_450, 120),
    FunctionSpec("trading-heartbeat-check", 60, 256, 310, 60),
    FunctionSpec("drift-monitor", 300, 512, 8_600, 300),
    FunctionSpec("orphan-scanner", 60, 128, 2_100, 21_600),
    FunctionSpec("retraining-scheduler", 60, 256, 640, 3_600),
    FunctionSpec("check-retraining-needed", 30, 256, 420, None),
    FunctionSpec("compare-models", 120, 256, 5_300, None),
    FunctionSpec("promote-model", 60, 256, 1_900, None),
    FunctionSpec("model-rollback", 120, 256, 2_400, None),
    FunctionSpec("backtest-consumer", 30, 256, 780, None),
    FunctionSpec("sqs-consumer", 30, 256, 690, None),
    FunctionSpec("update-status", 30, 256, 95, None),
    FunctionSpec("cleanup-resources", 120, 256, 1_200, None),
    FunctionSpec("validate-strategy", 30, 256, 60, None),
    FunctionSpec("notify-completion", 30, 128, 210, None),
    FunctionSpec("data-collection-proxy", 180, 256, 3_900, None),
    FunctionSpec("update-nat-routes", 30, 128, 1_100, None),
)


@dataclass(frozen=True)
class StrategySpec:
    """One trading strategy with its session."""

    name: str
    """Also its `strategy_id` and the name of its model."""
    service: str
    status: str
    timeframe: str
    pairs: tuple[str, ...]
    stake: str
    psi: float
    """Where its drift index starts."""


_MORE_STRATEGIES = (
    "HarborTrend",
    "KestrelGrid",
    "LanternReversion",
    "TidalBreakout",
    "MeridianSwing",
    "CobaltMomentum",
)
_PAIRS = (
    "BTC/USDT",
    "ETH/USDT",
    "SOL/USDT",
    "ADA/USDT",
    "LINK/USDT",
    "AVAX/USDT",
    "XRP/USDT",
    "DOT/USDT",
    "LTC/USDT",
)

PRICES = {
    "BTC/USDT": 94_250.0, "ETH/USDT": 3_310.0, "SOL/USDT": 187.4, "ADA/USDT": 0.842, "LINK/USDT": 21.35,
    "AVAX/USDT": 35.9, "XRP/USDT": 2.31, "DOT/USDT": 6.72, "LTC/USDT": 108.6,
}  # fmt: skip
"""Where the prices of the simulated exchange start, USDT."""


@dataclass(frozen=True)
class Cast:
    """Every name of one simulated platform that does not come from AWS itself."""

    env: str
    seed: int
    strategies: tuple[StrategySpec, ...]
    users: tuple[str, ...]
    version: str
    """The release the services say they run."""
    region: str = REGION
    account: str = ACCOUNT

    @cached_property
    def platform(self) -> Platform:
        """The platform's names for this environment, as the console knows them."""
        return load_platform(self.env)

    @property
    def fargate(self) -> bool:
        """Whether the services run as ECS services; dev and staging have one host instead."""
        return self.env not in ("dev", "staging")

    def desired(self, service: str) -> int:
        """How many tasks of this service should run."""
        return 2 if service == "backend-api" and self.fargate else 1

    def service_name(self, service: str) -> str:
        """The service's name in ECS."""
        return self.platform.service_name.replace("{service}", service)

    def arn(self, service: str, rest: str) -> str:
        """An ARN of this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"

    def machine_arn(self, machine: str) -> str:
        """`machine` is `backtest`, `retraining`, or a state machine's whole name."""
        return self.arn("states", f"stateMachine:{self.platform.machines.get(machine, machine)}")

    @property
    def data_sync(self) -> str:
        """The state machine of the old data sync, which newer documents do not name."""
        return f"tradai-data-sync-workflow-{self.env}"

    @property
    def namespace(self) -> str:
        """The namespace of the platform's own metrics."""
        return f"TradAI/{self.env}"

    @property
    def alerts_arn(self) -> str:
        """The topic that critical news is published to."""
        return self.arn("sns", self.platform.topics.alerts)

    @property
    def console_queue(self) -> str:
        """The queue of the console, subscribed to the alerts topic."""
        return f"tradai-console-alerts-{self.env}"

    @property
    def backtest_queue(self) -> str:
        """The FIFO queue between the backend and `backtest-consumer`."""
        return f"tradai-backtest-queue-{self.env}.fifo"

    @property
    def backtest_dlq(self) -> str:
        """Where a backtest request goes after three failed deliveries."""
        return f"tradai-backtest-dlq-{self.env}.fifo"

    @property
    def nat_group(self) -> str:
        """The auto-scaling group of the NAT instance."""
        return f"tradai-nat-asg-{self.env}"

    @property
    def failover_rule(self) -> str:
        """The EventBridge rule that counts database failovers."""
        return f"tradai-rds-failover-{self.env}"

    def strategy(self, name: str) -> StrategySpec:
        """The strategy of this name. Raises KeyError."""
        return next((one for one in self.strategies if one.name == name), None) or _missing(name)


def _missing(name: str) -> StrategySpec:
    raise KeyError(name)


def draw_cast(env: str = "prod", seed: int = 1) -> Cast:
    """The cast of this environment and seed."""
    rng = dice(seed, env, "cast")
    third, fourth = rng.sample(_MORE_STRATEGIES, 2)
    timeframes = ("5m", "15m", "1h")

    def strategy(name: str, service: str, status: str) -> StrategySpec:
        pairs = ("BTC/USDT", *rng.sample(_PAIRS[1:], 3))
        stake = f"{rng.choice((120, 150, 200, 250))}.00"
        return StrategySpec(
            name, service, status, rng.choice(timeframes), pairs, stake, round(rng.uniform(0.03, 0.08), 4)
        )

    return Cast(
        env=env,
        seed=seed,
        strategies=(
            strategy("PascalStrategy", "live-trading", "running"),
            strategy("RadStrategy", "dry-run-trading", "running"),
            strategy(third, "dry-run-trading", "running"),
            strategy(fourth, "dry-run-trading", "paused"),
        ),
        users=tuple(rng.sample(("amara", "bjorn", "chiara", "dmitri", "elif", "farid", "greta"), 3)),
        version=f"1.{rng.randint(14, 22)}.{rng.randint(0, 6)}",
    )
