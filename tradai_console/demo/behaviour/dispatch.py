"""How our behaviours stand before moto's: one table of operations, one place where moto is changed.

moto answers each request in `BaseResponse.call_action`. `install` wraps it once: where a behaviour has
registered the operation (by service and name as botocore spells them) the request is parsed by the service's
own model whatever the protocol, the behaviour is called, and its plain dictionary is serialized by the same
model. Everything else goes on to moto. So one function serves JSON, query, EC2 and REST clients alike.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import unquote

from moto.core.exceptions import ServiceException
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model

Answer = Mapping[str, Any] | None
Handler = Callable[["Call"], Any]

_HANDLERS: dict[tuple[str, str], Handler] = {}
_BOTO_NAMES = {"awslambda": "lambda"}


class Refused(ServiceException):
    """An error that AWS answers, with its code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)


@dataclass(frozen=True)
class Call:
    """One request, as its operation's model reads it."""

    service: str
    operation: str
    params: dict[str, Any]
    account: str
    region: str
    response: Any
    """moto's response object: for a behaviour that only changes what moto answers."""

    def get(self, name: str, default: Any = None) -> Any:
        """One parameter, or the default where it is absent."""
        value = self.params.get(name)
        return default if value is None else value

    def moto(self) -> Any:
        """moto's own answer to this request, already serialized."""
        return _moto_call_action(self.response)


@dataclass(frozen=True)
class Raw:
    """An answer that is already a body, with its headers."""

    body: str | bytes
    headers: dict[str, str]
    status: int = 200


def operation(service: str, *names: str) -> Callable[[Handler], Handler]:
    """Register the decorated function for these operations of the service."""

    def register(handler: Handler) -> Handler:
        for name in names:
            _HANDLERS[service, name] = handler
        return handler

    return register


def install() -> None:
    """Stand before moto. Doing it again changes nothing."""
    setattr(BaseResponse, "call_action", _call_action)  # noqa: B010 - mypy holds methods to be constant


def seconds(value: Any) -> float | None:
    """A time as a client sent it (number, ISO 8601 or datetime) as seconds since 1970."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(value)
    except ValueError:
        parsed = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def stamp(value: float) -> datetime:
    """Seconds since 1970 as the UTC time that answers carry."""
    return datetime.fromtimestamp(value, UTC)


_moto_call_action: Callable[[Any], Any] = BaseResponse.call_action


def _call_action(self: Any) -> Any:
    service = _BOTO_NAMES.get(self.service_name, self.service_name)
    if service not in _services():
        return _moto_call_action(self)
    name = self._get_action()
    handler = _HANDLERS.get((service, name))
    if handler is None:
        return _moto_call_action(self)
    model = get_service_model(service)
    protocol = determine_request_protocol(model, self.headers.get("Content-Type", ""))
    try:
        params = _parse(self, model, name, protocol)
        answer = handler(Call(service, name, params, self.current_account, self.region, self))
    except ServiceException as error:
        return _refusal(self, error)
    if isinstance(answer, tuple):
        return answer
    if isinstance(answer, Raw):
        return answer.status, {**self.response_headers, **answer.headers}, answer.body
    if protocol in ("json", "rest-json"):
        return (
            200,
            _json_headers(self, protocol),
            json.dumps(answer or {}, default=_encode, separators=(",", ":")),
        )
    status, headers, body = self.serialized(ActionResult(answer))
    return status, {**headers, "x-amzn-RequestId": str(uuid.uuid4())}, body


@cache
def _services() -> frozenset[str]:
    return frozenset(service for service, _ in _HANDLERS)


def _parse(response: Any, model: Any, name: str, protocol: str) -> dict[str, Any]:
    if protocol == "json":
        return json.loads(response.body) if response.body else {}
    request = response.normalized_request
    parser = PROTOCOL_PARSERS[protocol](model.operation_model(name), map_type=dict)
    parsed = parser.parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": {key: unquote(str(value)) for key, value in (response.uri_match or {}).items()},
        }
    )
    return dict(parsed)


def _refusal(response: Any, error: ServiceException) -> Any:
    status, headers, body = response.serialized(ActionResult(error))
    return status, {**headers, "status": str(status)}, body


def _json_headers(response: Any, protocol: str) -> dict[str, str]:
    kind = "application/json" if protocol == "rest-json" else "application/x-amz-json-1.1"
    return {**response.response_headers, "Content-Type": kind, "x-amzn-RequestId": str(uuid.uuid4())}


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot stand in an answer")
