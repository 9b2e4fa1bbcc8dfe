"""A platform repository on disk, and steps one and two of the golden path over it: read and match.

The program of a stack and every offline verb of `pave` go through `matched`; nothing here needs an engine or a cloud.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platform_components import score
from platform_components.catalog import Catalog
from platform_components.catalog import load as load_catalog
from platform_components.drivers.registry import DRIVERS
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
    plan: Plan


def catalog_of(platform: Path, config: Mapping[str, Any] | None = None) -> Catalog:
    """The definitions, types and environment types of a platform repository.

    `definitions/` and whatever `platform:definitions` names beside it, relative to the repository.
    Raises `InputError` with every problem of every file.
    """
    named = (config or {}).get("definitions") or []
    if not isinstance(named, Sequence) or isinstance(named, str):
        raise InputError("must be a list of folders", where="platform:definitions")
    return load_catalog([platform / "definitions", *(platform / str(folder) for folder in named)], drivers=DRIVERS)


def matched(platform: Path, config: Mapping[str, Any], stack: str, catalog: Catalog | None = None) -> Matched:
    """Read the workloads that a stack's config names or holds, and match what they ask for.

    `catalog`: the repository's, if it has been loaded already.

    Raises `InputError` for whatever a person wrote wrong, all of one step's problems together.
    """
    catalog = catalog or catalog_of(platform, config)
    environment = environment_from_config(config, stack=stack, types=catalog.environment_types)
    sources = _sources(platform, config, catalog)
    return Matched(environment, sources, catalog, make_plan(environment, sources, catalog))


def _sources(platform: Path, config: Mapping[str, Any], catalog: Catalog) -> tuple[Source, ...]:
    """Paths are read together, so that all their problems are told at once; whole documents are parsed."""
    entries = config.get("workloads") or []
    paths = [platform / entry for entry in entries if isinstance(entry, str)]
    for path in paths:
        if not path.exists():
            raise InputError(
                f"the workload file {path} does not exist",
                where="platform:workloads",
                fix="paths are relative to the platform repository",
            )
    documents = [entry for entry in entries if isinstance(entry, Mapping)]
    read = score.read_all(paths, contracts=catalog.types) if paths else ()
    parsed = tuple(
        score.parse(document, file=f"platform:workloads[{index}]", contracts=catalog.types)
        for index, document in enumerate(documents)
    )
    return (*read, *parsed)
