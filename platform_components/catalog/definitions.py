"""Resource definitions: the platform team's answer to a resource type, read from YAML and checked one by one.

What definitions say about each other (ids, duplicates, criteria that never win) is checked in `load`; which one wins
is `matching`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from platform_components.catalog import reach
from platform_components.catalog.problems import Findings, line_of, texts
from platform_components.environment import STACK_KEYS
from platform_components.naming import DEFAULT_CLASS
from platform_components.score.model import TYPE_PATTERN
from platform_components.score.placeholders import Reference, references
from platform_components.score.positions import DocumentPath, Position, Positions
from platform_components.score.problems import did_you_mean

CONTEXT_KEYS = ("env_type", "app_id", "env_id", "res_id", "class")
STATIC_ROOTS = ("context", "params", "environment", "stack")
"""Roots that are known before anything is created."""
ROOTS = (*STATIC_ROOTS, "uses")
RESERVED_KEYS = ("$ref", "$template")
"""Keys that the plan itself writes where a value is not known yet."""

FIELDS = ("res_id", "env_id", "app_id", "env_type")
"""The fields of criteria, most specific first: Humanitec's published order."""

NOWHERE = Position("")

_ALIAS = "^[a-z][a-z0-9_-]*$"
_TEXT = {"type": "string", "minLength": 1}
_USE = {
    "type": {"type": "string", "pattern": TYPE_PATTERN},
    "class": _TEXT,
    "id": _TEXT,
    "params": {"type": "object"},
}

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "type", "driver"],
    "properties": {
        "id": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"},
        "version": {"type": "integer", "minimum": 1},
        "description": {"type": "string"},
        "type": {"type": "string", "pattern": TYPE_PATTERN},
        "driver": _TEXT,
        "criteria": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": dict.fromkeys(("class", *FIELDS), _TEXT),
            },
        },
        "uses": {
            "type": "object",
            "propertyNames": {"pattern": _ALIAS},
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["type"],
                "properties": _USE,
            },
        },
        "also": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["type"],
                "properties": {**_USE, "waits": {"type": "boolean"}, "awaited": {"type": "boolean"}},
            },
        },
        "inputs": {"type": "object"},
        **{key: {"type": ["array", "string"]} for key in reach.KEYS},
        "data_in": {"type": "array", "items": {"type": "string"}},
    },
}
"""What a definition's document may hold."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """One entry of a definition's criteria: every field given has to equal the context's."""

    class_: str = DEFAULT_CLASS
    res_id: str | None = None
    env_id: str | None = None
    app_id: str | None = None
    env_type: str | None = None
    position: Position = field(default=NOWHERE, compare=False)

    @property
    def values(self) -> tuple[str | None, ...]:
        """The fields in the order of `FIELDS`."""
        return (self.res_id, self.env_id, self.app_id, self.env_type)

    def __str__(self) -> str:
        pairs = [
            ("class", None if self.class_ == DEFAULT_CLASS else self.class_),
            *zip(FIELDS, self.values, strict=True),
        ]
        return "{" + ", ".join(f"{name}: {value}" for name, value in pairs if value is not None) + "}"


@dataclass(frozen=True, slots=True)
class Use:
    """Another resource that a definition needs (`uses`) or asks for beside its own (`also`)."""

    type: str
    class_: str
    """May hold placeholders of the roots known beforehand, as may the id and the params."""
    id: str | None
    """None: one for each using resource, named after it."""
    params: Mapping[str, Any]
    position: Position
    waits: bool = False
    """Only of `also`: it is made after the resource that brought it."""
    awaited: bool = False
    """Only of `also`: whatever waits for the resource that brought it waits for it, too."""


@dataclass(frozen=True)
class Definition:
    """One resource definition."""

    id: str
    version: int | None
    type: str
    driver: str
    description: str
    criteria: tuple[Criteria, ...]
    uses: Mapping[str, Use]
    also: tuple[Use, ...]
    inputs: Mapping[str, Any]
    data_in: tuple[str, ...]
    """The aliases of what the resource's data lives in: if one of them becomes another, the data is gone."""
    positions: Positions
    place: str
    """`file:line`, the file counted from its definitions folder: the same in every checkout."""
    reached_at: Any = None
    """Where the resource is reached, see `reach`; None: where that is reached which it uses."""
    reaches: Any = None
    """What the pods that it makes reach beside what it uses; None: nothing is said, and it may make none."""
    templates: tuple[str, ...] = ()
    """The inputs that are templates of the driver's own: their placeholders are its business."""

    @property
    def name(self) -> str:
        """`id`, or `id@version`."""
        return self.id if self.version is None else f"{self.id}@{self.version}"

    @property
    def plain_inputs(self) -> Mapping[str, Any]:
        """The inputs in which the plan fills in the placeholders."""
        return {name: value for name, value in self.inputs.items() if name not in self.templates}

    @property
    def position(self) -> Position:
        """Where it is written."""
        return self.positions.at(("id",))

    def place_of(self, criteria: Criteria) -> str:
        """Where one of its entries is written, as `place` says it."""
        file = self.place.rpartition(":")[0] if self.position.line else self.place
        return line_of(Position(file, criteria.position.line))

    def __str__(self) -> str:
        return self.name


