"""Which mistake ends with which exit code and which words; nothing here needs an engine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from platform_components import __version__
from platform_components.cli import main as entry
from platform_components.errors import (
    BusyError,
    InputError,
    OutsideError,
    PlatformError,
    SurvivorsError,
    UsageError,
)
from tests.cli.conftest import Pave

WEB = "examples/web"
VERBS = ("validate", "schema", "plan", "explain", "graph", "catalog")
VERBS_ON_STACKS = ("up", "preview", "destroy", "diff", "list", "show", "logs")


def test_help_names_every_verb_and_every_exit_code(pave: Pave) -> None:
    ended = pave("--help")

    assert ended.code == 0
    assert [verb for verb in (*VERBS, *VERBS_ON_STACKS) if verb not in ended.out] == []
    codes = ended.out.partition("Exit codes")[2].split()
    assert [code for code in "0123456" if code not in codes] == []


@pytest.mark.parametrize("verb", [*VERBS, *VERBS_ON_STACKS])
def test_every_verb_has_help(pave: Pave, verb: str) -> None:
    ended = pave(verb, "-h")

    assert ended.code == 0
    assert "--platform" in ended.out


@pytest.mark.parametrize("verb", [command.name for command in entry.app.registered_commands])
def test_every_verb_shows_how_it_may_be_given(pave: Pave, verb: str) -> None:
    assert f"Example: pave {verb}" in pave(verb, "--help").out


def test_it_says_which_version_it_is(pave: Pave) -> None:
    ended = pave("--version")

    assert (ended.code, ended.out) == (0, f"pave {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (("plan", WEB, "--env-type", "ephemeral"), "dns-zone.default#main"),
        (("explain", WEB, "--env-type", "ephemeral", "--resource", "db"), "postgres.default#web.db  postgres-shared"),
        (("catalog",), "dns"),
        (("catalog", "redis"), "redis"),
    ],
)
def test_quietly_only_the_result_is_printed(pave: Pave, arguments: tuple[str, ...], first: str) -> None:
    said = pave(*arguments, "-q").out

    assert first in said.splitlines()
    assert len(said) < len(pave(*arguments).out)


def test_alone_it_shows_what_it_can_do(pave: Pave) -> None:
    ended = pave()

    assert ended.code in (0, 2)
    assert "destroy" in ended.out + ended.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("deploy",), "deploy"),
        (("plan", "--nonsense"), "--nonsense"),
        (("plan", WEB), "--env-type TYPE"),
        (("plan", WEB, "--env", "a", "--branch", "b", "--app", "c"), "give one of them"),
        (("plan", WEB, "--env-type", "ephemeral", "--image", "web"), "WORKLOAD=REFERENCE"),
        (("plan", WEB, "--env-type", "ephemeral", "--image", "=python:3"), "WORKLOAD=REFERENCE"),
        (("plan", WEB, "--platform", "/nowhere"), "/nowhere is not a platform repository"),
        (("explain", WEB, "--env-type", "ephemeral"), "--resource"),
        (("graph", WEB, "--env-type", "ephemeral", "--format", "png"), "png"),
        (("diff",), "A"),
        (("diff", "one", "two", "./three"), "write a folder as ./two"),
        (("up", WEB), "--branch BRANCH or --env NAME"),
        (("up", WEB, "--branch", "main"), "--app APP"),
        (("up", WEB, "--branch", "", "--app", "shop"), "--branch BRANCH or --env NAME"),
        (("destroy",), "--branch BRANCH or --env NAME"),
        (("show", "--env", "a", "--branch", "b", "--app", "c"), "give one of them"),
        (("logs",), "--branch BRANCH or --env NAME"),
        (("logs", "--env", "a", "--since", "ten minutes"), "write it as 30s, 10m, 2h or 1d"),
        (("logs", "--env", "a", "--follow", "--json"), "leave --json out"),
        (("logs", "--env", "a", "-f", "--previous"), "leave --previous out"),
    ],
)
def test_a_command_that_is_wrong_ends_with_2_and_says_what_to_add(
    pave: Pave, arguments: tuple[str, ...], words: str
) -> None:
    ended = pave(*arguments)

    assert ended.code == 2
    assert words in ended.err
    assert ended.out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("plan", WEB, "--env-type", "ephemral"), "did you mean"),
        (("plan", "no/such.yaml", "--env-type", "ephemeral"), "no/such.yaml"),
        (("plan", WEB, "--env-type", "ephemeral", "--image", "wbe=python:3"), "wbe"),
        (("plan", WEB, "--env-type", "ephemeral", "--override-property", "containers.web.imagee=a"), "imagee"),
        (("plan", WEB, "--branch", "///", "--app", "shop"), "///"),
        (("plan", WEB, "--env", "a b", "--env-type", "development", "--app", "shop"), "a b"),
        (("plan", WEB, "--env-type", "ephemeral", "--app", "Shop!"), "Shop!"),
        (("catalog", "postgers"), "postgres"),
    ],
)
def test_input_that_is_wrong_ends_with_1_and_names_it(pave: Pave, arguments: tuple[str, ...], words: str) -> None:
    ended = pave(*arguments)

    assert ended.code == 1
    assert words in ended.err
    assert ended.err.startswith("error: ")
    assert ended.out == ""


@pytest.mark.parametrize("verb", ["up", "preview"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("API_KEY: 7\n", "secrets.yaml:1:10: API_KEY: must be a text"),
        ("API_KEY=s3cret\n", "secrets.yaml:1:1: is no map"),
    ],
)
def test_a_values_file_that_is_wrong_is_told_by_its_place_and_shows_no_value(
    pave: Pave, tmp_path: Path, verb: str, text: str, words: str
) -> None:
    (tmp_path / "secrets.yaml").write_text(text)

    ended = pave(verb, WEB, "--branch", "main", "--app", "shop", "--values-file", str(tmp_path / "secrets.yaml"))

    assert ended.code == 1
    assert words in ended.err
    assert "s3cret" not in ended.out + ended.err


def test_values_come_from_no_argument(pave: Pave) -> None:
    assert pave("up", WEB, "--branch", "main", "--app", "shop", "--value", "API_KEY=s3cret").code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("up", WEB, "--branch", "main", "--app", "shop"),
        ("preview", WEB, "--branch", "main", "--app", "shop"),
        ("destroy", "--branch", "main", "--app", "shop"),
        ("show", "--branch", "main", "--app", "shop"),
        ("logs", "--branch", "main", "--app", "shop", "--since", "10m"),
        ("diff", "one", "two"),
        ("list",),
    ],
)
def test_without_an_engine_a_verb_on_stacks_ends_with_4_and_says_what_to_install(
    pave: Pave, arguments: tuple[str, ...]
) -> None:
    ended = pave(*arguments)

    assert ended.code == 4
    assert "no program `pulumi` on PATH" in ended.err


def test_outside_of_a_platform_repository_one_has_to_be_named(
    pave: Pave, platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = str(platform / WEB)
    monkeypatch.chdir(tmp_path)

    ended = pave("plan", score, "--env-type", "ephemeral")
    assert ended.code == 2
    assert "--platform DIR or PAVE_PLATFORM" in ended.err
    assert pave("plan", score, "--env-type", "ephemeral", "--platform", str(platform)).code == 0
    monkeypatch.setenv("PAVE_PLATFORM", str(platform))
    assert pave("plan", score, "--env-type", "ephemeral").code == 0


def test_the_platform_repository_is_found_from_a_folder_in_it(
    pave: Pave, platform: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(platform / "examples" / "web")

    assert pave("plan", "score.yaml", "--env-type", "ephemeral").code == 0


def test_machines_get_an_error_as_one_document(pave: Pave) -> None:
    ended = pave("plan", WEB, "--env-type", "ephemral", "--json")

    error = json.loads(ended.err)["error"]
    assert (error["kind"], ended.code) == ("input", 1)
    assert "ephemral" in json.dumps(error)


def test_machines_get_every_problem_of_a_file_with_its_place(pave: Pave, tmp_path: Path) -> None:
    score = tmp_path / "score.yaml"
    score.write_text("apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {one: {image: 7}, two: {}}\n")

    problems = json.loads(pave("plan", str(score), "--env-type", "ephemeral", "--json").err)["error"]["problems"]

    assert [(problem["line"], problem["path"]) for problem in problems] == [
        (3, "containers.one.image"),
        (3, "containers.two.image"),
    ]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("a"), 1),
        (UsageError("a"), 2),
        (OutsideError("a"), 4),
        (BusyError("a"), 5),
        (SurvivorsError("a"), 6),
        (typer.Exit(3), 3),
        (typer.Abort(), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_however_a_command_ends_the_exit_code_is_the_documented_one(
    pave: Pave, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def ending(**_: object) -> None:
        raise error

    monkeypatch.setattr(entry, "app", ending)

    ended = pave("list")
    assert ended.code == code
    assert ("error: a" in ended.err) is isinstance(error, PlatformError)


def test_a_defect_of_this_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(entry, "app", broken)
    with pytest.raises(ZeroDivisionError):
        entry.main()


def test_an_error_shows_where_what_and_what_to_do() -> None:
    error = InputError("is not known", where="platform:typ", fix="did you mean 'type'?", details=["one", "two\nthree"])

    assert str(error) == "platform:typ: is not known\n  one\n  two\n  three\n  did you mean 'type'?"


def test_a_reader_who_has_seen_enough_is_no_error(platform: Path) -> None:
    program = "import sys; from platform_components.cli.main import main; main()"
    command = [sys.executable, "-c", program, "catalog", "--json"]
    with subprocess.Popen(command, cwd=platform, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read().decode()

    assert (process.returncode, said) == (0, "")


def test_answers_of_a_person_are_asked_for_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    from platform_components.cli.options import interactive

    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(os, "isatty", lambda _: True)
    assert interactive()
    monkeypatch.setenv("CI", "1")
    assert not interactive()
    monkeypatch.delenv("CI")
    monkeypatch.setattr(os, "isatty", lambda descriptor: descriptor == 1)
    assert not interactive()
