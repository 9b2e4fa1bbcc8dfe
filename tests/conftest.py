"""What all tests share. The end-to-end ones get one sandbox, started for them and stopped after them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.environment import variables
from sandbox.state import State

CHECKOUT = Path(__file__).resolve().parents[1]
# A name server, an API server and a database that belong to the tests: never the person's own sandbox
TEST_STATE = CHECKOUT / ".sandbox-tests"


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    state: State
    environment: Mapping[str, str]
    """All environment variables in which programs work on it."""


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The sandbox of this test run, from nothing; it is stopped and removed at the end, also after failures."""
    environment = {**os.environ, "SANDBOX_STATE": str(TEST_STATE)}
    arm_types = CHECKOUT.parent / "shared" / "arm-types"
    if arm_types.is_dir():
        environment["SANDBOX_ARM_TYPES"] = str(arm_types)
    command = [sys.executable, "-m", "sandbox"]
    subprocess.run([*command, "down", "--purge"], cwd=CHECKOUT, env=environment, check=True)
    try:
        subprocess.run([*command, "up"], cwd=CHECKOUT, env=environment, check=True)
        state = State(TEST_STATE)
        yield Sandbox(state, {**environment, **variables(state, environment)})
    finally:
        subprocess.run([*command, "down", "--purge"], cwd=CHECKOUT, env=environment, check=True)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this platform repository, whose stacks' settings tests may write."""
    copy = tmp_path_factory.mktemp("platform")
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(CHECKOUT / name, copy)
    for name in ("definitions", "examples", "stacks"):
        shutil.copytree(CHECKOUT / name, copy / name)
    (copy / ".venv").symlink_to(sys.prefix)
    return copy
