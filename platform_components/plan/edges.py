"""Who talks to whom: every connection that the pods of an environment may have, out of what the plan knows anyway.

An edge leads from a workload to a workload that it names by `service` or `service-port`, from a gateway to the port
that a `route` or `dns` leads to, from whoever asks for a resource to where its definition says it is reached, and from
the pods that a resource makes to what its definition says they need. Nothing else is admitted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from ipaddress import ip_network
from typing import Any

from platform_components.catalog.reach import OWN, Reach, port_text
from platform_components.naming import ResourceIdentity, logical
from platform_components.plan.following import Node
from platform_components.plan.model import Edge, Peer, PlannedResource, PlannedWorkload
from platform_components.plan.values import Ref

DNS = Peer(namespace="kube-system", pods={"k8s-app": "kube-dns"})
"""The cluster's name servers."""
_DNS_PORTS = ("53/TCP", "53/UDP")
_RUN_PODS = ("workload", "k8s-job")
"""Types that are pods; of any other, the definition tells by its `reaches`, or by own pods in `reached_at`."""
_WEB_PORTS = ("http", "web", "www")
"""An ingress port by custom, when a workload opens several and says of none that it is the one to reach."""


def edges(
    resources: Sequence[PlannedResource], workloads: Sequence[PlannedWorkload], nodes: Mapping[str, Node]
) -> tuple[Edge, ...]:
    """All edges, in an order that follows from what they say."""
    found = _Finding(resources, workloads, nodes).all()
    unique = {edge.model_dump_json(by_alias=True): edge for edge in found}
    return tuple(unique[key] for key in sorted(unique))


def pods_of(resource: PlannedResource) -> str:
    """What the pods that a resource makes bear as the label `app.kubernetes.io/name`."""
    return resource.res_id if resource.type == "workload" else logical(ResourceIdentity.parse(resource.id))


def host_port(names: Iterable[str]) -> str | None:
    """Which of its TCP ports a workload's host leads to, if it has no route of its own."""
    ordered = sorted(names)
    return next((name for name in _WEB_PORTS if name in ordered), ordered[0] if ordered else None)


def server_of(resource: PlannedResource) -> str | None:
    """The workload that a `service` or `service-port` leads to: what its param or its definition says, else the one
    that is called as the resource. None: it is known only later."""
    named = resource.params.get("workload", resource.inputs.get("workload"))
    if named is None and resource.type == "service":
        return resource.res_id.removeprefix(f"{resource.workload}.")
    return named if isinstance(named, str) else None


