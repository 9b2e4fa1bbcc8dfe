from collections.abc import Mapping
from typing import Any

import pytest

from sandbox.kubernetes import apply
from sandbox.kubernetes.client import ApiClient
from sandbox.kubernetes.errors import ApiError, ProviderError
from sandbox.kubernetes.kubeconfig import connection
from sandbox.kubernetes.objects import Kind
from sandbox.kubernetes.resources import Resources
from sandbox.kubernetes.values import Manifest
from tests.sandbox.kubernetes.test_readiness import NOWHERE

THING = Kind("example.com", "v1", "Thing")
INPUTS: Manifest = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "it", "namespace": "n"}}


class Recorder(Resources):
    """An API server that takes everything, fails as told, and keeps what it was sent."""

    def __init__(self, live: Manifest, *failures: ApiError) -> None:
        super().__init__(ApiClient(connection(NOWHERE, environment={})))
        self.live = live
        self.failures = list(failures)
        self.patches: list[list[Manifest]] = []
        self.applied: list[tuple[Manifest, Mapping[str, str]]] = []

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest:
        return self.live

    def patch(self, kind: Kind, live: Manifest, operations: list[Manifest]) -> Manifest:
        self.patches.append(operations)
        if self.failures:
            raise self.failures.pop(0)
        fields = operations[0]["value"]
        return {**live, "metadata": {**live["metadata"], "managedFields": fields}}

    def apply(self, kind: Kind, manifest: Manifest, query: Mapping[str, str]) -> Manifest:
        self.applied.append((manifest, query))
        if self.failures:
            raise self.failures.pop(0)
        return manifest


def entry(manager: str, operation: str, fields: Manifest, **others: str) -> Manifest:
    return {"manager": manager, "operation": operation, "fieldsV1": fields, "fieldsType": "FieldsV1", **others}


def live(*entries: Manifest, **spec: Any) -> Manifest:
    metadata = {**INPUTS["metadata"], "resourceVersion": "7", "managedFields": list(entries)}
    return {**INPUTS, "metadata": metadata, "spec": spec}


CREATED = entry("pulumi-kubernetes", "Update", {"f:spec": {"f:a": {}, "f:b": {}}}, time="2026-01-01T00:00:00Z")
STATUS = entry("controller", "Update", {"f:status": {}}, subresource="status")


def update(resources: Recorder, inputs: Manifest, *, preview: bool = False, ignored: tuple[str, ...] = ()) -> None:
    apply.update(
        resources,
        THING,
        inputs,
        resources.live,
        manager="pulumi-kubernetes-1",
        preview=preview,
        force=None,
        ignored=ignored,
        patch=False,
    )


def test_the_creation_s_fields_become_the_first_apply_s() -> None:
    applied = entry("pulumi-kubernetes-1", "Apply", {"f:spec": {"f:c": {"f:d": {}}}})
    resources = Recorder(live(CREATED, STATUS, applied))
    update(resources, INPUTS)
    (operations,) = resources.patches
    fields, version = operations
    ours, status = fields["value"]
    assert (ours["manager"], ours["operation"]) == ("pulumi-kubernetes-1", "Apply")
    assert ours["fieldsV1"] == {"f:spec": {"f:a": {}, "f:b": {}, "f:c": {"f:d": {}}}}
    assert status == STATUS
    assert version == {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
    assert resources.applied[0][1]["force"] == "false"


def test_later_applies_take_nothing_over() -> None:
    resources = Recorder(live(entry("pulumi-kubernetes-1", "Apply", {}), entry("somebody", "Update", {}), STATUS))
    update(resources, INPUTS)
    assert resources.patches == []


def test_a_write_in_between_is_met_by_another_try() -> None:
    changed = ApiError(409, "Conflict", "the object has been modified")
    resources = Recorder(live(CREATED), changed, changed)
    update(resources, INPUTS)
    assert len(resources.patches) == 3
    with pytest.raises(ApiError, match="has been modified"):
        update(Recorder(live(CREATED), *[changed] * 9), INPUTS)


def test_a_preview_changes_nothing_and_meets_no_conflict_with_the_creation() -> None:
    resources = Recorder(live(CREATED))
    update(resources, INPUTS, preview=True)
    assert resources.patches == []
    assert resources.applied[0][1] == {"fieldManager": "pulumi-kubernetes-1", "force": "true", "dryRun": "All"}


def test_a_conflict_is_explained() -> None:
    conflict = ApiError(409, "Conflict", 'Apply failed with 1 conflict: conflict with "kubectl": .spec.a')
    with pytest.raises(ProviderError, match="Server-Side Apply field conflict detected") as caught:
        update(Recorder(live(), conflict), INPUTS)
    assert 'field manager "pulumi-kubernetes-1" had an apply conflict: Apply failed with' in str(caught.value)
    assert 'conflict with "kubectl": .spec.a' in str(caught.value)


@pytest.mark.parametrize(
    ("managers", "sent"),
    [
        # Another one's alone: not for us to send.
        (["scaler"], {}),
        # Ours too, or nobody's: as it is, for leaving it out would remove it.
        (["scaler", "pulumi-kubernetes-1"], {"replicas": 5}),
        ([], {"replicas": 5}),
    ],
)
def test_an_ignored_field_stays_as_it_is(managers: list[str], sent: Manifest) -> None:
    entries = [entry(manager, "Apply", {"f:spec": {"f:replicas": {}}}) for manager in managers]
    resources = Recorder(live(*entries, replicas=5))
    update(resources, {**INPUTS, "spec": {"replicas": 1}}, ignored=("spec.replicas", "spec.containers[0].image"))
    assert resources.applied[0][0]["spec"] == sent


def test_a_preview_of_taking_an_object_tries_a_replacement_under_another_name() -> None:
    immutable = ApiError(422, "Invalid", 'Thing "it" is invalid: spec.a: Invalid value: "x": field is immutable')
    resources = Recorder(live(), immutable)
    apply.upsert(resources, THING, INPUTS, manager="m", preview=True, force=None)
    first, second = (manifest["metadata"]["name"] for manifest, _ in resources.applied)
    assert first == "it"
    assert second.startswith("it-")
    with pytest.raises(ApiError, match="immutable"):
        apply.upsert(Recorder(live(), immutable), THING, INPUTS, manager="m", preview=False, force=None)


@pytest.mark.parametrize(("force", "sent"), [(None, "false"), (True, "true"), (False, "false")])
def test_conflicts_are_overruled_only_when_asked_for(force: bool | None, sent: str) -> None:
    resources = Recorder(live())
    apply.upsert(resources, THING, INPUTS, manager="m", preview=False, force=force)
    annotated = {**INPUTS, "metadata": {**INPUTS["metadata"], "annotations": {"pulumi.com/patchForce": "true"}}}
    apply.upsert(resources, THING, annotated, manager="m", preview=False, force=force)
    assert [query["force"] for _, query in resources.applied] == [sent, "true"]
