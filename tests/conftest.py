"""What all tests share. The end-to-end ones get one sandbox, started for them and stopped after them."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from platform_components.scaffold import scaffold
from sandbox.environment import variables
from sandbox.state import State

CHECKOUT = Path(__file__).resolve().parents[1]
# Never the person's own sandbox; and one for each run, so that two runs do not meet
TEST_STATES = CHECKOUT / ".sandbox-tests"
ARM_TYPES = CHECKOUT.parent / "shared" / "arm-types"
"""Azure's own description of what it accepts, where it is at hand."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test` has two workers: what shares a sandbox stays together on one of them, and begins first.

    The environments that end-to-end tests share are in one sandbox, what looks at its parts is in another; each takes
    longer than all the rest.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    groups: dict[str, list[pytest.Item]] = {"environments": [], "parts": [], "": []}
    for item in items:
        whole = "e2e" in item.path.relative_to(CHECKOUT / "tests").parts
        needs = "sandbox" in getattr(item, "fixturenames", ())
        groups["" if not needs else "environments" if whole else "parts"].append(item)
    for name, members in groups.items():
        for item in members if name else ():
            item.add_marker(pytest.mark.xdist_group(name))
    items[:] = [item for members in groups.values() for item in members]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests counted, by `record_property("figure", …)`; from workers of their own, too."""
    reports = [each for state in ("passed", "failed") for each in terminalreporter.getreports(state)]
    figures = [value for each in reports for name, value in getattr(each, "user_properties", ()) if name == "figure"]
    if figures:
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.line(str(figure))


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    state: State
    environment: Mapping[str, str]
    """All environment variables in which programs work on it."""


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The sandbox of this test run, from nothing; it is stopped and removed at the end, also after failures."""
    for left in TEST_STATES.glob("*"):
        if not Path("/proc", left.name.partition("-")[0]).exists():  # a run that was killed
            _sandbox("down", "--purge", state=left)
    with started() as found:
        yield found


@contextmanager
def started(name: str = "") -> Iterator[Sandbox]:
    """A sandbox of its own, for as long as it is used."""
    root = TEST_STATES / f"{os.getpid()}{f'-{name}' if name else ''}"
    try:
        _sandbox("up", state=root)
        state = State(root)
        yield Sandbox(state, {**_environment(root), **variables(state, _environment(root))})
    finally:
        _sandbox("down", "--purge", state=root)


def _sandbox(*arguments: str, state: Path) -> None:
    command = [sys.executable, "-m", "sandbox", *arguments]
    subprocess.run(command, cwd=CHECKOUT, env=_environment(state), check=True)


def _environment(state: Path) -> dict[str, str]:
    environment = {**os.environ, "SANDBOX_STATE": str(state)}
    if ARM_TYPES.is_dir():
        environment.setdefault("SANDBOX_ARM_TYPES", str(ARM_TYPES))
    return environment


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A platform repository as `pave init` writes it, of this one's files; tests may write its stacks' settings."""
    copy = tmp_path_factory.mktemp("platform")
    scaffold(copy)
    (copy / ".venv").symlink_to(sys.prefix)
    return copy
