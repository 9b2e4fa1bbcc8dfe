"""Whole programs on the real engine: what a user of `pulumi` sees of the Azure stand-in."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from sandbox.azure.store import Resource, Store
from tests.conftest import Sandbox

pytestmark = pytest.mark.e2e

PROGRAM = """
import pulumi
import pulumi_azure_native as azure

config = pulumi.Config()
group = azure.resources.ResourceGroup("stand-in", tags={"owner": "stand-in-test"})
identity = azure.managedidentity.UserAssignedIdentity("shop", resource_group_name=group.name)
zone = azure.dns.Zone(
    "zone", resource_group_name=group.name, zone_name="stand-in.example.com", location="global"
)
record = azure.dns.RecordSet(
    "www",
    resource_group_name=group.name,
    zone_name=zone.name,
    record_type="A",
    ttl=config.require_int("ttl"),
    a_records=[azure.dns.ARecordArgs(ipv4_address="10.0.0.1")],
    metadata={"note": config.require_secret("note")},
)
account = azure.storage.StorageAccount(
    "data",
    account_name=config.require("account"),
    resource_group_name=group.name,
    kind="StorageV2",
    sku=azure.storage.SkuArgs(name="Standard_LRS"),
)
keys = azure.storage.list_storage_account_keys_output(resource_group_name=group.name, account_name=account.name)
pulumi.export("group", group.name)
pulumi.export("fqdn", record.fqdn)
pulumi.export("note", record.metadata)
pulumi.export("key", keys.keys[0].value)
"""
NOTE = "a-note-nobody-may-read"


class Project:
    """A Pulumi project in a temporary folder, on the sandbox's backend."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self._faults = folder / "faults.json"
        self._faults.write_text("{}")
        self.environment = {**sandbox.environment, "SANDBOX_AZURE_FAULTS": str(self._faults)}
        self.state = sandbox.state
        (folder / "Pulumi.yaml").write_text("name: azure-stand-in\nruntime: python\n")
        (folder / "__main__.py").write_text(dedent(PROGRAM))
        self.run("stack", "init", "test")
        self.set("azure-native:location=westeurope", "ttl=300", "account=standinone", f"note={NOTE}")

    def set(self, *values: str) -> None:
        """Change the stack's config."""
        plain = [each for value in values if NOTE not in value for each in ("--plaintext", value)]
        secret = [each for value in values if NOTE in value for each in ("--secret", value)]
        self.run("config", "set-all", *plain, *secret)

    def run(self, *arguments: str, fails: bool = False) -> str:
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, check=False, capture_output=True, text=True
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def fault(self, *faults: dict[str, Any]) -> None:
        """What goes wrong from now on, for this project alone."""
        self._faults.write_text(json.dumps({"faults": list(faults)}))

    def sandbox(self, *arguments: str) -> None:
        """`python -m sandbox …`"""
        command = [sys.executable, "-m", "sandbox", *arguments]
        subprocess.run(command, env=self.environment, check=True, capture_output=True)

    def found(self, token: str) -> list[Resource]:
        return Store(self.state).list(tokens=[f"azure-native:{token}"])

    def groups(self) -> list[Resource]:
        """The project's groups; other tests have theirs in the same sandbox."""
        return [each for each in self.found("resources:ResourceGroup") if each.tags.get("owner") == "stand-in-test"]

    def counted(self, *arguments: str) -> dict[str, int]:
        """How many resources an update created, updated, replaced, deleted or left."""
        summary = self.run(*arguments).rpartition("Resources:")[2]
        return {
            kind: int(count)
            for count, kind in re.findall(r"(\d+) (created|updated|replaced|deleted|unchanged)", summary)
        }


@pytest.fixture
def project(tmp_path: Path, sandbox: Sandbox) -> Iterator[Project]:
    project = Project(tmp_path, sandbox)
    yield project
    project.run("destroy", "--yes", "--skip-preview", "--remove")


