"""A file of secrets is a map of names and texts; whatever is wrong with it, no message shows what could be a value."""

import io
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_components.errors import InputError
from platform_components.lifecycle import values_file
from platform_components.score.problems import ScoreError

SECRET = "sk_live_51H8x"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "secrets.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(folder: Path, text: str | bytes) -> str:
    with pytest.raises(InputError) as error:
        values_file.read(written(folder, text))
    return str(error.value)


def test_names_have_texts_and_null_removes(tmp_path: Path) -> None:
    text = 'STRIPE_KEY: sk_live\nPEM: |\n  one\n  two\n"quoted-name": "007"\nOLD: null\nOLDER:\n'

    assert values_file.read(written(tmp_path, text)) == {
        "STRIPE_KEY": "sk_live",
        "PEM": "one\ntwo\n",
        "quoted-name": "007",
        "OLD": None,
        "OLDER": None,
    }


def test_json_is_yaml(tmp_path: Path) -> None:
    assert values_file.read(written(tmp_path, '{"A": "x", "B": null}')) == {"A": "x", "B": None}


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"A: x\n")))

    assert values_file.read(Path("-")) == {"A": "x"}


def test_standard_input_that_is_closed_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(InputError, match="standard input: is closed"):
        values_file.read(Path("-"))


def test_a_mistake_on_standard_input_is_told_by_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"A: x\nB: 7\n")))

    with pytest.raises(ScoreError, match=r"^standard input:2:4: B: must be a text\n  quote it$"):
        values_file.read(Path("-"))


def test_a_pipe_is_as_good_as_a_file() -> None:
    read, write = os.pipe()
    os.write(write, b"A: x\n")
    os.close(write)

    assert values_file.read(Path(f"/dev/fd/{read}")) == {"A": "x"}
    os.close(read)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A: 7", "secrets.yaml:1:4: A: must be a text\n  quote it"),
        ("A: true", "secrets.yaml:1:4: A: must be a text\n  quote it"),
        ("A: 1.5e3", "secrets.yaml:1:4: A: must be a text\n  quote it"),
        ("A: x\nB: [x]", "secrets.yaml:2:4: B: must be a text"),
        ("A: {x: y}", "secrets.yaml:1:4: A: must be a text"),
        ("A: ''", "secrets.yaml:1:4: A: is empty"),
        ('A: "a\\0b"', "secrets.yaml:1:4: A: holds a character that no environment variable can hold"),
        ("- A\n- B", "secrets.yaml:1:1: is no map of names and texts"),
        ("", "secrets.yaml: is empty"),
        ("# only a comment\n", "secrets.yaml: is empty"),
        ("~", "is empty"),
        ("A: x\n---\nB: y", "secrets.yaml:3:1: a second document"),
        ("A: x\nA: y", "secrets.yaml:2:1: this name was given before"),
        ("7: x", "secrets.yaml:1:1: a name must be a text"),
        ("A B: x", "secrets.yaml:1:1: is no name of a value"),
        ("1A: x", "is no name of a value"),
        ("A.B: x", "is no name of a value"),
        ("'': x", "is no name of a value"),
        ("secure: x", "is no name of a value"),
        ("A: x\n  B: y", "cannot be read as YAML here"),
        ("A: 'x", "cannot be read as YAML here"),
        ("A: \tx: y", "cannot be read as YAML here"),
    ],
)
def test_what_is_wrong_is_told_by_its_place(tmp_path: Path, text: str, words: str) -> None:
    assert words in refused(tmp_path, text)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    told = refused(tmp_path, "A: 7\nB: true\nC D: x\nE: ''\n")

    places = [line.rpartition("secrets.yaml:")[2].split(":")[0] for line in told.splitlines() if line[0] != " "]
    assert places == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    "text",
    [
        f"STRIPE_KEY={SECRET}\n",  # as in a file for `source`
        f"{{STRIPE_KEY:{SECRET}}}",  # a forgotten space makes one key of it
        f"STRIPE_KEY:{SECRET}\n",
        f"{SECRET}!: STRIPE_KEY\n",
        f"A: *{SECRET}\n",
        f"A: !{SECRET} x\n",
        f"A: !!int {SECRET}\n",
        f"A: &{SECRET} [x\n",
        f"A: '{SECRET}\n",
        f'A: "\\{SECRET}"\n',
        f"A: x\n  {SECRET}: y: z\n",
        f"A: {{{SECRET}}}\n",
        f"A: [{SECRET}]\n",
        f"? [{SECRET}]\n: x\n",
        f"A: x\n{SECRET}\n",
        f"A: %{SECRET}\n@{SECRET}\n",
        f"%{SECRET}\n---\nA: x\n",
        f"A: {SECRET}\nB: 7\n",
        f"A: {SECRET}\x07\n",
        f"A: {SECRET} \ud83d".encode("utf-8", "surrogatepass"),
        f"A: {SECRET}: {SECRET}\n",
        f"A: {SECRET}\n---\nB: {SECRET}\n",
        f"A: {SECRET}\n" * 2,
        f"A: {{<<: {SECRET}}}\n",
        SECRET,
        f"A: {SECRET * 10000}\n",
    ],
)
def test_no_message_shows_a_value_wherever_it_was_put(tmp_path: Path, text: str | bytes) -> None:
    told = refused(tmp_path, text)

    assert "secrets.yaml" in told
    assert SECRET not in told
    assert SECRET[:7] not in told


@given(text=st.text(max_size=60) | st.binary(max_size=60))
def test_any_bytes_are_values_or_a_mistake(tmp_path_factory: pytest.TempPathFactory, text: str | bytes) -> None:
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    try:
        found = values_file.read(written(tmp_path_factory.mktemp("any"), content))
    except InputError:
        return
    assert all(value is None or value for value in found.values())


def test_a_file_that_is_not_there_or_no_file_is_named(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "no.yaml", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(InputError, match=words) as error:
            values_file.read(path)
        assert error.value.where == str(path)
        assert "- for standard input" in error.value.fix


def test_more_than_a_program_can_be_given_is_refused(tmp_path: Path) -> None:
    assert "larger than 64 KiB" in refused(tmp_path, "A: " + "x" * (64 * 1024))
    assert values_file.read(written(tmp_path, "A: " + "x" * (63 * 1024)))
    assert "more than 100 values" in refused(tmp_path, "".join(f"A{n}: x\n" for n in range(101)))
