"""Kubeconfigs: from a provider's input or the environment to one cluster and one user.

Reads what client-go reads; turning a user into credentials is `credentials.py`.
"""

import base64
import binascii
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.kubernetes.errors import UnreachableError
from sandbox.kubernetes.values import Manifest

_SETUP = (
    "unable to load Kubernetes client configuration from kubeconfig file: {}. "
    "Set the provider's `kubeconfig`, or KUBECONFIG, to a cluster's configuration"
)


@dataclass(frozen=True)
class Cluster:
    """Where the API server is and how it proves who it is."""

    server: str
    certificate_authority: bytes
    insecure: bool
    server_name: str


@dataclass(frozen=True)
class ExecPlugin:
    """A program that prints credentials (client.authentication.k8s.io)."""

    command: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    api_version: str
    install_hint: str
    provide_cluster_info: bool


@dataclass(frozen=True)
class User:
    """How to log in: one of a certificate with its key, a token, a file with a token, a program."""

    certificate: bytes
    key: bytes
    token: str
    token_file: Path | None
    plugin: ExecPlugin | None


@dataclass(frozen=True)
class Connection:
    """The cluster, the user and the namespace of one context."""

    cluster: Cluster
    user: User
    namespace: str


def connection(
    kubeconfig: str, *, environment: Mapping[str, str], context: str = "", cluster: str = "", namespace: str = ""
) -> Connection:
    """What `kubeconfig` says (contents or a path; empty: the environment's), with the provider's overrides."""
    config = _Kubeconfig.load(kubeconfig, environment)
    chosen = config.context(context)
    cluster_name = cluster or str(chosen.get("cluster", ""))
    found = config.entry("clusters", cluster_name, "cluster")
    if found is None:
        raise UnreachableError(_SETUP.format(f"cluster {cluster_name!r} does not exist"))
    user_name = str(chosen.get("user", ""))
    user = config.entry("users", user_name, "user")
    if user is None and user_name:
        raise UnreachableError(_SETUP.format(f"user {user_name!r} does not exist"))
    return Connection(
        _cluster(found, config.folder),
        _user(user or {}, config.folder),
        namespace or str(chosen.get("namespace") or "default"),
    )


def active_cluster(kubeconfig: Any, *, context: str, cluster: str, environment: Mapping[str, str]) -> Manifest | None:
    """The settings of the cluster that a provider's inputs point at, to compare; None when they cannot be read."""
    text = kubeconfig if isinstance(kubeconfig, str) else json.dumps(kubeconfig) if kubeconfig else ""
    if not text:
        return {}
    try:
        config = _Kubeconfig.load(text, environment)
        chosen = config.context(context)
    except UnreachableError:
        return None
    return config.entry("clusters", cluster or str(chosen.get("cluster", "")), "cluster")


@dataclass(frozen=True)
class _Kubeconfig:
    contents: Manifest
    folder: Path

    @classmethod
    def load(cls, kubeconfig: str, environment: Mapping[str, str]) -> "_Kubeconfig":
        if kubeconfig.strip():
            # A text with a line break or a brace is contents; file names have neither.
            if "\n" in kubeconfig or "{" in kubeconfig:
                return cls(_parsed(kubeconfig, "the provider's kubeconfig"), Path.cwd())
            return cls._merged([Path(part).expanduser() for part in kubeconfig.split(os.pathsep) if part])
        paths = [Path(part) for part in environment.get("KUBECONFIG", "").split(os.pathsep) if part]
        return cls._merged(paths or [Path(environment.get("HOME", "~")).expanduser() / ".kube" / "config"])

    @classmethod
    def _merged(cls, paths: Sequence[Path]) -> "_Kubeconfig":
        """Several files as one: for each name and setting the first file wins, as client-go has it."""
        result: Manifest = {"clusters": [], "contexts": [], "users": []}
        readable = [path for path in paths if path.is_file()]
        if not readable:
            raise UnreachableError(_SETUP.format(f"no such file: {os.pathsep.join(map(str, paths))}"))
        for path in readable:
            try:
                contents = _parsed(path.read_text(encoding="utf-8"), str(path))
            except OSError as error:
                raise UnreachableError(_SETUP.format(f"{path}: {error.strerror}")) from error
            for section in ("clusters", "contexts", "users"):
                result[section] += contents.get(section) or []
            if contents.get("current-context"):
                result.setdefault("current-context", contents["current-context"])
        return cls(result, readable[0].parent)

    def context(self, name: str) -> Manifest:
        wanted = name or str(self.contents.get("current-context") or "")
        if not wanted:
            raise UnreachableError(_SETUP.format("it has no current-context and the provider names no `context`"))
        found = self.entry("contexts", wanted, "context")
        if found is None:
            raise UnreachableError(_SETUP.format(f"context {wanted!r} does not exist"))
        return found

    def entry(self, section: str, name: str, field: str) -> Manifest | None:
        for entry in self.contents.get(section) or []:
            if isinstance(entry, dict) and entry.get("name") == name:
                found = entry.get(field)
                return found if isinstance(found, dict) else {}
        return None


