"""How kwok plays the life of pods and volumes: ready at once, Jobs' pods complete, images of `fail.example` fail.

kwok runs nothing; what is here is only what a kubelet would write. docs/sandbox.md says how to choose a failure.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from sandbox.state import State, write_private

FAILURES: Final = {
    "crash": ("BackOff", "Back-off restarting failed container"),
    "oom": ("BackOff", "Back-off restarting failed container"),
    "pull": ("Failed", "Error: ImagePullBackOff"),
    "config": ("Failed", 'Error: secret "missing" not found'),
    "unready": ("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"),
}
"""What comes after `fail.example/` in an image's name, with the event that a kubelet would send; kwok's are fixed."""

_STATUS: Final = Path(__file__).with_name("pod_status.gotpl")
# jq: how the first image fails, init containers first; nothing when none does
_HOW: Final = (
    'first((.spec.initContainers[]?, .spec.containers[]) | .image | select(startswith("fail.example/")) '
    '| ltrimstr("fail.example/") | split(":")[0])'
)
_STAYS: Final[dict[str, Any]] = {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"}
_COMPLETED: Final = """
phase: Succeeded
conditions:
- {type: Ready, status: "False", reason: PodCompleted, lastTransitionTime: {{ Now | Quote }}}
containerStatuses:
{{ range $index, $item := .status.containerStatuses }}
- name: {{ $item.name | Quote }}
  image: {{ $item.image | Quote }}
  imageID: ""
  ready: false
  started: false
  restartCount: 0
  state:
    terminated: {exitCode: 0, reason: Completed, startedAt: {{ Now | Quote }}, finishedAt: {{ Now | Quote }}}
{{ end }}
"""


def container_log(state: State) -> Path:
    """What every container is said to have written, line by line as the CRI keeps it: `TIME stdout F TEXT`."""
    return state.control_plane / "container.log"


def configuration(state: State) -> Path:
    """The file of kwok's stages and logs."""
    log = container_log(state)
    if not log.exists():
        write_private(log, "")
    documents = [*_pods(), _volume_released(), _logs(log)]
    file = state.control_plane / "kwok.yaml"
    write_private(file, yaml.safe_dump_all(documents, sort_keys=False))
    return file


def _pods() -> list[dict[str, Any]]:
    new = [_STAYS, {"key": ".status.podIP", "operator": "DoesNotExist"}]
    status = {"statusTemplate": _STATUS.read_text()}
    well: dict[str, Any] = {"key": _HOW, "operator": "NotIn", "values": list(FAILURES)}
    of_a_job = [
        _STAYS,
        {"key": ".status.phase", "operator": "In", "values": ["Running"]},
        {"key": ".metadata.ownerReferences.[].kind", "operator": "In", "values": ["Job"]},
        well,
    ]
    gone = [{"key": ".metadata.deletionTimestamp", "operator": "Exists"}]
    return [
        _stage("pod-ready", "Pod", [*new, well], status),
        *(
            _stage(
                f"pod-{how}",
                "Pod",
                [*new, {"key": _HOW, "operator": "In", "values": [how]}],
                status | {"event": {"type": "Warning", "reason": reason, "message": message}},
            )
            for how, (reason, message) in FAILURES.items()
        ),
        _stage("pod-complete", "Pod", of_a_job, {"statusTemplate": _COMPLETED}),
        _stage("pod-delete", "Pod", gone, {"finalizers": {"empty": True}, "delete": True}),
    ]


def _volume_released() -> dict[str, Any]:
    """A volume whose claim is gone serves the next one; nothing is stored, so nothing has to be wiped."""
    released = [
        _STAYS,
        {"key": ".status.phase", "operator": "In", "values": ["Released"]},
        {"key": ".spec.persistentVolumeReclaimPolicy", "operator": "In", "values": ["Retain"]},
    ]
    patch = {"type": "merge", "root": "spec", "template": "claimRef: null"}
    return _stage("volume-released", "PersistentVolume", released, {"patches": [patch]})


def _logs(file: Path) -> dict[str, Any]:
    logs = [{"logsFile": str(file), "previousLogsFile": str(file), "follow": True}]
    return _document("ClusterLogs", "containers", {"selector": {}, "logs": logs})


def _stage(name: str, kind: str, expressions: Sequence[Mapping[str, object]], then: dict[str, Any]) -> dict[str, Any]:
    of = {"apiGroup": "v1", "kind": kind}
    return _document(
        "Stage", name, {"resourceRef": of, "selector": {"matchExpressions": list(expressions)}, "next": then}
    )


def _document(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}
