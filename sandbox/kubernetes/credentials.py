"""A kubeconfig user's credentials when a request needs them: a bearer token, a client certificate, or neither.

Programs (`exec`) are run once and again when what they printed expires or the API server refuses it.
"""

import base64
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sandbox.kubernetes.errors import UnreachableError
from sandbox.kubernetes.kubeconfig import Cluster, Connection, ExecPlugin
from sandbox.kubernetes.values import Manifest

# A sign-in may open a browser in production; two minutes is what a person needs.
_PLUGIN_TIMEOUT: Final = 120
_SKEW: Final = timedelta(seconds=10)


@dataclass(frozen=True)
class Credential:
    """What proves who is asking."""

    token: str = ""
    certificate: bytes = b""
    key: bytes = b""
    expires: datetime | None = None

    def __repr__(self) -> str:
        return "<credential>"


class Credentials:
    """The current credential of one user, fetched when first needed."""

    def __init__(self, connection: Connection, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._cluster = connection.cluster
        self._user = connection.user
        self._now = now
        self._lock = threading.Lock()
        self._fetched: Credential | None = None

    def current(self) -> Credential:
        """The credential to use now."""
        user = self._user
        if user.plugin is None:
            token = user.token
            if user.token_file is not None:
                # Tokens of service accounts are rotated in place, so the file is read each time.
                token = _read(user.token_file)
            return Credential(token, user.certificate, user.key)
        with self._lock:
            if self._fetched is None or self._expired(self._fetched):
                self._fetched = _fetched(user.plugin, self._cluster)
            return self._fetched

    def refuse(self, credential: Credential) -> bool:
        """Drop a credential that the API server refused; whether another may be had."""
        if self._user.plugin is None:
            return False
        with self._lock:
            if self._fetched is credential:
                self._fetched = None
        return True

    def _expired(self, credential: Credential) -> bool:
        return credential.expires is not None and credential.expires - _SKEW <= self._now()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UnreachableError(f"getting credentials: the kubeconfig's tokenFile {path}: {error.strerror}") from error


def _fetched(plugin: ExecPlugin, cluster: Cluster) -> Credential:
    program = shutil.which(plugin.command)
    if program is None:
        hint = f": {plugin.install_hint}" if plugin.install_hint else ""
        raise UnreachableError(f"getting credentials: exec: {plugin.command!r} is not on PATH{hint}")
    info: Manifest = {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": {"interactive": False}}
    if plugin.provide_cluster_info:
        info["spec"]["cluster"] = {
            "server": cluster.server,
            "certificate-authority-data": base64.b64encode(cluster.certificate_authority).decode(),
        }
    try:
        finished = subprocess.run(
            [program, *plugin.arguments],
            env={**os.environ, **plugin.environment, "KUBERNETES_EXEC_INFO": json.dumps(info)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PLUGIN_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnreachableError(
            f"getting credentials: exec: {plugin.command} did not end within {_PLUGIN_TIMEOUT} s"
        ) from None
    except OSError as error:
        raise UnreachableError(f"getting credentials: exec: {plugin.command}: {error.strerror}") from error
    if finished.returncode != 0:
        lines = finished.stderr.strip().splitlines()[-5:]
        said = "; ".join(lines) or "it printed nothing"
        raise UnreachableError(
            f"getting credentials: exec: {plugin.command} failed with exit code {finished.returncode}: {said}"
        )
    return _credential(finished.stdout, plugin)


def _credential(printed: str, plugin: ExecPlugin) -> Credential:
    wrong = UnreachableError(f"getting credentials: exec: {plugin.command} printed no ExecCredential with a status")
    try:
        status = json.loads(printed)["status"]
        token = str(status.get("token") or "")
        certificate = str(status.get("clientCertificateData") or "").encode()
        key = str(status.get("clientKeyData") or "").encode()
        expires = status.get("expirationTimestamp")
        expiry = datetime.fromisoformat(expires) if expires else None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise wrong from None
    if not token and not certificate:
        raise wrong
    if expiry is not None and expiry.tzinfo is None:
        expiry = expiry.replace(tzinfo=UTC)
    return Credential(token, certificate, key, expiry)
