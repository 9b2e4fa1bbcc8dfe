"""Where every key and value of a document was written, as a tree that mirrors the document.

Filled by `score.yaml`; overrides and upgrades rearrange it along with the values they move.
"""

from collections.abc import Sequence
from dataclasses import dataclass

DocumentPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file, 1-based as editors count; line 0 means the file (or option) as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Place:
    """Where one value was written: its extent, its key, what was written there, and the places inside it."""

    __slots__ = (
        *("file", "line", "column", "end_line", "end_column", "written"),
        *("key_file", "key_line", "key_column", "children"),
    )

    def __init__(self, file: str, line: int = 0, column: int = 0) -> None:
        self.file = file
        self.line = line
        self.column = column
        self.end_line = line
        self.end_column = column
        self.written: str | None = None
        """The text of a scalar that is not a string, as it was written: `0644`, `1.10`, `yes`."""
        self.key_file = file
        self.key_line = line
        self.key_column = column
        self.children: dict[str | int, Place] = {}

    def with_children(self, children: dict[str | int, "Place"]) -> "Place":
        """The same place holding other children."""
        copy = self.under(self)
        copy.children = children
        return copy

    def under(self, key: "Place") -> "Place":
        """The same place as the value of another key."""
        copy = Place(self.file, self.line, self.column)
        copy.end_line, copy.end_column = self.end_line, self.end_column
        copy.written = self.written
        copy.children = self.children
        copy.key_file, copy.key_line, copy.key_column = key.key_file, key.key_line, key.key_column
        return copy


class Positions:
    """Looks up where a path of the document was written."""

    __slots__ = ("root",)

    def __init__(self, root: Place) -> None:
        self.root = root

    @classmethod
    def unknown(cls, file: str) -> "Positions":
        """Positions of a document that was never text, such as one out of a stack's config."""
        return cls(Place(file))

    def at(self, path: Sequence[str | int]) -> Position:
        """Where the value at the path starts; of a path that is not there, the key of its deepest known part."""
        place, whole = self._deepest(path)
        return Position(place.file, place.line, place.column) if whole else self._key_of(place)

    def key(self, path: Sequence[str | int]) -> Position:
        """Where the key at the path was written (of a list's item, the item itself)."""
        return self._key_of(self._deepest(path)[0])

    def place(self, path: Sequence[str | int]) -> Place | None:
        """The place of exactly this path, if there is one."""
        place, whole = self._deepest(path)
        return place if whole else None

    def written(self, path: Sequence[str | int]) -> str | None:
        """How a scalar that is not a string was written, e.g. `0644` for the number 644."""
        place, whole = self._deepest(path)
        return place.written if whole else None

    def _deepest(self, path: Sequence[str | int]) -> tuple[Place, bool]:
        place = self.root
        for step in path:
            child = place.children.get(step)
            if child is None:
                return place, False
            place = child
        return place, True

    @staticmethod
    def _key_of(place: Place) -> Position:
        return Position(place.key_file, place.key_line, place.key_column)
