"""A platform repository from nothing: it works, it is this project's own, and nothing is ever written over."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from platform_components import __version__
from platform_components.errors import InputError
from platform_components.repository import catalog_of
from platform_components.scaffold import files, scaffold
from tests.cli.conftest import Pave, pave
from tests.conftest import CHECKOUT

__all__ = ["pave"]  # a fixture


@pytest.fixture
def made(tmp_path: Path) -> Path:
    scaffold(tmp_path / "new" / "platform")
    return tmp_path / "new" / "platform"


def test_its_definitions_load(made: Path) -> None:
    assert set(catalog_of(made).environment_types) >= {"ephemeral", "production", "foundation-nonproduction"}


def test_a_branch_and_every_stack_of_it_can_be_planned(made: Path, pave: Pave, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)

    assert "ephemeral" in pave("plan", "examples/web", "--app", "shop", "--branch", "feature/login").out
    for stack in ("development", "foundation-nonproduction", "foundation-production"):
        assert pave("plan", "--env", stack).code == 0


def test_it_is_made_of_this_projects_own_files(made: Path) -> None:
    """No copy that could differ: in the checkout the templates are links to these."""
    examples = [f"examples/{name}" for name in ("features", "python-service", "shop", "web")]
    same = ("Pulumi.yaml", "__main__.py", "stacks", "definitions", *examples)
    for name in same:
        tracked = subprocess.run(
            ["git", "ls-files", name], cwd=CHECKOUT, capture_output=True, text=True, check=True
        ).stdout.split()
        assert tracked
        for path in tracked:
            text = re.sub("^encryptionsalt:.*\n", "", (CHECKOUT / path).read_text(), flags=re.MULTILINE)
            assert (made / path).read_text() == text, path
    ignored = (CHECKOUT / ".gitignore").read_text().splitlines()
    assert set((made / ".gitignore").read_text().splitlines()) <= set(ignored)


def test_its_packages_are_pinned_and_the_library_is_among_them(made: Path) -> None:
    text = (made / "requirements.txt").read_text()

    assert f"platform-components[cli,postgres]=={__version__}" in text
    assert text.endswith((CHECKOUT / "requirements.txt").read_text())


def test_it_holds_pipelines_for_both_services(made: Path) -> None:
    assert (made / ".github/workflows/sweep.yml").is_file()
    assert (made / ".github/actions/pave/action.yml").is_file()
    assert (made / "pipelines/azure/environment.yml").is_file()


def test_no_file_is_a_link_or_holds_a_salt(made: Path) -> None:
    for path in made.rglob("*"):
        assert not path.is_symlink()
        if path.suffix == ".yaml" and path.parent.name == "stacks":
            assert "encryptionsalt" not in yaml.safe_load(path.read_text())


def test_a_salt_of_this_checkout_is_nobody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worked_in = tmp_path / "templates"
    (worked_in / "stacks").mkdir(parents=True)
    (worked_in / "stacks" / "Pulumi.a.yaml").write_text("encryptionsalt: v1:abc=:v1:def\nconfig: {}\n")
    monkeypatch.setattr("platform_components.scaffold.TEMPLATES", worked_in)

    scaffold(tmp_path / "new")

    assert (tmp_path / "new" / "stacks" / "Pulumi.a.yaml").read_text() == "config: {}\n"


def test_a_folder_that_is_not_empty_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")

    with pytest.raises(InputError, match=r"is not empty: it holds precious\.txt"):
        scaffold(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_an_empty_git_repository_is_empty(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()

    assert "Pulumi.yaml" in scaffold(tmp_path).written


def test_with_force_only_what_is_missing_is_written(made: Path) -> None:
    (made / "Pulumi.yaml").write_text("mine")
    shutil.rmtree(made / "pipelines")

    done = scaffold(made, missing_only=True)

    assert (made / "Pulumi.yaml").read_text() == "mine"
    assert done.written
    assert all(path.startswith("pipelines/") for path in done.written)
    assert "Pulumi.yaml" in done.kept


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").symlink_to(tmp_path / "elsewhere")

    assert "Pulumi.yaml" in scaffold(tmp_path, missing_only=True).kept
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(InputError, match="is no folder"):
        scaffold(tmp_path / "file")


def test_the_verb_says_what_it_wrote_and_what_is_next(tmp_path: Path, pave: Pave) -> None:
    ended = pave("init", str(tmp_path / "platform"))

    assert ended.code == 0
    assert "wrote  definitions/environments.yaml" in ended.out
    assert ended.out.endswith("README.md\n")
    assert pave("init", str(tmp_path / "platform")).code == 1
    assert '"kept"' in pave("init", str(tmp_path / "platform"), "--force", "--json").out


def test_a_wheel_holds_all_of_it(tmp_path: Path) -> None:
    """Installed from a wheel there is no checkout to link to."""
    source = tmp_path / "source"
    shutil.copytree(
        CHECKOUT,
        source,
        symlinks=True,
        ignore=shutil.ignore_patterns(".*", "tests", "sandbox", "docs", "benchmarks", "build", "*.egg-info"),
    )
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "-w",
        ".",
        "./source",
    ]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    if "No matching distribution" in built.stderr:
        pytest.skip("a wheel is built with setuptools, and no index that has it can be reached")
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    program = (
        "import pathlib, platform_components, sys; from platform_components.scaffold import scaffold;"
        "scaffold(pathlib.Path(sys.argv[1])); print(platform_components.__file__)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "new")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "installed" in told.stdout
    for path, text in files():
        assert (tmp_path / "new" / path).read_text(encoding="utf-8") == text, path
