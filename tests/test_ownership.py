"""Whose something is, in the words and limits of each place."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_components import ownership
from platform_components.environment import Environment, EnvironmentType

LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
EPHEMERAL = EnvironmentType(name="ephemeral", kind="application")


def environment(name: str = "shop-main-abc123", **changes: str) -> Environment:
    return Environment(name=name, type=EPHEMERAL, **{"app": "shop", **changes})  # type: ignore[arg-type]


def test_everything_says_which_stack_app_and_type_it_is_of() -> None:
    assert ownership.labels(environment()) == {
        "platform-components/stack": "shop-main-abc123",
        "platform-components/app": "shop",
        "platform-components/environment-type": "ephemeral",
    }
    assert ownership.tags(environment()) == {
        "platform-stack": "shop-main-abc123",
        "platform-app": "shop",
        "platform-environment-type": "ephemeral",
    }


def test_branch_and_owner_are_annotations_as_they_were_given_and_never_labels() -> None:
    given_ = environment(branch="Feature/Größe #1", owner="ann@example.com")

    assert ownership.annotations(given_) == {
        "platform-components/branch": "Feature/Größe #1",
        "platform-components/owner": "ann@example.com",
    }
    assert "Größe" not in str(ownership.labels(given_)) + str(ownership.tags(given_))


def test_what_an_environment_has_not_is_not_written() -> None:
    foundation = Environment(name="foundation", type=EnvironmentType(name="f", kind="foundation"))

    assert set(ownership.labels(foundation)) == {"platform-components/stack", "platform-components/environment-type"}
    assert ownership.annotations(foundation) == {}
    assert "platform-app" not in ownership.tags(foundation)


def test_a_databases_owner_stays_the_same_when_the_type_of_its_environment_changes() -> None:
    other = Environment(
        name="shop-main-abc123", type=EnvironmentType(name="development", kind="application"), app="shop"
    )

    assert ownership.owner(environment()) == ownership.owner(other)
    assert ownership.owner(environment()) != ownership.owner(environment("shop-main-def456"))


@given(name=st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=100))
def test_labels_are_legal_whatever_a_stack_is_called(name: str) -> None:
    for value in ownership.labels(environment(name)).values():
        assert LABEL.fullmatch(value), value


@pytest.mark.parametrize("key", [ownership.STACK_TAG, *ownership.tags(environment())])
def test_tags_have_names_that_azure_takes(key: str) -> None:
    assert not set(key) & set("<>%&\\?/")


def test_the_label_that_is_looked_at_is_the_one_that_is_set() -> None:
    assert ownership.labels(environment())[ownership.STACK_LABEL] == "shop-main-abc123"
    assert ownership.tags(environment())[ownership.STACK_TAG] == "shop-main-abc123"
