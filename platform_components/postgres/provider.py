"""The engine's way to databases: a dynamic provider.

Its class is in an importable module, so the engine keeps its name and not its code, and a newer release runs its own.
"""

import os
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from platform_components.errors import PlatformError
from platform_components.postgres import operations
from platform_components.postgres.connection import Server
from platform_components.postgres.operations import Database
from platform_components.postgres.ownership import Mark

IDENTITY = ("host", "port", "database_name", "role_name")
"""Another value of any of these is another database."""
SETTINGS = (
    *("administrator", "password", "principal_id", "connection_limit", "statement_timeout_seconds"),
    *("extensions", "on_destroy", "close_shared_databases", "owner"),
)


class DatabaseProvider(ResourceProvider):
    """Makes databases over SQL."""

    # Nothing of it is secret: it is the name of this class.
    serialize_as_secret_always = False

    def configure(self, _req: ConfigureRequest) -> None:
        """Called once in the plugin's process: from here on a message for a person is not wrapped in a traceback, and
        the process does not outlive an engine that is killed.
        """
        _end_with_the_engine()
        # The SDK answers every exception with `traceback.format_exc()`: pulumi/dynamic/__main__.py.
        plugin = sys.modules["__main__"]
        if hasattr(plugin, "DynamicResourceProviderServicer"):
            vars(plugin)["traceback"] = SimpleNamespace(format_exc=message_of_exception)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Numbers arrive as floating point; names must fit."""
        inputs = dict(news)
        for key in ("port", "connection_limit", "statement_timeout_seconds"):
            if isinstance(inputs.get(key), float):
                inputs[key] = int(inputs[key])
        failures = [
            CheckFailure(key, "is longer than the 63 bytes that PostgreSQL allows a name")
            for key in ("database_name", "role_name")
            if isinstance(inputs.get(key), str) and len(inputs[key].encode()) > 63
        ]
        return CheckResult(inputs, failures)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Another identity is a replacement, anything else an update."""
        changed = [key for key in (*IDENTITY, *SETTINGS) if olds.get(key) != news.get(key)]
        replaces = [key for key in changed if key in IDENTITY]
        elsewhere = bool({"host", "port"} & set(replaces))
        return DiffResult(
            changes=bool(changed),
            replaces=replaces,
            # On one server role and database of old and new could be the same.
            delete_before_replace=bool(replaces) and not elsewhere,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """The database and its role; what an interrupted run of the same owner left is taken over."""
        server, database = _server(props), _database(props)
        operations.ensure(server, database, props.get("password"))
        return CreateResult(f"{server.host}:{server.port}/{database.name}", _state(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Settings, password or mark; whatever is missing is made again."""
        operations.ensure(_server(news), _database(news), news.get("password"))
        return UpdateResult(_state(news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """What is there of it; the password cannot be read back."""
        if not all(key in props for key in IDENTITY):
            raise PlatformError(
                "a database cannot be imported by its id", fix="create it; one of the same owner is taken over"
            )
        found = operations.find(_server(props), _database(props))
        if found is None:
            return ReadResult("", {})
        live = {
            "connection_limit": found.connection_limit,
            "statement_timeout_seconds": found.statement_timeout_seconds,
            "extensions": list(found.extensions),
        }
        return ReadResult(id_, {**_state(props), **live})

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Drop it, or keep it locked."""
        action = operations.drop if props["on_destroy"] == "drop" else operations.lock_out
        action(_server(props), _database(props))


class DatabaseResource(Resource, module="platform-components", name="PostgresDatabase"):
    """A database and its role."""

    def __init__(self, name: str, props: Mapping[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["password"])
        super().__init__(DatabaseProvider(), name, dict(props), pulumi.ResourceOptions.merge(opts, secret))


def _end_with_the_engine() -> None:
    """The SDK's plugin does not notice when its engine is killed, and a shell stands between the two of them."""
    engine = os.getppid()
    while engine > 1 and _process(engine)[0] != "pulumi":
        engine = _process(engine)[1]
    if engine > 1:
        threading.Thread(target=_watch, args=(engine,), daemon=True).start()


def _watch(engine: int) -> None:
    while _process(engine)[0] == "pulumi":
        time.sleep(1)
    os._exit(0)


def _process(pid: int) -> tuple[str, int]:
    """Name and parent of a process; nothing where the system does not tell, or it is gone."""
    try:
        head, _, rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        return head.partition("(")[2], int(rest.split()[1])
    except (OSError, ValueError, IndexError):
        return "", 0


def message_of_exception() -> str:
    """The exception at hand as its own message in one line, if it was written for a person."""
    error = sys.exc_info()[1]
    if isinstance(error, PlatformError):
        return "; ".join(line.strip() for line in str(error).splitlines())
    return traceback.format_exc()


def _server(props: Mapping[str, Any]) -> Server:
    return Server(props["host"], int(props["port"]), props["administrator"])


def _database(props: Mapping[str, Any]) -> Database:
    return Database(
        name=props["database_name"],
        role=props["role_name"],
        connection_limit=int(props["connection_limit"]),
        statement_timeout_seconds=int(props["statement_timeout_seconds"]),
        extensions=tuple(props["extensions"]),
        close_shared_databases=bool(props["close_shared_databases"]),
        mark=Mark(dict(props["owner"])),
        principal_id=props.get("principal_id"),
    )


def _state(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in (*IDENTITY, *SETTINGS) if props.get(key) is not None}
