"""What docs/branch-environments.md shows is what happens: its commands, run in their order, say what it quotes."""

import re
from collections.abc import Iterator

import pytest

from tests.conftest import CHECKOUT
from tests.e2e.conftest import Pave

pytestmark = pytest.mark.e2e

PAGE = CHECKOUT / "docs" / "branch-environments.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
VARYING = (
    (re.compile(r"\S+@example\.com"), "<owner>"),
    (re.compile(r"\bst[a-z0-9]{10,22}\b"), "<account>"),
    (re.compile(r"-[0-9a-f]{6}\b"), "-<hash>"),
    (re.compile(r"\d+(\.\d+)?"), "<n>"),
    (re.compile(r"<n>[smhd]\b(<n>s)?"), "<age>"),
    (re.compile(r"\s+"), " "),
)
"""What is another each time."""


def told(line: str) -> str:
    """A line without what is another each time."""
    for pattern, word in VARYING:
        line = pattern.sub(word, line)
    return line.strip()


def blocks() -> Iterator[tuple[str, list[str]]]:
    """Each block of commands, with the lines that the page quotes below it."""
    found = FENCE.findall(PAGE.read_text(encoding="utf-8"))
    for number, (language, text) in enumerate(found):
        if language == "sh":
            after = found[number + 1] if number + 1 < len(found) else ("sh", "")
            yield text, [line for line in after[1].splitlines() if line.strip("… ")] if not after[0] else []


def test_a_reader_who_follows_the_page_sees_what_it_says(foundation: Pave) -> None:
    for commands, quoted in blocks():
        script = f"set -eo pipefail\n{commands}"
        answer = foundation.execute("bash", "-c", script, PYTHONPATH=str(CHECKOUT))
        assert answer.returncode == 0, f"{commands}\n{answer.stdout}\n{answer.stderr}"
        said = iter([told(line) for line in answer.stdout.splitlines()])
        for line in quoted:
            # In this order, whatever else is said in between
            assert told(line) in said, f"the page says after\n{commands}\n{line}\nand it was\n{answer.stdout}"


def test_the_page_goes_through_a_whole_life() -> None:
    commands = "".join(text for text, _ in blocks())

    for verb in ("up", "list", "extend", "keep", "pause", "resume", "sweep", "sweep --yes", "destroy"):
        assert f"pave {verb}" in commands
