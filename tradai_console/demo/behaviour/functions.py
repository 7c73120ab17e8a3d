"""Lambda: functions answer, and leave their START, END and REPORT lines.

AWS runs the function; moto would need Docker for it. Here a table of levers answers instead: a plain Python
function a Lambda function, a fault, a duration. Everything else of Lambda stays moto's. Each invocation also
counts in AWS/Lambda's Invocations, Errors and Duration.

Levers (same process): `set_response`, `set_fault`, `clear`, `invoke`.
"""

from __future__ import annotations

import base64
import json
import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.awslambda import models
from moto.awslambda.models import lambda_backends

from tradai_console.demo.behaviour import cloudwatch, ids, logs
from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.behaviour.dispatch import Call, Raw, operation

__all__ = ["Fault", "FunctionError", "clear", "invoke", "set_fault", "set_response"]

Response = Callable[[Any], Any]


class FunctionError(Exception):
    """The function raised. A response may raise it to name the error type."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Fault:
    """What goes wrong in every invocation."""

    kind: str = "Exception"
    """The error's type: `ConnectionError`, `Sandbox.Timedout`."""
    message: str = ""
    timeout: bool = False
    """It runs into its own timeout."""
    memory_mb: int | None = None
    """What the REPORT line says was used."""


class _State:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.responses: dict[str, Response] = {}
        self.faults: dict[str, Fault] = {}
        self.durations: dict[str, float] = {}
        self.random = random.Random(7)


_lock = threading.RLock()
_state: _State


def reset(clock: Clock) -> None:
    """Begin at nothing, in this clock's time."""
    global _state
    with _lock:
        _state = _State(clock)

    def stamp(value: datetime | None = None) -> str:
        return (value or clock.now()).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"

    vars(models)["iso_8601_datetime_with_nanoseconds"] = stamp  # when a function was changed last


def set_response(function: str, response: Response, *, duration_ms: float | None = None) -> None:
    """Let this function (its name) answer so: the payload goes in, what is returned comes out.

    It is called with no lock held and may use any AWS client. What it raises is the function's error.
    """
    with _lock:
        _state.responses[function] = response
        if duration_ms is not None:
            _state.durations[function] = duration_ms


def set_fault(function: str, fault: Fault | None) -> None:
    """Let every invocation fail so from now on; None cures it."""
    with _lock:
        if fault is None:
            _state.faults.pop(function, None)
        else:
            _state.faults[function] = fault


def clear(function: str) -> None:
    """Forget the function's response and fault."""
    with _lock:
        _state.responses.pop(function, None)
        _state.faults.pop(function, None)


def invoke(
    function: str,
    payload: Any = None,
    *,
    lines: tuple[str, ...] = (),
    account: str = "123456789012",
    region: str = "eu-central-1",
) -> Any:
    """Invoke it (name or ARN) without a request; `lines` are logged between START and END. Raises FunctionError."""
    name = _name(function)
    with _lock:
        response, fault = _state.responses.get(name), _state.faults.get(name)
        took = _state.durations.get(name) or _state.random.uniform(20, 400)
    error: FunctionError | None = None
    result: Any = {}
    try:
        if fault is not None:
            raise FunctionError("Sandbox.Timedout" if fault.timeout else fault.kind, fault.message)
        result = response(payload) if response is not None else {}
    except FunctionError as raised:
        error = raised
    except Exception as raised:  # noqa: BLE001 - whatever a response raises is the function's error
        error = FunctionError(type(raised).__name__, str(raised))
    _report(name, took, lines, error, fault, account, region)
    if error is not None:
        raise error
    return result


@operation("lambda", "UpdateFunctionConfiguration", "UpdateFunctionCode")
def _change(call: Call) -> Any:
    """moto changes the function and leaves the date of its last change as it was."""
    answer = call.moto()
    found = lambda_backends[call.account][call.region].get_function(_name(str(call.params["FunctionName"])))
    found.last_modified = vars(models)["iso_8601_datetime_with_nanoseconds"]()
    return answer


@operation("lambda", "Invoke")
def _invoke(call: Call) -> Raw | Any:
    name = _name(call.params["FunctionName"])
    lambda_backends[call.account][call.region].get_function(name)  # raises where there is none
    body = call.params.get("Payload") or b""
    kind = call.get("InvocationType", "RequestResponse")
    headers = {"x-amzn-RequestId": str(uuid.uuid4()), "Content-Type": "application/json"}
    if kind == "DryRun":
        return Raw("", headers, 204)
    payload = json.loads(body) if body else None
    if kind == "Event":
        _state.clock.after(0.0, lambda: _quietly(name, payload, call))
        return Raw("", headers, 202)
    headers["X-Amz-Executed-Version"] = "$LATEST"
    try:
        told = json.dumps(invoke(name, payload, account=call.account, region=call.region))
    except FunctionError as error:
        headers["X-Amz-Function-Error"] = "Unhandled"
        told = json.dumps({"errorMessage": error.message, "errorType": error.kind, "stackTrace": []})
    if call.get("LogType") == "Tail":
        headers["X-Amz-Log-Result"] = base64.b64encode(b"END\n").decode()
    return Raw(told, headers)


def _quietly(name: str, payload: Any, call: Call) -> None:
    try:
        invoke(name, payload, account=call.account, region=call.region)
    except FunctionError:
        return


def _report(
    name: str,
    took: float,
    lines: tuple[str, ...],
    error: FunctionError | None,
    fault: Fault | None,
    account: str,
    region: str,
) -> None:
    request = ids.unique("run", name)
    limit_s, memory = _limits(name, account, region)
    timed_out = fault is not None and fault.timeout
    took = limit_s * 1000 if timed_out else took
    used = fault.memory_mb if fault is not None and fault.memory_mb else max(40, int(memory * 0.42))
    now = _state.clock.now()
    told = [f"START RequestId: {request} Version: $LATEST", *lines]
    if timed_out:
        told.append(f"{now:%Y-%m-%dT%H:%M:%S.000Z} {request} Task timed out after {limit_s:.2f} seconds")
    elif error is not None:
        told.append(f"[ERROR] {error.kind}: {error.message}")
    told.append(f"END RequestId: {request}")
    status = "\tStatus: timeout" if timed_out else ""
    told.append(
        f"REPORT RequestId: {request}\tDuration: {took:.2f} ms\tBilled Duration: {int(took) + 1} ms\t"
        f"Memory Size: {memory} MB\tMax Memory Used: {used} MB\t{status}"
    )
    stream = f"{now:%Y/%m/%d}/[$LATEST]{uuid.uuid5(uuid.NAMESPACE_OID, name).hex}"
    logs.write(f"/aws/lambda/{name}", stream, told, account=account, region=region)
    dimensions = {"FunctionName": name}
    for metric, value, unit in (
        ("Invocations", 1.0, "Count"),
        ("Errors", float(error is not None), "Count"),
        ("Duration", took, "Milliseconds"),
    ):
        cloudwatch.put("AWS/Lambda", metric, value, dimensions, unit=unit, account=account, region=region)


def _limits(name: str, account: str, region: str) -> tuple[float, int]:
    try:
        found = lambda_backends[account][region].get_function(name)
    except Exception:  # noqa: BLE001 - moto's own error for a function that is not there
        return 3.0, 128
    return float(found.timeout or 3), int(found.memory_size or 128)


def _name(function: str) -> str:
    if ":function:" in function:
        return function.split(":function:", 1)[1].split(":", 1)[0]
    return function.split(":", 1)[0]
