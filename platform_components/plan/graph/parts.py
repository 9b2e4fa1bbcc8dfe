"""What every picture shows: resources in four sections, and the edges that are left when the implied ones are out."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal

from platform_components.catalog.problems import texts
from platform_components.naming import DEFAULT_CLASS, MAIN
from platform_components.plan.model import Plan, PlannedResource, PlannedWorkload
from platform_components.plan.values import Ref, shown_inputs
from platform_components.plan.values import references as value_references
from platform_components.score.placeholders import references

SectionName = Literal["workloads", "asked", "own", "foundation"]
Origin = Literal["made", "foundation", "given"]
"""Where a part comes from: this environment makes it, another stack has, or its values are written down."""


@dataclass(frozen=True)
class Part:
    """One resource as it is shown."""

    id: str
    section: SectionName
    owner: str
    """The workload that it is for, where there are several; else empty."""
    title: str
    kind: str
    """Its type, and its class if that is not the usual one; empty where the title says it."""
    definition: str
    resource: PlannedResource
    origin: Origin
    panel: str | None
    """The workload that it is made for alone, or is itself; None: it is shared, or comes from elsewhere."""


@dataclass(frozen=True)
class Section:
    """What belongs together, from what a developer wrote to what others share."""

    name: SectionName
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Parts:
    """All that a picture shows."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    edges: tuple[tuple[str, str], ...]
    """From what waits to what it waits for; an edge that others imply is left out."""
    summary: tuple[tuple[Origin, str], ...] = ()
    """How much of it comes from where, in words."""

    @property
    def drawn_edges(self) -> tuple[tuple[str, str], ...]:
        """The edges that are drawn as lines: what a workload's panel holds needs none from it."""
        panel_of = {part.id: part.panel for part in self.all}
        return tuple((start, end) for start, end in self.edges if panel_of[start] != start or panel_of[end] != start)

    @property
    def all(self) -> tuple[Part, ...]:
        """The parts of all sections."""
        return tuple(part for section in self.sections for part in section.parts)


def parts_of(plan: Plan) -> Parts:
    """What a picture of the plan shows."""
    asked = {identity for workload in plan.workloads for identity in workload.resources.values()}
    panels = {resource.res_id: resource.id for resource in plan.resources if resource.type == "workload"}
    by_section: dict[SectionName, list[Part]] = {"workloads": [], "asked": [], "own": [], "foundation": []}
    for resource in plan.resources:
        section = _section(resource, asked)
        mine = resource.id if section == "workloads" else panels.get(resource.workload or "")
        panel = None if section == "foundation" else mine
        by_section[section].append(_part(resource, section, panel, several=len(plan.workloads) > 1))
    sections = tuple(Section(name, _title(name, plan), tuple(parts)) for name, parts in by_section.items() if parts)
    environment = plan.environment
    facts = [
        environment.type if environment.type != environment.name else "",
        f"branch {environment.branch}" if environment.branch else "",
    ]
    return Parts(
        title=" / ".join(filter(None, [environment.app, environment.name])),
        subtitle=" · ".join(filter(None, facts)),
        sections=sections,
        edges=without_implied({one.id: one.depends_on for one in plan.resources}),
        summary=_summary(sections),
    )


def _summary(sections: Sequence[Section]) -> tuple[tuple[Origin, str], ...]:
    origins = [part.origin for section in sections for part in section.parts]
    elsewhere = next((section.title for section in sections if section.name == "foundation"), "")
    words: dict[Origin, str] = {
        "made": "made here",
        "given": "given by values",
        "foundation": elsewhere[:1].lower() + elsewhere[1:],
    }
    return tuple((origin, f"{origins.count(origin)} {word}") for origin, word in words.items() if origin in origins)


