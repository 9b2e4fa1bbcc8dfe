"""What concerns several workloads at once: which override means which, names given twice, resources they share."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from platform_components.score import yaml
from platform_components.score.draft import Draft
from platform_components.score.overrides import (
    Node,
    OverrideError,
    Overrides,
    delete,
    merge,
    parse_property,
    put,
    put_image,
)
from platform_components.score.positions import Place, Position, Positions
from platform_components.score.problems import MAX_LOOPS, MAX_PROBLEMS, Problem, cut, did_you_mean, path_text
from platform_components.score.resources import Edge, Request, loops_among, requests_of
from platform_components.score.resources import merge as merge_requests

What = TypeVar("What")


def apply_overrides(drafts: Sequence[Draft], overrides: Overrides) -> list[Problem]:
    """Change the drafts as the overrides say; an override that fits none is a problem."""
    readable = [draft for draft in drafts if isinstance(draft.document, Mapping)]
    if not readable:
        return []
    problems: list[Problem] = []
    if overrides.file is not None:
        problems += _apply_file(readable, overrides)
    for text in overrides.properties:
        problems += _attempt(f"--override-property {text}", _apply_property, readable, text)
    for key, image in overrides.images.items():
        problems += _attempt(f"--image {key}={image}", _apply_image, readable, (key, image))
    return problems


def check_together(drafts: Sequence[Draft]) -> list[Problem]:
    """Names that two workloads have, and resources that they ask for in contradiction or in a circle."""
    problems: list[Problem] = []
    by_name: dict[str, Draft] = {}
    for draft in drafts:
        if not isinstance(draft.document, Mapping):
            continue
        first = by_name.setdefault(draft.name or draft.file, draft)  # what has no name yet may contradict itself
        if first is not draft:
            position = draft.positions.at(("metadata", "name"))
            message = f"the workload '{draft.name}' was already read from {first.file}"
            problems.append(Problem("resource", "metadata.name", message, position, "give one of them another name"))
    requests = [request for name, draft in by_name.items() for request in requests_of(draft.document, name)]
    _, conflicts = merge_requests(requests)
    for conflict in conflicts[:MAX_PROBLEMS]:
        path = ("resources", conflict.second.name, conflict.element)
        first_path = ("resources", conflict.first.name, conflict.element)
        first_position = by_name[conflict.first.workload].positions.key(first_path)
        message = f"differs from what {path_text(first_path)} at {first_position} says of it"
        position = by_name[conflict.second.workload].positions.key(path)
        hint = f"both ask for {cut(conflict.first.identity)}; give one of them another id, or say the same in both"
        problems.append(Problem("resource", path_text(path), message, position, hint))
    for loop in islice(loops_among(requests), MAX_LOOPS):
        problems.append(_loop_problem(loop, by_name))
    return problems


def _loop_problem(loop: Sequence[Edge], drafts: Mapping[str, Draft]) -> Problem:
    hops = [
        f"{_name(edge.request)} uses ${{resources.{cut(edge.used, 64)}…}} "
        f"at {drafts[edge.request.workload].positions.at(path)}"
        for edge in loop[:MAX_LOOPS]
        for path in [("resources", edge.request.name, "params", *edge.path)]
    ]
    if len(loop) > MAX_LOOPS:
        hops.append(f"… and so on over {len(loop)} resources")
    last = loop[-1]
    path = ("resources", last.request.name, "params", *last.path)
    position = drafts[last.request.workload].positions.at(path)
    return Problem("resource", path_text(path), "closes a loop of params", position, "\n".join(hops))


def _name(request: Request) -> str:
    return f"{request.workload}'s {cut(request.name, 64)}"


def _attempt(
    label: str, apply: Callable[[Sequence[Draft], What, Place], None], drafts: Sequence[Draft], what: What
) -> Iterator[Problem]:
    """Apply one override; what does not fit is told with the override's own text as its place."""
    try:
        apply(drafts, what, Place(label))
    except OverrideError as error:
        yield Problem("override", "", error.what, Position(label), error.fix)


def _apply_file(drafts: Sequence[Draft], overrides: Overrides) -> list[Problem]:
    assert overrides.file is not None
    over = Draft.from_file(overrides.file)
    if over.problems:
        return over.problems
    if not isinstance(over.document, Mapping):
        return [Problem("override", "", "an overrides file must be a map", over.positions.at(()))]
    try:
        draft = _meant(drafts, over.name, "the file's metadata.name")
    except OverrideError as error:
        return [Problem("override", "", error.what, Position(over.file), error.fix)]
    _store(draft, merge(_node(draft), Node(over.document, over.positions.root)))
    return []


def _apply_property(drafts: Sequence[Draft], text: str, place: Place) -> None:
    parsed = parse_property(text)
    draft = _meant(drafts, parsed.workload, "a prefix, WORKLOAD:path=value")
    if not parsed.value:
        _store(draft, delete(_node(draft), parsed.path))
        return
    composed = yaml.compose(parsed.value, place.file)
    if composed.problems or len(composed.documents) > 1:
        what = composed.problems[0].message if composed.problems else "holds several documents"
        raise OverrideError(f"the value {what}")
    value = composed.documents[0].value if composed.documents else None
    _store(draft, put(_node(draft), parsed.path, Node(value, place)))


def _apply_image(drafts: Sequence[Draft], image: tuple[str, str], place: Place) -> None:
    key, reference = image
    name, _, container = key.partition("/")
    draft = _meant(drafts, name, "WORKLOAD=IMAGE")
    _store(draft, put_image(_node(draft), container or None, Node(reference, place)))


def _meant(drafts: Sequence[Draft], name: str | None, how: str) -> Draft:
    """The draft that an override is for."""
    names = sorted(_names(drafts))
    if name is None:
        if len(drafts) > 1:
            raise OverrideError(f"there are several workloads: {', '.join(names)}", fix=f"say which is meant, by {how}")
        return drafts[0]
    for draft in drafts:
        if draft.name == name:
            return draft
    raise OverrideError(f"there is no workload '{name}'", fix=did_you_mean(name, names, of="workloads"))


def _names(drafts: Iterable[Draft]) -> Iterator[str]:
    return (draft.name for draft in drafts if draft.name is not None)


def _node(draft: Draft) -> Node:
    return Node(draft.document, draft.positions.root)


def _store(draft: Draft, node: Node) -> None:
    draft.document, draft.positions = node.value, Positions(node.place)
