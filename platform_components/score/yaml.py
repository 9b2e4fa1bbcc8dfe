"""YAML as Score means it: 1.2 scalars, no key twice, bounded aliases, and the place of every key and value.

PyYAML's parser (libyaml where it is built in) delivers events; everything above them is made here, without recursion,
so that neither depth nor a "billion laughs" file can hurt. Definitions and other files are read by it too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from platform_components.score.composing import Composer, LimitError
from platform_components.score.positions import Position, Positions
from platform_components.score.problems import Problem, ScoreError, in_order

MAX_BYTES = 1024 * 1024
"""Kubernetes and etcd hold no object larger than this, so no workload file has a reason to be."""

_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# YAML 1.2 §5.1: what a stream may hold. Checked here because libyaml tells a byte's offset, not its line.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Line breaks of YAML 1.1 that are ordinary characters in 1.2; libyaml still breaks lines at them.
_OLD_BREAKS = "\x85\u2028\u2029"

_HINTS = {
    "found character that cannot start any token": "YAML indents with spaces, not tabs; text that starts with one of "
    "@ ` % needs quotes",
    "mapping values are not allowed in this context": "check the indentation; text that holds ': ' needs quotes",
    "could not find expected ':'": "check the indentation; a key is written `key: value`",
    "found invalid Unicode character escape code": "write the character itself; YAML has no pairs of \\u",
    "did not find expected key": "check the indentation and the quotes of the lines above",
    "did not find expected ',' or ']'": "close the bracket; text that holds one of [ ] , needs quotes",
    "did not find expected ',' or '}'": "close the brace; text that holds one of { } , needs quotes",
    "found unexpected end of stream": "close the quote",
    "did not find expected alphabetic or numeric character": "text that starts with * or & needs quotes",
}
_CONTEXTS = {
    "while parsing a flow sequence": "it belongs to the list",
    "while parsing a flow mapping": "it belongs to the map",
    "while parsing a block mapping": "it belongs to the map",
    "while parsing a block collection": "it belongs to the list",
    "while scanning a quoted scalar": "it is the quote",
}
"""What libyaml was about, in a reader's words."""


@dataclass(frozen=True)
class Document:
    """One YAML document: its value (maps, lists, strings, numbers, booleans, None) and where all of it was written."""

    value: Any
    positions: Positions


@dataclass(frozen=True)
class Composed:
    """All documents of a text, as far as they could be read, and what is wrong with them."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    text: str


def load(text: str | bytes, file: str) -> Document:
    """The only document of a text. Raises ScoreError with all problems."""
    composed = compose(text, file)
    problems = list(composed.problems)
    if len(composed.documents) > 1:
        second = composed.documents[1].positions.at(())
        problems.append(Problem("yaml", "", "a second document; this file holds only one", second))
    if problems:
        raise ScoreError(problems)
    return composed.documents[0] if composed.documents else Document(None, Positions.unknown(file))


def load_all(text: str | bytes, file: str) -> tuple[Document, ...]:
    """All documents of a text that are not empty. Raises ScoreError with all problems."""
    composed = compose(text, file)
    if composed.problems:
        raise ScoreError(composed.problems)
    return composed.documents


def compose(text: str | bytes, file: str) -> Composed:
    """What can be read of a text, beside the problems found: keys given twice don't hide the mistakes after them."""
    decoded = _decoded(text, file)
    if isinstance(decoded, Problem):
        return Composed((), (decoded,), text if isinstance(text, str) else text.decode("utf-8", "replace"))
    restored: dict[int, str] = {}
    safe = decoded
    if any(character in decoded for character in _OLD_BREAKS):
        stand_ins = _unused_characters(decoded)
        stand_in_of = {ord(character): next(stand_ins) for character in _OLD_BREAKS}
        restored = {ord(stand_in): chr(code) for code, stand_in in stand_in_of.items()}
        safe = decoded.translate(stand_in_of)
    composer = Composer(file, restored)
    problems: list[Problem] = []
    try:
        parser = _PARSER(safe)
        try:
            composer.compose(parser)
        finally:
            parser.dispose()
    except yaml.YAMLError as error:
        problems.append(_syntax_problem(error, decoded, file))
    except LimitError as error:
        problems.append(error.problem)
    documents = tuple(Document(value, Positions(place)) for value, place in composer.documents)
    return Composed(documents, in_order([*composer.problems, *problems]), decoded)


def _decoded(text: str | bytes, file: str) -> str | Problem:
    if len(text) > MAX_BYTES:
        hint = "put large texts into files of their own beside it, and name them by `source`"
        return Problem("file", "", f"is larger than {MAX_BYTES // 1024} KiB", Position(file), hint)
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8")
    except UnicodeDecodeError as error:
        position = _position_at(error.object[: error.start].decode("utf-8"), file)
        what = f"is not UTF-8: byte 0x{error.object[error.start]:02x}"
        return Problem("file", "", what, position, "save the file as UTF-8")
    decoded = decoded.removeprefix("\ufeff")
    forbidden = _FORBIDDEN.search(decoded)
    if forbidden:
        code = ord(forbidden.group())
        return Problem(
            "yaml",
            "",
            f"the character U+{code:04X} may not stand in YAML as it is",
            _position_at(decoded[: forbidden.start()], file),
            f'in a double-quoted text write it as "\\x{code:02x}"' if code < 0x100 else "",
        )
    return decoded


def _position_at(before: str, file: str) -> Position:
    """The position of the character that follows the given text."""
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Position(file, len(lines), len(lines[-1]) + 1)


def _syntax_problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Problem("yaml", "", f"is not YAML: {error}", Position(file))
    mark = error.problem_mark
    hints = [_HINTS[error.problem]] if error.problem in _HINTS else []
    if error.context and error.context_mark is not None and error.context_mark.line != mark.line:
        context = _CONTEXTS.get(error.context, error.context)
        hints.append(f"{context} that starts at line {error.context_mark.line + 1}")
    end = _position_at(text.rstrip(), file)  # libyaml tells the end of a text as the line after its last
    position = min(Position(file, mark.line + 1, mark.column + 1), end)
    return Problem("yaml", "", f"is not YAML: {error.problem or error.context}", position, "\n".join(hints))


def _unused_characters(text: str) -> Iterator[str]:
    """Private-use characters that the text does not hold; there are more of them than a text may have characters."""
    used = set(text)
    codes = (*range(0xE000, 0xF900), *range(0xF0000, 0xFFFFE))
    return (chr(code) for code in codes if chr(code) not in used)