def test_a_program_goes_up_stays_changes_and_goes_away(project: Project) -> None:
    assert "+ 6 to create" in project.run("preview")
    assert project.counted("up", "--yes", "--skip-preview") == {"created": 6}
    outputs = json.loads(project.run("stack", "output", "--json"))
    assert outputs["fqdn"] == "www.stand-in.example.com."
    assert (outputs["note"], outputs["key"]) == ("[secret]", "[secret]")
    project.run("preview", "--expect-no-changes", "--diff")

    project.set("ttl=60")
    shown = project.run("preview", "--diff")
    assert "~ ttl: 300 => 60" in shown
    assert NOTE not in shown
    assert project.counted("up", "--yes", "--skip-preview") == {"updated": 1, "unchanged": 5}

    project.set("account=standintwo")
    assert project.counted("up", "--yes", "--skip-preview") == {"replaced": 1, "unchanged": 5}
    found = Store(project.state).list(tokens=["azure-native:storage:StorageAccount"])
    # The sandbox is shared with every other test
    assert [each.name for each in found if each.name.startswith("standin")] == ["standintwo"]

    assert project.counted("destroy", "--yes", "--skip-preview") == {"deleted": 6}
    group = f"/subscriptions/{project.environment['ARM_SUBSCRIPTION_ID']}/resourceGroups/{outputs['group']}"
    assert Store(project.state).get(group) is None
    assert Store(project.state).list(under=group) == []


def test_what_others_changed_or_deleted_is_found_and_made_good(project: Project) -> None:
    project.run("up", "--yes", "--skip-preview")
    record = next(each for each in project.found("dns:RecordSet") if each.inputs["zoneName"] == "stand-in.example.com")
    project.sandbox("azure", "set", record.id, "ttl=5", "metadata.by=somebody")
    project.sandbox("azure", "delete", "standinone")
    assert re.search(r"~ ttl +: 5 => 300", project.run("preview", "--refresh", "--diff"))
    refreshed = project.run("refresh", "--preview-only", "--diff")
    assert "ttl" in refreshed
    assert "standinone" in refreshed
    changes = project.counted("up", "--yes", "--skip-preview", "--refresh")
    assert (changes["created"], changes["updated"]) == (1, 1)
    found = Store(project.state).get(record.id)
    assert found is not None
    assert found.inputs["ttl"] == 300
    assert "by" not in found.inputs["metadata"]
    for file in project.state.azure.rglob("*"):
        assert not file.is_file() or NOTE.encode() not in file.read_bytes()


def test_three_ways_to_fail_end_well(project: Project) -> None:
    """Refused: gone with the second run. Made, but the wait failed: mended by it. Made, and nobody was told: import."""
    project.fault(
        {"code": "ServerBusy", "kind": "*:Zone"},
        {"code": "Timeout", "kind": "*:UserAssignedIdentity", "when": "after"},
        {"code": "GatewayTimeout", "kind": "*:StorageAccount", "when": "lost"},
    )
    first = project.run("up", "--yes", "--skip-preview", "--continue-on-error", fails=True)
    for words in ('Status=409 Code="ServerBusy" Message="', "operation timed out", 'Status=504 Code="GatewayTimeout"'):
        assert words in first
    (account,) = [each for each in project.found("storage:StorageAccount") if each.name == "standinone"]
    second = project.run("up", "--yes", "--skip-preview", "--continue-on-error", fails=True)
    assert f"cannot create already existing resource '{account.id}'" in second
    assert "ServerBusy" not in second
    assert "timed out" not in second
    imported = ("azure-native:storage:StorageAccount", "data", account.id)
    project.run("import", *imported, "--yes", "--protect=false", "--generate-code=false")
    project.run("up", "--yes", "--skip-preview")
    project.run("preview", "--expect-no-changes")
    identities = [
        each for each in project.found("managedidentity:UserAssignedIdentity") if each.name.startswith("shop")
    ]
    groups = {each.id.lower() for each in project.groups()}
    mine = [each for each in identities if each.id.lower().startswith(tuple(f"{group}/" for group in groups))]
    assert len(mine) == 1


