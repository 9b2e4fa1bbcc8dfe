"""What on a server bears this library's marks: for whoever looks for what nobody knows any more."""

from dataclasses import dataclass

from platform_components.postgres import operations
from platform_components.postgres.connection import Server, connect
from platform_components.postgres.operations import MAINTENANCE, Database
from platform_components.postgres.ownership import Mark


@dataclass(frozen=True)
class Marked:
    """A database with the role that owns it, or a role that owns none."""

    database: str
    """Empty: the role alone."""
    role: str
    mark: Mark
    locked_out: bool
    """Whether the role may not log in: the data are kept on purpose, `on_destroy: keep`."""


def marked(server: Server) -> list[Marked]:
    """Every database and role with a mark of ours, by name."""
    with connect(server, MAINTENANCE) as connection:
        databases = connection.execute(
            "SELECT datname, pg_get_userbyid(datdba), shobj_description(oid, 'pg_database') FROM pg_database"
            " WHERE shobj_description(oid, 'pg_database') IS NOT NULL ORDER BY datname"
        ).fetchall()
        roles = connection.execute(
            "SELECT rolname, rolcanlogin, shobj_description(oid, 'pg_authid') FROM pg_roles ORDER BY rolname"
        ).fetchall()
    closed = {str(name) for name, may_log_in, _ in roles if not may_log_in}
    found = [
        Marked(str(name), str(role), mark, role in closed)
        for name, role, comment in databases
        if (mark := Mark.of(comment)) is not None
    ]
    owning = {one.role for one in found}
    return found + [
        Marked("", str(name), mark, name in closed)
        for name, _, comment in roles
        if name not in owning and (mark := Mark.of(comment)) is not None
    ]


def take_away(server: Server, found: Marked) -> None:
    """Drop it, if it still bears the same mark."""
    nothing = Database(
        # A name that no database has, where there is only a role: "" is none in PostgreSQL
        name=found.database,
        role=found.role,
        connection_limit=0,
        statement_timeout_seconds=0,
        extensions=(),
        close_shared_databases=False,
        mark=found.mark,
    )
    operations.drop(server, nothing)
