"""Object storage: what is locked down, who gets in, what is kept how long, and what is refused."""

from typing import Any

import pytest

from platform_components.azure.roles import ROLES
from platform_components.errors import InputError
from tests import mocks
from tests.azure.samples import BLOB_ZONE, ENDPOINTS_SUBNET, LARGE, NODES_SUBNET, PRINCIPAL, deploy


def account(recorded: mocks.Recorded) -> dict[str, Any]:
    return recorded.one(":StorageAccount").inputs


def test_nothing_is_public_and_keys_do_not_work() -> None:
    given = account(deploy("ObjectStorage"))
    wanted = {
        "kind": "StorageV2",
        "minimumTlsVersion": "TLS1_2",
        "enableHttpsTrafficOnly": True,
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": False,
        "defaultToOAuthAuthentication": True,
        "allowCrossTenantReplication": False,
        "isLocalUserEnabled": False,
        "isSftpEnabled": False,
    }
    assert {key: given[key] for key in wanted} == wanted
    assert given["encryption"]["requireInfrastructureEncryption"] is True


def test_one_identity_may_use_the_blobs() -> None:
    recorded = deploy("ObjectStorage", principal_id=PRINCIPAL)
    role = recorded.one(":RoleAssignment").inputs
    assert role["roleDefinitionId"].endswith(ROLES["Storage Blob Data Contributor"])
    assert role["scope"] == recorded.result["account_id"]
    assert (role["principalId"], role["principalType"]) == (PRINCIPAL, "ServicePrincipal")
    assert not deploy("ObjectStorage").all(":RoleAssignment")


def test_subnets_and_ranges_shut_everybody_else_out() -> None:
    rules = account(deploy("ObjectStorage", LARGE["ObjectStorage"]))["networkRuleSet"]
    assert rules["defaultAction"] == "Deny"
    assert [each["virtualNetworkResourceId"] for each in rules["virtualNetworkRules"]] == [NODES_SUBNET]
    # A single address goes without its length.
    assert [each["iPAddressOrRange"] for each in rules["ipRules"]] == ["203.0.113.0/24", "198.51.100.7"]
    assert account(deploy("ObjectStorage"))["networkRuleSet"]["defaultAction"] == "Allow"


def test_deleted_blobs_can_be_brought_back() -> None:
    service = deploy("ObjectStorage").one(":BlobServiceProperties").inputs
    assert service["deleteRetentionPolicy"] == {"enabled": True, "days": 7}
    assert service["containerDeleteRetentionPolicy"] == {"enabled": True, "days": 7}
    off = deploy("ObjectStorage", soft_delete_days=0).one(":BlobServiceProperties").inputs
    assert off["deleteRetentionPolicy"] == {"enabled": False}


def test_containers_are_private() -> None:
    recorded = deploy("ObjectStorage", LARGE["ObjectStorage"])
    containers = recorded.all(":BlobContainer")
    assert [each.inputs["containerName"] for each in containers] == ["files", "backups"]
    assert all(each.inputs["publicAccess"] == "None" for each in containers)
    assert recorded.result["container_name"] == "files"
    assert recorded.result["container_names"] == ["files", "backups"]


def test_old_blobs_are_moved_and_deleted_by_rule() -> None:
    recorded = deploy("ObjectStorage", delete_after_days=90, cool_after_days=30)
    (rule,) = recorded.one(":ManagementPolicy").inputs["policy"]["rules"]
    assert rule["definition"]["actions"]["baseBlob"] == {
        "tierToCool": {"daysAfterModificationGreaterThan": 30},
        "delete": {"daysAfterModificationGreaterThan": 90},
    }
    assert not deploy("ObjectStorage").all(":ManagementPolicy")


def test_outputs_are_the_accounts() -> None:
    result = deploy("ObjectStorage").result
    assert result["account_name"] == "shop1a2b3c"
    assert result["blob_endpoint"] == "https://shop1a2b3c.blob.core.windows.net/"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"account_name": "Shop"}, "3 to 24 lower-case letters or digits"),
        ({"account_name": "x" * 25}, "3 to 24"),
        ({"container_names": []}, "container_names: .* at least 1 item"),
        ({"container_names": ["a--b"]}, "single hyphens inside"),
        ({"container_names": ["files", "files"]}, "a container is named twice"),
        ({"replication": "RAGRS"}, "replication: Input should be"),
        ({"soft_delete_days": 366}, "soft_delete_days: Input should be less than or equal to 365"),
        ({"ip_ranges": ["203.0.113.7/31"]}, "ip_ranges"),
    ],
)
def test_storage_that_azure_would_refuse_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        deploy("ObjectStorage", **changes)


PRIVATE = {"subnet_id": ENDPOINTS_SUBNET, "private_dns_zone_id": BLOB_ZONE}


def test_a_private_endpoint_is_the_only_way_to_the_account() -> None:
    recorded = deploy("ObjectStorage", private_endpoint=PRIVATE)
    account = recorded.one(":StorageAccount").inputs
    assert account["publicNetworkAccess"] == "Disabled"
    assert account["networkRuleSet"]["defaultAction"] == "Deny"
    endpoint = recorded.one(":PrivateEndpoint").inputs
    # Nothing of the subnet but its id: anything more would be a change of it.
    assert endpoint["subnet"] == {"id": ENDPOINTS_SUBNET}
    (connection,) = endpoint["privateLinkServiceConnections"]
    assert connection["groupIds"] == ["blob"]
    assert connection["privateLinkServiceId"].endswith("/storageAccounts/shop1a2b3c")
    (zone,) = recorded.one(":PrivateDnsZoneGroup").inputs["privateDnsZoneConfigs"]
    assert zone["privateDnsZoneId"] == BLOB_ZONE
    mocks.assert_component_conventions(recorded)


def test_a_private_account_has_no_public_door() -> None:
    with pytest.raises(InputError, match="leave out subnet_ids and ip_ranges"):
        deploy("ObjectStorage", private_endpoint=PRIVATE, ip_ranges=["203.0.113.0/24"])


def test_a_private_endpoint_needs_a_zone_of_azures_kind() -> None:
    with pytest.raises(InputError, match=r"private_endpoint.private_dns_zone_id: .* no id of a Microsoft.Network/priv"):
        deploy("ObjectStorage", private_endpoint={**PRIVATE, "private_dns_zone_id": "blob"})
