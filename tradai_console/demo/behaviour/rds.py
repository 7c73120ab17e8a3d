"""RDS: a failover that takes place, statuses that move, events that are told, parameters with their formula.

AWS moves a Multi-AZ instance to its other zone on RebootDBInstance with ForceFailover, tells it in the
instance's events, and gives `max_connections` as a formula over the class's memory. moto's reboot does
nothing.

Levers (same process): `add_event`, `set_status`, `fail_over`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from moto.rds.models import rds_backends

from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.dispatch import Call, Refused, operation, seconds, stamp

__all__ = ["add_event", "fail_over", "set_status"]

REBOOT_S = 20.0
FAILOVER_S = 60.0
START_S = 90.0
STOP_S = 60.0
_KEPT_S = 14 * 86_400
_DEFAULTS = (
    ("max_connections", "LEAST({DBInstanceClassMemory/9531392},5000)", "integer", "static", "6-8388607"),
    ("shared_buffers", "{DBInstanceClassMemory/32768}", "integer", "static", "16-1073741823"),
    ("rds.force_ssl", "1", "boolean", "dynamic", "0,1"),
    ("statement_timeout", None, "integer", "dynamic", "0-2147483647"),
    ("idle_in_transaction_session_timeout", "86400000", "integer", "dynamic", "0-2147483647"),
    ("superuser_reserved_connections", "3", "integer", "static", "0-262143"),
)


@dataclass(frozen=True)
class _Event:
    source: str
    kind: str
    message: str
    categories: tuple[str, ...]
    at: float
    arn: str


class _State:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.events: list[_Event] = []


_lock = threading.RLock()
_state: _State


def reset(clock: Clock) -> None:
    """Begin at nothing, in this clock's time."""
    global _state
    with _lock:
        _state = _State(clock)


# --- levers -----------------------------------------------------------------------------------------------


def add_event(
    source: str,
    message: str,
    categories: tuple[str, ...] = ("notification",),
    *,
    kind: str = "db-instance",
    at: float | None = None,
    account: str = "123456789012",
    region: str = "eu-central-1",
) -> None:
    """Tell something of the instance in its events; `at` is seconds since 1970, now if absent."""
    arn = f"arn:aws:rds:{region}:{account}:{'db' if kind == 'db-instance' else kind}:{source}"
    with _lock:
        when = _state.clock.time() if at is None else at
        _state.events.append(_Event(source, kind, message, categories, when, arn))


def set_status(
    database: str, status: str, *, account: str = "123456789012", region: str = "eu-central-1"
) -> None:
    """Let the instance have this status until something changes it: `storage-full`, `failed`, `available`."""
    with _lock:
        rds_backends[account][region].databases[database].status = status


def fail_over(
    database: str, *, reason: str = "", account: str = "123456789012", region: str = "eu-central-1"
) -> None:
    """Let a Multi-AZ instance fail over, as if by itself; the reason is told as AWS's own event."""
    with _lock:
        found = rds_backends[account][region].databases[database]
        if reason:
            add_event(database, reason, ("failover",), account=account, region=region)
        _fail_over(found, account, region)


def serves(status: str) -> bool:
    """Whether an instance of this status answers its clients."""
    return status in ("available", "backing-up", "modifying")


def failovers(database: str) -> int:
    """How many failovers of the instance have been completed."""
    with _lock:
        return sum(one.source == database and is_failover(one.message) for one in _state.events)


def is_failover(message: str) -> bool:
    """Whether an event tells the end of a failover: each of them writes several."""
    return "failover" in message.lower() and "completed" in message.lower()


# --- operations -------------------------------------------------------------------------------------------


@operation("rds", "RebootDBInstance")
def _reboot(call: Call) -> Any:
    with _lock:
        found = _database(call)
        forced = str(call.get("ForceFailover", False)).lower() == "true"
        if found.status != "available":
            raise Refused(
                "InvalidDBInstanceState", f"Database instance is not in available state: {found.status}"
            )
        if forced and not found.multi_az:
            raise Refused(
                "InvalidParameterCombination", "Cannot force failover since instance is not MultiAZ"
            )
        if forced:
            _fail_over(found, call.account, call.region)
        else:
            found.status = "rebooting"
            _state.clock.after(REBOOT_S, lambda: _rebooted(found, call.account, call.region))
        return call.moto()


