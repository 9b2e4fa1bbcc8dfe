"""What the catalogue has to know of drivers; their models are Pulumi-free, their code is never imported here."""

from collections.abc import Mapping
from typing import Any, Protocol

from platform_components.environment import Environment
from platform_components.naming import ResourceIdentity


class DriverSpec(Protocol):
    """A driver as far as definitions are checked against it."""

    @property
    def name(self) -> str:
        """Its name in definitions."""

    @property
    def stores(self) -> bool:
        """Whether its outputs stay in a store that only the cluster reads: they are no part of any text."""

    @property
    def templates(self) -> tuple[str, ...]:
        """Inputs that are templates of its own: the plan leaves the placeholders in them to it."""

    @property
    def embedded(self) -> tuple[str, str] | None:
        """An input that names a YAML file beside the definition, and the input that the file's documents become."""

    def check(self, inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What is wrong with inputs, as (dotted path, message). Texts with placeholders are not known yet."""

    def check_templates(self, inputs: Mapping[str, Any], *, resolved: bool) -> list[tuple[str, str]]:
        """What is wrong with its templates, as `check` tells it; a hint stands on a message's second line.

        `resolved`: the inputs are a plan's, without those that nobody has set; else a definition's, as written.
        """

    def outputs(self, inputs: Mapping[str, Any]) -> Mapping[str, bool | None] | None:
        """The outputs that it will give, and whether each is secret (None: not known yet).

        None: that shows only when the resource is made.
        """

    def names(self, environment: Environment, resource: ResourceIdentity) -> Mapping[str, str]:
        """The physical names that it will make for a resource."""

    def refusal(self, environment: Environment, output: str) -> tuple[str, str] | None:
        """Why it won't give an output that somebody names, and what to do; only of types that take any name.

        None: it will, or that shows only when it is asked.
        """


Drivers = Mapping[str, DriverSpec]
"""Drivers by name."""
