"""Which branch a pipeline runs for, by its own variables, and where its environment is kept."""

import shutil
from pathlib import Path

import pytest

from platform_components.cli.options import engine_of, wanted
from platform_components.cli.pipeline import branch_of
from platform_components.errors import InputError
from tests.cli.conftest import Pave
from tests.lifecycle.backend import program_on_path

GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_REF_TYPE": "branch", "GITHUB_REF_NAME": "main"}


@pytest.mark.parametrize(
    ("variables", "branch"),
    [
        ({**GITHUB, "GITHUB_EVENT_NAME": "pull_request", "GITHUB_HEAD_REF": "feature/Login!"}, "feature/Login!"),
        ({**GITHUB, "GITHUB_EVENT_NAME": "push", "GITHUB_REF_NAME": "feature/cart"}, "feature/cart"),
        ({**GITHUB, "GITHUB_EVENT_NAME": "push", "GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1"}, ""),
        ({"TF_BUILD": "True", "BUILD_SOURCEBRANCH": "refs/heads/feature/cart"}, "feature/cart"),
        (
            {
                "TF_BUILD": "True",
                "BUILD_SOURCEBRANCH": "refs/pull/7/merge",
                "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/feature/cart",
            },
            "feature/cart",
        ),
        ({"TF_BUILD": "True", "BUILD_SOURCEBRANCH": "refs/tags/v1"}, ""),
        ({"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "feature/cart"}, "feature/cart"),
        ({"GITLAB_CI": "true", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "cart"}, "cart"),
        ({"GITHUB_HEAD_REF": "feature/cart"}, ""),
        ({}, ""),
    ],
)
def test_the_branch_is_the_one_that_the_pipeline_runs_for(variables: dict[str, str], branch: str) -> None:
    assert branch_of(variables) == branch


@pytest.mark.parametrize("event", ["schedule", "delete", "issue_comment", "pull_request_target"])
def test_an_event_that_only_runs_on_the_default_branch_never_names_it(event: str) -> None:
    assert branch_of({**GITHUB, "GITHUB_EVENT_NAME": event}) == ""


def test_a_verb_on_stacks_takes_the_pipelines_branch(pave: Pave, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_HEAD_REF", "feature/cart")

    assert "no program `pulumi`" in pave("destroy", "--app", "shop").err  # an environment was named


def test_an_offline_verb_says_the_same_everywhere(pave: Pave, monkeypatch: pytest.MonkeyPatch) -> None:
    here = pave("plan", "examples/web", "--app", "shop", "--env-type", "ephemeral", "--json").out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_HEAD_REF", "feature/cart")

    assert pave("plan", "examples/web", "--app", "shop", "--env-type", "ephemeral", "--json").out == here


def test_what_is_named_counts_more_than_the_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_HEAD_REF", "feature/cart")

    assert wanted(app="shop").branch == "feature/cart"
    assert wanted(app="shop", branch="other").branch == "other"
    assert wanted(env="development").branch == ""


def test_definitions_that_do_not_load_do_not_keep_an_environment_alive(
    platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Path(shutil.copytree(platform, tmp_path / "copy", symlinks=True))
    (copy / "definitions" / "broken.yaml").write_text("id: [\n")
    program_on_path(tmp_path / "bin", monkeypatch)
    choice = wanted(app="shop", branch="main")

    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///state")
    assert engine_of(copy, choice).backend == "file:///state"
    monkeypatch.delenv("PULUMI_BACKEND_URL")
    with pytest.raises(InputError):  # nobody says where it is
        engine_of(copy, choice)


def test_a_branch_is_looked_for_where_its_type_is_kept(
    platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program_on_path(tmp_path / "bin", monkeypatch)
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)

    assert engine_of(platform, wanted(app="shop", branch="main")).backend == "azblob://pulumi-nonproduction"
    assert engine_of(platform).backend == "azblob://pulumi-nonproduction"
    assert engine_of(platform, wanted(env="foundation-production")).backend == "azblob://pulumi-production"
    new = wanted(env="live", env_type="production", app="shop")
    assert engine_of(platform, new).backend == "azblob://pulumi-production"
