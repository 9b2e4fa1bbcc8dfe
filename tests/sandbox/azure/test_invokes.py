"""Functions a program calls: what exists is read, credentials come in the form AKS gives them."""

import base64
from typing import Any

import pytest
import yaml

from sandbox.azure.errors import ArmError, NotSimulatedError
from sandbox.azure.invokes import AKS_SERVER_ID, invoke
from sandbox.azure.values import Secret
from tests.sandbox.azure.world import SUBSCRIPTION, TENANT, Azure

CLUSTER = "azure-native:containerservice:ManagedCluster"
CREDENTIALS = "azure-native:containerservice:listManagedClusterUserCredentials"
NAMED = {"resourceGroupName": "g", "resourceName": "aks"}


def cluster(azure: Azure, **inputs: Any) -> None:
    pool = {"name": "system", "mode": "System"}
    base = {"dnsPrefix": "aks", "identity": {"type": "SystemAssigned"}, "agentPoolProfiles": [pool]}
    azure.create(CLUSTER, resourceName="aks", **base, **inputs)
    cluster = {"server": "https://127.99.7.1:6443", "certificate-authority-data": "Y2E="}
    user = {"client-key-data": "c2VjcmV0"}
    document = {"clusters": [{"name": "x", "cluster": cluster}], "users": [{"name": "x", "user": user}]}
    azure.subscription.state.kubeconfig.write_text(yaml.safe_dump(document))


def test_a_kubeconfig_is_of_the_exec_form_and_holds_no_credential(azure: Azure) -> None:
    cluster(azure, aadProfile={"managed": True})
    result = invoke(azure.subscription, CREDENTIALS, {**NAMED, "format": "exec"})
    document = yaml.safe_load(base64.b64decode(result["kubeconfigs"][0]["value"]))
    assert document["clusters"][0]["cluster"]["server"] == "https://127.99.7.1:6443"
    command = document["users"][0]["user"]["exec"]
    assert command["command"] == "kubelogin"
    assert command["args"][:3] == ["get-token", "--login", "devicecode"]
    assert {AKS_SERVER_ID, TENANT, "AzurePublicCloud"} <= set(command["args"])
    assert set(document["users"][0]["user"]) == {"exec"}
    assert "c2VjcmV0" not in str(document)


def test_credentials_with_a_key_in_them_are_not_simulated(azure: Azure) -> None:
    cluster(azure)
    with pytest.raises(NotSimulatedError, match="aadProfile"):
        invoke(azure.subscription, CREDENTIALS, NAMED)


def test_local_accounts_that_are_off_give_no_admin_credentials(azure: Azure) -> None:
    cluster(azure, aadProfile={"managed": True}, disableLocalAccounts=True)
    with pytest.raises(ArmError, match="disable local accounts"):
        invoke(azure.subscription, "azure-native:containerservice:listManagedClusterAdminCredentials", NAMED)


def test_storage_keys_are_secret_stable_and_never_stored(azure: Azure) -> None:
    azure.create(
        "azure-native:storage:StorageAccount", accountName="acc", kind="StorageV2", sku={"name": "Standard_LRS"}
    )
    arguments = {"resourceGroupName": "g", "accountName": "acc"}
    first, second = (
        invoke(azure.subscription, "azure-native:storage:listStorageAccountKeys", arguments)["keys"] for _ in range(2)
    )
    assert first == second
    assert isinstance(first[0]["value"], Secret)
    assert len(base64.b64decode(first[0]["value"].value)) == 64
    assert first[0]["value"] != first[1]["value"]


def test_a_resource_is_read_by_its_names(azure: Azure) -> None:
    azure.create("azure-native:dns:Zone", zoneName="dev.example.com")
    arguments = {"resourceGroupName": "g", "zoneName": "dev.example.com"}
    found = invoke(azure.subscription, "azure-native:dns:getZone", arguments)
    assert found["id"].endswith("/dnsZones/dev.example.com")
    assert len(found["nameServers"]) == 4
    group = invoke(azure.subscription, "azure-native:resources:getResourceGroup", {"resourceGroupName": "g"})
    assert group["location"] == "westeurope"
    with pytest.raises(ArmError, match="ResourceNotFound"):
        invoke(azure.subscription, "azure-native:dns:getZone", {**arguments, "zoneName": "other.example.com"})


def test_the_runner_knows_who_it_is(azure: Azure) -> None:
    config = invoke(azure.subscription, "azure-native:authorization:getClientConfig", {})
    assert (config["subscriptionId"], config["tenantId"]) == (SUBSCRIPTION, TENANT)


def test_an_unknown_function_is_an_error(azure: Azure) -> None:
    with pytest.raises(NotSimulatedError, match="getRedis"):
        invoke(azure.subscription, "azure-native:cache:getRedis", {})
