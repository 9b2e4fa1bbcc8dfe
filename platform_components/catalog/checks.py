"""What definitions say about each other and about the rest of the catalogue: everything that could fail later, now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from platform_components.catalog.catalog import Catalog
from platform_components.catalog.definitions import Criteria, Definition, Use, placeholders
from platform_components.catalog.drivers import DriverSpec
from platform_components.catalog.problems import Findings
from platform_components.catalog.types import ResourceType
from platform_components.environment import EnvironmentType
from platform_components.errors import InputError
from platform_components.score.jsonschema import violations
from platform_components.score.placeholders import Reference
from platform_components.score.positions import DocumentPath, Position
from platform_components.score.problems import Problem, did_you_mean


def check_definitions(catalog: Catalog, definitions: Sequence[Definition]) -> Iterator[Problem]:
    """Every problem that shows only when all files are read."""
    yield from _versions(definitions)
    yield from _criteria(catalog, definitions)
    for definition in definitions:
        findings = Findings(definition.positions, definition.name)
        _check_type_and_uses(definition, catalog, findings)
        _check_driver(definition, catalog, findings)
        _check_names(definition, catalog, findings)
        yield from findings.problems


def _versions(definitions: Sequence[Definition]) -> Iterator[Problem]:
    """An id is one definition, or several versions of one for the same type."""
    first: dict[str, Definition] = {}
    names: dict[str, Definition] = {}
    for definition in definitions:
        other = first.setdefault(definition.id, definition)
        same = names.setdefault(definition.name, definition)
        if same is not definition:
            what = f"the id is already taken at {same.position}"
            hint = "choose another id, or add `version: N` to both if they are versions of one definition"
        elif (definition.version is None) != (other.version is None):
            what = f"the definition at {other.position} has the same id, but only one of them has a version"
            hint = "add `version: N` to both"
        elif definition.type != other.type:
            what = f"serves '{definition.type}', but the version at {other.position} serves '{other.type}'"
            hint = "versions of one definition serve one type: choose another id"
        else:
            continue
        yield Problem("schema", definition.name, what, definition.position, hint)


def _criteria(catalog: Catalog, definitions: Sequence[Definition]) -> Iterator[Problem]:
    """Entries that say the same, name an environment type that isn't there, or can never win."""
    rules: dict[tuple[str, Criteria], tuple[Definition, Position]] = {}
    known = catalog.environment_types
    applications = _application_types(known)
    entries = [(one, criteria) for one in definitions for criteria in one.criteria]
    for definition, criteria in entries:
        key = (definition.type, criteria)
        if key in rules:
            other, position = rules[key]
            yield Problem(
                "schema",
                f"{definition.name}: criteria",
                f"{criteria} is already given to '{other.name}' at {position}",
                criteria.position,
                "two definitions for the same resources: narrow one of them down, or take its entry out",
            )
        rules.setdefault(key, (definition, criteria.position))
        if criteria.env_type is not None and criteria.env_type not in known:
            yield Problem(
                "schema",
                f"{definition.name}: criteria",
                f"no environment type is called '{criteria.env_type}', so this can never match",
                criteria.position,
                did_you_mean(criteria.env_type, known),
            )
        elif criteria.app_id is not None and criteria.env_type in known.keys() - applications:
            yield Problem(
                "schema",
                f"{definition.name}: criteria",
                f"{criteria} can never match: a foundation belongs to no app",
                criteria.position,
                "take the app_id out, or name an environment type of applications",
            )
    for definition, criteria in entries:
        # Only env_type has a known, finite set of values; whatever else an entry leaves open stays open.
        types = sorted(known if criteria.app_id is None else applications)
        if criteria.env_type is None and types:
            over = [rules.get((definition.type, replace(criteria, env_type=name))) for name in types]
            if all(over):
                places = ", ".join(f"{other.name} ({position})" for other, position in filter(None, over))
                yield Problem(
                    "schema",
                    f"{definition.name}: criteria",
                    f"{criteria} can never win: every environment type has a more specific entry",
                    criteria.position,
                    f"they are: {places}\ntake this entry out, or one of those",
                )


