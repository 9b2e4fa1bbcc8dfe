"""NetworkPolicies of a namespace: nothing goes in or out, except what is named here. Pure functions.

With Cilium an ipBlock does not match pods of the cluster, so these are selected by labels:
https://docs.cilium.io/en/stable/network/kubernetes/policy/#known-missing-features
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from platform_components.component import Known, Settings
from platform_components.kubernetes.metadata import Cidr, Manifest, PortNumber, selector

NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that the API server puts on every namespace."""


class Egress(Settings):
    """Addresses outside the cluster, and the TCP ports that may be connected to there."""

    cidr: Known[Cidr]
    ports: tuple[PortNumber, ...] = Field(min_length=1)


def namespace_policies(
    *, gateway_namespaces: Sequence[Any], same_namespace: bool, egress: Sequence[Egress]
) -> dict[str, Manifest]:
    """The `spec` of each policy, by name."""
    policies = {"default-deny": default_deny(), "allow-dns": allow_dns()}
    if same_namespace:
        policies["allow-same-namespace"] = allow_same_namespace()
    if gateway_namespaces:
        policies["allow-gateway"] = allow_from_namespaces(gateway_namespaces)
    if egress:
        policies["allow-egress"] = allow_egress(egress)
    return policies


def default_deny() -> Manifest:
    """No connection to or from any pod."""
    return {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def allow_dns() -> Manifest:
    """Look-ups at the cluster's name servers."""
    servers = {
        "namespaceSelector": {"matchLabels": {NAMESPACE_NAME: "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    return {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [{"to": [servers], "ports": [port("UDP", 53), port("TCP", 53)]}],
    }


def allow_same_namespace() -> Manifest:
    """Connections among the pods of the namespace."""
    pods: Manifest = {"podSelector": {}}
    return {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [pods]}],
        "egress": [{"to": [pods]}],
    }


def allow_from_namespaces(namespaces: Sequence[Any]) -> Manifest:
    """Connections from every pod of these namespaces: a gateway's."""
    peers = [{"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: name}}} for name in namespaces]
    return {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": peers}]}


def workload_policy(
    workload_name: Any,
    *,
    ports: Sequence[tuple[str, int]],
    clients: Sequence[Any],
    client_namespaces: Sequence[Any],
    servers: Mapping[str, Sequence[tuple[str, int]]],
    egress: Sequence[Egress],
) -> Manifest:
    """Exactly the connections of one workload: who may reach its `ports`, and whom it may reach."""
    peers = [
        *({"podSelector": {"matchLabels": selector(name)}} for name in clients),
        *({"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: name}}} for name in client_namespaces),
    ]
    # A rule without peers or without ports would admit everybody, or everything.
    ingress = [{"from": peers, "ports": [port(*each) for each in ports]}] if peers and ports else []
    to_servers = [
        {"to": [{"podSelector": {"matchLabels": selector(name)}}], "ports": [port(*each) for each in numbers]}
        for name, numbers in sorted(servers.items())
        if numbers
    ]
    return {
        "podSelector": {"matchLabels": selector(workload_name)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": ingress,
        "egress": [*to_servers, *(allow_egress(egress)["egress"])],
    }


def allow_egress(rules: Sequence[Egress]) -> Manifest:
    """Connections to addresses outside the cluster."""
    return {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [
            {"to": [{"ipBlock": {"cidr": rule.cidr}}], "ports": [port("TCP", number) for number in rule.ports]}
            for rule in rules
        ],
    }


def port(protocol: str, number: int) -> Manifest:
    """One port of a rule."""
    return {"protocol": protocol, "port": number}
