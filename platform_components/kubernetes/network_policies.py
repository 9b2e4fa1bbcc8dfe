"""NetworkPolicies of a namespace: nothing goes in or out, except what is named here. Pure functions.

With Cilium an ipBlock does not match pods of the cluster, so these are selected by labels:
https://docs.cilium.io/en/stable/network/kubernetes/policy/#known-missing-features
"""

from collections.abc import Mapping, Sequence
from typing import Any

from platform_components.kubernetes.metadata import Manifest

NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that the API server puts on every namespace."""


def namespace_policies(
    *, gateway_namespaces: Sequence[Any], same_namespace: bool, egress: Sequence[Mapping[str, Any]]
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


def allow_egress(rules: Sequence[Mapping[str, Any]]) -> Manifest:
    """Connections to addresses outside the cluster: each rule has a `cidr` and TCP `ports`."""
    return {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [
            {"to": [{"ipBlock": {"cidr": rule["cidr"]}}], "ports": [port("TCP", number) for number in rule["ports"]]}
            for rule in rules
        ],
    }


def port(protocol: str, number: int) -> Manifest:
    """One port of a rule."""
    return {"protocol": protocol, "port": number}
