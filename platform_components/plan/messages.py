"""What a person reads when a plan can't be made: where, what, the near misses, and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from platform_components.catalog import Catalog, Explanation, ResourceType
from platform_components.catalog.checks import is_open
from platform_components.catalog.problems import CatalogError
from platform_components.environment import Environment
from platform_components.naming import DEFAULT_CLASS
from platform_components.plan.requests import Origin, Request
from platform_components.score.jsonschema import violations
from platform_components.score.model import ID_PATTERN, TYPE_PATTERN
from platform_components.score.positions import DocumentPath, Position, Positions
from platform_components.score.problems import Problem, did_you_mean, path_text

NEAREST = 3
"""Near misses told when nothing matches; `pave explain` lists all."""

_FOUNDATION_RESOURCE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["type"],
    "properties": {
        "type": {"type": "string", "pattern": TYPE_PATTERN},
        "class": {"type": "string", "pattern": TYPE_PATTERN},
        "id": {"type": "string", "pattern": ID_PATTERN},
        "params": {"type": "object"},
    },
}


class PlanError(CatalogError):
    """All the reasons for which a plan can't be made."""


def unknown_type(name: str, types: Mapping[str, ResourceType], path: DocumentPath, at: Position) -> Problem:
    """A type that this platform does not have."""
    developers = [one.name for one in types.values() if one.developer]
    hint = did_you_mean(name, developers, of="this platform has")
    return Problem("unknown-type", path_text(path), f"no resource type is called '{name}'", at, hint)


def not_for_developers(
    type_: ResourceType, types: Mapping[str, ResourceType], path: DocumentPath, at: Position
) -> Problem:
    """A type that definitions use and Score files do not ask for."""
    instead = types.get(type_.instead)
    if instead is not None:
        hint = f"ask for `{instead.name}` instead: {instead.description[:1].lower()}{instead.description[1:]}"
    else:
        hint = "definitions use it where it is needed: take it out, or ask the platform team"
    return Problem("contract", path_text(path), f"'{type_.name}' is the platform's own", at, hint)


def param_problems(
    params: Any,
    type_: ResourceType,
    path: DocumentPath,
    positions: Positions | None,
    position: Position | None = None,
) -> list[Problem]:
    """Params against the type's contract; what holds a placeholder is not known yet."""
    problems = []
    for found in violations(dict(params), type_.params_schema, is_open=is_open):
        inside = (*path, *found.path)
        hint = found.hint
        if found.about_key and not type_.params:
            hint = f"the type '{type_.name}' has no params"
        at = position
        if positions is not None:
            at = positions.key(inside) if found.about_key else positions.at(inside)
        problems.append(Problem("contract", path_text(inside), found.message, at, hint))
    return problems


def conflicting_params(name: str, first: Request, second: Request) -> Problem:
    """One resource, asked for with different params."""
    what = f"the resource {name} is asked for with other params than at {first.origin}"
    return Problem(
        "resource", second.origin.text, what, second.origin.position, "give both the same, or only one of them"
    )


def foundation_problem(name: str, entry: Any) -> Problem | None:
    """What is wrong with the shape of an entry of `platform:resources`."""
    for found in violations(entry, _FOUNDATION_RESOURCE):
        where = Position(f"platform:resources.{name}")
        return Problem("schema", path_text(found.path), found.message, where, found.hint)
    return None


def no_match_problem(explanation: Explanation, environment: Environment, request: Request, catalog: Catalog) -> Problem:
    """Nobody serves a resource: the near misses, each with the field that differs, and what to do."""
    type_, class_ = explanation.type, explanation.class_
    of_class = f" (class '{class_}')" if class_ != DEFAULT_CLASS else ""
    where = "/".join(filter(None, [environment.app, environment.name]))
    kind = f" ({environment.type.name})" if environment.name != environment.type.name else ""
    lines = []
    for index, candidate in enumerate(explanation.others[:NEAREST]):
        label = "nearest: " if index == 0 else "         "
        lines.append(f"{label}{candidate.definition.name}, {_short(candidate)}      {candidate.definition.place}")
    if not explanation.others:
        lines.append(f"no definition is for '{type_}' at all")
    lines.append(_remedy(explanation, environment, catalog))
    path = f"{request.origin.text}.type" if request.origin.text.startswith("resources.") else request.origin.text
    what = f"no resource definition serves '{type_}'{of_class} in {where}{kind}"
    return Problem("resource", path, what, request.origin.position, "\n".join(lines))


def _short(candidate: Any) -> str:
    if candidate.criteria is None:
        return "which has no criteria"
    parts = []
    for name in candidate.failed:
        value = candidate.criteria.class_ if name == "class" else getattr(candidate.criteria, name)
        parts.append(f"{name} '{value}'")
    return f"for {' and '.join(parts)}"


def _remedy(explanation: Explanation, environment: Environment, catalog: Catalog) -> str:
    criteria = "{env_type: " + environment.type.name + "}"
    if explanation.class_ != DEFAULT_CLASS:
        criteria = "{class: " + explanation.class_ + "}"
        usual = catalog.match(explanation.type, DEFAULT_CLASS, explanation.context, environment.pins)
        if usual is not None:
            return f"add a definition with criteria {criteria}, or drop `class` from the resource"
    return f"add a definition with criteria {criteria}"


def loop_problem(hops: Sequence[tuple[str, Origin]]) -> Problem:
    """Resources that wait for each other: every hop, and where it is written."""
    names = [name for name, _ in hops]
    lines = [
        f"{name} waits for {following}: {origin}"
        for (name, origin), following in zip(hops, [*names[1:], names[0]], strict=True)
    ]
    what = "these resources wait for each other: " + " → ".join([*names, names[0]])
    position = next((origin.position for _, origin in hops if origin.position), None)
    return Problem("resource", "", what, position, "\n".join([*lines, "take one of these hops out"]))
