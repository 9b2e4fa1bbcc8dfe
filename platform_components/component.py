"""What every component shares: options of its children, and validation of the plain values in its arguments.

An argument may be a plain value or an Output. Plain values are checked when the component is made, so a mistake is
told before anything is created; Outputs are not known then and pass as they are. Pulumi is loaded by what makes
resources, not by what only describes them.
"""

import difflib
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from platform_components.errors import InputError
from platform_components.open_values import is_open

if TYPE_CHECKING:
    import pulumi

T = TypeVar("T")
SettingsT = TypeVar("SettingsT", bound="Settings")


def child(component: "pulumi.ComponentResource", **extra: Any) -> "pulumi.ResourceOptions":
    """Options of a resource that `component` makes.

    The caller's options are never merged in: the engine hands providers, protection and `deleted_with` down by itself,
    and a merge would copy the component's aliases and dependencies to the child.
    """
    import pulumi

    return pulumi.ResourceOptions(parent=component, **extra)


class Settings(BaseModel):
    """Base of the models that hold a component's validated arguments: frozen, no unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, validate_default=True)


class _OpenPasses:
    """Validates a `T`, and lets through untouched what is not known yet."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            lambda value, validate: value if is_open(value) else validate(value), handler(source)
        )


if TYPE_CHECKING:
    Known = Annotated[T | pulumi.Output[T], _OpenPasses()]
else:
    Known = Annotated[T, _OpenPasses()]
"""A field of `Settings` that holds a plain `T`, validated, or an Output of one. A `T` that may be absent is written
`Known[T] | None`."""


def validated(model: type[SettingsT], component: str, name: str, args: Mapping[str, Any]) -> SettingsT:
    """The arguments of `component` called `name` as its settings; every problem in one message."""
    try:
        return model.model_validate(dict(args))
    except ValidationError as error:
        problems = [_problem(model, problem) for problem in error.errors(include_url=False, include_input=False)]
        raise _refusal()(
            f"{len(problems)} argument(s) refused", where=f"{component} '{name}'", details=problems
        ) from None


@cache
def _refusal() -> type[InputError]:
    """The error of a component that is misused: Pulumi shows its message alone, without a traceback."""
    import pulumi

    class ArgumentError(InputError, pulumi.RunError):
        """Arguments that a component refuses."""

    return ArgumentError


def whole(count: "int | pulumi.Output[int]") -> "pulumi.Output[int]":
    """A count as an integer: numbers that reach a component from another language are floating point."""
    # Input[int] is declared Input[float] for the same reason: an Output of an int fails inside the component host.
    import pulumi

    return pulumi.Output.from_input(cast(Any, count)).apply(int)


def _problem(model: type[Settings], problem: ErrorDetails) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    if problem["type"] != "extra_forbidden":
        message = problem["msg"].removeprefix("Value error, ")
        return f"{place}: {message}" if place else message
    if len(problem["loc"]) > 1:
        return f"{place}: there is no such argument"
    near = difflib.get_close_matches(place, model.model_fields, n=1)
    known = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(model.model_fields)}"
    return f"{place}: there is no such argument; {known}"


def literal(value: str) -> Any:
    """An enum's value as text, where the SDK's type admits only its enum: minor releases of the SDK rename those."""
    return value


def at_least(version: str, first: tuple[int, int]) -> bool:
    """Whether an SDK's version, such as `3.29.0`, is of this minor release or a newer one."""
    return tuple(map(int, version.split(".")[:2])) >= first
