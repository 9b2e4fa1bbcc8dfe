"""The commands of the Azure CLI that programs use, and a clear error for the others."""

import json
import subprocess
import sys
from typing import Any

import pytest

from sandbox.azure.store import Resource, Store
from sandbox.credentials.az import main
from sandbox.state import CHECKOUT, State

GROUP = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/shop"
ZONE = f"{GROUP}/providers/Microsoft.Network/dnsZones/dev.example.com"

Environment = dict[str, str]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def _held(state: State) -> None:
    """A group with an account, a zone and a record in it."""
    tags = {"environment": "login"}
    account = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/shopdata"
    record = {"recordType": "A", "ttl": 60, "aRecords": [{"ipv4Address": "127.0.0.9"}], "metadata": {"owner": "login"}}
    with Store(state).writing() as transaction:
        for resource_id, token, inputs, outputs in (
            (GROUP, "azure-native:resources:ResourceGroup", {"location": "westeurope", "tags": tags}, {}),
            (account, "azure-native:storage:StorageAccount", {"location": "westeurope", "tags": tags}, {}),
            (f"{account}/blobServices/default/containers/data", "azure-native:storage:BlobContainer", {}, {}),
            (ZONE, "azure-native:dns:Zone", {"location": "global"}, {}),
            (f"{ZONE}/A/www", "azure-native:dns:RecordSet", record, {"fqdn": "www.dev.example.com."}),
        ):
            transaction.put(Resource(resource_id, token, "v", dict(inputs), outputs))


def answer(environment: Environment, capsys: Capture, *arguments: str) -> Any:
    assert main(arguments, environment) == 0
    return json.loads(capsys.readouterr().out)


def test_a_token_for_postgresql_comes_as_the_real_one_prints_it(environment: Environment, capsys: Capture) -> None:
    command = ("account", "get-access-token", "--resource-type", "oss-rdbms")
    token = answer(environment, capsys, *command)
    assert set(token) == {"accessToken", "expiresOn", "expires_on", "subscription", "tenant", "tokenType"}
    assert main([*command, "--query", "accessToken", "--output", "tsv"], environment) == 0
    assert capsys.readouterr().out == token["accessToken"] + "\n"
    for other in (("--resource", "https://ossrdbms-aad.database.windows.net"),):
        assert answer(environment, capsys, "account", "get-access-token", *other) == token
    scope = "https://ossrdbms-aad.database.windows.net/.default"
    assert answer(environment, capsys, "account", "get-access-token", "--scope", scope) == token


def test_a_token_for_the_resource_manager_is_another(environment: Environment, capsys: Capture) -> None:
    postgres = answer(environment, capsys, "account", "get-access-token", "--resource-type", "oss-rdbms")
    manager = answer(environment, capsys, "account", "get-access-token")
    assert manager["accessToken"] != postgres["accessToken"]


def test_an_unknown_audience_gets_none(environment: Environment, capsys: Capture) -> None:
    assert main(["account", "get-access-token", "--resource", "https://vault.azure.net"], environment) == 1
    assert "no token for 'https://vault.azure.net'" in capsys.readouterr().err


def test_the_account_is_the_sandboxs(environment: Environment, capsys: Capture) -> None:
    account = answer(environment, capsys, "account", "show")
    assert account["id"] == environment["ARM_SUBSCRIPTION_ID"]
    assert account["tenantId"] == environment["ARM_TENANT_ID"]


@pytest.mark.usefixtures("_held")
def test_resources_are_listed_by_tag(environment: Environment, capsys: Capture) -> None:
    found = answer(environment, capsys, "resource", "list", "--tag", "environment=login", "-o", "json")
    assert [(each["name"], each["type"], each["tags"]) for each in found] == [
        ("shopdata", "Microsoft.Storage/storageAccounts", {"environment": "login"})
    ]
    assert answer(environment, capsys, "resource", "list", "--tag", "environment=other") == []
    everything = answer(environment, capsys, "resource", "list", "-g", "shop", "--query", "[].name")
    assert everything == ["dev.example.com", "shopdata"]


@pytest.mark.usefixtures("_held")
def test_groups_are_shown_and_listed_by_tag(environment: Environment, capsys: Capture) -> None:
    assert answer(environment, capsys, "group", "show", "-n", "SHOP")["id"] == GROUP
    assert [each["name"] for each in answer(environment, capsys, "group", "list", "--tag", "environment=login")] == [
        "shop"
    ]
    assert main(["group", "show", "-n", "none"], environment) == 3
    assert "ResourceGroupNotFound" in capsys.readouterr().err


@pytest.mark.usefixtures("_held")
def test_records_are_listed_with_their_metadata(environment: Environment, capsys: Capture) -> None:
    command = ("network", "dns", "record-set", "list", "-g", "shop", "-z")
    (record,) = answer(environment, capsys, *command, "dev.example.com")
    assert record["fqdn"] == "www.dev.example.com."
    assert record["type"] == "Microsoft.Network/dnszones/A"
    assert record["ARecords"] == [{"ipv4Address": "127.0.0.9"}]
    assert record["metadata"] == {"owner": "login"}
    assert main([*command, "none.example.com"], environment) == 3


@pytest.mark.usefixtures("_held")
def test_a_record_and_a_group_with_all_in_it_are_deleted(state: State, environment: Environment) -> None:
    assert main(["resource", "delete", "--ids", f"{ZONE}/A/www"], environment) == 0
    assert Store(state).get(f"{ZONE}/A/www") is None
    assert main(["group", "delete", "--name", "shop"], environment) == 1
    assert Store(state).get(GROUP) is not None
    assert main(["group", "delete", "--name", "shop", "--yes"], environment) == 0
    assert Store(state).list(under=GROUP) == []
    assert main(["group", "delete", "--name", "shop", "--yes"], environment) == 3


@pytest.mark.usefixtures("_held")
def test_only_a_database_server_is_stopped(environment: Environment, capsys: Capture) -> None:
    server = f"{GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers/none"
    for identity in (server, ZONE):
        assert main(["postgres", "flexible-server", "stop", "--ids", identity], environment) == 3
        assert "ResourceNotFound" in capsys.readouterr().err


def test_nobody_is_logged_in_without_the_sandboxs_environment(state: State, capsys: Capture) -> None:
    assert main(["account", "show"], {"SANDBOX_STATE": str(state.root)}) == 1
    assert "Please run 'az login'" in capsys.readouterr().err


def test_other_commands_are_a_clear_error(environment: Environment, capsys: Capture) -> None:
    for arguments in (["vm", "list"], ["account", "clear"], ["group", "show"]):
        assert main(arguments, environment) == 2
        assert "the sandbox's az has no such command" in capsys.readouterr().err
    assert main(["account", "show", "--query", "a[?b]"], environment) == 1


def test_the_tool_starts_without_the_heavy_libraries() -> None:
    program = "import sandbox.credentials.az, sandbox.credentials.kubelogin, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, check=True, capture_output=True, text=True)
    assert {"pulumi", "grpc", "psycopg", "cryptography", "yaml", "urllib3"} & set(loaded.stdout.split()) == set()
