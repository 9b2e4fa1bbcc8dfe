"""Every example of docs/matching.md: its files are a platform repository, its commands print what stands there.

`file=` is there from the start, `later=` for the commands that follow; the one environment has been deployed before.
"""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from platform_components.catalog import load, packages
from platform_components.cli.main import main
from platform_components.drivers.registry import DRIVERS
from platform_components.environment import Context
from platform_components.exports import CONTRACT, CONTRACT_OUTPUT, PLAN_OUTPUT
from platform_components.lifecycle import engine
from platform_components.lifecycle.wanted import Wanted, prepare
from tests.lifecycle.backend import Backend, Stored, program_on_path
from tests.packages import install

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "matching.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCKS = BLOCK.findall(TEXT)
FILES = {mark.removeprefix("file="): text for _, mark, text in BLOCKS if mark.startswith("file=")}
LATER = [(index, mark, text) for index, (_, mark, text) in enumerate(BLOCKS) if mark.startswith("later=")]
EXAMPLES = [
    (index, mark, *text.removeprefix("$ ").split("\n", 1))
    for index, (language, mark, text) in enumerate(BLOCKS)
    if language == "console"
]
ON_STACKS = ("up", "diff")
RUN = "from platform_components.cli.main import main; main()"
ACME = FILES["definitions/postgres.yaml"].split("---\n")[1]
ACME = ACME.replace("postgres-dedicated", "acme-postgres").replace("db.example.com", "acme.example.com")
ACME = ACME.replace("{env_type: production}", "{app_id: shop, env_type: production}")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "platform"
    wrong = FILES["app/score.yaml"].replace("    type: postgres\n", "    type: postgres\n    class: large\n")
    write(folder, {**FILES, "Pulumi.yaml": "name: platform\n", "wrong/score.yaml": wrong})
    return folder


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def deployed(repository: Path) -> dict[str, Stored]:
    """The environment of the page, as it was deployed before anything changed."""
    wanted = Wanted(app="shop", branch="feature/login", scores=(repository / "app",))
    prepared = prepare(repository, wanted, {}, stack=wanted.stack())
    plan = prepared.matched.plan.to_document(places=False)
    config = {key: value for key, value in prepared.config.items() if value is not None}
    return {
        "foundation": Stored(outputs={CONTRACT_OUTPUT: CONTRACT}),
        wanted.stack(): Stored(outputs={PLAN_OUTPUT: plan}, config=config),
    }


def test_there_are_examples_to_run() -> None:
    assert len(FILES) >= 5
    assert len(EXAMPLES) >= 8


@pytest.mark.parametrize(
    ("index", "mark", "command", "expected"), EXAMPLES, ids=[command for _, _, command, _ in EXAMPLES]
)
def test_a_command_prints_what_the_page_says(
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    index: int,
    mark: str,
    command: str,
    expected: str,
) -> None:
    pave, verb, *arguments = shlex.split(command)
    assert pave == "pave"
    monkeypatch.chdir(repository)
    if verb in ON_STACKS:
        stacks = deployed(repository)
        write(repository, {mark.removeprefix("later="): text for before, mark, text in LATER if before < index})
        program_on_path(tmp_path / "bin", monkeypatch)
        monkeypatch.setattr(engine, "Engine", lambda platform, *_: Backend(platform, stacks))
        monkeypatch.setattr(sys, "argv", ["pave", verb, *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said, code = capsys.readouterr(), ended.value.code
        told = said.out + said.err
    else:
        site = tmp_path / "site-packages"
        if mark == "with=acme-platform":
            files = {"acme_platform/definitions/postgres.yaml": ACME}
            install(site, "acme-platform", files, definitions={"databases": "acme_platform.definitions"})
        monkeypatch.setenv("PYTHONPATH", str(site))
        run = subprocess.run([sys.executable, "-c", RUN, verb, *arguments], capture_output=True, text=True, check=False)
        told, code = run.stdout + run.stderr, run.returncode
    if expected.startswith("…\n"):
        expected = expected.removeprefix("…\n")
        told = told[-len(expected) :]
    assert told == expected
    assert code == (1 if "error: " in expected else 3 if verb == "diff" else 0)


PIECES = [text for language, mark, text in BLOCKS if language == "yaml" and not mark]
WHOLE = {
    "id": "example",
    "type": "postgres",
    "driver": "static",
    "criteria": [{"env_type": "ephemeral"}],
    "uses": {"server": {"type": "postgres-server", "class": "shared", "id": "main"}},
}


@pytest.mark.parametrize("piece", PIECES, ids=[piece.partition(":")[0] for piece in PIECES])
def test_a_piece_of_a_definition_is_one_that_loads(tmp_path: Path, piece: str) -> None:
    documents = [
        {**WHOLE, "criteria": []} | document if "version" in document else WHOLE | document
        for document in yaml.safe_load_all(piece)
    ]
    files = {name: FILES[name] for name in ("definitions/environments.yaml", "definitions/implicit.yaml")}
    write(tmp_path, {**files, "definitions/piece.yaml": yaml.safe_dump_all(documents)})
    known = load([tmp_path / "definitions"], drivers=DRIVERS)
    if "version" in piece:
        context = Context("ephemeral", "shop", "shop-main", "web.db")
        found = [known.match("postgres", "default", context, pins) for pins in ({}, {"postgres-shared": 2})]
        assert [match.definition.name for match in found if match] == ["postgres-shared@1", "postgres-shared@2"]


def test_entry_points_are_those_that_are_looked_for() -> None:
    text = next(text for language, _, text in BLOCKS if language == "toml")
    assert list(tomllib.loads(text)["project"]["entry-points"]) == [packages.DEFINITIONS, packages.DRIVERS]
