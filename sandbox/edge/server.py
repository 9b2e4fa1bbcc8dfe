"""The process in Azure's place for pods that run: `python -m sandbox.edge.server ADDRESS PORT AZURITE_PORT`.

One HTTPS server with the sandbox's own certificate; which of Azure's services it is follows from the host's name.
"""

import json
import os
import ssl
import sys
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox.azure.store import Store
from sandbox.certificates import Certificate, issue_server
from sandbox.control_plane.client import ApiServer
from sandbox.edge import blobs, sign_in, webhook
from sandbox.edge.service import door_key
from sandbox.environment import TENANT_ID
from sandbox.errors import SandboxError
from sandbox.state import State

_MOST = 1 << 20
_SECONDS = 120.0


def server(state: State, address: tuple[str, int], azurite_port: int) -> ThreadingHTTPServer:
    """The server, bound and not serving yet."""
    store, api = Store(state), ApiServer(state)
    signing = sign_in.SignIn(state, store, sign_in.assertion_review(api.post))
    stored = blobs.Blobs(state, store, (address[0], azurite_port), door_key(state))

    def account(namespace: str, name: str) -> Mapping[str, Any] | None:
        return api.get(f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _SECONDS

        def handle(self) -> None:
            try:
                super().handle()
            except (ssl.SSLError, ConnectionError, TimeoutError):
                self.close_connection = True  # who has asked is gone

        def _answer(self) -> None:
            host = (self.headers.get("Host") or "").partition(":")[0].lower()
            path = self.path.partition("?")[0]
            try:
                if host.endswith(blobs.SUFFIX):
                    self._blob(host)
                elif host == sign_in.HOST:
                    self._say(*signing.post(path, self._body()) if self.command == "POST" else signing.get(path))
                elif path == webhook.PATH and self.command == "POST" and self._is_of_this_machine():
                    self._say(200, webhook.reviewed(self._body(), TENANT_ID, account))
                else:
                    self._send(200 if path == "/healthz" else 404, b"", "text/plain")
            except SandboxError as error:
                print(f"{self.command} {host}{path}: {error}", flush=True)
                self._send(503, b"look into the sandbox's azure.log", "text/plain")
            except (ValueError, LookupError, TypeError) as error:
                print(f"{self.command} {host}: {error!r}", flush=True)
                self._send(400, b"this is no request that is understood here", "text/plain")

        def _is_of_this_machine(self) -> bool:
            """The API server is; pods come under addresses of their own."""
            return str(self.client_address[0]).startswith("127.")

        def _length(self) -> int:
            length = int(self.headers.get("Content-Length") or 0)
            if length < 0:
                raise ValueError(f"a length of {length}")
            return length

        def do_GET(self) -> None:
            self._answer()

        def do_HEAD(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_DELETE(self) -> None:
            self._answer()

        def _blob(self, host: str) -> None:
            found = blobs.account_of(store, host)
            if found is None:
                return self._send(404, b"", "text/plain")
            try:
                answer = stored.ask(found, self.command, self.path, dict(self.headers.items()), self.rfile)
            except blobs.RefusedError as refused:
                if not refused.late:
                    for _ in blobs.pieces(self.rfile, self._length()):
                        pass  # or the client hears of a broken pipe
                return self._send(refused.status, refused.body(), "application/xml", {"x-ms-error-code": refused.code})
            known = any(name.lower() == "content-length" for name, _ in answer.headers)
            bodiless = self.command == "HEAD" or answer.status in (204, 304)
            self.send_response_only(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            if not known and not bodiless:
                self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in answer.pieces if known or bodiless else _chunked(answer.pieces):
                self.wfile.write(piece)
            return None

        def _body(self) -> bytes:
            length = self._length()
            if length > _MOST:
                raise ValueError(f"{length} bytes are too many")
            return self.rfile.read(length)

        def _say(self, status: int, answer: Mapping[str, Any]) -> None:
            self._send(status, json.dumps(answer).encode(), "application/json")

        def _send(self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
            if status >= 400:
                self.close_connection = True  # its body may not have been read
            self.send_response_only(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    return _SecuredServer(
        address, Handler, issue_server(state, "edge", [address[0]], [sign_in.HOST, f"*{blobs.SUFFIX}"])
    )


class _SecuredServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], shown: Certificate) -> None:
        super().__init__(address, handler)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(shown.certificate, shown.key)

    def finish_request(self, request: Any, client_address: Any) -> None:
        # In the thread of the request: one that does not shake hands keeps nobody else waiting
        request.settimeout(_SECONDS)
        with self._context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handle_error(request, client_address)


def _chunked(pieces: Iterable[bytes]) -> Iterable[bytes]:
    for piece in pieces:
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"


def main(arguments: list[str]) -> int:
    address, port, azurite_port = arguments[0], int(arguments[1]), int(arguments[2])
    with server(State.of(os.environ), (address, port), azurite_port) as running:
        running.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