def _application_types(known: Mapping[str, EnvironmentType]) -> set[str]:
    """A foundation belongs to no app, so what names one is about these alone."""
    return {name for name, type_ in known.items() if type_.kind == "application"}


def _check_type_and_uses(definition: Definition, catalog: Catalog, findings: Findings) -> None:
    if definition.type not in catalog.types:
        hint = did_you_mean(definition.type, catalog.types)
        findings.add(("type",), f"no resource type is called '{definition.type}'", hint, kind="unknown-type")
    parts: list[tuple[DocumentPath, Use]] = [(("uses", alias), use) for alias, use in definition.uses.items()]
    parts += [(("also", index), use) for index, use in enumerate(definition.also)]
    for path, use in parts:
        type_ = catalog.types.get(use.type)
        if type_ is None:
            hint = did_you_mean(use.type, catalog.types)
            findings.add((*path, "type"), f"no resource type is called '{use.type}'", hint, kind="unknown-type")
            continue
        if use.type == definition.type and use.id is None and use.class_ == "default" and not _classes(definition):
            findings.add(path, "is the resource itself", "give it a class or an id of its own")
        check_params(use.params, type_, findings, (*path, "params"))


def _classes(definition: Definition) -> set[str]:
    return {criteria.class_ for criteria in definition.criteria} - {"default"}


def check_params(params: Mapping[str, Any], type_: ResourceType, findings: Findings, path: DocumentPath) -> None:
    """Params against the contract; a value with a placeholder is not known yet."""
    for found in violations(dict(params), type_.params_schema, is_open=is_open):
        message, hint = found.message, found.hint
        if found.about_key and not hint:
            hint = f"the type '{type_.name}' has no params"
        findings.add((*path, *found.path), message, hint, kind="contract")


def is_open(value: Any) -> bool:
    """Whether a value as it was written holds a placeholder."""
    return isinstance(value, str) and any(True for _ in placeholders(value))


def _check_driver(definition: Definition, catalog: Catalog, findings: Findings) -> None:
    try:
        driver = catalog.drivers.get(definition.driver)
    except InputError as error:
        findings.add(("driver",), error.what, error.fix)
        return
    if driver is None:
        hint = did_you_mean(definition.driver, catalog.drivers)
        findings.add(("driver",), f"no driver is called '{definition.driver}'", hint)
        return
    problems = driver.check(definition.inputs)
    if not problems and driver.templates:
        problems = driver.check_templates(definition.inputs, resolved=False)
    for where, message in problems:
        what, _, hint = message.partition("\n")
        findings.add(("inputs", *path_of(where, definition.inputs)), what, hint)
    if not problems and definition.type in catalog.types:
        _check_outputs(driver, definition, catalog.types[definition.type], findings)


def _check_outputs(driver: DriverSpec, definition: Definition, type_: ResourceType, findings: Findings) -> None:
    """What the driver is known to give, against the contract."""
    given = driver.outputs(definition.inputs)
    if given is None:
        return
    for name, spec in type_.outputs.items():
        if spec.alias_of is None and not spec.optional and name not in given:
            findings.add(("inputs",), f"the type '{type_.name}' has the output '{name}', which is not given")
    for name, secret in given.items():
        path = ("inputs", "outputs", name) if "outputs" in definition.inputs else ("inputs", name)
        if not type_.knows(name):
            hint = did_you_mean(name, type_.outputs, of="outputs")
            findings.add(path, f"the type '{type_.name}' has no output '{name}'", hint)
        elif secret is not None and secret != type_.secret(name):
            meant, is_ = ("secret", "plain") if type_.secret(name) else ("plain", "secret")
            findings.add(path, f"the output '{name}' of the type '{type_.name}' is {meant}, but what is given is {is_}")


