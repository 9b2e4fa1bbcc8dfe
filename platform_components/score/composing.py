"""From YAML events to values and places: anchors, aliases, merge keys, keys given twice, and the limits of all that.

Values are plain dicts, lists and scalars. An aliased value is the same object everywhere it is used: never change one.
"""

from typing import Any

from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from platform_components.score.positions import DocumentPath, Place, Position
from platform_components.score.problems import MAX_PROBLEMS, Problem, cut, path_text
from platform_components.score.scalars import COLLECTION_TAGS, ScalarError, plain, shortened, tagged

MAX_NODES = 50_000
"""Keys and values of a file with its aliases written out. A workload of forty lines has a hundred."""
MAX_TEXT = 4 * 1024 * 1024
"""Characters of all scalars with the aliases written out."""
MAX_DOCUMENTS = 1_000
MAX_DEPTH = 100
"""Nesting of maps and lists with the aliases written out; no recursion of Python's own comes near its limit."""

_NOT_A_KEY = object()


class LimitError(Exception):
    """Reading stops here: the file is larger, deeper or more expanded than any real one."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _Frame:
    """A map or list that is being filled."""

    __slots__ = (
        "anchor",
        "children",
        "height",
        "is_map",
        "key",
        "key_place",
        "merges",
        "nodes",
        "place",
        "text",
        "value",
    )

    def __init__(self, is_map: bool, place: Place, anchor: str | None, nodes: int, text: int) -> None:
        self.is_map = is_map
        self.value: Any = {} if is_map else []
        self.place = place
        self.anchor = anchor
        self.key: Any = _NOT_A_KEY
        self.key_place = place
        self.children: dict[str | int, Place] = place.children
        self.merges: list[tuple[Any, Place]] = []
        self.nodes = nodes
        self.text = text
        self.height = 1


class _Anchored:
    """A finished value with an anchor, and what it counts for each time it is used."""

    __slots__ = ("height", "nodes", "place", "text", "value")

    def __init__(self, value: Any, place: Place, nodes: int, text: int, height: int) -> None:
        self.value = value
        self.place = place
        self.nodes = nodes
        self.text = text
        self.height = height


class Composer:
    """Collects documents and problems from a parser's events."""

    def __init__(self, file: str, restored: dict[int, str]) -> None:
        """`restored` maps stand-in characters back to what was written."""
        self.documents: list[tuple[Any, Place]] = []
        self.problems: list[Problem] = []
        self._file = file
        self._restored = restored
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}
        self._nodes = 0
        self._text = 0

    def compose(self, parser: Any) -> None:
        """Read all events. Raises yaml.YAMLError where the text is not YAML, LimitError where it is too much."""
        while parser.check_event():
            event = parser.get_event()
            kind = type(event)
            if kind is ScalarEvent:
                self._scalar(event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._open(event, kind is MappingStartEvent)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close()
            elif kind is AliasEvent:
                self._alias(event)
            elif kind is DocumentStartEvent:
                self._start_document(event)
            elif kind is DocumentEndEvent and self.documents and self._is_empty(*self.documents[-1]):
                self.documents.pop()

    def _start_document(self, event: Any) -> None:
        self._anchors = {}
        if len(self.documents) == MAX_DOCUMENTS:
            place = Place(self._file, event.start_mark.line + 1, event.start_mark.column + 1)
            raise self._limit(f"holds more than {MAX_DOCUMENTS:,} documents", place)

    def _scalar(self, event: Any) -> None:
        text = event.value
        if self._restored:
            text = text.translate(self._restored)
        mark = event.start_mark
        place = Place(self._file, mark.line + 1, mark.column + 1)
        place.end_line, place.end_column = event.end_mark.line + 1, event.end_mark.column + 1
        self._count(1, len(text), place)
        value: Any = text
        try:
            if event.tag is not None:
                value = tagged(text, event.tag)
            elif event.implicit[0]:
                value = plain(text)
        except ScalarError as error:
            self._problem(error.message, place, error.hint)
        if type(value) is not str:
            place.written = text
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, place, 1, len(text), 0)
        frame = self._stack[-1] if self._stack else None
        if frame and frame.is_map and frame.key is _NOT_A_KEY and value == "<<" and event.implicit[0]:
            frame.key, frame.key_place = "<<", place
            frame.merges.append((_NOT_A_KEY, place))
        else:
            self._add(value, place)

    def _open(self, event: Any, is_map: bool) -> None:
        mark = event.start_mark
        place = Place(self._file, mark.line + 1, mark.column + 1)
        if event.tag not in (None, "!", COLLECTION_TAGS["map" if is_map else "list"]):
            self._problem(f"the tag {event.tag} is not part of a Score file", place, "leave the tag out")
        self._stack.append(_Frame(is_map, place, event.anchor, self._nodes, self._text))
        self._count(1, 0, place)

    def _close(self) -> None:
        frame = self._stack.pop()
        if frame.merges:
            self._merge(frame)
        if frame.anchor is not None:
            nodes, text = self._nodes - frame.nodes, self._text - frame.text
            self._anchors[frame.anchor] = _Anchored(frame.value, frame.place, nodes, text, frame.height)
        if self._stack:
            self._stack[-1].height = max(self._stack[-1].height, frame.height + 1)
        self._add(frame.value, frame.place)

    def _alias(self, event: Any) -> None:
        mark = event.start_mark
        place = Place(self._file, mark.line + 1, mark.column + 1)
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            inside = any(frame.anchor == event.anchor for frame in self._stack)
            what = "stands inside what it refers to" if inside else "refers to no anchor above it"
            self._problem(f"the alias *{event.anchor} {what}", place, "text that starts with * needs quotes")
            frame = self._stack[-1] if self._stack else None
            if frame and frame.is_map and frame.key is _NOT_A_KEY:
                frame.key, frame.key_place = None, place
            else:
                merges = frame and frame.merges and frame.merges[-1][0] is _NOT_A_KEY
                self._add({} if merges else None, place)
            return
        self._count(anchored.nodes, anchored.text, place)
        if self._stack:
            self._stack[-1].height = max(self._stack[-1].height, anchored.height + 1)
        self._check_depth(len(self._stack) + anchored.height, place)
        self._add(anchored.value, anchored.place.under(place))

    def _add(self, value: Any, place: Place) -> None:
        """Put a finished value where it belongs: into the open map or list, or as a document."""
        if not self._stack:
            self.documents.append((value, place))
            return
        frame = self._stack[-1]
        if not frame.is_map:
            frame.children[len(frame.value)] = place
            frame.value.append(value)
        elif frame.key is _NOT_A_KEY:
            self._key(frame, value, place)
        else:
            key, frame.key = frame.key, _NOT_A_KEY
            if frame.merges and frame.merges[-1][0] is _NOT_A_KEY:
                frame.merges[-1] = (value, place)
            elif key is not None:
                frame.value[key] = value
                frame.children[key] = place
                place.key_line, place.key_column = frame.key_place.line, frame.key_place.column

    def _key(self, frame: _Frame, key: Any, place: Place) -> None:
        """Take a key; None stands for one whose value is dropped."""
        frame.key, frame.key_place = key, place
        if not isinstance(key, str):
            written = place.written
            frame.key = None
            if written is None:
                self._problem("a key must be a string, not a map or list", place)
            else:
                hint = f'quote it: "{written}"' if 0 < len(written) <= 40 else ""
                self._problem(
                    f"a key must be a string, not {shortened(written) if written else 'nothing'}", place, hint
                )
        elif key in frame.value:
            first = frame.children[key]
            frame.key = None
            self._problem(
                f"the key `{cut(key, 64)}` was already given at line {first.key_line}",
                place,
                "keep one of them",
                (*self._path(), key),
            )

    def _merge(self, frame: _Frame) -> None:
        """Apply `<<: *base`, which YAML 1.2 has dropped but every Score implementation so far takes (go-yaml v3)."""
        explicit = set(frame.value)
        for value, place in frame.merges:
            sources = [(value, place)]
            if isinstance(value, list):
                sources = [(item, place.children[index]) for index, item in enumerate(value)]
            for source, where in sources:
                if not isinstance(source, dict):
                    self._problem("<< takes a map or a list of maps", place)
                    continue
                for key, item in source.items():
                    if key not in frame.value and key not in explicit:
                        frame.value[key] = item
                        frame.children[key] = where.children[key]

    def _count(self, nodes: int, text: int, place: Place) -> None:
        self._nodes += nodes
        self._text += text
        if self._nodes > MAX_NODES:
            raise self._limit(f"holds more than {MAX_NODES:,} keys and values", place)
        if self._text > MAX_TEXT:
            raise self._limit(f"holds more than {MAX_TEXT:,} characters", place)
        self._check_depth(len(self._stack), place)

    def _check_depth(self, depth: int, place: Place) -> None:
        if depth > MAX_DEPTH:
            raise self._limit(f"is nested more than {MAX_DEPTH} levels deep", place)

    def _limit(self, what: str, place: Place) -> LimitError:
        hint = "aliases count as what they stand for" if self._anchors else ""
        return LimitError(Problem("yaml", "", f"the file {what}", Position(self._file, place.line, place.column), hint))

    def _problem(self, message: str, place: Place, hint: str = "", path: DocumentPath | None = None) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            where = path_text(self._path() if path is None else path)
            self.problems.append(Problem("yaml", where, message, Position(self._file, place.line, place.column), hint))

    def _path(self) -> DocumentPath:
        """The path of the value that is being read."""
        path: list[str | int] = []
        for frame in self._stack:
            if not frame.is_map:
                path.append(len(frame.value))
            elif isinstance(frame.key, str):
                path.append(frame.key)
        return tuple(path)

    @staticmethod
    def _is_empty(value: Any, place: Place) -> bool:
        return value is None and place.written == ""
