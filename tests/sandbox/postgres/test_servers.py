"""Flexible servers' real PostgreSQL: who gets in how, what an administrator may, what survives and what does not."""

import base64
import os
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
from psycopg import errors

from sandbox import processes
from sandbox.azure.store import Store
from sandbox.credentials import az
from sandbox.postgres import administration, instance, service
from sandbox.postgres.administration import InvalidValueError, UnknownParameterError
from sandbox.postgres.instance import Instance
from sandbox.state import State
from tests.conftest import Sandbox

pytestmark = pytest.mark.e2e

PASSWORD = "Hunter2-of-the-administrator"
SERVER, OTHER = "test-server", "test-other"
Connect = Callable[..., AbstractContextManager[psycopg.Connection[Any]]]


def _make(state: State, name: str, *, password_login: bool = True) -> Instance:
    prefix = state.load_settings()["loopback_net"]
    with Store(state).writing() as transaction:
        address = transaction.address_of(name, [f"{prefix}.{last}" for last in range(90, 100)])
    assert address is not None
    service.create(
        state,
        name,
        address=address,
        administrator="boss",
        password=PASSWORD,
        password_login=password_login,
        entra_login=True,
    )
    return instance.load(state, name)


def _remove(state: State, name: str) -> None:
    service.drop(state, name)
    with Store(state).writing() as transaction:
        transaction.release_address(name)


def _add_administrator(state: State, name: str, role: str) -> None:
    administration.add_entra_administrator(state, instance.load(state, name), role)
    instance.change(state, name, entra_administrators=(role,))


@pytest.fixture(scope="module")
def server(sandbox: Sandbox) -> Iterator[Instance]:
    made = _make(sandbox.state, SERVER)
    yield made
    _remove(sandbox.state, SERVER)


@pytest.fixture
def other(sandbox: Sandbox) -> Iterator[Instance]:
    """A server for tests that break or reconfigure it."""
    made = _make(sandbox.state, OTHER, password_login=False)
    yield made
    _remove(sandbox.state, OTHER)


@pytest.fixture
def connect(sandbox: Sandbox) -> Connect:
    def connect(server: Instance, user: str = "boss", password: str = PASSWORD, **options: Any) -> Any:
        values = {"dbname": "postgres", "sslmode": "verify-full", **options}
        root = sandbox.environment["PGSSLROOTCERT"]
        return psycopg.connect(
            host=server.address, user=user, password=password, sslrootcert=root, autocommit=True, **values
        )

    return connect


def token(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> str:
    command = ["account", "get-access-token", "--resource-type", "oss-rdbms", "--query", "accessToken", "-o", "tsv"]
    assert az.main(command, sandbox.environment) == 0
    return capsys.readouterr().out.strip()


def test_only_tls_gets_in(server: Instance, connect: Connect) -> None:
    with connect(server) as connection:
        row = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
        assert row == (True,)
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        connect(server, sslmode="disable")


def test_the_superuser_gets_in_with_a_certificate_alone(server: Instance, connect: Connect, sandbox: Sandbox) -> None:
    with pytest.raises(psycopg.OperationalError, match="client certificate"):
        connect(server, user=instance.SUPERUSER, password="anything")
    with administration.superuser(sandbox.state, server) as connection:
        assert connection.execute("SELECT current_setting('is_superuser')").fetchone() == ("on",)


def test_the_administrator_is_no_superuser_but_makes_roles_and_databases(server: Instance, connect: Connect) -> None:
    with connect(server) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, True, True, False)
        connection.execute("CREATE ROLE app LOGIN")
        # PostgreSQL 16: who makes a role administers it but cannot act as it until told so.
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("CREATE DATABASE app OWNER app")
        connection.execute("GRANT app TO boss WITH SET TRUE")
        connection.execute("CREATE DATABASE app OWNER app")
        connection.execute("DROP DATABASE app")
        connection.execute("DROP ROLE app")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("ALTER ROLE boss SUPERUSER")


def test_the_services_databases_are_there_and_closed(server: Instance, connect: Connect) -> None:
    with connect(server) as connection:
        names = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
    assert {"postgres", "azure_maintenance", "azure_sys"} <= names
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        connect(server, dbname="azure_maintenance")


def test_a_role_cannot_get_in_with_another_password(server: Instance, connect: Connect) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(server, password="wrong")


