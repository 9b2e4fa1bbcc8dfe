"""Who may log in to the control plane: kubeconfigs of the administrator and of the control plane's own parts."""

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

import yaml

from sandbox.certificates import Certificate, authority, issue_client
from sandbox.control_plane.client import ADMINISTRATOR, ADMINISTRATORS
from sandbox.state import Settings, State, control_address, write_private


def server_url(settings: Settings) -> str:
    return f"https://{control_address(settings)}:{settings['apiserver_port']}"


def write_admin_kubeconfig(state: State, settings: Settings) -> None:
    """One file with everything in it, for a person's `kubectl`."""
    write_private(state.kubeconfig, _kubeconfig(state, settings, issue_client(state, ADMINISTRATOR, ADMINISTRATORS)))


def kubeconfig_of(state: State, settings: Settings, user: str, groups: Sequence[str] = ()) -> Path:
    """The kubeconfig of one part of the cluster; RBAC knows it by its user name, and its groups."""
    file = state.control_plane / f"{user.removeprefix('system:')}.kubeconfig"
    write_private(file, _kubeconfig(state, settings, issue_client(state, user, groups)))
    return file


def _kubeconfig(state: State, settings: Settings, client: Certificate) -> str:
    cluster = {"server": server_url(settings), "certificate-authority-data": _encoded(authority(state).certificate)}
    user = {"client-certificate-data": _encoded(client.certificate), "client-key-data": _encoded(client.key)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "sandbox", "cluster": cluster}],
        "users": [{"name": "sandbox", "user": user}],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "sandbox"}}],
        "current-context": "sandbox",
    }
    return yaml.safe_dump(document, sort_keys=False)


def _encoded(file: Path) -> str:
    return b64encode(file.read_bytes()).decode()
