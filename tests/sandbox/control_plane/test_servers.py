"""How the control plane's servers are called: on loopback alone, with TLS, knowing their clients, Secrets encrypted."""

import ipaddress
import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from sandbox.certificates import authority
from sandbox.control_plane import servers
from sandbox.control_plane.access import write_admin_kubeconfig
from sandbox.control_plane.servers import Server
from sandbox.state import Settings, State, new_settings


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


@pytest.fixture
def settings(state: State) -> Settings:
    return new_settings(state, toolchain_path=[], postgres_bin="")


def everything(state: State, settings: Settings) -> list[Server]:
    return [
        servers.etcd(state, settings),
        servers.api_server(state, settings),
        servers.controller_manager(state, settings),
        servers.scheduler(state, settings),
        servers.kwok(state, settings, "kwok"),
    ]


def test_every_server_listens_on_loopback_with_tls(state: State, settings: Settings) -> None:
    for server in everything(state, settings):
        url = urlsplit(server.health_url)
        assert url.scheme == "https"
        assert ipaddress.ip_address(url.hostname or "").is_loopback
        bound = [value for name, value in server.flags.items() if name in {"bind-address", "server-address"}]
        urls = [value for name, value in server.flags.items() if name.startswith("listen-")]
        assert bound or urls, server.name
        assert all(value.startswith(settings["loopback_net"]) for value in bound)
        assert all(value.startswith(f"https://{settings['loopback_net']}.") for value in urls)


def test_nobody_is_let_in_without_a_certificate_or_token(state: State, settings: Settings) -> None:
    flags = servers.api_server(state, settings).flags
    assert flags["anonymous-auth"] == "false"
    assert flags["authorization-mode"] == "RBAC"
    assert servers.etcd(state, settings).flags["client-cert-auth"] == "true"


def test_the_key_for_secrets_is_private_and_stays_the_same(state: State, settings: Settings) -> None:
    file = Path(servers.api_server(state, settings).flags["encryption-provider-config"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_text()
    assert yaml.safe_load(before)["resources"][0]["resources"] == ["secrets"]
    servers.api_server(state, settings)
    assert file.read_text() == before


def test_no_port_is_used_twice(state: State, settings: Settings) -> None:
    addresses = [server.address for server in everything(state, settings)]
    assert len(set(addresses)) == len(addresses)


def test_the_administrators_kubeconfig_is_one_private_file(state: State, settings: Settings) -> None:
    state.save_settings(settings)
    write_admin_kubeconfig(state, settings)
    assert stat.S_IMODE(state.kubeconfig.stat().st_mode) == 0o600
    document = yaml.safe_load(state.kubeconfig.read_text())
    assert document["clusters"][0]["cluster"]["server"] == f"https://{servers.api_server(state, settings).address}"
    assert set(document["users"][0]["user"]) == {"client-certificate-data", "client-key-data"}
    assert str(authority(state).certificate) not in state.kubeconfig.read_text()
