"""A small web server for one page, for this computer alone."""

from __future__ import annotations

import json
import secrets
import socketserver
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from hwgen.errors import HwgenError

ADDRESS = "127.0.0.1"
MOST_BYTES = 1 << 16
"""Of a request's body."""
PATIENCE = 10.0
"""Seconds that a browser may take to send a request."""
METHODS = {"/": ("GET", "HEAD"), "/classify": ("POST",)}
"""What each path is for."""
TOKEN = "X-Hwgen-Token"
"""The header that carries the page's token, which another site's page cannot know, nor may it send such a header."""


class Page(Protocol):
    """What is served."""

    def page(self, token: str, nonce: str) -> str:
        """The page; it gives `token` back with every question, and marks its style and script with `nonce`."""
        ...

    def answer(self, text: str) -> dict[str, Any]:
        """Plain values.

        Raises:
            HwgenError: when there is no answer.
        """
        ...


class Server(ThreadingHTTPServer):
    """Serves one page on `ADDRESS`.

    Attributes:
        page: what is served.
        token: that a question has to bring.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, page: Page, port: int) -> None:
        """
        Args:
            port: 0 for any that is free.

        Raises:
            HwgenError: when the port cannot be had.
        """
        self.page, self.token = page, secrets.token_urlsafe(24)
        try:
            super().__init__((ADDRESS, port), Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise HwgenError(f"--port {port}: {reason}; choose another, or leave it out for any that is free") from None

    def server_bind(self) -> None:
        # Not HTTPServer's, which asks the name server for the address's name.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a browser that hangs up is no news."""

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.server_port}/"

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a browser may call this server. Any other name is one that somebody's name server lends our address."""
        return f"{ADDRESS}:{self.server_port}", f"localhost:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """One connection: GET or HEAD / for the page, POST /classify with ``{"text": ...}`` for an answer."""

    server: Server
    server_version, sys_version = "hwgen", ""
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what is asked is nobody's business."""

    def _guarded(self) -> None:
        if self.headers.get("Host") not in self.server.hosts:
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST, f"this is {self.server.url}")
        elif self.path not in METHODS:
            self._refuse(HTTPStatus.NOT_FOUND, "the page is at /, and questions go to /classify")
        elif self.command not in METHODS[self.path]:
            self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, f"{self.path} takes {' and '.join(METHODS[self.path])}")
        elif self.path == "/":
            self._page()
        else:
            self._classify()

    # By these names http.server finds what it calls.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = _guarded  # noqa: N815

    def _page(self) -> None:
        nonce = secrets.token_urlsafe(16)
        rules = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        self._send(HTTPStatus.OK, "text/html", self.server.page.page(self.server.token, nonce), rules)

    def _classify(self) -> None:
        if not secrets.compare_digest(self.headers.get(TOKEN, "").encode(), self.server.token.encode()):
            self._refuse(HTTPStatus.FORBIDDEN, "the page is of an earlier server; load it again")
        elif self.headers.get_content_type() != "application/json":
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "questions are JSON")
        elif not (length := self.headers.get("Content-Length", "")).isascii() or not length.isdecimal():
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "a question says how long it is")
        elif len(length) > 9 or int(length) > MOST_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a question has at most {MOST_BYTES:,} bytes")
        else:
            self._answer(self.rfile.read(int(length)))

    def _answer(self, body: bytes) -> None:
        try:
            asked = json.loads(body)
            text = str(asked["text"].encode(), "utf-8")  # half a surrogate pair is no text
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            self._refuse(HTTPStatus.BAD_REQUEST, 'a question is {"text": "..."} in Unicode')
            return
        try:
            answer = self.server.page.answer(text)
        except HwgenError as error:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
            return
        self._send(HTTPStatus.OK, "application/json", json.dumps(answer))

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        # What is left of the request would be taken for the next one.
        self.close_connection = True
        self._send(status, "application/json", json.dumps({"error": why}))

    def _send(self, status: HTTPStatus, kind: str, text: str, rules: str = "default-src 'none'") -> None:
        body = text.encode("utf-8")
        self.send_response(status)
        for name, value in (
            ("Content-Type", f"{kind}; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", rules),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
            *([("Allow", ", ".join(METHODS[self.path]))] if status is HTTPStatus.METHOD_NOT_ALLOWED else []),
            *([("Connection", "close")] if self.close_connection else []),
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
