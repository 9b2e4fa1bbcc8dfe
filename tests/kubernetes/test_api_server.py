"""A real API server takes what is generated, in a namespace that enforces Pod Security `restricted`."""

import base64
import os
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from platform_components.component import validated
from platform_components.kubernetes.metadata import Manifest
from platform_components.kubernetes.namespace_manifests import NamespaceSettings, namespace_content, namespace_manifest
from platform_components.kubernetes.workload_manifests import config_map, labels, secret_data, workload_manifests
from platform_components.kubernetes.workload_settings import WorkloadSettings

from .cluster import Cluster
from .strategies import workloads

pytestmark = pytest.mark.e2e

FULL_NAMESPACE: Any = {
    "labels": {"platform-components/stack": "tests"},
    "annotations": {"platform-components/branch": "feature/Login!"},
    "gateway_namespaces": ["gateway"],
    "egress": [{"cidr": "10.100.16.0/24", "ports": [5432, 443]}],
    "owner": {"group": "7c1b2b3e-0000-4000-8000-000000000000"},
}


@pytest.fixture(scope="module")
def cluster(sandbox: Any) -> Cluster:
    return Cluster(sandbox.state.kubeconfig)


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace as the component makes it."""
    name = f"corpus-{secrets.token_hex(4)}"
    settings = validated(NamespaceSettings, "Namespace", name, {"namespace_name": name, **FULL_NAMESPACE})
    cluster.create(namespace_manifest(settings))
    try:
        for manifest in namespace_content(settings, name).values():
            cluster.create(manifest)
        yield name
    finally:
        cluster.delete_namespace(name)


def objects(arguments: dict[str, Any]) -> list[Manifest]:
    """All objects of a workload, and a pod for each template: only pods are what Pod Security admits or not."""
    settings = validated(WorkloadSettings, "Workload", "corpus", arguments)
    manifests = list(
        workload_manifests(
            settings, replicas=settings.replicas, config_map_name="config", secret_name="secret"
        ).values()
    )
    if configured := config_map(settings):
        manifests.append({**configured, "metadata": {**configured["metadata"], "name": "config"}})
    manifests.append(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "secret", "namespace": settings.namespace, "labels": labels(settings)},
            "data": {
                key: value if encoded else base64.b64encode(value.encode()).decode()
                for key, (value, encoded) in secret_data(settings).items()
            },
        }
    )
    controller = next(each for each in manifests if each["kind"] == settings.kind)
    spec = controller["spec"]["jobTemplate"]["spec"] if settings.kind == "CronJob" else controller["spec"]
    pod = dict(spec["template"])
    claimed = [
        {"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": "any"}}
        for claim in spec.get("volumeClaimTemplates", [])
    ]
    pod["spec"] = {**pod["spec"], "serviceAccountName": "default", "volumes": [*pod["spec"]["volumes"], *claimed]}
    pod["metadata"] = {**pod["metadata"], "name": "pod", "namespace": settings.namespace}
    return [*manifests, {"apiVersion": "v1", "kind": "Pod", **pod}]


@given(workloads())
@hypothesis_settings(
    max_examples=int(os.environ.get("CORPUS", "500")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_object_of_every_workload_is_taken(cluster: Cluster, namespace: str, arguments: dict[str, Any]) -> None:
    for manifest in objects({**arguments, "namespace": namespace}):
        cluster.would_take(manifest)
