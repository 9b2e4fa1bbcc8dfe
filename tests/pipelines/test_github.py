"""The workflows for GitHub Actions: right by actionlint and GitHub's schema, and safe whoever opens a pull request."""

import importlib.resources
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.pipelines import actionlint


@pytest.fixture(scope="module")
def workflows(repository: Path) -> dict[str, Path]:
    """Every workflow by name: the platform repository's own, and the one for apps' repositories."""
    own = repository / ".github" / "workflows"
    return {file.stem: file for file in (*own.glob("*.yml"), repository / "pipelines/github/environment.yml")}


def read(file: Path) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return document


def schema(name: str) -> Any:
    vendor = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    return json.loads((vendor / name).read_text(encoding="utf-8"))


def test_actionlint_has_nothing_to_say(repository: Path, tmp_path: Path) -> None:
    shutil.copytree(repository / ".github", tmp_path / ".github")
    shutil.copy(repository / "pipelines/github/environment.yml", tmp_path / ".github/workflows")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)

    assert actionlint.problems(tmp_path) == ""


def test_actionlint_would_say_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    wrong = "on: push\njobs: {a: {runs-on: ubuntu-24.04, steps: [{run: 'echo ${{ github.head_ref }}'}]}}\n"
    (tmp_path / ".github" / "workflows" / "wrong.yml").write_text(wrong)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)

    assert "potentially untrusted" in actionlint.problems(tmp_path)


def test_workflows_and_the_action_are_of_githubs_form(repository: Path, workflows: dict[str, Path]) -> None:
    assert workflows.keys() == {"platform", "sweep", "environment"}
    for file in workflows.values():
        document = read(file)
        document["on"] = document.pop(True)  # YAML 1.1 takes `on` for a truth
        jsonschema.validate(document, schema("github-workflows.json"))
    jsonschema.validate(read(repository / ".github/actions/pave/action.yml"), schema("github-actions.json"))


def test_a_fork_never_meets_a_credential(workflows: dict[str, Path]) -> None:
    for file in workflows.values():
        document = read(file)
        assert "pull_request_target" not in document[True]
        assert document["permissions"] == {}
        assert document["defaults"]["run"]["shell"] == "bash"  # with `pipefail`: a failure before `| tee` counts
        for name, job in document["jobs"].items():
            if job["permissions"].get("id-token") == "write":
                gated = job.get("if", "schedule")
                trusted = ("needs.gate.outputs.verb == 'up'", "needs.gate.outputs.verb == 'destroy'")
                on_pull_requests = "pull_request" in document[True]
                assert not on_pull_requests or gated in (*trusted, "github.event_name == 'push'"), name


def test_nothing_but_the_platform_repository_is_run(workflows: dict[str, Path]) -> None:
    for file in workflows.values():
        text = file.read_text(encoding="utf-8")
        for action in re.findall(r"uses: (\S+)", text):
            assert action.startswith("./") or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
        for job in read(file)["jobs"].values():
            for step in job["steps"]:
                assert "${{" not in step.get("run", "")
                if "actions/checkout" in step.get("uses", ""):
                    assert step["with"]["persist-credentials"] is False


def test_runs_of_one_branch_queue_and_none_is_cancelled(workflows: dict[str, Path]) -> None:
    jobs = read(workflows["environment"])["jobs"]
    groups = [jobs[name]["concurrency"] for name in ("up", "destroy")]

    assert groups[0] == groups[1]
    assert groups[0] == {
        "group": "environment-${{ github.head_ref }}",
        "cancel-in-progress": False,
        "queue": "max",
    }


OWN = {"HEAD": "example/shop", "GITHUB_REPOSITORY": "example/shop", "STATE": "open", "LABELS": '["preview"]'}


@pytest.mark.parametrize(
    ("event", "verb"),
    [
        ({"ACTION": "synchronize"}, "up"),
        ({"ACTION": "labeled", "CHANGED_LABEL": "preview"}, "up"),
        ({"ACTION": "opened", "LABELS": "[]"}, "plan"),
        ({"ACTION": "opened", "LABELS": '["other \\" label"]'}, "plan"),
        ({"ACTION": "opened", "LABELS": "[]", "LABEL": ""}, "up"),
        ({"ACTION": "closed", "STATE": "closed"}, "destroy"),
        ({"ACTION": "unlabeled", "LABELS": "[]", "CHANGED_LABEL": "preview"}, "destroy"),
        ({"ACTION": "unlabeled", "CHANGED_LABEL": "other"}, "up"),
        ({"ACTION": "labeled", "STATE": "closed"}, "plan"),
        ({"ACTION": "synchronize", "HEAD": "stranger/shop"}, "plan"),
        ({"ACTION": "closed", "STATE": "closed", "HEAD": "stranger/shop"}, "plan"),
        ({"ACTION": "synchronize", "HEAD": ""}, "plan"),
        ({"ACTION": "synchronize", "PATHS": "^src/"}, "up"),
        ({"ACTION": "synchronize", "PATHS": "^docs/"}, "plan"),
    ],
)
def test_the_gate_lets_through_what_it_should(
    workflows: dict[str, Path], tmp_path: Path, event: dict[str, str], verb: str
) -> None:
    if shutil.which("jq") is None:
        pytest.skip("GitHub's runners have jq, this machine has not")
    gate = read(workflows["environment"])["jobs"]["gate"]["steps"][0]["run"]
    (tmp_path / "gh").write_text("#!/bin/sh\nprintf 'src/main.py\\nREADME.md\\n'\n")
    (tmp_path / "gh").chmod(0o755)
    given = {"LABEL": "preview", "PATHS": "", "CHANGED_LABEL": "", "NUMBER": "7", **OWN, **event}
    environment = {**given, "GITHUB_OUTPUT": str(tmp_path / "output"), "PATH": f"{tmp_path}:/usr/bin:/bin"}

    subprocess.run(["bash", "-eo", "pipefail", "-c", gate], env=environment, check=True, capture_output=True)

    assert (tmp_path / "output").read_text() == f"verb={verb}\n"
