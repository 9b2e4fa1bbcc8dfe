"""What a machine size's name says, and limits given by the environment."""

import pytest

from sandbox.azure.quotas import Quotas, Size, shortage, size_of
from sandbox.errors import SandboxError


@pytest.mark.parametrize(
    ("name", "family", "vcpus"),
    [
        ("Standard_D4ds_v5", "standardDDSv5Family", 4),
        ("Standard_D2s_v5", "standardDSv5Family", 2),
        ("Standard_B2s", "standardBSFamily", 2),
        ("Standard_B2ats_v2", "standardBATSv2Family", 2),
        ("Standard_E16-4ds_v5", "standardEDSv5Family", 16),
        ("Standard_NC24ads_A100_v4", "standardNCADSv4Family", 24),
    ],
)
def test_a_size_says_its_family_and_vcpus(name: str, family: str, vcpus: int) -> None:
    assert size_of(name) == Size(family, vcpus)


@pytest.mark.parametrize("name", ["", "x", "D2s_v5", "standard_d2s_v5", "Standard_", "Standard_D2s v5"])
def test_what_is_no_size_is_none(name: str) -> None:
    assert size_of(name) is None


def test_limits_come_from_the_environment() -> None:
    assert Quotas.of({}) == Quotas()
    given = Quotas.of({"SANDBOX_AZURE_QUOTAS": "family_vcpus=10, public_ips=3"})
    assert given == Quotas(family_vcpus=10, public_ips=3)
    for wrong in ("cores=1", "family_vcpus", "family_vcpus=many", "family_vcpus=-1"):
        with pytest.raises(SandboxError, match="is not NAME=NUMBER with one of family_vcpus, "):
            Quotas.of({"SANDBOX_AZURE_QUOTAS": wrong})


def test_a_shortage_says_what_is_left() -> None:
    assert shortage({"a": 4}, [{"a": 3}, {"a": 3, "b": 9}], 10, str) is None
    found = shortage({"a": 5}, [{"a": 3}, {"a": 3}], 10, lambda name: f"family {name}")
    assert str(found) == "requested 5, remaining 4 for family a"
    assert str(shortage({"a": 1}, [{"a": 30}], 10, str)) == "requested 1, remaining 0 for a"
