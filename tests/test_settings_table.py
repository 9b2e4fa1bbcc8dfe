"""The page of environment types is what the definitions say, and they say everything for each kind of environment."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from platform_components import settings_table
from platform_components.azure.addresses import address_plan
from platform_components.catalog import Catalog
from platform_components.environment import EnvironmentType
from platform_components.repository import catalog_of

CHECKOUT = Path(__file__).resolve().parents[1]
CATALOG = catalog_of(CHECKOUT)
TYPES = CATALOG.environment_types


def made(**settings: Any) -> EnvironmentType:
    return EnvironmentType(name="one", kind="application", settings=settings)


def paths(type_: str) -> set[str]:
    return {path for path, _ in settings_table._flat(TYPES[type_].settings)}


def foundation_of(type_: str) -> EnvironmentType:
    return TYPES[str(TYPES[type_].foundation).rpartition("/")[2]]


def test_the_page_is_current() -> None:
    written = (CHECKOUT / settings_table.PAGE).read_text(encoding="utf-8")
    assert written == settings_table.page(CATALOG), f"run: {settings_table.COMMAND}"


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    (tmp_path / "definitions").symlink_to(CHECKOUT / "definitions")
    (tmp_path / "docs").mkdir()
    assert settings_table.main(tmp_path) == 0
    assert (tmp_path / settings_table.PAGE).read_text(encoding="utf-8") == settings_table.page(CATALOG)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        ([], "–"),
        (False, "no"),
        (0, "0"),
        ("a", "a"),
        ([1, 2], "1; 2"),
        ([{"a": True, "b": [1]}], "a yes, b 1"),
    ],
)
def test_values_are_shown_as_people_read_them(value: Any, shown: str) -> None:
    assert dict(settings_table.rows([made(x={"y": value})]))["`x.y`"] == [shown]


@pytest.mark.parametrize(("ttl", "shown"), [(timedelta(days=3), "3d"), (timedelta(minutes=90), "90m")])
def test_a_time_to_live_is_shown_as_it_is_written(ttl: timedelta, shown: str) -> None:
    type_ = EnvironmentType(name="one", kind="application", ttl=ttl)
    assert dict(settings_table.rows([type_]))["`ttl`"] == [shown]


def test_a_setting_that_a_type_has_not_is_an_empty_cell() -> None:
    assert dict(settings_table.rows([made(x=1), made(y=2)])) | {"`x`": ["1", ""], "`y`": ["", "2"]} == dict(
        settings_table.rows([made(x=1), made(y=2)])
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ephemeral", "development"),
        ("staging", "production"),
        ("foundation-nonproduction", "foundation-production"),
    ],
)
def test_types_that_stand_on_the_same_definitions_say_the_same_settings(one: str, other: str) -> None:
    assert paths(one) - {"cluster.user_pools"} == paths(other) - {"cluster.user_pools"}


@pytest.mark.parametrize("type_", sorted(TYPES.keys() - {"local"}))
def test_every_type_says_where_its_state_is_and_whether_it_is_guarded(type_: str) -> None:
    found = TYPES[type_]
    assert found.backend
    assert found.secrets_provider
    assert found.location
    assert found.domain


def test_a_local_environment_needs_nothing_of_the_cloud() -> None:
    found = TYPES["local"]
    assert (found.backend, found.secrets_provider, found.location, found.foundation) == (None, None, None, None)
    assert found.domain


def test_production_shares_neither_foundation_state_nor_secrets_with_branches() -> None:
    for name in ("foundation", "backend", "secrets_provider", "domain"):
        production = {getattr(TYPES[type_], name) for type_ in ("staging", "production")}
        others = {getattr(TYPES[type_], name) for type_ in ("ephemeral", "development")}
        assert production.isdisjoint(others), name


@pytest.mark.parametrize("type_", ["ephemeral", "development", "staging", "production"])
def test_addresses_are_those_of_the_subnets_of_the_foundation(type_: str) -> None:
    plan = address_plan(_setting(foundation_of(type_), "network.address_space"))
    private = _setting(TYPES[type_], "storage.exposure") == "private"
    assert _setting(TYPES[type_], "addresses.postgres") == plan.postgres
    assert _setting(TYPES[type_], "addresses.storage") == (plan.private_endpoints if private else "0.0.0.0/0")


@pytest.mark.parametrize("type_", ["staging", "production"])
def test_private_storage_has_its_zone_in_the_foundation(type_: str) -> None:
    assert _setting(TYPES[type_], "storage.exposure") == "private"
    assert "blob" in _setting(foundation_of(type_), "network.private_zones")


def test_only_branches_run_out() -> None:
    assert [name for name, type_ in TYPES.items() if type_.ttl] == ["ephemeral"]


def test_a_catalogue_without_foundations_has_a_page_without_them() -> None:
    only = Catalog(
        types=CATALOG.types,
        definitions=(),
        drivers=CATALOG.drivers,
        environment_types={"ephemeral": TYPES["ephemeral"]},
        digest="",
    )
    assert "Foundations" not in settings_table.page(only)


def _setting(type_: EnvironmentType, path: str) -> Any:
    value: Any = type_.settings
    for key in path.split("."):
        assert isinstance(value, Mapping)
        value = value[key]
    return value
