"""Whole programs on the real engine: what a user of `pulumi` sees of the Azure stand-in."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from sandbox.azure.store import Store
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
        self._folder = folder
        self._environment = dict(sandbox.environment)
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
            command, cwd=self._folder, env=self._environment, check=False, capture_output=True, text=True
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr

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
    group = f"/subscriptions/{project._environment['ARM_SUBSCRIPTION_ID']}/resourceGroups/{outputs['group']}"
    assert Store(project.state).get(group) is None
    assert Store(project.state).list(under=group) == []


def test_what_others_changed_or_deleted_is_found_and_made_good(project: Project) -> None:
    project.run("up", "--yes", "--skip-preview")
    with Store(project.state).writing() as transaction:
        (record,) = [
            each
            for each in transaction.list(tokens=["azure-native:dns:RecordSet"])
            if each.inputs["zoneName"] == "stand-in.example.com"
        ]
        record.inputs["ttl"] = 5
        transaction.put(record)
        transaction.remove(next(each.id for each in transaction.list() if each.name == "standinone"))
    assert "~ ttl: 5 => 300" in project.run("preview", "--refresh", "--diff")
    changes = project.counted("up", "--yes", "--skip-preview", "--refresh")
    assert (changes["created"], changes["updated"]) == (1, 1)
    found = Store(project.state).get(record.id)
    assert found is not None
    assert found.inputs["ttl"] == 300
    for file in project.state.azure.rglob("*"):
        assert not file.is_file() or NOTE.encode() not in file.read_bytes()


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
