"""HTTP to one API server: TLS, credentials, failures as errors. Which paths exist is `resources.py`."""

import json
import os
import re
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, SSLError

from sandbox.kubernetes.credentials import Credential, Credentials
from sandbox.kubernetes.errors import ApiError, UnreachableError
from sandbox.kubernetes.kubeconfig import Connection
from sandbox.kubernetes.values import Manifest

JSON: Final = "application/json"
JSON_PATCH: Final = "application/json-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"

# As client-go: what never reached the server and what the server asks to send again may be sent again.
_RETRIES: Final = urllib3.Retry(
    total=6,
    connect=3,
    read=0,
    redirect=0,
    status=5,
    other=0,
    status_forcelist=[429],
    allowed_methods=None,
    backoff_factor=0.2,
    raise_on_status=False,
)
# Where a type is wrong, server-side apply quotes the value, be it a Secret's.
_QUOTED_VALUE: Final = re.compile(r"got &value\.valueUnstructured\{.*\}", re.DOTALL)
_TIMEOUT: Final = urllib3.Timeout(connect=10, read=90)


@dataclass(frozen=True)
class _Call:
    method: str
    url: str
    body: bytes | None
    content_type: str


class ApiClient:
    """Requests to the API server of one connection; safe for concurrent use."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._credentials = Credentials(connection)
        self._lock = threading.Lock()
        self._pool: urllib3.PoolManager | None = None
        self._certificate = b""

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Manifest:
        """GET `path`."""
        return self.request("GET", path, query=query)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        content_type: str = JSON,
    ) -> Manifest:
        """The JSON answer; `ApiError` for a failure, `UnreachableError` when there is no answer."""
        response = self._answer(method, path, query, body, content_type)
        try:
            answer = response.json()
        except ValueError:
            raise self._unreachable(ValueError("what it sent is not JSON")) from None
        return answer if isinstance(answer, dict) else {}

    def text(self, path: str, query: Mapping[str, str]) -> str:
        """GET what is not JSON: a log."""
        return self._answer("GET", path, query, None, JSON).data.decode(errors="replace")

    def _answer(
        self, method: str, path: str, query: Mapping[str, str] | None, body: object, content_type: str
    ) -> urllib3.BaseHTTPResponse:
        url = self._connection.cluster.server + path + ("?" + urlencode(query) if query else "")
        call = _Call(method, url, None if body is None else json.dumps(body).encode(), content_type)
        credential = self._credentials.current()
        response = self._send(call, credential)
        if response.status == 401 and self._credentials.refuse(credential):
            response = self._send(call, self._credentials.current())
        if response.status >= 400:
            raise _failure(response)
        return response

    def _send(self, call: _Call, credential: Credential) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": JSON, "User-Agent": "pulumi-kubernetes"}
        if credential.token:
            headers["Authorization"] = f"Bearer {credential.token}"
        if call.body is not None:
            headers["Content-Type"] = call.content_type
        try:
            return self._pool_for(credential).request(
                call.method, call.url, body=call.body, headers=headers, retries=_RETRIES, timeout=_TIMEOUT
            )
        except MaxRetryError as error:
            raise self._unreachable(error.reason or error) from error
        except HTTPError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> UnreachableError:
        server = self._connection.cluster.server
        if isinstance(error, SSLError):
            return UnreachableError(f"the API server at {server} cannot be trusted: {error}")
        # urllib3's own text starts with the object that failed: "<…HTTPSConnection object at 0x…>: ".
        return UnreachableError(f"the API server at {server} does not answer: {str(error).rpartition('>: ')[2]}")

    def _pool_for(self, credential: Credential) -> urllib3.PoolManager:
        """Connections with the credential's certificate; new ones when a program gave another certificate."""
        with self._lock:
            if self._pool is None or self._certificate != credential.certificate:
                cluster = self._connection.cluster
                settings: dict[str, Any] = {}
                if cluster.server.startswith("https"):
                    settings["ssl_context"] = _ssl_context(self._connection, credential)
                if cluster.server_name:
                    settings["server_hostname"] = cluster.server_name
                if cluster.insecure:
                    settings["assert_hostname"] = False
                self._certificate = credential.certificate
                # The engine works on many resources at once, each on a thread of its own.
                self._pool = urllib3.PoolManager(num_pools=1, maxsize=256, **settings)
            return self._pool


def _ssl_context(connection: Connection, credential: Credential) -> ssl.SSLContext:
    cluster = connection.cluster
    try:
        context = ssl.create_default_context()
        if cluster.certificate_authority:
            context = ssl.create_default_context(cadata=cluster.certificate_authority.decode("ascii"))
        if cluster.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if credential.certificate:
            # ssl reads certificates from files only; one in memory keeps the key off the disk.
            memory = os.memfd_create("client-certificate")
            with os.fdopen(memory, "wb", buffering=0) as file:
                file.write(credential.certificate + b"\n" + credential.key)
                context.load_cert_chain(f"/proc/self/fd/{memory}")
    except (ssl.SSLError, ValueError) as error:
        raise UnreachableError(f"the kubeconfig's certificates cannot be used: {error}") from error
    return context


def _failure(response: urllib3.BaseHTTPResponse) -> ApiError:
    try:
        status = response.json()
    except ValueError:
        status = None
    if isinstance(status, dict) and status.get("kind") == "Status":
        details = status.get("details")
        message = str(status.get("message") or f"the API server answered {response.status}")
        return ApiError(
            response.status,
            str(status.get("reason") or ""),
            _QUOTED_VALUE.sub("got something else", message),
            details if isinstance(details, dict) else None,
        )
    # Not the API server's own words: a proxy in between, or a path that no server has.
    return ApiError(response.status, "", f"the server answered {response.status} {response.reason or ''}".strip())
