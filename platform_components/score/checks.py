"""What the elements of one workload say about each other, beyond the schema: files, probes, quantities, start order.

Works on the document, not the model, so that a mistake of shape in one place hides no mistake in another.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import islice
from typing import Any

from platform_components.score import quantities
from platform_components.score.loops import loops
from platform_components.score.positions import DocumentPath, Positions
from platform_components.score.problems import MAX_LOOPS, MAX_PROBLEMS, Kind, Problem, cut, did_you_mean, path_text

_CONTENTS = ("source", "content", "binaryContent")


def maps_in(value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The entries of a map that are maps themselves; everything else is the schema's business."""
    if isinstance(value, Mapping):
        yield from ((key, item) for key, item in value.items() if isinstance(item, Mapping))


class Checks:
    """Collects the problems of one document."""

    def __init__(self, document: Mapping[str, Any], positions: Positions) -> None:
        self._positions = positions
        self.problems: list[Problem] = []
        containers = document.get("containers")
        for name, container in maps_in(containers):
            path = ("containers", name)
            self._files(container, path)
            self._probes(container, path)
            self._quantities(container, path)
        self._start_order(containers)

    def _files(self, container: Mapping[str, Any], path: DocumentPath) -> None:
        for target, file in maps_in(container.get("files")):
            here = (*path, "files", target)
            given = [key for key in _CONTENTS if key in file]
            if len(given) != 1:
                several = f"has {' and '.join(given)}; only one of them can be"
                message = several if given else "needs one of source, content and binaryContent"
                self._add("schema", here, message, at_key=True)

    def _probes(self, container: Mapping[str, Any], path: DocumentPath) -> None:
        for name in ("livenessProbe", "readinessProbe"):
            probe = container.get(name)
            if isinstance(probe, Mapping) and not probe.keys() & {"httpGet", "exec"}:
                self._add("schema", (*path, name), "needs httpGet or exec", at_key=True)

    def _quantities(self, container: Mapping[str, Any], path: DocumentPath) -> None:
        resources = container.get("resources")
        amounts: dict[tuple[str, str], Fraction] = {}
        for group, values in maps_in(resources):
            for name, parse in (("memory", quantities.memory), ("cpu", quantities.cpu)):
                text = values.get(name)
                if not isinstance(text, str):
                    continue
                try:
                    amounts[group, name] = parse(text)
                except quantities.BeyondCountError as error:
                    self._add("quantity", (*path, "resources", group, name), str(error))
                except ValueError:
                    continue  # the schema's pattern says so
        for name in ("memory", "cpu"):
            requested, limit = amounts.get(("requests", name)), amounts.get(("limits", name))
            if requested is not None and limit is not None and requested > limit:
                message = f"is more than the limit of {resources['limits'][name]}"  # type: ignore[index]
                hint = "raise the limit, or request less"
                self._add("quantity", (*path, "resources", "requests", name), message, hint)

    def _start_order(self, containers: Any) -> None:
        outgoing: dict[str, list[tuple[str, tuple[str, str]]]] = {}
        for name, container in maps_in(containers):
            before = container.get("before")
            for other in before if isinstance(before, Mapping) else ():
                if len(self.problems) > MAX_PROBLEMS:
                    return
                path = ("containers", name, "before", other)
                if other == name:
                    self._add("before", path, "a container cannot start before itself", at_key=True)
                elif other not in containers:
                    hint = did_you_mean(other, containers.keys() - {name}, of="other containers")
                    self._add("before", path, f"there is no container '{cut(other, 64)}'", hint, at_key=True)
                else:
                    outgoing.setdefault(name, []).append((other, (name, other)))
        for loop in islice(loops(outgoing), MAX_LOOPS):
            first, other = loop[-1]
            names = [cut(name, 64) for name, _ in loop[:MAX_LOOPS]] + ["…"] * (len(loop) > MAX_LOOPS)
            way = " before ".join([*names, cut(other, 64)])
            path = ("containers", first, "before", other)
            self._add("before", path, f"closes a loop: {way}", "take one of these entries out", at_key=True)

    def _add(self, kind: Kind, path: DocumentPath, message: str, hint: str = "", *, at_key: bool = False) -> None:
        position = self._positions.key(path) if at_key else self._positions.at(path)
        self.problems.append(Problem(kind, path_text(path), message, position, hint))
