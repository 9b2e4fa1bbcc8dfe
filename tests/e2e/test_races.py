"""Two people push to one branch at the same moment: one result, and both are told the truth.

Four times here, in turns from two checkouts and from one; `make chaos` does it twenty times (`RACES`).
"""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.conftest import APP, Pave

pytestmark = pytest.mark.e2e

RACES = int(os.environ.get("RACES", "4"))
BRANCH = ("--app", APP, "--branch", "raced")
BUSY = 5


def push(pave: Pave, value: str) -> int:
    """Deploy with this value of a variable: 0, or 5 when another run was in the way; anything else fails."""
    change = ("--override-property", f"containers.python-service.variables.RACE={value}")
    arguments = ("up", "examples/python-service", *BRANCH, *change, "--yes", "--json")
    answer = pave.execute("pave", *arguments)
    assert answer.returncode in (0, BUSY), f"{answer.stdout}\n{answer.stderr}"
    assert (answer.returncode == BUSY) == ('"kind": "busy"' in answer.stderr), answer.stderr
    return answer.returncode


def test_two_pushes_at_once_end_in_one_of_them(foundation: Pave, tmp_path: Path) -> None:
    shutil.copytree(foundation.platform, tmp_path / "platform", symlinks=True)
    other = replace(foundation, platform=tmp_path / "platform")
    for number in range(RACES):
        people = (foundation, foundation if number % 2 else other)
        values = [f"{number}-{name}" for name in ("ann", "bob")]
        with ThreadPoolExecutor(max_workers=2) as pool:
            codes = dict(zip(values, pool.map(push, people, values), strict=True))
        told_done = [value for value, code in codes.items() if code == 0]
        assert told_done, "somebody's push is always deployed"

        shown = foundation.json("show", *BRANCH)
        found = foundation.cluster.container_environment("python-service", "python-service", shown["namespace"])
        assert found["RACE"] in told_done, codes

    assert foundation.json("up", *BRANCH, "--yes")["changes"] == {}
    assert (
        found["RACE"]
        == foundation.cluster.container_environment("python-service", "python-service", shown["namespace"])["RACE"]
    ), "a push that says nothing new changes nothing"
    assert foundation.json("destroy", *BRANCH, "--yes")["survivors"] == []
