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
from platform_components.plan.values import HIDDEN
from platform_components.repository import Matched, catalog_of, matched, workload_entries
from platform_components.score import Source

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
    like: str = ""
    """Another environment, whose workloads complete this one as they are deployed there."""
    values: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    """The developer's own secrets to set, by name; None: to be removed."""
    ttl: str = ""
    """How long it lives after this push and later ones, in the place of its type's."""
    paused: bool = False
    """Whether nothing of it is to run; a push resumes."""

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
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Secrets that are still to be set; the config holds none in the clear."""
    ends_anew: bool = False
    """Whether its end is counted from now even if that is sooner."""


def prepare(
    platform: Path,
    wanted: Wanted,
    stored: Mapping[str, Any],
    *,
    stack: str,
    like: Sequence[Mapping[str, Any]] = (),
) -> Prepared:
    """`stored` config of a stack, changed as wanted: read and ready to be matched.

    `like`: workloads, as whole documents, that come with those that are neither given nor there already.
    Raises `InputError` for everything a person wrote wrong; nothing has been touched then.
    """
    named = {
        "type": wanted.env_type or stored.get("type") or (BRANCH_TYPE if wanted.branch else None),
        "app": wanted.app or stored.get("app"),
        "branch": wanted.branch or stored.get("branch"),
    }
    if named["type"] is None:
        if stack == EXAMPLE:
            raise UsageError("of which environment type? Add --env-type TYPE, or --app APP and --branch BRANCH")
        raise UsageError(f"the environment '{stack}' is new: say of which type with --env-type TYPE")
    changed = {key: value for key, value in named.items() if value}
    config = {**stored, **changed}
    catalog = catalog_of(platform, stored)
    config["workloads"], sources = _merged(platform, wanted, stored, catalog, like)
    for key in ("images", "overrides"):  # what is told of a workload goes with it
        told = {
            name: value
            for name, value in (stored.get(key) or {}).items()
            if name.partition("/")[0] not in wanted.remove
        }
        config[key] = {**told, **(wanted.images if key == "images" else {})} or None
    config["values"] = _kept_values(stored, wanted.values) or None
    config["ttl"] = wanted.ttl or stored.get("ttl")
    config["paused"] = "true" if wanted.paused else None
    values = {name: value for name, value in wanted.values.items() if value is not None}
    names = {**(config["values"] or {}), **dict.fromkeys(values, HIDDEN)}
    found = matched({**config, "values": names or None}, stack, catalog, sources)
    return Prepared(stack, config, found, values, ends_anew=bool(wanted.ttl))


def offline(platform: Path, wanted: Wanted, stored: Mapping[str, Any]) -> Matched:
    """What would be deployed, without asking any stack: what names need and was not said stands as `<env>`, `<app>`."""
    if not wanted.app and not stored.get("app") and "resources" not in stored:  # a foundation has no app
        wanted = replace(wanted, app="<app>")
    named = wanted.env or wanted.branch
    stack = wanted.stack() if named and "<" not in wanted.app else EXAMPLE
    found = prepare(platform, wanted, stored, stack=stack).matched
    # Which values there will be only `up` knows, which may be given some: nothing is missing here
    return replace(found, environment=replace(found.environment, values=None))


def _kept_values(stored: Mapping[str, Any], wanted: Mapping[str, str | None]) -> dict[str, Any]:
    """The encrypted values that stay in the config. Raises `InputError` for one that is not encrypted."""
    values = stored.get("values") or {}
    if not isinstance(values, Mapping):
        raise InputError("must be a map of encrypted texts", where="platform:values")
    if set(values) == {"secure"} and isinstance(values["secure"], str):
        if wanted:
            raise InputError(
                "is encrypted as a whole, so single values can't be set or removed",
                where="platform:values",
                fix="take the key out of the stack's file and give all values with --values-file",
            )
        return dict(values)
    kept = {}
    for name, value in values.items():
        if isinstance(value, Mapping) and set(value) == {"secure"}:
            if wanted.get(name, "") is not None:
                kept[name] = value
        elif name not in wanted:
            raise InputError(
                "is not encrypted",
                where=f"platform:values.{name}",
                fix="set it anew with --values-file, and treat what stood there as known to everybody",
            )
    return kept


def _merged(
    platform: Path,
    wanted: Wanted,
    stored: Mapping[str, Any],
    catalog: Catalog,
    like: Sequence[Mapping[str, Any]],
) -> tuple[list[Any] | None, tuple[Source, ...]]:
    """What the stack holds already, with the workloads just read in the place of those of the same name.

    New ones are kept as whole documents, with the files they embed: the app's checkout may be gone when the stack is
    next updated.
    """
    read = {
        source.workload.name: source
        for source in (
            score.read_all(wanted.scores, overrides=wanted.overrides, contracts=catalog.types) if wanted.scores else ()
        )
    }
    replaced = read.keys() | set(wanted.remove)
    entries: list[Any] = []
    sources: list[Source] = []
    before: set[str] = set()
    for entry, found in workload_entries(platform, stored, catalog):
        names = {source.workload.name for source in found}
        before |= names
        kept = [read.pop(name, source) for source in found if (name := source.workload.name) not in wanted.remove]
        entries += [score.embed(source) for source in kept] if names & replaced else [entry]
        sources += kept
    if unknown := sorted(set(wanted.remove) - before):
        raise InputError(
            f"there is no workload '{unknown[0]}' to remove",
            where="--remove",
            fix=f"the environment has: {', '.join(sorted(before)) or 'none'}",
        )
    entries += [score.embed(source) for source in read.values()]
    sources += read.values()
    names = {source.workload.name for source in sources}
    for document in like:
        if document["metadata"]["name"] not in names:
            entries.append(dict(document))
            sources.append(score.parse(document, file=f"--like {wanted.like}", contracts=catalog.types))
    return entries or None, tuple(sources)
