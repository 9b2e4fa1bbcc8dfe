"""What a sweep makes of the end of `pave destroy --if-expired`."""

import json
import sys
from pathlib import Path

import pytest

from platform_components.cli.removal import removal

RENEWED = {"kind": "busy", "where": "", "what": "'one' lives until tomorrow", "fix": "x", "details": []}
LEFT = {
    "kind": "survivors",
    "where": "",
    "what": "1 thing(s) of one are still there",
    "fix": "look",
    "details": ["a", "b"],
}


@pytest.mark.parametrize(
    ("code", "said", "result", "first"),
    [
        (0, "", "done", None),
        (5, json.dumps({"error": RENEWED}), "skipped", "'one' lives until tomorrow"),
        (6, f"warning\n{json.dumps({'error': LEFT})}", "survived", "1 thing(s) of one are still there"),
        (4, "no json", "failed", "no json"),
        (-9, "", "failed", "it ended without a word"),
    ],
)
def test_each_end_is_told(tmp_path: Path, code: int, said: str, result: str, first: str | None) -> None:
    script = f"import os, sys; sys.stderr.write({said!r}); sys.stderr.flush(); "
    script += "os.kill(os.getpid(), 9)" if code < 0 else f"sys.exit({code})"

    task = removal(tmp_path, (sys.executable, "-c", script))("one")

    assert (task.stack, task.result) == ("one", result)
    assert next(iter(task.details), None) == first


def test_it_is_asked_for_one_environment_whose_time_is_over(tmp_path: Path) -> None:
    script = "import sys; sys.stderr.write(' '.join(sys.argv[1:])); sys.exit(1)"

    (said,) = removal(tmp_path, (sys.executable, "-c", script))("one").details

    assert said == f"destroy --env one --if-expired --yes --json --platform {tmp_path}"
