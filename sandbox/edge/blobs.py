"""The way to Blob storage: who may use an account is decided here as Azure decides it, the blobs are Azurite's.

Accounts are those that were deployed, and have the containers that were. Sources:
learn.microsoft.com/rest/api/storageservices, "authorize-with-azure-active-directory", "blob-service-error-codes".
"""

import hashlib
import http.client
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedIOBase
from urllib.parse import quote

from sandbox.azure import ids
from sandbox.azure.store import SUCCEEDED, Resource, Store
from sandbox.edge import tokens
from sandbox.state import State

SUFFIX = ".blob.core.windows.net"
AUDIENCE = "https://storage.azure.com"
DOOR_HEADER = "x-sandbox-door"
"""What Azurite asks for in place of a signature: azurite.js."""

_ACCOUNT = "azure-native:storage:StorageAccount"
_CONTAINER = "azure-native:storage:BlobContainer"
_ROLE = "azure-native:authorization:RoleAssignment"
# learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage
_WRITERS = ("ba92f5b4-2d11-453d-a403-e96b0029c9fe", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b")
_READERS = (*_WRITERS, "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1")
_READING = ("GET", "HEAD")
_VERSION = "2021-12-02"
_PIECE = 1 << 18
# Of one connection alone: RFC 9110, section 7.6.1. The token is for this door, not for what is behind it.
_OWN = {"connection", "keep-alive", "transfer-encoding", "host", "authorization", DOOR_HEADER}
_REFUSALS = {
    "AuthenticationFailed": (
        401,
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly.",
    ),
    "KeyBasedAuthenticationNotPermitted": (403, "Key based authentication is not permitted on this storage account."),
    "AuthorizationPermissionMismatch": (
        403,
        "This request is not authorized to perform this operation using this permission.",
    ),
    "ServerBusy": (503, "The server is currently unable to receive requests. Please retry your request."),
    "MissingContentLengthHeader": (411, "The Content-Length header was not specified."),
}


class RefusedError(Exception):
    """Azure's answer to a request that is not let through."""

    def __init__(self, code: str, *, late: bool = False) -> None:
        """`late`: some of the request's body has been read."""
        super().__init__(code)
        self.code = code
        self.late = late
        self.status, self.text = _REFUSALS[code]

    def body(self) -> bytes:
        """As Blob storage writes it."""
        return (
            f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{self.code}</Code>'
            f"<Message>{self.text}</Message></Error>"
        ).encode()


@dataclass(frozen=True)
class Answered:
    """What Azurite has answered; the body comes in pieces."""

    status: int
    headers: list[tuple[str, str]]
    pieces: Iterator[bytes]


@dataclass(frozen=True)
class Blobs:
    """Lets through what may go through."""

    state: State
    store: Store
    address: tuple[str, int]
    """Azurite's."""
    key: str
    """What opens Azurite's door."""
    _made: set[tuple[str, str]] = field(default_factory=set)

    def ask(
        self, account: Resource, method: str, target: str, headers: Mapping[str, str], body: BufferedIOBase
    ) -> Answered:
        """The answer to a request for one of an account's blobs. Raises `RefusedError`."""
        own = {name.lower(): value for name, value in headers.items()}
        self._authorize(account, method, own.get("authorization", ""))
        if "transfer-encoding" in own:
            raise RefusedError("MissingContentLengthHeader")
        if "comp=userdelegationkey" in target:
            # Azurite has no such keys; whoever wants to sign with one finds another way, as versitygw does to copy
            raise RefusedError("AuthorizationPermissionMismatch")
        inner = _inner_name(account)
        self._have_containers(account, inner)
        sent = {name: value for name, value in headers.items() if name.lower() not in _OWN}
        length = max(0, int(own.get("content-length", 0)))
        return self._send(method, f"/{inner}{target}", sent, pieces(body, length) if length else None)

    def _authorize(self, account: Resource, method: str, authorization: str) -> None:
        kind, _, token = authorization.partition(" ")
        if kind != "Bearer":
            keys_work = account.inputs.get("allowSharedKeyAccess") is not False
            raise RefusedError("AuthenticationFailed" if keys_work else "KeyBasedAuthenticationNotPermitted")
        audiences = (AUDIENCE, f"https://{account.name}{SUFFIX}")
        principal = next((who for one in audiences if (who := tokens.principal_of(self.state, token, one))), None)
        if principal is None:
            raise RefusedError("AuthenticationFailed")
        if not self._may(account, principal, _READERS if method in _READING else _WRITERS):
            raise RefusedError("AuthorizationPermissionMismatch")

    def _may(self, account: Resource, principal: str, roles: tuple[str, ...]) -> bool:
        """Whether it has one of the roles on the account or on what the account lies in."""
        return any(
            one.provisioning == SUCCEEDED
            and str(one.inputs.get("principalId")).lower() == principal.lower()
            and str(one.inputs.get("roleDefinitionId")).lower().endswith(roles)
            and f"{ids.key(account.id)}/".startswith(f"{_scope(one)}/")
            for one in self.store.list(tokens=[_ROLE])
        )

    def _have_containers(self, account: Resource, inner: str) -> None:
        """Azurite hears of containers when somebody wants to use them."""
        for container in self.store.list(tokens=[_CONTAINER], under=account.id):
            if container.provisioning == SUCCEEDED and (inner, container.name) not in self._made:
                answer = self._send("PUT", f"/{inner}/{quote(container.name)}?restype=container", {}, None)
                list(answer.pieces)
                if answer.status in (201, 409):  # made, or made before this process began
                    self._made.add((inner, container.name))

    def _send(self, method: str, target: str, headers: Mapping[str, str], body: Iterator[bytes] | None) -> Answered:
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        with _or_busy(connection, late=False):
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in {"x-ms-version": _VERSION, **headers, DOOR_HEADER: self.key}.items():
                connection.putheader(name, value)
            if body is None and method not in _READING and "content-length" not in {name.lower() for name in headers}:
                connection.putheader("Content-Length", "0")
            connection.endheaders()
        for piece in body or ():
            with _or_busy(connection, late=True):
                connection.send(piece)
        with _or_busy(connection, late=True):
            answer = connection.getresponse()
        own = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OWN]

        def answered() -> Iterator[bytes]:
            try:
                while piece := answer.read(_PIECE):
                    yield piece
            finally:
                connection.close()

        return Answered(answer.status, own, answered())


@contextmanager
def _or_busy(connection: http.client.HTTPConnection, *, late: bool) -> Iterator[None]:
    """What Azurite does not do is not the client's fault."""
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        print(f"Azurite: {error!r}", flush=True)
        raise RefusedError("ServerBusy", late=late) from None


def account_of(store: Store, host: str) -> Resource | None:
    """The account that answers under a host name."""
    name = host.lower().removesuffix(SUFFIX)
    return next((one for one in store.list(tokens=[_ACCOUNT]) if one.name == name), None)


def _scope(assignment: Resource) -> str:
    return ids.key(re.split("/providers/Microsoft.Authorization/", assignment.id, flags=re.IGNORECASE)[0])


def _inner_name(account: Resource) -> str:
    """The account's name at Azurite: one that is deleted and made anew is empty."""
    return hashlib.sha256(f"{ids.key(account.id)}\n{account.created}".encode()).hexdigest()[:24]


def pieces(body: BufferedIOBase, length: int) -> Iterator[bytes]:
    """A body of this length, as it comes."""
    while length > 0:
        piece = body.read(min(_PIECE, length))
        if not piece:
            raise ConnectionError("the client went away")
        length -= len(piece)
        yield piece
