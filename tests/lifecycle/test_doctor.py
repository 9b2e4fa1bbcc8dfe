"""What a machine and a platform repository lack is told, each with what to do."""

import json
import os
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from platform_components.lifecycle import azure_cli, doctor, stack_file
from platform_components.lifecycle.backends import Place
from platform_components.lifecycle.marks import Marks
from platform_components.lifecycle.preflight.findings import Finding
from platform_components.lifecycle.revisions import TAG
from platform_components.repository import catalog_of
from tests.lifecycle.backend import program_on_path
from tests.lifecycle.conftest import MakeBackend, Stored


def found(findings: Any, check: str, subject: str = "") -> Finding:
    (one,) = [each for each in findings if each.check == check and subject in each.subject]
    assert isinstance(one, Finding)
    return one


@pytest.fixture
def copy(platform: Path, tmp_path: Path) -> Path:
    """A platform repository to break."""
    return Path(shutil.copytree(platform, tmp_path / "copy", symlinks=True))


def test_a_machine_with_nothing_on_it_is_told_what_to_install(
    platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    findings = doctor.examined(platform)

    assert {one.check for one in findings if one.state == "problem"} == {"engine", "az", "kubelogin"}
    assert found(findings, "az").fix.endswith("az login")
    assert found(findings, "kubelogin").fix == "az aks install-cli"
    assert found(findings, "definitions").state == "ok"


def test_an_engine_that_is_too_old_is_told(platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program_on_path(tmp_path / "bin", monkeypatch, "echo v3.100.0")

    engine = found(doctor.examined(platform), "engine")

    assert (engine.state, engine.what) == ("problem", "3.100.0 is older than 3.255")


@pytest.mark.parametrize(("comes", "state"), [("true", "problem"), ("", "ok")])
def test_a_plugin_that_is_missing_is_a_problem_only_if_it_does_not_come_by_itself(
    platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comes: str, state: str
) -> None:
    program_on_path(tmp_path / "bin", monkeypatch, '[ "$1" = version ] && echo v3.255.0 || echo "[]"')
    monkeypatch.setenv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", comes)

    plugin = found(list(doctor._engine(platform)), "engine", "azure-native")

    assert plugin.state == state
    assert plugin.fix.startswith("pulumi plugin install resource azure-native") == (state == "problem")


def test_packages_that_are_missing_are_told_with_their_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "EXTRAS", {"no_such_package": "postgres"})

    (packages,) = doctor._packages()

    assert packages.fix == "pip install 'platform-components[postgres]'"


def test_a_log_in_to_another_subscription_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    account = {"id": "one", "name": "nonproduction", "user": {"name": "ann"}}
    monkeypatch.setattr(doctor, "at_hand", lambda: True)
    monkeypatch.setattr(azure_cli, "az", lambda *_: account)
    monkeypatch.setenv("ARM_SUBSCRIPTION_ID", "two")
    assert next(doctor._azure()).state == "warning"
    monkeypatch.setenv("ARM_SUBSCRIPTION_ID", "one")
    assert next(doctor._azure()).state == "ok"


def test_definitions_that_do_not_load_are_the_problem(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    (copy / "definitions" / "broken.yaml").write_text("id: [\n")

    assert found(doctor.examined(copy), "definitions").state == "problem"


def test_a_foundation_in_another_backend_is_told(copy: Path) -> None:
    file = copy / "definitions" / "environments.yaml"
    file.write_text(file.read_text().replace("azblob://pulumi-nonproduction", "azblob://elsewhere", 1))

    findings = list(doctor._definitions(catalog_of(copy)))

    assert "can't be found from there" in found(findings, "definitions", "ephemeral").what
    assert [one.subject for one in findings if one.state == "problem"] == ["ephemeral"]


def test_each_backend_is_looked_at_once(platform: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    places = doctor._places(catalog_of(platform))
    assert {place.backend: names for place, names in places.items()} == {
        "azblob://pulumi-nonproduction": ["development", "ephemeral", "foundation-nonproduction"],
        "azblob://pulumi-production": ["foundation-production", "production", "staging"],
        "": ["local"],
    }
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///state")
    assert list(doctor._places(catalog_of(platform))) == [Place("file:///state")]


def test_a_backend_that_cannot_be_reached_names_the_types_that_need_it(
    platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = '[ "$1" = version ] && echo v3.255.0 && exit; echo "error: no credentials" >&2; exit 1'
    program_on_path(tmp_path / "bin", monkeypatch, script)

    (backend,) = doctor._backend(doctor.Engine(platform, Place("azblob://a")), "azblob://a", ["ephemeral"])

    assert backend.state == "problem"
    assert "no credentials" in backend.what
    assert "ephemeral" in backend.fix


@pytest.mark.parametrize(
    ("pid", "state"),
    [(2**22 + 5, "warning"), (os.getpid(), "warning"), (0, "ok")],
    ids=["gone", "another program", "living"],
)
def test_locks_of_processes_that_are_gone_are_told_from_living_ones(tmp_path: Path, pid: int, state: str) -> None:
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "platform" / "shop-main"
    folder.mkdir(parents=True)
    host = socket.gethostname() if pid else "elsewhere"
    lock = {"pid": pid or 1, "username": "ann", "hostname": host, "timestamp": "2026-03-01T12:00:00.5Z"}
    (folder / "a.json").write_text(json.dumps(lock))
    (folder / "half.json").write_text("{")
    engine: Any = SimpleNamespace(backend=tmp_path.as_uri())

    (one,) = doctor._locks(engine, ("shop-main",))

    assert (one.state, f"ann@{host}" in one.what) == (state, True)


def test_a_stack_file_older_than_what_is_deployed_is_told(backend: MakeBackend) -> None:
    tags = Marks(app="shop", branch="main").tags()
    engine = backend(shop_main_x=Stored(tags={**tags, TAG: "newer"}), other=Stored())
    file = stack_file.path_of(engine.platform, "shop-main-x")
    try:
        stack_file.write(engine.platform, "shop-main-x", {"app": "shop"})
        (edited,) = doctor._files(engine, engine.stack_names())
    finally:
        file.unlink()

    assert edited.state == "problem"
    assert "was edited here" in edited.what
    assert list(doctor._files(engine, engine.stack_names())) == []
