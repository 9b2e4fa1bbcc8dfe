"""kubelogin's answer to kubectl: a credential from a real token request, or one line on stderr."""

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from sandbox.certificates import authority, issue_client, issue_server
from sandbox.control_plane.client import ADMINISTRATOR, ADMINISTRATORS
from sandbox.control_plane.furniture import ENTRA_ACCOUNT, ENTRA_NAMESPACE
from sandbox.credentials.kubelogin import main
from sandbox.state import State

Capture = pytest.CaptureFixture[str]
COMMAND = ["get-token", "--login", "azurecli", "--server-id", "6dae42f8-4368-4678-94ff-3960e28e3630"]


class _ApiServer(BaseHTTPRequestHandler):
    """Gives tokens as the API server does."""

    code = 201
    asked: ClassVar[list[tuple[str, dict[str, Any]]]]

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, request))
        status = {"token": "the-token", "expirationTimestamp": "2030-01-01T00:00:00Z"}
        body = {"status": status} if self.code == 201 else {"message": "serviceaccounts is forbidden"}
        self.send_response(self.code)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def api_server(state: State) -> Iterator[type[_ApiServer]]:
    """An HTTPS server at the sandbox's address that wants the administrator's certificate."""

    class Handler(_ApiServer):
        asked: ClassVar[list[tuple[str, dict[str, Any]]]] = []

    address = "127.99.8.1"
    own = issue_server(state, "apiserver", [address], ["localhost"])
    issue_client(state, ADMINISTRATOR, ADMINISTRATORS)
    trust = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority(state).certificate))
    trust.verify_mode = ssl.CERT_REQUIRED
    trust.load_cert_chain(own.certificate, own.key)
    with ThreadingHTTPServer((address, 0), Handler) as server:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
        settings = {**state.load_settings(), "apiserver_port": server.server_address[1]}
        state.settings.write_text(json.dumps(settings))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Handler
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_kubectl_gets_a_token_in_the_version_it_asks_for(
    api_server: type[_ApiServer], environment: dict[str, str], capsys: Capture, version: str
) -> None:
    asked = {"apiVersion": f"client.authentication.k8s.io/{version}", "kind": "ExecCredential"}
    assert main(COMMAND, {**environment, "KUBERNETES_EXEC_INFO": json.dumps(asked)}) == 0
    credential = json.loads(capsys.readouterr().out)
    assert credential["apiVersion"] == asked["apiVersion"]
    assert credential["status"] == {"token": "the-token", "expirationTimestamp": "2030-01-01T00:00:00Z"}
    ((path, request),) = api_server.asked
    assert path == f"/api/v1/namespaces/{ENTRA_NAMESPACE}/serviceaccounts/{ENTRA_ACCOUNT}/token"
    assert request["spec"] == {"expirationSeconds": 3600}


def test_a_log_in_that_needs_a_person_is_refused_unless_overridden(
    api_server: type[_ApiServer], environment: dict[str, str], capsys: Capture
) -> None:
    command = ["get-token", "--login", "devicecode", "--server-id", "x", "--client-id", "y", "--tenant-id", "z"]
    assert main(command, environment) == 1
    assert "needs a person" in capsys.readouterr().err
    assert main(command, {**environment, "AAD_LOGIN_METHOD": "azurecli"}) == 0


def test_a_refusal_of_the_api_server_is_told(
    api_server: type[_ApiServer], environment: dict[str, str], capsys: Capture
) -> None:
    api_server.code = 403
    assert main(COMMAND, environment) == 1
    assert "failed to get token: 403 serviceaccounts is forbidden" in capsys.readouterr().err


def test_a_sandbox_that_is_down_is_told(environment: dict[str, str], capsys: Capture) -> None:
    assert main(COMMAND, environment) == 1
    assert "failed to get token" in capsys.readouterr().err


def test_other_commands_are_a_clear_error(environment: dict[str, str], capsys: Capture) -> None:
    for arguments in (["convert-kubeconfig"], ["get-token"], [*COMMAND, "--wrong"]):
        assert main(arguments, environment) == 1
        assert capsys.readouterr().err.startswith("Error: ")
