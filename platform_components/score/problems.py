"""What is wrong with a file a person wrote: one `Problem` per mistake, and the error that carries all of them.

Also the two things every message needs: a document path as text, and the nearest known name to a misspelt one.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from platform_components.errors import InputError
from platform_components.score.positions import Position

Kind = Literal[
    "file",  # cannot be read, is not UTF-8, is too large, is not there
    "yaml",  # not YAML, a key twice, limits exceeded
    "schema",  # not what the Score specification allows
    "placeholder",  # a ${...} that cannot resolve
    "before",  # the order of containers: unknown names, loops
    "quantity",  # a limit or request that cannot be met
    "source",  # a file's source: missing, outside the folder, too large
    "resource",  # resources that contradict each other or form a loop
    "contract",  # a param or output that the resource type does not have
    "unknown-type",  # a resource type this platform does not know
    "override",  # an override that does not fit
    "deprecated",  # a warning: an old form that was upgraded
]

MAX_PROBLEMS = 100
"""Problems told per file. Beyond that a file is another format, and a longer list helps nobody."""
MAX_LOOPS = 10
"""Loops told of one graph, and steps told of one loop: more of them are the same few entries again."""
_LONGEST_NAME = 256
"""Characters of a key that a message repeats; a hundred messages about one key of a megabyte would fill the memory."""

_PLAIN_STEP = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Problem:
    """One mistake: what kind, where in the document and in the file, what is wrong, and what to do."""

    kind: Kind
    path: str
    message: str
    position: Position | None = None
    hint: str = ""

    def __str__(self) -> str:
        where = [str(self.position)] if self.position else []
        first = ": ".join([*where, *([self.path] if self.path else []), self.message])
        return "\n".join([visible(first), *(f"  {visible(line)}" for line in self.hint.split("\n") if line)])

    def to_dict(self) -> dict[str, Any]:
        """The problem as `--json` prints it."""
        position = self.position or Position("")
        return {
            "kind": self.kind,
            "file": position.file,
            "line": position.line,
            "column": position.column,
            "path": self.path,
            "message": self.message,
            "hint": self.hint,
        }


class ScoreError(InputError):
    """All the problems of the files read; `str()` is the whole message."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_order(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems by file, line and column, each once."""
    return tuple(sorted(dict.fromkeys(problems), key=_sort_key))


def path_text(path: Sequence[str | int]) -> str:
    """A document path as people read it: `containers.web.files["/etc/app.conf"].mode`, `args[0]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN_STEP.fullmatch(step):
            text += f".{cut(step)}" if text else cut(step)
        else:
            text += f"[{json.dumps(cut(step), ensure_ascii=False)}]"
    return text


def cut(name: str, longest: int = _LONGEST_NAME) -> str:
    """The name, cut to what a message can hold."""
    return name if len(name) <= longest else name[: longest - 1] + "…"


def visible(text: str) -> str:
    """The text with escapes for what a terminal would obey or hide: control characters, direction marks, breaks."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one most likely means, if any is close."""
    from difflib import get_close_matches

    lowered = {candidate.lower(): candidate for candidate in sorted(known, reverse=True)}
    if len(name) > 64 or len(lowered) > 500:  # the comparison is quadratic in the length, and takes 2 µs for each
        return None
    matches = get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return lowered[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str], *, of: str = "known") -> str:
    """A hint: the nearest name, and all of them as far as a line holds them."""
    names = sorted(known)
    near = nearest(name, names)
    lines = [f"did you mean `{near}`?"] if near else []
    if names:
        shown = ", ".join(cut(one, 64) for one in names[:20]) + (", …" if len(names) > 20 else "")
        lines.append(f"{of}: {shown}")
    return "\n".join(lines)


@lru_cache(maxsize=2)
def lines_of(text: str) -> tuple[str, ...]:
    """The lines as YAML 1.2 and editors count them; `str.splitlines` breaks at more characters."""
    return tuple(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def excerpt(problem: Problem, text: str) -> str:
    """The line of the file that a problem is about, with a caret under its place; empty if there is none."""
    lines = lines_of(text)
    if problem.position is None or not 1 <= problem.position.line <= len(lines):
        return ""
    line = lines[problem.position.line - 1]
    column = problem.position.column - 1
    start = max(0, column - 80)
    shown = line[start : start + 120]
    margin = f"{problem.position.line} | "
    # One mark for each character that is not shown keeps the caret under its place.
    shown = "".join(character if character.isprintable() else "·" for character in shown)
    return f"{margin}{shown}\n{' ' * (len(margin) - 2)}| {' ' * _columns(shown[: column - start])}^"


def _columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def _sort_key(problem: Problem) -> tuple[str, int, int, str, str]:
    position = problem.position or Position("")
    return (position.file, position.line, position.column, problem.path, problem.message)
