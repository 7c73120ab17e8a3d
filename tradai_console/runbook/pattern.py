"""Patterns of names: literals, `{env}`, `{SERVICE}` and other variables that capture, `*` for anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tradai_console.platform import Platform
from tradai_console.runbook.variables import PATTERNS, accepts

_PART = re.compile(r"\{(\w+)\}|(\*)")

NO_SERVICE: Final = frozenset({
    "alarm", "alb", "apigateway", "asg", "aurora", "bucket", "cloudtrail", "cluster", "composite",
    "cpu", "credential", "credentials", "database", "db", "disk", "dlq", "drift", "dynamodb", "ec2",
    "ecr", "ecs", "elb", "endpoint", "endpoints", "eventbridge", "failover", "function", "gateway",
    "heartbeat", "host", "hosts", "iam", "instance", "kms", "lambda", "lambdas", "memory", "model",
    "nacl", "nat", "network", "nlb", "position", "postgres", "queue", "rds", "retraining", "route",
    "s3", "secret", "secrets", "sns", "sqs", "statemachine", "stepfunctions", "storage", "target",
    "targets", "topic", "vpc", "waf", "workflow", "workflows",
})  # fmt: skip
"""Words that an alarm's name may carry where a service's name could stand, and that are no services."""


NO_NAME: Final = frozenset({
    "age", "alert", "check", "count", "critical", "error", "errors", "high", "low", "missing", "ok", "rate",
    "recovered", "resolved", "test", "unhealthy", "warning",
})  # fmt: skip
"""Words that tell a kind of alarm, and are no strategy, model or machine."""

_ENVS = frozenset({"dev", "development", "prod", "production", "qa", "stage", "staging", "test", "uat"})


@dataclass(frozen=True)
class Fit:
    """How a text fits a pattern."""

    literals: int
    """Characters that stood in the pattern itself: more of them beat captures."""
    holes: int
    values: Mapping[str, str]

    @property
    def rank(self) -> tuple[int, int]:
        """Greater is better."""
        return self.literals, -self.holes


def fit(pattern: str, text: str, env: str | None, platform: Platform) -> Fit | None:
    """How the whole text fits the pattern, case ignored; None if it does not or a capture is implausible.

    With no `env` given, `{env}` stands for any word that is not the beginning of a service's name.
    """
    regex, literals, holes = _compiled(pattern, env)
    match = regex.fullmatch(text)
    if match is None:
        return None
    found = {name: value for name, value in match.groupdict().items() if value is not None}
    word = found.pop("env", None)
    named_lambda = "lambda" in pattern.lower()
    if not all(_plausible(name, value, platform, named_lambda) for name, value in found.items()):
        return None
    if word is not None and not _is_env(word, found, platform):
        return None
    values = {name: short(name, value, platform) for name, value in found.items()}
    if not all(accepts(name, value) for name, value in values.items()):
        return None
    return Fit(literals, holes, values)


def captures(pattern: str) -> tuple[str, ...]:
    """The names in braces, `env` included, known or not."""
    return tuple(match[1] for match in _PART.finditer(pattern) if match[1])


def short(name: str, value: str, platform: Platform) -> str:
    """The platform's short name for a captured one: `tradai-backend-prod` is `backend-api`."""
    if name == "SERVICE":
        lower = value.lower() if value.lower() in _services(platform) else value
        return platform.service_of(lower)
    if name == "MACHINE":
        return _short_machine(value.rpartition(":")[2], platform)
    if name == "FUNCTION":
        return _unwrapped(value.rpartition(":")[2], platform.functions.name)
    return value


@lru_cache(maxsize=2_048)
def _compiled(pattern: str, env: str | None) -> tuple[re.Pattern[str], int, int]:
    parts: list[str] = []
    literals = holes = at = 0
    seen: set[str] = set()

    def literal(text: str) -> None:
        nonlocal literals
        literals += len(text)
        parts.append(re.escape(text))

    for match in _PART.finditer(pattern):
        literal(pattern[at : match.start()])
        at = match.end()
        name = match[1]
        if match[2]:
            holes += 1
            parts.append(".*?")
        elif name in seen:
            parts.append(f"(?P={name})")
        elif name == "env" and env:
            literal(env)
        elif name == "env":
            seen.add(name)
            parts.append(r"(?P<env>[A-Za-z][A-Za-z0-9]{0,39}?)")
        elif name in PATTERNS:
            holes += 1
            seen.add(name)
            parts.append(f"(?P<{name}>.+?)")
        else:
            literal(match[0])
    literal(pattern[at:])
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL), literals, holes


def _plausible(name: str, value: str, platform: Platform, named_lambda: bool) -> bool:
    lower = value.lower()
    if name == "SERVICE":
        ends = re.split(r"[-_]", lower)
        odd = NO_SERVICE | _ENVS | {"", platform.env}
        return lower in _services(platform) or not {ends[0], ends[-1]} & odd
    if name == "FUNCTION":
        return named_lambda or _unwrapped(value, platform.functions.name) in platform.functions.all
    if name in ("STRATEGY_ID", "MODEL_NAME", "MACHINE"):
        return lower not in NO_NAME | NO_SERVICE - {"retraining"}
    return True


def _is_env(word: str, found: Mapping[str, str], platform: Platform) -> bool:
    """`tradai-backend-api-unhealthy` has no environment in it: `backend` is no word for one."""
    begins = {service.partition("-")[0] for service in _services(platform)} | NO_SERVICE
    service = found.get("SERVICE", "").lower()
    return word.lower() not in begins or service in _services(platform)


def _services(platform: Platform) -> frozenset[str]:
    return frozenset((*platform.services, *platform.service_aliases))


def _short_machine(name: str, platform: Platform) -> str:
    if name in platform.machines:
        return name
    return platform.machine_of(name)


def _unwrapped(value: str, template: str) -> str:
    prefix, _, suffix = template.partition("{name}")
    if value.startswith(prefix) and value.endswith(suffix) and len(value) > len(prefix) + len(suffix):
        return value[len(prefix) : len(value) - len(suffix)]
    return value
