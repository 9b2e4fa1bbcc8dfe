"""Makes, looks at and drops a database with its role, as an administrator who is no superuser.

Since PostgreSQL 16 such a one rules only the roles it made, and must grant itself the right to act as them:
https://www.postgresql.org/docs/16/role-attributes.html
Everything can be interrupted and done again.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from platform_components.errors import InputError
from platform_components.postgres.connection import Server, connect
from platform_components.postgres.ownership import Mark

if TYPE_CHECKING:
    from platform_components.postgres.connection import Connection

MAINTENANCE = "postgres"
SHARED = ("postgres", "template1")
"""Databases that everybody may log in to by default."""
_CLOSING = 0x706C6174  # the key of an advisory lock; its letters are "plat"


@dataclass(frozen=True)
class Database:
    """A database, and the role that owns it and may log in to no other."""

    name: str
    role: str
    connection_limit: int
    statement_timeout_seconds: int
    extensions: tuple[str, ...]
    close_shared_databases: bool
    mark: Mark
    principal_id: str | None = None
    """Object id of the Entra identity that logs in as the role; None: whoever knows the password does."""


@dataclass(frozen=True)
class Found:
    """What is there of a database of ours."""

    connection_limit: int
    statement_timeout_seconds: int
    extensions: tuple[str, ...]


def ensure(server: Server, database: Database, password: str | None) -> None:
    """Make the database and its role, or whatever of them is missing or different."""
    with connect(server, MAINTENANCE) as connection:
        _ensure_role(connection, server, database, password)
        _ensure_database(connection, server, database)
        if database.close_shared_databases:
            _close_shared_databases(connection)
    with connect(server, database.name) as connection:
        # Its own schema: PUBLIC may look into `public` by default, and its owner may be another after a restore.
        _execute(connection, "ALTER SCHEMA public OWNER TO {}", database.role)
        _execute(connection, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for extension in database.extensions:
            _execute(connection, "CREATE EXTENSION IF NOT EXISTS {}", extension)


def find(server: Server, database: Database) -> Found | None:
    """What is there; None if there is no such database of ours."""
    with connect(server, MAINTENANCE) as connection:
        if _database_mark(connection, database) != database.mark or _role_mark(connection, database) != database.mark:
            return None
        limit, settings = _row(
            connection,
            "SELECT rolconnlimit, coalesce(rolconfig, '{}') FROM pg_roles WHERE rolname = %s",
            database.role,
        ) or (-1, [])
        timeout = dict(setting.split("=", 1) for setting in settings).get("statement_timeout", "0")
    if not database.extensions:
        return Found(limit, _seconds(timeout), ())
    with connect(server, database.name) as connection:
        there = {row[0] for row in connection.execute("SELECT extname FROM pg_extension")}
    return Found(limit, _seconds(timeout), tuple(name for name in database.extensions if name in there))


def drop(server: Server, database: Database) -> None:
    """Take the database away with all that is in it, and its role; not there, or another's by now, is well."""
    with connect(server, MAINTENANCE) as connection:
        if _is_ours(connection, database):
            _lock_out(connection, database)
            _execute(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", database.name)
        if _role_mark(connection, database) == database.mark and not _owns_databases(connection, database):
            _become_member(connection, database)
            # Rights it may have been given in the maintenance database, or on shared objects.
            _execute(connection, "DROP OWNED BY {}", database.role)
            _execute(connection, "DROP ROLE IF EXISTS {}", database.role)


def lock_out(server: Server, database: Database) -> None:
    """Keep the database, but let nobody use it under its role any more."""
    with connect(server, MAINTENANCE) as connection:
        if _is_ours(connection, database):
            _lock_out(connection, database)


def _ensure_role(connection: "Connection", server: Server, database: Database, password: str | None) -> None:
    there = _row(
        connection, "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = %s", database.role
    )
    if there is not None:
        _refuse_anothers(server, f"role {database.role}", Mark.of(there[0]), database.mark)
    with connection.transaction():
        if database.principal_id is not None:
            _map(connection, server, database, database.principal_id, new=there is None)
            _execute(connection, "ALTER ROLE {} WITH LOGIN NOCREATEDB NOCREATEROLE", database.role)
        else:
            _execute(
                connection,
                f"{'CREATE' if there is None else 'ALTER'} ROLE {{}} WITH LOGIN NOCREATEDB NOCREATEROLE PASSWORD {{}}",
                database.role,
                values=(_verifier(connection, database, password),),
            )
        _execute(connection, "ALTER ROLE {} CONNECTION LIMIT {}", database.role, values=(database.connection_limit,))
        _execute(
            connection,
            "ALTER ROLE {} SET statement_timeout = {}",
            database.role,
            values=(f"{database.statement_timeout_seconds}s",),
        )
        _execute(connection, "COMMENT ON ROLE {} IS {}", database.role, values=(database.mark.comment(),))
        _become_member(connection, database)


def _verifier(connection: "Connection", database: Database, password: str | None) -> str:
    """What the server gets, so that neither it nor its log ever holds the password."""
    assert password is not None, "a role that no identity is mapped to has a password"
    made = connection.pgconn.encrypt_password(password.encode(), database.role.encode(), b"scram-sha-256")
    return made.decode()


def _map(connection: "Connection", server: Server, database: Database, principal_id: str, *, new: bool) -> None:
    """A role that an Entra identity logs in as. Azure makes it, in the database `postgres`, and lets the server's
    administrators drop it again: https://learn.microsoft.com/azure/postgresql/security/security-manage-entra-users
    """
    if new:
        connection.execute(
            "SELECT pgaadauth_create_principal_with_oid(%s, %s, 'service', false, false)", [database.role, principal_id]
        )
        return
    mapped = {str(row[0]): str(row[2]) for row in connection.execute("SELECT * FROM pgaadauth_list_principals(false)")}
    if mapped.get(database.role, "").lower() != principal_id.lower():
        label = f"aadauth,oid={principal_id},type=service"
        raise InputError(
            f"{server}: role {database.role} is {_mapped(mapped.get(database.role))}, not to {principal_id}",
            fix=f'as an administrator, in `postgres`: SECURITY LABEL FOR "pgaadauth" ON ROLE "{database.role}"'
            f" IS '{label}'",
        )


def _mapped(object_id: str | None) -> str:
    return f"mapped to the identity {object_id}" if object_id else "mapped to no identity"


def _ensure_database(connection: "Connection", server: Server, database: Database) -> None:
    if not _exists(connection, database):
        # template0: nobody is connected to it, which would make this fail, and nobody has put anything into it.
        _execute(
            connection, "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'", database.name, database.role
        )
    elif not _is_ours(connection, database):
        mark = _database_mark(connection, database)
        _refuse_anothers(server, f"database {database.name}", mark, database.mark)
    _execute(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database.name)
    _execute(connection, "COMMENT ON DATABASE {} IS {}", database.name, values=(database.mark.comment(),))


def _close_shared_databases(connection: "Connection") -> None:
    """Take from everybody the right to log in to the databases that come with a server, where that is ours to take.

    They have nothing in them; but a role is to reach its own database and no other.
    """
    open_to_all = (
        "SELECT datname FROM pg_database WHERE datname = ANY(%s) AND pg_has_role(datdba, 'USAGE')"
        " AND has_database_privilege('public', oid, 'CONNECT')"
    )
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_CLOSING])
        for (name,) in connection.execute(open_to_all, [list(SHARED)]).fetchall():
            _execute(connection, "REVOKE CONNECT ON DATABASE {} FROM PUBLIC", name)


