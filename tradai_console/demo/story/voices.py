"""How each part of the platform sounds in its log: line formats and the streams they go to."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from tradai_console.demo.cast import SERVICES, Cast, dice, draw_hex
from tradai_console.demo.story.conditions import Facts
from tradai_console.demo.story.stage import Stream

_SPECS = {spec.name: spec for spec in SERVICES}


def plain_line(at: float, logger: str, level: str, message: str) -> str:
    """The platform's own format: `[time][module.Class][LEVEL] - message`."""
    return f"[{_stamp(at)}][{logger}][{level}] - {message}"


def freqtrade_line(at: float, logger: str, level: str, message: str) -> str:
    """Freqtrade's format, as trading and backtest containers write it."""
    return f"{_stamp(at)} - {logger} - {level} - {message}"


def access_line(peer: str, request: str, status: str) -> str:
    """uvicorn's access line; it carries no time."""
    return f'INFO:     {peer} - "{request} HTTP/1.1" {status}'


def json_line(at: float, logger: str, level: str, message: str, **fields: object) -> str:
    """A structured line, as the newest parts write."""
    stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"timestamp": stamp, "level": level, "logger": logger, "message": message, **fields})


def mlflow_line(at: float, peer: str, request: str, status: int, size: int) -> str:
    """gunicorn's access line."""
    moment = datetime.fromtimestamp(at, UTC)
    return f'{peer} - - [{moment:%d/%b/%Y:%H:%M:%S} +0000] "{request} HTTP/1.1" {status} {size}'


def _stamp(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d}"


def stream_of(cast: Cast, facts: Facts, service: str, which: int = 0) -> Stream | None:
    """Where a task of this service writes; None if the service has no task, or no log of its own."""
    ids = facts.tasks.get(service, ())
    if not ids:
        return None
    spec, groups = _SPECS[service], cast.platform.log_groups
    group = groups.services if spec.group == "services" else groups.tasks
    return group, f"{spec.stream_prefix}/{service}/{ids[which % len(ids)]}"


def task_stream(cast: Cast, task_id: str) -> Stream:
    """Where an on-demand strategy task writes."""
    return cast.platform.log_groups.tasks, f"strategy/strategy/{task_id}"


def function_stream(cast: Cast, function: str, at: float) -> Stream:
    """Where a function writes: one stream a day and container."""
    day = f"{datetime.fromtimestamp(at, UTC):%Y/%m/%d}"
    container = draw_hex(dice(cast.seed, "container", function, day), 32)
    return cast.platform.lambda_group(function), f"{day}/[$LATEST]{container}"
