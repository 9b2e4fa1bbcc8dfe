"""Which changes are made in place and which take a new resource."""

from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.azure.differences import diff
from sandbox.azure.kinds import kind_of
from sandbox.azure.values import UNKNOWN, Secret

SERVER = "azure-native:dbforpostgresql:Server"
BASE: dict[str, dict[str, Any]] = {
    SERVER: {"resourceGroupName": "g", "serverName": "s", "location": "westeurope", "tags": {"a": "1"}},
    "azure-native:containerservice:ManagedCluster": {
        "resourceName": "c",
        "networkProfile": {"serviceCidr": "172.16.0.0/16", "loadBalancerSku": "standard"},
        "agentPoolProfiles": [{"name": "system", "count": 1}],
    },
    "azure-native:network:PublicIPAddress": {"publicIpAddressName": "p", "sku": {"name": "Standard"}},
    "azure-native:storage:StorageAccount": {"accountName": "a", "sku": {"name": "Standard_LRS"}},
}


@pytest.mark.parametrize(
    ("token", "change", "replaces"),
    [
        (SERVER, {"tags": {"a": "2"}}, []),
        (SERVER, {"serverName": "other"}, ["serverName"]),
        (SERVER, {"location": "West Europe"}, []),
        (SERVER, {"location": "northeurope"}, ["location"]),
        (SERVER, {"network": {"delegatedSubnetResourceId": "/x"}}, []),
        ("azure-native:containerservice:ManagedCluster", {"agentPoolProfiles": [{"name": "system", "count": 3}]}, []),
        (
            "azure-native:containerservice:ManagedCluster",
            {"networkProfile": {"serviceCidr": "10.0.0.0/16", "loadBalancerSku": "standard"}},
            ["networkProfile"],
        ),
        (
            "azure-native:containerservice:ManagedCluster",
            {"networkProfile": {"serviceCidr": "172.16.0.0/16", "loadBalancerSku": "basic"}},
            [],
        ),
        ("azure-native:network:PublicIPAddress", {"sku": {"name": "Basic"}}, ["sku"]),
        ("azure-native:storage:StorageAccount", {"sku": {"name": "Standard_ZRS"}}, []),
    ],
)
def test_azure_replaces_what_it_cannot_change(token: str, change: dict[str, Any], replaces: list[str]) -> None:
    answer = diff(kind_of(token), BASE[token], {**BASE[token], **change})
    assert list(answer.replaces) == replaces
    assert answer.deleteBeforeReplace is bool(replaces)


def test_the_same_inputs_are_no_change() -> None:
    secret = {**BASE[SERVER], "administratorLoginPassword": Secret("x"), "azureApiVersion": "2024-01-01"}
    answer = diff(kind_of(SERVER), secret, {**secret, "azureApiVersion": "2025-08-01"})
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_made_up_name_lets_the_new_one_come_first() -> None:
    olds = {**BASE[SERVER], "__createBeforeDelete": True}
    assert not diff(kind_of(SERVER), olds, {**olds, "location": "northeurope"}).deleteBeforeReplace


def test_the_change_says_where_it_is() -> None:
    kind = kind_of("azure-native:dns:RecordSet")
    olds = {"aRecords": [{"ipv4Address": "10.0.0.1"}], "ttl": 300, "metadata": {"a": "1"}}
    news = {"aRecords": [{"ipv4Address": "10.0.0.2"}, {"ipv4Address": "10.0.0.3"}], "ttl": 300}
    answer = diff(kind, olds, news)
    assert set(answer.detailedDiff) == {"aRecords[0].ipv4Address", "aRecords[1]", "metadata"}
    assert set(answer.diffs) == {"aRecords", "metadata"}


def test_what_is_not_known_yet_counts_as_changed() -> None:
    answer = diff(kind_of(SERVER), BASE[SERVER], {**BASE[SERVER], "resourceGroupName": UNKNOWN})
    assert list(answer.replaces) == ["resourceGroupName"]