def read_definition(
    value: Mapping[str, Any],
    positions: Positions,
    findings: Findings,
    *,
    shown: Position,
    templates: tuple[str, ...] = (),
) -> Definition | None:
    """The definition in a document; what is wrong goes to the findings, None if it can't be read at all.

    `templates`: the inputs whose placeholders are the driver's own.
    """
    if not findings.check(value, SCHEMA):
        return None
    uses = {alias: _use(document, positions.at(("uses", alias))) for alias, document in value.get("uses", {}).items()}
    also = tuple(_use(document, positions.at(("also", index))) for index, document in enumerate(value.get("also", ())))
    definition = Definition(
        id=value["id"],
        version=value.get("version"),
        type=value["type"],
        driver=value["driver"],
        description=value.get("description", "").strip(),
        criteria=tuple(
            Criteria(
                class_=one.get("class", DEFAULT_CLASS),
                **{name: one.get(name) for name in FIELDS},
                position=positions.at(("criteria", index)),
            )
            for index, one in enumerate(value.get("criteria", ()))
        ),
        uses=uses,
        also=also,
        inputs=value.get("inputs", {}),
        reached_at=value.get("reached_at"),
        reaches=value.get("reaches"),
        data_in=tuple(value.get("data_in", uses)),
        templates=templates,
        positions=positions,
        place=line_of(shown),
    )
    _check_uses(definition, findings)
    _check_placeholders({**value, "inputs": definition.plain_inputs}, definition, findings)
    for key in reach.KEYS:
        for path, message, hint in reach.problems(value.get(key, ())):
            findings.add((key, *path), message, hint)
    return definition


def _use(document: Mapping[str, Any], position: Position) -> Use:
    return Use(
        type=document["type"],
        class_=document.get("class", DEFAULT_CLASS),
        id=document.get("id"),
        params=document.get("params", {}),
        position=position,
        waits=document.get("waits", False),
        awaited=document.get("awaited", False),
    )


def _check_uses(definition: Definition, findings: Findings) -> None:
    """Two unnamed uses of one type and class would be one resource; and data lives only in what is used."""
    for index, alias in enumerate(definition.data_in):
        if alias not in definition.uses:
            findings.add(("data_in", index), f"`uses` has no '{alias}'", did_you_mean(alias, definition.uses))
    seen: dict[tuple[str, str], str] = {}
    named: list[tuple[DocumentPath, Use]] = [(("uses", alias), use) for alias, use in definition.uses.items()]
    named += [(("also", index), use) for index, use in enumerate(definition.also)]
    for path, use in named:
        if use.id is not None:
            continue
        kind = (use.type, use.class_)
        if kind in seen:
            what = f"is the same resource as {seen[kind]}: both are named after the one that uses them"
            findings.add(path, what, "give one of them an id, or use it once")
        seen.setdefault(kind, str(path[-1]))


def placeholders(definition_part: Any) -> Iterator[tuple[DocumentPath, Reference]]:
    """Every placeholder in a tree, with the path of the text that holds it."""
    for path, text in texts(definition_part):
        if "${" in text:
            for reference in references(text):
                yield path, reference


def _check_placeholders(value: Mapping[str, Any], definition: Definition, findings: Findings) -> None:
    """Roots and the names that follow from the document alone; what needs the catalogue is checked in `load`."""
    for part in ("uses", "also", "inputs", *reach.KEYS):
        allowed = ROOTS if part == "inputs" else STATIC_ROOTS
        for inside, reference in placeholders(value.get(part, ())):
            path = (part, *inside)
            told = f"${{{reference.text}}}: "
            if reference.root not in allowed:
                hint = f"one of: {', '.join(allowed)}; a literal ${{ is written $${{"
                findings.add(path, f"{told}unknown root '{reference.root}'", hint, kind="placeholder")
            elif not reference.keys:
                findings.add(path, f"{told}says nothing more than the root", kind="placeholder")
            elif reference.root == "uses" and reference.keys[0] not in definition.uses:
                hint = did_you_mean(reference.keys[0], definition.uses, of="aliases")
                findings.add(path, f"{told}`uses` has no '{reference.keys[0]}'", hint, kind="placeholder")
            elif reference.root in ("context", "stack"):
                known = CONTEXT_KEYS if reference.root == "context" else STACK_KEYS
                name = ".".join(reference.keys)
                if name not in known:
                    findings.add(path, f"{told}is not known", did_you_mean(name, known), kind="placeholder")
    for path, key in _reserved(definition.inputs, ("inputs",)):
        findings.add(path, f"the key `{key}` is the plan's own", "use another key")


def _reserved(value: Any, path: DocumentPath) -> Iterator[tuple[DocumentPath, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key in RESERVED_KEYS:
                yield (*path, key), key
            yield from _reserved(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _reserved(item, (*path, index))