def path_of(dotted: str, inputs: Any) -> DocumentPath:
    """A driver's dotted path as a path into the inputs it was given; keys may hold dots themselves."""
    path: list[str | int] = []
    value, rest = inputs, dotted
    while rest:
        if isinstance(value, Mapping):
            fitting = [key for key in value if rest == key or rest.startswith(f"{key}.")]
            key = max(fitting, key=len, default=rest.split(".")[0])
            path.append(key)
            value, rest = value.get(key), rest[len(key) + 1 :]
        elif isinstance(value, list) and rest.split(".")[0].isdigit():
            index, _, rest = rest.partition(".")
            path.append(int(index))
            value = value[int(index)] if int(index) < len(value) else None
        else:
            path.append(rest)
            rest = ""
    return tuple(path)


def _check_names(definition: Definition, catalog: Catalog, findings: Findings) -> None:
    """Placeholders whose names follow from the catalogue: params, outputs of what is used, settings."""
    type_ = catalog.types.get(definition.type)
    types = _environment_types(definition, catalog.environment_types)
    parts = {
        "uses": {
            alias: {"class": use.class_, "id": use.id, "params": use.params} for alias, use in definition.uses.items()
        },
        "also": [{"class": use.class_, "id": use.id, "params": use.params} for use in definition.also],
        "inputs": definition.plain_inputs,
        "reached_at": definition.reached_at,
        "reaches": definition.reaches,
    }
    for path, reference in placeholders(parts):
        message, hint = "", ""
        if (
            reference.root == "params"
            and reference.keys
            and type_ is not None
            and reference.keys[0] not in type_.params
        ):
            message = f"the type '{type_.name}' has no param '{reference.keys[0]}'"
            hint = did_you_mean(reference.keys[0], type_.params, of="params")
        elif reference.root == "uses":
            message, hint = _output_problem(definition, reference, catalog)
        elif reference.root == "environment" and reference.keys:
            message, hint = _setting_problem(reference, types)
        if message:
            findings.add(path, f"${{{reference.text}}}: {message}", hint, kind="placeholder")


def _output_problem(definition: Definition, reference: Reference, catalog: Catalog) -> tuple[str, str]:
    use = definition.uses.get(reference.keys[0]) if reference.keys else None
    type_ = catalog.types.get(use.type) if use else None
    if type_ is None or len(reference.keys) < 2 or type_.knows(reference.keys[1]):
        return "", ""
    hint = did_you_mean(reference.keys[1], type_.outputs, of="outputs")
    return f"the type '{type_.name}' has no output '{reference.keys[1]}'", hint


def _setting_problem(reference: Reference, types: Mapping[str, EnvironmentType]) -> tuple[str, str]:
    lacking = [name for name, one in types.items() if not has_setting(one.settings, reference.keys)]
    if not lacking:
        return "", ""
    known = sorted({path for one in types.values() for path in setting_paths(one.settings)})
    setting = ".".join(reference.keys)
    where = ", ".join(f"'{name}'" for name in lacking)
    return f"the environment type {where} has no setting '{setting}'", did_you_mean(setting, known)


def has_setting(settings: Mapping[str, Any], keys: Sequence[str]) -> bool:
    """Whether nested settings have a value, if only an empty one, at the keys."""
    value: Any = settings
    for key in keys:
        if not isinstance(value, Mapping) or key not in value:
            return False
        value = value[key]
    return True


def setting_paths(settings: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The dotted paths of all settings."""
    for key, value in settings.items():
        yield f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from setting_paths(value, f"{prefix}{key}.")


def _environment_types(definition: Definition, types: Mapping[str, EnvironmentType]) -> Mapping[str, EnvironmentType]:
    """The environment types that a definition's criteria name; one without any can't be told beforehand."""
    named = {criteria.env_type for criteria in definition.criteria if criteria.env_type is not None}
    return {name: types[name] for name in sorted(named) if name in types}
