"""The documentation is true: its links lead somewhere, its commands parse, its tables list what the code has."""

import re
import shlex
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer.main

import platform_components
from platform_components import errors, exports, ownership
from platform_components.catalog import Catalog
from platform_components.catalog.definitions import CONTEXT_KEYS, ROOTS, SCHEMA
from platform_components.cli.main import app
from platform_components.drivers.registry import DRIVERS
from platform_components.environment import LIFE_KEYS, STACK_KEYS, STRUCTURED_KEYS, Environment, EnvironmentType
from platform_components.lifecycle.marks import Decision, Marks
from platform_components.repository import catalog_of
from sandbox import cli as sandbox_cli

CHECKOUT = Path(__file__).resolve().parents[1]
PAGES = [CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
REFERENCE = (CHECKOUT / "docs" / "reference.md").read_text(encoding="utf-8")
PAVE: Any = typer.main.get_command(app)
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`]+)`")


def without_code(text: str) -> str:
    return re.sub(r"``.*?``|`[^`\n]*`", "", FENCE.sub("", text))


def links(page: Path) -> list[str]:
    found = re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", without_code(page.read_text(encoding="utf-8")))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors(page: Path) -> set[str]:
    """The anchors of headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    found: set[str] = set()
    for heading in headings:
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
        kept = "".join(one for one in text if one in " -_" or unicodedata.category(one)[0] in "LN")
        anchor = base = kept.replace(" ", "-")
        for number in range(1, len(headings)):
            if anchor not in found:
                break
            anchor = f"{base}-{number}"
        found.add(anchor)
    return found


def command_lines(page: Path) -> Iterator[list[str]]:
    """The commands of a page's `sh` blocks, taken apart as a shell would."""
    for _, language, block in FENCE.findall(page.read_text(encoding="utf-8")):
        if language == "sh":
            for line in block.replace("\\\n", " ").splitlines():
                if words := shlex.split(line, comments=True):
                    yield words


def section(heading: str) -> str:
    """The reference's text below a heading, up to the next one."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", REFERENCE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/reference.md has no section '{heading}'"
    return found[1]


def rows(heading: str) -> list[list[str]]:
    """The cells of all tables in a section, without the headings."""
    lines = [line for line in section(heading).splitlines() if line.startswith("|")]
    tables = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    separators = {index for index, cells in enumerate(tables) if all(re.fullmatch("-+", cell) for cell in cells)}
    return [cells for index, cells in enumerate(tables) if index not in separators and index + 1 not in separators]


def first_cells(heading: str) -> list[str]:
    """What stands as code in the first column."""
    return [code for cells in rows(heading) for code in CODE.findall(cells[0])]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return catalog_of(CHECKOUT)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [PAGES[0]]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = [(page.parent / link.partition("#")[0]).resolve() for link in links(page)]
        found = [one for target in targets for one in ([*target.glob("*.md")] if target.is_dir() else [target])]
        waiting += [one for one in found if one in PAGES and one not in reached and one not in waiting]
    assert sorted(set(PAGES) - reached) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_command_can_be_given(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for words in command_lines(page):
        if words[0] == "make":
            assert {word for word in words[1:] if "=" not in word} <= targets, words
            continue
        in_sandbox = words[:3] == ["python", "-m", "sandbox"]
        command = getattr(sandbox_cli._parser(words[3:]).parse_args(words[3:]), "command", []) if in_sandbox else words
        if command[:1] == ["pave"]:
            _, verb, *arguments = command[: command.index(">")] if ">" in command else command
            assert verb in PAVE.commands, words
            PAVE.commands[verb].make_context(verb, arguments)  # raises for what it does not know


def test_every_verb_is_listed_with_its_options() -> None:
    listed = {}
    for cells in rows("Verbs"):
        if found := re.match(r"`pave ([a-z]+)", cells[0]):
            listed[found[1]] = set(CODE.findall(cells[1]))
    options = {
        verb: {max(one.opts, key=len) for one in command.params if one.opts[0].startswith("-")}
        for verb, command in PAVE.commands.items()
    }
    assert listed == options


def test_every_option_is_explained() -> None:
    explained = {word for cells in rows("Verbs") for code in CODE.findall(cells[0]) for word in code.split()[:1]}
    used = {option for cells in rows("Verbs") for option in CODE.findall(cells[1]) if option.startswith("--")}
    assert used <= explained


def test_exit_codes_are_those_of_the_errors() -> None:
    listed = {int(cells[0]): CODE.findall(cells[2]) for cells in rows("Exit codes")}
    classes = (errors.InputError, errors.UsageError, errors.OutsideError, errors.BusyError, errors.SurvivorsError)
    assert {code: names for code, names in listed.items() if names} == {
        one.exit_code: [one.__name__] for one in classes
    }
    assert sorted(listed) == list(range(7))


def test_config_keys_are_those_that_are_read() -> None:
    texts = [key for key in STACK_KEYS if key not in ("name", "project")]
    assert sorted(first_cells("Stack config")) == sorted(
        f"platform:{key}" for key in (*texts, *LIFE_KEYS, *STRUCTURED_KEYS)
    )


def test_keys_of_environment_types_are_those_that_are_read() -> None:
    assert sorted(first_cells("Environment types")) == sorted(EnvironmentType.model_fields.keys() - {"name"})


def test_every_environment_type_is_mentioned(catalog: Catalog) -> None:
    assert catalog.environment_types.keys() <= set(CODE.findall(section("Environment types")))


def test_keys_of_definitions_are_those_that_are_read() -> None:
    assert sorted(first_cells("Definitions")) == sorted(SCHEMA["properties"])
    text = section("Definitions")
    assert all(f"${{{root}." in text for root in ROOTS)
    assert {*CONTEXT_KEYS, *STACK_KEYS} <= set(CODE.findall(text))


def test_drivers_and_their_inputs_are_those_of_the_registry() -> None:
    listed = {CODE.findall(cells[0])[0]: cells[2] for cells in rows("Drivers")}
    assert listed.keys() == DRIVERS.keys()
    for name, driver in DRIVERS.items():
        if driver.inputs is not None:
            required, _, rest = re.sub(r"\([^)]*\)", "", listed[name]).partition(";")
            fields = {one.alias or key: one.is_required() for key, one in driver.inputs.model_fields.items()}
            assert {key for key, needed in fields.items() if needed} == set(CODE.findall(required)), name
            assert {key for key, needed in fields.items() if not needed} == set(CODE.findall(rest)), name


def test_resource_types_are_those_of_the_catalogue(catalog: Catalog) -> None:
    text = section("Resource types")
    served = {one.type for one in catalog.definitions}
    _, unserved, own = re.split(r"^(?=Known, but|The platform's own)", text, flags=re.MULTILINE)
    types = catalog.types.values()
    assert set(first_cells("Resource types")) == {one.name for one in types if one.developer and one.name in served}
    assert set(CODE.findall(unserved)) == {one.name for one in types if one.developer and one.name not in served}
    assert set(CODE.findall(own)) == {one.name for one in types if not one.developer}
    for cells in rows("Resource types"):
        type_ = catalog.types[CODE.findall(cells[0])[0]]
        assert set(CODE.findall(cells[1])) == set(type_.params), type_.name
        assert set(CODE.findall(cells[2])) <= set(type_.outputs), type_.name
        assert set(re.findall(r"`(\w+)` \(secret\)", cells[2])) <= set(type_.secret_outputs), type_.name
        assert ("holds data" in cells[2]) == type_.holds_data, type_.name


def test_stack_outputs_are_those_that_are_exported() -> None:
    pattern = exports.output_name("<type>.<class>#<id>", "<output>")
    names = (
        exports.CONTRACT_OUTPUT,
        exports.PLAN_OUTPUT,
        exports.URL_OUTPUT,
        exports.NAMESPACE_OUTPUT,
        exports.PAUSED_OUTPUT,
    )
    assert first_cells("Stack outputs") == [pattern, *names]
    assert f"| {exports.CONTRACT}, of foundations" in section("Stack outputs")


def test_marks_are_those_that_are_set() -> None:
    listed: dict[str, set[str]] = {}
    for cells in rows("Marks"):
        listed.setdefault(cells[0], set()).update(CODE.findall(cells[1]))
    environment = Environment("shop-x", EnvironmentType(name="ephemeral", kind="application"), app="shop", branch="x")
    environment = replace(environment, owner="team", branch="x", foundation="organization/platform/base")
    marks = Marks("shop", "x", "ephemeral", "team", "organization/platform/base", datetime(2030, 1, 1, tzinfo=UTC))
    decision = Decision("team", datetime(2030, 1, 1, tzinfo=UTC))
    marks = replace(marks, kept=decision, paused=decision, url="https://x")
    assert listed == {
        "stack tag": set(marks.tags()),
        "Azure tag": set(ownership.tags(environment)),
        "Kubernetes label": {*ownership.labels(environment), *ownership.MANAGED},
        "Kubernetes annotation": set(ownership.annotations(environment)),
    }


def test_environment_variables_are_those_that_the_code_reads() -> None:
    texts = {
        package: "\n".join(file.read_text(encoding="utf-8") for file in (CHECKOUT / package).rglob("*.py"))
        for package in ("platform_components", "sandbox")
    }
    read = {package: set(re.findall(r"\b(?:PAVE|SANDBOX|PLATFORM)_[A-Z_]+\b", text)) for package, text in texts.items()}
    sandbox = (CHECKOUT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    assert read["platform_components"] <= set(first_cells("Environment variables"))
    assert read["sandbox"] <= set(CODE.findall(FENCE.sub("", sandbox)))


def test_public_names_are_those_of_the_package() -> None:
    assert sorted(first_cells("Python names")) == sorted(platform_components.__all__)


def test_components_are_named_in_the_changelog() -> None:
    changelog = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    components = {name.removesuffix("Args") for name in platform_components.__all__ if name.endswith("Args")}
    assert components <= set(CODE.findall(changelog))
