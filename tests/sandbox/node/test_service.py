"""Where pods can run, and where they can't."""

import os
from pathlib import Path

import pytest

from sandbox import lifecycle, pods
from sandbox.cli import main
from sandbox.errors import SandboxError
from sandbox.state import State, new_settings


def test_an_ordinary_user_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert pods.why_not() == "only root may run pods"


def test_without_debians_packages_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", "/nowhere")

    assert "apt-get" in pods.why_not()


def test_a_sandbox_keeps_the_pods_that_it_began_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    state = State(tmp_path)

    said: list[str] = []
    assert lifecycle._pods(state, None, said.append) == "kwok"
    assert said == ["pods do not run here, kwok makes them ready: only root may run pods"]
    with pytest.raises(SandboxError, match="only root may run pods"):
        lifecycle._pods(state, "real", said.append)

    state.save_settings(new_settings(state, toolchain_path=[], postgres_bin="", pods="kwok"))
    with pytest.raises(SandboxError, match="down --purge"):
        lifecycle._pods(state, "real", said.append)


def test_pods_run_where_they_can_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "why_not", lambda: "")
    said: list[str] = []

    assert lifecycle._pods(State(tmp_path), None, said.append) == "real"
    assert lifecycle._pods(State(tmp_path), "kwok", said.append) == "kwok"
    assert said == []


def test_kwok_is_not_built_where_pods_run_nor_a_node_where_they_do_not() -> None:
    real, fake = ({part.name for part in pods.parts(run=run)} for run in (True, False))

    assert real - fake == {"node", "node-packages", "coredns", "traefik", "versitygw", "azurite"}
    assert fake - real == {"kwok"}


def test_how_a_sandbox_began_counts_before_what_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pods, "why_not", lambda: "")
    state = State(tmp_path)
    assert [pods.will_run(state, asked) for asked in (None, "real", "kwok")] == [True, True, False]

    state.save_settings(new_settings(state, toolchain_path=[], postgres_bin="", pods="kwok"))
    assert pods.will_run(state, None) is False
    assert pods.will_run(None, None) is True


def test_a_misspelt_variable_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SANDBOX_PODS", "no")

    with pytest.raises(SystemExit, match="2"):
        main(["up"])
    assert "'no' (or SANDBOX_PODS): write real or kwok" in capsys.readouterr().err
