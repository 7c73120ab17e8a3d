"""`status`: one reading of everything, on standard output."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from typing import Any, Final

from tradai_console.alerts.for_status import alerts_of
from tradai_console.aws.door import Door
from tradai_console.clock import SystemClock
from tradai_console.engine import Watch
from tradai_console.models.alert import Alert
from tradai_console.models.board import SOURCES, Board
from tradai_console.models.snapshot import State
from tradai_console.platform import load_platform
from tradai_console.runbook.library import load_library
from tradai_console.settings import Settings
from tradai_console.status import UNREAD, document, exit_code

DEADLINE_S: Final = 15.0
"""`status` answers within 20 s whatever AWS does; what has not been read by now is reported as unreachable."""

CALL_S: Final = 8.0
"""One call's deadline: shorter than the console's own, which can wait for another reading."""

WATCH_S: Final = 30.0
"""Between two readings of `status --watch`."""


def print_status(settings: Settings, *, as_json: bool) -> int:
    """Read everything once and print it. Returns the exit code."""
    return asyncio.run(_read(settings, as_json=as_json))


def watch_status(settings: Settings, *, as_json: bool, pause_s: float = WATCH_S) -> int:
    """Read and print again and again, until ctrl+c. Returns the last reading's exit code."""
    return asyncio.run(_read(settings, as_json=as_json, pause_s=pause_s))


async def _read(settings: Settings, *, as_json: bool, pause_s: float | None = None) -> int:
    platform = load_platform(settings.env, settings.platform)
    library = load_library(settings.runbooks)
    code = UNREAD
    async with Door(settings, deadline_s=CALL_S) as door:
        watch = Watch(door, platform, settings, SystemClock())
        try:
            while True:
                board = await _one_reading(watch)
                alerts = alerts_of(board, platform, settings.env, library=library)
                code = _print(board, alerts, settings.env, door.region, as_json=as_json)
                if pause_s is None:
                    return code
                await asyncio.sleep(pause_s)
        except asyncio.CancelledError:
            if pause_s is None:
                raise
            return code  # ctrl+c is how a watch ends


async def _one_reading(watch: Watch) -> Board:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DEADLINE_S):
            await watch.read_once()
    return watch.board


def _print(board: Board, alerts: Sequence[Alert], env: str, region: str, *, as_json: bool) -> int:
    clock = SystemClock()
    shown = document(board, alerts, env, region, clock.now(), clock.monotonic())
    print(json.dumps(shown) if as_json else "\n".join([*as_text(shown), ""]), flush=True)  # noqa: T201
    return exit_code(board, alerts, clock.monotonic())


def as_text(shown: dict[str, Any]) -> list[str]:
    """The document as lines for a person: a line a source, under it what needs somebody."""
    lines = [
        f"{shown['environment']}  {shown['region']}  {shown['account'] or 'account ?'}  {shown['taken_at']}",
        "",
    ]
    for name in SOURCES:
        source = shown["sources"][name]
        read = source["age_s"] is not None
        summary = _summary(name, source["items"]) if read else "not read"
        lines.append(f"{name:<10} {source['state']:<12} {summary}")
        if source["error"]:
            lines.append(f"{'':<10} {source['error']}")
    lines.append("")
    if not shown["alerts"]:
        known = State(shown["sources"]["alarms"]["state"]).trusted
        lines.append("nothing is firing" if known else "whether anything is firing is not known")
    for alert in shown["alerts"]:
        lines += _one_alert(alert)
    return lines


def _one_alert(alert: dict[str, Any]) -> list[str]:
    said = (alert["alert"], *alert["variables"].values(), f"since {alert['since'] or '?'}")
    head = f"{alert['severity']:<9} {alert['state']:<13} {'  '.join(said)}"
    place = alert["runbook"] + (f"#{alert['section']}" if alert["section"] else "")
    return [head, *(f"{'':<9} {line}" for line in (alert["reason"], f"runbook: {place}") if line)]


def _summary(name: str, items: list[dict[str, Any]]) -> str:
    match name:
        case "alarms":
            return f"{sum(item['state'] == 'ALARM' for item in items)} in alarm of {len(items)}"
        case "services":
            return ", ".join(_one_service(item) for item in items) or "none"
        case "databases":
            return (
                ", ".join(
                    f"{i['id']} {i['status']} {_or(i['connections'])}/{_or(i['max_connections'])}"
                    for i in items
                )
                or "none"
            )
        case "nat":
            return ", ".join(f"{item['verdict']}: {item['why']}" for item in items) or "none"
        case "workflows":
            failed = sum(
                item["status"] in ("FAILED", "TIMED_OUT", "ABORTED") or item["caught"] for item in items
            )
            return f"{failed} failed, {sum(item['status'] == 'RUNNING' for item in items)} running of {len(items)}"
        case _:
            stale = [item["strategy_id"] for item in items if item["stale"]]
            return f"{len(items)} sessions" + (f", stale: {', '.join(stale)}" if stale else "")


def _one_service(item: dict[str, Any]) -> str:
    if item["host"]:
        return f"host {item['host']['instance_id']} {item['host']['state']}"
    return f"{item['service']} {_or(item['running'])}/{_or(item['desired'])}"


def _or(value: object) -> str:
    return "?" if value is None else str(value)
