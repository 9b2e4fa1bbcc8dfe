"""What the catalogue has to know of drivers; their models are Pulumi-free, their code is never imported here."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from platform_components.environment import Environment
from platform_components.naming import ResourceIdentity
from platform_components.score.model import Workload
from platform_components.score.positions import DocumentPath


@dataclass(frozen=True)
class Served:
    """A resource that a workload asks for, and how it is served."""

    identity: str
    type: str
    outputs: Collection[str]
    """The names of all outputs of its type."""
    driver: str
    inputs: Mapping[str, Any]
    """As people read them: what is not known yet stands there as a placeholder."""


@dataclass(frozen=True)
class Wish:
    """One thing that a workload asks for, once everything is matched: for what only the driver knows to be wrong."""

    workload: Workload
    name: str | None
    """Of the resource in the Score file; None: the workload itself."""
    inputs: Mapping[str, Any]
    """What the driver gets, as people read it."""
    resources: Mapping[str, Served]
    """All resources of the workload, by their names in the Score file."""
    workloads: Mapping[str, Workload]
    """All workloads of the environment."""
    asked_for_by: Mapping[str, Collection[str]]
    """By the resource's identity, the workloads that ask for it."""


@dataclass(frozen=True)
class Objection:
    """Why a driver won't do what a Score file asks: where in that file, what, and what to do."""

    path: DocumentPath
    what: str
    fix: str = ""


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

    def names(
        self, environment: Environment, resource: ResourceIdentity, workload: Workload | None = None
    ) -> Mapping[str, str]:
        """The physical names that it will make for a resource; `workload` only for a workload's own resource."""

    def objections(self, wish: Wish) -> Iterable[Objection]:
        """Why it won't do what a Score file asks, as far as that shows before anything is created."""

    def refusal(self, environment: Environment, output: str) -> tuple[str, str] | None:
        """Why it won't give an output that somebody names, and what to do; only of types that take any name.

        None: it will, or that shows only when it is asked.
        """


Drivers = Mapping[str, DriverSpec]
"""Drivers by name."""
