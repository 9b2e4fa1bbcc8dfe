"""Every setting of every environment type side by side, as the page docs/environment-types.md.

`python -m platform_components.settings_table` writes the page of the checkout around the current folder; a test holds
it to the definitions. Which settings there are is the definitions' business: this shows what is there.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from platform_components.catalog import Catalog
from platform_components.environment import EnvironmentType, duration_text
from platform_components.repository import catalog_of

PAGE = Path("docs") / "environment-types.md"
COMMAND = "python -m platform_components.settings_table"
_OWN = (
    *("description", "foundation", "location", "domain", "ttl", "ttl_warning", "ttl_max"),
    *("max_per_app", "max_per_owner", "protect", "backend", "secrets_provider", "salt"),
)
_ABSENT, _EMPTY = "", "–"
_INTRODUCTION = f"""\
Every setting of every environment type, as [environments.yaml](../definitions/environments.yaml) has them; `make docs`
writes this page, do not edit it. `{_EMPTY}` is a setting without a value: the component's own default counts. An empty
cell: the type has no such setting. What each means is told where it is used: [azure.md](azure.md) for what is made in
Azure, [reference.md](reference.md#drivers) for the drivers' inputs, [platform.md](platform.md) for the rest."""
_TITLES = {"application": "Environments of applications", "foundation": "Foundations"}


def page(catalog: Catalog) -> str:
    """The whole page."""
    types = list(catalog.environment_types.values())
    parts = ["# Environment types", _INTRODUCTION]
    for kind, title in _TITLES.items():
        chosen = [one for one in types if one.kind == kind]
        if chosen:
            parts += [f"## {title}", _table(chosen)]
    return "\n\n".join(parts) + "\n"


def rows(types: Sequence[EnvironmentType]) -> Iterator[tuple[str, list[str]]]:
    """Each setting's path, and its value in every type."""
    for name in _OWN:
        yield f"`{name}`", [_shown(getattr(one, name)) for one in types]
    flat = [dict(_flat(one.settings)) for one in types]
    paths = list(dict.fromkeys(path for settings in flat for path in settings))
    groups = list(dict.fromkeys(_group(path) for path in paths))
    for path in sorted(paths, key=lambda path: groups.index(_group(path))):
        yield f"`{path}`", [_shown(settings[path]) if path in settings else _ABSENT for settings in flat]


def _table(types: Sequence[EnvironmentType]) -> str:
    lines = [["setting", *(f"`{one.name}`" for one in types)], ["---"] * (len(types) + 1)]
    lines += [[path, *values] for path, values in rows(types)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _flat(settings: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def _group(path: str) -> str:
    return path.partition(".")[0]


def _shown(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return _EMPTY
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(_shown(item) for item in value)
    return str(value)


def main(folder: Path) -> int:
    """Write the page."""
    (folder / PAGE).write_text(page(catalog_of(folder)), encoding="utf-8")
    print(f"wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
