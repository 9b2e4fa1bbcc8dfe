"""From folders of YAML to a checked catalogue; all problems of all files are told at once.

A file holds documents of three kinds, told apart by their keys: `resource_types:`, `environment_types:`, and one
resource definition each. Files of Kubernetes manifests may lie between them, for the definitions that name them. The
built-in types come first, then what installed packages bring, then the platform's own folders: what has the same name
in a later one takes an earlier one's place, and twice in one of them is an error.
"""

import hashlib
import os
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from platform_components.catalog.catalog import Catalog
from platform_components.catalog.checks import check_definitions
from platform_components.catalog.definitions import Definition, read_definition
from platform_components.catalog.drivers import Drivers, DriverSpec
from platform_components.catalog.packages import Entry, folder_of
from platform_components.catalog.problems import CatalogError, Findings
from platform_components.catalog.types import ResourceType, read_types
from platform_components.environment import EnvironmentType, duration
from platform_components.errors import InputError
from platform_components.score.positions import Position, Positions
from platform_components.score.problems import Problem, did_you_mean
from platform_components.score.yaml import Composed, Document, compose

MANIFEST_KEY = "apiVersion"
"""What tells a Kubernetes manifest from a definition: its file is read for the definitions that name it."""
BUILTIN = "builtin"
"""The file name in messages about the types that come with the library."""


@dataclass(frozen=True)
class _File:
    """A file, as messages name it and as plans do, which must not depend on where the checkout lies."""

    path: Path
    shown: str
    place: str
    root: Path
    """The folder of definitions that it is in."""

    def shown_beside(self, given: str) -> str:
        """The name of another file, given relative to this one, as this one's is shown."""
        folder, slash, _ = self.shown.rpartition("/")
        return posixpath.normpath(f"{folder}{slash}{given}")


def load(directories: Sequence[Path], *, drivers: Drivers, packages: Sequence[Entry] = ()) -> Catalog:
    """The catalogue in these folders and packages. Raises `CatalogError` with every problem of every file."""
    problems: list[Problem] = []
    brought, own = _read(directories, packages, problems, _Loading.read, drivers)
    names = {definition.name for definition in own.definitions}
    definitions = [one for one in brought.definitions if one.name not in names] + own.definitions
    catalog = Catalog(
        {**builtin_types(), **brought.types, **own.types},
        tuple(sorted(definitions, key=lambda one: (one.id, one.version or 0))),
        {**brought.environment_types, **own.environment_types},
        drivers,
        hashlib.sha256(brought.digest.digest() + own.digest.digest()).hexdigest()[:12],
        {one.name: one.place for one in brought.definitions if one.name in names},
    )
    problems.extend(check_definitions(catalog, definitions))
    if problems:
        raise CatalogError(problems)
    return catalog


def load_types(directories: Sequence[Path], *, packages: Sequence[Entry] = ()) -> Mapping[str, ResourceType]:
    """The contracts alone, which is what checking a Score file needs: definitions are neither read nor checked.

    Raises `CatalogError` with every problem of every file that holds types.
    """
    problems: list[Problem] = []
    brought, own = _read(directories, packages, problems, _Loading.read_types)
    if problems:
        raise CatalogError(problems)
    return {**builtin_types(), **brought.types, **own.types}


def _read(
    directories: Sequence[Path],
    packages: Sequence[Entry],
    problems: list[Problem],
    read: "Callable[[_Loading, _File], None]",
    drivers: Drivers | None = None,
) -> "tuple[_Loading, _Loading]":
    """What packages bring, and what is the platform's own."""
    brought, own = _Loading(problems, drivers or {}), _Loading(problems, drivers or {})
    for entry in packages:
        for file in _packaged(entry, problems):
            read(brought, file)
    for directory in dict.fromkeys(directories):
        for file in _files(directory, problems):
            read(own, file)
    return brought, own


@cache
def builtin_types() -> Mapping[str, ResourceType]:
    """The contracts that come with the library."""
    text = resources.files("platform_components.catalog").joinpath("builtin", "types.yaml").read_text(encoding="utf-8")
    types: dict[str, ResourceType] = {}
    for document in compose(text, BUILTIN).documents:
        findings = Findings(document.positions)
        types |= read_types(document.value, findings, _Places(document.positions))
        if findings.problems:
            raise CatalogError(findings.problems)
    return types


class _Places(dict[str, Position]):
    """Where each type of a document is written."""

    def __init__(self, positions: Positions) -> None:
        super().__init__()
        self._positions = positions

    def __missing__(self, name: str) -> Position:
        return self._positions.key(("resource_types", name))


