"""What the engine's check completes and refuses, before anything is made."""

from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.azure.kinds import kind_of
from sandbox.azure.naming import made_up_name
from sandbox.azure.values import UNKNOWN, Secret
from tests.sandbox.azure.world import SUBSCRIPTION, Azure

GROUP = "azure-native:resources:ResourceGroup"
ZONE = "azure-native:dns:Zone"
ACCOUNT = "azure-native:storage:StorageAccount"


def reasons(azure: Azure, token: str, **news: Any) -> str:
    return " | ".join(reason for _, reason in azure.check(token, news).failures)


def test_a_name_is_made_up_with_a_suffix_and_kept(azure: Azure) -> None:
    first = azure.check(GROUP, {"location": "westeurope"}, name="shop")
    assert first.inputs["resourceGroupName"].startswith("shop")
    assert len(first.inputs["resourceGroupName"]) == len("shop") + 8
    assert first.inputs["__createBeforeDelete"] is True
    again = azure.check(GROUP, {"location": "westeurope"}, first.inputs, name="shop")
    assert again.inputs["resourceGroupName"] == first.inputs["resourceGroupName"]
    assert again.inputs["__createBeforeDelete"] is True


def test_a_child_is_named_as_the_program_calls_it(azure: Azure) -> None:
    token = "azure-native:storage:BlobContainer"
    checked = azure.check(token, {"accountName": "a", "resourceGroupName": "g"}, name="data")
    assert checked.inputs["containerName"] == "data"
    assert "__createBeforeDelete" not in checked.inputs


def test_the_projects_own_naming_is_followed() -> None:
    options = provider_pb2.CheckRequest.AutonamingOptions
    proposed = options(mode=options.PROPOSE, proposed_name="own-1")
    assert made_up_name("random", "x", b"s", proposed).name == "own-1"  # type: ignore[union-attr]
    assert made_up_name("random", "x", b"s", options(mode=options.DISABLE)) is None
    assert len(made_up_name("uuid", "x", b"s", proposed).name) == 36  # type: ignore[union-attr]


def test_the_location_comes_from_the_settings_then_from_the_group(azure: Azure) -> None:
    news = {"resourceGroupName": "g", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    assert azure.check(ACCOUNT, news, name="acc").inputs["location"] == "westeurope"
    unknown = azure.check(ACCOUNT, {**news, "resourceGroupName": UNKNOWN}, name="acc")
    assert unknown.inputs["location"] is UNKNOWN
    assert unknown.failures == []


def test_a_group_without_any_location_is_refused(azure: Azure) -> None:
    assert "pulumi config set azure-native:location" in reasons(azure, GROUP)


def test_missing_inputs_are_named(azure: Azure) -> None:
    text = reasons(azure, "azure-native:dns:RecordSet", relativeRecordSetName="www")
    for name in ("resourceGroupName", "zoneName", "recordType"):
        assert f"missing required property '{name}'" in text


@pytest.mark.parametrize(
    ("token", "name"),
    [
        (ACCOUNT, "Has-Capitals"),
        (ACCOUNT, "x" * 25),
        ("azure-native:dbforpostgresql:Server", "two--hyphens"),
        ("azure-native:dbforpostgresql:Server", "ab"),
        ("azure-native:containerservice:AgentPool", "thirteenchars"),
        ("azure-native:keyvault:Vault", "ends-with-"),
        (GROUP, "ends."),
        (ZONE, "onelabel"),
    ],
)
def test_names_azure_refuses_are_refused(azure: Azure, token: str, name: str) -> None:
    assert "the name" in reasons(azure, token, **{kind_of(token).name_input: name})


def test_a_password_becomes_secret_whatever_the_program_says(azure: Azure) -> None:
    token = "azure-native:dbforpostgresql:Server"
    checked = azure.check(token, {"resourceGroupName": "g", "administratorLoginPassword": "not marked"})
    assert checked.inputs["administratorLoginPassword"] == Secret("not marked")


def test_unknown_values_pass(strict: Azure) -> None:
    news = {
        "resourceGroupName": UNKNOWN,
        "zoneName": UNKNOWN,
        "recordType": "A",
        "relativeRecordSetName": "www",
        "ttl": 300,
        "aRecords": [{"ipv4Address": UNKNOWN}],
    }
    assert strict.check("azure-native:dns:RecordSet", news).failures == []


def test_an_explicit_api_version_is_kept(azure: Azure) -> None:
    token = "azure-native:containerservice/v20250801:AgentPool"
    checked = azure.check(token, {"resourceGroupName": "g", "resourceName": "c", "agentPoolName": "a"})
    assert checked.inputs["azureApiVersion"] == "2025-08-01"


def test_the_subscription_is_that_of_the_environment(azure: Azure) -> None:
    assert azure.subscription.subscription_id == SUBSCRIPTION