def _lock_out(connection: "Connection", database: Database) -> None:
    if _role_mark(connection, database) != database.mark:
        return
    _become_member(connection, database)
    _execute(connection, "ALTER ROLE {} NOLOGIN", database.role)
    connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [database.role])


def _become_member(connection: "Connection", database: Database) -> None:
    """The right to act as the role: to make a database for it, to end its connections, to drop what it owns."""
    _execute(connection, "GRANT {} TO CURRENT_USER WITH SET TRUE, INHERIT TRUE", database.role)


def _is_ours(connection: "Connection", database: Database) -> bool:
    """Ours by its mark; or unmarked, and owned by a role of ours: its making was interrupted in between."""
    row = _row(
        connection,
        "SELECT shobj_description(oid, 'pg_database'), pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s",
        database.name,
    )
    if row is None:
        return False
    comment, owner = row
    if comment is None:
        return bool(owner == database.role) and _role_mark(connection, database) == database.mark
    return Mark.of(comment) == database.mark


def _refuse_anothers(server: Server, what: str, mark: Mark | None, own: Mark) -> None:
    if mark != own:
        whose = f"belongs to {mark}" if mark else "was not made by this platform"
        raise InputError(
            f"{server}: {what} is there already and {whose}", fix="give it another name, or take away the one there"
        )


def _exists(connection: "Connection", database: Database) -> bool:
    return _row(connection, "SELECT 1 FROM pg_database WHERE datname = %s", database.name) is not None


def _database_mark(connection: "Connection", database: Database) -> Mark | None:
    query: LiteralString = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    return Mark.of((_row(connection, query, database.name) or (None,))[0])


def _role_mark(connection: "Connection", database: Database) -> Mark | None:
    query: LiteralString = "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = %s"
    return Mark.of((_row(connection, query, database.role) or (None,))[0])


def _owns_databases(connection: "Connection", database: Database) -> bool:
    query: LiteralString = "SELECT 1 FROM pg_database WHERE pg_get_userbyid(datdba) = %s"
    return _row(connection, query, database.role) is not None


def _row(connection: "Connection", query: LiteralString, name: str) -> tuple[Any, ...] | None:
    return connection.execute(query, [name]).fetchone()


def _execute(connection: "Connection", statement: str, *names: str, values: tuple[str | int, ...] = ()) -> None:
    """A statement that takes no parameters: names and values are quoted into it on this side."""
    from psycopg import sql

    parts: list[sql.Composable] = [sql.Identifier(name) for name in names]
    parts += [sql.Literal(value) for value in values]
    connection.execute(sql.SQL(statement).format(*parts))


def _seconds(timeout: str) -> int:
    """A setting as it was written: by us in seconds, by others in any unit PostgreSQL knows."""
    return int(timeout.removesuffix("s")) if timeout.removesuffix("s").isdigit() else -1
