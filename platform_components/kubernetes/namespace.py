"""A namespace for one environment: who may do what in it, how much it may use, and who may talk to it.

What runs in it is `Workload`'s; the cluster is the Kubernetes provider's that is handed down in `providers`.
"""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from platform_components.component import child, validated
from platform_components.kubernetes.namespace_manifests import NamespaceSettings, namespace_content, namespace_manifest
from platform_components.kubernetes.objects import kubernetes_object, name_of


class NamespaceQuota(TypedDict):
    """What all pods of a namespace may use together."""

    cpu: NotRequired[str]
    """Processors that may be requested, e.g. `4` or `500m`."""
    memory: NotRequired[str]
    """Memory that may be requested, and that limits may add up to, e.g. `8Gi`."""
    pods: NotRequired[int]
    """Pods at a time."""
    storage: NotRequired[str]
    """Disk that volume claims may request, e.g. `20Gi`."""


class NamespaceLimitRange(TypedDict):
    """What a container gets that does not say what it needs; without it a quota would refuse such a container."""

    cpu_request: NotRequired[str]
    """Default `50m`."""
    memory_request: NotRequired[str]
    """Default `64Mi`."""
    memory_limit: NotRequired[str]
    """Default `256Mi`."""


class NamespaceEgress(TypedDict):
    """Addresses outside the cluster that every pod of the namespace may connect to."""

    cidr: pulumi.Input[str]
    """E.g. `10.100.16.0/24`."""
    ports: Sequence[int]
    """TCP ports, e.g. 5432 for PostgreSQL, 443 for Azure's services."""


class NamespaceOwner(TypedDict):
    """Who may look after the namespace."""

    group: pulumi.Input[str]
    """The group as the cluster knows it; on AKS the object id of an Entra group."""
    role: NotRequired[str]
    """The cluster role it gets here. Default `view`, which does not show secrets."""


class NamespaceArgs(TypedDict):
    """Arguments of `Namespace`."""

    namespace_name: pulumi.Input[str]
    """The name on the cluster."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Labels: app, environment, stack. Values of 63 letters, digits, `-`, `_` and `.` at most."""
    annotations: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Annotations; what labels cannot hold, such as a branch as it was given."""
    pod_security: NotRequired[str]
    """Pod Security level that is enforced: `restricted` (default), `baseline` or `privileged`."""
    pod_security_version: NotRequired[pulumi.Input[str]]
    """Version of the level, e.g. `v1.35`; default `latest`. A pinned one keeps pods admitted across upgrades."""
    quota: NotRequired[NamespaceQuota]
    """Default: no limit, except that no load balancer and no node port may be made."""
    limit_range: NotRequired[NamespaceLimitRange]
    """Defaults of containers."""
    gateway_namespaces: NotRequired[Sequence[pulumi.Input[str]]]
    """Namespaces whose pods may connect to this one's: the gateway's. Default none."""
    same_namespace: NotRequired[bool]
    """Whether the pods of the namespace may connect to each other. Default true."""
    egress: NotRequired[Sequence[NamespaceEgress]]
    """Addresses outside the cluster that may be connected to. Default none, but name servers."""
    owner: NotRequired[NamespaceOwner]
    """Who may look after the namespace. Default nobody beyond the cluster's administrators."""
    protect: NotRequired[bool]
    """Whether the engine refuses to delete the namespace, and with it everything in it. Unlike with the option of this
    name, its quota, limits and policies can still be replaced. Default false."""


class Namespace(pulumi.ComponentResource):
    """A namespace with Pod Security, quota, limits, network policies and the owner's role.

    The namespace itself is the attribute `namespace`, for `deleted_with` of what lives in it: a `pulumi.CustomResource`
    with the fields of the manifest.

    Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
    """

    name: pulumi.Output[str]
    """The namespace's name, known once everything that guards it is in place: what uses it waits for that."""

    def __init__(self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:Namespace", name, {}, opts)
        settings = validated(NamespaceSettings, "Namespace", name, args)
        self.namespace = kubernetes_object(
            f"{name}-namespace", namespace_manifest(settings), child(self, protect=settings.protect or None)
        )
        physical_name = name_of(self.namespace)
        inside = child(self, deleted_with=self.namespace)
        guards = [
            name_of(kubernetes_object(f"{name}-{suffix}", manifest, inside))
            for suffix, manifest in namespace_content(settings, physical_name).items()
        ]
        # The names of the guards are known as early as the namespace's, so previews know the name, too.
        self.name = pulumi.Output.all(physical_name, *guards).apply(lambda names: str(names[0]))
        self.register_outputs({"name": self.name})
