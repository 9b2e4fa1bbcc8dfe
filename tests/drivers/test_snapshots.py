"""Whole environments of every type, as files that a reviewer reads: what is made, below what, guarded and secret how.

`UPDATE_GOLDEN=1 pytest tests/drivers/test_snapshots.py` writes them anew. What a component puts into each resource is
in `tests/azure/golden`.
"""

import os
from pathlib import Path

import pytest

from tests.drivers.world import Made, environment, foundation
from tests.mocks import Registration

FOLDER = Path(__file__).parent / "golden"
TYPES = (
    *("ephemeral", "development", "staging", "production", "local"),
    *("foundation-nonproduction", "foundation-production"),
)


@pytest.mark.parametrize("type_", TYPES)
def test_an_environment_of_a_type_is_what_it_was(type_: str) -> None:
    made = foundation(type_) if type_.startswith("foundation") else environment(type_)
    path = FOLDER / f"{type_}.txt"
    text = "\n".join(lines(made)) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


def test_no_file_is_left_of_a_type_that_is_gone() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(TYPES)


def lines(made: Made) -> list[str]:
    """A line for each resource, indented below its component, in the order of names."""
    children: dict[str, list[Registration]] = {}
    by_urn = {each.urn: each for each in made.recorded.registrations}
    for each in made.recorded.registrations:
        children.setdefault(each.parent if each.parent in by_urn else "", []).append(each)

    def below(parent: str, depth: int) -> list[str]:
        found = []
        for each in sorted(children.get(parent, ()), key=lambda one: (one.type, one.name)):
            found += [f"{'  ' * depth}{described(each)}", *below(each.urn, depth + 1)]
        return found

    return below("", 0)


def described(each: Registration) -> str:
    """Type and name, and what is special about it."""
    special = [
        *(["protected"] if each.protect else []),
        *([f"deleted with {each.deleted_with.rpartition('::')[2]}"] if each.deleted_with else []),
        *(["kept on delete"] if each.retain_on_delete else []),
        *([f"secret: {', '.join(sorted(each.secrets))}"] if each.secrets else []),
    ]
    return f"{each.type}  {each.name}" + (f"  ({'; '.join(special)})" if special else "")
