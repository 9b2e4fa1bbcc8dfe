"""Up, status and down with parts that only remember what they were told; the real ones run in the end-to-end tests."""

import json
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import sandbox
from sandbox import control_plane, lifecycle, processes
from sandbox.cli import main
from sandbox.errors import SandboxError
from sandbox.state import State
from sandbox.toolchain import Toolchain, ToolchainError


class Parts:
    """Stand-ins of the control plane, DNS and PostgreSQL."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.healthy = True
        self.failure = ""

    def start(self, name: str) -> None:
        self.told.append(f"{name} started")
        if self.failure == name:
            raise SandboxError(f"{name} does not start", fix="look at its log")

    def stop(self, name: str) -> None:
        self.told.append(f"{name} stopped")


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Parts:
    parts = Parts()
    dns, postgres = ModuleType("sandbox.dns.service"), ModuleType("sandbox.postgres.service")
    dns.__dict__.update(
        start=lambda state: parts.start("dns"),
        stop=lambda state: parts.stop("dns"),
        healthy=lambda state: ("127.0.0.9:53", parts.healthy),
    )
    postgres.__dict__.update(
        start_all=lambda state: parts.start("postgres"),
        stop_all=lambda state: parts.stop("postgres"),
        health=lambda state: [],
    )
    for name, service in (("dns", dns), ("postgres", postgres)):
        package = ModuleType(f"sandbox.{name}")
        package.__dict__["service"] = service
        monkeypatch.setitem(sys.modules, package.__name__, package)
        monkeypatch.setitem(sys.modules, service.__name__, service)
        monkeypatch.setattr(sandbox, name, package, raising=False)
    plane = control_plane
    monkeypatch.setattr(
        plane, "start", lambda state, toolchain, timed, node: timed("API server", lambda: parts.start("api"))
    )
    monkeypatch.setattr(plane, "stop", lambda state: parts.stop("api"))
    monkeypatch.setattr(plane, "health", lambda state: [("kube-apiserver", "127.0.0.9:6443", True)])
    toolchain = Toolchain((tmp_path / "tools",), tmp_path / "postgres", tmp_path / "crds")
    monkeypatch.setattr(lifecycle, "ensure", lambda parts, report: toolchain)
    monkeypatch.setenv("SANDBOX_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("SANDBOX_PODS", "kwok")
    return parts


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def test_up_starts_everything_and_says_how_to_use_it(parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up"]) == 0
    assert sorted(parts.told) == ["api started", "dns started", "postgres started"]
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("sandbox up after ") for line in lines)
    assert "python -m sandbox env" in lines[-1]


def test_where_a_nodes_programs_cannot_be_had_pods_do_not_run_unless_they_have_to(
    parts: Parts, state: State, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = lifecycle.ensure

    def ensure(wanted: Any, report: Any) -> Toolchain:
        if any(part.name == "node" for part in wanted):
            raise ToolchainError("toolchain: could not build part 'node-packages'")
        return whole(wanted, report)

    monkeypatch.setattr(lifecycle, "ensure", ensure)
    monkeypatch.setattr(lifecycle, "why_not", lambda: "")
    monkeypatch.delenv("SANDBOX_PODS")

    assert main(["up", "--pods", "real"]) == 4
    assert main(["up"]) == 0
    assert "pods do not run without it, kwok makes them ready" in capsys.readouterr().out
    assert state.load_settings()["pods"] == "kwok"


def test_up_again_keeps_every_address(parts: Parts, state: State) -> None:
    main(["up"])
    before = state.load_settings()
    main(["up"])
    assert state.load_settings() == before


def test_a_port_taken_meanwhile_is_chosen_again_and_the_others_stay(parts: Parts, state: State) -> None:
    main(["up"])
    before = state.load_settings()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.bind((f"{before['loopback_net']}.1", before["etcd_port"]))
        other.listen()
        main(["up"])
    after = state.load_settings()
    assert after["etcd_port"] != before["etcd_port"]
    assert {**after, "etcd_port": 0} == {**before, "etcd_port": 0}


def test_one_part_that_fails_is_named_and_ends_with_4(parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
    parts.failure = "dns"
    assert main(["up"]) == 4
    assert capsys.readouterr().err == "sandbox: dns does not start\n  look at its log\n"
    parts.failure = ""
    assert main(["up"]) == 0


def test_status_is_0_only_when_all_is_healthy(parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
    main(["up"])
    assert main(["status"]) == 0
    assert "kube-apiserver  127.0.0.9:6443" in capsys.readouterr().out
    parts.healthy = False
    assert main(["status"]) == 4
    assert "not running" in capsys.readouterr().out


def test_status_for_machines_is_json(parts: Parts, state: State, capsys: pytest.CaptureFixture[str]) -> None:
    main(["up"])
    server = processes.start(state, "dns", ["sleep", "60"])
    capsys.readouterr()
    try:
        assert main(["status", "--json"]) == 0
    finally:
        processes.stop(state, "dns")
    answer = json.loads(capsys.readouterr().out)
    assert answer["healthy"] is True
    assert [each["name"] for each in answer["servers"]] == ["kube-apiserver", "dns"]
    assert answer["servers"][1]["pid"] == server.pid
    assert answer["servers"][1]["memory"] > 0


def test_down_stops_everything_and_keeps_the_data(parts: Parts, state: State) -> None:
    main(["up"])
    parts.told.clear()
    assert main(["down"]) == 0
    assert sorted(parts.told) == ["api stopped", "dns stopped", "postgres stopped"]
    assert state.exists


def test_down_with_purge_removes_the_data(parts: Parts, state: State) -> None:
    main(["up"])
    assert main(["down", "--purge"]) == 0
    assert not state.root.exists()


def test_purge_never_removes_a_folder_that_is_no_sandbox(parts: Parts, state: State) -> None:
    state.root.mkdir()
    (state.root / "thesis.txt").touch()
    assert main(["down", "--purge"]) == 0
    assert (state.root / "thesis.txt").exists()


def test_down_stops_what_no_part_knows_and_names_what_it_could_not_stop(
    parts: Parts, state: State, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["up"])
    processes.start(state, "stray", ["sleep", "60"])
    with monkeypatch.context() as stuck:
        stuck.setattr(processes, "stop", lambda state, name: None)
        assert main(["down"]) == 4
    assert "still running: stray" in capsys.readouterr().err
    assert main(["down"]) == 0
    assert not processes.alive(state, "stray")


@pytest.mark.parametrize("verb", [["status"], ["env"], ["exec", "--", "true"]])
def test_without_a_sandbox_every_verb_says_how_to_start_one(
    verb: list[str], parts: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(verb) == 4
    assert "python -m sandbox up" in capsys.readouterr().err


def test_env_is_for_the_shell(parts: Parts, state: State, capsys: pytest.CaptureFixture[str]) -> None:
    main(["up"])
    capsys.readouterr()
    assert main(["env"]) == 0
    printed = capsys.readouterr().out
    script = f'{printed}\nprintf %s "$KUBECONFIG"'
    answer = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout == str(state.kubeconfig)
    assert all(shlex.split(line)[0] == "export" for line in printed.splitlines())


def test_exec_becomes_the_command(parts: Parts, state: State) -> None:
    main(["up"])
    argv = [sys.executable, "-m", "sandbox", "exec", "--", "sh", "-c", 'echo "$PULUMI_HOME"; exit 3']
    answer = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=20)
    assert (answer.stdout, answer.returncode) == (f"{state.pulumi}\n", 3)


def test_exec_of_nothing_known_is_said(parts: Parts, capsys: pytest.CaptureFixture[str]) -> None:
    main(["up"])
    assert main(["exec", "--", "no-such-program"]) == 4
    assert "no-such-program cannot be run" in capsys.readouterr().err


def test_unknown_verbs_are_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["frobnicate"])
    assert ended.value.code == 2
