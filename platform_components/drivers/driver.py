"""A driver as definitions know it: its name, what it takes, which physical names it makes. Without Pulumi.

Definitions are checked against it when they are loaded; only `program` imports the drivers themselves.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from platform_components.catalog.drivers import Objection, Wish
from platform_components.drivers.inputs import WRITTEN_OUT, Inputs
from platform_components.environment import Environment
from platform_components.naming import ResourceIdentity
from platform_components.score.model import Workload

_PLACEHOLDER = re.compile(r"\$\{")

Refusal = tuple[str, str] | None


@dataclass(frozen=True)
class Driver:
    """One driver: its name in definitions, the model of its inputs, its names, and where its code is."""

    name: str
    inputs: type[Inputs] | None
    """None: any input is taken (each is an output)."""
    implementation: str
    """`module:function`, imported only by `program`."""
    make_names: Callable[[Environment, ResourceIdentity], Mapping[str, str]] = lambda _environment, _resource: {}
    refuse: Callable[[Environment, str], Refusal] = lambda _environment, _output: None
    one_of: tuple[str, ...] = ()
    """Inputs of which a definition gives exactly one."""
    stores: bool = False
    """Whether its outputs stay in a store that only the cluster reads."""
    workload_names: Callable[[Workload], Mapping[str, str]] = lambda _workload: {}
    """Names that follow from what a Score file says, of the drivers of workloads."""
    object_to: Callable[[Wish], Iterable[Objection]] = lambda _wish: ()
    templates: tuple[str, ...] = ()
    """Inputs that are templates of its own: the plan leaves the placeholders in them to it."""
    embedded: tuple[str, str] | None = None
    """An input that names a YAML file beside the definition, and the input that the file's documents become."""
    look: Callable[[Mapping[str, Any], bool], list[tuple[str, str]]] = lambda _inputs, _resolved: []
    """What is wrong with its templates, see `check_templates`."""
    give: Callable[[Mapping[str, Any]], Mapping[str, bool | None] | None] = lambda _inputs: None

    def names(
        self, environment: Environment, resource: ResourceIdentity, workload: Workload | None = None
    ) -> Mapping[str, str]:
        """The physical names that a resource gets, by what they name."""
        names = self.make_names(environment, resource)
        return names if workload is None else {**names, **self.workload_names(workload)}

    def objections(self, wish: Wish) -> Iterable[Objection]:
        """Why it won't do what a Score file asks, defaults filled in; told before anything is created."""
        return self.object_to(replace(wish, inputs=self.settled(wish.inputs)))

    def refusal(self, environment: Environment, output: str) -> Refusal:
        """Why it won't give an output that somebody names, and what to do; None: it may."""
        return self.refuse(environment, output)

    def check(self, inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What is wrong with a definition's inputs, as (path, message); values with placeholders are not known yet."""
        if self.inputs is None:
            return []
        fields = {field.alias or name: field for name, field in self.inputs.model_fields.items()}
        problems = [
            (name, f"driver {self.name} has no input '{name}'; it takes {', '.join(fields)}")
            for name in inputs
            if name not in fields
        ]
        problems += [
            (name, f"driver {self.name} needs the input '{name}'")
            for name, field in fields.items()
            if field.is_required() and name not in inputs
        ]
        if self.one_of and sum(name in inputs for name in self.one_of) != 1:
            problems.append(("", f"driver {self.name} needs one of {' and '.join(self.one_of)}"))
        problems += [
            (name, "must be written out here: neither settings nor params may change it")
            for name, field in fields.items()
            if WRITTEN_OUT in field.metadata and _has_placeholder(inputs.get(name))
        ]
        for name, value in inputs.items():
            if name in fields and not _has_placeholder(value):
                problems += [(_path(name, error["loc"]), error["msg"]) for error in self._errors(name, value)]
        return problems

    def check_templates(self, inputs: Mapping[str, Any], *, resolved: bool) -> list[tuple[str, str]]:
        """What is wrong with its templates, as `check` tells it; `resolved`: in a plan, not in a definition."""
        return self.look(inputs, resolved)

    def outputs(self, inputs: Mapping[str, Any]) -> Mapping[str, bool | None] | None:
        """The outputs that it will give, and whether each is secret (None: not known yet); None: not known at all."""
        return self.give(inputs)

    def settled(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs with defaults filled in, those that are plain coerced to their types; Outputs pass as they are."""
        if self.inputs is None:
            return dict(inputs)
        defaults = {
            name: field.get_default(call_default_factory=True)
            for name, field in self.inputs.model_fields.items()
            if not field.is_required()
        }
        aliases = {field.alias: name for name, field in self.inputs.model_fields.items() if field.alias}
        return defaults | {aliases.get(name, name): value for name, value in inputs.items()}

    def _errors(self, name: str, value: Any) -> list[Any]:
        assert self.inputs is not None
        try:
            _adapter(self.inputs, name).validate_python(value)
        except ValidationError as error:
            return list(error.errors(include_url=False, include_input=False))
        return []


@cache
def _adapter(model: type[Inputs], name: str) -> TypeAdapter[Any]:
    """Validates one field alone: of a definition's inputs, some are known and some are not."""
    field = next(field for key, field in model.model_fields.items() if (field.alias or key) == name)
    kind: Any = Annotated[field.annotation, field] if field.metadata else field.annotation
    return TypeAdapter(kind)


def _has_placeholder(value: Any) -> bool:
    if isinstance(value, str):
        return _PLACEHOLDER.search(value) is not None
    if isinstance(value, Mapping):
        return any(_has_placeholder(item) for item in value.values())
    return isinstance(value, list | tuple) and any(_has_placeholder(item) for item in value)


def _path(name: str, location: tuple[int | str, ...]) -> str:
    return ".".join([name, *(str(part) for part in location)])
