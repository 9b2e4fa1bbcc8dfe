"""What the tests of the lifecycle share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lifecycle.backend import Backend, Stored, program_on_path

MakeBackend = Callable[..., Backend]


@pytest.fixture
def backend(tmp_path: Path, platform: Path, monkeypatch: pytest.MonkeyPatch) -> MakeBackend:
    """Makes an engine over a copy of the platform repository with the stacks that are named."""
    program_on_path(tmp_path / "bin", monkeypatch)
    return lambda **stacks: Backend(platform, {name.replace("_", "-"): stored for name, stored in stacks.items()})


__all__ = ["Backend", "MakeBackend", "Stored"]
