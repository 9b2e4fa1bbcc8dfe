"""One object of each kind that platforms deploy, in awkward spellings: made, found, changed, and found as changed."""

import time
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.kubernetes.values import Manifest
from tests.sandbox.kubernetes.plugin import Plugin, urn_of

pytestmark = pytest.mark.e2e

LABELS = {"app": "web"}
POD: Manifest = {
    "serviceAccountName": "default",
    "automountServiceAccountToken": False,
    "hostNetwork": False,
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": LABELS},
        }
    ],
    "initContainers": [{"name": "before", "image": "before", "restartPolicy": "Always", "command": ["wait"]}],
    "containers": [
        {
            "name": "web",
            "image": "web@sha256:" + "0" * 64,
            "args": ["--flag", ""],
            "env": [
                {"name": "EMPTY", "value": ""},
                {"name": "PLACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
                {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "access", "key": "key", "optional": True}}},
            ],
            "ports": [{"name": "http", "containerPort": 8080}, {"name": "dns", "containerPort": 53, "protocol": "UDP"}],
            "resources": {"requests": {"cpu": 0.25, "memory": "0.5Gi"}, "limits": {"memory": "1024Mi"}},
            "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 5},
            "livenessProbe": {"exec": {"command": ["true"]}},
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"], "add": []},
            },
            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp", "readOnly": False}],
        }
    ],
    "volumes": [
        {"name": "tmp", "emptyDir": {"sizeLimit": "1024Mi"}},
        {"name": "files", "secret": {"secretName": "access", "defaultMode": 256, "optional": True}},
        {"name": "all", "projected": {"sources": [{"configMap": {"name": "none", "optional": True}}]}},
    ],
}
TEMPLATE: Manifest = {"metadata": {"labels": LABELS, "annotations": {"checksum": "0"}}, "spec": POD}
JOB: Manifest = {"backoffLimit": 0, "template": {"metadata": {}, "spec": {**POD, "restartPolicy": "Never"}}}

OBJECTS: dict[str, tuple[str, Manifest]] = {
    "ConfigMap": ("core/v1", {"data": {"a": "", "b": "1"}, "binaryData": {"c": "AAEC"}, "immutable": False}),
    "CronJob": ("batch/v1", {"spec": {"schedule": "0 * * * *", "suspend": False, "jobTemplate": {"spec": JOB}}}),
    "Deployment": (
        "apps/v1",
        {
            "spec": {
                "replicas": 0,
                "revisionHistoryLimit": 0,
                "selector": {"matchLabels": LABELS, "matchExpressions": []},
                "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}},
                "template": TEMPLATE,
            }
        },
    ),
    "HorizontalPodAutoscaler": (
        "autoscaling/v2",
        {
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                "maxReplicas": 3,
                "metrics": [
                    {
                        "type": "Resource",
                        "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1024Mi"}},
                    }
                ],
            }
        },
    ),
    "Job": ("batch/v1", {"spec": JOB}),
    "LimitRange": (
        "core/v1",
        {"spec": {"limits": [{"type": "Container", "default": {"cpu": "1000m", "memory": 1e9}}]}},
    ),
    "NetworkPolicy": (
        "networking.k8s.io/v1",
        {
            "spec": {
                "podSelector": {},
                "policyTypes": ["Ingress", "Egress"],
                "ingress": [],
                "egress": [{"ports": [{"port": 53, "protocol": "UDP"}], "to": [{"namespaceSelector": {}}]}],
            }
        },
    ),
    "PersistentVolumeClaim": (
        "core/v1",
        {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "0.5Gi"}}}},
    ),
    "PodDisruptionBudget": ("policy/v1", {"spec": {"maxUnavailable": 1, "selector": {"matchLabels": LABELS}}}),
    "ResourceQuota": (
        "core/v1",
        {"spec": {"hard": {"requests.cpu": "1000m", "limits.memory": "1024Mi", "pods": 10}}},
    ),
    "Role": ("rbac.authorization.k8s.io/v1", {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}),
    "RoleBinding": (
        "rbac.authorization.k8s.io/v1",
        {
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
            "subjects": [{"kind": "ServiceAccount", "name": "default"}],
        },
    ),
    "Secret": ("core/v1", {"type": "Opaque", "stringData": {"key": "value", "text": "ä\n"}}),
    "Service": (
        "core/v1",
        {"spec": {"type": "ClusterIP", "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}},
    ),
    "ServiceAccount": ("core/v1", {"automountServiceAccountToken": False, "imagePullSecrets": [{"name": "registry"}]}),
    "StatefulSet": (
        "apps/v1",
        {
            "spec": {
                "replicas": 0,
                "serviceName": "web",
                "selector": {"matchLabels": LABELS},
                "template": TEMPLATE,
                "volumeClaimTemplates": [
                    {
                        "metadata": {"name": "data"},
                        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}},
                    }
                ],
            }
        },
    ),
    "Gateway": (
        "gateway.networking.k8s.io/v1",
        {
            "spec": {
                "gatewayClassName": "none",
                "listeners": [{"name": "http", "port": 80, "protocol": "HTTP", "hostname": "*.example"}],
            }
        },
    ),
    "HTTPRoute": (
        "gateway.networking.k8s.io/v1",
        {
            "spec": {
                "hostnames": ["web.example"],
                "parentRefs": [{"name": "shared", "namespace": "gateways", "sectionName": "https"}],
                "rules": [
                    {
                        "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                        "backendRefs": [{"name": "web", "port": 80}],
                    }
                ],
            }
        },
    ),
}


def inputs_of(kind: str, namespace: str, **labels: str) -> Manifest:
    group, rest = OBJECTS[kind]
    metadata: dict[str, Any] = {
        "name": "web",
        "namespace": namespace,
        "labels": {"first": "1", **labels},
        "annotations": {"pulumi.com/skipAwait": "true"},
    }
    if kind == "ServiceAccount":
        metadata["annotations"]["azure.workload.identity/client-id"] = ""
    return {"apiVersion": group.removeprefix("core/"), "kind": kind, "metadata": metadata, **rest}


@pytest.mark.parametrize("kind", sorted(OBJECTS))
def test_it_is_found_as_it_was_made_and_as_it_was_changed(kind: str, plugin: Plugin, namespace: str) -> None:
    urn = urn_of(f"kubernetes:{OBJECTS[kind][0]}:{kind}")
    inputs = inputs_of(kind, namespace)
    plugin.preview(urn, inputs)
    made = plugin.create(urn, inputs)
    reread = plugin.read(urn, made.id, made)
    assert reread is not None
    assert reread.inputs == made.inputs
    for state in (made, reread):
        assert plugin.diff(urn, state, inputs).changes == provider_pb2.DiffResponse.DIFF_NONE

    changed = inputs_of(kind, namespace, second="2")
    answer = plugin.diff(urn, reread, changed)
    assert list(answer.detailedDiff) == ["metadata.labels.second"]
    assert not answer.replaces
    plugin.update(urn, reread, changed, preview=True)
    updated = plugin.update(urn, reread, changed)
    assert updated.outputs["metadata"]["labels"]["second"] == "2"
    assert plugin.diff(urn, updated, changed).changes == provider_pb2.DiffResponse.DIFF_NONE
    plugin.delete(urn, updated)
    deadline = time.monotonic() + 20
    # The annotation that skips waits skips some kinds' deletions too.
    while plugin.read(urn, made.id, updated) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
