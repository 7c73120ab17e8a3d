"""`python -m bench [NAME ...] [--docs]`: measure, print the table, keep the numbers under `bench/results/`."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bench import first_paint, flood, history, incident, live, memory, reading, ring, stall, workflow
from bench.document import written
from bench.figures import Measured, Row, as_json, table
from bench.places import ROOT, BenchError, forget_own_settings

MEASUREMENTS: Final = {
    "first_paint": first_paint.measure,
    "live": live.measure,
    "reading": reading.measure,
    "stall": stall.measure,
    "memory": memory.measure,
    "workflow": workflow.measure,
    "history": history.measure,
    "ring": ring.measure,
    "flood": flood.measure,
    "incident": incident.measure,
}
RESULTS: Final = ROOT / "bench" / "results"
DOCUMENT: Final = ROOT / "docs" / "performance.md"
PACKAGES: Final = ("textual", "rich", "aiobotocore", "botocore", "boto3", "awscli", "moto")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is named, or everything. 0: every target is kept; 1: one is missed; 2: one was not measured."""
    options = _options(arguments)
    forget_own_settings()
    os.chdir(ROOT)
    found: dict[str, Measured] = {}
    failed = False
    for name in options.names or MEASUREMENTS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        began = time.monotonic()
        try:
            found[name] = MEASUREMENTS[name]()
        except (BenchError, AssertionError, OSError) as error:
            failed = True
            print(f"{name} could not be measured: {error}", file=sys.stderr)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    if not found:
        return 2
    rows = [row for one in found.values() for row in one.rows]
    print(table(rows))
    for note in [note for one in found.values() for note in one.notes]:
        print(f"  {note}")
    print(f"\n{_keep(found)}")
    if options.docs:
        DOCUMENT.write_text(written(found, _about()), encoding="utf-8")
        print(DOCUMENT.relative_to(ROOT))
    return 2 if failed else _code(rows)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="How fast the console is, as ratios."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(MEASUREMENTS)}; none: all")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/performance.md too")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in MEASUREMENTS]
    if unknown:
        parser.error(f"no measurement is called {unknown[0]}; known: {', '.join(MEASUREMENTS)}")
    return options


def _code(rows: Sequence[Row]) -> int:
    return 0 if all(row.passes for row in rows) else 1


def _keep(found: dict[str, Measured]) -> str:
    RESULTS.mkdir(parents=True, exist_ok=True)
    about = _about()
    stamp = str(about["date"]).replace(":", "").replace("-", "")
    file = RESULTS / f"{stamp}.json"
    file.write_text(as_json(found, about) + "\n", encoding="utf-8")
    return str(file.relative_to(ROOT))


def _about() -> dict[str, Any]:
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "machine": {"system": platform.system(), "cpus": os.cpu_count(), "load": list(os.getloadavg())},
    }


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
