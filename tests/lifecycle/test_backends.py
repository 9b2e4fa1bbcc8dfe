"""Where stacks are kept: as the environment type says, or where the caller says, but never where another type's are."""

import os
import stat
import time
from pathlib import Path

import pytest

from platform_components.environment import EnvironmentType
from platform_components.errors import InputError
from platform_components.lifecycle.backends import Place, mend, place_of, prune, set_tags_in_files, tags_in_files
from platform_components.lifecycle.engine import Engine
from tests.lifecycle.backend import program_on_path

KEY = "azurekeyvault://kv.vault.azure.net/keys/stacks"
TYPES = {
    "ephemeral": EnvironmentType(name="ephemeral", kind="application", backend="azblob://branches"),
    "development": EnvironmentType(name="development", kind="application", backend="azblob://branches/"),
    "production": EnvironmentType(
        name="production", kind="application", backend="azblob://production", secrets_provider=KEY
    ),
    "free": EnvironmentType(name="free", kind="application", secrets_provider=KEY),
}


@pytest.mark.parametrize(
    ("name", "given", "place"),
    [
        ("production", "", Place("azblob://production", KEY)),
        ("production", "azblob://production/", Place("azblob://production", KEY)),
        ("production", "file:///tmp/sandbox", Place("file:///tmp/sandbox")),
        ("ephemeral", "", Place("azblob://branches")),
        ("ephemeral", "azblob://branches", Place("azblob://branches")),
        ("free", "", Place()),
        ("free", "azblob://production", Place("azblob://production")),
        ("nobody's", "", Place()),
        ("nobody's", "s3://bucket", Place("s3://bucket")),
    ],
)
def test_a_stack_is_kept_where_its_type_says_unless_the_caller_says_else(name: str, given: str, place: Place) -> None:
    assert place_of(TYPES, name, {"PULUMI_BACKEND_URL": given} if given else {}) == place


@pytest.mark.parametrize(("name", "given"), [("production", "azblob://branches"), ("ephemeral", "azblob://production")])
def test_one_types_environment_never_lands_in_anothers_backend(name: str, given: str) -> None:
    with pytest.raises(InputError, match=r"PULUMI_BACKEND_URL: is the backend of .* belong into"):
        place_of(TYPES, name, {"PULUMI_BACKEND_URL": given})


