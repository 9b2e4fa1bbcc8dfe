"""NetworkPolicies of a namespace: nothing goes in or out, except what is named here. Pure functions.

With Cilium an ipBlock does not match pods of the cluster, so these are selected by labels:
https://docs.cilium.io/en/stable/network/kubernetes/policy/#known-missing-features
"""

from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from platform_components.component import Known, Settings
from platform_components.kubernetes.metadata import Cidr, Label, LabelValue, Manifest, PortNumber, selector

NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that the API server puts on every namespace."""


class Egress(Settings):
    """Addresses outside the cluster, and the TCP ports that may be connected to there."""

    cidr: Known[Cidr]
    ports: tuple[PortNumber, ...] = Field(min_length=1)


def _port(value: Any) -> Any:
    """A port as people write it: a number is TCP's."""
    text = str(value)
    return text if "/" in text else f"{text}/TCP"


Port = Annotated[str, BeforeValidator(_port), Field(pattern=r"^[1-9][0-9]{0,4}/(TCP|UDP)$")]


class Connection(Settings):
    """The other end of connections, and their ports, see `WorkloadConnection`."""

    workload: Label | None = None
    pods: Mapping[str, LabelValue] | None = None
    namespace: Known[Label] | None = None
    cidr: Known[Cidr] | None = None
    without: tuple[Cidr, ...] = ()
    ports: tuple[Port, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if sum(bool(one) for one in (self.cidr, self.workload, self.pods is not None or self.namespace)) != 1:
            raise ValueError("give one of cidr, workload, and pods or namespace")
        if self.without and not isinstance(self.cidr, str):
            raise ValueError("without: goes with a known cidr alone")
        for part in self.without:
            # The API server refuses any other: https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
            if not _is_part(part, str(self.cidr)):
                raise ValueError(f"without: {part} is no part of {self.cidr}")
        return self


class Network(Settings):
    """All connections of some pods, see `WorkloadNetwork`."""

    ingress: tuple[Connection, ...] = ()
    egress: tuple[Connection, ...] = ()


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


def pod_policy(name: Any, network: Network) -> Manifest:
    """Exactly the connections of the pods that bear a name."""
    return {
        "podSelector": {"matchLabels": selector(name)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [_peer(one)], "ports": _ports(one)} for one in network.ingress],
        "egress": [{"to": [_peer(one)], "ports": _ports(one)} for one in network.egress],
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


def _peer(one: Connection) -> Manifest:
    if one.cidr is not None:
        return {"ipBlock": {"cidr": one.cidr, **({"except": list(one.without)} if one.without else {})}}
    if one.workload is not None:
        return {"podSelector": {"matchLabels": selector(one.workload)}}
    peer: Manifest = {}
    if one.namespace is not None:
        peer["namespaceSelector"] = {"matchLabels": {NAMESPACE_NAME: one.namespace}}
    if one.pods is not None:
        peer["podSelector"] = {"matchLabels": dict(one.pods)} if one.pods else {}
    return peer


def _ports(one: Connection) -> list[Manifest]:
    split = [text.split("/") for text in one.ports]
    return [port(protocol, int(number)) for number, protocol in split]


def _is_part(part: str, whole: str) -> bool:
    inner, outer = ip_network(part), ip_network(whole)
    return inner.version == outer.version and inner != outer and inner.subnet_of(outer)  # type: ignore[arg-type]
