"""What a person asked for, as the config of a stack: which stack, which workloads, which images.

Offline: `pave plan` goes this way too, so nothing here imports Pulumi.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from platform_components import naming, score
from platform_components.catalog import Catalog
from platform_components.environment import EXAMPLE
from platform_components.errors import InputError, UsageError
from platform_components.repository import Matched, catalog_of, matched

BRANCH_TYPE = "ephemeral"
"""The environment type of a branch, unless another is asked for."""


@dataclass(frozen=True)
class Wanted:
    """One command's choice of an environment and of what it should hold; empty means: as the stack has it."""

    app: str = ""
    branch: str = ""
    env: str = ""
    env_type: str = ""
    scores: tuple[Path, ...] = ()
    overrides: score.Overrides = field(default_factory=score.Overrides)
    images: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()

    def stack(self) -> str:
        """The stack's name. Raises `UsageError` when the environment is not named, or named twice."""
        if self.branch and self.env:
            raise UsageError("--branch and --env both name an environment: give one of them")
        if self.env:
            return self.env
        if not self.branch:
            raise UsageError("which environment? Name it with --branch BRANCH or --env NAME")
        if not self.app:
            raise UsageError("a branch's environment belongs to an app: add --app APP")
        return naming.stack_name(self.app, self.branch)


@dataclass(frozen=True)
class Prepared:
    """A stack's whole config, and the plan that follows from it."""

    stack: str
    config: Mapping[str, Any]
    matched: Matched


def prepare(platform: Path, wanted: Wanted, stored: Mapping[str, Any], *, stack: str) -> Prepared:
    """`stored` config of a stack, changed as wanted: read, matched and ready to be deployed.

    Raises `InputError` for everything a person wrote wrong; nothing has been touched then.
    """
    named = {
        "type": wanted.env_type or stored.get("type") or (BRANCH_TYPE if wanted.branch else None),
        "app": wanted.app or stored.get("app"),
        "branch": wanted.branch or stored.get("branch"),
    }
    if named["type"] is None:
        raise UsageError(f"the environment '{stack}' is new: say of which type with --env-type TYPE")
    changed = {key: value for key, value in named.items() if value}
    config = {**stored, **changed}
    catalog = catalog_of(platform, stored)
    if wanted.scores or wanted.remove:
        config["workloads"] = _workloads(platform, wanted, stored, catalog)
    if wanted.images:
        config["images"] = {**(stored.get("images") or {}), **wanted.images}
    return Prepared(stack, config, matched(platform, config, stack, catalog))


def offline(platform: Path, wanted: Wanted, stored: Mapping[str, Any]) -> Prepared:
    """What would be deployed, without asking any stack: what names need and was not said stands as `<env>`, `<app>`."""
    if not wanted.app and not stored.get("app"):
        wanted = replace(wanted, app="<app>")
    named = wanted.env or wanted.branch
    return prepare(platform, wanted, stored, stack=wanted.stack() if named and "<" not in wanted.app else EXAMPLE)


def _workloads(platform: Path, wanted: Wanted, stored: Mapping[str, Any], catalog: Catalog) -> list[Any]:
    """What the stack holds already, with the workloads just read in the place of those of the same name.

    Whole documents, with the files they embed: the app's checkout may be gone when the stack is next updated.
    """
    read = score.read_all(wanted.scores, overrides=wanted.overrides, contracts=catalog.types) if wanted.scores else ()
    documents = {source.workload.name: score.embed(source) for source in read}
    kept: list[Any] = []
    before: Sequence[Any] = stored.get("workloads") or []
    names = {_name_of(platform, entry): entry for entry in before}
    for name in wanted.remove:
        if name not in names:
            raise InputError(
                f"there is no workload '{name}' to remove",
                where="--remove",
                fix=f"the environment has: {', '.join(sorted(names)) or 'none'}",
            )
    for name, entry in names.items():
        if name not in wanted.remove:
            kept.append(documents.pop(name, entry))
    return [*kept, *documents.values()]


def _name_of(platform: Path, entry: Any) -> str:
    if isinstance(entry, str):
        return score.read(platform / entry).workload.name
    return score.parse(entry).workload.name
