"""The drivers of databases: a database and its login role on a server that is there already."""

from typing import Any, cast

from platform_components import ownership
from platform_components.drivers.request import Deployed, Request
from platform_components.postgres import (
    PostgresDatabase,
    PostgresDatabaseArgs,
    PostgresEntraDatabase,
    PostgresEntraDatabaseArgs,
)


def database(request: Request) -> Deployed:
    """A database with a role that owns it; outputs of the type `postgres`."""
    args = {**_database(request), "password_version": request.inputs["password_version"]}
    component = PostgresDatabase(request.name, cast(PostgresDatabaseArgs, args), request.options())
    return Deployed(
        {
            "host": component.host,
            "port": component.port,
            "name": component.name,
            "username": component.username,
            "password": component.password,
        }
    )


def entra_database(request: Request) -> Deployed:
    """A database whose role is the environment's identity; outputs of the type `postgres-entra`."""
    args = {**_database(request), "principal_id": request.inputs["identity"]["principal_id"]}
    component = PostgresEntraDatabase(request.name, cast(PostgresEntraDatabaseArgs, args), request.options())
    return Deployed(
        {"host": component.host, "port": component.port, "name": component.name, "username": component.username}
    )


def _database(request: Request) -> dict[str, Any]:
    """What both kinds have in common."""
    inputs = request.inputs
    server = inputs["server"]
    return {
        "host": server["host"],
        "port": server["port"],
        "administrator": server["administrator"],
        "database_name": request.names["database"],
        "role_name": request.names["role"],
        "connection_limit": inputs["connection_limit"],
        "statement_timeout_seconds": inputs["statement_timeout_seconds"],
        "extensions": inputs["extensions"],
        "on_destroy": inputs["on_destroy"],
        "owner": ownership.owner(request.environment),
    }
