"""Which branch a pipeline runs for, by its own variables."""

import pytest

from platform_components.cli.pipeline import branch_of
from tests.cli.conftest import Pave

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
    from platform_components.cli.options import wanted

    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_HEAD_REF", "feature/cart")

    assert wanted(app="shop").branch == "feature/cart"
    assert wanted(app="shop", branch="other").branch == "other"
    assert wanted(env="development").branch == ""
