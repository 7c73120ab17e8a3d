"""The platform's names, read from `platform.toml` and filled for one environment."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from tradai_console.errors import SettingsError

_FROZEN = ConfigDict(frozen=True, extra="forbid")


class HostNames(BaseModel):
    """The instance that runs every service in dev and staging."""

    model_config = _FROZEN
    tag_name: str
    folder: str
    log_group: str


class NatNames(BaseModel):
    """By which tags the way out is found."""

    model_config = _FROZEN
    tag_name: str
    route_table_tag_name: str
    gateway_tag_name: str


class TableNames(BaseModel):
    """The DynamoDB tables the console reads."""

    model_config = _FROZEN
    workflow_state: str
    trading_state: str
    drift_state: str
    retraining_state: str
    health_state: str
    rollback_state: str
    notifications: str


class LogGroupNames(BaseModel):
    """The log groups; `lambda_` still has `{name}` in it: see `Platform.lambda_group`."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True)
    services: str
    tasks: str
    lambda_: str
    flow: str
    cloudtrail: str


class TopicNames(BaseModel):
    """The SNS topics."""

    model_config = _FROZEN
    alerts: str
    registration: str


class SecretNames(BaseModel):
    """The secrets; only their names and dates are ever read."""

    model_config = _FROZEN
    exchange_keys: str


class FunctionNames(BaseModel):
    """The Lambda functions; `name` still has `{name}` in it: see `Platform.function`."""

    model_config = _FROZEN
    name: str
    all: tuple[str, ...]


class Platform(BaseModel):
    """Every name of the platform in one environment."""

    model_config = _FROZEN
    env: str
    cluster: str
    service_name: str
    database: str
    dashboard: str
    services: tuple[str, ...]
    service_aliases: Mapping[str, str]
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
        return Platform.model_validate(_fill({**merged, "env": env}, env))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]).replace("lambda_", "lambda")
        raise SettingsError(
            f"platform.{key} = {first['input']!r}: {first['msg']}. See platform.toml for the names."
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
