"""Bodies held against Azure's own types: what the SDK lets through is caught here."""

import importlib
from typing import Any

import pytest
from pulumi._types import input_type_py_to_pulumi_names

from sandbox.azure.arm_types import sdk_name
from sandbox.azure.kinds import KINDS, kind_of
from sandbox.azure.values import UNKNOWN, Secret
from tests.sandbox.azure.world import Azure

CLUSTER = "azure-native:containerservice:ManagedCluster"
ACCOUNT = "azure-native:storage:StorageAccount"
SUBNET = "azure-native:network:Subnet"
SERVER = "azure-native:dbforpostgresql:Server"
POOL = {"name": "system", "mode": "System", "count": 1, "vmSize": "Standard_D2s_v5"}
ACCOUNT_BASE: dict[str, Any] = {"accountName": "acc", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}


def problems(azure: Azure, token: str, **news: Any) -> str:
    base = {"resourceGroupName": "g", **({"location": "westeurope"} if kind_of(token).has_location else {})}
    return " | ".join(reason for _, reason in azure.check(token, {**base, **news}, name="name").failures)


@pytest.mark.parametrize(
    ("arm", "sdk"),
    [
        ("ARecords", "aRecords"),
        ("AAAARecords", "aaaaRecords"),
        ("CNAMERecord", "cnameRecord"),
        ("NSRecords", "nsRecords"),
        ("TTL", "ttl"),
        ("enableRBAC", "enableRBAC"),
        ("scale-down-delay-after-add", "scaleDownDelayAfterAdd"),
        ("minimumTTL", "minimumTtl"),
        ("osSKU", "osSKU"),
    ],
)
def test_the_sdks_names_follow_from_arms(arm: str, sdk: str) -> None:
    assert sdk_name(arm) == sdk


def test_what_arm_nests_in_properties_is_found(strict: Azure) -> None:
    text = problems(
        strict,
        ACCOUNT,
        **ACCOUNT_BASE,
        minimumTlsVersion="TLS1_2",
        enableHttpsTrafficOnly=True,
        networkRuleSet={"defaultAction": "Deny", "ipRules": [{"iPAddressOrRange": "10.0.0.1"}]},
        tags={"a": "b"},
    )
    assert text == ""


def test_delegations_of_a_subnet_are_found(strict: Azure) -> None:
    delegation = {"name": "pg", "serviceName": "Microsoft.DBforPostgreSQL/flexibleServers"}
    base = {"virtualNetworkName": "v", "addressPrefix": "10.0.0.0/24"}
    assert problems(strict, SUBNET, **base, delegations=[delegation]) == ""
    assert "delegations[0].srvName" in problems(strict, SUBNET, **base, delegations=[{"name": "pg", "srvName": "x"}])


def test_a_misspelt_name_is_refused_with_a_suggestion(strict: Azure) -> None:
    text = problems(strict, ACCOUNT, **ACCOUNT_BASE, minimumTlsVersoin="TLS1_2")
    assert "'minimumTlsVersoin' is not a property Azure knows; did you mean 'minimumTlsVersion'?" in text
    text = problems(strict, CLUSTER, dnsPrefix="x", agentPoolProfiles=[{**POOL, "vmsize": "x"}])
    assert "agentPoolProfiles[0].vmsize" in text


@pytest.mark.parametrize(
    ("token", "news", "expected"),
    [
        (ACCOUNT, {**ACCOUNT_BASE, "kind": "StorageV3"}, "'kind' must be one of"),
        (ACCOUNT, {**ACCOUNT_BASE, "sku": {}}, "missing required property 'sku.name'"),
        (ACCOUNT, {**ACCOUNT_BASE, "allowBlobPublicAccess": "no"}, "must be true or false"),
        (ACCOUNT, {**ACCOUNT_BASE, "sku": "Standard_LRS"}, "'sku' must be an object"),
        (SERVER, {"serverName": "srv", "storage": {"storageSizeGB": "32"}}, "must be a whole number"),
        (SERVER, {"serverName": "srv", "sku": {"name": "x", "tier": "Cheap"}}, "'sku.tier' must be one of"),
        (CLUSTER, {"agentPoolProfiles": {}}, "'agentPoolProfiles' must be a list"),
        (CLUSTER, {"agentPoolProfiles": [{**POOL, "osDiskSizeGB": 5000}]}, "must be between 0 and 2048"),
        (CLUSTER, {"agentPoolProfiles": [{**POOL, "name": "Capital"}]}, "must match"),
        (CLUSTER, {"networkProfile": {"networkPolicy": "cillium"}}, "must be one of none, calico, azure, cilium"),
    ],
)
def test_what_azure_would_refuse_is_refused(strict: Azure, token: str, news: dict[str, Any], expected: str) -> None:
    assert expected in problems(strict, token, **news)


