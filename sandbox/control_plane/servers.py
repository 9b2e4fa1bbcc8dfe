"""The command lines of etcd and of Kubernetes' own servers.

Everything listens on one loopback address of this sandbox, speaks TLS and knows its clients by certificate or token.
"""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

import yaml

from sandbox.certificates import authority, issue_client, issue_key_pair, issue_server
from sandbox.control_plane.access import kubeconfig_of
from sandbox.control_plane.pods import configuration
from sandbox.node.addresses import Addresses
from sandbox.state import Settings, State, control_address, write_private

SERVICE_NET = "10.96.0.0/16"
FIRST_POD = "10.244.0.1/16"


@dataclass(frozen=True)
class Server:
    """One server: how it is called, where it listens, and where it says that it is well."""

    name: str
    address: str
    health: str
    flags: Mapping[str, str] = field(default_factory=dict)
    memory_limit: str = ""
    """What Go's collector aims at (GOMEMLIMIT); more is taken where needed."""

    @property
    def health_url(self) -> str:
        return f"https://{self.address}{self.health}"

    @property
    def arguments(self) -> list[str]:
        return [f"--{name}={value}" for name, value in self.flags.items()]

    @property
    def environment(self) -> dict[str, str]:
        return {"GOMEMLIMIT": self.memory_limit, "GOGC": "50"}


def etcd(state: State, settings: Settings) -> Server:
    host = control_address(settings)
    client, peer = (f"https://{host}:{settings['etcd_port']}", f"https://{host}:{settings['etcd_peer_port']}")
    server = issue_server(state, "etcd", [host], ["localhost"])
    ca = str(authority(state).certificate)
    return Server(
        "etcd",
        f"{host}:{settings['etcd_port']}",
        "/health",
        {
            "name": "sandbox",
            "data-dir": str(state.etcd / "data"),
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"sandbox={peer}",
            "cert-file": str(server.certificate),
            "key-file": str(server.key),
            "client-cert-auth": "true",
            "trusted-ca-file": ca,
            "peer-cert-file": str(server.certificate),
            "peer-key-file": str(server.key),
            "peer-client-cert-auth": "true",
            "peer-trusted-ca-file": ca,
            "enable-grpc-gateway": "false",
            # Alone, it elects itself: no need to wait a second for other voices.
            "heartbeat-interval": "50",
            "election-timeout": "250",
            # Only a crash of the machine itself could lose data by this, and every write is quicker.
            "unsafe-no-fsync": "true",
            "log-level": "warn",
        },
        "96MiB",
    )


def api_server(state: State, settings: Settings) -> Server:
    host = control_address(settings)
    names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    own = _of_a_node(state, settings)
    services = own.pop("service-cluster-ip-range", SERVICE_NET)
    first = str(next(ip_network(services).hosts()))
    server = issue_server(state, "kube-apiserver", [host, "127.0.0.1", first], names)
    etcd_client = issue_client(state, "kube-apiserver-etcd-client")
    tokens = issue_key_pair(state, "service-account-tokens")
    ca = str(authority(state).certificate)
    return Server(
        "kube-apiserver",
        f"{host}:{settings['apiserver_port']}",
        "/readyz",
        {
            "bind-address": host,
            "secure-port": str(settings["apiserver_port"]),
            # Endpoints may not be loopback addresses, so the `kubernetes` Service has none; this one is never used.
            "advertise-address": "192.0.2.1",
            "endpoint-reconciler-type": "none",
            "tls-cert-file": str(server.certificate),
            "tls-private-key-file": str(server.key),
            "client-ca-file": ca,
            # The controller manager and the scheduler insist on these; no client has a certificate of this name.
            "requestheader-client-ca-file": ca,
            "requestheader-allowed-names": "front-proxy",
            "requestheader-username-headers": "X-Remote-User",
            "requestheader-group-headers": "X-Remote-Group",
            "requestheader-extra-headers-prefix": "X-Remote-Extra-",
            "anonymous-auth": "false",
            "authorization-mode": "RBAC",
            # As AKS: privileged pods are for Pod Security to refuse, per namespace.
            "allow-privileged": "true",
            "etcd-servers": f"https://{host}:{settings['etcd_port']}",
            "etcd-cafile": ca,
            "etcd-certfile": str(etcd_client.certificate),
            "etcd-keyfile": str(etcd_client.key),
            "encryption-provider-config": str(_encryption(state)),
            "service-cluster-ip-range": services,
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": str(tokens.certificate),
            "service-account-signing-key-file": str(tokens.key),
            "kubelet-preferred-address-types": "InternalIP",
            "profiling": "false",
            **own,
        },
        "320MiB",
    )


