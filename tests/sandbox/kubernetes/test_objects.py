import pytest

from sandbox.kubernetes.errors import ProviderError
from sandbox.kubernetes.objects import (
    Kind,
    completed,
    kind_of,
    object_id,
    resource_type,
    split_id,
    unique_name,
)


def urn(token: str) -> str:
    return f"urn:pulumi:stack::project::app:index:Workload${token}::some::name"


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("kubernetes:core/v1:Namespace", Kind("", "v1", "Namespace")),
        ("kubernetes:apps/v1:Deployment", Kind("apps", "v1", "Deployment")),
        ("kubernetes:rbac.authorization.k8s.io/v1:Role", Kind("rbac.authorization.k8s.io", "v1", "Role")),
        ("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", Kind("gateway.networking.k8s.io", "v1", "HTTPRoute")),
    ],
)
def test_a_type_token_names_a_kind(token: str, kind: Kind) -> None:
    found = resource_type(urn(token))
    assert found.kind == kind
    assert not found.patch
    assert kind_of({"apiVersion": kind.api_version, "kind": kind.name}) == kind


def test_a_patch_is_of_the_kind_that_it_patches() -> None:
    found = resource_type(urn("kubernetes:core/v1:NamespacePatch"))
    assert found.patch
    assert found.kind == Kind("", "v1", "Namespace")


@pytest.mark.parametrize("token", ["kubernetes:helm.sh/v3:Release", "kubernetes:yaml/v2:ConfigGroup", "kubernetes:x:Y"])
def test_what_is_no_object_is_refused(token: str) -> None:
    with pytest.raises(ProviderError, match="not supported by the sandbox"):
        resource_type(urn(token))


def test_ids_say_where_an_object_is() -> None:
    assert object_id({"metadata": {"namespace": "n", "name": "a"}}) == "n/a"
    assert object_id({"metadata": {"name": "a"}}) == "a"
    assert split_id("n/a") == ("n", "a")
    assert split_id("a") == ("", "a")


def test_what_only_the_api_server_sets_is_no_input() -> None:
    metadata = {"name": "a", "uid": "1", "resourceVersion": "2", "managedFields": [], "creationTimestamp": "now"}
    kind = Kind("", "v1", "Pod")
    assert completed({"metadata": metadata}, kind) == {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}


def test_names_without_a_seed_differ() -> None:
    assert unique_name("a-") != unique_name("a-")
    assert len(unique_name("a-")) == 10
