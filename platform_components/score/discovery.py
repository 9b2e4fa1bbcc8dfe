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
    found: dict[Path, Path] = {}
    problems: list[Problem] = []
    for path in paths:
        files = sorted(_score_files(path)) if path.is_dir() else [path]
        if not files:
            hint = "a Score file is called score.yaml or NAME.score.yaml, or says apiVersion: score.dev/v1b1"
            problems.append(Problem("file", "", "there is no Score file in this folder", Position(str(path)), hint))
        for file in files:
            found.setdefault(file.resolve(), file)
    return sorted(found.values(), key=str), problems


def _score_files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        for name in names:
            path = Path(parent, name)
            if name.endswith((".yaml", ".yml")) and path.is_file() and (_is_named_score(name) or _says_score(path)):
                yield path


def _is_named_score(name: str) -> bool:
    stem = name.rsplit(".", 1)[0]
    return stem == "score" or stem.endswith(".score")


def _says_score(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _SCORE.search(file.read(_LOOKED_AT)) is not None
    except OSError:
        return False  # a file that was not asked for by name and cannot be looked at is not known to be one
