"""Answers read strictly: a broken one is an error, not an empty list; a too large one is given up.

botocore takes JSON that it cannot read for an empty object, and an empty object for "there are none".
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.parsers import PROTOCOL_PARSERS, AioJSONParser, AioRestJSONParser, AioRpcV2CBORParser
from botocore.parsers import ResponseParserError

# The stubs know only the public half of these, and we are at home in the other.
_Http: Any = AIOHTTPSession
_JSON: Any = AioJSONParser
_RestJSON: Any = AioRestJSONParser
_CBOR: Any = AioRpcV2CBORParser
_PARSERS: Any = PROTOCOL_PARSERS

BODY_LIMIT: Final = 8 * 1024 * 1024
"""Bytes of one answer; AWS's own pages are 1 to 6 MB."""


_PLAIN: Final = {"FilterLogEventsResponse": "events"}
"""Answers in which everything is as JSON has it, and the name of their long list: to go through ten thousand of its items
field by field takes longer than to read them."""


class OversizeError(Exception):
    """An answer longer than any of AWS's."""

    def __init__(self) -> None:
        super().__init__(f"the answer is longer than {BODY_LIMIT // 1024 // 1024} MiB")


def _strictly(body: bytes, shape: Any) -> Any:
    """The JSON object, if it is one of this operation's; a proxy's page and half an answer are not."""
    try:
        parsed = json.loads(body)
    except ValueError:
        raise ResponseParserError("not whole JSON") from None
    names = {member.serialization.get("name", name) for name, member in shape.members.items()}
    if not isinstance(parsed, dict) or (parsed and not names & parsed.keys()):
        raise ResponseParserError("JSON, but not this operation's")
    return parsed


class _StrictJSONParser(_JSON):  # type: ignore[misc]
    def _handle_json_body(self, raw_body: bytes, shape: Any) -> Any:
        if getattr(shape, "metadata", {}).get("exception"):
            return super()._handle_json_body(raw_body, shape)
        body = _strictly(raw_body, shape)
        rows = _PLAIN.get(shape.name)
        if rows is not None and b"null" not in raw_body and isinstance(body.get(rows, []), list):
            return body
        return self._parse_shape(shape, body)


class _StrictRestJSONParser(_RestJSON):  # type: ignore[misc]
    async def parse(self, response: dict[str, Any], shape: Any) -> Any:
        if response["status_code"] < 300 and shape is not None and "payload" not in shape.serialization:
            _strictly(response["body"], shape)
        return await super().parse(response, shape)


class _StrictCBORParser(_CBOR):  # type: ignore[misc]
    async def parse(self, response: dict[str, Any], shape: Any) -> Any:
        if response["status_code"] < 300 and shape is not None and shape.members and not response["body"]:
            raise ResponseParserError("an empty answer")
        return await super().parse(response, shape)


class StrictParsers:
    """botocore's `response_parser_factory`, with the strict ones in it."""

    _OURS: Final = {
        "json": _StrictJSONParser,
        "rest-json": _StrictRestJSONParser,
        "smithy-rpc-v2-cbor": _StrictCBORParser,
    }

    def __init__(self) -> None:
        self._defaults: dict[str, Any] = {}

    def set_parser_defaults(self, **defaults: Any) -> None:
        self._defaults.update(defaults)

    def create_parser(self, protocol_name: str) -> Any:
        return self._OURS.get(protocol_name, _PARSERS[protocol_name])(**self._defaults)


def no_page(response_dict: Mapping[str, Any], **_: Any) -> None:
    """A web page with status 200, from a proxy or a hotel's login, is no answer."""
    if response_dict["status_code"] >= 300 or not isinstance(response_dict["body"], bytes):
        return
    start = response_dict["body"][:256].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise ResponseParserError(
            "a web page instead of an answer; is there a proxy or a login page on the way?"
        )


class _BoundedResponse(aiohttp.ClientResponse):
    """A response whose body is read up to the limit, not to the end of memory."""

    async def read(self) -> bytes:
        if self._body is None:
            parts: list[bytes] = []
            size = 0
            try:
                async for part in self.content.iter_any():
                    size += len(part)
                    if size > BODY_LIMIT:
                        raise OversizeError
                    parts.append(part)
            except BaseException:
                self.close()
                raise
            self._body = b"".join(parts)
        return await super().read()


_contexts: dict[Any, Any] = {}


class BoundedHttp(_Http):  # type: ignore[misc]
    """The transport of every client: answers up to the limit, and one list of certificates for all of them."""

    def _build_ssl_contexts(self, proxy_url: str | None) -> Any:
        # Reading the authorities takes a fiftieth of a second, each of a dozen clients would do it anew. What has
        # a certificate or a proxy of its own keeps its own.
        if self._cert_file or proxy_url:
            return super()._build_ssl_contexts(proxy_url)
        if self._verify not in _contexts:
            _contexts[self._verify] = self._build_verify_context()
        return _contexts[self._verify], None

    async def _get_session(self, proxy_url: str | None) -> Any:
        session = await super()._get_session(proxy_url)
        session._response_class = _BoundedResponse
        return session


def keepalive_socket(address: Any) -> socket.socket:
    """A socket that asks after a silent peer, so that a dead connection does not wait in the pool."""
    family, kind, protocol, *_ = address
    made = socket.socket(family=family, type=kind, proto=protocol)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return made
