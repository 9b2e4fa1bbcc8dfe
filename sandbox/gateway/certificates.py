"""Puts a certificate there for every HTTPS listener.

On Azure a platform team brings the Secret, or application routing fetches it from a Key Vault; here it is one that the
sandbox's own authority signs, for the listener's name.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.certificates import issue_server
from sandbox.control_plane.client import ApiServer
from sandbox.state import State

_GATEWAYS = "/apis/gateway.networking.k8s.io/v1/gateways"
_KEY_VAULT = "kubernetes.azure.com/tls-cert-keyvault-uri"


def wanted(gateway: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Per HTTPS listener of a gateway: the name of its Secret, and the host that it serves."""
    for listener in gateway["spec"]["listeners"]:
        tls = listener.get("tls") or {}
        host = listener.get("hostname", "")
        if listener["protocol"] != "HTTPS" or not host:
            continue
        for reference in tls.get("certificateRefs") or ():
            yield reference["name"], host


def complete(state: State, api: ApiServer) -> None:
    """Every certificate that is missing; one that somebody has put there stays."""
    for gateway in (api.get(_GATEWAYS) or {}).get("items") or ():
        namespace = gateway["metadata"]["namespace"]
        _refer(api, gateway)
        for name, host in wanted(gateway):
            path = f"/api/v1/namespaces/{namespace}/secrets"
            if api.get(f"{path}/{name}") is None:
                api.create(path, _secret(state, name, host))


def _refer(api: ApiServer, gateway: dict[str, Any]) -> None:
    """As application routing does: a listener with a Key Vault's certificate gets the name of a Secret."""
    listeners = gateway["spec"]["listeners"]
    missing = [
        listener
        for listener in listeners
        if _KEY_VAULT in ((listener.get("tls") or {}).get("options") or {})
        and not listener["tls"].get("certificateRefs")
    ]
    if not missing:
        return
    metadata = gateway["metadata"]
    for listener in missing:
        reference = {"group": "", "kind": "Secret", "name": f"kv-gw-cert-{metadata['name']}-{listener['name']}"}
        listener["tls"]["certificateRefs"] = [reference]
    names = {"name": metadata["name"], "namespace": metadata["namespace"]}
    body = {"apiVersion": gateway["apiVersion"], "kind": "Gateway", "metadata": names, "spec": gateway["spec"]}
    api.apply(f"/apis/gateway.networking.k8s.io/v1/namespaces/{names['namespace']}/gateways/{names['name']}", body)


def _secret(state: State, name: str, host: str) -> dict[str, Any]:
    issued = issue_server(state, f"gateway-{host.removeprefix('*.')}", [], [host])
    data = {"tls.crt": issued.certificate.read_bytes(), "tls.key": issued.key.read_bytes()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "type": "kubernetes.io/tls",
        "data": {key: b64encode(value).decode() for key, value in data.items()},
    }
