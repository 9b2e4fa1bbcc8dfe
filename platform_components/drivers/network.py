"""A resource's edges in the plan as what its pods may connect to, and who may connect to them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from platform_components import ownership
from platform_components.drivers.request import Request
from platform_components.kubernetes.metadata import MANAGED_BY, Manifest, metadata
from platform_components.kubernetes.network_policies import Network, pod_policy
from platform_components.kubernetes.objects import kubernetes_manifest
from platform_components.open_values import is_output
from platform_components.plan import Edge, Peer, pods_of

if TYPE_CHECKING:
    from platform_components.kubernetes.workload_args import WorkloadConnection, WorkloadNetwork


def connections(request: Request) -> "WorkloadNetwork":
    """The argument `network` of the component that makes the resource's pods."""
    pods = pods_of(request.resource)
    return {
        "ingress": _connections((edge.source, edge) for edge in request.edges if edge.target.pods == pods),
        "egress": _connections((edge.target, edge) for edge in request.edges if edge.source.pods == pods),
    }


def network_policy(request: Request, namespace: Any) -> Manifest:
    """The policy for pods that no component makes, such as those of a manifest.

    They have to bear the resource's logical name as their label `app.kubernetes.io/name`.
    """
    labels = {**MANAGED_BY, **ownership.labels(request.environment)}
    return kubernetes_manifest(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        metadata(f"{request.name}-network", namespace, labels),
        pod_policy(pods_of(request.resource), Network.model_validate(connections(request))),
    )


def _connections(ends: Iterable[tuple[Peer, Edge]]) -> "list[WorkloadConnection]":
    """Each other end once, with the ports of all edges to or from it."""
    found: list[tuple[Peer, set[str]]] = []
    for peer, edge in ends:
        known = next((ports for other, ports in found if _same(peer, other)), None)
        if known is None:
            found.append((peer, set(edge.ports)))
        else:
            known.update(edge.ports)
    return [_connection(peer, sorted(ports)) for peer, ports in found]


def _same(one: Peer, other: Peer) -> bool:
    # Outputs are equal to nothing, not even when asked: two ends that are known only later stay two.
    if is_output(one.namespace) or is_output(other.namespace):
        return one.namespace is other.namespace and one.pods == other.pods
    return one == other


def _connection(peer: Peer, ports: list[str]) -> "WorkloadConnection":
    connection: WorkloadConnection = {"ports": ports}
    if isinstance(peer.pods, str):
        connection["workload"] = peer.pods
    elif peer.pods is not None:
        connection["pods"] = peer.pods
    if peer.namespace is not None:
        connection["namespace"] = peer.namespace
    if peer.cidr is not None:
        connection["cidr"] = peer.cidr
    if peer.without:
        connection["without"] = peer.without
    return connection
