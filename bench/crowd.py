"""A big account as a child: `python -m bench.crowd ALARMS`. See `places.crowd`."""

from __future__ import annotations

import json
import sys
from typing import Final

from tradai_console.demo.crowd import fill
from tradai_console.demo.server import serve_in_thread

SERVICES: Final = 40
TASKS: Final = 200
DATABASES: Final = 20
EXECUTIONS: Final = 1_000


def main() -> None:
    """Serve until standard input ends."""
    url, stop = serve_in_thread(ticking=True)
    fill(
        url,
        alarms=int(sys.argv[1]),
        services=SERVICES,
        tasks=TASKS,
        databases=DATABASES,
        executions=EXECUTIONS,
    )
    print(json.dumps({"url": url}), flush=True)
    sys.stdin.read()
    stop()


if __name__ == "__main__":
    main()
