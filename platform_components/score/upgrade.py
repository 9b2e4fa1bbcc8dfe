"""Deprecated forms of Score become the form of today, with one warning for each change, as score-go's upgrade does it.

Works on the raw document and its places together, so that later problems still point at what was written.
"""

from collections.abc import Mapping
from typing import Any

from platform_components.score.jsonschema import describe
from platform_components.score.placeholders import render_value
from platform_components.score.positions import DocumentPath, Place, Positions
from platform_components.score.problems import MAX_PROBLEMS, Problem, cut, path_text


class Upgrade:
    """A document in the form of today; `warnings` and `problems` say what was changed and what could not be."""

    def __init__(self, document: Mapping[str, Any], positions: Positions) -> None:
        self.document = document
        self.positions = positions
        self.warnings: list[Problem] = []
        self.problems: list[Problem] = []
        self._containers: dict[str, dict[str, Any]] = {}
        """The containers that change, each with its elements that do."""
        self._places: dict[str, dict[str | int, Place]] = {}
        containers = document.get("containers")
        if isinstance(containers, Mapping):
            for name, container in containers.items():
                if isinstance(container, Mapping):
                    for element in ("files", "volumes"):
                        if isinstance(container.get(element), (list, tuple)):
                            self._to_map(("containers", name, element), container[element])
            if self._containers:
                self._replace(containers)

    def _to_map(self, path: DocumentPath, items: Any) -> None:
        upgraded: dict[str, Any] = {}
        places: dict[str | int, Place] = {}
        for index, item in enumerate(items):
            if len(self.problems) > MAX_PROBLEMS:
                break
            here = (*path, index)
            if not isinstance(item, Mapping):
                self._problem(here, "must be a map")
                continue
            changed = dict(item)
            self._upgrade_item(here, changed)
            target = changed.pop("target", None)
            if not isinstance(target, str) or not target:
                what = "is required in the list form" if target is None else "must be a filled string"
                self._problem((*here, "target"), what, f"the form of today: {path[-1]}: {{<target>: {{…}}}}")
            elif target in upgraded:
                self._problem((*here, "target"), f"'{cut(target, 64)}' was already given")
            else:
                upgraded[target] = changed
                places[target] = self.positions.place(here) or Place(self.positions.root.file)
        self._warn(path, "is a list, which is deprecated; read as a map", "write the target of each item as its key")
        _, name, element = path
        self._containers.setdefault(str(name), {})[str(element)] = upgraded
        place = self.positions.place(path)
        if place is not None:
            self._places.setdefault(str(name), {})[str(element)] = place.with_children(places)

    def _upgrade_item(self, path: DocumentPath, item: dict[str, Any]) -> None:
        content = item.get("content")
        if path[-2] == "files" and isinstance(content, (list, tuple)):
            item["content"] = "\n".join(self._line((*path, "content", n), line) for n, line in enumerate(content))
            self._warn(
                (*path, "content"), "is a list of lines, which is deprecated; read as text", "write `content: |`"
            )
        if path[-2] == "volumes" and isinstance(item.get("read_only"), bool) and "readOnly" not in item:
            item["readOnly"] = item.pop("read_only")
            self._warn((*path, "read_only"), "is deprecated; read as readOnly", "write `readOnly`")

    def _line(self, path: DocumentPath, line: Any) -> str:
        """A line of content: a scalar that is no text counts as it was written."""
        if isinstance(line, (Mapping, list, tuple)):
            self._problem(path, f"must be a line of text, not {describe(line)}")
            return ""
        if isinstance(line, str):
            return line
        written = self.positions.written(path)
        return render_value(line) if written is None else written

    def _replace(self, containers: Mapping[str, Any]) -> None:
        """Put the upgraded elements into copies of the maps that lead to them; the originals may be shared."""
        changed = {name: {**containers[name], **elements} for name, elements in self._containers.items()}
        self.document = {**self.document, "containers": {**containers, **changed}}
        place = self.positions.place(("containers",))
        if place is not None:
            children = dict(place.children)
            for name, elements in self._places.items():
                children[name] = children[name].with_children({**children[name].children, **elements})
            root = self.positions.root
            self.positions = Positions(
                root.with_children({**root.children, "containers": place.with_children(children)})
            )

    def _warn(self, path: DocumentPath, message: str, hint: str) -> None:
        if len(self.warnings) < MAX_PROBLEMS:
            self.warnings.append(Problem("deprecated", path_text(path), message, self.positions.key(path), hint))

    def _problem(self, path: DocumentPath, message: str, hint: str = "") -> None:
        self.problems.append(Problem("schema", path_text(path), message, self.positions.at(path), hint))
