import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sandbox.kubernetes.client import ApiClient
from sandbox.kubernetes.errors import ApiError, NoMatchError, UnreachableError
from sandbox.kubernetes.kubeconfig import connection
from sandbox.kubernetes.objects import Kind
from sandbox.kubernetes.resources import Resources


class Server:
    """An HTTP server that gives the prepared answers in turn and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.asked.append((self.command, self.path, dict(self.headers)))
                code, text = outer.answers.pop(0)
                self.send_response(code)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_PATCH = _answer  # noqa: N815 — the base class's names

            def log_message(self, *arguments: Any) -> None:
                return

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def client(self, **user: Any) -> ApiClient:
        config = {
            "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": self.address}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
            "users": [{"name": "me", "user": user}],
        }
        return ApiClient(connection(json.dumps(config), environment={}))

    def stop(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


def status(code: int, reason: str, message: str, **details: str) -> tuple[int, str]:
    return code, json.dumps({"kind": "Status", "reason": reason, "message": message, "details": details})


def test_the_user_is_named_and_the_answer_is_read(server: Server) -> None:
    server.answers = [(200, '{"kind": "Thing"}')]
    assert server.client(token="me").get("/api", {"labelSelector": "a=b"}) == {"kind": "Thing"}
    method, path, headers = server.asked[0]
    assert (method, path) == ("GET", "/api?labelSelector=a%3Db")
    assert headers["Authorization"] == "Bearer me"


def test_a_failure_is_told_in_the_api_server_s_words(server: Server) -> None:
    server.answers = [status(404, "NotFound", 'namespaces "n" not found', kind="namespaces", name="n")]
    with pytest.raises(ApiError, match=r'^namespaces "n" not found$') as caught:
        server.client().request("POST", "/api/v1/namespaces/n/pods", body={})
    assert caught.value.namespace_not_found


def test_a_failure_of_something_in_between_is_told_too(server: Server) -> None:
    server.answers = [(502, "<html>")]
    with pytest.raises(ApiError, match="the server answered 502 Bad Gateway"):
        server.client().get("/api")


def test_an_answer_that_no_api_server_gives_is_told(server: Server) -> None:
    server.answers = [(200, "<html>")]
    with pytest.raises(UnreachableError, match="what it sent is not JSON"):
        server.client().get("/api")


def test_a_server_that_is_too_busy_is_asked_again(server: Server) -> None:
    server.answers = [(429, ""), (200, "{}")]
    assert server.client().get("/api") == {}


def test_a_refused_token_is_fetched_once_more(server: Server, tmp_path: Path) -> None:
    program = tmp_path / "login"
    program.write_text('#!/bin/sh\necho "{\\"status\\": {\\"token\\": \\"$$\\"}}"\n')
    program.chmod(0o755)
    server.answers = [status(401, "Unauthorized", "Unauthorized"), (200, "{}")]
    server.client(exec={"command": str(program)}).get("/api")
    first, second = (headers["Authorization"] for _, _, headers in server.asked)
    assert first != second
    server.answers = [status(401, "Unauthorized", "Unauthorized")]
    with pytest.raises(ApiError, match="Unauthorized"):
        server.client(token="fixed").get("/api")


def test_a_server_that_is_not_there_is_unreachable() -> None:
    nowhere = Server()
    nowhere.stop()
    with pytest.raises(UnreachableError, match=r"the API server at http://127.0.0.1:\d+ does not answer: .*refused"):
        nowhere.client().get("/api")


def test_certificates_that_are_none_are_told() -> None:
    config = {
        "current-context": "it",
        "clusters": [
            {"name": "it", "cluster": {"server": "https://127.0.0.1:1", "certificate-authority-data": "YQ=="}}
        ],
        "contexts": [{"name": "it", "context": {"cluster": "it"}}],
    }
    with pytest.raises(UnreachableError, match="certificates cannot be used"):
        ApiClient(connection(json.dumps(config), environment={})).get("/api")


GROUP = {
    "resources": [{"name": "things", "kind": "Thing", "namespaced": True}, {"name": "things/status", "kind": "Thing"}]
}
THING = Kind("example.com", "v1", "Thing")


def test_a_kind_is_looked_up_once_and_a_missing_one_each_time(server: Server) -> None:
    resources = Resources(server.client())
    server.answers = [(404, "404 page not found"), (200, json.dumps(GROUP)), (200, "{}"), (200, "{}")]
    assert not resources.exists(THING)
    resources.get(THING, "n/../x", "a b")
    resources.get(THING, "n", "b")
    assert [path for _, path, _ in server.asked] == [
        "/apis/example.com/v1",
        "/apis/example.com/v1",
        "/apis/example.com/v1/namespaces/n%2F..%2Fx/things/a%20b",
        "/apis/example.com/v1/namespaces/n/things/b",
    ]


def test_a_kind_that_its_group_does_not_have_is_named(server: Server) -> None:
    server.answers = [(200, json.dumps(GROUP))]
    with pytest.raises(NoMatchError, match=r'no matches for kind "Other" in version "example\.com/v1"'):
        Resources(server.client()).get(Kind("example.com", "v1", "Other"), "n", "a")
