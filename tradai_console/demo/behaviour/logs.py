"""CloudWatch Logs: FilterLogEvents as AWS answers it, and a live tail that lives.

AWS merges streams in time order, takes stream prefixes and a group's ARN, knows OR and exclusion in patterns,
bounds a page by count and by a megabyte, and may answer an empty page with a token. moto does none of these.
Groups, streams and events stay moto's; an index of each group in time order is ours.

Levers (same process): `write`, `unwrite`, `set_empty_pages`.
"""

from __future__ import annotations

import base64
import bisect
import json
import struct
import threading
import time
import uuid
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from moto.logs.models import LogsBackend, logs_backends

from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.dispatch import Call, Refused, operation
from tradai_console.demo.behaviour.patterns import Predicate, compile_pattern

__all__ = ["set_empty_pages", "unwrite", "write"]

_PAGE_BYTES = 1_048_576
_TAIL_EVERY_S = 1.0
_TAIL_MOST = 500
_NO_GROUP = "The specified log group does not exist."


@dataclass
class _Index:
    """The events of one group in time order, and in the order in which they came."""

    keys: list[tuple[int, int]] = field(default_factory=list)
    events: list[tuple[str, Any]] = field(default_factory=list)
    """Stream and moto's LogEvent, beside `keys`."""
    arrived: list[tuple[str, Any]] = field(default_factory=list)

    def add(self, stream: str, event: Any) -> None:
        key = (int(event.timestamp), len(self.arrived))
        self.arrived.append((stream, event))
        if not self.keys or key > self.keys[-1]:
            self.keys.append(key)
            self.events.append((stream, event))
            return
        place = bisect.bisect(self.keys, key)
        self.keys.insert(place, key)
        self.events.insert(place, (stream, event))


class _State:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.indexes: dict[tuple[str, str, str], _Index] = {}
        self.empty_every: dict[str, int] = {}
        self.pages = 0


_lock = threading.RLock()
_state: _State


def reset(clock: Clock) -> None:
    """Begin at nothing, in this clock's time."""
    global _state
    with _lock:
        _state = _State(clock)


# --- levers -----------------------------------------------------------------------------------------------


def write(
    group: str,
    stream: str,
    messages: Sequence[str],
    *,
    at: float | None = None,
    account: str = "123456789012",
    region: str = "eu-central-1",
) -> None:
    """Write lines without a request; group and stream are made where they are not there. `at` is seconds since 1970."""
    when = int((_state.clock.time() if at is None else at) * 1000)
    load(group, stream, [(when, message) for message in messages], account=account, region=region)


def load(
    group: str,
    stream: str,
    lines: Sequence[tuple[int, str]],
    *,
    account: str = "123456789012",
    region: str = "eu-central-1",
) -> None:
    """Write lines, each with its stamp (milliseconds since 1970, in order), as `write` does."""
    with _lock:
        backend = logs_backends[account][region]
        if group not in backend.groups:
            backend.create_log_group(group, {})
        if stream not in backend.groups[group].streams:
            backend.groups[group].create_log_stream(stream)
        found = backend.groups[group].streams[stream]
        place = len(found.events)
        found.put_log_events([{"timestamp": at, "message": text} for at, text in lines])
        _index_new(account, region, group, stream, found.events[place:])


def unwrite(
    group: str,
    word: str,
    since: float,
    *,
    account: str = "123456789012",
    region: str = "eu-central-1",
) -> None:
    """Let the lines of a group that have this word not have been written since then (seconds since 1970).

    A live tail has told them already, and does not take them back.
    """
    first = int(since * 1000)
    with _lock:
        found = logs_backends[account][region].groups.get(group)
        for stream in found.streams.values() if found is not None else ():
            stream.events = [one for one in stream.events if one.timestamp < first or word not in one.message]
        index = _index(account, region, group)
        start = bisect.bisect_left(index.keys, (first, -1))
        kept = [
            number for number in range(start, len(index.keys)) if word not in index.events[number][1].message
        ]
        index.keys[start:] = [index.keys[number] for number in kept]
        index.events[start:] = [index.events[number] for number in kept]


