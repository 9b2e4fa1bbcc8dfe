"""Every Azure component on the real engine: made, found unchanged, refreshed, changed, and taken away."""

import json
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.azure import ids, locks
from sandbox.azure.store import Store
from tests.conftest import CHECKOUT, Sandbox

pytestmark = pytest.mark.e2e

PROGRAM = Path(__file__).parent / "program"


class Project:
    """The program in `program/`, as a stack of the sandbox."""

    def __init__(self, folder: Path, sandbox: Sandbox, name: str) -> None:
        self._folder = folder
        self._environment = {**sandbox.environment, "PYTHONPATH": str(CHECKOUT), "PULUMI_CONFIG_PASSPHRASE": "test"}
        self.state = sandbox.state
        self.name = name
        self.pulumi("stack", "init", name)
        self.pulumi("config", "set", "name", name)

    def pulumi(self, *arguments: str, succeeds: bool = True) -> str:
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
        done = subprocess.run(
            command, cwd=self._folder, env=self._environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode == 0) is succeeds, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def following(self, *arguments: str) -> Iterator[str]:
        """The lines of a run while it goes on; it must succeed."""
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
        with subprocess.Popen(
            command,
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as running:
            assert running.stdout is not None
            yield from running.stdout
        assert running.returncode == 0

    def up(self, *arguments: str) -> str:
        return self.pulumi("up", "--yes", "--skip-preview", *arguments)

    def outputs(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json"))
        return found

    def ids(self) -> list[str]:
        """What Azure has in the stack's resource group."""
        return [each.id for each in Store(self.state).list() if f"/resourcegroups/{self.name}" in each.id.lower()]


@pytest.fixture(scope="module")
def project(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("azure") / "program"
    shutil.copytree(PROGRAM, folder)
    made = Project(folder, sandbox, f"azure-{secrets.token_hex(4)}")
    made.up()
    yield made
    # With everything on, by now: the locks must go first.
    made.pulumi("destroy", "--yes", "--skip-preview", "--remove")
    assert made.ids() == []


def test_outputs_are_what_others_need(project: Project) -> None:
    outputs = project.outputs()
    assert outputs["administrator"] == "platform-administrators"
    assert outputs["container"] == "files"
    assert outputs["fqdn"] == f"*.shop.{project.name}.example.com"
    users = yaml.safe_load(outputs["kubeconfig"])["users"]
    assert [set(each["user"]) for each in users] == [{"exec"}]


def test_a_second_up_changes_nothing(project: Project) -> None:
    project.up("--expect-no-changes")


def test_a_refresh_finds_what_was_made(project: Project) -> None:
    project.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    project.up("--expect-no-changes")


def test_options_are_turned_on_in_place_and_another_writer_is_waited_for(project: Project) -> None:
    """ARM takes one write at a time on a network; the first attempt meets somebody else's."""
    before = set(project.ids())
    (network,) = [each for each in before if each.rsplit("/", 2)[-2] == "virtualNetworks"]
    project.pulumi("config", "set", "large", "true")
    with ExitStack() as other_writer:
        other_writer.enter_context(
            locks.held(project.state.azure, f"AnotherOperationInProgress {ids.key(network)}", wait=False)
        )
        told = []
        for line in project.following("up", "--yes", "--skip-preview"):
            told.append(line)
            if "AnotherOperationInProgress" in line:
                other_writer.close()
    assert [line for line in told if "retrying" in line]
    assert not [line for line in told if "replaced" in line]
    assert before < set(project.ids())
    project.up("--expect-no-changes")


def test_only_the_unused_password_is_secret(project: Project) -> None:
    """The values that the engine encrypts: a password's own, and the server's copies of it."""
    deployment = json.loads(project.pulumi("stack", "export"))["deployment"]
    secret = {
        (each["type"].rsplit(":", 1)[-1], path)
        for each in deployment["resources"]
        for path in _secret_paths({"inputs": each.get("inputs", {}), "outputs": each.get("outputs", {})})
    }
    passwords = {path for kind, path in secret if kind == "GeneratedPassword"}
    assert "outputs.value" in passwords
    assert {kind for kind, _ in secret} == {"GeneratedPassword", "Server"}


def _secret_paths(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        if "ciphertext" in value:
            yield path
        for key, item in value.items():
            yield from _secret_paths(item, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for item in value:
            yield from _secret_paths(item, path)
