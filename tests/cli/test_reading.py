"""`pave validate` and `pave schema`: what a person, a machine and an editor get."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from platform_components.cli.main import app

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((CHECKOUT / "examples").rglob("score.yaml"))
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


def test_editors_complete_this_platforms_types() -> None:
    code, said = pave("schema")

    schema = json.loads(said)
    assert code == 0
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert '"postgres"' in json.dumps(schema["$defs"]["Resource"])
    assert '"postgres-server"' not in json.dumps(schema["$defs"]["Resource"])
