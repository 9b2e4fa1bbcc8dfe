"""Where pods can run, and where they can't."""

import os
from pathlib import Path

import pytest

from sandbox import lifecycle
from sandbox.errors import SandboxError
from sandbox.node import service
from sandbox.state import State, new_settings


def test_an_ordinary_user_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert service.why_not() == "only root may run pods"


def test_without_debians_packages_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "/nowhere")

    assert "apt-get" in service.why_not()


def test_a_sandbox_keeps_the_pods_that_it_began_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    state = State(tmp_path)

    assert lifecycle._pods(state, None) == "kwok"
    with pytest.raises(SandboxError, match="only root may run pods"):
        lifecycle._pods(state, "real")

    state.save_settings(new_settings(state, toolchain_path=[], postgres_bin="", pods="kwok"))
    with pytest.raises(SandboxError, match="down --purge"):
        lifecycle._pods(state, "real")
