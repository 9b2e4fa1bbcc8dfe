"""A stack's settings file: what is told becomes config, what the engine keeps there stays."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from platform_components.errors import InputError
from platform_components.lifecycle import stack_file

NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=10)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)
VALUES = st.recursive(
    TEXTS | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter(bool), inner, max_size=3),
    max_leaves=8,
)


def written(platform: Path, stack: str = "one") -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(stack_file.path_of(platform, stack).read_text(encoding="utf-8"))
    return document


@given(config=st.dictionaries(NAMES, VALUES, max_size=4))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, config: dict[str, Any]) -> None:
    platform = tmp_path_factory.mktemp("platform")

    stack_file.write(platform, "one", config)

    assert stack_file.read(platform, "one") == config


COMMENTED = """# The app's development environment
config:
  # who it belongs to
  platform:type: development   # never production
  platform:app: shop

  # what runs in it
  platform:workloads:
    - one.yaml   # the first
    - two.yaml
  pulumi:disable-default-providers: [kubernetes]
encryptionsalt: v1:abc   # the engine's
"""


def test_comments_and_layout_of_what_is_not_changed_stay(tmp_path: Path) -> None:
    path = stack_file.path_of(tmp_path, "development")
    path.parent.mkdir()
    path.write_text(COMMENTED)

    stack_file.write(tmp_path, "development", {"images": {"web": "python:3.12"}, "app": "store"})

    expected = COMMENTED.replace("platform:app: shop", "platform:app: store").replace(
        "[kubernetes]\n", "[kubernetes]\n  platform:images:\n    web: python:3.12\n"
    )
    assert path.read_text() == expected

    stack_file.write(tmp_path, "development", {"images": None, "app": "shop"})

    assert path.read_text() == COMMENTED


@given(
    before=st.dictionaries(NAMES, VALUES, max_size=4),
    changes=st.dictionaries(NAMES, VALUES | st.none(), max_size=4),
)
def test_a_change_of_any_file_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, Any], changes: dict[str, Any]
) -> None:
    platform = tmp_path_factory.mktemp("platform")
    stack_file.write(platform, "one", before)

    stack_file.write(platform, "one", changes)

    assert stack_file.read(platform, "one") == {
        key: value for key, value in {**before, **changes}.items() if value is not None
    }


def test_a_stack_without_a_file_has_no_config(tmp_path: Path) -> None:
    assert stack_file.read(tmp_path, "one") == {}


def test_writing_the_same_again_changes_nothing(tmp_path: Path) -> None:
    assert stack_file.write(tmp_path, "one", {"type": "ephemeral"})
    before = stack_file.path_of(tmp_path, "one").stat()

    assert not stack_file.write(tmp_path, "one", {"type": "ephemeral"})
    assert stack_file.path_of(tmp_path, "one").stat().st_mtime_ns == before.st_mtime_ns


def test_the_engines_own_keys_stay(tmp_path: Path) -> None:
    path = stack_file.path_of(tmp_path, "one")
    path.parent.mkdir()
    kept = {"encryptionsalt": "v1:abc", "config": {"azure-native:location": "westeurope", "platform:type": "ephemeral"}}
    path.write_text(yaml.safe_dump(kept))

    stack_file.write(tmp_path, "one", {"type": "development", "app": "shop"})

    assert written(tmp_path)["encryptionsalt"] == "v1:abc"
    assert written(tmp_path)["config"]["azure-native:location"] == "westeurope"
    assert stack_file.read(tmp_path, "one") == {"type": "development", "app": "shop"}


def test_an_encrypted_value_stays_as_it_is(tmp_path: Path) -> None:
    path = stack_file.path_of(tmp_path, "one")
    path.parent.mkdir()
    path.write_text("config:\n  platform:values: {api_key: {secure: 'v1:xyz'}}\n")

    stack_file.write(tmp_path, "one", {"app": "shop"})

    assert stack_file.read(tmp_path, "one")["values"] == {"api_key": {"secure": "v1:xyz"}}


def test_a_key_is_taken_out_with_none(tmp_path: Path) -> None:
    stack_file.write(tmp_path, "one", {"type": "ephemeral", "images": {"web": "python:3"}})

    stack_file.write(tmp_path, "one", {"images": None})

    assert stack_file.read(tmp_path, "one") == {"type": "ephemeral"}


def test_nothing_is_ever_deployed_with_the_kubeconfig_at_hand(tmp_path: Path) -> None:
    stack_file.write(tmp_path, "one", {"type": "ephemeral"})

    assert written(tmp_path)["config"]["pulumi:disable-default-providers"] == ["kubernetes"]


@pytest.mark.parametrize("text", ["config: [unclosed", "config: {a: 1}}\n", "\x00", "- a list", "just text", "7"])
def test_a_file_that_is_no_mapping_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    path = stack_file.path_of(tmp_path, "one")
    path.parent.mkdir()
    path.write_text(text)

    with pytest.raises(InputError) as error:
        stack_file.read(tmp_path, "one")
    assert error.value.where == str(path)


@pytest.mark.parametrize("text", ["config: a text", "config: [1, 2]", "config: 7"])
def test_config_that_is_no_mapping_is_refused_by_its_file(tmp_path: Path, text: str) -> None:
    path = stack_file.path_of(tmp_path, "one")
    path.parent.mkdir()
    path.write_text(text)

    for attempt in (lambda: stack_file.read(tmp_path, "one"), lambda: stack_file.write(tmp_path, "one", {"a": "b"})):
        with pytest.raises(InputError) as error:
            attempt()
        assert error.value.where == str(path)
    assert path.read_text() == text


def test_bytes_that_are_no_text_are_refused_by_their_file(tmp_path: Path) -> None:
    path = stack_file.path_of(tmp_path, "one")
    path.parent.mkdir()
    path.write_bytes(b"config: {a: '\xff\xfe'}")

    with pytest.raises(InputError, match="not readable as YAML"):
        stack_file.read(tmp_path, "one")


@pytest.mark.parametrize("text", ["", "# only a comment\n", "config:\n", "encryptionsalt: v1:abc\n"])
def test_a_file_with_nothing_of_ours_is_no_config(tmp_path: Path, text: str) -> None:
    path = stack_file.path_of(tmp_path, "one")
    path.parent.mkdir()
    path.write_text(text)

    assert stack_file.read(tmp_path, "one") == {}
    assert stack_file.write(tmp_path, "one", {"type": "ephemeral"})


def test_a_text_that_looks_like_a_number_stays_a_text(tmp_path: Path) -> None:
    stack_file.write(tmp_path, "one", {"branch": "1e5", "owner": "yes", "app": "007"})

    assert stack_file.read(tmp_path, "one") == {"branch": "1e5", "owner": "yes", "app": "007"}


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_file.write(tmp_path, "one", {"type": "ephemeral"})

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match=os.strerror(28)):
        stack_file.write(tmp_path, "one", {"type": "development"})

    assert stack_file.read(tmp_path, "one") == {"type": "ephemeral"}
    assert [path.name for path in stack_file.path_of(tmp_path, "one").parent.iterdir()] == ["Pulumi.one.yaml"]


def test_what_the_engine_wrote_before_it_failed_leaves_the_file_as_people_had_it(tmp_path: Path) -> None:
    """A salt, and no value yet: the first one could not be encrypted."""
    path = stack_file.path_of(tmp_path, "development")
    path.parent.mkdir()
    text = "config:\n  platform:branch: 1e5   # a name\n"
    path.write_text("config:\n    platform:branch: 100000\nencryptionsalt: v1:abc\n")

    stack_file.put_back(tmp_path, "development", text, "values")

    assert path.read_text() == f"{text}encryptionsalt: v1:abc\n"


def test_who_may_read_the_file_stays_so(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        stack_file.write(tmp_path, "one", {"type": "ephemeral"})
    finally:
        os.umask(before)
    path = stack_file.path_of(tmp_path, "one")
    assert path.stat().st_mode & 0o777 == 0o644
    path.chmod(0o640)

    stack_file.write(tmp_path, "one", {"app": "shop"})

    assert path.stat().st_mode & 0o777 == 0o640


def test_a_file_that_is_kept_elsewhere_is_written_there(tmp_path: Path) -> None:
    kept = tmp_path / "kept.yaml"
    kept.write_text("config:\n  platform:type: ephemeral\n")
    path = stack_file.path_of(tmp_path, "one")
    path.parent.mkdir()
    path.symlink_to(kept)

    stack_file.write(tmp_path, "one", {"app": "shop"})
    with stack_file.untouched(tmp_path, "one"):
        path.write_text("config: {}\n")

    assert path.is_symlink()
    assert yaml.safe_load(kept.read_text())["config"]["platform:app"] == "shop"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "stacks").write_text("no folder")

    with pytest.raises(InputError, match="can't be written") as error:
        stack_file.write(tmp_path, "one", {"app": "shop"})

    assert error.value.where.endswith("Pulumi.one.yaml")
