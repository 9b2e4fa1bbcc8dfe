"""Which properties cannot change in place, and when the old object goes first: the official provider's rules."""

from typing import Final

from sandbox.kubernetes.difference import Change, Difference
from sandbox.kubernetes.objects import AUTONAMED, Kind, has_name, is_true, name_of, namespace_of
from sandbox.kubernetes.paths import Path, parsed
from sandbox.kubernetes.values import Manifest

_IDENTITY: Final = ("metadata.name", "metadata.namespace")

_CONTAINER_FIELDS: Final = (
    "args",
    "command",
    "env",
    "image",
    "imagePullPolicy",
    "lifecycle",
    "livenessProbe",
    "ports",
    "readinessProbe",
    "resources",
    "securityContext",
    "stdin",
    "stdinOnce",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "tty",
    "volumeDevices",
    "volumeMounts",
    "workingDir",
)
_POD_FIELDS: Final = (
    "affinity",
    "automountServiceAccountToken",
    "dnsConfig",
    "dnsPolicy",
    "enableServiceLinks",
    "hostAliases",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostname",
    "imagePullSecrets",
    "nodeName",
    "nodeSelector",
    "overhead",
    "preemptionPolicy",
    "priority",
    "priorityClassName",
    "readinessGates",
    "restartPolicy",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "serviceAccount",
    "serviceAccountName",
    "shareProcessNamespace",
    "subdomain",
    "terminationGracePeriodSeconds",
    "volumes",
)
_VOLUME_SOURCES: Final = (
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
)

# pulumi-kubernetes:provider/pkg/provider/diff.go
_IMMUTABLE: Final[dict[Kind, tuple[str, ...]]] = {
    Kind("", "v1", "PersistentVolume"): tuple(f"spec.{source}" for source in _VOLUME_SOURCES),
    Kind("", "v1", "PersistentVolumeClaim"): (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    Kind("", "v1", "Pod"): (
        *(f"spec.{field}" for field in _POD_FIELDS),
        *(f"spec.{group}[*].{field}" for group in ("containers", "initContainers") for field in _CONTAINER_FIELDS),
    ),
    Kind("", "v1", "ResourceQuota"): ("spec.scopes",),
    Kind("", "v1", "Secret"): ("type",),
    Kind("", "v1", "Service"): ("spec.clusterIP",),
    Kind("apps", "v1", "DaemonSet"): ("spec.selector",),
    Kind("apps", "v1", "Deployment"): ("spec.selector",),
    Kind("apps", "v1", "StatefulSet"): (
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    Kind("batch", "v1", "Job"): ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    Kind("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding"): ("roleRef",),
    Kind("rbac.authorization.k8s.io", "v1", "RoleBinding"): ("roleRef",),
    Kind("storage.k8s.io", "v1", "StorageClass"): ("parameters", "provisioner"),
}

_DATA: Final[dict[Kind, tuple[str, ...]]] = {
    Kind("", "v1", "ConfigMap"): ("binaryData", "data"),
    Kind("", "v1", "Secret"): ("data", "stringData"),
}


def immutable_paths(
    kind: Kind, inputs: Manifest, *, config_maps_mutable: bool, secrets_mutable: bool, patch: bool
) -> tuple[Path, ...]:
    """The properties whose change replaces the object."""
    written = [*_IDENTITY]
    if not patch:
        written += _IMMUTABLE.get(kind, ())
        mutable = {"ConfigMap": config_maps_mutable, "Secret": secrets_mutable}
        if kind in _DATA and (not mutable[kind.name] or inputs.get("immutable") is True):
            written += _DATA[kind]
    return tuple(parsed(path) for path in written)


def replaces(difference: Difference, immutable: tuple[Path, ...]) -> bool:
    """Whether this difference replaces the object."""
    # Without metadata the object has another, automatic name.
    unnamed = difference.change is Change.DELETED and difference.path == ("metadata",)
    return unnamed or any(difference.touches(path) for path in immutable)


def delete_first(new: Manifest, live: Manifest) -> bool:
    """Whether the replacement has the very name of the old object, which must be gone before."""
    return (
        has_name(new)
        and not is_true(new, AUTONAMED)
        and name_of(new) == name_of(live)
        and namespace_of(new) == namespace_of(live)
    )
