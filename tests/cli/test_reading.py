"""`pave validate` and `pave schema`: what a person, a machine and an editor get."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from platform_components.cli.main import app
from platform_components.score.yaml import MAX_BYTES, load
from tests.score.validator import validator

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((CHECKOUT / "examples").rglob("*score.yaml"))
GOOD = """apiVersion: score.dev/v1b1
metadata: {name: good}
containers: {one: {image: python}}
"""
WRONG = """apiVersion: score.dev/v1b1
metadata: {name: wrong}
containers:
  one:
    image: python
    variables: {HOST: "${resources.db.hots}"}
resources:
  db: {type: postgres}
  cache: {type: rediss}
"""


def pave(*arguments: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, [*arguments, "--platform", str(CHECKOUT)])
    return answer.exit_code, answer.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_every_example_is_clean(example: Path) -> None:
    code, said = pave("validate", str(example))

    assert (code, said) == (0, f"1 workload(s) without a problem: {example.parent.name}\n")


def test_every_problem_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "score.yaml"
    file.write_text(WRONG)

    code, said = pave("validate", str(file))

    assert code == 1
    assert f"{file}:6:24: containers.one.variables.HOST: " in said
    assert "did you mean `host`?" in said
    assert '6 |     variables: {HOST: "${resources.db.hots}"}' in said
    assert f"{file}:9:17: resources.cache.type: this platform has no resource type 'rediss'" in said


def test_machines_get_the_same_problems(tmp_path: Path) -> None:
    file = tmp_path / "score.yaml"
    file.write_text(WRONG)

    code, said = pave("validate", str(file), "--json")

    found = [(one["kind"], one["line"], one["path"]) for one in json.loads(said)["problems"]]
    assert code == 1
    assert found == [
        ("contract", 6, "containers.one.variables.HOST"),
        ("unknown-type", 9, "resources.cache.type"),
    ]


def test_schema_only_knows_the_specification_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "score.yaml"
    file.write_text(WRONG)

    assert pave("validate", str(file), "--schema-only")[0] == 0


def test_no_path_is_a_usage_error() -> None:
    assert pave("validate")[0] == 2
    assert pave("validate", "score.yaml", "--no-such-option")[0] == 2


def test_the_examples_are_clean_together() -> None:
    code, said = pave("validate", str(CHECKOUT / "examples"))

    assert code == 0
    assert said.startswith(f"{len(EXAMPLES)} workload(s) without a problem: ")


def test_files_and_folders_are_checked_in_one_run(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "score.yaml").write_text(GOOD)
    (tmp_path / "folder" / "values.yaml").write_text("not: a score file")
    (tmp_path / "wrong.yaml").write_text(WRONG)

    code, said = pave("validate", str(tmp_path / "folder"), str(tmp_path / "wrong.yaml"))

    assert code == 1
    assert said.count("error: ") == said.count(f"error: {tmp_path / 'wrong.yaml'}") == 2
    (tmp_path / "wrong.yaml").write_text(GOOD.replace("good", "other"))
    assert pave("validate", str(tmp_path / "folder"), str(tmp_path / "wrong.yaml"), "-q") == (0, "")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.yaml", "cannot be read: there is no such file"),
        ("-", "cannot be read: there is no such file\n  standard input is not read; name the file itself"),
        ("loop.yaml", "cannot be read: Too many levels of symbolic links"),
        ("pipe.yaml", "is no regular file\n  name a file, or a folder of them"),
        ("/dev/null", "is no regular file\n  name a file, or a folder of them"),
        ("folder.yaml", "there is no Score file in this folder"),
        ("good.yaml/x", "cannot be read: Not a directory"),
        ("x" * 300, "cannot be read: File name too long"),
        ("large.yaml", "is larger than 1024 KiB"),
    ],
)
def test_what_is_no_file_to_read_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good.yaml").write_text(GOOD)
    Path("loop.yaml").symlink_to("loop.yaml")
    os.mkfifo("pipe.yaml")
    Path("folder.yaml").mkdir()
    Path("large.yaml").write_text(GOOD + "#" * MAX_BYTES)

    code, said = pave("validate", name, "good.yaml")

    assert code == 1
    assert said.startswith(f"error: {name}: {message}\n")
    assert said.count("error: ") == 1


@contextmanager
def someone_else_than_root() -> Iterator[None]:
    """Root may read everything."""
    uid = os.geteuid()
    os.seteuid(65534 if uid == 0 else uid)
    try:
        yield
    finally:
        os.seteuid(uid)


def test_what_may_not_be_read_is_a_problem() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "closed").mkdir(mode=0)
        (folder / "score.yaml").write_text(GOOD)
        (folder / "score.yaml").chmod(0)
        with someone_else_than_root():
            code, said = pave("validate", name, f"{name}/closed/score.yaml", "--schema-only")

    assert code == 1
    assert set(said.splitlines()) == {
        f"error: {name}/{path}: cannot be read: Permission denied"
        for path in ("closed", "closed/score.yaml", "score.yaml")
    }


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    file = tmp_path / "score.yaml"
    file.write_text(GOOD + "#" * (MAX_BYTES - len(GOOD)))

    assert pave("validate", str(file))[0] == 0


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (GOOD.replace("\n", "\r\n").encode(), 0),
        (GOOD.replace("\n", "\r").encode(), 0),
        (GOOD.encode("utf-8-sig"), 0),
        (GOOD.encode("utf-16"), 1),
        (GOOD.encode("utf-16-le"), 1),
        (GOOD.encode("utf-32"), 1),
        (b"", 1),
    ],
    ids=["CRLF", "CR", "BOM", "UTF-16", "UTF-16 without a mark", "UTF-32", "empty"],
)
def test_encodings_and_line_ends(tmp_path: Path, content: bytes, code: int) -> None:
    file = tmp_path / "score.yaml"
    file.write_bytes(content)

    assert pave("validate", str(file))[0] == code


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_name_that_the_terminal_cannot_show_is_no_defect(tmp_path: Path, as_json: bool, encoding: str) -> None:
    file = os.fsencode(tmp_path) + b"/\xff\xc3\xb6.yaml"
    Path(os.fsdecode(file)).write_text(WRONG.replace("wrong", "w\u00f6\U0001f600"))

    done = subprocess.run(
        [Path(sys.executable).with_name("pave"), "validate", file, *(["--json"] if as_json else [])],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        cwd=CHECKOUT,
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (1, b"")
    assert b"metadata.name" in done.stdout
    if as_json:
        assert len(json.loads(done.stdout)["problems"]) == 3


def test_editors_complete_this_platforms_types() -> None:
    code, said = pave("schema")

    schema = json.loads(said)
    assert code == 0
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert '"postgres"' in json.dumps(schema["$defs"]["Resource"])
    assert '"postgres-server"' not in json.dumps(schema["$defs"]["Resource"])


def test_checking_waits_for_nothing_that_it_does_not_need() -> None:
    program = (
        "import sys\nfrom platform_components.cli.main import main\n"
        f"sys.argv = ['pave', 'validate', {str(EXAMPLES[0])!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    print(*sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, check=True, text=True)

    loaded = set(done.stdout.splitlines()[-1].split())
    assert "platform_components.score.reader" in loaded
    needless = ("pulumi", "rich", "psycopg", "platform_components.plan", "platform_components.drivers")
    assert [name for name in needless if name in loaded] == []


@pytest.fixture(scope="module")
def editor() -> Any:
    """What an editor has: a complete validator of the schema that was printed."""
    return validator(json.loads(pave("schema")[1]))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_editor_finds_nothing_in_the_examples(editor: Any, example: Path) -> None:
    assert list(editor.iter_errors(load(example.read_bytes(), str(example)).value)) == []


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"resources": {"db": {"type": "postgress"}}}, "resources.db.type"),
        (
            {"resources": {"x": {"type": "route", "params": {"hots": "a", "path": "/", "port": 1}}}},
            "resources.x.params",
        ),
        ({"resources": {"x": {"type": "route", "params": {"host": "a", "path": "a", "port": 1}}}}, "params.path"),
        ({"containers": {"one": {"imgae": "python"}}}, "containers.one"),
        ({"service": {"ports": {"web": {"port": "80"}}}}, "service.ports.web.port"),
    ],
    ids=["type", "param", "param's value", "key", "number in quotes"],
)
def test_an_editor_marks_what_pave_validate_refuses(
    editor: Any, tmp_path: Path, wrong: dict[str, Any], place: str
) -> None:
    document = load(GOOD, "score.yaml").value | wrong
    file = tmp_path / "score.yaml"
    file.write_text(json.dumps(document))

    places = {".".join(map(str, error.absolute_path)) for error in editor.iter_errors(document)}
    assert pave("validate", str(file))[0] == 1
    assert any(one.endswith(place) for one in places), places


def test_an_editor_marks_a_class_that_no_definition_serves(editor: Any) -> None:
    resources = {"db": {"type": "postgres", "class": "enormous"}}
    (error,) = editor.iter_errors(load(GOOD, "score.yaml").value | {"resources": resources})

    assert list(error.absolute_path) == ["resources", "db", "class"]


def test_without_a_platform_repository_the_schema_is_that_of_the_specification(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PAVE_PLATFORM", raising=False)

    answer = CliRunner().invoke(app, ["schema"])

    resource = {"resources": {"any": {"type": "anything"}}}
    assert answer.exit_code == 0
    assert validator(json.loads(answer.stdout)).is_valid(load(GOOD, "score.yaml").value | resource)
