"""A developer's own secrets as they are handed in: a YAML map of NAME: text, from a file or standard input.

No message says anything that could be a value. Whoever forgets a colon writes one where a name belongs, so names are
told only once they are known to be some, and what the YAML reader quotes is left out.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from platform_components.errors import InputError
from platform_components.score.positions import Position
from platform_components.score.problems import Problem, ScoreError
from platform_components.score.yaml import Document, compose

STANDARD_INPUT = Path("-")
MAX_BYTES = 64 * 1024
"""Of all values together. `pulumi up` by hand hands the whole config to the program in one environment variable, and
Linux takes 128 KiB there: execve(2)."""
MAX_NAMES = 100

_NAME = re.compile(r"[A-Za-z_][0-9A-Za-z_-]{0,66}")
_RESERVED = "secure"
"""How the engine marks what is encrypted: a map with this key alone."""
_SHAPE = 'write NAME: "text", one below the other; null removes a value'

_KNOWN = {
    "is not UTF-8": "is not UTF-8 here",
    "the key `": "this name was given before",
    "a key must be": "a name must be a text",
}
"""What the YAML reader says, by its beginning, and how it is said without what the file holds."""

Values = Mapping[str, str | None]
"""By name; None: it is to be removed."""


def read(path: Path) -> Values:
    """The values that a file holds; `-` is standard input. Raises `InputError` with the places of all problems."""
    file = "standard input" if path == STANDARD_INPUT else str(path)
    content = _content(path, file)
    if len(content) > MAX_BYTES:
        raise InputError(f"is larger than {MAX_BYTES // 1024} KiB", where=file, fix="a value is a key or a certificate")
    document = _document(content, file)
    value = document.value
    if not isinstance(value, Mapping):
        what = "is empty" if value is None else "is no map of names and texts"
        raise ScoreError([Problem("schema", "", what, document.positions.at(()) if value else Position(file), _SHAPE)])
    if len(value) > MAX_NAMES:
        raise InputError(f"holds more than {MAX_NAMES} values", where=file)
    if problems := [problem for name, one in value.items() for problem in _problems(name, one, document)]:
        raise ScoreError(problems)
    return dict(value)


def _content(path: Path, file: str) -> bytes:
    try:
        if path == STANDARD_INPUT:
            if sys.stdin is None:
                raise InputError("is closed", where=file, fix="pipe the values in, or name a file")
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with path.open("rb") as source:  # a pipe is as good: --values-file <(sops decrypt secrets.yaml)
            return source.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror}", where=file, fix="name a file, or - for standard input"
        ) from None


def _document(content: bytes, file: str) -> Document:
    composed = compose(content, file)
    if composed.problems:
        raise ScoreError(_without_text(problem) for problem in composed.problems)
    if len(composed.documents) > 1:
        second = composed.documents[1].positions.at(())
        raise ScoreError([Problem("yaml", "", "a second document; this file holds only one", second)])
    if composed.documents:
        return composed.documents[0]
    raise ScoreError([Problem("schema", "", "is empty", Position(file), _SHAPE)])


def _without_text(problem: Problem) -> Problem:
    """The reader's problem without its path and words, which may quote the file."""
    known = (beginning for beginning in _KNOWN if problem.message.startswith(beginning))
    what = _KNOWN.get(next(known, ""), "cannot be read as YAML here")
    hint = 'put texts in quotes: they may hold any of : # * & ! % @ ` { } [ ] then; "\\" is written "\\\\"'
    return Problem(problem.kind, "", what, problem.position, hint)


def _problems(name: str, value: Any, document: Document) -> Iterator[Problem]:
    at = document.positions
    if not _NAME.fullmatch(name) or name == _RESERVED:
        hint = f"a letter or '_', then letters, digits, '_' and '-', at most 67, and not `{_RESERVED}`; then a colon"
        yield Problem("schema", "", "is no name of a value", at.key((name,)), hint)
    elif isinstance(value, str):
        if not value:
            hint = "give it a text; null removes it. Is a variable of the pipeline not set?"
            yield Problem("schema", name, "is empty", at.at((name,)), hint)
        elif "\0" in value or not _is_unicode(value):
            what = "holds a character that no environment variable can hold"
            yield Problem("schema", name, what, at.at((name,)))
    elif value is not None:
        hint = "" if isinstance(value, Mapping | list) else "quote it"
        yield Problem("schema", name, "must be a text", at.at((name,)), hint)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
