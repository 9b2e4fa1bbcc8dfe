"""A PostgreSQL server of the tests' own, made as the sandbox makes flexible servers: TLS, an administrator who is no
superuser, no password anywhere."""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from platform_components.postgres import credentials
from platform_components.postgres.connection import Server
from sandbox import certificates
from sandbox.postgres import administration, instance, service
from sandbox.postgres.instance import ADMINISTRATORS, PORT
from sandbox.state import State, new_settings
from sandbox.toolchain import ensure

NAME = "tests"
ADMINISTRATOR = "platform team"
TOKEN = "token-of-the-administrators"

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture(autouse=True)
def no_token_from_before() -> None:
    """Each test logs in by itself."""
    credentials._answer.cache_clear()


@dataclass(frozen=True)
class RunningServer:
    """A server, and ways to look at it that its administrator does not have."""

    state: State
    server: Server

    def superuser(self, database: str = "postgres") -> AbstractContextManager[Connection]:
        return administration.superuser(self.state, instance.load(self.state, NAME), database)

    def log_in(self, role: str, password: str, database: str) -> Connection:
        return psycopg.connect(
            host=self.server.host,
            port=self.server.port,
            user=role,
            password=password,
            dbname=database,
            sslmode="verify-full",
            sslrootcert=str(self.authority),
            autocommit=True,
        )

    @property
    def authority(self) -> Path:
        return certificates.authority(self.state).certificate

    @property
    def log(self) -> str:
        return (self.state.logs / f"{instance.process_name(NAME)}.log").read_text()

    def databases(self) -> set[str]:
        return self._names("SELECT datname FROM pg_database")

    def roles(self) -> set[str]:
        return self._names("SELECT rolname FROM pg_roles")

    def _names(self, query: str) -> set[str]:
        with self.superuser() as connection:
            return {name for (name,) in connection.execute(sql.SQL(query)).fetchall()}


@pytest.fixture(scope="session")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    root = tmp_path_factory.mktemp("postgres")
    state = State(root / "state")
    settings = new_settings(state, toolchain_path=[], postgres_bin=str(ensure().postgres))
    state.save_settings(settings)
    address = f"{settings['loopback_net']}.10"
    service.create(
        state, NAME, address=address, administrator=None, password=None, password_login=True, entra_login=True
    )
    try:
        server = instance.load(state, NAME)
        administration.add_entra_administrator(state, server, ADMINISTRATOR)
        given = instance.change(state, NAME, entra_administrators=(ADMINISTRATOR,))
        administration.give_token(state, given, TOKEN, int(time.time()) + 3600)
        with administration.superuser(state, given) as connection:
            for name in ("postgres", "template1"):
                # As `\\l` shows it on Azure.
                connection.execute(
                    sql.SQL("ALTER DATABASE {} OWNER TO {}").format(
                        sql.Identifier(name), sql.Identifier(ADMINISTRATORS)
                    )
                )
        administration.allow_extensions(state, given, "pg_trgm,pgcrypto,citext,hstore")
        # So that a password that reached the server would be found in its log.
        administration.set_parameter(state, given, "log_statement", "all")
        yield RunningServer(state, Server(address, PORT, ADMINISTRATOR))
    finally:
        service.drop(state, NAME)


@pytest.fixture
def postgres(running_server: RunningServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[RunningServer]:
    """The server, with an `az` on PATH that gives the administrator's token; afterwards it is as it was."""
    stand_in_for_az(tmp_path, f"echo {TOKEN}")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("PGSSLROOTCERT", str(running_server.authority))
    databases, roles = running_server.databases(), running_server.roles()
    yield running_server
    with running_server.superuser() as connection:
        for name in running_server.databases() - databases:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        for name in running_server.roles() - roles:
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def stand_in_for_az(folder: Path, script: str) -> None:
    """An `az` that does what the shell script says."""
    program = folder / "az"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
