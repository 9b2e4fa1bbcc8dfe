"""Which API versions a program may ask for."""

import pytest

from sandbox.azure.api_versions import age, published
from sandbox.azure.kinds import KINDS, parse_token
from tests.sandbox.azure.world import Azure

POOL = "azure-native:containerservice/v{}:AgentPool"


def test_versions_sort_by_date_and_a_preview_comes_before_its_release() -> None:
    versions = ["2026-03-01", "2025-09-01", "2026-03-01-preview", "2025-12-02-preview"]
    assert sorted(versions, key=age) == ["2025-09-01", "2025-12-02-preview", "2026-03-01-preview", "2026-03-01"]


@pytest.mark.parametrize("token", sorted(KINDS))
def test_the_installed_sdk_knows_every_kind_in_other_versions(token: str) -> None:
    assert published(token), f"the SDK has no file for {token}"


def test_a_version_that_does_not_exist_is_refused(azure: Azure) -> None:
    news = {"resourceGroupName": "g", "resourceName": "c", "agentPoolName": "a"}
    assert azure.check(POOL.format("20250801"), news).failures == []
    ((path, why),) = azure.check(POOL.format("20260230"), news).failures
    assert path == "azureApiVersion"
    assert "agentPools has no API version '2026-02-30'; the newest the SDK lists is 2026-" in why


@pytest.mark.parametrize(
    ("token", "plain", "version"),
    [
        ("azure-native:dns:Zone", "azure-native:dns:Zone", None),
        ("azure-native:dns/v20230701preview:Zone", "azure-native:dns:Zone", "2023-07-01-preview"),
        (
            "azure-native_containerservice_v20260301:containerservice/v20260301:ManagedCluster",
            "azure-native:containerservice:ManagedCluster",
            "2026-03-01",
        ),
    ],
)
def test_a_token_names_a_kind_and_perhaps_a_version(token: str, plain: str, version: str | None) -> None:
    assert parse_token(token) == (plain, version)
