"""A platform repository on disk, and steps one and two of the golden path over it: read and match.

The program of a stack and every offline verb of `pave` go through `matched`; nothing here needs an engine or a cloud.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from platform_components import score
from platform_components.catalog import Catalog, packages
from platform_components.catalog import load as load_catalog
from platform_components.drivers.custom import Available
from platform_components.environment import Environment, environment_from_config
from platform_components.errors import InputError
from platform_components.plan import Plan, make_plan
from platform_components.score import Source


@dataclass(frozen=True)
class Matched:
    """An environment, the workloads read for it, and the plan that follows."""

    environment: Environment
    sources: tuple[Source, ...]
    catalog: Catalog

    @cached_property
    def plan(self) -> Plan:
        """The plan. Raises `PlanError` when something can't be served: what explains that needs the rest."""
        return make_plan(self.environment, self.sources, self.catalog)


OWN_DEFINITIONS = Path(__file__).parent / "templates" / "repository" / "definitions"
"""The definitions that come with the library, as `pave init` writes them."""


def catalog_in(folders: Sequence[Path]) -> Catalog:
    """The catalogue of these folders of definitions, and of installed packages.

    Raises `InputError` with every problem of every file.
    """
    return load_catalog(folders, drivers=Available(), packages=packages.entries(packages.DEFINITIONS))


def catalog_of(platform: Path, config: Mapping[str, Any] | None = None) -> Catalog:
    """The definitions, types and environment types of a platform repository.

    `definitions/`, whatever `platform:definitions` names beside it, relative to the repository, and what installed
    packages bring. Raises `InputError` with every problem of every file.
    """
    named = (config or {}).get("definitions") or []
    if not isinstance(named, Sequence) or isinstance(named, str):
        raise InputError("must be a list of folders", where="platform:definitions")
    return catalog_in([platform / "definitions", *(platform / str(folder) for folder in named)])


def deployed(platform: Path, config: Mapping[str, Any], stack: str) -> Matched:
    """Read the workloads that a stack's config names or holds, and match what they ask for.

    Raises `InputError` for whatever a person wrote wrong, all of one step's problems together.
    """
    return deployed_with(catalog_of(platform, config), platform, config, stack)


def deployed_with(catalog: Catalog, platform: Path, config: Mapping[str, Any], stack: str) -> Matched:
    """As `deployed`, with a catalogue at hand; paths of workloads are relative to `platform`."""
    sources = [source for _, found in workload_entries(platform, config, catalog) for source in found]
    return matched(config, stack, catalog, sources)


def matched(config: Mapping[str, Any], stack: str, catalog: Catalog, sources: Sequence[Source]) -> Matched:
    """Match what workloads ask for in the environment that a stack's config describes."""
    environment = environment_from_config(config, stack=stack, types=catalog.environment_types)
    return Matched(environment, tuple(sources), catalog)


def workload_entries(
    platform: Path, config: Mapping[str, Any], catalog: Catalog
) -> list[tuple[Any, tuple[Source, ...]]]:
    """Each entry of `platform:workloads` with the workloads it holds: a path relative to the repository (a folder may
    hold several), or a whole document.
    """
    found: list[tuple[Any, tuple[Source, ...]]] = []
    for index, entry in enumerate(config.get("workloads") or []):
        place = f"platform:workloads[{index}]"
        if isinstance(entry, Mapping):
            found.append((entry, (score.parse(entry, file=place, contracts=catalog.types),)))
        elif isinstance(entry, str) and (platform / entry).exists():
            found.append((entry, score.read_all((platform / entry,), contracts=catalog.types)))
        else:
            raise InputError(
                f"the workload file {entry} does not exist",
                where=place,
                fix="give a path relative to the platform repository, or a whole Score document",
            )
    return found