class _Loading:
    """What has been read so far of one origin: the packages, or the platform's own folders."""

    def __init__(self, problems: list[Problem], drivers: Drivers) -> None:
        self.types: dict[str, ResourceType] = {}
        self.definitions: list[Definition] = []
        self.environment_types: dict[str, EnvironmentType] = {}
        self.digest = hashlib.sha256()
        self._environment_places: dict[str, Position] = {}
        self._problems = problems
        self._drivers = drivers
        self._composed: dict[Path, Composed] = {}

    def read(self, file: _File) -> None:
        text = self._bytes(file)
        if text is None:
            return
        self.digest.update(f"{file.place}\0{len(text)}\0".encode() + text)
        composed = self._compose(file.path, text, file.shown)
        self._problems.extend(composed.problems)
        for document in composed.documents:
            self._document(document, file)

    def _compose(self, path: Path, text: bytes, shown: str) -> Composed:
        """A file taken apart; once, though several definitions may name it."""
        if path not in self._composed:
            self._composed[path] = compose(text, shown)
        return self._composed[path]

    def read_types(self, file: _File) -> None:
        """Take nothing but resource types out of a file; most hold none, and need not be taken apart for that."""
        text = self._bytes(file)
        if text is None or b"resource_types" not in text:
            return
        composed = compose(text, file.shown)
        self._problems.extend(composed.problems)
        for document in composed.documents:
            if isinstance(document.value, Mapping) and "resource_types" in document.value:
                self._types(document.value, document.positions)

    def _bytes(self, file: _File) -> bytes | None:
        try:
            return file.path.read_bytes()
        except OSError as error:
            self._problems.append(Problem("file", "", f"can't be read: {error.strerror}", Position(file.shown)))
            return None

    def _document(self, document: Document, file: _File) -> None:
        value, positions = document.value, document.positions
        if not isinstance(value, Mapping):
            what = "is not a map: neither a resource definition nor types"
            self._problems.append(Problem("schema", "", what, positions.at(())))
        elif "resource_types" in value:
            self._types(value, positions)
        elif "environment_types" in value:
            self._environment_types(value, positions)
        elif MANIFEST_KEY not in value:  # else it is for the definitions that name its file
            own = value.get("id")
            findings = Findings(positions, own if isinstance(own, str) else "")
            line = positions.at(("id",) if "id" in value else ()).line
            driver = self._driver(value)
            if driver is not None and driver.embedded is not None:
                value, positions = self._embedded(value, positions, driver.embedded, file, findings)
            templates = driver.templates if driver is not None else ()
            place = Position(file.place, line)
            definition = read_definition(value, positions, findings, shown=place, templates=templates)
            self._problems.extend(findings.problems)
            if definition is not None:
                self.definitions.append(definition)

    def _driver(self, value: Mapping[str, Any]) -> DriverSpec | None:
        """The driver that a definition names; that there is none is told later."""
        name = value.get("driver")
        if not isinstance(name, str) or not isinstance(value.get("inputs"), Mapping):
            return None
        with suppress(InputError):
            return self._drivers.get(name)
        return None

    def _embedded(
        self,
        value: Mapping[str, Any],
        positions: Positions,
        embedded: tuple[str, str],
        file: _File,
        findings: Findings,
    ) -> tuple[Mapping[str, Any], Positions]:
        """The definition with the documents of the file that it names in the place of the name.

        The places of what is in them are those in that file, so that messages lead there.
        """
        name, becomes = embedded
        inputs: Mapping[str, Any] = value["inputs"]
        if name not in inputs or becomes in inputs:  # the driver refuses both at once
            return value, positions
        path = ("inputs", name)
        given = inputs[name]
        if not isinstance(given, str):
            findings.add(path, "must be the path of a YAML file")
            return value, positions
        target = (file.path.parent / given).resolve()
        if not target.is_relative_to(file.root):
            findings.add(path, f"{given} is outside of the folder of definitions", "keep it beside them")
            return value, positions
        if not target.is_file():
            where = "paths are relative to the file of the definition"
            findings.add(path, f"there is no file {given}", where)
            return value, positions
        composed = self._compose(target, target.read_bytes(), file.shown_beside(given))
        if composed.problems:
            self._problems.extend(composed.problems)
            return value, positions
        documents = [document.value for document in composed.documents]
        top, inside = positions.root, positions.root.children["inputs"]
        listed = inside.children[name].with_children(
            {index: document.positions.root for index, document in enumerate(composed.documents)}
        )
        root = top.with_children({**top.children, "inputs": inside.with_children({**inside.children, becomes: listed})})
        rest = {key: item for key, item in inputs.items() if key != name}
        return {**value, "inputs": {**rest, becomes: documents}}, Positions(root)

    def _types(self, value: Mapping[str, Any], positions: Positions) -> None:
        findings = Findings(positions)
        for name, type_ in read_types(value, findings, _Places(positions)).items():
            if name in self.types:
                first = self.types[name].position
                findings.add(("resource_types", name), f"is already defined at {first}", "keep one of them")
            self.types[name] = type_
        self._problems.extend(findings.problems)

    def _environment_types(self, value: Mapping[str, Any], positions: Positions) -> None:
        findings = Findings(positions)
        documents = value["environment_types"]
        for key in value:
            if key != "environment_types":
                findings.add((key,), "is not known here", "put other kinds into a document of their own, after ---")
        if not isinstance(documents, Mapping):
            findings.add(("environment_types",), "must be a map of environment types by name")
            documents = {}
        for name, document in documents.items():
            path = ("environment_types", name)
            if name in self._environment_places:
                findings.add(path, f"is already defined at {self._environment_places[name]}", "keep one of them")
                continue
            self._environment_places[name] = positions.key(path)
            type_ = _environment_type(name, document, findings)
            if type_ is not None:
                self.environment_types[name] = type_
        self._problems.extend(findings.problems)


