"""A database made by the real engine on a real server: what changes in place, what is found again, what is left."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from sandbox.toolchain import ensure

from .conftest import TOKEN, RunningServer

pytestmark = pytest.mark.e2e

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("engine_program.py")


class Project:
    """A Pulumi project with one stack that makes one database."""

    def __init__(self, folder: Path, server: RunningServer) -> None:
        self.folder = folder
        self.database: dict[str, Any] = {
            "host": server.server.host,
            "administrator": server.server.administrator,
            "database_name": "shop_engine",
            "role_name": "shop_engine_role",
            "on_destroy": "drop",
            "owner": {"stack": "engine"},
        }
        (folder / "backend").mkdir(parents=True)
        (folder / "Pulumi.yaml").write_text("name: database\nruntime: python\n")
        shutil.copy(PROGRAM, folder / "__main__.py")
        self.run("stack", "init", "test")

    def run(self, *arguments: str, fails: bool = False) -> str:
        """What `pulumi ARGUMENTS` prints; one that does not end as expected is a failure of the test."""
        (self.folder / "settings.json").write_text(json.dumps({"database": self.database}))
        # Read now: the fixture puts `az` on PATH, the engine and its language host come first.
        programs = [*map(str, ensure().path), str(CHECKOUT / ".venv" / "bin")]
        environment = {
            **os.environ,
            "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'backend'}",
            "PULUMI_CONFIG_PASSPHRASE": "tests",
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PYTHONPATH": str(CHECKOUT),
        }
        done = subprocess.run(
            ["pulumi", *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode != 0) is fails, f"{' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def up(self, **changes: Any) -> dict[str, int]:
        """Change what is deployed; how many resources were created, updated, …"""
        self.database |= changes
        self.run("up", "--yes", "--skip-preview")
        history = json.loads(self.run("stack", "history", "--json"))
        return {kind: count for kind, count in history[0]["resourceChanges"].items() if kind != "same"}

    def password(self) -> str:
        """As the workload would get it."""
        url = json.loads(self.run("stack", "output", "--json", "--show-secrets"))["url"]
        return str(url.rpartition("@")[0].rpartition(":")[2])


def test_a_database_from_its_first_day_to_its_last(postgres: RunningServer, tmp_path: Path) -> None:
    project = Project(tmp_path / "project", postgres)
    assert project.up() == {"create": 4}
    password = project.password()
    postgres.log_in("shop_engine_role", password, "shop_engine").close()
    assert project.up() == {}

    # A setting changes in place, and a preview knows everything but what only the server knows.
    project.database["connection_limit"] = 7
    shown = project.run("preview", "--diff")
    assert re.search(r"~ connection_limit +: 20 => 7", shown)
    assert password not in shown
    assert project.up() == {"update": 1}
    assert project.password() == password

    # What somebody else changed or took away comes back.
    with postgres.superuser() as connection:
        connection.execute(sql.SQL("ALTER ROLE shop_engine_role CONNECTION LIMIT 1"))
    project.run("refresh", "--yes", "--skip-preview")
    assert project.up() == {"update": 1}
    with postgres.superuser() as connection:
        connection.execute(sql.SQL("DROP DATABASE shop_engine"))
    project.run("refresh", "--yes", "--skip-preview")
    assert project.up() == {"create": 1}
    postgres.log_in("shop_engine_role", password, "shop_engine").close()

    # Neither password nor token is in anything that the engine keeps.
    kept = "".join(path.read_text(errors="replace") for path in project.folder.rglob("*") if path.is_file())
    assert "shop_engine_role" in kept
    assert password not in kept
    assert TOKEN not in kept

    project.run("destroy", "--yes", "--skip-preview")
    assert "shop_engine" not in postgres.databases()
    assert "shop_engine_role" not in postgres.roles()


def test_a_failure_is_one_line_that_says_what_to_do(postgres: RunningServer, tmp_path: Path) -> None:
    project = Project(tmp_path / "project", postgres)
    project.database["host"] = "no-such-server.invalid"
    message = project.run("up", "--yes", "--skip-preview", fails=True)
    assert "error: PostgreSQL server no-such-server.invalid:5432 cannot be reached from here: " in message
    assert "run this on a runner there" in message
    assert "Traceback" not in message
