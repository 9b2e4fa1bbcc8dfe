"""Which counts: this checkout's file of a branch's stack, or what another checkout has deployed since."""

from collections.abc import Iterator
from typing import Any

import pytest

from platform_components.errors import InputError
from platform_components.lifecycle import deployment, revisions, stack_file
from platform_components.lifecycle.marks import BRANCH
from platform_components.lifecycle.wanted import Wanted
from tests.lifecycle.backend import Backend, Stored
from tests.lifecycle.conftest import MakeBackend

STACK = Wanted(app="shop", branch="main").stack()
WEB = {"type": "ephemeral", "app": "shop", "branch": "main", "workloads": ["examples/web"]}
"""Deployed from this checkout."""
CHANGED = {**WEB, "images": {"web": "python:3.99"}}
"""Deployed from another one since."""


@pytest.fixture
def engine(backend: MakeBackend) -> Iterator[Backend]:
    """An environment that was deployed from this checkout."""
    made = backend(**{STACK: Stored(tags={BRANCH: "main"})})
    stack_file.write(made.platform, STACK, WEB)
    made.set_tags(STACK, revisions.noted(made.platform, STACK))
    made.stacks[STACK].config = WEB
    yield made
    stack_file.path_of(made.platform, STACK).unlink(missing_ok=True)


def elsewhere(engine: Backend) -> None:
    """Another checkout deploys."""
    path = stack_file.path_of(engine.platform, STACK)
    mine = path.read_bytes()
    stack_file.write(engine.platform, STACK, CHANGED)
    engine.set_tags(STACK, revisions.noted(engine.platform, STACK))
    engine.stacks[STACK].config = CHANGED
    path.write_bytes(mine)
    engine._tags.clear()  # as of a new command


def used(engine: Backend) -> dict[str, Any]:
    return deployment.stored_config(engine, STACK, exists=True)


def test_what_another_checkout_has_deployed_since_counts(engine: Backend) -> None:
    elsewhere(engine)

    assert used(engine)["images"] == {"web": "python:3.99"}


def test_what_was_changed_by_hand_counts(engine: Backend) -> None:
    stack_file.write(engine.platform, STACK, {"settings": {"postgres": {"password_version": 2}}})

    assert used(engine)["settings"] == {"postgres": {"password_version": 2}}
    assert not any("refresh" in call for call in engine.calls)


def test_changed_by_hand_and_deployed_elsewhere_is_for_a_person_to_decide(engine: Backend) -> None:
    stack_file.write(engine.platform, STACK, {"settings": {"postgres": {"password_version": 2}}})
    elsewhere(engine)

    with pytest.raises(InputError, match="was edited here") as error:
        used(engine)
    assert error.value.where == f"stacks/Pulumi.{STACK}.yaml"


def test_the_same_change_made_twice_is_no_conflict(engine: Backend) -> None:
    elsewhere(engine)
    stack_file.write(engine.platform, STACK, CHANGED)

    assert used(engine)["images"] == CHANGED["images"]
    assert not any("refresh" in call for call in engine.calls)


def test_after_a_run_that_was_refused_in_the_middle_the_backend_counts(engine: Backend) -> None:
    before = stack_file.text_of(engine.platform, STACK)
    stack_file.write(engine.platform, STACK, CHANGED)
    engine.set_tags(STACK, revisions.noted(engine.platform, STACK))

    revisions.refused(engine, STACK, before)
    engine.stacks[STACK].config = {**WEB, "images": {"web": "python:4"}}

    assert used(engine)["images"] == {"web": "python:4"}


def test_the_file_of_a_fixed_environment_always_counts(engine: Backend) -> None:
    del engine.stacks[STACK].tags[BRANCH]
    elsewhere(engine)

    assert "images" not in used(engine)
