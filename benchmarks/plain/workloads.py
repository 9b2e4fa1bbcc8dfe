"""The cluster's side of the plain program: the namespace with what guards it, and Deployments that it admits."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

RESTRICTED = {
    f"pod-security.kubernetes.io/{mode}{suffix}": value
    for mode in ("enforce", "audit", "warn")
    for suffix, value in (("", "restricted"), ("-version", "latest"))
}
USER = 65532


def make_namespace(stack: str, tags: Mapping[str, str], cluster: kubernetes.Provider) -> kubernetes.core.v1.Namespace:
    """The environment's namespace: quota, limits, and connections only where they are needed."""
    namespace = kubernetes.core.v1.Namespace(
        "namespace",
        metadata={"name": stack, "labels": {**RESTRICTED, "platform-components/managed": "true"}, "annotations": tags},
        opts=pulumi.ResourceOptions(provider=cluster),
    )
    options = pulumi.ResourceOptions(provider=cluster, deleted_with=namespace)
    inside = namespace.metadata.name
    kubernetes.core.v1.ResourceQuota(
        "quota",
        metadata={"name": "quota", "namespace": inside},
        spec={"hard": {"requests.cpu": "4", "requests.memory": "8Gi", "limits.memory": "8Gi", "pods": "30"}},
        opts=options,
    )
    kubernetes.core.v1.LimitRange(
        "limits",
        metadata={"name": "limits", "namespace": inside},
        spec={
            "limits": [
                {
                    "type": "Container",
                    "default": {"memory": "256Mi"},
                    "default_request": {"cpu": "50m", "memory": "64Mi"},
                }
            ]
        },
        opts=options,
    )
    everything: dict[str, Any] = {"pod_selector": {}}
    gateway = {"namespace_selector": {"match_labels": {"kubernetes.io/metadata.name": "platform-gateway"}}}
    dns = {"namespace_selector": {"match_labels": {"kubernetes.io/metadata.name": "kube-system"}}}
    policies: dict[str, dict[str, Any]] = {
        "default-deny": {"policy_types": ["Ingress", "Egress"]},
        "allow-dns": {
            "policy_types": ["Egress"],
            "egress": [{"to": [dns], "ports": [{"port": 53, "protocol": "UDP"}]}],
        },
        "allow-egress": {
            "policy_types": ["Egress"],
            "egress": [
                {"to": [{"ip_block": {"cidr": "10.100.0.0/16"}}], "ports": [{"port": 5432, "protocol": "TCP"}]},
                {"to": [{"ip_block": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443, "protocol": "TCP"}]},
            ],
        },
        "allow-same-namespace": {
            "policy_types": ["Ingress", "Egress"],
            "ingress": [{"from_": [everything]}],
            "egress": [{"to": [everything]}],
        },
        "allow-gateway": {"policy_types": ["Ingress"], "ingress": [{"from_": [gateway]}]},
    }
    for name, spec in policies.items():
        whole: Any = {**everything, **spec}
        kubernetes.networking.v1.NetworkPolicy(
            name, metadata={"name": name, "namespace": inside}, spec=whole, opts=options
        )
    return namespace


def make_deployment(
    name: str,
    namespace: str,
    *,
    image: str,
    variables: Sequence[Mapping[str, Any]],
    account: kubernetes.core.v1.ServiceAccount,
    opts: pulumi.ResourceOptions,
    command: Sequence[str] | None = None,
    arguments: Sequence[str] | None = None,
    memory: str = "256Mi",
    probe: Mapping[str, Any] | None = None,
) -> kubernetes.apps.v1.Deployment:
    """One container, as the `restricted` standard wants it."""
    labels = {"app.kubernetes.io/name": name}
    spread = [
        {
            "max_skew": 1,
            "topology_key": key,
            "when_unsatisfiable": "ScheduleAnyway",
            "label_selector": {"match_labels": labels},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
    container: dict[str, Any] = {
        "name": name,
        "image": image,
        "command": command,
        "args": arguments,
        "env": variables,
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": memory}},
        "security_context": {
            "allow_privilege_escalation": False,
            "capabilities": {"drop": ["ALL"]},
            "read_only_root_filesystem": True,
        },
        "volume_mounts": [{"name": "scratch", "mount_path": "/tmp"}],
        "readiness_probe": {"http_get": probe} if probe else None,
    }
    pod: Any = {
        "service_account_name": account.metadata.name,
        "automount_service_account_token": False,
        "enable_service_links": False,
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": USER,
            "run_as_group": USER,
            "fs_group": USER,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "topology_spread_constraints": spread,
        "containers": [container],
        "volumes": [{"name": "scratch", "empty_dir": {"size_limit": "256Mi"}}],
    }
    return kubernetes.apps.v1.Deployment(
        name,
        metadata={"name": name, "namespace": namespace, "labels": labels},
        spec={
            "replicas": 1,
            "selector": {"match_labels": labels},
            "strategy": {"type": "RollingUpdate", "rolling_update": {"max_surge": 1, "max_unavailable": 0}},
            "template": {"metadata": {"labels": {**labels, "azure.workload.identity/use": "true"}}, "spec": pod},
        },
        opts=opts,
    )


def from_secret(variable: str, secret: kubernetes.core.v1.Secret) -> dict[str, Any]:
    """A variable whose value only the kubelet reads."""
    return {"name": variable, "value_from": {"secret_key_ref": {"name": secret.metadata.name, "key": variable}}}
