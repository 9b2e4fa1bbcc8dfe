"""A plan as one HTML page that needs nothing else: the drawing to pan and zoom, and details on click."""

import json
from html import escape
from importlib import resources

from platform_components.plan.graph.layout import first_column, layout_of
from platform_components.plan.graph.parts import all_details, parts_of
from platform_components.plan.graph.svg import drawing, legend
from platform_components.plan.model import Plan


def page(plan: Plan) -> str:
    """The plan as an HTML document."""
    parts = parts_of(plan)
    layout = layout_of(parts)
    data = {
        "first": first_column(layout),
        "sections": [
            {"name": section.name, "title": section.title, "parts": [part.id for part in section.parts]}
            for section in parts.sections
        ],
        "parts": all_details(parts, plan),
    }
    template = resources.files("platform_components.plan.graph").joinpath("page.html").read_text(encoding="utf-8")
    filled = {
        "@TITLE@": escape(parts.title),
        "@SUBTITLE@": escape(parts.subtitle),
        "@LEGEND@": "".join(f"<span>{icon} {escape(label)}</span>" for label, icon in legend(parts)),
        "@DRAWING@": drawing(parts, layout),
        # A script element ends at the first `</`, wherever it stands.
        "@DATA@": json.dumps(data, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c"),
    }
    head, *rest = template.split("@@")  # placeholders stand between @@, so that nothing filled in is looked at again
    for index in range(0, len(rest), 2):
        head += filled[f"@{rest[index]}@"] + rest[index + 1]
    return head
