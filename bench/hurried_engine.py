"""The engine's process at the pace of a benchmark: `python -m bench.hurried_engine [--sweeping] FD`."""

from __future__ import annotations

import sys

from bench.pace import lift_quotas, sweep_always
from tradai_console import engine_process


def main() -> int:
    """Serve as the engine does, without its manners."""
    *options, fd = sys.argv[1:]
    lift_quotas()
    if "--sweeping" in options:
        sweep_always()
    return engine_process.main(int(fd))


if __name__ == "__main__":
    sys.exit(main())