class _Finding:
    def __init__(
        self, resources: Sequence[PlannedResource], workloads: Sequence[PlannedWorkload], nodes: Mapping[str, Node]
    ) -> None:
        self._resources = {resource.id: resource for resource in resources}
        self._workloads = {workload.name: workload for workload in workloads}
        self._nodes = nodes
        self._where = _Where(self._resources, nodes)

    def all(self) -> Iterator[Edge]:
        for resource in self._resources.values():
            if resource.type == "k8s-namespace":
                yield Edge(source=Peer(), target=DNS, ports=_DNS_PORTS, by=resource.id)
            elif resource.type == "route" and resource.workload in self._workloads:
                yield from self._from_outside(resource, resource.workload, resource.params.get("port"))
            if self._makes_pods(resource):
                yield from self._of_pods(resource)

    def _of_pods(self, resource: PlannedResource) -> Iterator[Edge]:
        """What the pods of one resource reach."""
        pods = pods_of(resource)
        asked = dict.fromkeys(resource.uses.values())
        if resource.type == "workload":
            asked |= dict.fromkeys(self._workloads[resource.res_id].resources.values())
            yield from self._host(resource)
        for identity in asked:
            other = self._resources[identity]
            yield from self._to_server(pods, other)
            for owner, entry in self._where.of(identity):
                yield from self._reached(pods, owner, entry, by=identity)
        for entry in self._nodes[resource.id].reaches or ():
            yield from self._reached(pods, resource.id, entry, by=resource.id)

    def _host(self, resource: PlannedResource) -> Iterator[Edge]:
        """A workload with a port and a host, but no route of its own making, is reached at that host."""
        workload = self._workloads[resource.res_id]
        types = {ResourceIdentity.parse(identity).type for identity in workload.resources.values()}
        ports = _service_ports(workload).items()
        port = host_port(name for name, port in ports if port.get("protocol", "TCP") == "TCP")
        if port is not None and "dns" in types and "route" not in types:
            yield from self._from_outside(resource, workload.name, port)

    def _from_outside(self, resource: PlannedResource, workload: str, wanted: Any) -> Iterator[Edge]:
        # What arrives there is HTTP, whatever else listens under the same number
        ports = tuple(port for port in _listening(self._workloads[workload], wanted) if port.endswith("/TCP"))
        for way in self._ways_in(resource):
            if ports:
                yield Edge(source=way, target=Peer(pods=workload), ports=ports, by=resource.id)

    def _ways_in(self, resource: PlannedResource) -> Iterator[Peer]:
        """The namespaces that connections from outside arrive in."""
        ingress = resource.inputs.get("ingress")
        if isinstance(ingress, Mapping):
            yield Peer(namespace=ingress["namespace"])
            return
        for identity in sorted(set(resource.uses.values())):
            if self._resources[identity].type == "gateway":
                yield Peer(namespace=Ref(identity, "namespace").to_json())

    def _to_server(self, pods: str, resource: PlannedResource) -> Iterator[Edge]:
        if resource.type not in ("service", "service-port"):
            return
        # One that is not deployed (yet) has no pods to reach
        server = self._workloads.get(server_of(resource) or "")
        ports = _listening(server, resource.params.get("port")) if server else ()
        if server and ports:
            yield Edge(source=Peer(pods=pods), target=Peer(pods=server.name), ports=ports, by=resource.id)

    def _reached(self, pods: str, owner: str, entry: Reach, *, by: str) -> Iterator[Edge]:
        source = Peer(pods=pods)
        for cidr in entry.cidrs:
            without = tuple(one for one in entry.without if _is_part(one, cidr))
            yield Edge(source=source, target=Peer(cidr=cidr, without=without), ports=entry.ports, by=by)
        if not entry.cidrs:
            target = pods_of(self._resources[owner]) if entry.pods == OWN else entry.pods
            yield Edge(source=source, target=Peer(pods=target, namespace=entry.namespace), ports=entry.ports, by=by)

    def _makes_pods(self, resource: PlannedResource) -> bool:
        node = self._nodes[resource.id]
        return (
            resource.type in _RUN_PODS
            or node.reaches is not None
            or any(entry.pods == OWN for entry in node.reached_at or ())
        )


class _Where:
    """Where each resource is reached: by its own definition, else wherever that is reached which it uses."""

    def __init__(self, resources: Mapping[str, PlannedResource], nodes: Mapping[str, Node]) -> None:
        self._resources = resources
        self._nodes = nodes
        self._known: dict[str, tuple[tuple[str, Reach], ...]] = {}

    def of(self, identity: str) -> tuple[tuple[str, Reach], ...]:
        """The entries, each with the resource whose definition says it."""
        if identity not in self._known:
            said = self._nodes[identity].reached_at
            if said is not None:
                self._known[identity] = tuple((identity, entry) for entry in said)
            else:
                used = sorted(set(self._resources[identity].uses.values()))
                self._known[identity] = tuple(found for one in used for found in self.of(one))
        return self._known[identity]


def _service_ports(workload: PlannedWorkload) -> Mapping[str, Mapping[str, Any]]:
    ports: Mapping[str, Mapping[str, Any]] = (workload.document.get("service") or {}).get("ports") or {}
    return ports


def _listening(workload: PlannedWorkload, wanted: Any) -> tuple[str, ...]:
    """Where the containers listen for what arrives at a port of the Service, by name or number; None: at any.

    A port that is known only when something else was made is any, too.
    """
    known = isinstance(wanted, str | int)
    return tuple(
        sorted(
            port_text(port.get("targetPort") or port["port"], port.get("protocol") or "TCP")
            for name, port in _service_ports(workload).items()
            if not known or str(wanted) in (name, str(port["port"]))
        )
    )


@cache
def _is_part(text: str, cidr: str) -> bool:
    part, whole = ip_network(text), ip_network(cidr)
    return part.version == whole.version and part.subnet_of(whole)  # type: ignore[arg-type]
