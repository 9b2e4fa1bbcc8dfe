"""docs/conformance.md says what becomes of every element of the specification."""

import re
from pathlib import Path

import pytest

from platform_components.score.schema import workload_schema

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"
ROWS = [
    line.strip("|").split("|")
    for line in DOCUMENT.read_text(encoding="utf-8").split("## Elements")[1].split("\n## ")[0].splitlines()
    if line.startswith("| `")
]
SCHEMA = workload_schema()
ELEMENTS = sorted({key for node in (SCHEMA, *SCHEMA["$defs"].values()) for key in node.get("properties", {})})


@pytest.mark.parametrize("element", [one for one in ELEMENTS if one != "value"])  # a header's, in its row
def test_every_element_is_listed(element: str) -> None:
    named = {step for row in ROWS for name in re.findall(r"`([^`]+)`", row[0] + row[1]) for step in name.split(".")}
    assert {element, f"{element}[]"} & named


def test_every_row_says_what_is_read() -> None:
    assert [row[0] for row in ROWS if len(row) != 3 or not row[1].strip()] == []
