"""Overrides of a Score file from outside: a file merged in, single properties set or deleted, images supplied.

The semantics are score-go's; values and their places change together, so that a later problem names the override.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platform_components.errors import InputError
from platform_components.score.composing import MAX_DEPTH
from platform_components.score.model import IMAGE_AT_DEPLOY_TIME
from platform_components.score.positions import Place

_DELETE = object()
_WORKLOAD_PREFIX = re.compile(r"([a-z0-9][a-z0-9-]*):(.*)", re.DOTALL)


@dataclass(frozen=True)
class Overrides:
    """What is to be changed in the workloads that are read.

    Where several workloads are read, each override says which one it means: the file by its `metadata.name`,
    a property by a prefix (`web:containers.web.image=…`), an image by its key.
    """

    file: Path | None = None
    """A YAML file in the shape of a Score file that is merged over it; null deletes a key."""
    properties: tuple[str, ...] = ()
    """`path=value`: the value is YAML; none deletes; `\\.` is a dot in a key; a number counts in a list, -1 appends."""
    images: Mapping[str, str] = field(default_factory=dict)
    """Images by workload, or by `workload/container`. A workload's image goes to the containers that have `.`, or to
    its only container."""


class OverrideError(InputError):
    """An override that does not fit the document."""


@dataclass(frozen=True)
class Node:
    """A value beside its place."""

    value: Any
    place: Place


@dataclass(frozen=True)
class Property:
    """One `--override-property`, taken apart."""

    workload: str | None
    path: tuple[str, ...]
    value: str
    """YAML; empty means that the property is to be deleted."""


def parse_property(text: str) -> Property:
    """Take `[workload:]path=value` apart."""
    path, equals, value = text.partition("=")
    if not equals:
        raise OverrideError("is no path=value")
    prefix = _WORKLOAD_PREFIX.fullmatch(path)
    parts = parse_path(prefix[2] if prefix else path)
    if len(parts) > MAX_DEPTH:
        raise OverrideError(f"has more than {MAX_DEPTH} parts")
    return Property(prefix[1] if prefix else None, tuple(parts), value)


def parse_path(path: str) -> list[str]:
    """The parts of a dotted path; `\\.` is a dot inside a part and two backslashes are one."""
    protected = path.replace("\\\\", "\x01").replace("\\.", "\x00")
    return [part.replace("\x00", ".").replace("\x01", "\\") for part in protected.split(".")]


def merge(base: Node, over: Node) -> Node:
    """One map over another: maps merge, lists and scalars replace, null deletes. Neither is changed."""
    value, children = dict(base.value), dict(base.place.children)
    for key, new in over.value.items():
        place = over.place.children.get(key, over.place)
        if new is None:
            value.pop(key, None)
            children.pop(key, None)
        elif isinstance(value.get(key), Mapping) and isinstance(new, Mapping):
            merged = merge(Node(value[key], children.get(key, base.place)), Node(new, place))
            value[key], children[key] = merged.value, merged.place
        else:
            value[key], children[key] = new, place
    return Node(value, base.place.with_children(children))


def put(base: Node, path: Sequence[str], new: Node) -> Node:
    """The document with one property set; a value of None deletes it. The document itself is not changed."""
    return _change(base, path, _DELETE if new.value is None else new.value, new.place)


def delete(base: Node, path: Sequence[str]) -> Node:
    """The document without one property."""
    return _change(base, path, _DELETE, base.place)


def put_image(base: Node, container: str | None, image: Node) -> Node:
    """The document with an image supplied to one container, or to those that wait for one."""
    containers = base.value.get("containers")
    if not isinstance(containers, Mapping):
        raise OverrideError("the workload has no containers")
    if container is not None:
        if container not in containers:
            raise OverrideError(f"the workload has no container '{container}' (it has {', '.join(sorted(containers))})")
        chosen = [container]
    else:
        chosen = [
            name
            for name, one in containers.items()
            if isinstance(one, Mapping) and one.get("image") == IMAGE_AT_DEPLOY_TIME
        ]
        if not chosen and len(containers) == 1:
            chosen = list(containers)
        if not chosen:
            names = ", ".join(sorted(containers))
            raise OverrideError(
                f"no container has the image '{IMAGE_AT_DEPLOY_TIME}', and there are several ({names})",
                fix="say which one is meant: WORKLOAD/CONTAINER=IMAGE",
            )
    for name in chosen:
        base = put(base, ("containers", name, "image"), image)
    return base


def _change(base: Node, path: Sequence[str], value: Any, place: Place) -> Node:
    step, *rest = path
    if isinstance(base.value, Mapping):
        return _change_map(base, step, rest, value, place)
    return _change_list(base, step, rest, value, place)


def _change_map(base: Node, step: str, rest: Sequence[str], value: Any, place: Place) -> Node:
    result, children = dict(base.value), dict(base.place.children)
    if rest:
        child = Node(result.get(step, {}), children.get(step, place))
        changed = _inside(child, step, rest, value, place)
        result[step], children[step] = changed.value, changed.place
    elif value is _DELETE:
        result.pop(step, None)
        children.pop(step, None)
    else:
        result[step], children[step] = value, place
    return Node(result, base.place.with_children(children))


def _change_list(base: Node, step: str, rest: Sequence[str], value: Any, place: Place) -> Node:
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", step):
        raise OverrideError(f"failed to parse '{step}' as array index")
    index = int(step)
    result = list(base.value)
    places = [base.place.children.get(position, base.place) for position in range(len(result))]
    if index == -1 and not rest and value is not _DELETE:
        result.append(value)
        places.append(place)
    elif not 0 <= index < len(result):
        verb = "look into" if rest else "remove" if value is _DELETE else "set"
        raise OverrideError(f"cannot {verb} '{index}' in array: out of range")
    elif rest:
        changed = _inside(Node(result[index], places[index]), step, rest, value, place)
        result[index], places[index] = changed.value, changed.place
    elif value is _DELETE:
        del result[index], places[index]
    else:
        result[index], places[index] = value, place
    return Node(result, base.place.with_children(dict(enumerate(places))))


def _inside(child: Node, step: str, rest: Sequence[str], value: Any, place: Place) -> Node:
    try:
        if not isinstance(child.value, (Mapping, list, tuple)):
            raise OverrideError("cannot set path in non-map/non-array")
        return _change(child, rest, value, place)
    except OverrideError as error:
        raise OverrideError(f"{step}: {error.what}") from None
