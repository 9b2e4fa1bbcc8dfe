"""What all tests share. The end-to-end ones get one sandbox, started for them and stopped after them."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    """With three workers, as `make test` has them, what takes longest begins first: see the scheduler."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        order = (_SHARED, _OWN, _TRAVEL, _PODS)
        items.sort(
            key=lambda item: (
                order.index(_scope(item.nodeid)) if _scope(item.nodeid) in order else len(order),
                "sandbox" not in getattr(item, "fixturenames", ()),
            )
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """End-to-end tests that share environments stay together on one worker, the others of them on one; the rest go file
    by file. Each worker has one sandbox.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _scope(nodeid)

    config.option.loadscopereorder = False  # it would begin with the files of the most tests
    return Scheduling(config, log)


_SHARED, _OWN = "end to end, shared environments", "end to end, environments of their own"
_TRAVEL = "end to end, as others use it"
_PODS = "end to end, pods that run"
_WITH_THEIR_OWN = ("data_guard", "failed_runs", "local", "pages", "races", "sweep")


def _scope(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    if not file.startswith("tests/e2e/"):
        return file
    if file.endswith("test_travel.py"):
        return _TRAVEL
    if file.endswith("test_real_pods.py"):
        return _PODS
    return _OWN if file.endswith(tuple(f"test_{name}.py" for name in _WITH_THEIR_OWN)) else _SHARED


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
            sandbox_command("down", "--purge", state=left)
    with started("", "--pods", "kwok") as found:
        yield found


@contextmanager
def started(name: str = "", *options: str) -> Iterator[Sandbox]:
    """A sandbox of its own, for as long as it is used; `options` are those of `sandbox up`."""
    root = TEST_STATES / f"{os.getpid()}{f'-{name}' if name else ''}"
    try:
        sandbox_command("up", *options, state=root)
        state = State(root)
        yield Sandbox(state, {**_environment(root), **variables(state, _environment(root))})
    finally:
        sandbox_command("down", "--purge", state=root)


def sandbox_command(*arguments: str, state: Path) -> None:
    """Run `python -m sandbox ARGUMENTS` for the sandbox of this folder."""
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