def test_azure_goes_on_when_the_engine_is_killed(project: Project) -> None:
    """The group takes 2 s; the engine is killed while it is made."""
    command = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color", "never"]
    environment = {**project.environment, "SANDBOX_AZURE_LATENCY": "5"}
    engine = subprocess.Popen(command, cwd=project.folder, env=environment, stdout=subprocess.DEVNULL)
    _wait_for(lambda: [each.provisioning for each in project.groups()] == ["Creating"])
    engine.kill()
    engine.wait()
    _wait_for(lambda: [each.provisioning for each in project.groups()] == ["Succeeded"])
    project.run("cancel", "--yes")
    (group,) = project.groups()
    project.run("up", "--yes", "--skip-preview")
    # Its name was made up, so the next run makes another, as in Azure; the orphan is there to be seen
    assert len(project.groups()) == 2
    project.sandbox("azure", "delete", group.id)


VERSIONED = """
import pulumi
from pulumi_azure_native import resources

group = resources.ResourceGroup("versioned", location="westeurope")
pulumi.CustomResource(
    "azure-native:containerservice/VERSION:ManagedCluster",
    "aks",
    {
        "resourceGroupName": group.name,
        "resourceName": "versioned",
        "location": "westeurope",
        "dnsPrefix": "versioned",
        "identity": {"type": "SystemAssigned"},
        "agentPoolProfiles": [{"name": "system", "mode": "System", "count": 1, "vmSize": "Standard_D2s_v5"}],
        "ingressProfile": {
            "gatewayAPI": {"installation": "Standard"},
            "webAppRouting": {"enabled": True, "gatewayAPIImplementations": {"appRoutingIstio": {"mode": "Enabled"}}},
        },
    },
)
"""


def test_a_program_asks_for_an_api_version_by_its_type_token(project: Project) -> None:
    program = project.folder / "__main__.py"
    program.write_text(VERSIONED.replace("/VERSION", ""))
    refused = project.run("preview", fails=True)
    assert "'ingressProfile.gatewayAPI.installation' is not a property API version 2025-09-01 knows" in refused
    program.write_text(VERSIONED.replace("VERSION", "v20260302preview"))
    assert project.counted("up", "--yes", "--skip-preview") == {"created": 3}
    (cluster,) = [each for each in project.found("containerservice:ManagedCluster") if each.name == "versioned"]
    assert cluster.api_version == "2026-03-02-preview"
    assert cluster.outputs["ingressProfile"]["webAppRouting"]["identity"]["objectId"]
    project.run("preview", "--expect-no-changes")


def _wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_name_that_is_taken_is_refused_in_arms_words(project: Project, tmp_path: Path, sandbox: Sandbox) -> None:
    project.run("up", "--yes", "--skip-preview")
    folder = tmp_path / "second"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: azure-stand-in-second\nruntime: python\n")
    (folder / "__main__.py").write_text(
        "import pulumi_azure_native as azure\n"
        'group = azure.resources.ResourceGroup("second", location="westeurope")\n'
        'azure.storage.StorageAccount("data", account_name="standinone", resource_group_name=group.name,\n'
        '    kind="StorageV2", sku=azure.storage.SkuArgs(name="Standard_LRS"))\n'
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
        return subprocess.run(
            command, cwd=folder, env=dict(sandbox.environment), check=False, capture_output=True, text=True
        )

    assert run("stack", "init", "test").returncode == 0
    refused = run("up", "--yes", "--skip-preview")
    assert run("destroy", "--yes", "--skip-preview", "--remove").returncode == 0
    assert refused.returncode != 0
    assert 'Status=409 Code="StorageAccountAlreadyTaken"' in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr
