"""What is wrong with a platform's definitions, types or environment types: all of it at once, each with its place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from platform_components.errors import InputError
from platform_components.score.jsonschema import violations
from platform_components.score.positions import DocumentPath, Position, Positions
from platform_components.score.problems import Kind, Problem, in_order, path_text


class CatalogError(InputError):
    """All the problems of the files loaded; `str()` is the whole message."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_order(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Findings:
    """Collects problems of one document; the path's first part says whose it is."""

    def __init__(self, positions: Positions, prefix: str = "") -> None:
        self.problems: list[Problem] = []
        self._positions = positions
        self._prefix = prefix

    def add(self, path: Sequence[str | int], message: str, hint: str = "", *, kind: Kind = "schema") -> None:
        """A problem with the value at the path."""
        self.problems.append(Problem(kind, self._text(path), message, self._positions.at(path), hint))

    def check(self, value: Any, schema: Mapping[str, Any]) -> bool:
        """Check a document against its schema; True when it holds."""
        before = len(self.problems)
        for found in violations(value, schema):
            place = self._positions.key if found.about_key else self._positions.at
            path = self._text(found.path)
            self.problems.append(Problem("schema", path, found.message, place(found.path), found.hint))
        return len(self.problems) == before

    def _text(self, path: Sequence[str | int]) -> str:
        return ": ".join(part for part in (self._prefix, path_text(path)) if part)


def texts(value: Any, path: DocumentPath = ()) -> Iterator[tuple[DocumentPath, str]]:
    """Every text in a tree of maps and lists, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts(item, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from texts(item, (*path, index))


def line_of(position: Position) -> str:
    """A place as `file:line`, for what is not a message."""
    return f"{position.file}:{position.line}" if position.line else position.file
