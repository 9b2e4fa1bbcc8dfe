"""Steps one and two over a platform repository on disk."""

import shutil
import subprocess
from pathlib import Path

import pytest

from platform_components import repository
from platform_components.catalog import CatalogError
from platform_components.environment import ConfigError
from platform_components.errors import InputError
from platform_components.score import ScoreError

CONFIG = {"type": "ephemeral", "app": "shop", "branch": "main", "workloads": ["examples/web/score.yaml"]}
DOCUMENT = {"apiVersion": "score.dev/v1b1", "metadata": {"name": "api"}, "containers": {"main": {"image": "nginx"}}}


def test_paths_and_whole_documents_are_read_in_their_order(platform: Path) -> None:
    config = {**CONFIG, "workloads": [DOCUMENT, "examples/web/score.yaml", "examples/python-service"]}

    found = repository.deployed(platform, config, "shop-main-abc123")

    assert [source.workload.name for source in found.sources] == ["api", "web", "python-service"]
    assert found.environment.name == "shop-main-abc123"
    assert {workload.name for workload in found.plan.workloads} == {"api", "web", "python-service"}


def test_a_plan_is_made_when_it_is_asked_for_and_once(platform: Path) -> None:
    found = repository.deployed(platform, CONFIG, "shop-main-abc123")

    assert found.plan is found.plan


def test_all_problems_of_a_folder_are_told_together(platform: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.score.yaml").write_text(f"apiVersion: score.dev/v1b1\nmetadata: {{name: {name}}}\n")

    with pytest.raises(ScoreError) as error:
        repository.deployed(platform, {**CONFIG, "workloads": [str(tmp_path)]}, "shop-main-abc123")

    assert {Path(problem.position.file).name for problem in error.value.problems if problem.position} == {
        "one.score.yaml",
        "two.score.yaml",
    }


def test_a_workload_file_that_is_not_there_is_told_by_its_place_in_the_config(platform: Path) -> None:
    with pytest.raises(InputError) as error:
        repository.deployed(platform, {**CONFIG, "workloads": ["examples/web", "gone.yaml"]}, "shop-main-abc123")

    assert error.value.where == "platform:workloads[1]"
    assert "gone.yaml does not exist" in str(error.value)


def test_a_wrong_config_is_told_with_every_key(platform: Path) -> None:
    with pytest.raises(ConfigError) as error:
        repository.deployed(platform, {"type": "ephemral", "app": "Shop!"}, "shop-main-abc123")

    assert "platform:type" in str(error.value)


def test_a_stack_with_no_config_at_all_is_told_what_it_needs(platform: Path) -> None:
    with pytest.raises(ConfigError, match="platform:type: is missing"):
        repository.deployed(platform, {}, "shop-main-abc123")


def test_definitions_of_a_stacks_own_stand_beside_the_platforms(platform: Path, tmp_path: Path) -> None:
    copy = tmp_path / "platform"
    shutil.copytree(platform / "definitions", copy / "definitions")
    (copy / "more").mkdir()
    (copy / "more" / "dns.yaml").write_text(
        "id: dns-known\ntype: dns\ndriver: static\ncriteria: [{res_id: web.dns}]\n"
        "inputs: {host: known.example.com, url: 'https://known.example.com'}\n"
    )
    (copy / "examples").symlink_to(platform / "examples")
    found = repository.deployed(copy, {**CONFIG, "definitions": ["more"]}, "shop-main-abc123")

    assert found.plan.resource("dns.default#web.dns").definition == "dns-known"


@pytest.mark.parametrize("named", ["more", {"a": 1}])
def test_definitions_have_to_be_a_list_of_folders(platform: Path, named: object) -> None:
    with pytest.raises(InputError, match="must be a list of folders"):
        repository.catalog_of(platform, {"definitions": named})


def test_a_folder_of_definitions_that_is_not_there_is_told(platform: Path) -> None:
    with pytest.raises((CatalogError, InputError), match="nowhere"):
        repository.catalog_of(platform, {"definitions": ["nowhere"]})


def test_the_platforms_own_repository_serves_every_environment_type(platform: Path) -> None:
    catalog = repository.catalog_of(platform)
    for name, type_ in catalog.environment_types.items():
        if type_.kind == "application":
            found = repository.deployed(platform, {**CONFIG, "type": name}, "shop-main-abc123")
            assert found.plan.resource("postgres.default#web.db").definition.startswith("postgres-")


def test_no_stack_file_holds_the_salt_of_somebodys_passphrase() -> None:
    """The engine writes one after a round on the sandbox; committed, nobody else could open that stack's secrets."""
    listed = subprocess.run(
        ["git", "grep", "--cached", "--files-with-matches", "encryptionsalt", "--", "stacks"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )

    assert listed.stdout == ""
