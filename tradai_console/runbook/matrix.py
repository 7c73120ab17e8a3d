"""The response matrix: the sixteen alerts that an on-call engineer must find a runbook for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MATRIX: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Service Unhealthy": "service-recovery",
        "Lambda Errors": "service-recovery",
        "Model Drift Detected": "model-drift-response",
        "Significant Drift": "model-drift-response",
        "Stale Heartbeat": "trading-issues",
        "Position Stuck": "trading-issues",
        "NAT Instance Down": "infrastructure-issues",
        "RDS Connectivity": "infrastructure-issues",
        "Database Failover": "database-operations",
        "Connection Pool Exhausted": "database-operations",
        "Credential Exposure": "security-incidents",
        "Unauthorized Access": "security-incidents",
        "High API Latency": "performance-degradation",
        "ECS Memory High": "performance-degradation",
        "Lambda Timeouts": "performance-degradation",
        "Workflow Stuck/Failed": "debug-workflows",
    }
)
"""Every alert with the runbook it belongs to."""
