"""The fault proxy as a child: `python -m bench.line URL`. See `places.line_to`."""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import latency, never


def main() -> None:
    """Serve, and do what is said on standard input until that ends."""
    with FaultProxy.in_thread(sys.argv[1]) as line:
        _say({"url": line.url})
        for order in sys.stdin:
            _say(_obey(line, json.loads(order)))


def _obey(line: FaultProxy, order: dict[str, Any]) -> Any:
    match order:
        case {"latency": ms}:
            line.inject(latency(float(ms)))
        case {"never": service}:
            line.inject(never(), service=str(service))
        case {"clear": True}:
            line.clear()
        case {"calls": True}:
            calls = [(call.service, call.operation) for call in line.calls]
            line.forget_calls()
            return calls
    return {}


def _say(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
