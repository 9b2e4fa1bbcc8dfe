"""What a new cluster holds before anybody deploys: fake nodes, roles, storage, and the Gateway API's definitions."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox.control_plane.client import ApiServer
from sandbox.errors import SandboxError

KWOK_USER = "kwok"

REGION = "westeurope"
NODES = {"fake-1": "1", "fake-2": "2", "fake-3": "1", "fake-4": "2"}
"""Node and zone. Zones are named as AKS names them: learn.microsoft.com, AKS availability zones."""

ENTRA_NAMESPACE = "entra"
ENTRA_ACCOUNT = "platform-team"
"""The stand-in of the Entra group that administers the cluster: kubelogin's stand-in gets its tokens here."""

FILE_CLASS = "azurefile-csi"
FILE_VOLUMES = 8
"""Kubernetes' own provisioner makes no volumes that many nodes may write to, so these are there from the start."""

CLASSES = ("default", "managed-csi", FILE_CLASS)
"""As AKS calls them: learn.microsoft.com/azure/aks/concepts-storage"""
PROVISIONER = "sandbox/folders"
"""Who makes volumes where pods run: node/volumes.py."""

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def add_roles(api: ApiServer) -> None:
    """Roles of kwok and of the team that administers the cluster."""
    for path, manifest in _manifests():
        api.apply(path, manifest)


def add_node_roles(api: ApiServer) -> None:
    """Roles of a node's programs, where pods run."""
    node = {"kind": "Group", "name": "system:nodes", "apiGroup": "rbac.authorization.k8s.io"}
    dns = {"kind": "User", "name": "coredns", "apiGroup": "rbac.authorization.k8s.io"}
    read = [
        _rule("", "namespaces services pods endpoints", "list watch"),
        _rule("discovery.k8s.io", "endpointslices", "list watch"),
    ]
    role = _named("rbac.authorization.k8s.io/v1", "ClusterRole", "sandbox:dns") | {"rules": read}
    for path, manifest in (
        _binding("sandbox:nodes", "system:node", node),
        (f"{_RBAC}/clusterroles/sandbox:dns", role),
        _binding("sandbox:dns", "sandbox:dns", dns),
    ):
        api.apply(path, manifest)


def add_gateway_roles(api: ApiServer, user: str) -> None:
    """What a controller of the Gateway API has to read and to write: traefik.io, Kubernetes Gateway API, RBAC."""
    kinds = "gatewayclasses gateways httproutes grpcroutes referencegrants"
    status = " ".join(f"{kind}/status" for kind in kinds.split()[:4])
    rules = [
        _rule("", "namespaces services secrets nodes configmaps", "get list watch"),
        _rule("discovery.k8s.io", "endpointslices", "list watch"),
        _rule("gateway.networking.k8s.io", kinds, "get list watch"),
        _rule("gateway.networking.k8s.io", status, "update"),
    ]
    role = _named("rbac.authorization.k8s.io/v1", "ClusterRole", "sandbox:gateway") | {"rules": rules}
    api.apply(f"{_RBAC}/clusterroles/sandbox:gateway", role)
    subject = {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}
    api.apply(*_binding("sandbox:gateway", "sandbox:gateway", subject))


def waits_for_a_pod(storage_class: str) -> bool:
    """Whether a claim of the class gets a volume only when a pod wants it."""
    return storage_class != FILE_CLASS


def add_volumes(api: ApiServer, *, real: bool) -> None:
    """Storage classes, named as AKS names them; where pods do not run, also the volumes that many nodes may share."""
    for path, manifest in _storage(real=real):
        provisioner = manifest.get("provisioner")
        if provisioner and (api.get(path) or {}).get("provisioner", provisioner) != provisioner:
            api.delete(path)  # of an older version; what a class says stays so
        api.apply(path, manifest)


def add_gateway_api(api: ApiServer, gateway_crds: Path, *, timeout: float = 30) -> None:
    """The Gateway API's resource definitions, serving."""
    paths = []
    for file in sorted(gateway_crds.glob("*.yaml")):
        group, _, plural = file.stem.partition("_")  # controller-gen names its files so
        paths.append(f"{_DEFINITIONS}/{plural}.{group}")
        api.apply(paths[-1], file.read_bytes())
    _await_condition(api, paths, "Established", timeout)


