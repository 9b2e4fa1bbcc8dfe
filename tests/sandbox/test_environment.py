"""What `env` prints, and the programs it puts on `PATH`."""

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import environment
from sandbox.environment import variables, write_programs
from sandbox.state import CHECKOUT, State, new_settings


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    monkeypatch.setenv("PATH", os.defpath)
    state = State(tmp_path / "it's a state")
    state.save_settings(new_settings(state, toolchain_path=["/tools/pulumi", "/tools/kubernetes"], postgres_bin=""))
    return state


def test_the_sandboxs_programs_come_first(state: State) -> None:
    path = variables(state, {"PATH": "/usr/bin:/bin"})["PATH"].split(":")
    own = [str(state.bin), str(Path(sys.prefix) / "bin")]
    assert path == [*own, "/tools/pulumi", "/tools/kubernetes", "/usr/bin", "/bin"]


def test_an_environment_inside_the_environment_is_the_same(state: State) -> None:
    once = variables(state, {"PATH": "/usr/bin"})
    assert variables(state, once) == once


@pytest.mark.parametrize(
    "name",
    [
        "SANDBOX_ARM_TYPES",
        "SANDBOX_AZURE_FAULTS",
        "SANDBOX_AZURE_LATENCY",
        "SANDBOX_AZURE_QUOTAS",
        "SANDBOX_AZURE_ROLES",
        "SANDBOX_AZURE_UNOFFERED",
    ],
)
def test_what_the_stand_ins_are_told_is_passed_on_when_given(state: State, name: str) -> None:
    assert name not in variables(state, {})
    assert variables(state, {name: "/given"})[name] == "/given"


def test_plugins_carry_the_versions_the_engine_asks_for(state: State) -> None:
    write_programs(state)
    for name, package in (("azure-native", "pulumi_azure_native"), ("kubernetes", "pulumi_kubernetes")):
        version = importlib.metadata.version(package)
        plugin = state.pulumi / "plugins" / f"resource-{name}-v{version}" / f"pulumi-resource-{name}"
        assert os.access(plugin, os.X_OK)


def test_the_plugin_of_another_version_is_taken_away(state: State) -> None:
    old = state.pulumi / "plugins" / "resource-kubernetes-v1.0.0"
    old.mkdir(parents=True)
    write_programs(state)
    assert not old.exists()


def test_an_official_plugin_on_path_is_used_instead(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_programs(state)
    official = tmp_path / "official" / "pulumi-resource-kubernetes"
    official.parent.mkdir()
    official.touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{official.parent}:{os.defpath}")
    write_programs(state)
    names = [folder.name for folder in (state.pulumi / "plugins").iterdir()]
    assert len(names) == 1
    assert names[0].startswith("resource-azure-native-")


def test_a_program_becomes_this_python_and_knows_its_sandbox(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_PROGRAMS", {"az": "json.tool"})
    write_programs(state)
    script = (state.bin / "az").read_text()
    assert f"exec {sys.executable} -m json.tool" in script
    answer = subprocess.run([state.bin / "az", "--help"], capture_output=True, text=True, check=True)
    assert "usage" in answer.stdout
    shown = script.replace(f"exec {sys.executable} -m json.tool", 'printf "%s\\n" "$SANDBOX_STATE" "$PYTHONPATH" #')
    answer = subprocess.run(["sh", "-c", shown], capture_output=True, text=True, check=True, env={"PYTHONPATH": "/x"})
    assert answer.stdout.splitlines() == [str(state.root), f"{CHECKOUT}:/x"]
