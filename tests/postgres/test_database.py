"""The component as the engine sees it."""

from typing import Any

import pulumi
import pytest

from platform_components.errors import InputError
from platform_components.postgres import PostgresDatabase, PostgresEntraDatabase
from tests.mocks import Recorded, assert_component_conventions, run

RESOURCE = "pulumi-python:dynamic/platform-components:PostgresDatabase"
PRINCIPAL = "55555555-5555-4555-8555-555555555555"
SECRET = "GeneratedPassword0GeneratedPassw"


def arguments(**changes: Any) -> Any:
    return {
        "host": "db.example.com",
        "administrator": "platform team",
        "database_name": "shop_login",
        "role_name": "shop_login_role",
        **changes,
    }


def made(preview: bool = False, **changes: Any) -> Recorded:
    def program() -> pulumi.Output[Any]:
        database = PostgresDatabase("db", arguments(**changes))
        return pulumi.Output.all(
            host=database.host,
            port=database.port,
            name=database.name,
            username=database.username,
            password=database.password,
        )

    return run(program, preview=preview)


def test_outputs_are_what_a_connection_string_needs() -> None:
    recorded = made(port=6432.0)
    assert recorded.result == {
        "host": "db.example.com",
        "port": 6432,
        "name": "shop_login",
        "username": "shop_login_role",
        "password": SECRET,
    }
    assert_component_conventions(recorded)


def test_a_preview_knows_all_but_the_password() -> None:
    outputs = made(preview=True).outputs("platform-components:index:PostgresDatabase")
    assert {key: outputs[key] for key in ("host", "port", "name", "username")} == {
        "host": "db.example.com",
        "port": 5432,
        "name": "shop_login",
        "username": "shop_login_role",
    }


def test_the_password_is_secret_and_nothing_else_is() -> None:
    database = made().one(RESOURCE)
    assert database.secrets == {"password"}
    assert "password" in database.additional_secret_outputs


def test_defaults_are_safe() -> None:
    inputs = made().one(RESOURCE).inputs
    assert inputs["on_destroy"] == "keep"
    assert (inputs["connection_limit"], inputs["statement_timeout_seconds"]) == (20, 60)


def test_nothing_but_its_name_is_kept_of_the_code_that_makes_it() -> None:
    assert len(made().one(RESOURCE).inputs["__provider"]) < 200


def test_another_version_is_another_password_and_the_first_one_has_no_keeper() -> None:
    """A keeper on the first version would have changed every password there was before there were versions."""
    assert made().one(":GeneratedPassword").inputs["keepers"] == {}
    assert made(password_version=2).one(":GeneratedPassword").inputs["keepers"] == {"version": "2"}


def test_a_role_of_an_identity_has_no_password() -> None:
    arguments_ = {**arguments(), "principal_id": PRINCIPAL}

    def program() -> pulumi.Output[Any]:
        database = PostgresEntraDatabase("db", arguments_)
        return pulumi.Output.all(host=database.host, port=database.port, name=database.name, user=database.username)

    recorded = run(program)
    assert recorded.result == {
        "host": "db.example.com",
        "port": 5432,
        "name": "shop_login",
        "user": "shop_login_role",
    }
    assert recorded.one(RESOURCE).inputs["principal_id"] == PRINCIPAL
    assert not recorded.one(RESOURCE).secrets
    assert not recorded.all(":GeneratedPassword")
    assert_component_conventions(recorded)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"database_name": "postgres"}, "database_name: 'postgres' is PostgreSQL's or Azure's own name"),
        ({"role_name": "pg_read_all"}, "role_name: 'pg_read_all' is PostgreSQL's or Azure's own name"),
        ({"role_name": "r" * 64}, "role_name: a PostgreSQL name has 1 to 63 bytes"),
        ({"on_destroy": "forget"}, "on_destroy: Input should be 'keep' or 'drop'"),
        ({"connection_limit": 0}, "connection_limit: Input should be greater than or equal to 1"),
        ({"password_version": 0}, "password_version: Input should be greater than or equal to 1"),
        ({"databse": "x"}, "databse: there is no such argument; did you mean"),
    ],
)
def test_a_mistake_is_told_before_anything_is_made(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        made(**changes)
    assert str(error.value).splitlines()[0] == "PostgresDatabase 'db': 1 argument(s) refused"
    assert message in str(error.value)