def test_the_engine_is_handed_backend_and_secrets_provider(
    platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    script = f'[ "$1" = version ] && echo v3.255.0 || echo "$PULUMI_BACKEND_URL $*" >> {told}'
    program_on_path(tmp_path / "bin", monkeypatch, script)
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///elsewhere")

    Engine(platform, Place("azblob://production", KEY)).init("production")
    Engine(platform).init("there")

    first, second = told.read_text().splitlines()
    assert first == f"azblob://production --non-interactive stack init production --no-select --secrets-provider {KEY}"
    assert second.startswith("file:///elsewhere ")
    assert "--secrets-provider" not in second


def test_secrets_that_go_through_a_pipe_go_to_the_same_backend(
    platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program_on_path(tmp_path / "bin", monkeypatch, 'echo "$PULUMI_BACKEND_URL"')

    assert Engine(platform, Place("s3://bucket")).run_privately("config") == "s3://bucket\n"


def states(root: Path, stack: str, count: int) -> None:
    for number in range(count):
        for folder, name in (
            ("history", f"{stack}-{1000 + number}.checkpoint.json"),
            ("history", f"{stack}-{1000 + number}.history.json"),
            ("backups", f"{stack}.{1000 + number}.json"),
        ):
            file = root / ".pulumi" / folder / "platform" / stack / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
            file.with_name(f"{name}.attrs").touch()


def left(root: Path, folder: str, stack: str, ending: str) -> list[str]:
    return sorted(
        file.name for file in (root / ".pulumi" / folder / "platform" / stack).iterdir() if ending in file.name
    )


def test_old_states_go_and_the_newest_and_the_history_stay(tmp_path: Path) -> None:
    states(tmp_path, "shop-main", 5)
    states(tmp_path, "other", 5)

    assert prune(tmp_path.as_uri(), "platform", "shop-main", keep=2) == 6

    newest = [f"shop-main-{number}.checkpoint.json{end}" for number in (1003, 1004) for end in ("", ".attrs")]
    assert left(tmp_path, "history", "shop-main", ".checkpoint") == newest
    assert len(left(tmp_path, "history", "shop-main", ".history")) == 10
    assert left(tmp_path, "backups", "shop-main", ".json") == [
        f"shop-main.{number}.json{end}" for number in (1003, 1004) for end in ("", ".attrs")
    ]
    assert len(left(tmp_path, "history", "other", ".checkpoint")) == 10


def test_compressed_states_count_too(tmp_path: Path) -> None:
    folder = tmp_path / ".pulumi" / "history" / "platform" / "a"
    folder.mkdir(parents=True)
    for number in (1, 2):
        (folder / f"a-{number}.checkpoint.json.gz").touch()

    assert prune(tmp_path.as_uri(), "platform", "a", keep=1) == 1
    assert [file.name for file in folder.iterdir()] == ["a-2.checkpoint.json.gz"]


@pytest.mark.parametrize("backend", ["azblob://branches", "s3://bucket", "https://api.pulumi.com", ""])
def test_other_backends_are_left_alone(backend: str) -> None:
    assert prune(backend, "platform", "shop-main", keep=0) == 0


def test_a_backend_without_a_history_is_no_error(tmp_path: Path) -> None:
    assert prune(tmp_path.as_uri(), "platform", "shop-main", keep=1) == 0


def stack_files(root: Path, project: str = "platform", layout: str = "version: 1\n") -> Path:
    folder = root / ".pulumi" / "stacks" / project
    folder.mkdir(parents=True)
    (root / ".pulumi" / "meta.yaml").write_text(layout)
    return folder


def test_stacks_and_their_tags_are_read_where_they_are_files(tmp_path: Path) -> None:
    folder = stack_files(tmp_path)
    for name in ("one.json", "one.json.attrs", "one.json.bak", "two.json.gz", "gone.json.bak", "gone.json.bak.attrs"):
        (folder / name).touch()
    (folder / "one.pulumi-tags").write_text('{"version": 1, "tags": {"pave:app": "shop"}}')
    (folder / "one.pulumi-tags.attrs").touch()

    assert tags_in_files(tmp_path.as_uri(), "platform") == {"one": {"pave:app": "shop"}, "two": {}}


@pytest.mark.parametrize(
    ("layout", "tags"), [("version: 2\n", "{}"), ("version: 1\n", '{"version": 2}'), ("version: 1\n", "half of i")]
)
def test_files_of_an_unknown_version_are_left_to_the_engine(tmp_path: Path, layout: str, tags: str) -> None:
    folder = stack_files(tmp_path, layout=layout)
    (folder / "one.json").touch()
    (folder / "one.pulumi-tags").write_text(tags)

    assert tags_in_files(tmp_path.as_uri(), "platform") is None


def test_tags_are_set_and_taken_away_at_once_where_they_are_files(tmp_path: Path) -> None:
    folder = stack_files(tmp_path)
    for name in ("one.json", "one.pulumi-tags.attrs", "two.json", "three.json"):
        (folder / name).touch()
    (folder / "one.pulumi-tags").write_text('{"version": 1, "tags": {"of-others": "kept", "pave:kept": "x"}}')
    backend = tmp_path.as_uri()

    assert set_tags_in_files(backend, "platform", "one", {"pave:app": "shop", "pave:kept": None})
    assert set_tags_in_files(backend, "platform", "two", {"pave:app": "shop"})
    assert tags_in_files(backend, "platform") == {
        "one": {"of-others": "kept", "pave:app": "shop"},
        "two": {"pave:app": "shop"},
        "three": {},
    }
    before = os.umask(0o002)
    try:
        assert set_tags_in_files(backend, "platform", "three", {"pave:app": "shop"})
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "three.pulumi-tags").stat().st_mode) == 0o664  # a folder may be shared
    (folder / "three.pulumi-tags").chmod(0o640)
    assert set_tags_in_files(backend, "platform", "three", {"pave:app": "shop", "pave:type": "x"})
    assert stat.S_IMODE((folder / "three.pulumi-tags").stat().st_mode) == 0o640
    assert set_tags_in_files(backend, "platform", "three", {"pave:app": None, "pave:type": None})
    assert set_tags_in_files(backend, "platform", "two", {"pave:app": None})
    assert sorted(file.name for file in folder.iterdir()) == [
        "one.json",
        "one.pulumi-tags",
        "three.json",
        "two.json",
    ]


