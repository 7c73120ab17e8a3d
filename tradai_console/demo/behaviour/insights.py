"""CloudWatch Logs Insights: a query over many groups that takes a moment, and says how many bytes it has read.

It understands `fields`, `filter` with `like` (a text or an expression) joined by `or` and `and`, `sort @timestamp` and
`limit`; anything else is refused as AWS refuses what it cannot parse. moto answers every query with nothing.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tradai_console.demo.behaviour import logs
from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.dispatch import Call, Refused, operation

Predicate = Callable[[str], bool]

MOST_GROUPS = 50
_LIKE = re.compile(
    r'\s*@message\s+like\s+(?:"(?P<text>(?:[^"\\]|\\.)*)"|/(?P<regex>(?:[^/\\]|\\.)*)/)\s*'
    r"(?:(?P<join>or|and)\b|$)",
    re.IGNORECASE,
)


@dataclass
class _Query:
    groups: tuple[str, ...]
    start_ms: int
    end_ms: int
    fields: tuple[str, ...]
    wanted: Predicate
    newest_first: bool
    limit: int
    asked: int = 0
    stopped: bool = False


_lock = threading.RLock()
_queries: dict[str, _Query] = {}


def reset(clock: Clock) -> None:
    """Forget every query."""
    del clock
    with _lock:
        _queries.clear()


@operation("logs", "StartQuery")
def _start_query(call: Call) -> dict[str, Any]:
    named = call.get("logGroupNames") or call.get("logGroupIdentifiers") or [call.get("logGroupName") or ""]
    if len(named) > MOST_GROUPS:
        raise Refused("InvalidParameterException", "A query may have 50 log groups at the most.")
    groups = tuple([logs.group_named(call, one) for one in named])
    if int(call.params["startTime"]) > int(call.params["endTime"]):
        raise Refused("InvalidParameterException", "End time should not be less than start time.")
    query = _parsed(str(call.params["queryString"]), groups, call)
    name = str(uuid.uuid4())
    with _lock:
        _queries[name] = query
    return {"queryId": name}


@operation("logs", "GetQueryResults")
def _get_query_results(call: Call) -> dict[str, Any]:
    with _lock:
        query = _queries.get(call.params["queryId"])
        if query is None:
            raise Refused("ResourceNotFoundException", "The specified query does not exist.")
        query.asked += 1
        if query.stopped:
            return {"status": "Cancelled", "results": []}
        if query.asked == 1:
            return {"status": "Running", "results": [], "statistics": _statistics(0, 0, 0)}
    found, scanned, size = _run(call, query)
    results = [[{"field": name, "value": one[name]} for name in query.fields if name in one] for one in found]
    return {"status": "Complete", "results": results, "statistics": _statistics(len(found), scanned, size)}


@operation("logs", "StopQuery")
def _stop_query(call: Call) -> dict[str, Any]:
    with _lock:
        query = _queries.get(call.params["queryId"])
        if query is None:
            raise Refused("ResourceNotFoundException", "The specified query does not exist.")
        query.stopped = True
    return {"success": True}


def _run(call: Call, query: _Query) -> tuple[list[dict[str, str]], int, int]:
    """The rows, how many records were read for them, and how many bytes."""
    found: list[tuple[int, dict[str, str]]] = []
    scanned = size = 0
    for group in query.groups:
        for stream, event in logs.events_of(call.account, call.region, group):
            at = int(event.timestamp)
            if not query.start_ms <= at <= query.end_ms:
                continue
            scanned += 1
            size += len(event.message)
            if query.wanted(event.message):
                told = {
                    "@timestamp": _shown(at),
                    "@ingestionTime": str(event.ingestion_time),
                    "@message": event.message,
                    "@logStream": stream,
                    "@log": f"{call.account}:{group}",
                    "@ptr": f"{group}/{stream}/{at}",
                }
                found.append((at, told))
    found.sort(key=lambda pair: pair[0], reverse=query.newest_first)
    return [told for _, told in found[: query.limit]], scanned, size


def _shown(ms: int) -> str:
    """A time as Insights shows it."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.") + f"{ms % 1000:03d}"


def _statistics(matched: int, scanned: int, size: int) -> dict[str, float]:
    return {"recordsMatched": float(matched), "recordsScanned": float(scanned), "bytesScanned": float(size)}


def _parsed(text: str, groups: tuple[str, ...], call: Call) -> _Query:
    query = _Query(
        groups,
        int(call.params["startTime"]) * 1000,
        int(call.params["endTime"]) * 1000,
        ("@timestamp", "@message", "@ptr"),
        lambda _message: True,
        newest_first=True,
        limit=int(call.get("limit", 1_000)),
    )
    for command in _commands(text):
        verb, _, rest = command.partition(" ")
        if verb == "fields":
            query.fields = tuple([one.strip() for one in rest.split(",")])
        elif verb == "filter":
            query.wanted = _filter(rest)
        elif verb == "sort" and rest.split()[:1] == ["@timestamp"]:
            query.newest_first = rest.split()[-1] == "desc"
        elif verb == "limit" and rest.strip().isdigit():
            query.limit = int(rest)
        else:
            raise Refused("MalformedQueryException", f"unexpected symbol found {verb}")
    return query


def _commands(text: str) -> list[str]:
    """The commands between the bars, but for bars inside of quotes."""
    parts = re.findall(r'(?:[^|"/]|"(?:[^"\\]|\\.)*"|/(?:[^/\\]|\\.)*/)+', text)
    return [part.strip() for part in parts if part.strip()]


def _filter(text: str) -> Predicate:
    any_of: list[list[Predicate]] = [[]]
    place = 0
    while place < len(text):
        found = _LIKE.match(text, place)
        if found is None:
            raise Refused("MalformedQueryException", f"unexpected symbol found in filter at {place}")
        any_of[-1].append(_like(found["text"], found["regex"]))
        if (found["join"] or "").lower() == "or":
            any_of.append([])
        place = found.end()
    return lambda message: any(all(one(message) for one in needed) for needed in any_of)


def _like(text: str | None, regex: str | None) -> Predicate:
    if regex is not None:
        compiled = re.compile(regex)
        return lambda message: compiled.search(message) is not None
    wanted = re.sub(r"\\(.)", r"\1", text or "")
    return lambda message: wanted in message
