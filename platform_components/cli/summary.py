"""What a person wants to know of a deployed environment: where it is, what serves what, what was injected where."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from platform_components.catalog import ResourceType
from platform_components.exports import output_name
from platform_components.naming import ResourceIdentity
from platform_components.plan import Plan, PlannedResource, PlannedWorkload

MASK = "******"


@dataclass(frozen=True)
class Row:
    """One resource that a workload asked for."""

    workload: str
    name: str
    identity: str
    definition: str
    shown: str
    """What is reached where; never a secret."""


@dataclass(frozen=True)
class Summary:
    """An environment in a few lines."""

    stack: str
    urls: Mapping[str, str] = field(default_factory=dict)
    namespace: str = ""
    rows: tuple[Row, ...] = ()
    values: tuple[str, ...] = ()
    """The names of the developer's own secrets."""
    variables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By `workload/container`: each variable that something was injected into, secrets masked."""
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "stack": self.stack,
            "urls": dict(self.urls),
            "namespace": self.namespace or None,
            "resources": [
                {
                    "workload": row.workload,
                    "name": row.name,
                    "resource": row.identity,
                    "definition": row.definition,
                    "shown": row.shown,
                }
                for row in self.rows
            ],
            "values": list(self.values),
            "variables": {place: dict(values) for place, values in self.variables.items()},
            "notes": list(self.notes),
        }

    def lines(self) -> list[str]:
        """For people."""
        lines = [f"{'URL':12}{url}  ({name})" for name, url in self.urls.items()]
        lines += [f"{'namespace':12}{self.namespace}"] * bool(self.namespace)
        lines += [f"{'values':12}{', '.join(self.values)}"] * bool(self.values)
        lines += [f"{'note':12}{note}" for note in self.notes]
        if self.rows:
            lines += ["", "resources"]
            widths = [max(len(text) for text in column) for column in zip(*map(_columns, self.rows), strict=True)]
            for row in self.rows:
                cells = [f"{text:{width}}" for text, width in zip(_columns(row), widths, strict=True)]
                lines.append(f"  {'  '.join(cells)}".rstrip())
        for place, values in self.variables.items():
            lines += ["", f"injected into {place}"]
            lines += [f"  {name}={value}" for name, value in values.items()]
        return lines


def summary_of(plan: Plan, outputs: Mapping[str, Any], types: Mapping[str, ResourceType]) -> Summary:
    """From the deployed plan and the stack's outputs; secret outputs are not among them."""
    by_id = {resource.id: resource for resource in plan.resources}
    rows = [
        Row(workload.name, name, identity, by_id[identity].definition, _shown(by_id[identity], outputs))
        for workload in plan.workloads
        for name, identity in sorted(workload.resources.items())
    ]
    urls, notes = {}, []
    for workload in plan.workloads:
        candidates = [f"workload.default#{workload.name}", *workload.resources.values()]
        found = [outputs[key] for one in candidates if (key := output_name(one, "url")) in outputs and _routes(one)]
        if found:
            urls[workload.name] = str(found[0])
        elif not (workload.document.get("service") or {}).get("ports"):
            notes.append(f"{workload.name} opens no port: it gets no Service and no route")
    namespaces = [
        str(outputs[key])
        for resource in plan.resources
        if resource.type == "k8s-namespace" and (key := output_name(resource.id, "name")) in outputs
    ]
    variables = {
        f"{workload.name}/{container}": values
        for workload in plan.workloads
        for container, values in _variables(workload, outputs, types).items()
        if values
    }
    return Summary(
        stack=plan.environment.name,
        urls=urls,
        namespace=namespaces[0] if namespaces else "",
        rows=tuple(rows),
        values=plan.environment.values,
        variables=variables,
        notes=tuple(notes),
    )


def _columns(row: Row) -> tuple[str, str, str, str]:
    return f"{row.workload}.{row.name}", row.identity, row.definition, row.shown


def _routes(identity: str) -> bool:
    return identity.startswith(("workload.", "route."))


def _shown(resource: PlannedResource, outputs: Mapping[str, Any]) -> str:
    value = {name: outputs.get(output_name(resource.id, name)) for name in ("host", "port", "name", "bucket", "url")}
    if resource.wanted_outputs:
        return ", ".join(resource.wanted_outputs)
    if resource.type == "s3":
        return str(value["bucket"] or "")
    if resource.type == "dns":
        return str(value["host"] or "")
    if value["host"] and value["name"]:
        return f"{value['host']}:{value['port']}/{value['name']}"
    return str(value["url"] or "")


def _variables(
    workload: PlannedWorkload, outputs: Mapping[str, Any], types: Mapping[str, ResourceType]
) -> dict[str, dict[str, str]]:
    from platform_components.score import Reference, Template, render_value, value_at

    def look_up(reference: Reference) -> str:
        if reference.root == "metadata":
            return render_value(value_at(workload.document["metadata"], reference.keys))
        name, *keys = reference.keys
        identity = workload.resources[name]
        type_ = types.get(ResourceIdentity.parse(identity).type)  # of a package that is not installed here: None
        spec = type_.outputs.get(keys[0]) if type_ else None
        exported = output_name(identity, (spec.alias_of if spec else None) or keys[0])
        return render_value(outputs[exported]) if exported in outputs else MASK  # secrets are not exported

    found: dict[str, dict[str, str]] = {}
    for name, container in workload.document["containers"].items():
        found[name] = {
            variable: Template.parse(text).render(look_up)
            for variable, text in (container.get("variables") or {}).items()
            if not Template.parse(text).is_literal
        }
    return found
