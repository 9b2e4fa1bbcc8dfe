"""Which files a path means: itself, or the Score files in a folder."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from platform_components.score.positions import Position
from platform_components.score.problems import Problem

_SCORE = re.compile(rb"""^(?:"apiVersion"|'apiVersion'|apiVersion)\s*:\s*["']?score\.dev/""", re.MULTILINE)
_LOOKED_AT = 64 * 1024
_SKIPPED = frozenset({"node_modules", "__pycache__"})


def find(paths: Sequence[Path]) -> tuple[list[Path], list[Problem]]:
    """The files that the paths mean, sorted and each once; a path without a Score file is a problem."""
    found: dict[str, Path] = {}
    problems: list[Problem] = []
    for path in paths:
        unreadable: list[OSError] = []
        files = sorted(_score_files(path, unreadable)) if os.path.isdir(path) else [path]  # noqa: PTH112
        for error in unreadable:
            problems.append(Problem("file", "", f"cannot be read: {error.strerror}", Position(str(error.filename))))
        if not files and not unreadable:
            hint = "a Score file is called score.yaml or NAME.score.yaml, or says apiVersion: score.dev/v1b1"
            problems.append(Problem("file", "", "there is no Score file in this folder", Position(str(path)), hint))
        for file in files:
            found.setdefault(os.path.realpath(file), file)  # unlike Path.resolve, not stopped by a loop of links
    return sorted(found.values(), key=str), problems


def _score_files(folder: Path, unreadable: list[OSError]) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        for name in names:
            path = Path(parent, name)
            if name.endswith((".yaml", ".yml")) and (_is_named_score(name) or _says_score(path)):
                yield path


def _is_named_score(name: str) -> bool:
    stem = name.rsplit(".", 1)[0]
    return stem == "score" or stem.endswith(".score")


def _says_score(path: Path) -> bool:
    try:
        if not path.is_file():  # a named pipe would wait for a writer
            return False
        with path.open("rb") as file:
            return _SCORE.search(file.read(_LOOKED_AT)) is not None
    except OSError:
        return False  # a file that was not asked for by name and cannot be looked at is not known to be one
