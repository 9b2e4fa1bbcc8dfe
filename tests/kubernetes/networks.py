"""A small evaluator of NetworkPolicies: may one pod or address connect to another?

Written after https://kubernetes.io/docs/concepts/services-networking/network-policies/ and nothing of the library.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Pod:
    """A pod, or with an address something outside the cluster."""

    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    ports: Mapping[str, int] = field(default_factory=dict)
    """Ports that its containers name; a policy's rule may name them so, too."""


def allowed(policies: Iterable[Policy], source: Pod, target: Pod, protocol: str, port: int) -> bool:
    """Whether a connection gets through: what selects a pod in a direction must admit it, both ways."""
    given = list(policies)
    return _admits(given, source, target, "Egress", protocol, port) and _admits(
        given, target, source, "Ingress", protocol, port
    )


def _admits(policies: Sequence[Policy], pod: Pod, peer: Pod, direction: str, protocol: str, port: int) -> bool:
    if pod.address:
        return True
    selecting = [
        policy["spec"]
        for policy in policies
        if policy["metadata"]["namespace"] == pod.namespace
        and direction in policy["spec"]["policyTypes"]
        and _selects(policy["spec"]["podSelector"], pod.labels)
    ]
    if not selecting:
        return True
    rules = [(spec, rule) for spec in selecting for rule in spec.get(direction.lower(), [])]
    return any(
        _matches_peer(rule.get("to" if direction == "Egress" else "from", []), pod.namespace, peer)
        and _matches_port(rule.get("ports", []), protocol, port, pod if direction == "Ingress" else peer)
        for _, rule in rules
    )


def _matches_peer(peers: Sequence[Mapping[str, Any]], own_namespace: str, peer: Pod) -> bool:
    return not peers or any(_is_peer(each, own_namespace, peer) for each in peers)


def _is_peer(rule: Mapping[str, Any], own_namespace: str, peer: Pod) -> bool:
    if "ipBlock" in rule:
        block = rule["ipBlock"]
        return bool(peer.address) and (
            ip_address(peer.address) in ip_network(block["cidr"])
            and not any(ip_address(peer.address) in ip_network(part) for part in block.get("except", []))
        )
    if peer.address:
        return False
    if "namespaceSelector" in rule:
        in_namespace = _selects(rule["namespaceSelector"], {"kubernetes.io/metadata.name": peer.namespace})
    else:
        in_namespace = peer.namespace == own_namespace
    return in_namespace and _selects(rule.get("podSelector", {}), peer.labels)


def _matches_port(ports: Sequence[Mapping[str, Any]], protocol: str, port: int, target: Pod) -> bool:
    return not ports or any(each.get("protocol", "TCP") == protocol and _is_port(each, port, target) for each in ports)


def _is_port(rule: Mapping[str, Any], port: int, target: Pod) -> bool:
    """No port is any; a name is what the containers of the pod that is connected to call so."""
    wanted = rule.get("port", port)
    if isinstance(wanted, str):
        return target.ports.get(wanted) == port
    return bool(wanted <= port <= rule.get("endPort", wanted))


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    assert set(selector) <= {"matchLabels"}
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
