import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.kubernetes.checking import Naming, checked
from sandbox.kubernetes.errors import ProviderError
from sandbox.kubernetes.objects import name_of
from sandbox.kubernetes.values import UNKNOWN, Manifest
from tests.sandbox.kubernetes.plugin import urn_of

OPTIONS = provider_pb2.CheckRequest.AutonamingOptions


def named_with(
    manifest: Manifest, seed: bytes = b"1", autonaming: OPTIONS | None = None, old: Manifest | None = None
) -> Manifest:
    naming = Naming(urn_of("kubernetes:core/v1:Secret", "some::name"), seed, autonaming)
    return checked(manifest, old or {}, naming, patch=False, server_side_apply=True)


def test_a_name_is_made_of_the_resource_s_name_and_is_the_same_for_the_same_seed() -> None:
    first, second, third = named_with({}), named_with({}), named_with({}, seed=b"2")
    assert name_of(first).startswith("some::name-")
    assert name_of(first) == name_of(second) != name_of(third)
    assert first["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}


@pytest.mark.parametrize("metadata", [{"name": "own"}, {"name": UNKNOWN}, UNKNOWN])
def test_what_has_or_will_have_a_name_gets_none(metadata: object) -> None:
    assert named_with({"metadata": metadata}) == {"metadata": metadata}


def test_an_automatic_name_is_kept_and_a_given_one_is_not() -> None:
    old = named_with({"metadata": {"labels": {"a": "b"}}})
    assert name_of(named_with({}, old=old)) == name_of(old)
    assert named_with({}, old={"metadata": {"name": "given"}}) == {}
    assert name_of(named_with({"metadata": {"name": "new"}}, old=old)) == "new"


def test_the_project_s_naming_rules_are_followed() -> None:
    proposed = OPTIONS(proposed_name="shop-web", mode=OPTIONS.ENFORCE)
    assert name_of(named_with({}, autonaming=proposed)) == "shop-web"
    with pytest.raises(ProviderError, match=r"autonaming is disabled.*requires the `.metadata.name` field"):
        named_with({}, autonaming=OPTIONS(mode=OPTIONS.DISABLE))


def test_annotations_still_to_come_are_left_alone() -> None:
    done = named_with({"metadata": {"annotations": UNKNOWN}})
    assert done["metadata"]["annotations"] is UNKNOWN
    assert name_of(done).startswith("some::name-")
