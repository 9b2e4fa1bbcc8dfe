"""What a pipeline's own variables say: the branch that it runs for.

Only what names a branch for certain counts. GitHub's events `schedule`, `delete` and their like run on the default
branch whatever they are about, so they name none here: a destroy must not take the wrong one.
"""

from collections.abc import Mapping

_HEADS = "refs/heads/"
# docs.github.com, variables: GITHUB_HEAD_REF is set for pull requests alone
_GITHUB_EVENTS_OF_A_BRANCH = ("push", "workflow_dispatch")


def branch_of(environment: Mapping[str, str]) -> str:
    """The branch as git spells it; empty outside of a pipeline, and for what is no branch."""
    if environment.get("GITHUB_ACTIONS") == "true":
        return _of_github(environment)
    if environment.get("TF_BUILD"):  # Azure Pipelines; learn.microsoft.com, predefined variables
        return _head(environment.get("SYSTEM_PULLREQUEST_SOURCEBRANCH") or environment.get("BUILD_SOURCEBRANCH", ""))
    if environment.get("GITLAB_CI"):
        return environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME") or environment.get("CI_COMMIT_BRANCH", "")
    return ""


def _of_github(environment: Mapping[str, str]) -> str:
    head = environment.get("GITHUB_HEAD_REF", "")
    if head or environment.get("GITHUB_EVENT_NAME") not in _GITHUB_EVENTS_OF_A_BRANCH:
        return head
    return environment.get("GITHUB_REF_NAME", "") if environment.get("GITHUB_REF_TYPE") == "branch" else ""


def _head(reference: str) -> str:
    return reference.removeprefix(_HEADS) if reference.startswith(_HEADS) else ""
