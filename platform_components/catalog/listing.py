"""What `pave catalog` tells: the types, their params and outputs, who serves them and where each definition wins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from platform_components.catalog.catalog import Catalog
from platform_components.catalog.definitions import Criteria, Definition
from platform_components.catalog.matching import presence
from platform_components.catalog.types import ResourceType
from platform_components.environment import Context
from platform_components.errors import InputError
from platform_components.naming import DEFAULT_CLASS
from platform_components.score.problems import did_you_mean

# No id is written like this, so nothing that names an app, an environment or a resource matches.
_ANY = "*"


@dataclass(frozen=True)
class Serving:
    """One entry of a definition's criteria, and the environment types in which it wins."""

    definition: str
    at: str
    driver: str
    criteria: str
    class_: str
    wins_in: tuple[str, ...]
    """The environment types in which it serves what its criteria name, if nothing more specific does."""
    only: str
    """What else it is narrowed down to, such as `app_id shop`; empty: nothing."""

    def to_dict(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "definition": self.definition,
            "at": self.at,
            "driver": self.driver,
            "criteria": self.criteria,
            "class": self.class_,
            "wins_in": list(self.wins_in),
            "only": self.only,
        }


@dataclass(frozen=True)
class Listed:
    """A resource type and everything that serves it."""

    type: ResourceType
    classes: tuple[str, ...]
    serving: tuple[Serving, ...]
    """By class, the most specific first."""
    never: tuple[str, ...]
    """Definitions without criteria: chosen only by a pin."""

    def to_dict(self) -> dict[str, Any]:
        """As `--json` prints it."""
        type_ = self.type
        return {
            "name": type_.name,
            "description": type_.description,
            "developer": type_.developer,
            "holds_data": type_.holds_data,
            "params": type_.params_schema,
            "outputs": {
                name: {
                    "type": spec.type,
                    "description": spec.description,
                    "secret": spec.secret,
                    "optional": spec.optional,
                    **({"alias_of": spec.alias_of} if spec.alias_of else {}),
                }
                for name, spec in type_.outputs.items()
            },
            "open_outputs": ("secret" if type_.open_outputs_secret else "plain") if type_.open_outputs else None,
            "example": type_.example,
            "classes": list(self.classes),
            "serving": [one.to_dict() for one in self.serving],
            "never_chosen": list(self.never),
        }


def listed(catalog: Catalog, name: str) -> Listed:
    """One type. Raises InputError with the nearest name if there is none."""
    type_ = catalog.types.get(name)
    if type_ is None:
        raise InputError(f"no resource type is called '{name}'", fix=did_you_mean(name, catalog.types))
    definitions = catalog.matcher.of_type(name)
    entries = [(definition, criteria) for definition in definitions for criteria in definition.criteria]
    entries.sort(key=lambda entry: _order(*entry))
    return Listed(
        type=type_,
        classes=catalog.classes(name),
        serving=tuple(_serving(definition, criteria, catalog) for definition, criteria in entries),
        never=tuple(one.name for one in definitions if not one.criteria),
    )


def all_listed(catalog: Catalog) -> tuple[Listed, ...]:
    """All types: what developers ask for first, and of that what somebody serves."""
    found = [listed(catalog, name) for name in catalog.types]
    return tuple(sorted(found, key=lambda one: (not one.type.developer, not one.serving, one.type.name)))


def _serving(definition: Definition, criteria: Criteria, catalog: Catalog) -> Serving:
    only = {"res_id": criteria.res_id, "env_id": criteria.env_id, "app_id": criteria.app_id}
    return Serving(
        definition=definition.name,
        at=definition.place,
        driver=definition.driver,
        criteria=str(criteria),
        class_=criteria.class_,
        wins_in=tuple(name for name in catalog.environment_types if _wins(definition, criteria, name, catalog)),
        only=", ".join(f"{key} {value}" for key, value in only.items() if value is not None),
    )


def _wins(definition: Definition, criteria: Criteria, env_type: str, catalog: Catalog) -> bool:
    """Whether the entry serves what it names in an environment of this type."""
    context = Context(env_type, criteria.app_id or _ANY, criteria.env_id or _ANY, criteria.res_id or _ANY)
    rule = catalog.matcher.rule_for(definition.type, criteria.class_, context)
    return rule is not None and rule.criteria == criteria


def _order(definition: Definition, criteria: Criteria) -> tuple[bool, str, tuple[bool, ...], str, str]:
    not_named = tuple(not named for named in presence(criteria))
    return (criteria.class_ != DEFAULT_CLASS, criteria.class_, not_named, definition.name, str(criteria))


def overview_text(catalog: Catalog) -> str:
    """All types as people read them: in a few lines each those that are served, in one the others."""
    found = all_listed(catalog)
    width = max(len(one.type.name) for one in found)
    parts = []
    for title, group in (
        ("For Score files", [one for one in found if one.type.developer and one.serving]),
        ("Known, but served by no definition here", [one for one in found if one.type.developer and not one.serving]),
        ("The platform's own", [one for one in found if not one.type.developer]),
    ):
        if group:
            lines = [line for one in group for line in _summary(one, catalog, width)]
            parts.append("\n".join([title, *lines]))
    hint = "`pave catalog TYPE` has an example to paste, and what each param and output is. * required, ! secret"
    return "\n\n".join([*parts, hint])


