"""Each file in `wrong/` gives exactly the messages kept beside it, with the line that each is about.

After a message was changed on purpose: UPDATE_EXPECTED=1 pytest tests/score/test_wrong_files.py, then read the diff.
"""

import os
from pathlib import Path

import pytest

from platform_components.score.problems import excerpt
from platform_components.score.reader import examine
from tests.score.worlds import CONTRACTS

FOLDER = Path(__file__).parent / "wrong"
FILES = sorted(FOLDER.glob("*.yaml"))


def test_there_are_at_least_thirty() -> None:
    assert len(FILES) >= 30


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_wrong_file_gives_the_messages_kept_beside_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    examination = examine([Path(path.name)], contracts=CONTRACTS)
    assert examination.problems
    told = ""
    for problem in (*examination.problems, *examination.warnings):
        shown = excerpt(problem, examination.texts[path.name])
        told += f"{problem}\n{shown}\n\n" if shown else f"{problem}\n\n"
    expected = path.with_suffix(".txt")
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(told, encoding="utf-8")
    assert told == expected.read_text(encoding="utf-8")
