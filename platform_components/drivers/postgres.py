"""The drivers of databases: a database and its login role on a server that is there already."""

from platform_components import ownership
from platform_components.drivers.request import Deployed, Request
from platform_components.postgres import PostgresDatabase, PostgresEntraDatabase
from platform_components.postgres.database import DatabaseArgs


def database(request: Request) -> Deployed:
    """A database with a role that owns it; outputs of the type `postgres`."""
    component = PostgresDatabase(
        request.name, {**_database(request), "password_version": request.inputs["password_version"]}, request.options()
    )
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
    component = PostgresEntraDatabase(
        request.name,
        {**_database(request), "principal_id": request.inputs["identity"]["principal_id"]},
        request.options(),
    )
    return Deployed(
        {"host": component.host, "port": component.port, "name": component.name, "username": component.username}
    )


def _database(request: Request) -> DatabaseArgs:
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
