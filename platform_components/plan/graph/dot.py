"""A plan as a Graphviz digraph."""

from platform_components.plan.graph.parts import Part, parts_of
from platform_components.plan.model import Plan

_FILLS = {"workloads": "#4f46e5", "asked": "#d1fae5", "own": "#e2e8f0", "foundation": "#fef3c7"}


def dot(plan: Plan) -> str:
    """The plan as DOT text."""
    parts = parts_of(plan)
    lines = [
        "digraph plan {",
        f"  label={_quoted(parts.title)};",
        '  rankdir=LR; fontname="Helvetica"; labelloc=t;',
        '  node [shape=box style="rounded,filled" fontname="Helvetica" fontsize=11];',
        '  edge [color="#94a3b8"];',
    ]
    for section in parts.sections:
        lines.append(f"  subgraph cluster_{section.name} {{")
        lines.append(f'    label={_quoted(section.title)}; style=rounded; color="#cbd5e1";')
        lines += [f"    {_quoted(part.id)} [{_attributes(part)}];" for part in section.parts]
        lines.append("  }")
    lines += [f"  {_quoted(start)} -> {_quoted(end)};" for start, end in parts.edges]
    return "\n".join([*lines, "}"]) + "\n"


def _attributes(part: Part) -> str:
    title = f"{part.owner} {part.title}" if part.owner else part.title
    label = "\n".join(filter(None, [title, part.kind, part.definition]))
    attributes = [f"label={_quoted(label)}", f'fillcolor="{_FILLS[part.section]}"']
    if part.section == "workloads":
        attributes.append('fontcolor="#ffffff"')
    if part.section == "foundation":
        attributes.append('style="rounded,filled,dashed"')
    if part.resource.holds_data:
        attributes.append("shape=cylinder")
    return " ".join(attributes)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