def set_empty_pages(group: str, every: int) -> None:
    """Let every so-many-th page of FilterLogEvents in this group be empty, with a token; 0 ends it."""
    with _lock:
        _state.empty_every[group] = every


def events_of(account: str, region: str, group: str) -> list[tuple[str, Any]]:
    """Every event of a group in time order, each with its stream."""
    with _lock:
        return [*_index(account, region, group).events]


# --- operations -------------------------------------------------------------------------------------------


@operation("logs", "PutLogEvents")
def _put_log_events(call: Call) -> Any:
    with _lock:
        group, stream = call.params["logGroupName"], call.params["logStreamName"]
        found = _backend(call).groups.get(group)
        known = found.streams.get(stream) if found is not None else None
        place = len(known.events) if known is not None else 0
        answer = call.moto()
        if known is not None:
            _index_new(call.account, call.region, group, stream, known.events[place:])
        return answer


@operation("logs", "DeleteLogGroup", "DeleteLogStream")
def _delete(call: Call) -> Any:
    with _lock:
        answer = call.moto()
        index = _state.indexes.pop((call.account, call.region, call.params["logGroupName"]), None)
        stream = call.get("logStreamName")
        if index is not None and stream is not None:
            for name, event in index.arrived:
                if name != stream:
                    _index(call.account, call.region, call.params["logGroupName"]).add(name, event)
        return answer


@operation("logs", "FilterLogEvents")
def _filter_log_events(call: Call) -> dict[str, Any]:
    if call.get("logStreamNames") and call.get("logStreamNamePrefix"):
        raise Refused(
            "InvalidParameterException",
            "Cannot specify both logStreamNames and logStreamNamePrefix in the same request.",
        )
    group = group_named(call, call.get("logGroupIdentifier") or call.get("logGroupName") or "")
    most = int(call.get("limit", 10_000))
    if not 1 <= most <= 10_000:
        raise Refused("InvalidParameterException", "limit must be between 1 and 10000")
    wanted = _Wanted(
        call.get("logStreamNames"),
        call.get("logStreamNamePrefix"),
        compile_pattern(call.get("filterPattern", "")),
    )
    with _lock:
        index = _index(call.account, call.region, group)
        place = _untoken(call.get("nextToken")) or (int(call.get("startTime", 0)), -1)
        _state.pages += 1
        every = _state.empty_every.get(group, 0)
        if every and _state.pages % every == 0 and index.keys:
            return {"events": [], "searchedLogStreams": [], "nextToken": _token(place, _state.pages)}
        return _one_page(index, place, int(call.get("endTime", 2**62)), most, wanted)


@operation("logs", "StartLiveTail")
def _start_live_tail(call: Call) -> Any:
    names = call.params["logGroupIdentifiers"]
    if len(names) > 10:
        raise Refused("InvalidParameterException", "Member must have length less than or equal to 10")
    groups = [group_named(call, one) for one in names]
    pattern = compile_pattern(call.get("logEventFilterPattern", ""))
    prefixes = call.get("logStreamNamePrefixes") or [None]
    wanted = [_Wanted(call.get("logStreamNames"), prefix, pattern) for prefix in prefixes]
    with _lock:
        places = {group: len(_index(call.account, call.region, group).arrived) for group in groups}
    headers = {"Content-Type": "application/vnd.amazon.eventstream"}
    return 200, headers, _tail(call, places, wanted)


# --- inside -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Wanted:
    streams: list[str] | None
    prefix: str | None
    pattern: Predicate | None

    def holds(self, stream: str, message: str) -> bool:
        if self.streams and stream not in self.streams:
            return False
        if self.prefix and not stream.startswith(self.prefix):
            return False
        return self.pattern is None or self.pattern(message)


