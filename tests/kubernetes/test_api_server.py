"""A real API server takes what is generated, in a namespace that enforces Pod Security `restricted`."""

import base64
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from platform_components.component import validated
from platform_components.kubernetes.metadata import Manifest
from platform_components.kubernetes.namespace_manifests import NamespaceSettings, namespace_content, namespace_manifest
from platform_components.kubernetes.secrecy import Sealed
from platform_components.kubernetes.secret_stores import key_vault_class
from platform_components.kubernetes.workload_objects import workload_objects
from platform_components.kubernetes.workload_settings import WorkloadSettings

from .cluster import Cluster, RejectedError, generated, with_pods
from .strategies import workloads

pytestmark = pytest.mark.e2e

CASES = int(os.environ.get("CORPUS", "500"))

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
    """All objects of a workload."""
    found: list[Manifest] = []

    def make(suffix: str, manifest: Manifest, _after: Sequence[str]) -> str:
        named = {**manifest, "metadata": {"name": suffix, **manifest["metadata"]}}
        if "data" in named:
            named["data"] = {key: unsealed(value) for key, value in named["data"].items()}
        found.append(named)
        return str(named["metadata"]["name"])

    workload_objects(validated(WorkloadSettings, "Workload", "corpus", arguments), make)
    return found


def unsealed(value: Any) -> Any:
    """What a Secret holds."""
    if not isinstance(value, Sealed):
        return value
    return value.value if value.encoded else base64.b64encode(value.value.encode()).decode()


def test_every_object_of_every_workload_is_taken(
    cluster: Cluster, namespace: str, record_property: Callable[[str, object], None]
) -> None:
    found: list[Manifest] = []

    @given(workloads())
    @generated(CASES)
    def generate(arguments: dict[str, Any]) -> None:
        found.extend(objects({**arguments, "namespace": namespace}))

    generate()
    rejected = cluster.rejections(with_pods(found))

    record_property("figure", f"{CASES} workloads, {len(found)} objects, {len(rejected)} rejected")
    assert rejected == []


@pytest.fixture
def csi_driver(cluster: Cluster) -> Iterator[None]:
    """A cluster that knows what the Secrets Store CSI driver reads."""
    definition = yaml.safe_load(Path(__file__).with_name("secret-provider-class.yaml").read_text())
    cluster.create(definition)
    try:
        yield
    finally:
        cluster.delete(definition)


@pytest.mark.usefixtures("csi_driver")
def test_a_class_of_vault_secrets_is_taken_as_the_csi_driver_defines_it(cluster: Cluster, namespace: str) -> None:
    manifest = key_vault_class(
        "environment-pay-env",
        namespace,
        {"app.kubernetes.io/managed-by": "platform-components"},
        vault="kv-test",
        client_id="some-client",
        tenant_id="some-tenant",
        secrets={"API_KEY": "shop--API-KEY"},
    )
    for attempt in range(50):
        try:
            taken = cluster.would_take(manifest)
            break
        except (RejectedError, ValueError):  # it takes a moment until a new kind is served
            assert attempt < 49
            time.sleep(0.1)
    # What is not in the schema would be gone.
    assert taken["spec"] == manifest["spec"]
