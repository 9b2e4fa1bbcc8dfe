"""The toolchain's cache: outside the checkout, keyed by everything a result depends on, safe for two builds at once."""

import dataclasses
import multiprocessing
import shutil
from pathlib import Path

import pytest

from sandbox.toolchain import parts
from sandbox.toolchain.cache import cache_root, exclusive, key_of, new_folder
from sandbox.toolchain.parts import ALL, GoProgram, Part

KWOK = next(part for part in ALL if part.name == "kwok")


def nowhere() -> Path | None:
    return None


def part_of(*steps: GoProgram) -> Part:
    return Part("thing", "a thing", steps, nowhere)


def test_the_cache_is_where_the_user_wants_it(tmp_path: Path) -> None:
    assert cache_root({"PLATFORM_TOOLCHAIN_CACHE": str(tmp_path)}) == tmp_path
    assert cache_root({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "platform-components" / "toolchain"
    assert cache_root({}) == Path.home() / ".cache" / "platform-components" / "toolchain"


def test_the_key_is_stable_and_short() -> None:
    key = key_of(KWOK, flags=("-a",), tools=("1.26",))
    assert key == key_of(KWOK, flags=("-a",), tools=("1.26",))
    assert len(key) == 16


def test_the_key_changes_with_flags_tools_and_steps() -> None:
    step = KWOK.steps[0]
    assert isinstance(step, GoProgram)
    other = dataclasses.replace(step, variables={"x.Version": "2"})
    keys = {
        key_of(KWOK, flags=(), tools=("1.26",)),
        key_of(KWOK, flags=("-race",), tools=("1.26",)),
        key_of(KWOK, flags=(), tools=("1.27",)),
        key_of(dataclasses.replace(KWOK, steps=(other,)), flags=(), tools=("1.26",)),
    }
    assert len(keys) == 4


@pytest.mark.parametrize("file", ["go.mod", "go.sum"])
def test_the_key_changes_with_every_file_of_the_recipe(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = key_of(KWOK, flags=(), tools=())
    shutil.copytree(parts.RECIPES, tmp_path / "recipes")
    monkeypatch.setattr(parts, "RECIPES", tmp_path / "recipes")
    assert key_of(KWOK, flags=(), tools=()) == before
    with (tmp_path / "recipes" / "kwok" / file).open("a") as recipe:
        recipe.write("\n")
    assert key_of(KWOK, flags=(), tools=()) != before


def test_every_recipe_is_complete_and_names_no_host_to_download_from() -> None:
    for part in ALL:
        for recipe in part.recipes:
            names = {file.name for file in recipe.iterdir()}
            assert {"go.mod", "go.sum"} <= names or {"package.json", "package-lock.json"} <= names
            assert not any('"resolved"' in file.read_text() for file in recipe.glob("package-lock.json"))


def test_a_folder_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "thing-0123"
    with new_folder(target, part_of()) as folder:
        (folder / "program").touch()
        assert not target.exists()
    assert [entry.name for entry in target.iterdir()] == ["program"]


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "thing-0123", part_of()):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_build_left_is_cleared_but_other_versions_stay(tmp_path: Path) -> None:
    (tmp_path / ".building-thing-abc").mkdir()
    (tmp_path / "thing-old").mkdir()
    with new_folder(tmp_path / "thing-new", part_of()):
        pass
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["thing-new", "thing-old"]


def _hold(root: Path, held: "multiprocessing.synchronize.Event", release: "multiprocessing.synchronize.Event") -> None:
    with exclusive(root, part_of(), lambda _: None):
        held.set()
        release.wait(10)


def test_the_second_of_two_builds_waits_and_says_so(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    held, release = spawn.Event(), spawn.Event()
    holder = spawn.Process(target=_hold, args=(tmp_path, held, release))
    holder.start()
    assert held.wait(10)
    said: list[str] = []

    def report(line: str) -> None:
        said.append(line)
        release.set()

    with exclusive(tmp_path, part_of(), report):
        pass
    holder.join(10)
    assert said == ["a thing: another build of it is under way, waiting for that one"]
