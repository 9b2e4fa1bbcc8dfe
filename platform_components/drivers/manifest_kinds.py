"""What is known of Kubernetes' own kinds: which live in a namespace, which make pods, what has to be there first."""

from collections.abc import Mapping

NAMESPACED: Mapping[str, tuple[str, ...]] = {
    "v1": (
        *("ConfigMap", "Endpoints", "Event", "LimitRange", "PersistentVolumeClaim", "Pod", "PodTemplate"),
        *("ReplicationController", "ResourceQuota", "Secret", "Service", "ServiceAccount"),
    ),
    "apps/v1": ("ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
    "autoscaling/v2": ("HorizontalPodAutoscaler",),
    "batch/v1": ("CronJob", "Job"),
    "networking.k8s.io/v1": ("Ingress", "NetworkPolicy"),
    "policy/v1": ("PodDisruptionBudget",),
    "rbac.authorization.k8s.io/v1": ("Role", "RoleBinding"),
}
"""Kinds that live in a namespace, by their API version. Groups with a dot that are not listed are custom resources."""
CLUSTER_SCOPED: Mapping[str, tuple[str, ...]] = {
    "v1": ("Namespace", "Node", "PersistentVolume"),
    "admissionregistration.k8s.io/v1": (
        *("MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
        "ValidatingWebhookConfiguration",
    ),
    "apiextensions.k8s.io/v1": ("CustomResourceDefinition",),
    "apiregistration.k8s.io/v1": ("APIService",),
    "certificates.k8s.io/v1": ("CertificateSigningRequest",),
    "networking.k8s.io/v1": ("IngressClass",),
    "node.k8s.io/v1": ("RuntimeClass",),
    "rbac.authorization.k8s.io/v1": ("ClusterRole", "ClusterRoleBinding"),
    "scheduling.k8s.io/v1": ("PriorityClass",),
    "storage.k8s.io/v1": ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"),
}

POD_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    **dict.fromkeys(("DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"), ("spec", "template")),
}
"""Where kinds that make pods have the pod template."""

_FIRST = (
    *("ConfigMap", "LimitRange", "NetworkPolicy", "PersistentVolumeClaim", "ResourceQuota", "Role", "RoleBinding"),
    *("Secret", "ServiceAccount"),
)
_PODS = ("DaemonSet", "Deployment", "Pod", "ReplicaSet", "StatefulSet")
# Services come after the pods: the official provider waits until one has endpoints
_ORDER: Mapping[str, int] = {**dict.fromkeys(_FIRST, 0), **dict.fromkeys(_PODS, 1), "Service": 2}


def stage(kind: str) -> int:
    """When an object is made: what pods need, pods, the Services that lead to them, and what needs those (Jobs, …)."""
    return _ORDER.get(kind, 3)
