"""The catalogue as a whole: types, definitions, environment types and drivers, loaded and checked, ready to match."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from platform_components.catalog.definitions import Definition
from platform_components.catalog.drivers import Drivers
from platform_components.catalog.matching import Candidate, Matcher, Rule
from platform_components.catalog.types import ResourceType
from platform_components.environment import Context, EnvironmentType
from platform_components.errors import InputError
from platform_components.naming import DEFAULT_CLASS
from platform_components.score.problems import did_you_mean


@dataclass(frozen=True)
class Match:
    """The definition that serves a resource, and the rule that chose it."""

    definition: Definition
    rule: Rule
    pinned: bool = False
    """Whether the environment has pinned another version than the rule's own."""


@dataclass(frozen=True)
class Explanation:
    """Why a definition serves a resource, or why none does."""

    type: str
    class_: str
    context: Context
    match: Match | None
    others: tuple[Candidate, ...]
    """Every other definition of the type, nearest first."""


@dataclass(frozen=True)
class Catalog:
    """Everything a plan is made from, beside the workloads."""

    types: Mapping[str, ResourceType]
    definitions: tuple[Definition, ...]
    environment_types: Mapping[str, EnvironmentType]
    drivers: Drivers = field(repr=False)
    digest: str = ""
    """The version of the platform's own files: twelve hexadecimal digits of what they hold."""
    instead_of: Mapping[str, str] = field(default_factory=dict)
    """Definitions whose place one of the platform's own takes: by their name, where the package has them."""

    @cached_property
    def matcher(self) -> Matcher:
        """The index of all rules."""
        return Matcher(self.definitions)

    @cached_property
    def by_name(self) -> Mapping[str, Definition]:
        """Definitions by `id` or `id@version`."""
        return {definition.name: definition for definition in self.definitions}

    def match(self, type_: str, class_: str, context: Context, pins: Mapping[str, int] | None = None) -> Match | None:
        """The definition that serves a resource of this type and class in this context."""
        rule = self.matcher.rule_for(type_, class_, context)
        if rule is None:
            return None
        version = (pins or {}).get(rule.definition.id)
        if version is None or version == rule.definition.version:
            return Match(rule.definition, rule)
        return Match(self.by_name[f"{rule.definition.id}@{version}"], rule, pinned=True)

    def explain(self, type_: str, class_: str, context: Context, pins: Mapping[str, int] | None = None) -> Explanation:
        """The match beside every other candidate and the first field in which it lost."""
        match = self.match(type_, class_, context, pins)
        others = self.matcher.candidates(type_, class_, context, match.rule if match else None)
        return Explanation(type_, class_, context, match, others)

    def check_pins(self, pins: Mapping[str, int]) -> None:
        """Refuse pins to what does not exist."""
        for id_, version in sorted(pins.items()):
            if f"{id_}@{version}" not in self.by_name:
                versions = [one.name for one in self.definitions if one.id == id_ and one.version is not None]
                fix = f"there are: {', '.join(versions)}" if versions else did_you_mean(id_, self._versioned)
                raise InputError(f"no definition is called '{id_}@{version}'", where="platform:pins", fix=fix)

    @property
    def _versioned(self) -> list[str]:
        return sorted({one.id for one in self.definitions if one.version is not None})

    def classes(self, type_: str) -> tuple[str, ...]:
        """The classes of a type that some definition serves."""
        named = {criteria.class_ for one in self.matcher.of_type(type_) for criteria in one.criteria}
        return tuple(sorted(named, key=lambda name: (name != DEFAULT_CLASS, name)))
