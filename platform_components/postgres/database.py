"""A PostgreSQL database with a login role of its own, on a server that is there already.

It works over SQL as the server's administrator, so it runs where the server can be reached: see `connection`. Tables
and data are left to whoever uses it.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, TypedDict, TypeVar

import pulumi
from pydantic import AfterValidator, Field

from platform_components.component import Known, Settings, child, validated, whole
from platform_components.passwords import GeneratedPassword

T = TypeVar("T")
RESERVED = frozenset({"postgres", "template0", "template1", "azure_maintenance", "azure_sys"})


# Each says all of its fields itself: a package's schema has the words of those alone (pulumi's analyzer).


class PostgresDatabaseArgs(TypedDict):
    """Arguments of `PostgresDatabase`."""

    host: pulumi.Input[str]
    """Host name of the server, as its certificate has it."""
    port: NotRequired[pulumi.Input[float]]
    """Default 5432."""
    administrator: pulumi.Input[str]
    """Role to log in as: the Entra group that administers the server. Whoever runs this belongs to it."""
    database_name: pulumi.Input[str]
    """Name of the database, 1 to 63 bytes."""
    role_name: pulumi.Input[str]
    """Name of the role that owns it, 1 to 63 bytes."""
    connection_limit: NotRequired[pulumi.Input[float]]
    """Connections the role may have at a time. Default 20: what one environment takes, others cannot have."""
    statement_timeout_seconds: NotRequired[pulumi.Input[float]]
    """Seconds after which a statement of the role is ended, unless it sets another time. Default 60; 0: never."""
    extensions: NotRequired[Sequence[str]]
    """Extensions to create, of those that the server allows (`PostgresServer`, `extensions`). One that is taken out
    later stays in the database, for data may depend on it."""
    on_destroy: NotRequired[str]
    """`keep` (default): database and data stay, the role is locked. `drop`: both go."""
    close_shared_databases: NotRequired[bool]
    """Whether to take from everybody the right to log in to the server's `postgres` and `template1`, so that the role
    reaches its own database and no other. Default true; who needs them (monitoring) is granted CONNECT by name."""
    owner: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Whose it is (stack, app, environment): written into the comments of database and role. Another owner's are never
    touched."""
    password_version: NotRequired[float]
    """Another number makes another password: raise it to rotate. Default 1. The old one ends when the new one is set;
    connections that are open stay."""


