"""Drivers of the platform team's own: a class or function of a package, by entry point or as `package.module:Class`.

What inputs a class takes is told by a JSON Schema beside it, `<Class>.schema.json` in its module's folder, so that
definitions are checked without importing it; without one, any input is taken and the class itself has to refuse.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from platform_components.catalog import packages
from platform_components.catalog.checks import is_open
from platform_components.catalog.drivers import Objection, Wish
from platform_components.drivers.driver import Driver
from platform_components.drivers.registry import DRIVERS
from platform_components.environment import Environment
from platform_components.errors import InputError
from platform_components.naming import ResourceIdentity
from platform_components.score.jsonschema import unknown_words, violations
from platform_components.score.model import Workload
from platform_components.score.problems import path_text

_OBJECT = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


@dataclass(frozen=True)
class CustomDriver:
    """A driver that does not come with the library."""

    name: str
    implementation: str
    """`package.module:object`, imported only by `program`."""
    schema: Mapping[str, Any] | None
    """Of its inputs; None: any input is taken."""
    templates: tuple[str, ...] = ()
    embedded: tuple[str, str] | None = None

    def check_templates(self, _inputs: Mapping[str, Any], *, resolved: bool) -> list[tuple[str, str]]:
        """It has none."""
        del resolved
        return []

    def outputs(self, _inputs: Mapping[str, Any]) -> None:
        """Which outputs it gives shows when it is made."""

    def check(self, inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What is wrong with a definition's inputs, as (path, message); values with placeholders are not known yet."""
        if self.schema is None:
            return []
        return [
            (path_text(found.path), f"driver {self.name}: {found.message}")
            for found in violations(dict(inputs), self.schema, is_open=is_open)
        ]

    def names(
        self, _environment: Environment, _resource: ResourceIdentity, _workload: Workload | None = None
    ) -> Mapping[str, str]:
        """None that is known beforehand: the class chooses them."""
        return {}

    def objections(self, _wish: Wish) -> tuple[Objection, ...]:
        """What it won't do shows when it is asked to."""
        return ()

    def refusal(self, _environment: Environment, _output: str) -> None:
        """Which outputs it gives shows when it is made."""

    @property
    def stores(self) -> bool:
        """A value that a program never knows is for the drivers that come with the library."""
        return False

    def settled(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs with the schema's defaults filled in."""
        properties: Mapping[str, Any] = (self.schema or {}).get("properties", {})
        defaults = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
        return defaults | dict(inputs)


class Available(Mapping[str, Driver | CustomDriver]):
    """What a definition's `driver:` may name: built-in drivers, those of installed packages, and any class by its
    `package.module:Class`. Packages are looked through only for a name that is not built in.
    """

    def __init__(self) -> None:
        self._custom: dict[str, CustomDriver] = {}

    def __getitem__(self, name: str) -> Driver | CustomDriver:
        """The driver. Raises `KeyError` when there is none, `InputError` when it can't be used."""
        if name in DRIVERS:
            return DRIVERS[name]
        if name not in self._custom:
            self._custom[name] = self._found(name)
        return self._custom[name]

    def __iter__(self) -> Iterator[str]:
        yield from (*DRIVERS, *sorted({entry.name for entry in self._brought} - DRIVERS.keys()))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @cached_property
    def _brought(self) -> Sequence[packages.Entry]:
        return packages.entries(packages.DRIVERS)

    def _found(self, name: str) -> CustomDriver:
        found = [entry for entry in self._brought if entry.name == name]
        if len(found) > 1:
            places = " and ".join(f"{entry.package} ({entry.value})" for entry in found)
            raise InputError(f"the driver '{name}' comes from two packages: {places}", fix="uninstall one of them")
        if found:
            return _custom(name, found[0].value, f"the driver '{name}' of {found[0].package}: ")
        if ":" in name:
            return _custom(name, name, "")
        raise KeyError(name)


def _custom(name: str, implementation: str, told: str) -> CustomDriver:
    if not _OBJECT.fullmatch(implementation):
        raise InputError(f"{told}'{implementation}' names no class", fix="write it as package.module:Class")
    module, _, class_ = implementation.partition(":")
    file = packages.module_file(module)
    if file is None:
        raise InputError(f"{told}there is no module '{module}'", fix="install the package that has it")
    schema = file.with_name(f"{class_}.schema.json")
    if not schema.is_file():
        return CustomDriver(name, implementation, None)
    try:
        document = json.loads(schema.read_bytes())
    except ValueError as error:
        raise InputError(f"{told}{schema.name} is no JSON: {error}") from None
    if not isinstance(document, Mapping):
        raise InputError(f"{told}{schema.name} is no JSON Schema: it must be an object")
    if words := unknown_words(document):
        raise InputError(f"{told}{schema.name} uses {', '.join(words)}: no JSON Schema word that is checked here")
    return CustomDriver(name, implementation, document)