@operation("rds", "StopDBInstance", "StartDBInstance")
def _stop_or_start(call: Call) -> Any:
    with _lock:
        answer = call.moto()
        found = _database(call)
        stops = call.operation == "StopDBInstance"
        found.status = "stopping" if stops else "starting"
        end, wait = ("stopped", STOP_S) if stops else ("available", START_S)
        message = "DB instance stopped" if stops else "DB instance started"

        def done() -> None:
            with _lock:
                found.status = end
                add_event(
                    call.params["DBInstanceIdentifier"], message, account=call.account, region=call.region
                )

        _state.clock.after(wait, done)
        return answer


@operation("rds", "DescribeEvents")
def _describe_events(call: Call) -> dict[str, Any]:
    source, kind = call.get("SourceIdentifier"), call.get("SourceType")
    if source is not None and kind is None:
        raise Refused("InvalidParameterCombination", "Cannot specify source identifier without source type")
    with _lock:
        now = _state.clock.time()
        end = seconds(call.get("EndTime")) or now
        begin = seconds(call.get("StartTime")) or end - 60.0 * int(call.get("Duration", 60))
        begin = max(begin, now - _KEPT_S)
        categories = set(call.get("EventCategories", []))
        found = [
            {
                "SourceIdentifier": one.source,
                "SourceType": one.kind,
                "Message": one.message,
                "EventCategories": list(one.categories),
                "Date": stamp(one.at),
                "SourceArn": one.arn,
            }
            for one in sorted(_state.events, key=lambda one: one.at)
            if source in (None, one.source)
            and kind in (None, one.kind)
            and begin <= one.at <= end + 1
            and (not categories or categories & set(one.categories))
        ]
    start = int(call.get("Marker", 0))
    last = start + int(call.get("MaxRecords", 100))
    told: dict[str, Any] = {"Events": found[start:last]}
    return {**told, "Marker": str(last)} if last < len(found) else told


@operation("rds", "DescribeDBParameters")
def _describe_parameters(call: Call) -> Any:
    name = str(call.params["DBParameterGroupName"])
    if not name.startswith("default."):
        return call.moto()
    return {
        "Parameters": [
            {
                "ParameterName": parameter,
                **({"ParameterValue": value} if value is not None else {}),
                "Source": "system" if value is not None else "engine-default",
                "ApplyType": apply,
                "DataType": kind,
                "AllowedValues": allowed,
                "IsModifiable": True,
                "ApplyMethod": "pending-reboot" if apply == "static" else "immediate",
            }
            for parameter, value, kind, apply, allowed in _DEFAULTS
        ]
    }


# --- inside -----------------------------------------------------------------------------------------------


def _fail_over(found: Any, account: str, region: str) -> None:
    name = found.db_instance_identifier
    found.status = "rebooting"
    add_event(name, "Multi-AZ instance failover started.", ("failover",), account=account, region=region)

    def switch() -> None:
        with _lock:
            zone = str(found.availability_zone)
            found.availability_zone = zone[:-1] + ("b" if zone.endswith("a") else "a")
            add_event(name, "DB instance restarted", ("availability",), account=account, region=region)

    def done() -> None:
        with _lock:
            found.status = "available"
            add_event(
                name, "Multi-AZ instance failover completed", ("failover",), account=account, region=region
            )

    _state.clock.after(FAILOVER_S / 2, switch)
    _state.clock.after(FAILOVER_S, done)


def _rebooted(found: Any, account: str, region: str) -> None:
    with _lock:
        found.status = "available"
        add_event(
            found.db_instance_identifier,
            "DB instance restarted",
            ("availability",),
            account=account,
            region=region,
        )


def _database(call: Call) -> Any:
    name = call.params["DBInstanceIdentifier"]
    found = rds_backends[call.account][call.region].databases.get(name)
    if found is None:
        raise Refused("DBInstanceNotFound", f"DBInstance {name} not found.")
    return found
