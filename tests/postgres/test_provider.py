"""What the engine is told: by check and diff without a server, by create, read and delete with one."""

import sys
from types import ModuleType
from typing import Any

import pytest
from pulumi.dynamic import Config, ConfigureRequest

from platform_components.errors import InputError, OutsideError
from platform_components.postgres.provider import DatabaseProvider

from .conftest import RunningServer


def properties(**changes: Any) -> dict[str, Any]:
    return {
        "host": "db.example.com",
        "port": 5432,
        "administrator": "platform team",
        "database_name": "shop_login",
        "role_name": "shop_login_role",
        "password": "PasswordOfTheRole0123456789abcde",
        "connection_limit": 3,
        "statement_timeout_seconds": 60,
        "extensions": [],
        "on_destroy": "drop",
        "close_shared_databases": True,
        "owner": {"stack": "shop-login"},
        **changes,
    }


@pytest.fixture
def provider() -> DatabaseProvider:
    return DatabaseProvider()


def test_numbers_from_the_engine_become_integers(provider: DatabaseProvider) -> None:
    result = provider.check({}, properties(port=5432.0, connection_limit=3.0, statement_timeout_seconds=60.0))
    assert result.failures == []
    assert [type(result.inputs[key]) for key in ("port", "connection_limit", "statement_timeout_seconds")] == [int] * 3


def test_a_name_that_is_too_long_is_refused_before_anything_happens(provider: DatabaseProvider) -> None:
    result = provider.check({}, properties(database_name="ü" * 32))
    assert [(failure.property, failure.reason) for failure in result.failures] == [
        ("database_name", "is longer than the 63 bytes that PostgreSQL allows a name")
    ]


def test_the_same_is_no_change(provider: DatabaseProvider) -> None:
    result = provider.diff("", properties(port=5432.0), properties())
    assert (result.changes, result.replaces) == (False, [])


@pytest.mark.parametrize(
    "changed",
    [
        {"connection_limit": 4},
        {"statement_timeout_seconds": 0},
        {"password": "AnotherPasswordOfTheRole01234567"},
        {"extensions": ["pg_trgm"]},
        {"on_destroy": "keep"},
        {"close_shared_databases": False},
        {"administrator": "other team"},
        {"owner": {"stack": "other"}},
    ],
)
def test_a_setting_changes_in_place(provider: DatabaseProvider, changed: dict[str, Any]) -> None:
    result = provider.diff("", properties(), properties(**changed))
    assert (result.changes, result.replaces) == (True, [])


@pytest.mark.parametrize(
    ("key", "first"), [("host", False), ("port", False), ("database_name", True), ("role_name", True)]
)
def test_another_place_or_name_is_another_database(provider: DatabaseProvider, key: str, first: bool) -> None:
    result = provider.diff("", properties(), properties(**{key: 5433 if key == "port" else "other"}))
    assert result.replaces == [key]
    assert result.delete_before_replace is first


def test_a_message_for_a_person_is_one_line_without_traceback(
    provider: DatabaseProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = ModuleType("__main__")
    vars(plugin)["DynamicResourceProviderServicer"] = object
    monkeypatch.setitem(sys.modules, "__main__", plugin)
    provider.configure(ConfigureRequest(Config({}, "platform")))
    try:
        raise InputError("role x is there already", where="PostgreSQL server db:5432", fix="give it another name")
    except InputError:
        assert vars(plugin)["traceback"].format_exc() == (
            "PostgreSQL server db:5432: role x is there already; give it another name"
        )
    try:
        raise KeyError("a defect")
    except KeyError:
        assert "Traceback" in vars(plugin)["traceback"].format_exc()


@pytest.mark.e2e
def test_a_database_lives_and_goes(provider: DatabaseProvider, postgres: RunningServer) -> None:
    props = properties(host=postgres.server.host, extensions=["pg_trgm"])
    created = provider.create(props)
    assert created.id == f"{postgres.server.host}:5432/shop_login"
    assert created.outs == props
    postgres.log_in("shop_login_role", props["password"], "shop_login").close()

    same = provider.read(created.id, props)
    assert (same.id, same.outs) == (created.id, props)

    changed = properties(host=postgres.server.host, connection_limit=9)
    assert provider.update(created.id, props, changed).outs == changed
    drifted = provider.read(created.id, props)
    assert drifted.outs is not None
    assert drifted.outs["connection_limit"] == 9

    provider.delete(created.id, changed)
    assert provider.read(created.id, changed).id == ""
    provider.delete(created.id, changed)


@pytest.mark.e2e
def test_a_database_that_is_to_be_kept_is_kept(provider: DatabaseProvider, postgres: RunningServer) -> None:
    props = properties(host=postgres.server.host, on_destroy="keep")
    provider.delete(provider.create(props).id, props)
    assert "shop_login" in postgres.databases()


@pytest.mark.e2e
def test_an_error_names_server_database_and_role_and_no_secret(
    provider: DatabaseProvider, postgres: RunningServer
) -> None:
    props = properties(host=postgres.server.host, extensions=["no_such_extension"])
    with pytest.raises(OutsideError) as error:
        provider.create(props)
    message = str(error.value)
    assert message.startswith(f"PostgreSQL server {postgres.server.host}:5432, database shop_login, as platform team: ")
    assert 'extension "no_such_extension" is not available' in message
    assert props["password"] not in message
    assert "SCRAM" not in message
