"""The JSON Schema of a workload file, made from the models, for editors that complete and check while one types.

With contracts it is narrowed to a platform's own resource types, their classes and their params.
"""

from collections.abc import Collection, Mapping
from typing import Any

from platform_components.score.contracts import Contract, Contracts
from platform_components.score.model import Workload

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_PLACEHOLDER = {"type": "string", "pattern": "\\$\\{[^}]*\\}"}
_CONTENTS = ("source", "content", "binaryContent")


def workload_schema(
    contracts: Contracts | None = None, classes: Mapping[str, Collection[str]] | None = None
) -> dict[str, Any]:
    """The schema in draft 2020-12; `classes` are those that a platform serves, by type."""
    schema: dict[str, Any] = _tidy(Workload.model_json_schema(by_alias=True))
    definitions = schema["$defs"]
    definitions["File"]["oneOf"] = [{"required": [name]} for name in _CONTENTS]
    definitions["Probe"]["anyOf"] = [{"required": ["exec"]}, {"required": ["httpGet"]}]
    _allow_lists(definitions)
    if contracts is not None:
        _narrow(definitions["Resource"], contracts, classes or {})
    return {"$schema": DIALECT, "title": "Score workload", **schema}


def _tidy(node: Any, *, names: bool = False) -> Any:
    """The schema without pydantic's titles and nulls, its maps with one kind of key checked as the reader does.

    `names` says that the keys of this node are names that the schema describes, not words of JSON Schema.
    """
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    if names:
        return {name: _tidy(inner) for name, inner in node.items()}
    tidy: dict[str, Any] = {}
    for word, inner in node.items():
        if word == "title" or (word == "default" and not isinstance(inner, (str, bool))):
            continue
        if word == "patternProperties":
            ((pattern, values),) = inner.items()
            tidy.setdefault("propertyNames", {})["pattern"] = pattern
            tidy["additionalProperties"] = _tidy(values)
        elif word == "propertyNames":
            tidy.setdefault(word, {}).update(inner)
        else:
            tidy[word] = _tidy(inner, names=word in ("properties", "$defs"))
    return tidy


def _allow_lists(definitions: dict[str, Any]) -> None:
    """The deprecated list forms, which the reader upgrades."""
    container = definitions["Container"]["properties"]
    for element, item in (("files", "File"), ("volumes", "Volume")):
        map_form = container[element]
        description = map_form.pop("description")
        listed = {**definitions[item], "properties": dict(definitions[item]["properties"])}
        listed["properties"]["target"] = {"type": "string", "minLength": 1, "description": "Its path in the container."}
        listed["required"] = [*listed.get("required", ()), "target"]
        if element == "files":
            lines = {"type": "array", "deprecated": True, "items": {"type": ["string", "number", "boolean", "null"]}}
            listed["properties"]["content"] = {"anyOf": [listed["properties"]["content"], lines]}
        else:
            listed["properties"]["read_only"] = {"type": "boolean", "deprecated": True}
            listed["not"] = {"required": ["read_only", "readOnly"]}
        definitions[f"Listed{item}"] = listed
        list_form = {"type": "array", "deprecated": True, "items": {"$ref": f"#/$defs/Listed{item}"}}
        container[element] = {"description": description, "anyOf": [map_form, list_form]}


def _narrow(resource: dict[str, Any], contracts: Contracts, classes: Mapping[str, Collection[str]]) -> None:
    usable = {name: contract for name, contract in sorted(contracts.items()) if contract.developer}
    properties = resource["properties"]
    properties["type"] = {"description": properties["type"]["description"], "enum": list(usable)}
    resource["allOf"] = [
        {
            "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
            "then": _of_type(contract, classes.get(name)),
        }
        for name, contract in usable.items()
    ]


def _of_type(contract: Contract, classes: Collection[str] | None) -> dict[str, Any]:
    params = {name: {"anyOf": [dict(param), _PLACEHOLDER]} for name, param in contract.params.items()}
    properties: dict[str, Any] = {"params": {"properties": params, "additionalProperties": False}}
    narrowed: dict[str, Any] = {"properties": properties}
    if contract.required:
        properties["params"]["required"] = sorted(contract.required)
        narrowed["required"] = ["params"]
    if classes is not None:
        properties["class"] = {"enum": sorted(classes)}
    return narrowed