def test_an_entra_administrator_gets_in_with_the_token_on_every_server(
    server: Instance, other: Instance, connect: Connect, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    for each in (server, other):
        _add_administrator(sandbox.state, each.server, "platform-team")
    given = token(sandbox, capsys)
    for each in (server, other):
        with connect(each, user="platform-team", password=given) as connection:
            row = connection.execute(
                "SELECT rolcreatedb, rolcreaterole, rolvaliduntil > now() FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            assert row == (True, True, True)
    assert token(sandbox, capsys) == given
    administration.remove_entra_administrator(sandbox.state, instance.load(sandbox.state, OTHER), "platform-team")
    with pytest.raises(psycopg.OperationalError):
        connect(other, user="platform-team", password=given)


def test_an_administrator_that_made_roles_can_still_be_taken_away(
    other: Instance, connect: Connect, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    _add_administrator(sandbox.state, OTHER, "platform-team")
    given = token(sandbox, capsys)
    with connect(other, user="platform-team", password=given) as connection:
        connection.execute("CREATE ROLE app LOGIN")
    administration.remove_entra_administrator(sandbox.state, instance.load(sandbox.state, OTHER), "platform-team")
    with pytest.raises(psycopg.OperationalError):
        connect(other, user="platform-team", password=given)
    _add_administrator(sandbox.state, OTHER, "platform-team")


def test_without_password_log_in_only_entra_roles_get_in(
    other: Instance, connect: Connect, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    _add_administrator(sandbox.state, OTHER, "platform-team")
    given = token(sandbox, capsys)
    with connect(other, user="platform-team", password=given) as connection:
        connection.execute(f"CREATE ROLE app LOGIN PASSWORD '{PASSWORD}'")
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        connect(other, user="app")
    service.reconfigure(
        sandbox.state, OTHER, administrator="boss", password=PASSWORD, password_login=True, entra_login=True
    )
    with connect(other, user="app"), connect(other, user="boss"):
        pass


def test_parameters_are_set_for_real_and_set_back(server: Instance, sandbox: Sandbox, connect: Connect) -> None:
    state = sandbox.state
    changed = administration.set_parameter(state, server, "work_mem", "8MB")
    assert (changed.value, changed.kind, changed.needs_restart) == ("8192", "integer", False)
    with connect(server) as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("8MB",)
    assert administration.set_parameter(state, server, "work_mem", None).value == changed.default
    pending = administration.set_parameter(state, server, "max_prepared_transactions", "5")
    assert pending.pending_restart
    administration.set_parameter(state, server, "max_prepared_transactions", None)
    with pytest.raises(UnknownParameterError):
        administration.set_parameter(state, server, "no_such_parameter", "1")
    with pytest.raises(InvalidValueError):
        administration.set_parameter(state, server, "work_mem", "much")


def test_a_killed_server_comes_back_with_its_data(other: Instance, sandbox: Sandbox) -> None:
    state = sandbox.state
    administration.create_database(state, other, "kept")
    (process,) = [each for each in processes.running(state) if each.name == instance.process_name(OTHER)]
    os.kill(process.pid, signal.SIGKILL)
    service.start_all(state)
    with administration.superuser(state, other, "kept") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert (OTHER, f"{other.address}:5432", True) in service.health(state)


def test_making_a_server_again_finishes_it(other: Instance, sandbox: Sandbox, connect: Connect) -> None:
    """A run that was killed while it made the server leaves one that the next run takes over."""
    again = _make(sandbox.state, OTHER)
    assert again.address == other.address
    with connect(again):
        pass


def test_nothing_is_left_of_a_server_that_is_gone(sandbox: Sandbox) -> None:
    state = sandbox.state
    _make(state, OTHER)
    _remove(state, OTHER)
    assert instance.process_name(OTHER) not in [each.name for each in processes.running(state)]
    left = [file for file in state.root.rglob("*") if OTHER in file.name and not file.name.endswith(".lock")]
    assert left == []


def test_no_password_is_in_any_file(
    server: Instance, sandbox: Sandbox, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    given = token(sandbox, capsys)
    with connect(server), pytest.raises(psycopg.OperationalError):
        connect(server, password=PASSWORD + "-but-wrong")
    secrets = [PASSWORD.encode(), given.rsplit(".", 1)[1].encode()]
    # Inside base64 a text begins at one of three offsets; its middle is the same whatever surrounds it.
    wanted = [*secrets, *(base64.b64encode(b"x" * shift + each)[4:-4] for each in secrets for shift in range(3))]
    for file in sandbox.state.root.rglob("*"):
        if stat.S_ISREG(file.lstat().st_mode):
            content = file.read_bytes()
            assert not any(each in content for each in wanted), f"a secret is in {file}"


def test_only_extensions_of_the_allow_list_can_be_made(sandbox: Sandbox, server: Instance, connect: Connect) -> None:
    with connect(server) as connection:
        connection.execute("CREATE DATABASE extended TEMPLATE template0")
    with connect(server, dbname="extended") as connection:
        administration.allow_extensions(sandbox.state, server, "pg_trgm, hstore")
        with pytest.raises(errors.RaiseException, match='extension "citext" is not allow-listed'):
            connection.execute("CREATE EXTENSION citext")
    with connect(server, dbname="extended") as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        assert connection.execute("SHOW azure.extensions").fetchone() == ("pg_trgm, hstore",)
    with connect(server) as connection:
        connection.execute("DROP DATABASE extended")
    administration.allow_extensions(sandbox.state, server, "")