def _parsed(text: str, where: str) -> Manifest:
    try:
        contents = yaml.safe_load(text)
    except yaml.YAMLError as error:
        # The parser's own message quotes the text, which may hold credentials.
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise UnreachableError(f"failed to parse kubeconfig data in {where}{place}: not YAML or JSON") from None
    if not isinstance(contents, dict):
        raise UnreachableError(f"failed to parse kubeconfig data in {where}: not a mapping")
    return contents


def _cluster(entry: Manifest, folder: Path) -> Cluster:
    server = str(entry.get("server") or "")
    if not server:
        raise UnreachableError(_SETUP.format("the cluster has no `server`"))
    if entry.get("proxy-url"):
        raise UnreachableError(_SETUP.format("the sandbox does not go through a `proxy-url`"))
    return Cluster(
        server=server.rstrip("/"),
        certificate_authority=_data(entry, "certificate-authority", folder),
        insecure=bool(entry.get("insecure-skip-tls-verify")),
        server_name=str(entry.get("tls-server-name") or ""),
    )


def _user(entry: Manifest, folder: Path) -> User:
    for unsupported in ("auth-provider", "username"):
        if entry.get(unsupported):
            raise UnreachableError(
                f"the kubeconfig's user logs in by {unsupported!r}, which API servers no longer take"
            )
    token_file = entry.get("tokenFile")
    return User(
        certificate=_data(entry, "client-certificate", folder),
        key=_data(entry, "client-key", folder),
        token=str(entry.get("token") or ""),
        token_file=folder / str(token_file) if token_file else None,
        plugin=_plugin(entry["exec"]) if isinstance(entry.get("exec"), dict) else None,
    )


def _plugin(entry: Manifest) -> ExecPlugin:
    return ExecPlugin(
        command=str(entry.get("command") or ""),
        arguments=tuple(str(argument) for argument in entry.get("args") or []),
        environment={str(item.get("name")): str(item.get("value")) for item in entry.get("env") or []},
        api_version=str(entry.get("apiVersion") or "client.authentication.k8s.io/v1"),
        install_hint=str(entry.get("installHint") or ""),
        provide_cluster_info=bool(entry.get("provideClusterInfo")),
    )


def _data(entry: Manifest, field: str, folder: Path) -> bytes:
    """What `field` holds: base64 in `<field>-data`, or the contents of the file it names."""
    if encoded := entry.get(f"{field}-data"):
        try:
            return base64.b64decode(str(encoded), validate=True)
        except binascii.Error:
            raise UnreachableError(_SETUP.format(f"{field}-data is not base64")) from None
    if path := entry.get(field):
        try:
            return (folder / str(path)).read_bytes()
        except OSError as error:
            raise UnreachableError(_SETUP.format(f"{field} {path}: {error.strerror}")) from error
    return b""
