"""Every command of `pave` in the templates can be given: its verb and its options are there."""

import re
import shlex
from pathlib import Path
from typing import Any

import typer.main

from platform_components.cli.main import app

PAVE: Any = typer.main.get_command(app)


def commands(repository: Path) -> list[list[str]]:
    """The words of each, behind `pave`, as a shell would take them apart."""
    files = [*(repository / ".github").rglob("*.yml"), *(repository / "pipelines").rglob("*.yml")]
    found = []
    for file in sorted(files):
        text = re.sub(r"\\\n\s*", " ", file.read_text(encoding="utf-8"))
        for line in re.findall(r"^\s*(?:(?:- )?run: |\S+=\$\()?pave ([a-z].*)$", text, re.MULTILINE):
            words = shlex.split(re.split(r" [|<>]+ ", line)[0].rstrip(")"))
            found.append([word for word in words if "[@]" not in word])  # arrays, which may be empty
    return found


def test_every_command_of_the_templates_can_be_given(repository: Path) -> None:
    given = commands(repository)

    assert {"up", "destroy", "plan", "list", "show", "catalog"} <= {words[0] for words in given}
    for verb, *arguments in given:
        if verb in PAVE.commands:
            PAVE.commands[verb].make_context(verb, arguments)


def test_a_pipeline_never_asks(repository: Path) -> None:
    for words in commands(repository):
        if words[0] in ("up", "destroy"):
            assert "--yes" in words, words
