"""What installed packages bring: folders of definitions, and drivers, by entry points of these two groups.

    [project.entry-points."platform_components.definitions"]
    databases = "acme_platform.definitions"        # a folder of YAML files in a package
    [project.entry-points."platform_components.drivers"]
    "acme/queue" = "acme_platform.queues:Queue"    # a component, or a function of a request

Nothing here imports a package: it is looked up where Python would find it, so a plan stays quick and runs no code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

DEFINITIONS = "platform_components.definitions"
DRIVERS = "platform_components.drivers"


@dataclass(frozen=True, order=True)
class Entry:
    """One entry point."""

    package: str
    """Which package brings it, as messages and plans name it: `package acme-platform 1.2.0`."""
    name: str
    value: str


def entries(group: str) -> tuple[Entry, ...]:
    """What all installed packages bring, in an order that does not depend on where they lie."""
    found = [
        Entry(f"package {point.dist.name} {point.dist.version}" if point.dist else "a package", point.name, point.value)
        for point in entry_points(group=group)
    ]
    return tuple(sorted(found))


def folder_of(package: str) -> Path | None:
    """The folder that `package` or `package.folder` names; None where there is none."""
    top, *inside = package.split(".")
    return next((folder for place in _places(top) if (folder := place.joinpath(*inside)).is_dir()), None)


def module_file(module: str) -> Path | None:
    """The file of a module; None where there is none."""
    top, *inside = module.split(".")
    spec = _spec(top)
    if spec is None:
        return None
    if not inside:
        return Path(spec.origin) if spec.has_location and spec.origin else None
    for place in _places(top):
        path = place.joinpath(*inside)
        for file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
            if file.is_file():
                return file
    return None


def _places(top: str) -> Sequence[Path]:
    """The folders of a package: several, if it is spread over some."""
    spec = _spec(top)
    return [Path(place) for place in spec.submodule_search_locations or ()] if spec else ()


def _spec(top: str) -> ModuleSpec | None:
    """Where Python would load a top-level name from; it imports nothing for that."""
    try:
        return find_spec(top)
    except (ImportError, ValueError):  # no name at all, or one that is being run and not imported
        return None
