"""Databases on PostgreSQL servers, made over SQL.

Names are loaded when they are first used; psycopg (the extra `postgres`) only when a database is made.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from platform_components.postgres.database import (
        PostgresDatabase,
        PostgresDatabaseArgs,
        PostgresEntraDatabase,
        PostgresEntraDatabaseArgs,
    )

__all__ = ["PostgresDatabase", "PostgresDatabaseArgs", "PostgresEntraDatabase", "PostgresEntraDatabaseArgs"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(f"{__name__}.database"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
