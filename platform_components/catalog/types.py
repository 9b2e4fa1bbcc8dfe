"""Resource types: the contract between a developer who asks for a resource and the driver that makes it.

YAML, in any document of the definitions folders; the built-in ones are `builtin/types.yaml`:

    resource_types:
      postgres:
        description: A PostgreSQL database of its own
        developer: true                   # whether a Score file may ask for it; default true
        holds_data: true                  # whether losing it loses data; default false
        params:                           # JSON Schema words
          required: []
          properties: {extensions: {type: array, items: {type: string}}}
        outputs:
          name: {type: string, description: The database}
          database: {alias_of: name}
          password: {type: string, secret: true}
          url: {type: string, optional: true}
        open_outputs: secret              # or `plain`: any other name comes back, too; left out: none
        instead: postgres                 # what a Score file asks for instead, if developers may not ask for this
        example: |                        # for `resources:` of a Score file
          db:
            type: postgres
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from platform_components.catalog.problems import Findings
from platform_components.score.jsonschema import unknown_words
from platform_components.score.model import TYPE_PATTERN
from platform_components.score.positions import Position
from platform_components.score.problems import did_you_mean

_BUILTIN = Position("builtin")
_OUTPUT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "type": {"enum": ["string", "integer", "number", "boolean", "object", "array"]},
        "description": {"type": "string"},
        "secret": {"type": "boolean"},
        "optional": {"type": "boolean"},
        "alias_of": {"type": "string"},
    },
}

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "resource_types": {
            "type": "object",
            "propertyNames": {"pattern": TYPE_PATTERN},
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["description"],
                "properties": {
                    "description": {"type": "string", "minLength": 1},
                    "developer": {"type": "boolean"},
                    "holds_data": {"type": "boolean"},
                    "params": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "required": {"type": "array", "items": {"type": "string"}},
                            "properties": {"type": "object", "additionalProperties": {"type": "object"}},
                        },
                    },
                    "outputs": {
                        "type": "object",
                        "propertyNames": {"pattern": "^[a-z][A-Za-z0-9_-]*$"},
                        "additionalProperties": _OUTPUT,
                    },
                    "open_outputs": {"enum": ["secret", "plain"]},
                    "instead": {"type": "string"},
                    "example": {"type": "string"},
                },
            },
        }
    },
}
"""What a document of resource types may hold."""


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """One output of a resource type."""

    type: str = "string"
    secret: bool = False
    description: str = ""
    alias_of: str | None = None
    optional: bool = False


@dataclass(frozen=True)
class ResourceType:
    """What a developer may set and gets back, whatever definition serves it."""

    name: str
    description: str
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """A JSON Schema for each param a developer may set."""
    required: tuple[str, ...] = ()
    """The params that a developer has to set."""
    outputs: Mapping[str, OutputSpec] = field(default_factory=dict)
    open_outputs: bool = False
    """Whether any other name comes back as well."""
    open_outputs_secret: bool = False
    holds_data: bool = False
    developer: bool = True
    instead: str = ""
    example: str = ""
    position: Position = field(default=_BUILTIN, compare=False)

    def knows(self, output: str) -> bool:
        """Whether the output exists."""
        return output in self.outputs or self.open_outputs

    def secret(self, output: str) -> bool:
        """Whether the output has to be kept secret."""
        spec = self.outputs.get(output)
        return self.open_outputs_secret if spec is None else spec.secret

    @property
    def secret_outputs(self) -> tuple[str, ...]:
        """The names of all declared outputs that are secret."""
        return tuple(sorted(name for name, spec in self.outputs.items() if spec.secret))

    @property
    def params_schema(self) -> Mapping[str, Any]:
        """The JSON Schema of all params together; a param outside the contract is an error."""
        return {
            "type": "object",
            "required": list(self.required),
            "properties": dict(self.params),
            "additionalProperties": False,
        }


def read_types(value: Mapping[str, Any], findings: Findings, place: Mapping[str, Position]) -> dict[str, ResourceType]:
    """The types of a document; what is wrong goes to the findings. `place` says where each was written."""
    if not findings.check(value, SCHEMA):
        return {}
    types = {}
    for name, document in value["resource_types"].items():
        path = ("resource_types", name)
        params = document.get("params", {})
        properties = params.get("properties", {})
        for param, schema in properties.items():
            for word in unknown_words(schema):
                findings.add(
                    (*path, "params", "properties", param, word), "is no JSON Schema word that is checked here"
                )
        for index, required in enumerate(params.get("required", ())):
            if required not in properties:
                hint = did_you_mean(required, properties)
                findings.add((*path, "params", "required", index), f"'{required}' is no param of the type", hint)
        types[name] = ResourceType(
            name=name,
            description=document["description"].strip(),
            params=properties,
            required=tuple(params.get("required", ())),
            outputs=_outputs(document.get("outputs", {}), findings, (*path, "outputs")),
            open_outputs="open_outputs" in document,
            open_outputs_secret=document.get("open_outputs") == "secret",
            holds_data=document.get("holds_data", False),
            developer=document.get("developer", True),
            instead=document.get("instead", ""),
            example=document.get("example", ""),
            position=place[name],
        )
    return types


def _outputs(
    documents: Mapping[str, Mapping[str, Any]], findings: Findings, path: tuple[str, ...]
) -> dict[str, OutputSpec]:
    specs = {}
    for name, document in documents.items():
        target = document.get("alias_of")
        spec = OutputSpec(**document)
        if target is not None:
            known: Set[str] = {other for other, one in documents.items() if "alias_of" not in one}
            if len(document) > 1 + ("description" in document):
                findings.add((*path, name), "an alias takes everything from what it stands for", "leave the rest out")
            if target not in known:
                findings.add((*path, name, "alias_of"), f"'{target}' is no output", did_you_mean(target, known))
            else:
                of = documents[target]
                spec = OutputSpec(
                    type=of.get("type", "string"),
                    secret=of.get("secret", False),
                    description=document.get("description", f"the same as `{target}`"),
                    alias_of=target,
                    optional=of.get("optional", False),
                )
        specs[name] = spec
    return specs
