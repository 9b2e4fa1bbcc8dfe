"""Placeholders against what they refer to, and resources against the contracts of their types.

Without contracts only what the file itself says is checked: roots, metadata keys and the names of resources.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from platform_components.score.checks import maps_in
from platform_components.score.contracts import Contract, Contracts
from platform_components.score.jsonschema import violations
from platform_components.score.placeholders import ROOTS, Reference, references
from platform_components.score.positions import DocumentPath, Position, Positions
from platform_components.score.problems import MAX_PROBLEMS, Kind, Problem, cut, did_you_mean, nearest, path_text
from platform_components.score.resources import references_in

Locate = Callable[[DocumentPath, int], Position]
"""Where in the file a text's placeholder stands: the text's path, and which of its placeholders."""


class Expectations:
    """Collects the problems of one document."""

    def __init__(
        self, document: Mapping[str, Any], positions: Positions, contracts: Contracts | None, locate: Locate
    ) -> None:
        self._positions = positions
        self._contracts = contracts
        self._locate = locate
        metadata = document.get("metadata")
        self._metadata: Mapping[str, Any] = metadata if isinstance(metadata, Mapping) else {}
        self._resources = document.get("resources")
        self._types = {name: entry.get("type") for name, entry in maps_in(self._resources)}
        self.problems: list[Problem] = []
        for name, entry in maps_in(self._resources):
            if contracts is not None and len(self.problems) <= MAX_PROBLEMS:
                self._resource(name, entry, contracts)
        for name, container in maps_in(document.get("containers")):
            self._container(("containers", name), container)
        for name, entry in maps_in(self._resources):
            self._texts(("resources", name, "params"), entry.get("params"))

    def _container(self, path: DocumentPath, container: Mapping[str, Any]) -> None:
        self._texts((*path, "variables"), container.get("variables"))
        for target, file in maps_in(container.get("files")):
            if file.get("noExpand") is not True:
                self._texts((*path, "files", target, "content"), file.get("content"))
        for target, volume in maps_in(container.get("volumes")):
            self._texts((*path, "volumes", target, "source"), volume.get("source"), whole_resource=True)

    def _texts(self, path: DocumentPath, value: Any, *, whole_resource: bool = False) -> None:
        counts: dict[DocumentPath, int] = {}
        for inner, reference in references_in(value):
            if len(self.problems) > MAX_PROBLEMS:
                return
            here = (*path, *inner)
            index = counts.get(here, 0)
            counts[here] = index + 1
            found = self._reference(reference, whole_resource)
            if found is not None:
                kind, message, hint = found
                text = f"${{{reference.text}}}" if len(reference.text) <= 80 else f"${{{reference.text[:77]}…}}"
                position = self._locate(here, index)
                self.problems.append(Problem(kind, path_text(here), f"{text}: {message}", position, hint))

    def _reference(self, reference: Reference, whole_resource: bool) -> tuple[Kind, str, str] | None:
        """What is wrong with a reference: kind, message and hint."""
        if reference.root not in ROOTS:
            return "placeholder", "unknown reference root", self._root_hint(reference)
        if reference.root == "metadata":
            return self._metadata_reference(reference)
        if not reference.keys:
            return "placeholder", "names no resource", "write ${resources.NAME.OUTPUT}"
        return self._resource_reference(reference.keys[0], reference.keys[1:], whole_resource)

    def _resource_reference(self, name: str, outputs: Sequence[str], whole: bool) -> tuple[Kind, str, str] | None:
        if not isinstance(self._resources, Mapping) or name not in self._resources:
            hint = did_you_mean(name, self._types, of="resources of the workload")
            return "placeholder", f"there is no resource '{cut(name, 64)}'", hint
        kind = self._types.get(name)
        contract = self._contract(kind)
        if not outputs and not whole:
            known = f"\noutputs of {kind}: {', '.join(sorted(contract.outputs))}" if contract else ""
            return "placeholder", "names no output of the resource", f"write ${{resources.{name}.OUTPUT}}{known}"
        if not all(_is_key(key) for key in outputs):
            return "placeholder", "is malformed", "keys are of A-Z, a-z, 0-9 and _ - . /, a dot in a key is written \\."
        if outputs and contract and not contract.open_outputs and outputs[0] not in contract.outputs:
            hint = did_you_mean(outputs[0], contract.outputs, of=f"outputs of {kind}")
            return "contract", f"the type '{kind}' has no output '{cut(outputs[0], 64)}'", hint
        return None

    def _metadata_reference(self, reference: Reference) -> tuple[Kind, str, str] | None:
        if not reference.keys:
            return "placeholder", "names no key of the metadata", "write ${metadata.name} or another key"
        known: Any = self._metadata
        for index, key in enumerate(reference.keys):
            if not isinstance(known, Mapping):
                holder = cut(".".join(("metadata", *reference.keys[:index])), 64)
                return "placeholder", f"{holder} is no map, so it has no '{cut(key, 64)}'", f"write ${{{holder}}}"
            if key not in known:
                dotted = "\na dot in a key is written \\." if any("." in other for other in known) else ""
                hint = did_you_mean(key, known, of="it has")
                return "placeholder", f"metadata has no '{cut(key, 64)}'", hint + dotted
            known = known[key]
        return None

    def _root_hint(self, reference: Reference) -> str:
        if reference.root in self._types:
            return f"write ${{resources.{reference.text}}}" if reference.keys else "write ${resources.NAME.OUTPUT}"
        near = nearest(reference.root, ROOTS)
        meant = f"did you mean `{near}`? " if near else ""
        return f"{meant}roots are metadata and resources; for the text itself write $${{…}}"

    def _resource(self, name: str, entry: Mapping[str, Any], contracts: Contracts) -> None:
        path: DocumentPath = ("resources", name)
        kind = entry.get("type")
        if not isinstance(kind, str):
            return
        contract = contracts.get(kind)
        if contract is None:
            hint = did_you_mean(kind, _usable(contracts), of="types of this platform")
            self._add("unknown-type", (*path, "type"), f"this platform has no resource type '{kind}'", hint)
            return
        if not contract.developer:
            message = f"'{kind}' is the platform's own; a workload cannot ask for it"
            instead = contract.instead or ", ".join(_usable(contracts))
            self._add("contract", (*path, "type"), message, f"ask for: {instead}")
            return
        self._params(kind, (*path, "params"), entry.get("params", {}), contract)

    def _params(self, kind: str, path: DocumentPath, params: Any, contract: Contract) -> None:
        if not isinstance(params, Mapping):
            return
        for param in sorted(set(contract.required) - params.keys()):
            hint = _description(contract.params.get(param))
            self._add("contract", (*path, param), f"is required by the type '{kind}'", hint, at_key=True)
        for param, value in params.items():
            if param not in contract.params:
                hint = did_you_mean(param, contract.params, of=f"params of {kind}") or f"{kind} takes no params"
                self._add("contract", (*path, param), f"the type '{kind}' has no param '{param}'", hint, at_key=True)
                continue
            schema = contract.params[param]
            for found in violations(value, schema, is_open=_holds_placeholder):
                hint = found.hint or ("" if found.path else _description(schema))
                self._add("contract", (*path, param, *found.path), found.message, hint, at_key=found.about_key)

    def _contract(self, kind: Any) -> Contract | None:
        return self._contracts.get(kind) if self._contracts is not None and isinstance(kind, str) else None

    def _add(self, kind: Kind, path: DocumentPath, message: str, hint: str = "", *, at_key: bool = False) -> None:
        position = self._positions.key(path) if at_key else self._positions.at(path)
        self.problems.append(Problem(kind, path_text(path), message, position, hint))


def _description(schema: Any) -> str:
    """What a schema says about itself."""
    return str(schema.get("description", "")) if isinstance(schema, Mapping) else ""


def _usable(contracts: Contracts) -> list[str]:
    return sorted(name for name, contract in contracts.items() if contract.developer)


def _is_key(key: str) -> bool:
    return bool(key) and all(character.isalnum() or character in "_-./" for character in key) and key.isascii()


def _holds_placeholder(value: Any) -> bool:
    return isinstance(value, str) and "${" in value and bool(references(value))
