"""A small threaded HTTP/1.1 front for moto: keeps connections open, which moto's own server does not.

Werkzeug's development server closes each connection and waits 10 ms at the end of each request for a body it
might not have read. Here the body is read whole before the application runs, so the connection can stay.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

_LOG = logging.getLogger(__name__)


class KeepAliveHandler(MotoRequestHandler):
    """One connection: request after request until the client has no more."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 120

    def run_wsgi(self) -> None:
        """Answer one request."""
        if self.headers.get("Expect", "").strip().lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        environ = self.make_environ()
        environ["wsgi.input"] = io.BytesIO(self._body(environ))
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            del exc_info
            started[:] = [status, headers]
            return _no_write

        try:
            parts = self.server.app(environ, start_response)
        except Exception as error:  # noqa: BLE001 - a request that fails must not end the connection
            # What moto has not got is said in one word of the answer; the rest of the story is for the log.
            _LOG.debug("moto could not answer %s", self.path, exc_info=True)
            self._refuse(error)
            return
        try:
            self._send(started[0], started[1], parts)
        except (TimeoutError, ConnectionError):
            self.close_connection = True
        finally:
            if hasattr(parts, "close"):
                parts.close()

    def _body(self, environ: dict[str, Any]) -> bytes:
        if environ.get("wsgi.input_terminated"):
            body = bytes(environ["wsgi.input"].read())
            environ["CONTENT_LENGTH"] = str(len(body))
            return body
        length = int(environ.get("CONTENT_LENGTH") or 0)
        return self.rfile.read(length) if length else b""

    def _send(self, status: str, headers: list[tuple[str, str]], parts: Iterable[bytes]) -> None:
        code = int(status.split(None, 1)[0])
        names = {name.lower() for name, _ in headers}
        bodiless = (
            self.command == "HEAD" or code in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED) or code < 200
        )
        chunked = "content-length" not in names and not bodiless
        self.send_response(code)
        for name, value in headers:
            if name.lower() != "connection":
                self.send_header(name, value)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in parts:
            if part and not bodiless:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
                if chunked:
                    self.wfile.flush()
        if chunked:
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _refuse(self, error: Exception) -> None:
        missing = isinstance(error, NotImplementedError)
        body = str(error).encode() or type(error).__name__.encode()
        self._send(
            "501 Not Implemented" if missing else "500 Internal Server Error",
            [("Content-Length", str(len(body))), ("Content-Type", "text/plain; charset=utf-8")],
            [body],
        )

    def finish(self) -> None:
        """Let the connection go; that the client went first is no news."""
        with contextlib.suppress(ConnectionError):
            super().finish()

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: a console's pollers would fill the log."""

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Say nothing."""


def _no_write(data: bytes) -> None:
    raise NotImplementedError("moto answers with what it returns")


def listen(port: int = 0) -> BaseWSGIServer:
    """A server for moto on 127.0.0.1, and on no other address, not yet serving."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = DomainDispatcherApplication(create_backend_app)
    return make_server("127.0.0.1", port, application, threaded=True, request_handler=KeepAliveHandler)
