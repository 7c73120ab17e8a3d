"""The server that runs in this process, if one does: its behaviours and its clock, without a request."""

from __future__ import annotations

import importlib
import sys
from typing import Any

_BEHAVIOUR = "tradai_console.demo.behaviour"


def behaviour(name: str | None = None) -> Any:
    """One behaviour of the server in this process, or the package; None if there is no such server."""
    package = sys.modules.get(_BEHAVIOUR)
    if package is None or getattr(package, "_clock", None) is None:
        return None
    return package if name is None else importlib.import_module(f"{_BEHAVIOUR}.{name}")


def server_clock() -> Any:
    """The clock that the server in this process lives by, or None."""
    package = behaviour()
    return package.clock() if package is not None else None
