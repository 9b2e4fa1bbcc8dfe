"""A password, and a database with its role, as dynamic resources of the plain program: SQL over psycopg."""

import os
import secrets
import subprocess
from collections.abc import Mapping
from typing import Any

import psycopg
import pulumi
from psycopg import sql
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult


class _PasswordProvider(ResourceProvider):
    # Nothing of it is secret: it is the name of this class
    serialize_as_secret_always = False

    def create(self, _props: dict[str, Any]) -> CreateResult:
        return CreateResult(secrets.token_hex(8), {"value": secrets.token_hex(16)})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=False)


class Password(Resource, module="plain", name="Password"):
    """A password that is made once."""

    value: pulumi.Output[str]

    def __init__(self, name: str) -> None:
        options = pulumi.ResourceOptions(additional_secret_outputs=["value"])
        super().__init__(_PasswordProvider(), name, {"value": None}, options)


class _DatabaseProvider(ResourceProvider):
    # Nothing of it is secret: it is the name of this class
    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        with _connection(props) as connection:
            verifier = connection.pgconn.encrypt_password(
                props["password"].encode(), props["name"].encode(), b"scram-sha-256"
            )
            name = sql.Identifier(props["name"])
            for statement in (
                sql.SQL("CREATE ROLE {} WITH LOGIN PASSWORD {} CONNECTION LIMIT 10").format(name, verifier.decode()),
                sql.SQL("ALTER ROLE {} SET statement_timeout = '60s'").format(name),
                # Since PostgreSQL 16 an administrator must be let act as the role to make a database for it
                sql.SQL("GRANT {} TO CURRENT_USER WITH SET TRUE, INHERIT TRUE").format(name),
                sql.SQL("CREATE DATABASE {0} OWNER {0} TEMPLATE template0").format(name),
                sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name),
            ):
                connection.execute(statement)
        return CreateResult(f"{props['host']}/{props['name']}", props)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        changed = [key for key in ("host", "port", "name", "password") if olds.get(key) != news.get(key)]
        return DiffResult(changes=bool(changed), replaces=[key for key in changed if key != "password"])

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(news)

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        with _connection(props) as connection:
            name = sql.Identifier(props["name"])
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(name))


class Database(Resource, module="plain", name="Database"):
    """A database and the role that owns it, both of one name."""

    host: pulumi.Output[str]
    port: pulumi.Output[float]
    name: pulumi.Output[str]
    password: pulumi.Output[str]

    def __init__(self, name: str, props: Mapping[str, pulumi.Input[Any]]) -> None:
        options = pulumi.ResourceOptions(additional_secret_outputs=["password"])
        super().__init__(_DatabaseProvider(), name, dict(props), options)


def _connection(props: Mapping[str, Any]) -> "psycopg.Connection[Any]":
    token = subprocess.run(
        ["az", "account", "get-access-token", "--resource-type", "oss-rdbms", "--query", "accessToken", "-o", "tsv"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    return psycopg.connect(
        host=props["host"],
        port=int(props["port"]),
        dbname="postgres",
        user=props["administrator"],
        password=token,
        sslmode="verify-full",
        sslrootcert=os.environ.get("PGSSLROOTCERT", "system"),
        autocommit=True,
    )
