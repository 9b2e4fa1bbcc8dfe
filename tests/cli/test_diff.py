"""`pave diff`: two deployed environments, or one beside what files would make of it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from platform_components.exports import PLAN_OUTPUT
from platform_components.lifecycle import engine
from platform_components.lifecycle.wanted import Wanted, prepare
from tests.cli.conftest import Ended, Pave
from tests.lifecycle.backend import Backend, Stored, program_on_path

WEB = "./examples/web"


def stored(platform: Path, branch: str, *examples: str) -> tuple[str, Stored]:
    """A branch as it was deployed with these examples."""
    wanted = Wanted(app="shop", branch=branch, scores=tuple(platform / "examples" / name for name in examples))
    prepared = prepare(platform, wanted, {}, stack=wanted.stack())
    config = {key: value for key, value in prepared.config.items() if value is not None}
    outputs = {PLAN_OUTPUT: prepared.matched.plan.to_document(places=False)}
    return wanted.stack(), Stored(outputs=outputs, config=config)


@pytest.fixture
def stacks(pave: Pave, platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two environments: `web` alone, and both examples."""
    made = dict([stored(platform, "one", "web"), stored(platform, "two", "web", "python-service")])
    program_on_path(tmp_path / "bin", monkeypatch)
    monkeypatch.setattr(engine, "Engine", lambda folder, *_: Backend(folder, made))
    return list(made)


@pytest.fixture
def diff(pave: Pave, stacks: list[str], platform: Path) -> Callable[..., Ended]:
    def run(*arguments: str) -> Ended:
        try:
            return pave("diff", *arguments)
        finally:
            for stack in stacks:
                (platform / "stacks" / f"Pulumi.{stack}.yaml").unlink(missing_ok=True)

    return run


def test_two_environments_differ_by_their_workloads(diff: Callable[..., Ended], stacks: list[str]) -> None:
    ended = diff(*stacks)
    assert ended.code == 3
    assert "python-service" in ended.out
    assert diff(stacks[0], stacks[0]).code == 0


def test_the_files_that_were_deployed_change_nothing(diff: Callable[..., Ended], stacks: list[str]) -> None:
    for given in ([WEB], ["examples/web/score.yaml"], []):
        ended = diff(stacks[0], *given)
        assert (ended.code, ended.out) == (0, f"`pave up` would change nothing in {stacks[0]}\n")


def test_files_are_merged_into_what_is_deployed_as_up_would(diff: Callable[..., Ended], stacks: list[str]) -> None:
    ended = diff(stacks[0], "./examples/python-service", "--image", "web=python:3.13", "--json")
    assert ended.code == 3
    found = {(one["section"], one["path"]): (one["one"], one["other"]) for one in json.loads(ended.out)}
    assert found["workloads", "python-service"] == (None, "python-service python")
    assert found["resources", "postgres.default#python-service.db"] == (None, "postgres-shared (postgres/database)")
    assert found["images", "web: containers.web.image"][1] == "python:3.13"
    assert not any("removed" in one["kind"] for one in json.loads(ended.out))


def test_a_workload_taken_out_takes_its_resources_along(diff: Callable[..., Ended], stacks: list[str]) -> None:
    ended = diff(stacks[1], "--remove", "python-service", "--json")
    gone = {one["path"] for one in json.loads(ended.out) if one["kind"] == "removed"}
    assert {"python-service", "postgres.default#python-service.db", "workload.default#python-service"} <= gone


def test_a_change_of_definitions_is_told_before_anybody_runs_up(
    diff: Callable[..., Ended], stacks: list[str], platform: Path
) -> None:
    path = platform / "definitions" / "application.yaml"
    before = path.read_text()
    path.write_text(before.replace("${environment.postgres.connection_limit}", "7"))
    try:
        ended = diff(stacks[0])
    finally:
        path.write_text(before)
    assert ended.out.splitlines()[:2] == ["inputs", "  postgres.default#web.db: connection_limit"]
    assert ended.out.splitlines()[-1].split() == ["then", "7"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("two", WEB), "is 'two' an environment or a folder?\n  write a folder as ./two"),
        (("two", "three"), "two and three: an environment is compared with one other, or with files"),
        (("two", "--image", "web=x"), "two deployed environments are compared as they are"),
    ],
)
def test_what_could_mean_two_things_is_a_usage_error(
    diff: Callable[..., Ended], arguments: tuple[str, ...], words: str
) -> None:
    ended = diff("one", *arguments)
    assert ended.code == 2
    assert words in ended.err


def test_what_is_not_there_is_told(diff: Callable[..., Ended], stacks: list[str]) -> None:
    assert "there is no environment 'three'" in diff(stacks[0], "three").err
    assert "no/such.yaml" in diff(stacks[0], "no/such.yaml").err
    ended = diff("three", WEB)
    assert ended.code == 1
    assert "there is no environment 'three'" in ended.err