def add_nodes(api: ApiServer, *, timeout: float = 30) -> None:
    """The fake nodes, ready; call it with kwok running. What a node reports then belongs to kwok."""
    for name, zone in NODES.items():
        api.create("/api/v1/nodes", _node(name, zone))
    _await_condition(api, [f"/api/v1/nodes/{name}" for name in NODES], "Ready", timeout)


def _await_condition(api: ApiServer, paths: list[str], condition: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    for path in paths:
        while not _has_condition(api.get(path), condition):
            if time.monotonic() > deadline:
                raise SandboxError(
                    f"{path} was not {condition} after {timeout:.0f} s", fix="look: python -m sandbox status"
                )
            time.sleep(0.05)


def _has_condition(found: Mapping[str, Any] | None, condition: str) -> bool:
    conditions = (found or {}).get("status", {}).get("conditions") or []
    return any(each["type"] == condition and each["status"] == "True" for each in conditions)


def _node(name: str, zone: str) -> dict[str, Any]:
    size = {"cpu": "16", "memory": "64Gi", "ephemeral-storage": "200Gi", "pods": "250"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {
                "type": "kwok",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/role": "fake",
                "topology.kubernetes.io/region": REGION,
                "topology.kubernetes.io/zone": f"{REGION}-{zone}",
            },
        },
        "status": {"allocatable": size, "capacity": size},
    }


def _manifests() -> list[tuple[str, dict[str, Any]]]:
    account = {"kind": "ServiceAccount", "name": ENTRA_ACCOUNT, "namespace": ENTRA_NAMESPACE}
    kwok = {"kind": "User", "name": KWOK_USER, "apiGroup": "rbac.authorization.k8s.io"}
    entra = f"/api/v1/namespaces/{ENTRA_NAMESPACE}"
    return [
        (entra, _named("v1", "Namespace", ENTRA_NAMESPACE)),
        (f"{entra}/serviceaccounts/{ENTRA_ACCOUNT}", _named("v1", "ServiceAccount", ENTRA_ACCOUNT)),
        # Azure RBAC gives the group this role on the real cluster: learn.microsoft.com, AKS RBAC Cluster Admin.
        _binding("entra:platform-team", "cluster-admin", account),
        (
            f"{_RBAC}/clusterroles/kwok",
            _named("rbac.authorization.k8s.io/v1", "ClusterRole", "kwok") | {"rules": _KWOK},
        ),
        _binding("kwok", "kwok", kwok),
    ]


def _storage(*, real: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    is_default = {"storageclass.kubernetes.io/is-default-class": "true"}
    for name in CLASSES:
        fixed = name == FILE_CLASS and not real
        own = PROVISIONER if real else "kubernetes.io/host-path"
        storage_class = _named("storage.k8s.io/v1", "StorageClass", name) | {
            "provisioner": "kubernetes.io/no-provisioner" if fixed else own,
            "reclaimPolicy": "Retain" if fixed else "Delete",
            "volumeBindingMode": "WaitForFirstConsumer" if waits_for_a_pod(name) else "Immediate",
        }
        if name == "default":
            storage_class["metadata"]["annotations"] = is_default
        yield f"{_CLASSES}/{name}", storage_class
    for number in range(1, 1 + (0 if real else FILE_VOLUMES)):
        spec = {
            "storageClassName": FILE_CLASS,
            "capacity": {"storage": "1Ti"},
            "accessModes": ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "hostPath": {"path": f"/tmp/sandbox-file-{number}"},
        }
        name = f"file-{number}"
        yield f"/api/v1/persistentvolumes/{name}", _named("v1", "PersistentVolume", name) | {"spec": spec}


def _named(version: str, kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}}


def _binding(name: str, role: str, subject: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    manifest = _named("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", name)
    return f"{_RBAC}/clusterrolebindings/{name}", manifest | {"roleRef": reference, "subjects": [dict(subject)]}


def _rule(group: str, resources: str, verbs: str) -> dict[str, list[str]]:
    return {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split()}


# What kwok's own manifests give it: sigs.k8s.io/kwok, kustomize/rbac/role.yaml, without its custom resources.
_KWOK = [
    _rule("", "events", "create patch update"),
    _rule("", "nodes", "get list watch"),
    _rule("", "nodes/status pods/status", "patch update"),
    _rule("", "persistentvolumes pods", "delete get list patch update watch"),
    _rule("coordination.k8s.io", "leases", "create get list patch update watch"),
]
