"""The engine's `Diff`: what changed between old and new inputs, and whether it takes a new resource.

Parts of the id and a kind's immutable inputs replace; the old one goes first unless its name was made up.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime.proto import provider_pb2

from sandbox.azure.kind import Kind
from sandbox.azure.operations import API_VERSION, CREATE_BEFORE_DELETE, tidy_location
from sandbox.azure.values import UNKNOWN, plain

_PropertyDiff = provider_pb2.PropertyDiff


@dataclass(frozen=True)
class Change:
    """One property that differs."""

    path: str
    kind: str
    """`ADD`, `DELETE` or `UPDATE`."""
    replaces: bool


def diff(kind: Kind, olds: Mapping[str, Any], news: Mapping[str, Any]) -> provider_pb2.DiffResponse:
    """The answer to the engine."""
    found = list(changes(kind, olds, news))
    replaces = sorted({top_level(each.path) for each in found if each.replaces})
    detailed = {
        each.path: _PropertyDiff(
            kind=_PropertyDiff.Kind.Value(each.kind + ("_REPLACE" if each.replaces else "")), inputDiff=True
        )
        for each in found
    }
    outcome = provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(
        changes=outcome,
        replaces=replaces,
        deleteBeforeReplace=bool(replaces) and not plain(olds.get(CREATE_BEFORE_DELETE, False)),
        diffs=sorted({top_level(each.path) for each in found}),
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )


def changes(kind: Kind, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Iterator[Change]:
    """Every property that differs, secrets compared open."""
    ignored = {CREATE_BEFORE_DELETE, API_VERSION}
    before = {name: value for name, value in plain(dict(olds)).items() if name not in ignored}
    after = {name: value for name, value in plain(dict(news)).items() if name not in ignored}
    for path, change in _differences(before, after, ""):
        yield Change(path, change, _replaces(kind, path))


def top_level(path: str) -> str:
    """The first name of a path."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _replaces(kind: Kind, path: str) -> bool:
    general = re.sub(r"\[\d+\]", "[]", path)
    fixed = (*kind.parameters, *kind.immutable)
    return any(general == each or general.startswith((f"{each}.", f"{each}[")) for each in fixed)


def _differences(before: Any, after: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            inner = f"{path}.{name}" if path else name
            if name not in after:
                yield inner, "DELETE"
            elif name not in before:
                yield inner, "ADD"
            else:
                yield from _differences(before[name], after[name], inner)
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            inner = f"{path}[{index}]"
            if index >= len(after):
                yield inner, "DELETE"
            elif index >= len(before):
                yield inner, "ADD"
            else:
                yield from _differences(before[index], after[index], inner)
    elif not _same(before, after, path):
        yield path, "UPDATE"


def _same(before: Any, after: Any, path: str) -> bool:
    if before is UNKNOWN or after is UNKNOWN:
        return False
    if path == "location" and isinstance(before, str) and isinstance(after, str):
        return tidy_location(before) == tidy_location(after)
    return bool(before == after)