@pytest.mark.parametrize(("stack", "layout"), [("none", "version: 1\n"), ("one", "version: 2\n")])
def test_tags_of_what_is_not_known_are_left_to_the_engine(tmp_path: Path, stack: str, layout: str) -> None:
    folder = stack_files(tmp_path, layout=layout)
    (folder / "one.json").touch()

    assert not set_tags_in_files(tmp_path.as_uri(), "platform", stack, {"pave:app": "shop"})
    assert not set_tags_in_files("azblob://branches", "platform", "one", {"pave:app": "shop"})
    assert [file.name for file in folder.iterdir()] == ["one.json"]


@pytest.mark.parametrize("backend", ["azblob://branches", "https://api.pulumi.com", "", "file:///nowhere"])
def test_the_engine_is_asked_for_what_is_in_no_files(backend: str) -> None:
    assert tags_in_files(backend, "platform") is None


def test_a_backend_of_files_is_listed_without_the_engine(
    platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stack_files(tmp_path / "state")
    (folder / "one.json").touch()
    (folder / "two.json").touch()
    (folder / "two.pulumi-tags").write_text('{"version": 1, "tags": {"pave:app": "shop"}}')
    program_on_path(tmp_path / "bin", monkeypatch)  # and fails whatever it is asked
    monkeypatch.setenv("PULUMI_BACKEND_URL", (tmp_path / "state").as_uri())

    engine = Engine(platform)

    assert engine.stack_names() == ("one", "two")
    assert engine.tags("two") == {"pave:app": "shop"}
    assert engine.stacks_tagged("pave:app", "shop") == {"two"}


def test_what_a_killed_engine_left_half_written_is_taken_away(tmp_path: Path) -> None:
    folder = stack_files(tmp_path)
    for name, text, age in (("one", "", 5), ("two", "", 0), ("three", "{}", 5)):
        file = folder / f"{name}.json.attrs"
        file.write_text(text)
        os.utime(file, (time.time() - age,) * 2)
        (folder / f"{name}.json").touch()

    assert mend(tmp_path.as_uri(), "platform") == 1

    assert not (folder / "one.json.attrs").exists()
    assert (folder / "one.json").exists()
    assert (folder / "two.json.attrs").exists(), "somebody is just writing it"
    assert (folder / "three.json.attrs").exists()


@pytest.mark.parametrize("backend", ["azblob://branches", "https://api.pulumi.com", "", "file:///nowhere"])
def test_there_is_nothing_to_mend_where_there_are_no_files(backend: str) -> None:
    assert mend(backend, "platform") == 0


def test_a_stack_is_read_again_after_its_engine_was_killed_while_it_wrote(
    platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = stack_files(tmp_path / "state") / "one.json.attrs"
    half.touch()
    os.utime(half, (time.time() - 5,) * 2)
    stumbles = f'[ -e {half} ] && echo "error: failed to load checkpoint: EOF" >&2 && exit 255'
    version = '[ "$1" = version ] && echo v3.255.0 && exit'
    program_on_path(tmp_path / "bin", monkeypatch, f"{version}\n{stumbles}\necho {{}}")
    monkeypatch.setenv("PULUMI_BACKEND_URL", (tmp_path / "state").as_uri())

    assert Engine(platform).outputs("one") == {}
