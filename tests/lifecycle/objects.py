"""Objects of a namespace as the API server writes them, with little in them."""

from typing import Any

from platform_components.lifecycle.snapshot import Snapshot

Manifest = dict[str, Any]


def container(name: str = "web", *, ready: bool = False, restarts: int = 0, **states: Any) -> Manifest:
    """The status of a container."""
    return {"name": name, "ready": ready, "restartCount": restarts, **states}


def pod(*statuses: Manifest, name: str = "web-1", owner: str = "rs", **more: Any) -> Manifest:
    """A pod, not ready unless all of its containers are."""
    ready = "True" if statuses and all(one["ready"] for one in statuses) else "False"
    return {
        "metadata": {
            "name": name,
            "uid": name,
            "labels": {"app.kubernetes.io/name": "web"},
            "ownerReferences": [{"uid": owner}],
        },
        "spec": {"containers": [{"name": str(one["name"])} for one in statuses] or [{"name": "web"}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": list(statuses),
            **more,
        },
    }


def deployment(*, replicas: int = 1, ready: int = 0, conditions: tuple[Manifest, ...] = ()) -> Manifest:
    """A Deployment `web` in its second revision."""
    return {
        "metadata": {
            "name": "web",
            "uid": "d",
            "creationTimestamp": "2026-03-01T10:00:00Z",
            "labels": {"app.kubernetes.io/name": "web"},
            "annotations": {"deployment.kubernetes.io/revision": "2"},
        },
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [{"name": "web", "image": "web:2"}]}}},
        "status": {"readyReplicas": ready, "conditions": list(conditions)},
    }


def replica_set(revision: int = 2, ready: int = 0, **status: Any) -> Manifest:
    """One of the Deployment's ReplicaSets; that of the second revision owns the pods."""
    return {
        "metadata": {
            "name": f"web-r{revision}",
            "uid": "rs" if revision == 2 else f"rs{revision}",
            "annotations": {"deployment.kubernetes.io/revision": str(revision)},
            "ownerReferences": [{"uid": "d"}],
        },
        "status": {"readyReplicas": ready, **status},
    }


def job(*, conditions: tuple[Manifest, ...] = (), owner: str = "", **status: Any) -> Manifest:
    """A Job `seed`."""
    return {
        "metadata": {"name": "seed", "uid": "rs", **({"ownerReferences": [{"uid": owner}]} if owner else {})},
        "spec": {"template": {"spec": {"containers": [{"name": "seed", "image": "seed:1"}]}}},
        "status": {"conditions": list(conditions), **status},
    }


def warning(uid: str, reason: str, message: str, at: str = "2026-03-01T10:00:00Z", **more: Any) -> Manifest:
    """An event about a pod."""
    return {
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": at,
        "involvedObject": {"kind": "Pod", "name": uid, "uid": uid},
        **more,
    }


def snapshot(**objects: list[Manifest]) -> Snapshot:
    """A namespace that holds these, by plural names."""
    return Snapshot(objects)
