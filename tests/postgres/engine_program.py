"""The program of `test_engine`'s stack."""

import json
from pathlib import Path
from typing import Any

import pulumi

from platform_components.postgres import PostgresDatabase

settings: dict[str, Any] = json.loads(Path("settings.json").read_text())
database = PostgresDatabase("db", settings["database"])
pulumi.export(
    "url", pulumi.Output.concat("postgresql://", database.username, ":", database.password, "@", database.host)
)
pulumi.export("name", database.name)
