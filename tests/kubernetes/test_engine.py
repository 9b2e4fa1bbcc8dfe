"""The components run by the real engine on a real API server: what rolls pods and what does not, and what is left."""

import json
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("engine_program.py")
SETTINGS = {"secret": "S3cretOne", "variable": "one", "file": "hello", "secret_file": "FileS3cret", "replicas": 2}


class Project:
    """A Pulumi project with one stack, and the namespace it fills."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.namespace = f"engine-{secrets.token_hex(4)}"
        self.settings: dict[str, Any] = {**SETTINGS, "namespace": self.namespace}
        backend = folder / "backend"
        backend.mkdir()
        self._environment = {**environment, "PULUMI_BACKEND_URL": f"file://{backend}", "PYTHONPATH": str(CHECKOUT)}
        (folder / "Pulumi.yaml").write_text("name: components\nruntime: python\n")
        shutil.copy(PROGRAM, folder / "__main__.py")
        self.run("pulumi", "stack", "init", "test")

    def run(self, *command: str, fails: bool = False) -> str:
        """What a command prints; one that does not end as expected is a failure of the test."""
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode != 0) is fails, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def up(self, **changes: Any) -> dict[str, int]:
        """Change what is deployed; how many resources were created, updated, …"""
        self.settings |= changes
        self.write(self.settings)
        self.run("pulumi", "up", "--yes", "--skip-preview")
        history = json.loads(self.run("pulumi", "stack", "history", "--json"))
        return {kind: count for kind, count in history[0]["resourceChanges"].items() if kind != "same"}

    def write(self, settings: Mapping[str, Any]) -> None:
        """What the program reads."""
        (self.folder / "settings.json").write_text(json.dumps(settings))

    def names(self, kind: str) -> set[str]:
        """Names of the namespace's objects of a kind."""
        output = self.run("kubectl", "get", kind, "--namespace", self.namespace, "--output", "name")
        return {line.partition("/")[2] for line in output.splitlines() if "/" in line}

    def live(self, kind: str, name: str) -> dict[str, Any]:
        """An object as the API server has it."""
        return dict(
            json.loads(self.run("kubectl", "get", kind, name, "--namespace", self.namespace, "--output", "json"))
        )


@pytest.fixture(scope="module")
def project(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    project = Project(tmp_path_factory.mktemp("engine"), sandbox.environment)
    project.up()
    yield project
    project.run("pulumi", "destroy", "--yes", "--skip-preview")
    left = project.run("kubectl", "get", "namespace", "--output", "name")
    assert f"namespace/{project.namespace}\n" not in left


def generation(project: Project) -> str:
    """Another one after every rollout."""
    return str(project.live("deployment", "web")["metadata"]["annotations"]["deployment.kubernetes.io/revision"])


def test_nothing_changes_when_nothing_changed(project: Project) -> None:
    before = generation(project)
    assert project.up() == {}
    assert generation(project) == before
    assert "unchanged" in project.run("pulumi", "refresh", "--yes", "--skip-preview", "--expect-no-changes")


@pytest.mark.parametrize(
    "changes",
    [{"secret": "S3cretTwo"}, {"secret_file": "OtherS3cret"}, {"file": "good bye"}, {"variable": "two"}],
)
def test_pods_roll_when_what_is_injected_changes_and_old_configuration_goes(
    project: Project, changes: dict[str, str]
) -> None:
    before = generation(project)
    kinds = {"secret": len(project.names("secret")), "configmap": len(project.names("configmap"))}
    project.up(**changes)
    assert generation(project) != before
    assert {kind: len(project.names(kind)) for kind in kinds} == kinds


def test_pods_stay_when_only_their_number_changes(project: Project) -> None:
    before = generation(project)
    assert project.up(replicas=3) == {"update": 1}
    assert generation(project) == before


def test_the_namespace_admits_no_pod_that_does_more(project: Project) -> None:
    message = project.run(
        *("kubectl", "run", "root", "--image", "python", "--namespace", project.namespace, "--dry-run=server"),
        fails=True,
    )
    assert 'violates PodSecurity "restricted:latest"' in message


def test_nobody_reads_a_secret_from_a_preview_or_the_state(project: Project) -> None:
    project.write({**project.settings, "secret": "S3cretThree", "secret_file": "AnotherS3cret"})
    shown = project.run("pulumi", "preview", "--diff")
    kept = "".join(path.read_text() for path in (project.folder / "backend").rglob("*.json"))
    assert "web-secret" in shown
    assert "web-secret" in kept
    for text in ("S3cret", "UzNjcmV0"):
        assert text not in shown
        assert text not in kept


def test_a_secret_in_a_plain_field_stops_the_program_with_its_place(project: Project) -> None:
    project.write({**project.settings, "leak": True})
    message = project.run("pulumi", "preview", fails=True)
    assert "containers.web.variables.LEAK: a secret value would be written in the clear" in message
    assert "Traceback" not in message
    assert "S3cret" not in message
