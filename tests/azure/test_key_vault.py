"""The key vault: how it is guarded, who reads, and what is refused."""

from typing import Any

import pytest

from platform_components.azure.roles import ROLES
from platform_components.errors import InputError
from tests import mocks
from tests.azure.samples import ADMINISTRATORS, ENDPOINTS_SUBNET, LARGE, VAULT_ZONE, deploy


def properties(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = deploy("KeyVault", **changes).one(":Vault").inputs["properties"]
    return found


def test_roles_open_it_and_nobody_purges_it() -> None:
    given = properties()
    assert given["enableRbacAuthorization"] is True
    assert given["enablePurgeProtection"] is True
    assert given["softDeleteRetentionInDays"] == 90


def test_protection_that_is_off_is_not_mentioned() -> None:
    assert "enablePurgeProtection" not in properties(purge_protection=False)


def test_readers_get_the_least_role() -> None:
    recorded = deploy("KeyVault", LARGE["KeyVault"])
    roles = {each.inputs["principalId"]: each.inputs for each in recorded.all(":RoleAssignment")}
    team = roles.pop(ADMINISTRATORS)
    assert team["principalType"] == "Group"
    assert team["roleDefinitionId"].endswith(ROLES["Key Vault Secrets User"])
    (gateway,) = roles.values()
    assert gateway["roleDefinitionId"].endswith(ROLES["Key Vault Certificate User"])
    assert recorded.result["uri"] == "https://shop-1a2b3c.vault.azure.net/"


def test_subnets_and_ranges_shut_everybody_else_out() -> None:
    assert properties()["networkAcls"]["defaultAction"] == "Allow"
    assert properties(ip_ranges=["203.0.113.0/24"])["networkAcls"]["defaultAction"] == "Deny"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vault_name": "1shop"}, "a letter first"),
        ({"vault_name": "a--b"}, "single hyphens inside"),
        ({"vault_name": "x" * 25}, "3 to 24"),
        ({"soft_delete_days": 6}, "greater than or equal to 7"),
        ({"tenant_id": "tenant"}, "must be a GUID"),
    ],
)
def test_a_vault_that_azure_would_refuse_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        deploy("KeyVault", **changes)


def test_a_private_endpoint_is_the_only_way_to_the_vault() -> None:
    private = {"subnet_id": ENDPOINTS_SUBNET, "private_dns_zone_id": VAULT_ZONE}
    recorded = deploy("KeyVault", private_endpoint=private)
    properties = recorded.one(":Vault").inputs["properties"]
    assert properties["publicNetworkAccess"] == "Disabled"
    assert properties["networkAcls"]["defaultAction"] == "Deny"
    (connection,) = recorded.one(":PrivateEndpoint").inputs["privateLinkServiceConnections"]
    assert connection["groupIds"] == ["vault"]
    mocks.assert_component_conventions(recorded)
    with pytest.raises(InputError, match="leave out subnet_ids and ip_ranges"):
        deploy("KeyVault", private_endpoint=private, ip_ranges=["203.0.113.0/24"])
