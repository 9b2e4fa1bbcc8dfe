"""What verbs print for machines is what the schemas say."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer.main

from platform_components.cli import outputs
from platform_components.cli.main import app
from tests.cli.conftest import Pave

WEB = "examples/web"


def valid(verb: str, document: Any) -> None:
    jsonschema.validate(document, outputs.schema_of(verb), cls=jsonschema.Draft202012Validator)


def test_every_verb_that_prints_json_has_a_schema() -> None:
    commands: Any = typer.main.get_command(app)
    print_json = {
        name
        for name, command in commands.commands.items()
        if any("--json" in parameter.opts for parameter in command.params)
    }
    assert set(outputs.names()) == print_json | {"error"}


@pytest.mark.parametrize("verb", outputs.names())
def test_every_schema_is_one_and_asks_for_something(pave: Pave, verb: str) -> None:
    document = json.loads(pave("schema", verb).out)

    jsonschema.Draft202012Validator.check_schema(document)
    assert not jsonschema.Draft202012Validator(document).is_valid("text")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("validate", WEB), 0),
        (("plan", WEB, "--env-type", "ephemeral"), 0),
        (("explain", WEB, "--env-type", "ephemeral", "--resource", "db"), 0),
        (("graph", WEB, "--env-type", "ephemeral"), 0),
        (("render", WEB, "--env-type", "ephemeral"), 0),
        (("catalog",), 0),
        (("catalog", "postgres"), 0),
        (("doctor",), 1),
    ],
)
def test_what_a_verb_prints_is_what_its_schema_says(pave: Pave, arguments: tuple[str, ...], code: int) -> None:
    ended = pave(*arguments, "--json")

    assert ended.code == code
    valid(arguments[0], json.loads(ended.out))


def test_problems_of_a_file_and_errors_are_what_their_schemas_say(pave: Pave, tmp_path: Path) -> None:
    file = tmp_path / "score.yaml"
    file.write_text("metadata: {name: 7}\n")

    valid("validate", json.loads(pave("validate", str(file), "--json").out))
    valid("error", json.loads(pave("plan", str(file), "--env-type", "ephemeral", "--json").err))
    valid("init", json.loads(pave("init", str(tmp_path / "new"), "--json").out))


def test_a_verb_without_a_schema_is_a_usage_error_with_the_nearest(pave: Pave) -> None:
    ended = pave("schema", "lst")

    assert ended.code == 2
    assert "list" in ended.err


def test_a_schema_refuses_another_verbs_document() -> None:
    with pytest.raises(jsonschema.ValidationError):
        valid("show", {"stack": "a"})
