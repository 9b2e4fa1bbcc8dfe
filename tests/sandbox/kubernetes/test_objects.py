import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.kubernetes.errors import ProviderError
from sandbox.kubernetes.objects import (
    Kind,
    completed,
    kind_of,
    name_of,
    named,
    named_as_before,
    object_id,
    resource_type,
    split_id,
    unique_name,
)
from sandbox.kubernetes.values import UNKNOWN, Manifest

OPTIONS = provider_pb2.CheckRequest.AutonamingOptions


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


def named_with(manifest: Manifest, seed: bytes = b"1", autonaming: OPTIONS | None = None) -> Manifest:
    return named(manifest, urn=urn("kubernetes:core/v1:Secret"), seed=seed, autonaming=autonaming)


def test_a_name_is_made_of_the_resource_s_name_and_is_the_same_for_the_same_seed() -> None:
    first, second, third = named_with({}), named_with({}), named_with({}, seed=b"2")
    assert name_of(first).startswith("some::name-")
    assert name_of(first) == name_of(second) != name_of(third)
    assert first["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}


@pytest.mark.parametrize("metadata", [{"name": "own"}, {"name": UNKNOWN}, {"generateName": "own-"}, UNKNOWN])
def test_what_has_or_will_have_a_name_gets_none(metadata: object) -> None:
    assert named_with({"metadata": metadata}) == {"metadata": metadata}


def test_an_automatic_name_is_kept_and_a_given_one_is_not() -> None:
    old = named_with({"metadata": {"labels": {"a": "b"}}})
    assert name_of(named_as_before({}, old)) == name_of(old)
    assert named_as_before({}, {"metadata": {"name": "given"}}) == {}
    assert name_of(named_as_before({"metadata": {"name": "new"}}, old)) == "new"


def test_the_project_s_naming_rules_are_followed() -> None:
    proposed = OPTIONS(proposed_name="shop-web", mode=OPTIONS.ENFORCE)
    assert name_of(named_with({}, autonaming=proposed)) == "shop-web"
    with pytest.raises(ProviderError, match=r"autonaming is disabled.*requires the `.metadata.name` field"):
        named_with({}, autonaming=OPTIONS(mode=OPTIONS.DISABLE))


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
