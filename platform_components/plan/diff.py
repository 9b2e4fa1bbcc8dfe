"""What differs between two plans, in the words of a Score file: workloads, images, variables, resources, definitions.

Names that follow from the environment's own name differ anyway and are not told; secrets are compared by fingerprint.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from platform_components.plan.model import Plan, PlannedResource, PlannedWorkload
from platform_components.plan.values import HIDDEN, Ref, as_ref, as_template, shown
from platform_components.score.problems import path_text

Section = Literal["environment", "workloads", "images", "variables", "files", "resources", "inputs", "secrets"]
SECTIONS: tuple[Section, ...] = (
    "environment",
    "workloads",
    "images",
    "variables",
    "files",
    "resources",
    "inputs",
    "secrets",
)
_ABSENT = object()


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same; None: it is not there."""

    section: Section
    path: str
    one: Any
    other: Any

    @property
    def kind(self) -> str:
        """`added`, `removed` or `changed`, seen from the first plan."""
        if self.one is None:
            return "added"
        return "removed" if self.other is None else "changed"

    def to_dict(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "section": self.section,
            "path": self.path,
            "kind": self.kind,
            "one": self.one,
            "other": self.other,
        }


def differences(one: Plan, other: Plan) -> tuple[Difference, ...]:
    """Everything that differs, by section and path."""
    found = [
        *_environment(one, other),
        *_workloads(one, other),
        *_resources(one, other),
        *_secrets(one, other),
    ]
    return tuple(sorted(found, key=lambda difference: (SECTIONS.index(difference.section), difference.path)))


def as_text(found: tuple[Difference, ...], one: str, other: str) -> str:
    """The differences as people read them."""
    if not found:
        return f"{one} and {other} do not differ"
    lines: list[str] = []
    for section in SECTIONS:
        of_section = [difference for difference in found if difference.section == section]
        if of_section:
            lines.append(section)
        for difference in of_section:
            lines.append(f"  {difference.path}")
            for name, value in ((one, difference.one), (other, difference.other)):
                lines.append(f"    {name:{max(len(one), len(other))}}  {'-' if value is None else value}")
    return "\n".join(lines)


def _environment(one: Plan, other: Plan) -> Iterator[Difference]:
    for key in ("type", "app"):
        first, second = getattr(one.environment, key), getattr(other.environment, key)
        if first != second:
            yield Difference("environment", key, first, second)
    for key in sorted(one.versions.keys() & other.versions.keys()):
        if one.versions[key] != other.versions[key]:
            yield Difference("environment", f"versions.{key}", one.versions[key], other.versions[key])


def _workloads(one: Plan, other: Plan) -> Iterator[Difference]:
    first = {workload.name: workload for workload in one.workloads}
    second = {workload.name: workload for workload in other.workloads}
    for name in sorted(first.keys() | second.keys()):
        if name not in first or name not in second:
            image = [_images(workload) for workload in (first.get(name), second.get(name))]
            yield Difference("workloads", name, *image)
        else:
            before, after = (dict(_leaves(workload.document)) for workload in (first[name], second[name]))
            for path, was, now in _changes(before, after):
                yield Difference(_section_of(path), f"{name}: {path_text(path)}", was, now)


def _images(workload: PlannedWorkload | None) -> str | None:
    if workload is None:
        return None
    containers = workload.document.get("containers", {})
    return ", ".join(f"{name} {container.get('image')}" for name, container in sorted(containers.items()))


def _section_of(path: tuple[str | int, ...]) -> Section:
    inside = path[2] if len(path) > 2 and path[0] == "containers" else ""
    sections: Mapping[str | int, Section] = {"image": "images", "variables": "variables", "files": "files"}
    return sections.get(inside, "workloads")


def _resources(one: Plan, other: Plan) -> Iterator[Difference]:
    same = one.environment.name == other.environment.name
    for identity in sorted(one.by_id.keys() | other.by_id.keys()):
        first, second = one.by_id.get(identity), other.by_id.get(identity)
        if first is None or second is None:
            served = [None if resource is None else _served(resource) for resource in (first, second)]
            yield Difference("resources", identity, *served)
            continue
        if _served(first) != _served(second):
            yield Difference("resources", f"{identity}: definition", _served(first), _served(second))
        if same:
            for path, was, now in _changes(dict(_leaves(first.names)), dict(_leaves(second.names))):
                yield Difference("resources", f"{identity}: names.{path_text(path)}", was, now)
        before = dict(_leaves(first.inputs, _neutral(one), _hidden(one)))
        after = dict(_leaves(second.inputs, _neutral(other), _hidden(other)))
        for path, was, now in _changes(before, after):
            # Written out, but called like a secret output
            secret = path[0] in first.secret_outputs
            told = [HIDDEN if secret and value is not None else value for value in (was, now)]
            yield Difference("inputs", f"{identity}: {path_text(path)}", *told)


def _served(resource: PlannedResource) -> str:
    return f"{resource.definition} ({resource.driver})"


def _neutral(plan: Plan) -> Callable[[str], str]:
    """A text without the environment's own name, which differs from every other one's."""
    name = plan.environment.name
    return lambda text: text.replace(name, "<env>")


def _hidden(plan: Plan) -> Callable[[Ref], bool]:
    def hide(ref: Ref) -> bool:
        resource = plan.by_id.get(ref.resource)
        return resource is not None and ref.output in resource.secret_outputs

    return hide


def _secrets(one: Plan, other: Plan) -> Iterator[Difference]:
    """By fingerprint where both were made with one key; else only whether they are there."""
    comparable = one.fingerprint_key == other.fingerprint_key
    for name in sorted(one.fingerprints.keys() | other.fingerprints.keys()):
        first, second = one.fingerprints.get(name), other.fingerprints.get(name)
        if first is None or second is None or (comparable and first != second):
            shown_as = [None if value is None else f"{HIDDEN} {value}" for value in (first, second)]
            yield Difference("secrets", name, *shown_as)


def _leaves(
    value: Any,
    neutral: Callable[[str], str] = str,
    hide: Callable[[Ref], bool] = lambda _: False,
    path: tuple[str | int, ...] = (),
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value of a tree that holds no others, by its path."""
    if as_ref(value) or as_template(value):
        yield path, neutral(shown(value, hide=hide))
    elif isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, neutral, hide, (*path, key))
    elif isinstance(value, list | tuple) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, neutral, hide, (*path, index))
    else:
        yield path, neutral(value) if isinstance(value, str) else value


def _changes(
    before: Mapping[tuple[str | int, ...], Any], after: Mapping[tuple[str | int, ...], Any]
) -> Iterator[tuple[tuple[str | int, ...], Any, Any]]:
    for path in sorted(before.keys() | after.keys(), key=path_text):
        was, now = before.get(path, _ABSENT), after.get(path, _ABSENT)
        if was != now:
            yield path, None if was is _ABSENT else was, None if now is _ABSENT else now