def test_identities_come_as_a_list(strict: Azure) -> None:
    identity = {"type": "UserAssigned", "userAssignedIdentities": ["/subscriptions/s/resourceGroups/g/providers/a/b/c"]}
    assert problems(strict, CLUSTER, dnsPrefix="x", agentPoolProfiles=[POOL], identity=identity) == ""


def test_unknown_and_secret_values_are_neither_refused_nor_shown(strict: Azure) -> None:
    news = {"serverName": "srv", "administratorLogin": UNKNOWN, "version": Secret("hunter2")}
    text = problems(strict, SERVER, **news)
    assert "must be one of" in text
    assert "hunter2" not in text


def test_a_value_azure_only_returns_earns_a_word(strict: Azure) -> None:
    checked = strict.check(ACCOUNT, {**ACCOUNT_BASE, "resourceGroupName": "g", "primaryLocation": "x"}, name="acc")
    assert checked.failures == []
    assert checked.warnings == ["'primaryLocation' is read-only: Azure ignores it"]


NEWER_CLUSTER = "azure-native:containerservice/v20260301:ManagedCluster"


def test_a_newer_api_version_is_held_to_the_types_at_hand_and_what_it_added(strict: Azure) -> None:
    def found(installation: str, mode: str = "Enabled", **others: Any) -> str:
        routing = {"enabled": True, "gatewayAPIImplementations": {"appRoutingIstio": {"mode": mode}}}
        profile = {"gatewayAPI": {"installation": installation}, "webAppRouting": routing}
        return problems(strict, NEWER_CLUSTER, resourceName="aks", ingressProfile=profile, **others)

    assert found("Standard") == ""
    assert "'ingressProfile.gatewayAPI.installation' must be one of Disabled, Standard, not 'On'" in found("On")
    assert "appRoutingIstio.mode' must be one of" in found("Standard", "yes")
    assert "'dnsPrefx' is not a property Azure knows" in found("Standard", dnsPrefx="aks")


def test_the_default_api_version_does_not_know_what_a_newer_one_added(strict: Azure) -> None:
    profile = {"gatewayAPI": {"installation": "Standard"}}
    assert "gatewayAPI" in problems(strict, CLUSTER, resourceName="aks", ingressProfile=profile)


def test_an_api_version_without_types_is_not_checked(strict: Azure) -> None:
    token = "azure-native:storage/v20200101:StorageAccount"
    assert strict.check(token, {**ACCOUNT_BASE, "resourceGroupName": "g", "whatever": 1}, name="acc").failures == []


# No types at hand for locks, workspaces and monitoring at the SDK's API versions.
UNDESCRIBED = ("azure-native:authorization:ManagementLockByScope", "azure-native:operationalinsights:Workspace")


@pytest.mark.parametrize(
    "token", sorted(token for token in KINDS if token not in UNDESCRIBED and ":monitor:" not in token)
)
def test_every_input_of_the_sdk_is_known(token: str, strict: Azure) -> None:
    """A newer SDK whose names follow another rule is noticed here."""
    kind = KINDS[token]
    assert strict.arm_types is not None
    body = strict.arm_types.body_of(kind.type.replace("{recordType}", "A"), kind.api_version)
    assert body is not None
    _, module, name = token.split(":")
    sdk = importlib.import_module(f"pulumi_azure_native.{module}")
    arguments = getattr(sdk, f"{name}InitArgs", None) or getattr(sdk, f"{name}Args")
    given = set(input_type_py_to_pulumi_names(arguments).values())
    known = {*body.properties_of(body.root, ""), *kind.parameters}
    assert given - known == set()
    assert set(kind.parameters) <= given
