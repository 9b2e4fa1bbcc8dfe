"""Deprecated forms of Score become the form of today, with one warning for each change, as score-go's upgrade does it.

Works on the raw document and its places together, so that later problems still point at what was written.
"""

from collections.abc import Mapping
from typing import Any

from platform_components.score.positions import DocumentPath, Place, Positions
from platform_components.score.problems import Problem, path_text


class Upgrade:
    """A document in the form of today; `warnings` and `problems` say what was changed and what could not be."""

    def __init__(self, document: Mapping[str, Any], positions: Positions) -> None:
        self.document = document
        self.positions = positions
        self.warnings: list[Problem] = []
        self.problems: list[Problem] = []
        containers = document.get("containers")
        if isinstance(containers, Mapping):
            for name, container in containers.items():
                if isinstance(container, Mapping):
                    for element in ("files", "volumes"):
                        if isinstance(container.get(element), (list, tuple)):
                            self._to_map(("containers", name, element), container[element])

    def _to_map(self, path: DocumentPath, items: Any) -> None:
        upgraded: dict[str, Any] = {}
        places: dict[str | int, Place] = {}
        for index, item in enumerate(items):
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
                self._problem((*here, "target"), f"'{target}' was already given")
            else:
                upgraded[target] = changed
                places[target] = self.positions.place(here) or Place(self.positions.root.file)
        self._warn(path, "is a list, which is deprecated; read as a map", "write the target of each item as its key")
        self._replace(path, upgraded, places)

    def _upgrade_item(self, path: DocumentPath, item: dict[str, Any]) -> None:
        content = item.get("content")
        if path[-2] == "files" and isinstance(content, (list, tuple)):
            item["content"] = "\n".join(line if isinstance(line, str) else str(line) for line in content)
            self._warn(
                (*path, "content"), "is a list of lines, which is deprecated; read as text", "write `content: |`"
            )
        if path[-2] == "volumes" and isinstance(item.get("read_only"), bool):
            item["readOnly"] = item.pop("read_only")
            self._warn((*path, "read_only"), "is deprecated; read as readOnly", "write `readOnly`")

    def _replace(self, path: DocumentPath, value: Any, children: dict[str | int, Place]) -> None:
        """Put an upgraded value into copies of the maps that lead to it; the originals may be shared by aliases."""
        self.document = _with_value(self.document, path, value)
        place = self.positions.place(path)
        if place is not None:
            self.positions = Positions(_with_place(self.positions.root, path, place.with_children(children)))

    def _warn(self, path: DocumentPath, message: str, hint: str) -> None:
        self.warnings.append(Problem("deprecated", path_text(path), message, self.positions.key(path), hint))

    def _problem(self, path: DocumentPath, message: str, hint: str = "") -> None:
        self.problems.append(Problem("schema", path_text(path), message, self.positions.at(path), hint))


def _with_value(document: Mapping[str, Any], path: DocumentPath, value: Any) -> Mapping[str, Any]:
    step, *rest = path
    assert isinstance(step, str)
    return {**document, step: _with_value(document[step], tuple(rest), value) if rest else value}


def _with_place(root: Place, path: DocumentPath, place: Place) -> Place:
    step, *rest = path
    child = _with_place(root.children[step], tuple(rest), place) if rest else place
    return root.with_children({**root.children, step: child})
