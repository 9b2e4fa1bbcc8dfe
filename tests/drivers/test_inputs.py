"""What definitions may say to a driver, checked without importing any."""

from typing import Any

import pytest

from platform_components.drivers.registry import DRIVERS
from platform_components.environment import Environment, EnvironmentType
from platform_components.naming import ResourceIdentity

DATABASE = {"server": "${uses.server}"}


def problems(driver: str, **inputs: Any) -> list[str]:
    return [f"{path}: {message}" for path, message in DRIVERS[driver].check(inputs)]


def test_a_definition_with_what_the_driver_needs_is_well() -> None:
    assert problems("postgres/database", **DATABASE) == []
    assert problems("postgres/database", **DATABASE, connection_limit=5, on_destroy="drop") == []


def test_what_a_placeholder_will_be_is_not_known_yet() -> None:
    assert problems("postgres/database", **DATABASE, connection_limit="${environment.postgres.connection_limit}") == []


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "server: driver postgres/database needs the input 'server'"),
        ({**DATABASE, "serverr": 1}, "serverr: driver postgres/database has no input 'serverr'; it takes server"),
        ({**DATABASE, "connection_limit": 0}, "connection_limit: Input should be greater than or equal to 1"),
        ({**DATABASE, "connection_limit": "many"}, "connection_limit: Input should be a valid integer"),
        ({**DATABASE, "on_destroy": "burn"}, "on_destroy: Input should be 'drop' or 'keep'"),
    ],
)
def test_a_mistake_in_a_definition_is_told_by_its_input(inputs: dict[str, Any], words: str) -> None:
    assert any(problem.startswith(words) for problem in problems("postgres/database", **inputs))


def test_a_mistake_inside_of_an_input_is_told_by_its_path() -> None:
    inputs = {"cluster": "${uses.cluster}", "quota": {"cpu": "4", "memory": "lots"}}

    found = " ".join(problems("kubernetes/namespace", **inputs))
    assert "quota.memory" in found
    assert "quota.pods" in found


def test_every_mistake_is_told_at_once() -> None:
    assert len(problems("postgres/database", connection_limit=0, serverr=1)) == 3


def test_a_driver_gets_its_defaults_and_values_of_their_types() -> None:
    settled = DRIVERS["postgres/database"].settled({"server": {}, "connection_limit": 7})

    defaults = {"statement_timeout_seconds": 60, "extensions": (), "password_version": 1, "on_destroy": "keep"}
    assert settled == {"server": {}, "connection_limit": 7, **defaults}


def test_an_input_that_is_a_word_of_python_has_another_name_inside() -> None:
    settled = DRIVERS["stack-reference"].settled({"stack": "a/b/c", "class": "shared"})

    assert settled == {"stack": "a/b/c", "type": None, "class_": "shared", "id": None}


def test_a_driver_that_takes_anything_gives_it_on() -> None:
    assert DRIVERS["static"].check({"a": object()}) == []
    assert DRIVERS["static"].settled({"a": 1}) == {"a": 1}


@pytest.mark.parametrize("name", DRIVERS)
def test_every_driver_names_what_it_makes_the_same_every_time(name: str) -> None:
    environment = Environment(name="shop-main-abc123", type=EnvironmentType(name="t", kind="application"), app="shop")
    resource = ResourceIdentity.parse("some-type.default#web.one")

    names = DRIVERS[name].names(environment, resource)

    assert names == DRIVERS[name].names(environment, resource)
    assert all(names.values())


@pytest.mark.parametrize("name", DRIVERS)
def test_every_drivers_code_is_where_it_says(name: str) -> None:
    from platform_components.creation import _implementation

    assert callable(_implementation(DRIVERS[name].implementation))
