"""`python -m sandbox azure …` as a person uses it."""

import json
from pathlib import Path

import pytest
import yaml

from sandbox import cli
from sandbox.azure.errors import ArmError
from sandbox.azure.values import Secret
from tests.sandbox.azure.test_operations import RECORDS, VAULT, record, server, zone
from tests.sandbox.azure.world import TENANT, Azure


class Shell:
    """Runs verbs on the subscription's sandbox."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *arguments: str, fails: bool = False) -> str:
        code = cli.main(["azure", *arguments])
        shown = self._capsys.readouterr()
        assert code == (4 if fails else 0), shown
        return shown.err if fails else shown.out


@pytest.fixture
def shell(azure: Azure, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("SANDBOX_STATE", str(azure.subscription.state.root))
    monkeypatch.delenv("SANDBOX_AZURE_FAULTS", raising=False)
    return Shell(capsys)


def test_what_is_there_is_listed_by_type(azure: Azure, shell: Shell) -> None:
    zone(azure)
    record(azure)
    assert "Microsoft.Network/dnsZones/A" in shell.run("list")
    for wanted in ("Microsoft.Network/dnsZones", "azure-native:dns:Zone", "dnszones"):
        lines = shell.run("list", "--type", wanted).splitlines()
        assert [line.split()[:2] for line in lines] == [["TYPE", "STATE"], ["Microsoft.Network/dnsZones", "Succeeded"]]
    assert [each["state"] for each in json.loads(shell.run("list", "--json"))] == ["Succeeded"] * 3


def test_a_resource_is_shown_whole_without_its_secrets(azure: Azure, shell: Shell) -> None:
    log_in = {"administratorLogin": "boss", "administratorLoginPassword": Secret("Hunter2Hunter2")}
    server(azure, authConfig={"passwordAuth": "Enabled"}, **log_in)
    shown = shell.run("show", "srv")
    assert json.loads(shown)["outputs"]["state"] == "Ready"
    assert "Hunter2" not in shown


@pytest.mark.parametrize(
    ("assignment", "path", "value"),
    [
        ("ttl=5", ["ttl"], 5),
        ("metadata.owner=somebody else", ["metadata", "owner"], "somebody else"),
        ('metadata["a.b/c"]=x', ["metadata", "a.b/c"], "x"),
        ("aRecords[0].ipv4Address=10.0.0.9", ["aRecords", 0, "ipv4Address"], "10.0.0.9"),
        ('aRecords=[{"ipv4Address": "10.0.0.8"}]', ["aRecords", 0, "ipv4Address"], "10.0.0.8"),
    ],
)
def test_a_property_is_changed_behind_pulumis_back(
    azure: Azure, shell: Shell, assignment: str, path: list[str | int], value: object
) -> None:
    zone(azure)
    made = record(azure)
    assert made.id in shell.run("set", made.id.upper(), assignment)
    changed = azure.get(made)
    assert changed is not None
    for properties in (changed.inputs, changed.outputs):
        found: object = properties
        for step in path:
            found = found[step]  # type: ignore[index]
        assert found == value


def test_a_property_is_taken_away(azure: Azure, shell: Shell) -> None:
    group = azure.store.list()[0]
    shell.run("set", "g", "tags=null")
    found = azure.get(group)
    assert found is not None
    assert "tags" not in found.inputs


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nothing", "a=b"], "no resource has the id or name 'nothing'"),
        (["www", "a=b"], "2 resources are called 'www'; say which"),
        (["g", "tags"], "'tags' is not path=value"),
        (["g", "resourceGroupName=h"], "is a part of the id"),
        (["g", "tags[0]=x"], "there is no element [0]"),
        (["g", "location.name=x"], "which is no object"),
        (["srv", "administratorLoginPassword=x"], "is secret: the sandbox keeps only its fingerprint"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(
    azure: Azure, shell: Shell, arguments: list[str], problem: str
) -> None:
    zone(azure)
    record(azure)
    azure.create(
        RECORDS,
        zoneName="dev.example.com",
        relativeRecordSetName="www",
        recordType="AAAA",
        ttl=1,
        aaaaRecords=[{"ipv6Address": "::1"}],
    )
    server(azure)
    assert problem in shell.run("set", *arguments, fails=True)


def test_a_resource_is_deleted_behind_pulumis_back_unless_azure_would_not(azure: Azure, shell: Shell) -> None:
    made = zone(azure)
    lock = azure.create(
        "azure-native:authorization:ManagementLockByScope", scope=made.id, lockName="l", level="ReadOnly"
    )
    assert 'Code="ScopeLocked"' in shell.run("delete", made.id, fails=True)
    azure.delete(lock)
    shell.run("delete", "dev.example.com")
    assert azure.get(made) is None


def test_a_deleted_vault_is_purged_unless_it_is_protected(azure: Azure, shell: Shell) -> None:
    body = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}}
    azure.delete(azure.create(VAULT, vaultName="kept", properties={**body, "enablePurgeProtection": True}))
    azure.delete(azure.create(VAULT, vaultName="free", properties=body))
    assert "protected" in shell.run("deleted")
    assert "purge protection keeps 'kept' until" in shell.run("purge", "kept", fails=True)
    shell.run("purge", "Free")
    azure.create(VAULT, vaultName="free", properties=body)
    with pytest.raises(ArmError, match="ConflictError"):
        azure.create(VAULT, vaultName="kept", properties=body)
    assert "nothing soft-deleted is called 'free'" in shell.run("purge", "free", fails=True)


def test_faults_are_added_listed_and_cleared(azure: Azure, shell: Shell) -> None:
    shell.run("fault", "TooManyRequests", "--operation", "create", "--kind", "*:Zone", "--times", "2")
    shell.run("fault", "PrincipalNotFound", "--first-seconds", "5")
    file = azure.subscription.state.azure / "faults.yaml"
    assert yaml.safe_load(file.read_text())["faults"][0] == {
        "code": "TooManyRequests",
        "kind": "*:Zone",
        "operation": ["create"],
        "times": 2,
    }
    with pytest.raises(ArmError, match="TooManyRequests"):
        zone(azure)
    shown = shell.run("faults").splitlines()
    assert shown[1].split()[:3] == ["TooManyRequests", "1", "1"]
    assert '"operation": ["create"]' in shown[1]
    assert shown[2].split()[:3] == ["PrincipalNotFound", "0", "0"]
    assert "'Busy' is not known" in shell.run("fault", "Busy", fails=True)
    shell.run("faults", "--clear")
    assert not file.exists()
    zone(azure)


def test_every_rule_is_listed_with_its_source(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SANDBOX_STATE", str(tmp_path / "no sandbox is needed"))
    assert cli.main(["azure", "rules", "--type", "Microsoft.KeyVault/vaults"]) == 0
    shown = capsys.readouterr().out
    assert "Microsoft.KeyVault/vaults: 400 BadRequest" in shown
    assert "key-vault/general/soft-delete-overview" in shown
