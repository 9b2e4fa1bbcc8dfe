"""What bad input and bad luck get: one clear message, the documented exit code, nothing half-made."""

import pytest

from tests.e2e.conftest import APP, EXAMPLES, Deployed, Pave

pytestmark = pytest.mark.e2e


def test_no_engine(pave: Pave) -> None:
    answer = pave.run("list", code=4, PATH="/usr/bin:/bin")

    assert "no program `pulumi` on PATH" in answer.stderr


def test_no_sandbox_or_backend(pave: Pave) -> None:
    answer = pave.run("list", code=4, PULUMI_BACKEND_URL="file:///nowhere/at/all")

    assert "/nowhere/at/all" in answer.stderr


def test_no_foundation(pave: Pave) -> None:
    answer = pave.run("up", EXAMPLES[0], "--app", APP, "--env", "stage-1", "--env-type", "staging", "--yes", code=4)

    assert "the foundation 'foundation-production' of staging environments is not deployed" in answer.stderr
    assert not any(entry["stack"] == "stage-1" for entry in pave.json("list"))


def test_a_foundation_of_another_contract(foundation: Pave) -> None:
    exported = foundation.pulumi("stack", "export", "--stack", "foundation-nonproduction").stdout
    changed = exported.replace('"platform/contract": 1', '"platform/contract": 99')
    assert changed != exported
    for text, name in ((changed, "changed.json"), (exported, "exported.json")):
        (foundation.platform / name).write_text(text)
    try:
        foundation.pulumi("stack", "import", "--stack", "foundation-nonproduction", "--file", "changed.json")
        answer = foundation.run("up", EXAMPLES[0], "--app", APP, "--branch", "other-contract", "--yes", code=4)
    finally:
        foundation.pulumi("stack", "import", "--stack", "foundation-nonproduction", "--file", "exported.json")

    assert "speaks contract 99, this platform 1" in answer.stderr


def test_the_wrong_passphrase(branches: tuple[Deployed, Deployed]) -> None:
    branch = ("--app", APP, "--branch", branches[0].branch)
    answer = branches[0].pave.run("up", *branch, "--yes", code=1, PULUMI_CONFIG_PASSPHRASE="not this one")

    assert "PULUMI_CONFIG_PASSPHRASE" in answer.stderr


def test_an_unknown_environment_type(pave: Pave) -> None:
    answer = pave.run("up", EXAMPLES[0], "--app", APP, "--env", "test-1", "--env-type", "stagin", "--yes", code=1)

    assert "'stagin'" in answer.stderr
    assert "staging" in answer.stderr


def test_a_missing_workload_file(pave: Pave) -> None:
    answer = pave.run("up", "no/such/score.yaml", "--app", APP, "--branch", "b", "--yes", code=1)

    assert "no/such/score.yaml" in answer.stderr


@pytest.mark.parametrize("branch", ["///", "!!!"])
def test_a_branch_of_only_punctuation(pave: Pave, branch: str) -> None:
    answer = pave.run("up", EXAMPLES[0], "--app", APP, "--branch", branch, "--yes", code=1)

    assert branch in answer.stderr


def test_an_empty_branch_is_a_usage_error(pave: Pave) -> None:
    assert "--branch" in pave.run("up", EXAMPLES[0], "--app", APP, "--branch", "", "--yes", code=2).stderr


def test_a_resource_nobody_serves(pave: Pave) -> None:
    score = pave.platform / "unserved.yaml"
    score.write_text(
        """apiVersion: score.dev/v1b1
metadata: {name: unserved}
containers: {one: {image: python}}
resources:
  db: {type: postgres, class: large}
"""
    )

    answer = pave.run("up", "unserved.yaml", "--app", APP, "--branch", "b", "--yes", code=1)

    assert "unserved.yaml:5:" in answer.stderr
    assert "large" in answer.stderr


def test_an_unknown_placeholder(pave: Pave) -> None:
    score = pave.platform / "misspelt.yaml"
    score.write_text(
        """apiVersion: score.dev/v1b1
metadata: {name: misspelt}
containers:
  one:
    image: python
    variables:
      HOST: ${resources.db.hots}
resources:
  db: {type: postgres}
"""
    )

    answer = pave.run("up", "misspelt.yaml", "--app", APP, "--branch", "b", "--yes", code=1)

    assert "misspelt.yaml:7:" in answer.stderr
    assert "`host`" in answer.stderr or "'host'" in answer.stderr


def test_unreadable_yaml(pave: Pave) -> None:
    (pave.platform / "broken.yaml").write_text("apiVersion: [score.dev/v1b1\n")

    answer = pave.run("up", "broken.yaml", "--app", APP, "--branch", "b", "--yes", code=1)

    assert "broken.yaml:" in answer.stderr
