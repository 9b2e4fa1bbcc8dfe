"""What starts fast stays fast: no Pulumi where nothing is created, no SDK where nothing is deployed."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
BASE = "import pydantic, yaml"
SDKS = ("pulumi", "pulumi_azure_native", "pulumi_kubernetes", "psycopg", "grpc")
PLAN = """
import sys
from platform_components.cli.main import main
sys.argv = ["pave", "plan", "examples", "--env-type", "ephemeral"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
LOADED = "\nimport json\nprint(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"


def run(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout


def loaded(code: str) -> list[str]:
    modules: list[str] = json.loads(run(f"import sys\n{code}{LOADED}").splitlines()[-1])
    return modules


def processor_seconds(code: str) -> float:
    before = os.times()
    run(code)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def ratio(code: str, rounds: Sequence[int] = range(9)) -> float:
    """How much processor time it takes, compared with the two packages that everything here is built on."""
    pairs = [(processor_seconds(code), processor_seconds(BASE)) for _ in rounds]
    return statistics.median(one for one, _ in pairs) / statistics.median(base for _, base in pairs)


def test_a_plan_needs_no_pulumi() -> None:
    assert not set(SDKS) & set(loaded(PLAN))


def test_importing_the_library_loads_no_sdk() -> None:
    assert not {*SDKS, "typer", "rich", "pydantic"} & set(loaded("import platform_components"))


def test_a_plan_takes_at_most_five_times_its_foundations() -> None:
    assert ratio(PLAN) <= 5


def test_importing_the_library_takes_at_most_three_times_its_foundations() -> None:
    assert ratio("import platform_components") <= 3
