"""Databases on a real server, made by an administrator who is no superuser."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from platform_components.errors import InputError
from platform_components.postgres import operations
from platform_components.postgres.connection import connect
from platform_components.postgres.operations import Database
from platform_components.postgres.ownership import Mark

from .conftest import RunningServer

pytestmark = pytest.mark.e2e

PASSWORD = "PasswordOfTheRole0123456789abcde"
OTHER_PASSWORD = "AnotherPasswordOfTheRole01234567"


def database(name: str = "shop_login", *, stack: str = "shop-login", **settings: object) -> Database:
    given: dict[str, object] = {
        "name": name,
        "role": f"{name}_role",
        "connection_limit": 3,
        "statement_timeout_seconds": 60,
        "extensions": (),
        "close_shared_databases": True,
        "mark": Mark({"stack": stack}),
    }
    return Database(**{**given, **settings})  # type: ignore[arg-type]


def refused(attempt: Callable[[], object]) -> str:
    with pytest.raises(psycopg.OperationalError) as error:
        attempt()
    return str(error.value)


def test_the_role_uses_its_database_over_tls(postgres: RunningServer) -> None:
    ours = database()
    operations.ensure(postgres.server, ours, PASSWORD)
    with postgres.log_in(ours.role, PASSWORD, ours.name) as connection:
        connection.execute("CREATE TABLE basket (id int PRIMARY KEY)")
        connection.execute("INSERT INTO basket VALUES (1)")
        assert connection.execute("SELECT count(*) FROM basket").fetchone() == (1,)
        assert connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone() == (True,)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("1min",)


def test_a_role_logs_in_to_its_own_database_and_to_no_other(postgres: RunningServer) -> None:
    first, second = database("first"), database("second", stack="other")
    operations.ensure(postgres.server, first, PASSWORD)
    operations.ensure(postgres.server, second, OTHER_PASSWORD)
    postgres.log_in(first.role, PASSWORD, first.name).close()
    postgres.log_in(second.role, OTHER_PASSWORD, second.name).close()
    for role, password, other in [
        (first.role, PASSWORD, second.name),
        (second.role, OTHER_PASSWORD, first.name),
        (first.role, PASSWORD, "postgres"),
        (first.role, PASSWORD, "template1"),
    ]:
        assert "permission denied for database" in refused(
            lambda role=role, password=password, other=other: postgres.log_in(role, password, other)  # type: ignore[misc]
        )


def test_a_wrong_password_is_refused(postgres: RunningServer) -> None:
    ours = database()
    operations.ensure(postgres.server, ours, PASSWORD)
    assert "password authentication failed" in refused(lambda: postgres.log_in(ours.role, OTHER_PASSWORD, ours.name))


def test_the_role_may_make_neither_databases_nor_roles(postgres: RunningServer) -> None:
    ours = database()
    operations.ensure(postgres.server, ours, PASSWORD)
    with postgres.log_in(ours.role, PASSWORD, ours.name) as connection:
        for statement in ("CREATE DATABASE more", "CREATE ROLE more", "SET ROLE azure_pg_admin"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL(statement))


def test_the_connection_limit_holds(postgres: RunningServer) -> None:
    ours = database(connection_limit=2)
    operations.ensure(postgres.server, ours, PASSWORD)
    with postgres.log_in(ours.role, PASSWORD, ours.name), postgres.log_in(ours.role, PASSWORD, ours.name):
        assert "too many connections" in refused(lambda: postgres.log_in(ours.role, PASSWORD, ours.name))


def test_making_it_again_changes_settings_and_password_and_keeps_the_data(postgres: RunningServer) -> None:
    ours = database()
    operations.ensure(postgres.server, ours, PASSWORD)
    with postgres.log_in(ours.role, PASSWORD, ours.name) as connection:
        connection.execute("CREATE TABLE basket (id int)")
    changed = replace(ours, connection_limit=7, statement_timeout_seconds=5)
    operations.ensure(postgres.server, changed, OTHER_PASSWORD)
    assert operations.find(postgres.server, changed) == operations.Found(7, 5, ())
    with postgres.log_in(ours.role, OTHER_PASSWORD, ours.name) as connection:
        assert connection.execute("SELECT count(*) FROM basket").fetchone() == (0,)


def test_an_interrupted_run_is_finished_after_the_role(postgres: RunningServer) -> None:
    ours = database()
    operations.ensure(postgres.server, ours, PASSWORD)
    with postgres.superuser() as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(ours.name)))
    assert operations.find(postgres.server, ours) is None
    operations.ensure(postgres.server, ours, PASSWORD)
    postgres.log_in(ours.role, PASSWORD, ours.name).close()


def test_an_interrupted_run_is_finished_before_the_mark(postgres: RunningServer) -> None:
    ours = database()
    operations.ensure(postgres.server, ours, PASSWORD)
    with postgres.superuser() as connection:
        name = sql.Identifier(ours.name)
        connection.execute(sql.SQL("COMMENT ON DATABASE {} IS NULL").format(name))
        connection.execute(sql.SQL("GRANT ALL ON DATABASE {} TO PUBLIC").format(name))
    operations.ensure(postgres.server, ours, PASSWORD)
    assert operations.find(postgres.server, ours) is not None
    operations.drop(postgres.server, ours)
    assert ours.name not in postgres.databases()
    assert ours.role not in postgres.roles()


def test_anothers_database_is_refused_and_left_alone(postgres: RunningServer) -> None:
    theirs = database(stack="theirs")
    operations.ensure(postgres.server, theirs, PASSWORD)
    with pytest.raises(InputError, match=r"role shop_login_role is there already and belongs to stack theirs"):
        operations.ensure(postgres.server, database(stack="ours"), OTHER_PASSWORD)
    operations.drop(postgres.server, database(stack="ours"))
    postgres.log_in(theirs.role, PASSWORD, theirs.name).close()


def test_anothers_role_is_not_locked_by_whoever_keeps_a_database_of_that_name(postgres: RunningServer) -> None:
    theirs = database(stack="theirs")
    operations.ensure(postgres.server, theirs, PASSWORD)
    with postgres.superuser() as connection:
        ours = Mark({"stack": "ours"}).comment()
        connection.execute(sql.SQL("COMMENT ON DATABASE shop_login IS {}").format(sql.Literal(ours)))
    operations.lock_out(postgres.server, database(stack="ours"))
    postgres.log_in(theirs.role, PASSWORD, theirs.name).close()
    assert operations.find(postgres.server, database(stack="ours")) is None


def test_a_database_that_nobody_marked_is_refused(postgres: RunningServer) -> None:
    with postgres.superuser() as connection:
        connection.execute("CREATE DATABASE shop_login")
    with pytest.raises(InputError, match=r"database shop_login is there already and was not made by this platform"):
        operations.ensure(postgres.server, database(), PASSWORD)
    operations.drop(postgres.server, database())
    assert "shop_login" in postgres.databases()


def test_dropping_ends_connections_and_leaves_nothing(postgres: RunningServer) -> None:
    ours = database()
    operations.ensure(postgres.server, ours, PASSWORD)
    connection = postgres.log_in(ours.role, PASSWORD, ours.name)
    connection.execute("CREATE TABLE basket (id int)")
    operations.drop(postgres.server, ours)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    assert ours.name not in postgres.databases()
    assert ours.role not in postgres.roles()


def test_dropping_what_is_not_there_is_well(postgres: RunningServer) -> None:
    operations.drop(postgres.server, database())
    operations.lock_out(postgres.server, database())


def test_a_role_with_rights_elsewhere_is_dropped_too(postgres: RunningServer) -> None:
    ours = database()
    operations.ensure(postgres.server, ours, PASSWORD)
    with connect(postgres.server, "postgres") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS shared_by_the_administrators ()")
        connection.execute(
            sql.SQL("GRANT SELECT ON shared_by_the_administrators TO {}").format(sql.Identifier(ours.role))
        )
        connection.execute(sql.SQL("GRANT CREATE ON DATABASE postgres TO {}").format(sql.Identifier(ours.role)))
    operations.drop(postgres.server, ours)
    assert ours.name not in postgres.databases()
    assert ours.role not in postgres.roles()


def test_a_kept_database_keeps_its_data_and_locks_its_role(postgres: RunningServer) -> None:
    ours = database()
    operations.ensure(postgres.server, ours, PASSWORD)
    with postgres.log_in(ours.role, PASSWORD, ours.name) as connection:
        connection.execute("CREATE TABLE basket (id int)")
    operations.lock_out(postgres.server, ours)
    assert "not permitted to log in" in refused(lambda: postgres.log_in(ours.role, PASSWORD, ours.name))
    operations.ensure(postgres.server, ours, OTHER_PASSWORD)
    with postgres.log_in(ours.role, OTHER_PASSWORD, ours.name) as connection:
        assert connection.execute("SELECT count(*) FROM basket").fetchone() == (0,)


def test_the_mark_says_whose_it_is(postgres: RunningServer) -> None:
    ours = database(mark=Mark({"stack": "shop-login", "app": "shop"}))
    operations.ensure(postgres.server, ours, PASSWORD)
    with postgres.superuser() as connection:
        comments = connection.execute(
            "SELECT shobj_description(d.oid, 'pg_database'), shobj_description(r.oid, 'pg_authid')"
            " FROM pg_database d, pg_roles r WHERE datname = %s AND rolname = %s",
            [ours.name, ours.role],
        ).fetchone()
    expected = '{"managed-by": "platform-components", "owner": {"app": "shop", "stack": "shop-login"}}'
    assert comments == (expected, expected)


def test_extensions_are_created_and_found(postgres: RunningServer) -> None:
    ours = database(extensions=("plpgsql", "pg_trgm"))
    operations.ensure(postgres.server, ours, PASSWORD)
    assert operations.find(postgres.server, ours) == operations.Found(3, 60, ("plpgsql", "pg_trgm"))


def test_environments_that_start_at_once_do_not_disturb_each_other(postgres: RunningServer) -> None:
    many = [database(f"branch_{number}", stack=f"branch-{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: operations.ensure(postgres.server, one, PASSWORD), many))
        assert {one.name for one in many} <= postgres.databases()
        list(pool.map(lambda one: operations.drop(postgres.server, one), many))
    assert not {one.role for one in many} & postgres.roles()


def test_names_may_hold_anything(postgres: RunningServer) -> None:
    ours = database('Shop "x"; DROP ROLE y --')
    operations.ensure(postgres.server, ours, PASSWORD)
    postgres.log_in(ours.role, PASSWORD, ours.name).close()
    operations.drop(postgres.server, ours)
    assert ours.name not in postgres.databases()
    assert ours.role not in postgres.roles()


def test_no_password_reaches_the_servers_log(postgres: RunningServer) -> None:
    operations.ensure(postgres.server, database(), PASSWORD)
    operations.ensure(postgres.server, database(), OTHER_PASSWORD)
    assert "CREATE ROLE" in postgres.log
    assert PASSWORD not in postgres.log
    assert OTHER_PASSWORD not in postgres.log
