"""The way to Blob storage over real sockets and TLS: who may pass, and what arrives at the store behind it."""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sandbox.azure.store import Resource, Store
from sandbox.certificates import authority
from sandbox.edge import tokens
from sandbox.edge.server import server
from sandbox.edge.service import door_key
from sandbox.state import State, free_port, new_settings

GROUP = "/subscriptions/s/resourceGroups/g"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/shopdata"
CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
STORAGE = "https://storage.azure.com"


@dataclass
class Behind:
    """What stands in Azurite's place, and what it was asked."""

    port: int = 0
    asked: list[tuple[str, str, str | None, bytes]] = field(default_factory=list)


@pytest.fixture
def behind() -> Iterator[Behind]:
    seen = Behind()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            pass

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            passed_on = self.headers.get("Authorization")
            seen.asked.append((self.command, self.path, passed_on or self.headers.get("x-sandbox-door"), body))
            self.send_response(201 if self.command == "PUT" else 200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nhello\r\n0\r\n\r\n")

    # The port is the address's own: a sandbox has `.2` for itself
    with ThreadingHTTPServer(("127.0.0.2", 0), Handler) as running:
        seen.port = running.server_port
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield seen
        running.shutdown()


@dataclass
class Front:
    """The server in front, asked as an SDK does."""

    state: State
    store: Store
    port: int

    def ask(
        self, method: str, path: str, token: str | None, *, host: str = "shopdata", body: bytes = b""
    ) -> tuple[int, bytes, str | None]:
        trusting = ssl.create_default_context(cafile=str(authority(self.state).certificate))
        name = f"{host}.blob.core.windows.net"
        with (
            socket.create_connection(("127.0.0.2", self.port), timeout=10) as plain,
            trusting.wrap_socket(plain, server_hostname=name) as secured,
        ):
            connection = http.client.HTTPConnection(name)
            connection.sock = secured
            connection.request(method, path, body=body, headers={"Authorization": token} if token else {})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers.get("x-ms-error-code")

    def token(self, principal: str, audience: str = STORAGE) -> str:
        return f"Bearer {tokens.issued(self.state, audience, principal)}"


@pytest.fixture
def front(tmp_path: Path, behind: Behind) -> Iterator[Front]:
    state = State(tmp_path / "state")
    state.save_settings(new_settings(state, toolchain_path=[], postgres_bin="", pods="real"))
    store = Store(state)
    with store.writing() as transaction:
        transaction.put(
            Resource(ACCOUNT, "azure-native:storage:StorageAccount", "v", {"allowSharedKeyAccess": False}, {})
        )
        transaction.put(
            Resource(
                f"{ACCOUNT}/blobServices/default/containers/data", "azure-native:storage:BlobContainer", "v", {}, {}
            )
        )
        for scope, principal, role in (
            (ACCOUNT, "writer", CONTRIBUTOR),
            (GROUP, "group-writer", CONTRIBUTOR),
            (ACCOUNT, "reader", READER),
            (f"{ACCOUNT}x", "neighbour", CONTRIBUTOR),
        ):
            transaction.put(
                Resource(
                    f"{scope}/providers/Microsoft.Authorization/roleAssignments/{principal}",
                    "azure-native:authorization:RoleAssignment",
                    "v",
                    {"principalId": principal, "roleDefinitionId": f"/x/roleDefinitions/{role}"},
                    {},
                )
            )
    port = free_port("127.0.0.2", 8443)
    with server(state, ("127.0.0.2", port), behind.port) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield Front(state, store, port)
        running.shutdown()


@pytest.mark.parametrize("who", ["writer", "group-writer"])
def test_whoever_has_the_role_reads_and_writes_and_the_container_is_there(
    front: Front, behind: Behind, who: str
) -> None:
    assert front.ask("PUT", "/data/a%20b?comp=block", front.token(who), body=b"x" * 600_000) == (201, b"hello", None)
    assert front.ask("GET", "/data/a%20b", front.token(who)) == (200, b"hello", None)

    inner = behind.asked[0][1].split("/")[1]
    key = door_key(front.state)
    assert [(one[0], one[1], one[2], len(one[3])) for one in behind.asked] == [
        ("PUT", f"/{inner}/data?restype=container", key, 0),
        ("PUT", f"/{inner}/data/a%20b?comp=block", key, 600_000),
        ("GET", f"/{inner}/data/a%20b", key, 0),
    ]


@pytest.mark.parametrize(
    ("method", "who", "code"),
    [
        ("PUT", "reader", "AuthorizationPermissionMismatch"),
        ("GET", "nobody", "AuthorizationPermissionMismatch"),
        ("GET", "neighbour", "AuthorizationPermissionMismatch"),
        ("GET", None, "KeyBasedAuthenticationNotPermitted"),
    ],
)
def test_whoever_has_not_is_refused_before_anything_is_asked(
    front: Front, behind: Behind, method: str, who: str | None, code: str
) -> None:
    status, body, said = front.ask(method, "/data/a", front.token(who) if who else "SharedKey shopdata:x", body=b"1")

    assert (status, said) == (403, code)
    assert f"<Code>{code}</Code>".encode() in body
    assert behind.asked == []


def test_there_are_no_keys_to_sign_with_for_others(front: Front, behind: Behind) -> None:
    asked = front.ask("PUT", "/?restype=service&comp=userdelegationkey", front.token("writer"), body=b"<KeyInfo/>")

    assert asked[::2] == (403, "AuthorizationPermissionMismatch")
    assert behind.asked == []


def test_a_reader_reads(front: Front) -> None:
    assert front.ask("GET", "/data/a", front.token("reader"))[0] == 200


def test_a_token_for_another_service_or_of_another_sandbox_opens_nothing(front: Front, tmp_path: Path) -> None:
    stranger = f"Bearer {tokens.issued(State(tmp_path / 'other'), STORAGE, 'writer')}"

    for token in (front.token("writer", "https://vault.azure.net"), stranger, "Bearer", "Bearer x.y.z"):
        assert front.ask("GET", "/data/a", token)[::2] == (401, "AuthenticationFailed")


def test_an_account_made_anew_is_empty_and_one_that_is_not_there_answers_nothing(front: Front, behind: Behind) -> None:
    front.ask("GET", "/data/a", front.token("writer"))
    with front.store.writing() as transaction:
        old = transaction.get(ACCOUNT)
        assert old is not None
        transaction.put(Resource(**{**old.__dict__, "created": "2030-01-01T00:00:00Z"}))
    front.ask("GET", "/data/a", front.token("writer"))
    reads = [path for method, path, _, _ in behind.asked if method == "GET"]

    assert len({path.split("/")[1] for path in reads}) == 2
    assert front.ask("GET", "/data/a", front.token("writer"), host="nobody")[0] == 404


def test_an_azurite_that_is_gone_is_a_server_that_is_busy(front: Front, tmp_path: Path) -> None:
    """The client hears of it, and tries again."""
    with server(front.state, ("127.0.0.2", free_port("127.0.0.2", 9443)), free_port("127.0.0.2", 9444)) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        alone = Front(front.state, front.store, running.server_port)
        assert alone.ask("PUT", "/data/a", front.token("writer"), body=b"x")[::2] == (503, "ServerBusy")
        running.shutdown()


@pytest.mark.parametrize("length", ["-1", "x"])
def test_nonsense_is_refused_and_not_read(front: Front, length: str) -> None:
    trusting = ssl.create_default_context(cafile=str(authority(front.state).certificate))
    with (
        socket.create_connection(("127.0.0.2", front.port), timeout=10) as plain,
        trusting.wrap_socket(plain, server_hostname="login.microsoftonline.com") as secured,
    ):
        head = "POST /t/oauth2/v2.0/token HTTP/1.1\r\nHost: login.microsoftonline.com\r\n"
        secured.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode())
        assert secured.recv(100).startswith(b"HTTP/1.1 400 ")
