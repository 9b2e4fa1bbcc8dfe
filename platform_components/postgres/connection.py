"""Connections to a PostgreSQL server as its administrator, over TLS with the server's certificate verified.

Whatever goes wrong leaves here as one sentence for a person, without a secret.
"""

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from platform_components.errors import OutsideError
from platform_components.postgres.credentials import access_token

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

CONNECT_SECONDS = 15
OLDEST_VERSION = 160000
"""Before 16 a role could not be granted WITH SET and INHERIT, which all of this is built on."""


@dataclass(frozen=True)
class Server:
    """Where a server is, and who its administrator is."""

    host: str
    port: int
    administrator: str

    def __str__(self) -> str:
        return f"PostgreSQL server {self.host}:{self.port}"


@contextmanager
def connect(server: Server, database: str) -> Iterator["Connection"]:
    """A connection in autocommit mode; errors of psycopg inside the block become sentences, too."""
    try:
        import psycopg
    except ImportError:
        raise OutsideError(
            "psycopg is not installed", fix="install platform-components with its extra 'postgres'"
        ) from None
    _check_reachable(server)
    try:
        with psycopg.connect(
            host=server.host,
            port=server.port,
            dbname=database,
            user=server.administrator,
            password=access_token(),
            sslmode="verify-full",
            sslrootcert=root_certificates(),
            gssencmode="disable",
            connect_timeout=CONNECT_SECONDS,
            application_name="platform-components",
            autocommit=True,
        ) as connection:
            if connection.info.server_version < OLDEST_VERSION:
                raise OutsideError(f"{server}: version {connection.info.server_version // 10000} is older than 16")
            yield connection
    except psycopg.Error as error:
        raise OutsideError(f"{server}, database {database}, as {server.administrator}: {_sentence(error)}") from None


def root_certificates() -> str:
    """The certificates that a server's is verified with: `$PGSSLROOTCERT`, else the machine's."""
    given = os.environ.get("PGSSLROOTCERT")
    if given:
        return given
    # psycopg's wheels bring an OpenSSL of their own, whose default folder does not exist on most machines, so that
    # `sslrootcert=system` finds nothing there; Python knows where this machine keeps them.
    return ssl.get_default_verify_paths().cafile or "system"


def _check_reachable(server: Server) -> None:
    try:
        with socket.create_connection((server.host, server.port), timeout=CONNECT_SECONDS):
            pass
    except OSError as error:
        raise OutsideError(
            f"{server} cannot be reached from here: {error.strerror or error}",
            fix="a private server is reached only inside its virtual network: run this on a runner there",
        ) from None


def _sentence(error: "psycopg.Error") -> str:
    """The server's first line; its DETAIL and CONTEXT may quote statements."""
    message = error.diag.message_primary or str(error)
    first = next((line.strip() for line in message.splitlines() if line.strip()), type(error).__name__)
    if "authentication failed" in first or "no pg_hba.conf entry" in first:
        return f"{first} (the identity that is signed in must belong to the server's administrators)"
    return first
