"""What a request to AWS asks for, and how each of the five AWS protocols spells an error."""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from tests.kit.http_wire import Request

_SCOPE: Final = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_RPC_PATH: Final = re.compile(r"/service/[^/]+/operation/([^/?]+)")


@dataclass(frozen=True)
class Asked:
    """Who asks which service for what."""

    service: str
    """As the signature spells it: `ecs`, `monitoring`, `states`; empty for an unsigned request."""
    operation: str
    region: str
    access_key: str


@dataclass(frozen=True)
class Words:
    """How the protocols name one fault: the code, and its HTTP status."""

    json: tuple[str, int]
    query: tuple[str, int]
    ec2: tuple[str, int]
    message: str


DENIED: Final = Words(
    json=("AccessDeniedException", 400),
    query=("AccessDenied", 403),
    ec2=("UnauthorizedOperation", 403),
    message="User: arn:aws:sts::111122223333:assumed-role/oncall/kit is not authorized to perform: {action}",
)
THROTTLED: Final = Words(
    json=("ThrottlingException", 400),
    query=("Throttling", 400),
    ec2=("RequestLimitExceeded", 503),
    message="Rate exceeded",
)
EXPIRED: Final = Words(
    json=("ExpiredTokenException", 400),
    query=("ExpiredToken", 403),
    ec2=("RequestExpired", 400),
    message="The security token included in the request is expired",
)
SERVER_ERROR: Final = Words(
    json=("InternalFailure", 500),
    query=("InternalFailure", 500),
    ec2=("InternalError", 500),
    message="The request processing has failed because of an unknown error",
)


def read_asked(request: Request) -> Asked:
    """The service, operation, region and access key that a signed request names."""
    scope = _SCOPE.search(request.header("authorization"))
    access_key, region, service = scope.groups() if scope else ("", "", "")
    return Asked(service, _operation(request), region, access_key)


def protocol(request: Request) -> str:
    """`json-1.0`, `json-1.1`, `query`, `ec2` or `cbor`: what the client will read an answer as."""
    if request.header("smithy-protocol") == "rpc-v2-cbor":
        return "cbor"
    kind = request.header("content-type")
    if "x-amz-json-" in kind:
        return "json-" + kind.rpartition("-")[2][:3]
    if "x-www-form-urlencoded" in kind:
        return "ec2" if read_asked(request).service == "ec2" else "query"
    return "json-1.1"


def spell(words: Words, request: Request) -> tuple[str, int]:
    """The fault's code and status in the request's protocol."""
    kind = protocol(request)
    if kind in ("query", "ec2"):
        return words.ec2 if kind == "ec2" else words.query
    return words.json


def error_answer(request: Request, code: str, message: str) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body that make the client see this error code and message."""
    kind = protocol(request)
    if kind == "cbor":
        headers = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        body = _cbor({"__type": code, "message": message})
    elif kind == "ec2":
        headers = [("Content-Type", "text/xml")]
        body = _xml("Response", "<Errors>", "</Errors>", code, message, "RequestID")
    elif kind == "query":
        headers = [("Content-Type", "text/xml")]
        body = _xml("ErrorResponse", "", "", code, message, "RequestId")
    else:
        headers = [("Content-Type", f"application/x-amz-{kind}"), ("x-amzn-RequestId", "kit")]
        body = json.dumps({"__type": code, "message": message}).encode()
    if request.header("x-amzn-query-mode") == "true":
        headers.append(("x-amzn-query-error", f"{code};Sender"))
    return headers, body


def _operation(request: Request) -> str:
    if target := request.header("x-amz-target"):
        return target.rpartition(".")[2]
    if path := _RPC_PATH.search(request.target):
        return path[1]
    if "x-www-form-urlencoded" in request.header("content-type"):
        return parse_qs(request.body.decode("utf-8", "replace")).get("Action", [""])[0]
    return f"{request.method} {request.target.partition('?')[0]}"


def _xml(root: str, before: str, after: str, code: str, message: str, request_id: str) -> bytes:
    error = (
        f"<Error><Type>Sender</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    )
    inside = f"{before}{error}{after}<{request_id}>kit</{request_id}>"
    return f'<?xml version="1.0" encoding="UTF-8"?><{root}>{inside}</{root}>'.encode()


def _cbor(texts: dict[str, str]) -> bytes:
    """A map of texts, each with a two-byte length."""
    pieces = [bytes([0xA0 + len(texts)])]
    for text in (piece for pair in texts.items() for piece in pair):
        raw = text.encode()
        pieces.append(b"\x79" + struct.pack(">H", len(raw)) + raw)
    return b"".join(pieces)
