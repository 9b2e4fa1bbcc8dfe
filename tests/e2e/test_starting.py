"""Before a deployment: everything about it is asked of the same stand-ins that it would meet. The platform repository
of all these tests is one that `pave init` wrote.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.conftest import APP, EXAMPLES, Deployed, Pave

pytestmark = pytest.mark.e2e


def test_a_branch_that_is_not_there_yet_has_all_it_needs(foundation: Pave) -> None:
    looked = foundation.json("preflight", *EXAMPLES, "--app", APP, "--branch", "feature/not-yet")

    assert looked["new"]
    assert {one["state"] for one in looked["findings"]} <= {"ok", "warning"}, looked
    checks = {one["check"] for one in looked["findings"]}
    assert checks == {
        "foundation",
        "name",
        "rights",
        "delegation",
        "record",
        "namespace",
        "capacity",
        "connections",
    }


def test_what_is_in_the_way_is_told_and_ends_with_1(foundation: Pave) -> None:
    branch = ("--app", APP, "--branch", "feature/not-yet")
    answer = foundation.run("preflight", EXAMPLES[1], *branch, "--json", code=1, SANDBOX_AZURE_ROLES="Contributor")

    (found,) = [one for one in json.loads(answer.stdout)["findings"] if one["state"] == "problem"]
    assert found["check"] == "rights"
    assert "az role assignment create" in found["fix"]


def test_what_cannot_be_asked_is_said_and_ends_with_4(foundation: Pave) -> None:
    answer = foundation.run("preflight", "--env", "foundation-nonproduction", code=4, ARM_TENANT_ID="")

    assert "could not ask" in answer.stdout
    assert "az login" in answer.stdout


def test_a_summary_tells_the_pull_request_where_the_environment_is(branches: tuple[Deployed, Deployed]) -> None:
    deployed = branches[0]
    file = deployed.pave.platform / "summary.md"

    deployed.pave.run("up", "--app", APP, "--branch", deployed.branch, "--yes", "--summary", str(file))

    text = file.read_text()
    assert all(url in text for url in deployed.shown["urls"].values())
    assert f"pave extend 3d --app {APP} --branch {deployed.branch}" in text
    assert "postgres-shared" in text
    assert deployed.connection_string() not in text


def test_a_pipelines_branch_needs_no_name(branches: tuple[Deployed, Deployed]) -> None:
    deployed = branches[0]
    variables = {"GITHUB_ACTIONS": "true", "GITHUB_HEAD_REF": deployed.branch}

    answer = deployed.pave.run("show", "--app", APP, "--json", **variables)

    assert json.loads(answer.stdout)["stack"] == deployed.stack


def test_a_destroy_of_nothing_is_no_failure_of_a_pipeline(foundation: Pave) -> None:
    branch = ("--app", APP, "--branch", "never-was", "--yes")

    assert "nothing to remove" in foundation.run("destroy", *branch, "--if-exists").stdout
    foundation.run("destroy", *branch, code=1)


def deployments(deployed: Deployed) -> set[str]:
    answer = deployed.pave.execute(
        "kubectl", "get", "deployments", "--namespace", deployed.namespace, "--output", "name"
    )
    return {line.partition("/")[2] for line in answer.stdout.split()}


SHIPPING = """apiVersion: score.dev/v1b1
metadata: {name: shipping}
containers:
  shipping:
    image: python
    files: {/etc/rates.txt: {source: rates.txt}}
"""


def test_several_repositories_deploy_into_one_branch_environment(
    branches: tuple[Deployed, Deployed], tmp_path: Path
) -> None:
    """Each knows its own workload only; what the others brought stays, also when their checkouts are gone."""
    deployed = branches[1]
    branch = ("--app", APP, "--branch", deployed.branch)
    repository = tmp_path / "shipping"
    repository.mkdir()
    (repository / "score.yaml").write_text(SHIPPING)
    (repository / "rates.txt").write_text("7")

    deployed.pave.run("up", str(repository / "score.yaml"), *branch, "--yes")
    shutil.rmtree(repository)
    again = deployed.pave.json("up", EXAMPLES[1], *branch, "--yes")

    assert again["changes"] == {}
    assert {"shipping", "web", "python-service"} <= deployments(deployed)
    taken = deployed.pave.json("destroy", *branch, "--workload", "shipping", "--yes")
    assert taken["removed"] > 0
    assert deployments(deployed) & {"shipping", "web", "python-service"} == {"web", "python-service"}
    left = deployed.pave.run("destroy", *branch, "--workload", "shipping", "--if-exists", "--yes")
    assert "nothing to remove" in left.stdout


def test_an_environment_like_another_has_its_workloads_as_they_are_deployed(
    branches: tuple[Deployed, Deployed],
) -> None:
    like = ("--branch", "feature/like", "--like", branches[0].stack)

    said = branches[0].pave.run("preview", EXAMPLES[1], "--app", APP, *like).stdout

    assert "workload.default#python-service" in said
    assert "to create" in said


def test_a_type_that_names_a_backend_is_kept_there(foundation: Pave, tmp_path: Path) -> None:
    """A real backend of files; nobody has set `PULUMI_BACKEND_URL`."""
    elsewhere = another(foundation, tmp_path, "azblob://pulumi-nonproduction", (tmp_path / "state").as_uri())
    (tmp_path / "state").mkdir()

    assert foundation.json("list")
    assert json.loads(elsewhere.run("list", "--json", PULUMI_BACKEND_URL="").stdout) == []
    assert (tmp_path / "state" / ".pulumi" / "meta.yaml").is_file()
    refused = foundation.run("show", "--env", "development", code=1, PULUMI_BACKEND_URL="azblob://pulumi-production")
    assert "is the backend of foundation-production, production, staging" in refused.stderr


def test_old_states_are_removed_and_what_is_left_is_whole(branches: tuple[Deployed, Deployed], tmp_path: Path) -> None:
    deployed = branches[0]
    few = another(deployed.pave, tmp_path, "    ttl: 3d", "    keep_checkpoints: 1\n    ttl: 3d")
    branch = ("--app", APP, "--branch", deployed.branch, "--yes")

    few.run("up", *branch)

    root = Path(few.sandbox.environment["PULUMI_BACKEND_URL"].removeprefix("file://")) / ".pulumi"
    for folder, ending in (("history", "*.checkpoint.json"), ("backups", "*.json")):
        assert len(list((root / folder / "platform" / deployed.stack).glob(ending))) == 1
    history = json.loads(few.pulumi("stack", "history", "--json", "--stack", deployed.stack).stdout)
    assert len(history) > 1
    assert few.json("up", *branch)["changes"] == {}


def another(pave: Pave, folder: Path, old: str, new: str) -> Pave:
    """The same platform repository with another text in its environment types."""
    copy = folder / "platform"
    shutil.copytree(pave.platform, copy, symlinks=True)
    file = copy / "definitions" / "environments.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return replace(pave, platform=copy)


def test_a_machine_that_is_fit_is_told_so_and_a_wrong_passphrase_is_told(foundation: Pave) -> None:
    findings = foundation.json("doctor")["findings"]

    assert {one["state"] for one in findings} <= {"ok", "warning"}, findings
    assert {"engine", "az", "kubelogin", "definitions", "backend", "secrets", "cluster"} <= {
        one["check"] for one in findings
    }
    wrong = foundation.run("doctor", "--json", code=1, PULUMI_CONFIG_PASSPHRASE="wrong")
    problems = [one for one in json.loads(wrong.stdout)["findings"] if one["state"] == "problem"]
    assert [one["check"] for one in problems] == ["secrets"]
    assert "passphrase" in problems[0]["what"]
