"""What an alert is about: by which variables two of one kind are told apart. The same for every witness.

kind                                            one alert for each
Service Unhealthy, ECS Memory High              SERVICE
High API Latency                                SERVICE, where the alarm watches one target group
Lambda Errors, Lambda Timeouts                  FUNCTION
Model Drift Detected, Significant Drift         MODEL_NAME
Stale Heartbeat, Position Stuck                 STRATEGY_ID
RDS Connectivity, Database Failover,
Connection Pool Exhausted                       DB_INSTANCE
Workflow Stuck/Failed                           MACHINE and EXECUTION
NAT Instance Down, Credential Exposure,
Unauthorized Access                             environment: there is one of each
Unmatched alarm                                 ALARM, or the message's subject
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from tradai_console.runbook.model import UNMATCHED

SERVICE_UNHEALTHY: Final = "Service Unhealthy"
LAMBDA_ERRORS: Final = "Lambda Errors"
MODEL_DRIFT: Final = "Model Drift Detected"
SIGNIFICANT_DRIFT: Final = "Significant Drift"
STALE_HEARTBEAT: Final = "Stale Heartbeat"
POSITION_STUCK: Final = "Position Stuck"
NAT_DOWN: Final = "NAT Instance Down"
RDS_CONNECTIVITY: Final = "RDS Connectivity"
FAILOVER: Final = "Database Failover"
POOL_EXHAUSTED: Final = "Connection Pool Exhausted"
CREDENTIAL_EXPOSURE: Final = "Credential Exposure"
UNAUTHORIZED_ACCESS: Final = "Unauthorized Access"
API_LATENCY: Final = "High API Latency"
MEMORY_HIGH: Final = "ECS Memory High"
LAMBDA_TIMEOUTS: Final = "Lambda Timeouts"
WORKFLOW: Final = "Workflow Stuck/Failed"

About: TypeAlias = tuple[tuple[str, str], ...]
"""Variables and values that tell an alert from others of its kind, sorted by name."""

IDENTITY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        SERVICE_UNHEALTHY: ("SERVICE",),
        LAMBDA_ERRORS: ("FUNCTION",),
        MODEL_DRIFT: ("MODEL_NAME",),
        SIGNIFICANT_DRIFT: ("MODEL_NAME",),
        STALE_HEARTBEAT: ("STRATEGY_ID",),
        POSITION_STUCK: ("STRATEGY_ID",),
        NAT_DOWN: (),
        RDS_CONNECTIVITY: ("DB_INSTANCE",),
        FAILOVER: ("DB_INSTANCE",),
        POOL_EXHAUSTED: ("DB_INSTANCE",),
        CREDENTIAL_EXPOSURE: (),
        UNAUTHORIZED_ACCESS: (),
        API_LATENCY: ("SERVICE",),
        MEMORY_HIGH: ("SERVICE",),
        LAMBDA_TIMEOUTS: ("FUNCTION",),
        WORKFLOW: ("EXECUTION", "MACHINE"),
        UNMATCHED: ("ALARM",),
    }
)
"""The identifying variables of every kind of the matrix. A kind of the user's own is told by all it has."""


def about(kind: str, variables: Mapping[str, str]) -> About:
    """The part of the variables that says which one of this kind it is."""
    names = IDENTITY.get(kind, tuple(variables))
    return tuple(sorted((name, _told(name, variables[name])) for name in names if name in variables))


def key_of(kind: str, which: About) -> str:
    """An alert's identity: `Service Unhealthy SERVICE=backend-api`."""
    return " ".join([kind, *(f"{name}={value}" for name, value in which)])


def whole(kind: str, which: About) -> bool:
    """Whether everything that tells one of this kind from another is known."""
    return {name for name, _ in which} >= set(IDENTITY.get(kind, ()))


def _told(name: str, value: str) -> str:
    # A message may name an execution by its ARN, by its name, or both: the name is in all of them.
    return value.rpartition(":")[2] if name == "EXECUTION" else value