_LENGTHS = ("ttl", "ttl_warning", "ttl_max")
_OF_EXPIRY = ("ttl_warning", "ttl_max")


def _environment_type(name: str, document: Any, findings: Findings) -> EnvironmentType | None:
    path = ("environment_types", name)
    if not isinstance(document, Mapping):
        findings.add(path, "must be a map")
        return None
    if "name" in document:
        findings.add((*path, "name"), "is the key already", "take it out")
        return None
    values = dict(document)
    if not _lengths_are_fine(values, path, findings):
        return None
    if document.get("kind") == "foundation" and (document.get("foundation") or document.get("ttl")):
        which = "foundation" if document.get("foundation") else "ttl"
        findings.add((*path, which), "is for applications; a foundation stands by itself and stays")
    try:
        return EnvironmentType(name=name, **values)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            where = (*path, *one["loc"])
            if one["type"] == "extra_forbidden":
                hint = did_you_mean(str(one["loc"][-1]), EnvironmentType.model_fields.keys() - {"name"})
                findings.add(where, "is not known here", hint)
            elif one["type"] == "missing":
                findings.add(where, "is required")
            else:
                findings.add(where, one["msg"][:1].lower() + one["msg"][1:])
        return None


def _lengths_are_fine(values: dict[str, Any], path: tuple[str, str], findings: Findings) -> bool:
    """Turns texts into lengths of time; whether they go together."""
    for key in _LENGTHS:
        try:
            if values.get(key) is not None:
                values[key] = duration(str(values[key]))
        except InputError as error:
            findings.add((*path, key), error.what, error.fix)
            return False
    for key in _OF_EXPIRY:
        if values.get(key) is not None and values.get("ttl") is None:
            findings.add((*path, key), "says something of a `ttl`, and there is none", "add `ttl`, or take it out")
            return False
    if values.get("ttl_max") is not None and values["ttl_max"] < values["ttl"]:
        findings.add((*path, "ttl_max"), "is shorter than `ttl`", "no environment could be deployed: make it longer")
        return False
    return True


def _files(directory: Path, problems: list[Problem]) -> Iterator[_File]:
    """The YAML files of a folder, in an order that does not depend on the file system."""
    if not directory.is_dir():
        what = "there is no such folder" if not directory.exists() else "is not a folder"
        problems.append(Problem("file", "", what, Position(_shown(directory)), "definitions are read from folders"))
        return
    root = directory.resolve()
    for path in sorted(path for path in root.rglob("*") if path.suffix in (".yaml", ".yml") and path.is_file()):
        inside = path.relative_to(root)
        yield _File(path, _shown(directory / inside), f"{root.name}/{inside.as_posix()}", root)


def _packaged(entry: Entry, problems: list[Problem]) -> Iterator[_File]:
    """The YAML files that a package brings; their places name the package, wherever it lies."""
    folder = folder_of(entry.value)
    if folder is None:
        what = f"'{entry.value}' is no folder of an installed package"
        hint = "write it as package or package.folder; or uninstall the package"
        problems.append(Problem("file", f"entry point {entry.name}", what, Position(entry.package), hint))
        return
    for file in _files(folder, problems):
        place = f"{entry.package}: {file.place}"
        yield _File(file.path, place, place, file.root)


def _shown(path: Path) -> str:
    """The path as a person in this folder would type it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
