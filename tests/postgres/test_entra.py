"""Roles that Entra identities log in as, on a real server with Azure's functions."""

import time
from dataclasses import replace

import psycopg
import pytest

from platform_components.errors import InputError
from platform_components.postgres import operations
from platform_components.postgres.operations import Database
from platform_components.postgres.ownership import Mark
from sandbox.postgres import administration, instance

from .conftest import NAME, RunningServer

pytestmark = pytest.mark.e2e

IDENTITY = "55555555-5555-4555-8555-555555555555"
TOKEN = "token-of-the-identity"
OURS = Database(
    name="reports",
    role="reports_role",
    connection_limit=3,
    statement_timeout_seconds=60,
    extensions=(),
    close_shared_databases=True,
    mark=Mark({"stack": "shop-login"}),
    principal_id=IDENTITY,
)


def give_token(postgres: RunningServer, identity: str = IDENTITY) -> None:
    """As Entra would, to whoever is the identity."""
    server = instance.load(postgres.state, NAME)
    administration.give_token_to(postgres.state, server, identity, TOKEN, int(time.time()) + 3600)


def test_an_identity_logs_in_with_its_token_to_its_own_database(postgres: RunningServer) -> None:
    operations.ensure(postgres.server, OURS, None)
    give_token(postgres)
    with postgres.log_in(OURS.role, TOKEN, OURS.name) as connection:
        connection.execute("CREATE TABLE report (id int)")
        assert connection.execute("SHOW statement_timeout").fetchone() == ("1min",)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        postgres.log_in(OURS.role, TOKEN, "postgres")


def test_nobody_logs_in_without_a_token_of_the_identity(postgres: RunningServer) -> None:
    operations.ensure(postgres.server, OURS, None)
    give_token(postgres, "66666666-6666-4666-8666-666666666666")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        postgres.log_in(OURS.role, TOKEN, OURS.name)


def test_it_is_made_again_and_dropped_like_any_other(postgres: RunningServer) -> None:
    operations.ensure(postgres.server, OURS, None)
    operations.ensure(postgres.server, replace(OURS, connection_limit=5), None)
    found = operations.find(postgres.server, OURS)
    assert found is not None
    assert found.connection_limit == 5
    operations.drop(postgres.server, OURS)
    assert OURS.name not in postgres.databases()
    assert OURS.role not in postgres.roles()
    operations.ensure(postgres.server, OURS, None)


def test_a_database_that_is_kept_is_taken_up_again(postgres: RunningServer) -> None:
    operations.ensure(postgres.server, OURS, None)
    operations.lock_out(postgres.server, OURS)
    give_token(postgres)
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        postgres.log_in(OURS.role, TOKEN, OURS.name)
    operations.ensure(postgres.server, OURS, None)
    postgres.log_in(OURS.role, TOKEN, OURS.name).close()


def test_a_role_of_another_identity_is_not_taken_over_and_says_what_to_do(postgres: RunningServer) -> None:
    operations.ensure(postgres.server, OURS, None)
    other = "66666666-6666-4666-8666-666666666666"
    with pytest.raises(InputError) as error:
        operations.ensure(postgres.server, replace(OURS, principal_id=other), None)
    assert f"is mapped to the identity {IDENTITY}, not to {other}" in str(error.value)
    assert "SECURITY LABEL" in str(error.value)


def test_the_schema_is_the_roles_own(postgres: RunningServer) -> None:
    operations.ensure(postgres.server, OURS, None)
    query = """SELECT nspowner::regrole::text, has_schema_privilege('public', 'public', 'USAGE')
        FROM pg_namespace WHERE nspname = 'public'"""
    with postgres.superuser(OURS.name) as connection:
        assert connection.execute(query).fetchone() == (OURS.role, False)