def _of_a_node(state: State, settings: Settings) -> dict[str, str]:
    """What is different where pods run: nets of this sandbox's own, and who asks the kubelet."""
    if settings.get("pods") != "real":
        return {}
    client = issue_client(state, "kube-apiserver-kubelet-client", ("system:masters",))
    return {
        "service-cluster-ip-range": Addresses.of(settings).services,
        "kubelet-client-certificate": str(client.certificate),
        "kubelet-client-key": str(client.key),
        "kubelet-certificate-authority": str(authority(state).certificate),
    }


def controller_manager(state: State, settings: Settings) -> Server:
    tokens = issue_key_pair(state, "service-account-tokens")
    return _beside_api_server(
        state,
        settings,
        "kube-controller-manager",
        port=settings["controller_manager_port"],
        flags={
            "root-ca-file": str(authority(state).certificate),
            "service-account-private-key-file": str(tokens.key),
            "use-service-account-credentials": "true",
            # Makes a volume, an empty folder below /tmp, for each claim of the class `default`, and takes it away again
            "enable-hostpath-provisioner": "true",
            # A namespace goes in seconds, and fifty at once not much slower, when the API may be asked this often.
            "concurrent-namespace-syncs": "20",
            "kube-api-qps": "300",
            "kube-api-burst": "600",
        },
        memory_limit="128MiB",
    )


def scheduler(state: State, settings: Settings) -> Server:
    return _beside_api_server(
        state,
        settings,
        "kube-scheduler",
        port=settings["scheduler_port"],
        flags={"kube-api-qps": "300", "kube-api-burst": "600"},
        memory_limit="96MiB",
    )


def kwok(state: State, settings: Settings, user: str) -> Server:
    host = control_address(settings)
    server = issue_server(state, "kwok", [host], ["localhost"])
    return Server(
        "kwok",
        f"{host}:{settings['kwok_port']}",
        "/healthz",
        {
            "config": str(configuration(state)),
            "kubeconfig": str(kubeconfig_of(state, settings, user)),
            "manage-all-nodes": "true",
            "cidr": FIRST_POD,
            # Without leases the node controller calls every node NotReady after 40 s, and takes its pods' readiness
            "node-lease-duration-seconds": "40",
            "node-ip": host,
            "node-port": str(settings["kwok_port"]),
            "server-address": f"{host}:{settings['kwok_port']}",
            "tls-cert-file": str(server.certificate),
            "tls-private-key-file": str(server.key),
        },
        "96MiB",
    )


def _beside_api_server(
    state: State, settings: Settings, name: str, *, port: int, flags: Mapping[str, str], memory_limit: str
) -> Server:
    host = control_address(settings)
    server = issue_server(state, name, [host], ["localhost"])
    kubeconfig = str(kubeconfig_of(state, settings, f"system:{name}"))
    return Server(
        name,
        f"{host}:{port}",
        "/healthz",
        {
            "kubeconfig": kubeconfig,
            "authentication-kubeconfig": kubeconfig,
            "authorization-kubeconfig": kubeconfig,
            "bind-address": host,
            "secure-port": str(port),
            "tls-cert-file": str(server.certificate),
            "tls-private-key-file": str(server.key),
            "leader-elect": "false",
            "profiling": "false",
            **flags,
        },
        memory_limit,
    )


def _encryption(state: State) -> Path:
    """The key that Secrets are encrypted with before they reach etcd; a new one could not read what is stored."""
    file = state.control_plane / "encryption.yaml"
    if not file.exists():
        key = {"name": "sandbox", "secret": b64encode(secrets.token_bytes(32)).decode()}
        document = {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "EncryptionConfiguration",
            "resources": [{"resources": ["secrets"], "providers": [{"secretbox": {"keys": [key]}}]}],
        }
        write_private(file, yaml.safe_dump(document, sort_keys=False))
    return file
