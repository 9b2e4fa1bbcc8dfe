"""A real API server takes all that is rendered, in namespaces that enforce Pod Security `restricted`; warnings count.

What only shows in pods, and not in the templates of what keeps them, is asked for with a pod of each template.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given

from platform_components import score
from platform_components.errors import InputError
from platform_components.kubernetes.metadata import Manifest
from platform_components.rendering import render
from platform_components.repository import catalog_of, matched
from tests.drivers.world import CHECKOUT
from tests.kubernetes.cluster import Cluster, generated, with_pods

from .strategies import documents
from .world import FEATURES, KNOWN, TYPES, config, examples, rendered

pytestmark = pytest.mark.e2e

CASES = int(os.environ.get("CORPUS", "500"))
Figure = Callable[[str, object], None]
GUARDS = "k8s-namespace.default#main"


@pytest.fixture(scope="module")
def cluster(sandbox: Any) -> Cluster:
    return Cluster(sandbox.state.kubeconfig)


@pytest.fixture(scope="module")
def stack(cluster: Cluster) -> Iterator[str]:
    """An environment whose namespace is there, with all that guards it but the quota: the corpus is larger."""
    name = f"corpus-{secrets.token_hex(4)}"
    found = rendered(config("python-service", "ephemeral"), KNOWN, stack=name)
    guards = [each.manifest for each in found.objects if each.resource == GUARDS]
    try:
        for manifest in guards:
            if manifest["kind"] != "ResourceQuota":
                cluster.create(manifest)
        yield name
    finally:
        cluster.delete_namespace(name)


@pytest.mark.parametrize("type_", TYPES)
def test_every_object_of_every_example_is_taken(
    cluster: Cluster, stack: str, type_: str, record_property: Figure
) -> None:
    manifests: list[Manifest] = []
    every = (*examples(type_), *FEATURES)
    for example in every:
        found = rendered(config(example, type_), KNOWN, stack=stack)
        manifests += [each.manifest for each in found.objects]

    rejected = cluster.rejections(with_pods(manifests))

    record_property(
        "figure",
        f"{type_}: {len(manifests)} objects of {len(every)} examples, {len(rejected)} rejected",
    )
    assert rejected == []


@pytest.mark.parametrize("storage", [None, "1Gi"])
def test_whatever_pods_serve_is_taken(cluster: Cluster, stack: str, storage: str | None) -> None:
    """Every definition by manifests, with a volume and without."""
    served = {one.type for one in catalog_of(CHECKOUT).definitions if one.driver == "kubernetes/manifests"}
    document = {
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "all"},
        "containers": {"main": {"image": "python"}},
        "resources": {f"the-{type_}": {"type": type_} for type_ in sorted(served)},
    }
    settings = {"in_cluster": {"storage": storage}}
    found = rendered({"type": "local", "app": "shop", "workloads": [document], "settings": settings}, stack=stack)
    manifests = [each.manifest for each in found.objects]

    kinds = [one["kind"] for one in manifests]
    assert kinds.count("StatefulSet") + kinds.count("Deployment") == len(served) + 1
    assert kinds.count("PersistentVolumeClaim") == (len(served) - 1 if storage else 0)  # a cache keeps nothing
    assert cluster.rejections(with_pods(manifests)) == []


def test_every_object_of_a_generated_corpus_is_taken(cluster: Cluster, stack: str, record_property: Figure) -> None:
    catalog = catalog_of(CHECKOUT)
    objects: list[Manifest] = []
    refused: list[str] = []

    @given(documents())
    @generated(CASES)
    def generate(document: dict[str, Any]) -> None:
        try:
            source = score.parse(document, file="corpus", contracts=catalog.types)
            values = {"API_KEY": "<secret>"}
            environment = {"type": "ephemeral", "app": "shop", "branch": "main", "values": values}
            found = render(matched(environment, stack, catalog, [source]), KNOWN)
        except InputError as error:
            refused.append(str(error))
            return
        objects.extend(each.manifest for each in found.objects if each.resource != GUARDS)

    generate()
    rejected = cluster.rejections(with_pods(objects))

    record_property(
        "figure", f"{CASES} Score documents, {len(refused)} refused; {len(objects)} objects, {len(rejected)} rejected"
    )
    assert rejected == []
    # What the platform refuses with a reason is not what this test is about
    assert len(refused) < CASES / 10, refused[:5]
