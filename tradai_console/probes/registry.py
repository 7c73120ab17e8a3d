"""Every probe by its name, as the families register them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from tradai_console.models.evidence import Evidence
from tradai_console.probes.context import Given, ProbeContext

Probe = Callable[[ProbeContext, Given], Awaitable[Evidence]]
"""Reads and judges. Raises AwsError where its own question got no good answer."""

REGISTRY: Final[dict[str, Probe]] = {}


def probe(name: str) -> Callable[[Probe], Probe]:
    """Register the decorated function under this name of the catalogue."""

    def register(function: Probe) -> Probe:
        REGISTRY[name] = function
        return function

    return register
