"""The driver of databases: a database and its login role on a server that is there already."""

from platform_components import ownership
from platform_components.drivers.request import Deployed, Request
from platform_components.postgres import PostgresDatabase


def database(request: Request) -> Deployed:
    """A database with a role that owns it; outputs of the type `postgres`."""
    inputs = request.inputs
    server = inputs["server"]
    component = PostgresDatabase(
        request.name,
        {
            "host": server["host"],
            "port": server["port"],
            "administrator": server["administrator"],
            "database_name": request.names["database"],
            "role_name": request.names["role"],
            "connection_limit": inputs["connection_limit"],
            "statement_timeout_seconds": inputs["statement_timeout_seconds"],
            "on_destroy": inputs["on_destroy"],
            "owner": ownership.owner(request.environment),
        },
        request.options(),
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
