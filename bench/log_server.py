"""A log group with lines in it as a child: `python -m bench.log_server LINES`. See `places.log_server`.

`{"write": "text"}` on standard input writes one line now; the answer says when, in seconds since 1970.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Final

from bench.log_lines import GROUP, line_of
from tradai_console.demo.behaviour import logs
from tradai_console.demo.server import serve_in_thread

STREAM: Final = "backend-api/backend/0123456789abcdef0123456789abcdef"
OVER_S: Final = 3_000.0
"""The lines are spread over so long before now."""


def main() -> None:
    """Serve until standard input ends."""
    url, stop = serve_in_thread(ticking=True)
    count = int(sys.argv[1])
    now_ms = int(time.time() * 1000)
    begin_ms = now_ms - int(OVER_S * 1000)
    lines = [
        (begin_ms + int(number * OVER_S * 1000 / max(1, count)), line_of(number)) for number in range(count)
    ]
    logs.load(GROUP, STREAM, lines or [(begin_ms, "begin")])
    print(json.dumps({"url": url}), flush=True)
    for order in sys.stdin:
        at = time.time()
        logs.write(GROUP, STREAM, [json.loads(order)["write"]])
        print(json.dumps({"at": at}), flush=True)
    stop()


if __name__ == "__main__":
    main()
