"""The platform's names, read from `platform.toml` and filled for one environment."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tradai_console.checked import Checked, WrongValueError
from tradai_console.errors import SettingsError


@dataclass(frozen=True)
class HostNames(Checked):
    """The instance that runs every service in dev and staging."""

    tag_name: str
    folder: str
    log_group: str


@dataclass(frozen=True)
class NatNames(Checked):
    """By which tags the way out is found."""

    tag_name: str
    route_table_tag_name: str
    gateway_tag_name: str


@dataclass(frozen=True)
class TableNames(Checked):
    """The DynamoDB tables the console reads."""

    workflow_state: str
    trading_state: str
    drift_state: str
    retraining_state: str
    health_state: str
    rollback_state: str
    notifications: str


@dataclass(frozen=True)
class LogGroupNames(Checked):
    """The log groups; `lambda_` still has `{name}` in it: see `Platform.lambda_group`."""

    services: str
    tasks: str
    lambda_: str
    flow: str
    cloudtrail: str


@dataclass(frozen=True)
class TopicNames(Checked):
    """The SNS topics."""

    alerts: str
    registration: str


@dataclass(frozen=True)
class SecretNames(Checked):
    """The secrets; only their names and dates are ever read."""

    exchange_keys: str


@dataclass(frozen=True)
class FunctionNames(Checked):
    """The Lambda functions; `name` still has `{name}` in it: see `Platform.function`."""

    name: str
    all: tuple[str, ...]


@dataclass(frozen=True)
class Platform(Checked):
    """Every name of the platform in one environment."""

    env: str
    cluster: str
    service_name: str
    database: str
    dashboard: str
    services: tuple[str, ...]
    service_aliases: Mapping[str, str]
    on_demand: Mapping[str, str]
    """What runs without a service, and the family of its task definition: the next task takes the newest revision."""
    host: HostNames
    nat: NatNames
    tables: TableNames
    machines: Mapping[str, str]
    machine_timeouts_s: Mapping[str, float]
    log_groups: LogGroupNames
    topics: TopicNames
    secrets: SecretNames
    functions: FunctionNames
    max_connections: Mapping[str, int]

    def service_of(self, name: str) -> str:
        """The short name of an ECS service: `tradai-backend-api-prod` is `backend-api`; a foreign name is itself."""
        short = _unwrap(name, self.service_name, "{service}")
        return self.service_aliases.get(short, short)

    def machine_of(self, name: str) -> str:
        """The short name of a state machine; a foreign name is itself."""
        return next((short for short, full in self.machines.items() if full == name), name)

    def function(self, name: str) -> str:
        """The Lambda function's full name."""
        return self.functions.name.replace("{name}", name)

    def lambda_group(self, name: str) -> str:
        """The log group of the Lambda with this short name."""
        return self.log_groups.lambda_.replace("{name}", name)


def load_platform(env: str, overrides: Mapping[str, Any] | None = None) -> Platform:
    """The shipped names with the user's `[platform]` over them, `{env}` filled.

    Raises SettingsError naming the key that is wrong.
    """
    merged = _merge(_shipped(), overrides or {})
    if isinstance(groups := merged["log_groups"], Mapping):
        merged["log_groups"] = {"lambda_" if key == "lambda" else key: name for key, name in groups.items()}
    try:
        return Platform.of(_fill({**merged, "env": env}, env))
    except WrongValueError as error:
        key = ".".join(error.path).replace("lambda_", "lambda")
        raise SettingsError(
            f"platform.{key} = {error.value!r}: {error.why}. See platform.toml for the names."
        ) from None


@cache
def _shipped() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).with_name("platform.toml")).read_text(encoding="utf-8"))


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _fill(value: Any, env: str) -> Any:
    if isinstance(value, str):
        return value.replace("{env}", env)
    if isinstance(value, Mapping):
        return {key: _fill(inner, env) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fill(inner, env) for inner in value]
    return value


def _unwrap(name: str, template: str, hole: str) -> str:
    """What stands in the template's hole, or the whole name where it does not fit the template."""
    prefix, _, suffix = template.partition(hole)
    if name.startswith(prefix) and name.endswith(suffix) and len(name) > len(prefix) + len(suffix):
        return name[len(prefix) : len(name) - len(suffix)]
    return name
