"""Volumes for claims, where pods run: a folder of the sandbox's state for each, which containers of any user may use.

It does what a CSI driver's provisioner does on AKS: kubernetes.io, "Dynamic Volume Provisioning", "Storage Classes".
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.control_plane.client import ApiServer
from sandbox.control_plane.furniture import CLASSES, PROVISIONER, waits_for_a_pod
from sandbox.errors import SandboxError
from sandbox.state import State

_VOLUMES = "/api/v1/persistentvolumes"
_SELECTED = "volume.kubernetes.io/selected-node"
_MADE_BY = "pv.kubernetes.io/provisioned-by"


def provide(state: State, api: ApiServer) -> None:
    """A volume for each claim that waits for one; those that are not needed any more go, with what is in them."""
    for claim in _items(api, "/api/v1/persistentvolumeclaims"):
        if _waits(claim):
            try:
                _make(api, _volume(state, claim))
            except SandboxError as error:  # the others get theirs
                print(error, flush=True)
    for volume in _items(api, _VOLUMES):
        metadata = volume["metadata"]
        released = volume.get("status", {}).get("phase") == "Released"
        if released and (metadata.get("annotations") or {}).get(_MADE_BY) == PROVISIONER:
            folder = folders(state) / metadata["name"]
            if folder.exists():
                shutil.rmtree(folder)
            api.delete(f"{_VOLUMES}/{metadata['name']}")


def _make(api: ApiServer, volume: Mapping[str, Any]) -> None:
    folder = Path(volume["spec"]["hostPath"]["path"])
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)  # as a CSI driver gives it to the pod's group
    api.create(_VOLUMES, volume)


def folders(state: State) -> Path:
    """Where the volumes are."""
    return state.node / "volumes"


def _items(api: ApiServer, path: str) -> list[dict[str, Any]]:
    return list((api.get(path) or {}).get("items") or ())


def _waits(claim: Mapping[str, Any]) -> bool:
    name = claim["spec"].get("storageClassName")
    if claim.get("status", {}).get("phase") != "Pending" or name not in CLASSES:
        return False
    return not waits_for_a_pod(name) or _SELECTED in (claim["metadata"].get("annotations") or {})


def _volume(state: State, claim: Mapping[str, Any]) -> dict[str, Any]:
    metadata, spec = claim["metadata"], claim["spec"]
    name = f"pvc-{metadata['uid']}"
    reference = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {_MADE_BY: PROVISIONER}},
        "spec": {
            "storageClassName": spec["storageClassName"],
            "accessModes": spec["accessModes"],
            "capacity": spec["resources"]["requests"],
            "persistentVolumeReclaimPolicy": "Delete",
            "claimRef": reference | {key: metadata[key] for key in ("name", "namespace", "uid")},
            "hostPath": {"path": str(folders(state) / name), "type": "Directory"},
        },
    }
