"""What the quick commands load, and how long that takes."""

import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
SDKS = ("pulumi", "pulumi_azure_native", "pulumi_kubernetes", "psycopg", "lightkube", "grpc")
MEASURED = 7
"""Runs of each command, in turns; their median counts."""

PLAN = ("plan", "examples/python-service", "--env-type", "ephemeral", "--app", "shop", "--branch", "main")
PAVE = "import sys; from platform_components.cli.main import main; sys.argv = ['pave', *{arguments}]; main()"


def python(program: str, *, after: str = "") -> tuple[str, ...]:
    """A command that runs a program in a fresh interpreter; `after` runs in it however the program ends."""
    if after:
        body = "\n".join(f"    {line}" for line in program.splitlines())
        program = f"try:\n{body}\nfinally:\n    {after}"
    return (sys.executable, "-c", program)


def loaded(program: str) -> set[str]:
    """The top-level packages that a program has loaded when it ends."""
    shown = "import sys; print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    answer = subprocess.run(python(program, after=shown), cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return set(answer.stdout.rpartition("LOADED")[2].split())


def processor_seconds(command: tuple[str, ...]) -> float:
    """The processor's time that a command takes: other programs on the machine make it slower, but not longer."""
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime


def times_slower(command: tuple[str, ...], base: tuple[str, ...]) -> float:
    """How much longer a command takes than another, by the medians of runs in turns."""
    for each in (command, base):
        processor_seconds(each)  # writes byte code
    pairs = [(processor_seconds(command), processor_seconds(base)) for _ in range(MEASURED)]
    return statistics.median(one for one, _ in pairs) / statistics.median(other for _, other in pairs)


@pytest.mark.parametrize(
    "arguments",
    [
        PLAN,
        ("plan", "examples/web", "--env-type", "ephemeral", "--json"),
        ("validate", "examples"),
        ("explain", "examples/web", "--resource", "db", "--env-type", "ephemeral"),
        ("graph", "examples/web", "--env-type", "ephemeral"),
        ("render", "examples/web", "--env-type", "ephemeral"),
        ("catalog",),
        ("schema",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_verbs_that_need_no_engine_load_no_sdk(arguments: tuple[str, ...]) -> None:
    assert loaded(PAVE.format(arguments=list(arguments))).isdisjoint(SDKS)


def test_the_library_alone_loads_no_sdk() -> None:
    assert loaded("import platform_components").isdisjoint({*SDKS, "pydantic", "yaml", "typer", "rich"})


def test_errors_are_imported_without_an_sdk() -> None:
    assert loaded("from platform_components import InputError, PlatformError").isdisjoint(SDKS)


def test_one_component_loads_the_sdk_it_needs_and_no_other() -> None:
    assert "pulumi_azure_native" not in loaded("from platform_components import PostgresDatabase, Workload")


def test_a_plan_takes_at_most_six_times_what_its_parsers_take() -> None:
    base = python("import pydantic, yaml")

    assert times_slower(python(PAVE.format(arguments=list(PLAN))), base) <= 6


def test_the_library_alone_takes_at_most_three_times_what_its_parsers_take() -> None:
    base = python("import pydantic, yaml")

    assert times_slower(python("import platform_components"), base) <= 3