class PostgresEntraDatabaseArgs(TypedDict):
    """Arguments of `PostgresEntraDatabase`."""

    host: pulumi.Input[str]
    """Host name of the server, as its certificate has it."""
    port: NotRequired[pulumi.Input[float]]
    """Default 5432."""
    administrator: pulumi.Input[str]
    """Role to log in as: the Entra group that administers the server. Whoever runs this belongs to it."""
    database_name: pulumi.Input[str]
    """Name of the database, 1 to 63 bytes."""
    role_name: pulumi.Input[str]
    """Name of the role that owns it, 1 to 63 bytes."""
    connection_limit: NotRequired[pulumi.Input[float]]
    """Connections the role may have at a time. Default 20: what one environment takes, others cannot have."""
    statement_timeout_seconds: NotRequired[pulumi.Input[float]]
    """Seconds after which a statement of the role is ended, unless it sets another time. Default 60; 0: never."""
    extensions: NotRequired[Sequence[str]]
    """Extensions to create, of those that the server allows (`PostgresServer`, `extensions`). One that is taken out
    later stays in the database, for data may depend on it."""
    on_destroy: NotRequired[str]
    """`keep` (default): database and data stay, the role is locked. `drop`: both go."""
    close_shared_databases: NotRequired[bool]
    """Whether to take from everybody the right to log in to the server's `postgres` and `template1`, so that the role
    reaches its own database and no other. Default true; who needs them (monitoring) is granted CONNECT by name."""
    owner: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Whose it is (stack, app, environment): written into the comments of database and role. Another owner's are never
    touched."""
    principal_id: pulumi.Input[str]
    """Object id of the managed identity that logs in as the role (`WorkloadIdentity.principal_id`)."""


def _name(text: str) -> str:
    if not text or len(text.encode()) > 63:
        raise ValueError("a PostgreSQL name has 1 to 63 bytes")
    if text in RESERVED or text.startswith(("pg_", "azure_")):
        raise ValueError(f"'{text}' is PostgreSQL's or Azure's own name")
    return text


Name = Annotated[str, AfterValidator(_name)]


class _Settings(Settings):
    host: Known[Annotated[str, Field(min_length=1)]]
    port: Known[Annotated[int, Field(ge=1, le=65535)]] = 5432
    administrator: Known[Annotated[str, Field(min_length=1)]]
    database_name: Known[Name]
    role_name: Known[Name]
    connection_limit: Known[Annotated[int, Field(ge=1)]] = 20
    statement_timeout_seconds: Known[Annotated[int, Field(ge=0)]] = 60
    extensions: tuple[str, ...] = ()
    on_destroy: Literal["keep", "drop"] = "keep"
    close_shared_databases: bool = True
    owner: Mapping[str, Known[str]] = {}

    def properties(self) -> dict[str, Any]:
        """What the dynamic provider is told."""
        return {
            "host": self.host,
            "port": whole(self.port),
            "administrator": self.administrator,
            "database_name": self.database_name,
            "role_name": self.role_name,
            "connection_limit": whole(self.connection_limit),
            "statement_timeout_seconds": whole(self.statement_timeout_seconds),
            "extensions": list(self.extensions),
            "on_destroy": self.on_destroy,
            "close_shared_databases": self.close_shared_databases,
            "owner": dict(self.owner),
        }


class _DatabaseSettings(_Settings):
    password_version: Annotated[int, Field(ge=1)] = 1


class _EntraDatabaseSettings(_Settings):
    principal_id: Known[Annotated[str, Field(min_length=1)]]


class PostgresDatabase(pulumi.ComponentResource):
    """A database that one role owns, may log in to, and no other role of this kind may.

    The database itself is the attribute `database`.
    Source: https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-create-users
    """

    host: pulumi.Output[str]
    """Host name of the server."""
    port: pulumi.Output[int]
    """Its port."""
    name: pulumi.Output[str]
    """Name of the database."""
    username: pulumi.Output[str]
    """The role to log in as."""
    password: pulumi.Output[str]
    """The role's password; secret."""

    def __init__(self, name: str, args: PostgresDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:PostgresDatabase", name, {}, opts)
        settings = validated(_DatabaseSettings, "PostgresDatabase", name, args)
        # psycopg is needed only where a database is made, not to import this.
        from platform_components.postgres.provider import DatabaseResource

        # The first version has no keeper, so that passwords from before there were versions stay.
        keepers = {"version": str(settings.password_version)} if settings.password_version > 1 else None
        password = GeneratedPassword(f"{name}-password", child(self), keepers=keepers).value
        self.database = DatabaseResource(
            f"{name}-database", {**settings.properties(), "password": password}, child(self)
        )
        self.host = _once_there(settings.host, self.database)
        self.port = _once_there(whole(settings.port), self.database)
        self.name = _once_there(settings.database_name, self.database)
        self.username = _once_there(settings.role_name, self.database)
        self.password = _once_there(password, self.database)
        self.register_outputs(
            {
                "host": self.host,
                "port": self.port,
                "name": self.name,
                "username": self.username,
                "password": self.password,
            }
        )


class PostgresEntraDatabase(pulumi.ComponentResource):
    """A database whose role logs in as an Entra identity; its password is a token of that identity, good for an hour.

    The database itself is the attribute `database`.
    Source: https://learn.microsoft.com/azure/postgresql/security/security-manage-entra-users
    """

    host: pulumi.Output[str]
    """Host name of the server."""
    port: pulumi.Output[int]
    """Its port."""
    name: pulumi.Output[str]
    """Name of the database."""
    username: pulumi.Output[str]
    """The role to log in as."""

    def __init__(self, name: str, args: PostgresEntraDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:PostgresEntraDatabase", name, {}, opts)
        settings = validated(_EntraDatabaseSettings, "PostgresEntraDatabase", name, args)
        from platform_components.postgres.provider import DatabaseResource

        self.database = DatabaseResource(
            f"{name}-database", {**settings.properties(), "principal_id": settings.principal_id}, child(self)
        )
        self.host = _once_there(settings.host, self.database)
        self.port = _once_there(whole(settings.port), self.database)
        self.name = _once_there(settings.database_name, self.database)
        self.username = _once_there(settings.role_name, self.database)
        self.register_outputs({"host": self.host, "port": self.port, "name": self.name, "username": self.username})


def _once_there(value: pulumi.Input[T], database: pulumi.Resource) -> pulumi.Output[T]:
    """`value` for those who must wait for the database. A preview knows it, unlike a dynamic resource's outputs."""
    return pulumi.Output.all(value, database.urn).apply(lambda both: both[0])