def _one_page(index: _Index, place: tuple[int, int], end: int, most: int, wanted: _Wanted) -> dict[str, Any]:
    found: list[dict[str, Any]] = []
    size = 0
    for number in range(bisect.bisect_left(index.keys, place), len(index.keys)):
        key = index.keys[number]
        if key[0] > end:
            break
        stream, event = index.events[number]
        if not wanted.holds(stream, event.message):
            continue
        size += len(event.message) + 26
        if len(found) == most or (size > _PAGE_BYTES and found):
            return {"events": found, "searchedLogStreams": [], "nextToken": _token(key)}
        found.append(
            {
                "logStreamName": stream,
                "timestamp": event.timestamp,
                "message": event.message,
                "ingestionTime": event.ingestion_time,
                "eventId": f"{event.timestamp:020d}{key[1]:036d}",
            }
        )
    return {"events": found, "searchedLogStreams": []}


def _tail(call: Call, places: dict[str, int], wanted: list[_Wanted]) -> Iterator[bytes]:
    session = str(uuid.uuid4())
    start = {"requestId": session, "sessionId": session, "logGroupIdentifiers": list(places)}
    yield _frame("initial-response", {})
    yield _frame("sessionStart", start)
    ends = time.monotonic() + 3 * 3600
    while time.monotonic() < ends:
        yield _frame("sessionUpdate", _news(call, places, wanted))
        time.sleep(_TAIL_EVERY_S)


def _news(call: Call, places: dict[str, int], wanted: list[_Wanted]) -> dict[str, Any]:
    results: list[dict[str, Any]] = []
    with _lock:
        for group, place in places.items():
            arrived = _index(call.account, call.region, group).arrived
            places[group] = len(arrived)
            results += [
                {
                    "logGroupIdentifier": f"{call.account}:{group}",
                    "logStreamName": stream,
                    "message": event.message,
                    "timestamp": event.timestamp,
                    "ingestionTime": event.ingestion_time,
                }
                for stream, event in arrived[place:]
                if any(one.holds(stream, event.message) for one in wanted)
            ]
    sampled = len(results) > _TAIL_MOST
    return {"sessionMetadata": {"sampled": sampled}, "sessionResults": results[:_TAIL_MOST]}


def _frame(kind: str, payload: dict[str, Any]) -> bytes:
    """One message of AWS's event stream encoding."""
    headers = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in (
            (":event-type", kind),
            (":content-type", "application/json"),
            (":message-type", "event"),
        )
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", len(headers) + len(body) + 16, len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return message + struct.pack(">I", zlib.crc32(message))


def _index_new(account: str, region: str, group: str, stream: str, events: Sequence[Any]) -> None:
    index, now = _index(account, region, group), int(_state.clock.time() * 1000)
    for event in events:
        event.ingestion_time = now
        index.add(stream, event)


def _index(account: str, region: str, group: str) -> _Index:
    return _state.indexes.setdefault((account, region, group), _Index())


def group_named(call: Call, name: str) -> str:
    """The group's name, where its ARN may stand, too. Raises Refused if it is not there."""
    short = name.split(":log-group:", 1)[1].removesuffix(":*") if ":log-group:" in name else name
    if short not in _backend(call).groups:
        raise Refused("ResourceNotFoundException", _NO_GROUP)
    return short


def _backend(call: Call) -> LogsBackend:
    return logs_backends[call.account][call.region]


def _token(place: tuple[int, int], salt: int = 0) -> str:
    """`salt` tells apart the tokens of two pages that end at the same place, as an empty page does."""
    return base64.urlsafe_b64encode(f"{place[0]}/{place[1]}/{salt}".encode()).decode()


def _untoken(token: str | None) -> tuple[int, int] | None:
    if not token:
        return None
    try:
        at, number, _ = base64.urlsafe_b64decode(token.encode()).decode().split("/")
        return int(at), int(number)
    except ValueError:
        raise Refused("InvalidParameterException", "The specified nextToken is invalid.") from None
