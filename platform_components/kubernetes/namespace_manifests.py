"""All objects of a namespace as manifests: itself, and what guards it. Pure; leaves may be open."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from platform_components.component import Known, Settings
from platform_components.kubernetes.metadata import MANAGED_BY, Label, LabelValue, Manifest, metadata
from platform_components.kubernetes.network_policies import Egress, namespace_policies
from platform_components.kubernetes.objects import kubernetes_manifest
from platform_components.kubernetes.quantities import Quantity


class _Quota(Settings):
    cpu: Quantity | None = None
    memory: Quantity | None = None
    pods: Annotated[int, Field(ge=0)] | None = None
    storage: Quantity | None = None


class _LimitRange(Settings):
    cpu_request: Quantity = "50m"
    memory_request: Quantity = "64Mi"
    memory_limit: Quantity = "256Mi"


class _Owner(Settings):
    group: Known[str]
    role: str = "view"


class NamespaceSettings(Settings):
    """A namespace, see `NamespaceArgs`."""

    namespace_name: Known[Label]
    labels: Mapping[str, Known[LabelValue]] = {}
    annotations: Mapping[str, Known[str]] = {}
    pod_security: Literal["restricted", "baseline", "privileged"] = "restricted"
    pod_security_version: Known[Annotated[str, Field(pattern=r"^(latest|v1\.[0-9]+)$")]] = "latest"
    quota: _Quota = _Quota()
    limit_range: _LimitRange = _LimitRange()
    gateway_namespaces: tuple[Known[Label], ...] = ()
    same_namespace: bool = True
    egress: tuple[Egress, ...] = ()
    owner: _Owner | None = None
    protect: bool = False


def namespace_content(settings: NamespaceSettings, namespace: Any) -> dict[str, Manifest]:
    """What guards the namespace, as manifests by suffix; `namespace` is its name."""

    def object_of(api_version: str, kind: str, name: str, spec: Manifest | None = None, **more: Any) -> Manifest:
        return kubernetes_manifest(api_version, kind, metadata(name, namespace, MANAGED_BY), spec, **more)

    policies = namespace_policies(
        gateway_namespaces=settings.gateway_namespaces,
        same_namespace=settings.same_namespace,
        egress=settings.egress,
    )
    content = {
        "quota": object_of("v1", "ResourceQuota", "quota", {"hard": _hard(settings.quota)}),
        "limits": object_of("v1", "LimitRange", "limits", _limits(settings.limit_range)),
        **{
            policy: object_of("networking.k8s.io/v1", "NetworkPolicy", policy, spec)
            for policy, spec in policies.items()
        },
    }
    if settings.owner:
        rbac = "rbac.authorization.k8s.io"
        content["owner"] = object_of(
            f"{rbac}/v1",
            "RoleBinding",
            "owner",
            roleRef={"apiGroup": rbac, "kind": "ClusterRole", "name": settings.owner.role},
            subjects=[{"apiGroup": rbac, "kind": "Group", "name": settings.owner.group}],
        )
    return content


def namespace_manifest(settings: NamespaceSettings) -> Manifest:
    """The namespace itself."""
    pod_security = {
        f"pod-security.kubernetes.io/{mode}{suffix}": value
        for mode in ("enforce", "audit", "warn")
        for suffix, value in (("", settings.pod_security), ("-version", settings.pod_security_version))
    }
    labels = {**MANAGED_BY, **settings.labels, **pod_security}
    return kubernetes_manifest(
        "v1", "Namespace", metadata(settings.namespace_name, labels=labels, annotations=settings.annotations)
    )


def _hard(quota: _Quota) -> Manifest:
    # Both are ways around the gateway, and a load balancer costs money.
    limits = {"services.loadbalancers": "0", "services.nodeports": "0"}
    if quota.cpu:
        limits["requests.cpu"] = quota.cpu
    if quota.memory:
        limits |= {"requests.memory": quota.memory, "limits.memory": quota.memory}
    if quota.pods is not None:
        limits["pods"] = str(quota.pods)
    if quota.storage:
        limits["requests.storage"] = quota.storage
    return limits


def _limits(defaults: _LimitRange) -> Manifest:
    return {
        "limits": [
            {
                "type": "Container",
                "defaultRequest": {"cpu": defaults.cpu_request, "memory": defaults.memory_request},
                "default": {"memory": defaults.memory_limit},
            }
        ]
    }
