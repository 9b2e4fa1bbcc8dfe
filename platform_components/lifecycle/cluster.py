"""Looks into a cluster, with the kubeconfig that the environment itself uses."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from platform_components.drivers.kubeconfig import AT_HAND, at_hand
from platform_components.errors import OutsideError
from platform_components.exports import output_name
from platform_components.kubernetes.quantities import amount
from platform_components.lifecycle.reader import config_of, told
from platform_components.naming import label_value
from platform_components.ownership import APP_LABEL, FOUNDATION_LABEL, STACK_LABEL, TEMPORARY_LABEL
from platform_components.plan import Plan

if TYPE_CHECKING:
    import lightkube


@dataclass(frozen=True)
class Access:
    """How to reach a cluster."""

    kubeconfig: str
    """What stands in one, or the path of its file."""
    context: str | None = None
    """Of a file."""


def access(plan: Plan, outputs: Mapping[str, Any]) -> tuple[Access, ...]:
    """How to reach the clusters that a plan works on and does not make: another stack's, of which `outputs` are known,
    and that of this machine's kubeconfig. Raises `InputError` when there is no such kubeconfig.
    """
    found = []
    for resource in plan.resources:
        if resource.driver == AT_HAND:
            at = at_hand(resource.inputs.get("path"), resource.inputs.get("context"))
            found.append(Access(at.path, at.context))
        elif resource.type == "k8s-cluster" and resource.driver == "stack-reference":
            kubeconfig = outputs.get(output_name(resource.id, "kubeconfig"))
            found += [Access(str(kubeconfig))] if kubeconfig is not None else []
    return tuple(found)


def namespace_owner(cluster: Access, namespace: str) -> str | None:
    """The stack that a namespace is labelled for: None when there is no such namespace, empty when it has no label."""
    with _client(cluster) as client:
        from lightkube.core.exceptions import ApiError
        from lightkube.resources.core_v1 import Namespace

        try:
            found = client.get(Namespace, namespace)
        except ApiError as error:
            if error.status.code == 404:
                return None
            raise
        labels = (found.metadata.labels if found.metadata else None) or {}
        return str(labels.get(STACK_LABEL, ""))


def namespaces_of(cluster: Access, stack: str) -> list[str]:
    """Names of the namespaces that are labelled for a stack."""
    with _client(cluster) as client:
        from lightkube.resources.core_v1 import Namespace

        found = client.list(Namespace, labels={STACK_LABEL: stack})
        return sorted(item.metadata.name for item in found if item.metadata and item.metadata.name)


@dataclass(frozen=True)
class Owned:
    """A namespace and whose it is."""

    name: str
    stack: str
    app: str


def temporary_namespaces(kubeconfig: str, foundation: str) -> list[Owned]:
    """The namespaces of branches' environments that stand on this foundation."""
    with _client(Access(kubeconfig)) as client:
        from lightkube.resources.core_v1 import Namespace

        ours: dict[str, Any] = {TEMPORARY_LABEL: "true", FOUNDATION_LABEL: label_value(foundation)}
        found = [
            (one.metadata.name, one.metadata.labels) for one in client.list(Namespace, labels=ours) if one.metadata
        ]
        return sorted(
            (
                Owned(name, labels.get(STACK_LABEL, ""), labels.get(APP_LABEL, ""))
                for name, labels in found
                if name and labels
            ),
            key=lambda one: one.name,
        )


def delete_namespace(kubeconfig: str, name: str, stack: str) -> None:
    """Begin to remove a namespace, if it is still this stack's; not there is well."""
    with _client(Access(kubeconfig)) as client:
        from lightkube.core.exceptions import ApiError
        from lightkube.resources.core_v1 import Namespace

        try:
            found = client.get(Namespace, name)
            if ((found.metadata and found.metadata.labels) or {}).get(STACK_LABEL) == stack:
                client.delete(Namespace, name)
        except ApiError as error:
            if error.status.code != 404:
                raise


def at_work(kubeconfig: str, namespace: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What in a namespace runs pods or will, and the claims of volumes, each by its kind and name."""
    with _client(Access(kubeconfig)) as client:
        from lightkube.resources.apps_v1 import Deployment, StatefulSet
        from lightkube.resources.batch_v1 import CronJob
        from lightkube.resources.core_v1 import PersistentVolumeClaim

        running: list[str] = []
        for kind in (Deployment, StatefulSet):
            found: list[Deployment | StatefulSet] = list(client.list(kind, namespace=namespace))
            running += [
                f"{kind.__name__} {one.metadata.name}"
                for one in found
                if one.metadata and one.spec and one.spec.replicas != 0
            ]
        running += [
            f"CronJob {one.metadata.name}"
            for one in client.list(CronJob, namespace=namespace)
            if one.metadata and one.spec and not one.spec.suspend
        ]
        claims = [
            f"PersistentVolumeClaim {one.metadata.name}"
            for one in client.list(PersistentVolumeClaim, namespace=namespace)
            if one.metadata
        ]
        return tuple(sorted(running)), tuple(sorted(claims))


@dataclass(frozen=True)
class Capacity:
    """What the nodes that take pods have left, by what pods request of them."""

    nodes: int
    cpu: Decimal
    memory: Decimal
    pods: int


def capacity(kubeconfig: str) -> Capacity:
    """What is free on the nodes that are ready and take new pods."""
    with _client(Access(kubeconfig)) as client:
        from lightkube.resources.core_v1 import Node, Pod

        nodes = {
            str(node.metadata.name): (node.status.allocatable or {})
            for node in client.list(Node)
            if node.metadata and node.status and _takes_pods(node)
        }
        pods = [
            pod
            for pod in client.list(Pod, namespace="*")
            if pod.spec
            and pod.spec.nodeName in nodes
            and (pod.status is None or pod.status.phase in (None, "Pending", "Running"))
        ]
        requests = [
            (container.resources.requests or {})
            for pod in pods
            for container in (pod.spec.containers if pod.spec else ())
            if container.resources
        ]

    def free(name: str) -> Decimal:
        have = sum((amount(str(one[name])) for one in nodes.values() if name in one), Decimal(0))
        return have - sum((amount(str(one[name])) for one in requests if name in one), Decimal(0))

    places = sum((amount(str(one["pods"])) for one in nodes.values() if "pods" in one), Decimal(0))
    return Capacity(len(nodes), free("cpu"), free("memory"), int(places) - len(pods))


def _takes_pods(node: Any) -> bool:
    if node.spec and (node.spec.unschedulable or any(one.effect == "NoSchedule" for one in node.spec.taints or ())):
        return False
    return any(one.type == "Ready" and one.status == "True" for one in node.status.conditions or ())


@contextmanager
def _client(cluster: Access) -> Iterator["lightkube.Client"]:
    with told():
        import lightkube
        from lightkube.core.exceptions import ApiError

        try:
            yield lightkube.Client(config=config_of(cluster.kubeconfig).get(cluster.context))
        except ApiError as error:
            raise OutsideError(f"the cluster refused: {error}") from error
