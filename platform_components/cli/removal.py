"""One environment of a sweep, removed by a process of its own: `pave destroy --if-expired`, as anybody could run it.

So several go at once, none can take another with it, and their memory is given back.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from platform_components.errors import BusyError, SurvivorsError
from platform_components.lifecycle.sweeping import Result, Task

_PROGRAM = "from platform_components.cli.main import main; main()"
_RESULTS: dict[int, Result] = {0: "done", BusyError.exit_code: "skipped", SurvivorsError.exit_code: "survived"}


def removal(platform: Path, program: Sequence[str] = (sys.executable, "-c", _PROGRAM)) -> Callable[[str], Task]:
    """What removes an environment whose time is over."""

    def remove(stack: str) -> Task:
        task = Task("environment", stack, stack, "")
        options = ("--env", stack, "--if-expired", "--yes", "--json", "--platform", str(platform))
        done = subprocess.run([*program, "destroy", *options], capture_output=True, text=True, check=False)
        return task.ended(
            _RESULTS.get(done.returncode, "failed"), *([] if done.returncode == 0 else _said(done.stderr))
        )

    return remove


def _said(text: str) -> list[str]:
    """The error's own words; what stands there else, where it is not one of ours."""
    for line in reversed(text.splitlines()):
        try:
            error = json.loads(line)["error"]
            return [" ".join(filter(None, [error["where"], error["what"]])), *error["details"], error["fix"]]
        except (ValueError, KeyError, TypeError):
            continue
    return text.strip().splitlines()[-3:] or ["it ended without a word"]
