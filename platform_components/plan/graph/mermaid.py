"""A plan as a Mermaid flowchart: for README files, pull requests and wikis that draw it themselves."""

from platform_components.plan.graph.parts import Part, parts_of
from platform_components.plan.model import Plan

_CLASSES = {
    "workloads": "fill:#4f46e5,stroke:#3730a3,color:#ffffff",
    "asked": "fill:#d1fae5,stroke:#059669,color:#064e3b",
    "own": "fill:#e2e8f0,stroke:#64748b,color:#1e293b",
    "foundation": "fill:#fef3c7,stroke:#d97706,color:#78350f,stroke-dasharray:5 3",
}


def mermaid(plan: Plan) -> str:
    """The plan as Mermaid text."""
    parts = parts_of(plan)
    names = {part.id: f"n{number}" for number, part in enumerate(parts.all)}
    lines = ["flowchart LR"]
    for section in parts.sections:
        lines.append(f'  subgraph {section.name}["{_quoted(section.title)}"]')
        lines += [f"    {names[part.id]}{_box(part)}:::{section.name}" for part in section.parts]
        lines.append("  end")
    lines += [f"  {names[start]} --> {names[end]}" for start, end in parts.edges]
    lines += [f"  classDef {section.name} {_CLASSES[section.name]}" for section in parts.sections]
    return "\n".join(lines) + "\n"


def _box(part: Part) -> str:
    title = f"{part.owner} {part.title}" if part.owner else part.title
    text = "<br/>".join(filter(None, [f"<b>{_quoted(title)}</b>", _quoted(part.kind), _quoted(part.definition)]))
    # A cylinder is what people know as "keeps data".
    return f'[("{text}")]' if part.resource.holds_data else f'["{text}"]'


def _quoted(text: str) -> str:
    """Mermaid's own escapes: https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters"""
    for character in '#&"<>':
        text = text.replace(character, f"#{ord(character)};") if character != "#" else text.replace("#", "#35;")
    return text
