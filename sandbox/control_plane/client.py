"""The few requests the sandbox itself sends to its servers: is it healthy, what does it hold, apply this.

The product and the stand-ins bring clients of their own.
"""

import json
from collections.abc import Mapping
from typing import Any

import urllib3

from sandbox.certificates import authority, issue_client
from sandbox.errors import SandboxError
from sandbox.state import State, control_address

# The administrator of the sandbox; system:masters is the group that RBAC cannot lock out.
ADMINISTRATOR = "sandbox-admin"
ADMINISTRATORS = ("system:masters",)

_TIMEOUT = urllib3.Timeout(connect=2, read=10)


def pool(state: State) -> urllib3.PoolManager:
    """Connections that trust the sandbox's CA and log in as the administrator."""
    client = issue_client(state, ADMINISTRATOR, ADMINISTRATORS)
    return urllib3.PoolManager(
        cert_reqs="CERT_REQUIRED",
        ca_certs=str(authority(state).certificate),
        cert_file=str(client.certificate),
        key_file=str(client.key),
        retries=False,
        timeout=_TIMEOUT,
    )


def answers(connections: urllib3.PoolManager, url: str) -> bool:
    """Whether a server says that it is well; a refused connection is a no."""
    try:
        return connections.request("GET", url).status == 200
    except urllib3.exceptions.HTTPError:
        return False


class ApiServer:
    """The sandbox's API server, as its administrator sees it."""

    def __init__(self, state: State) -> None:
        settings = state.load_settings()
        self.url = f"https://{control_address(settings)}:{settings['apiserver_port']}"
        self._connections = pool(state)

    def ready(self) -> bool:
        return answers(self._connections, f"{self.url}/readyz")

    def get(self, path: str) -> dict[str, Any] | None:
        """An object or list; `None` where there is none."""
        return self._send("GET", path, missing_is_fine=True)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a review, which is an object that is not kept."""
        return self._send("POST", path, body, "application/json") or {}

    def create(self, path: str, body: Mapping[str, Any]) -> None:
        """Creates an object; one that is there already stays as it is."""
        self._send("POST", path, body, "application/json", exists_is_fine=True)

    def delete(self, path: str) -> None:
        """Deletes an object; one that is not there is fine."""
        self._send("DELETE", path, missing_is_fine=True)

    def apply(self, path: str, body: Mapping[str, Any] | bytes) -> None:
        """Creates an object or brings it to this shape (bytes are YAML): kubernetes.io, server-side apply."""
        self._send("PATCH", f"{path}?fieldManager=sandbox&force=true", body, "application/apply-patch+yaml")

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | bytes | None = None,
        content: str = "",
        *,
        missing_is_fine: bool = False,
        exists_is_fine: bool = False,
    ) -> dict[str, Any] | None:
        headers = {"Accept": "application/json", **({"Content-Type": content} if content else {})}
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        try:
            answer = self._connections.request(method, f"{self.url}{path}", body=sent, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise SandboxError(
                f"the API server does not answer: {error}", fix="look: python -m sandbox status"
            ) from None
        if (answer.status == 404 and missing_is_fine) or (answer.status == 409 and exists_is_fine):
            return None
        if answer.status >= 400:
            raise SandboxError(f"the API server refused {method} {path}: {answer.status} {answer.data.decode()[:500]}")
        result: dict[str, Any] = answer.json()
        return result