def _summary(one: Listed, catalog: Catalog, width: int) -> list[str]:
    """What it is, takes and gives, and who serves it."""
    type_ = one.type
    lines = [f"  {type_.name:{width}}  {type_.description}{'; holds data' if type_.holds_data else ''}"]
    if not one.serving:
        return lines
    takes = [f"{name}*" if name in type_.required else name for name in type_.params]
    gives = [f"{name}!" if spec.secret else name for name, spec in type_.outputs.items() if spec.alias_of is None]
    gives += [f"any name{'!' if type_.open_outputs_secret else ''}"] if type_.open_outputs else []
    for label, names in (("takes", takes), ("gives", gives)):
        lines += [f"  {'':{width}}    {label}  {', '.join(names)}"] if names else []
    served = [f"{where} by {definition}" for where, definition, _ in _served(one, catalog)]
    for number, text in enumerate(served):
        lines.append(f"  {'':{width}}    {'where' if not number else '     '}  {text}")
    return lines


def type_text(one: Listed, catalog: Catalog) -> str:
    """One type as people read it, with an example to paste."""
    type_ = one.type
    facts = [
        *(["holds data"] if type_.holds_data else []),
        *([] if type_.developer else [f"the platform's own: {_instead(type_)}"]),
    ]
    lines = [f"{type_.name}: {type_.description}" + (f" ({'; '.join(facts)})" if facts else "")]
    if type_.example:
        lines += ["", "in a Score file", "  resources:", *(f"    {line}" for line in type_.example.splitlines())]
    if type_.params:
        lines += ["", "params", *_table((name, _param(name, type_)) for name in type_.params)]
    if type_.outputs or type_.open_outputs:
        rows = [(name, _output(name, type_)) for name in type_.outputs]
        if type_.open_outputs:
            rows.append(
                ("any other" if rows else "any name", "secret" if type_.open_outputs_secret else "in the clear")
            )
        lines += ["", f"outputs{_reference(type_)}", *_table(rows)]
    lines += ["", "served" if one.serving else "served by no definition"]
    rows = [(where, f"by {definition}      {at}") for where, definition, at in _served(one, catalog, drivers=True)]
    lines += _table(rows) if rows else []
    if one.never:
        lines.append(f"  never, but by a pin: {', '.join(one.never)}")
    return "\n".join(lines)


def _instead(type_: ResourceType) -> str:
    return f"Score files ask for {type_.instead}" if type_.instead else "Score files can't ask for it"


def _reference(type_: ResourceType) -> str:
    """How a variable of the example's workload names an output."""
    name = type_.example.partition(":")[0]
    output = next(iter(type_.outputs), "NAME")
    return f", such as ${{resources.{name}.{output}}}" if name else ""


def _served(one: Listed, catalog: Catalog, *, drivers: bool = False) -> list[tuple[str, str, str]]:
    """Where, by which definition, and where that is written; once for entries that differ in nothing else."""
    rows = []
    for serving in one.serving:
        definition = f"{serving.definition} ({serving.driver})" if drivers else serving.definition
        replaced = catalog.instead_of.get(serving.definition)
        at = f"{serving.at}, in the place of {replaced}" if replaced else serving.at
        rows.append((_where(serving, one, catalog), definition, at))
    return list(dict.fromkeys(rows))


def _where(serving: Serving, one: Listed, catalog: Catalog) -> str:
    """All environment types in which a definition wins by entries that differ in nothing else."""
    alike = [
        other
        for other in one.serving
        if (other.definition, other.class_, other.only) == (serving.definition, serving.class_, serving.only)
    ]
    wins = {name for other in alike for name in other.wins_in}
    kinds = catalog.environment_types
    relevant = [name for name in kinds if not one.type.developer or kinds[name].kind == "application"]
    names = [name for name in relevant if name in wins]
    where = "everywhere" if names == relevant else ", ".join(names) or "nowhere"
    class_ = "" if serving.class_ == DEFAULT_CLASS else f"class {serving.class_}: "
    return f"{class_}{where}{f', only for {serving.only}' if serving.only else ''}"


def _table(rows: Iterable[tuple[str, str]]) -> list[str]:
    rows = list(rows)
    width = max(len(name) for name, _ in rows)
    return [f"  {name:{width}}  {text}".rstrip() for name, text in rows]


def _param(name: str, type_: ResourceType) -> str:
    schema: Mapping[str, Any] = type_.params[name]
    kind = schema.get("type", "anything")
    parts = [" or ".join([kind] if isinstance(kind, str) else kind)]
    if name in type_.required:
        parts.append("required")
    if "default" in schema:
        parts.append(f"default {schema['default']}")
    return _facts(schema.get("description", ""), parts)


def _output(name: str, type_: ResourceType) -> str:
    spec = type_.outputs[name]
    parts = [spec.type] + (["secret"] if spec.secret else []) + (["optional"] if spec.optional else [])
    return _facts(spec.description, parts)


def _facts(description: str, parts: list[str]) -> str:
    return f"{description} ({', '.join(parts)})" if description else ", ".join(parts)
