"""What AWS does and moto alone does not: one module a service, installed once in the server's process.

`install` puts every behaviour before moto (idempotent), `reset` empties them all; `POST /moto-api/reset`
does so too. `clock()` is the time they live in.
"""

from __future__ import annotations

import importlib
from typing import Any

from moto.moto_api._internal.models import MotoAPIBackend

from tradai_console.demo.behaviour import dispatch, ids
from tradai_console.demo.behaviour.clock import Clock

_MODULES = (
    "ecs",
    "cloudwatch",
    "stepfunctions",
    "ec2",
    "autoscaling",
    "logs",
    "insights",
    "rds",
    "functions",
    "targets",
    "messages",
    "keys",
)
_moto_reset = MotoAPIBackend.reset
_clock: Clock | None = None


def install(clock: Clock | None = None) -> Clock:
    """Put every behaviour before moto and begin at nothing, in the time of this clock.

    Called again with another clock it only begins anew in that one.
    """
    global _clock
    _clock = clock or _clock or Clock()
    dispatch.install()
    ids.install()
    setattr(MotoAPIBackend, "reset", _reset_with_moto)  # noqa: B010 - mypy holds methods to be constant
    reset()
    return _clock


def clock() -> Clock:
    """The clock that the behaviours live in."""
    if _clock is None:
        raise RuntimeError("install() comes first")
    return _clock


def reset() -> None:
    """Forget every task, alarm state, execution, lever and event to come."""
    clock().clear()
    for name in _MODULES:
        importlib.import_module(f"{__name__}.{name}").reset(clock())


def _reset_with_moto(self: Any) -> None:
    _moto_reset(self)
    if _clock is not None:
        reset()