def without_implied(needs: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """The edges of an acyclic graph, in topological order of their starts, without those that a longer way implies."""
    number = {name: index for index, name in enumerate(needs)}
    reach: dict[str, int] = {}  # for each name, everything it leads to, as bits
    edges = []
    for name, direct in needs.items():  # everything comes after what it needs
        beyond = 0
        for need in direct:
            beyond |= reach[need]
        edges += [(name, need) for need in direct if not beyond >> number[need] & 1]
        for need in direct:
            beyond |= 1 << number[need]
        reach[name] = beyond
    return tuple(edges)


def all_details(parts: Parts, plan: Plan) -> dict[str, dict[str, Any]]:
    """Everything there is to say about each part, as plain data; nothing secret is in it."""
    read, workloads = _outputs_read(plan), {workload.name: workload for workload in plan.workloads}

    def hide(ref: Ref) -> bool:
        resource = plan.by_id.get(ref.resource)
        return resource is not None and ref.output in resource.secret_outputs

    return {part.id: _details(part, hide, read[part.id], workloads.get(part.resource.res_id)) for part in parts.all}


def _details(
    part: Part, hide: Callable[[Ref], bool], read: Set[str], workload: PlannedWorkload | None
) -> dict[str, Any]:
    resource = part.resource
    found: dict[str, Any] = {
        "id": part.id,
        "section": part.section,
        "origin": part.origin,
        "owner": part.owner,
        "title": part.title,
        "kind": part.kind,
        "definition": resource.definition,
        "definition_at": resource.definition_at,
        "criteria": resource.criteria,
        "criteria_at": resource.criteria_at,
        "driver": resource.driver,
        "pinned": resource.pinned,
        "holds_data": resource.holds_data,
        "outputs": [
            {"name": name, "secret": name in resource.secret_outputs}
            for name in sorted(read | set(resource.secret_outputs))
        ],
        "names": dict(resource.names),
        "inputs": shown_inputs(resource.inputs, secret_outputs=resource.secret_outputs, hide=hide),
        "needs": list(resource.depends_on),
        "used_by": list(resource.used_by),
    }
    if part.section == "workloads" and workload is not None:
        found["containers"] = _containers(workload)
    return found


def _outputs_read(plan: Plan) -> dict[str, set[str]]:
    """By resource, the outputs that somebody reads: with those that are secret, all that a plan knows of."""
    read: dict[str, set[str]] = {resource.id: set() for resource in plan.resources}
    for resource in plan.resources:
        for ref in (*value_references(resource.inputs), *value_references(resource.params)):
            if ref.output is not None:
                read[ref.resource].add(ref.output)
    for workload in plan.workloads:
        for _, text in texts(workload.document):
            for one in references(text) if "${" in text else ():
                if one.root == "resources" and len(one.keys) > 1 and one.keys[0] in workload.resources:
                    read[workload.resources[one.keys[0]]].add(one.keys[1])
    return read


def _containers(workload: PlannedWorkload) -> list[dict[str, Any]]:
    """Images, and what is injected where: never a value that may be secret."""
    found = []
    for name, container in sorted(workload.document.get("containers", {}).items()):
        secret = workload.secret_variables.get(name, ())
        variables = [
            {"name": variable, "secret": variable in secret, "from": _sources(text)}
            for variable, text in sorted(container.get("variables", {}).items())
        ]
        found.append({"name": name, "image": container.get("image", ""), "variables": variables})
    return found


def _sources(text: str) -> list[str]:
    named = [".".join(one.keys) for one in references(text) if one.root == "resources"] if "${" in text else []
    return list(dict.fromkeys(named))


def _section(resource: PlannedResource, asked: set[str]) -> SectionName:
    if resource.type == "workload":
        return "workloads"
    # A driver that makes nothing of its own refers to what is there already.
    if not resource.names and not resource.uses and "stack" in resource.inputs:
        return "foundation"
    return "asked" if resource.id in asked else "own"


def _title(section: SectionName, plan: Plan) -> str:
    if section == "foundation":
        stacks = {
            str(one.inputs["stack"]).rpartition("/")[2]
            for one in plan.resources
            if not one.names and not one.uses and "stack" in one.inputs
        }
        return f"From {', '.join(sorted(stacks))}"
    if not plan.workloads:
        return "The foundation"
    return {"workloads": "Workloads", "asked": "What they ask for", "own": "What the environment has"}[section]


def _part(resource: PlannedResource, section: SectionName, panel: str | None, *, several: bool) -> Part:
    name, owner = resource.res_id, ""
    if resource.workload and name.startswith(f"{resource.workload}."):
        name = name.removeprefix(f"{resource.workload}.")
        owner = resource.workload if several else ""
    kind = resource.type if resource.class_ == DEFAULT_CLASS else f"{resource.type}.{resource.class_}"
    title = resource.type if name == MAIN else name
    if title == resource.type:
        kind = "" if resource.class_ == DEFAULT_CLASS else resource.class_
    elif section == "workloads":
        kind = ""
    origin: Origin = "foundation" if section == "foundation" else "given" if resource.driver == "static" else "made"
    return Part(resource.id, section, owner, title, kind, resource.definition, resource, origin, panel)
