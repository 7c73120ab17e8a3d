"""The calls that one reading of everything makes, with their parameters: what its peers have to make too.

As a child (`python -m bench.recorded ENV`) it reads once and prints the calls as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bench.places import PYTHON, BenchError, run_child
from tradai_console.aws.door import Door
from tradai_console.clock import SystemClock
from tradai_console.engine import Watch
from tradai_console.platform import load_platform
from tradai_console.settings import load_settings

READ: Final = (
    "autoscaling", "cloudwatch", "dynamodb", "ec2", "ecs", "rds", "stepfunctions", "sts",
)  # fmt: skip
"""The services that a reading asks."""

SIGNED_AS: Final = {"cloudwatch": "monitoring", "stepfunctions": "states"}


@dataclass(frozen=True)
class Call:
    """One call as a client makes it."""

    service: str
    """As botocore names it."""
    operation: str
    params: Mapping[str, Any]

    @property
    def signed(self) -> tuple[str, str]:
        """The service as the signature spells it, and the operation: how the line knows a call."""
        return SIGNED_AS.get(self.service, self.service), self.operation


class Recorder:
    """Notes what the clients of a door are asked for, before it is sent."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def listen(self, door: Door) -> None:
        """Note every call of the door's clients from now on."""
        for service in READ:
            client: Any = await door.client(service)
            client.meta.events.register("before-parameter-build", self._note)

    def _note(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        self.calls.append(Call(str(model.service_model.service_name), str(model.name), dict(params)))


def to_json(calls: Iterable[Call]) -> str:
    """The calls as text; moments as ISO 8601, which every client reads again."""
    rows = [[call.service, call.operation, call.params] for call in calls]
    return json.dumps(
        rows, default=lambda value: value.isoformat() if isinstance(value, datetime) else str(value)
    )


def from_json(text: str) -> list[Call]:
    """The calls of `to_json`."""
    return [Call(service, operation, params) for service, operation, params in json.loads(text)]


def sent_by_console(calls: Sequence[Call], seen: Iterable[tuple[str, str]]) -> list[Call]:
    """Of the recorded calls those that the console was seen to send, as often as it did: never one more."""
    left = Counter(seen)
    kept = []
    for call in calls:
        if left[call.signed] > 0:
            left[call.signed] -= 1
            kept.append(call)
    return kept


def record(env: Mapping[str, str], name: str) -> list[Call]:
    """One reading by a child, recorded. Raises BenchError."""
    calls = from_json(run_child([PYTHON, "-m", "bench.recorded", name], env, 60))
    if not calls:
        raise BenchError("the reading made no call")
    return calls


async def _read_once(name: str) -> list[Call]:
    settings = load_settings({"env": name})
    recorder = Recorder()
    async with Door(settings) as door:
        await recorder.listen(door)
        watch = Watch(door, load_platform(settings.env, settings.platform), settings, SystemClock())
        await watch.read_once()
    return recorder.calls


if __name__ == "__main__":
    print(to_json(asyncio.run(_read_once(sys.argv[1]))))
