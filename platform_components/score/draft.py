"""One workload on its way from text to model, with the problems met so far. Used by the reader alone."""

import stat
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from platform_components.score import yaml
from platform_components.score.checks import Checks
from platform_components.score.contracts import Contracts
from platform_components.score.expectations import Expectations
from platform_components.score.model import MAX_NAME, Workload
from platform_components.score.placeholders import parse_references
from platform_components.score.positions import DocumentPath, Position, Positions
from platform_components.score.problems import MAX_PROBLEMS, Problem, in_order, lines_of, path_text
from platform_components.score.shape import shape
from platform_components.score.sources import (
    MAX_SOURCES_BYTES,
    SourceError,
    embedded,
    files_in,
    read_source,
    with_files,
)
from platform_components.score.upgrade import Upgrade


class Draft:
    """A document, its places, and what is wrong with it."""

    def __init__(self, file: str, text: str, document: Any, positions: Positions, folder: Path | None) -> None:
        self.file = file
        self.text = text
        self.document = document
        self.positions = positions
        self.folder = folder
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.workload: Workload | None = None
        self._embedded: dict[DocumentPath, tuple[str, str]] = {}
        self._last: _Written | None = None

    @classmethod
    def from_file(cls, path: Path) -> "Draft":
        """The draft of a file; one that cannot be read has a problem and no document."""
        file = str(path)
        what, hint = "", ""
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # a named pipe would wait for a writer, a device never end
                what, hint = "is no regular file", "name a file, or a folder of them"
            else:
                with path.open("rb") as opened:
                    return cls.from_text(opened.read(yaml.MAX_BYTES + 1), file, path.parent)
        except FileNotFoundError:
            what = "cannot be read: there is no such file"
            hint = "standard input is not read; name the file itself" if file == "-" else ""
        except OSError as error:
            what = f"cannot be read: {error.strerror}"
        draft = cls(file, "", None, Positions.unknown(file), path.parent)
        draft.problems.append(Problem("file", "", what, Position(file), hint))
        return draft

    @classmethod
    def from_text(cls, content: bytes, file: str, folder: Path) -> "Draft":
        """The draft of what a file holds; its sources are looked for in the folder."""
        composed = yaml.compose(content, file)
        first = composed.documents[0] if composed.documents else yaml.Document(None, Positions.unknown(file))
        draft = cls(file, composed.text, first.value, first.positions, folder)
        draft.problems += composed.problems
        for other in composed.documents[1:2]:
            message, hint = "a second document; a Score file holds one workload", "put each workload in its own file"
            draft.problems.append(Problem("yaml", "", message, other.positions.at(()), hint))
        if not composed.documents and not composed.problems:
            draft.problems.append(Problem("yaml", "", "is empty", Position(file, 1, 1)))
        return draft

    @classmethod
    def from_document(cls, document: Mapping[str, Any], positions: Positions, file: str) -> "Draft":
        """The draft of a document that comes without a file, and so without files beside it."""
        return cls(file, "", document, positions, None)

    @property
    def name(self) -> str | None:
        """The workload's name, as far as there is one that it may have."""
        metadata = self.document.get("metadata") if isinstance(self.document, Mapping) else None
        name = metadata.get("name") if isinstance(metadata, Mapping) else None
        return name if isinstance(name, str) and len(name) <= MAX_NAME else None

    @property
    def texts(self) -> dict[str, str]:
        """The texts that were read, by the file that positions name."""
        return {self.file: self.text, **dict(self._embedded.values())}

    def check(self, contracts: Contracts | None, *, schema_only: bool) -> None:
        """Find everything that is wrong with the document by itself."""
        if self.document is None and self.problems:
            return  # not read at all
        if not isinstance(self.document, Mapping):
            self._add("", "must be a map with apiVersion, metadata and containers", self.positions.at(()))
            return
        upgrade = Upgrade(self.document, self.positions)
        self.document, self.positions = upgrade.document, upgrade.positions
        self.problems += upgrade.problems
        self.warnings += upgrade.warnings
        if not schema_only:
            self._embed()
        self.workload, found = shape(self.document, self.positions)
        self.problems += found
        self.problems += Checks(self.document, self.positions).problems
        expected = None if schema_only else contracts
        self.problems += Expectations(self.document, self.positions, expected, self._locate).problems
        # What is no value at all is not told again as one of the wrong kind
        unread = {problem.position for problem in self.problems if problem.kind == "yaml"}
        self.problems = [one for one in self.problems if one.kind != "schema" or one.position not in unread]
        if len(self.problems) > MAX_PROBLEMS:
            self.problems = list(in_order(self.problems)[:MAX_PROBLEMS])
            self._add("", "there are more problems; these are the first", Position(self.file))

    def _embed(self) -> None:
        """Read the files beside the Score file into it."""
        left = MAX_SOURCES_BYTES
        files: dict[DocumentPath, Mapping[str, Any]] = {}
        for path, file in files_in(self.document):
            if len(self.problems) > MAX_PROBLEMS:
                break
            source = file.get("source")
            if not isinstance(source, str) or not source or "content" in file or "binaryContent" in file:
                continue
            try:
                if self.folder is None:
                    raise SourceError("stands in a document without files", "embed the file as `content`")
                content = read_source(source, self.folder, left)
            except SourceError as error:
                here = (*path, "source")
                position = self.positions.at(here)
                self.problems.append(Problem("source", path_text(here), error.message, position, error.hint))
                continue
            left -= len(content)
            files[path] = embedded(file, content)
            if "content" in files[path]:
                self._embedded[*path, "content"] = (str(self.folder / source), files[path]["content"])
        if files:
            self.document = with_files(self.document, files)

    def _locate(self, path: DocumentPath, index: int) -> Position:
        """The position of a text's placeholder: inside the text, if it was written there as it reads."""
        if self._last is None or self._last.path != path:
            self._last = self._written(path)
        return self._last.position(index) or self.positions.at(path)

    def _written(self, path: DocumentPath) -> "_Written":
        """A text as it stands in its file, quotes and indentation included; empty if it stands in none."""
        if path in self._embedded:
            file, text = self._embedded[path]
            return _Written(path, "\n".join(lines_of(text)), file, 1, 1)
        place = self.positions.place(path)
        if place is None or place.file != self.file or place.line == 0 or not self.text:
            return _Written(path, "", self.file, 0, 0)
        lines = list(lines_of(self.text)[place.line - 1 : place.end_line])
        lines[-1] = lines[-1][: place.end_column - 1]
        lines[0] = lines[0][place.column - 1 :]
        return _Written(path, "\n".join(lines), place.file, place.line, place.column)

    def _add(self, path: str, message: str, position: Position) -> None:
        self.problems.append(Problem("schema", path, message, position))


class _Written:
    """A text as it stands in a file, and the placeholders in it."""

    def __init__(self, path: DocumentPath, text: str, file: str, line: int, column: int) -> None:
        self.path = path
        self._text = text
        self._references = parse_references(text)
        self._starts: list[int] = []
        self._file = file
        self._line = line
        self._column = column

    def position(self, index: int) -> Position | None:
        """The position of one placeholder, by its number."""
        wanted = index + 1 - len(self._starts)
        self._starts += [reference.start for reference in islice(self._references, max(wanted, 0))]
        if index >= len(self._starts):
            return None
        start = self._starts[index]
        line = self._text.count("\n", 0, start)
        column = start - self._text.rfind("\n", 0, start) - 1
        return Position(self._file, self._line + line, column + (1 if line else self._column))
