"""What each component registers, as files that a reviewer reads: `UPDATE_GOLDEN=1 pytest tests/azure/test_golden.py`
writes them anew.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests import mocks
from tests.azure.samples import LARGE, SMALL, deploy

FOLDER = Path(__file__).parent / "golden"
CASES = [
    pytest.param(component, args, f"{component}-{size}", id=f"{component}-{size}")
    for size, samples in (("small", SMALL), ("large", LARGE))
    for component, args in samples.items()
]


@pytest.mark.parametrize(("component", "args", "case"), CASES)
def test_a_component_registers_what_it_did(component: str, args: Any, case: str) -> None:
    path = FOLDER / f"{case}.json"
    # What does not depend on each other is registered in any order.
    registrations = sorted(deploy(component, args).registrations, key=lambda each: (each.type, each.name))
    text = json.dumps([described(each) for each in registrations], indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


def test_no_file_is_left_of_what_is_gone() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {str(case.values[2]) for case in CASES}


def described(each: mocks.Registration) -> dict[str, Any]:
    """A registration in the order a person reads it; empty options are left out."""
    options = {
        "depends_on": sorted(urn.rsplit("::", 1)[-1] for urn in each.depends_on),
        "deleted_with": each.deleted_with.rsplit("::", 1)[-1],
        "ignore_changes": each.ignore_changes,
        "secret_outputs": each.additional_secret_outputs,
        "delete_before_replace": bool(each.request.deleteBeforeReplace),
    }
    inputs = {key: value for key, value in each.inputs.items() if key != "__provider"}
    return {
        "type": each.type,
        "name": each.name,
        **({"inputs": masked(inputs, each.secrets)} if inputs else {}),
        **{name: value for name, value in options.items() if value},
    }


def masked(value: Any, secrets: frozenset[str], path: str = "") -> Any:
    """The inputs in the order of their names, secrets as `<secret>`."""
    if path in secrets:
        return "<secret>"
    if isinstance(value, dict):
        return {key: masked(value[key], secrets, f"{path}.{key}".lstrip(".")) for key in sorted(value)}
    if isinstance(value, list):
        return [masked(item, secrets, f"{path}[{index}]") for index, item in enumerate(value)]
    return value
