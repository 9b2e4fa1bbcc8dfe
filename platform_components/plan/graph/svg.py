"""A plan as a drawing that needs nothing else: one SVG, light or dark as the reader's screen is."""

from html import escape
from importlib import resources
from itertools import pairwise

from platform_components.plan.graph.layout import HEADER, HEIGHT, MARGIN, WIDTH, Band, Box, Layout, layout_of
from platform_components.plan.graph.parts import Part, Parts, parts_of
from platform_components.plan.model import Plan

_TITLE_SIZE, _SMALL_SIZE = 13, 11
# Average width of a character in units of the font's size: of DejaVu Sans, the widest that systems come with.
_BOLD, _REGULAR = 0.65, 0.58
_INSET = 16

# 12 by 12 each, drawn with strokes.
_CYLINDER = "M1.5 3c0-1.1 2-2 4.5-2s4.5.9 4.5 2-2 2-4.5 2-4.5-.9-4.5-2z"
_ICONS = {
    "data": ("keeps data", f"{_CYLINDER}M1.5 3v6c0 1.1 2 2 4.5 2s4.5-.9 4.5-2V3M1.5 6c0 1.1 2 2 4.5 2s4.5-.9 4.5-2"),
    "secret": ("has secret outputs", "M3 5.5V4a3 3 0 0 1 6 0v1.5M2 5.5h8v5.5H2z"),
    "pinned": ("pinned to a version", "M4 1h4l-.5 3.5L9.5 7h-7L4.5 4.5zM6 7v4"),
}
_ARROW = (
    'viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"'
)


def svg(plan: Plan) -> str:
    """The plan as an SVG document."""
    parts = parts_of(plan)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{drawing(parts, layout_of(parts))}\n'


def legend(parts: Parts) -> tuple[tuple[str, str], ...]:
    """What the icons in the drawing say, and each as an `svg` element."""
    used = {icon for part in parts.all for icon in _icons(part)}
    frame = '<svg class="plan" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><g class="icon">'
    return tuple(
        (label, f'{frame}<path d="{path}"/></g></svg>') for name, (label, path) in _ICONS.items() if name in used
    )


def style() -> str:
    """How the drawing looks; the page uses the same."""
    return resources.files("platform_components.plan.graph").joinpath("drawing.css").read_text(encoding="utf-8")


def drawing(parts: Parts, layout: Layout) -> str:
    """The `svg` element."""
    width, height = f"{layout.width:g}", f"{layout.height:g}"
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plan" {size} role="group" aria-label="{escape(parts.title)}">',
        f"<title>{escape(parts.title)}</title>",
        f"<style>{style()}</style>",
        f"<defs>{_tip('end')}{_tip('end-lit')}</defs>",
        *(_band(band, layout.height) for band in layout.bands),
        *(_edge(edge, points) for edge, points in layout.routes.items()),
        *(_part(part, layout.boxes[part.id]) for part in parts.all),
        "</svg>",
    ]
    return "\n".join(lines)


def _tip(name: str) -> str:
    return f'<marker id="{name}" {_ARROW}><path class="{name}" d="M0 1l7 3-7 3z"/></marker>'


def _band(band: Band, height: float) -> str:
    pad = MARGIN * 0.6
    return (
        f'<g class="band {band.section}"><rect x="{band.x - pad:g}" y="8" width="{band.width + 2 * pad:g}" '
        f'height="{height - 16:g}" rx="14"/>'
        f'<text class="band-title" x="{band.x:g}" y="{HEADER - 12}">{escape(band.title)}</text></g>'
    )


def _edge(edge: tuple[str, str], points: tuple[tuple[float, float], ...]) -> str:
    start, end = edge
    x, y = points[0]
    path = [f"M{x:g} {y:.1f}"]
    for (x1, y1), (x2, y2) in pairwise(points):
        bend = (x2 - x1) / 2
        straight = abs(y2 - y1) < 0.05
        path.append(f"H{x2:g}" if straight else f"C{x1 + bend:g} {y1:.1f} {x2 - bend:g} {y2:.1f} {x2:g} {y2:.1f}")
    return f'<path class="edge" data-from="{escape(start)}" data-to="{escape(end)}" d="{"".join(path)}"/>'


def _part(part: Part, box: Box) -> str:
    icons = _icons(part)
    room: float = WIDTH - 2 * _INSET - 16 * len(icons)
    owner = _fitting(part.owner, room / 2, _TITLE_SIZE * _REGULAR)
    room -= len(owner) * _TITLE_SIZE * _REGULAR
    title = _fitting(part.title, room, _TITLE_SIZE * _BOLD)
    room -= len(title) * _TITLE_SIZE * _BOLD + 8
    kind = _fitting(part.kind, room, _SMALL_SIZE * _REGULAR) if room > 24 else ""
    definition = _fitting(part.definition, WIDTH - 2 * _INSET, _SMALL_SIZE * _REGULAR)
    told = f"{part.id}, by {part.definition}"
    button = f'tabindex="0" role="button" aria-label="{escape(told)}"'
    at = f"translate({box.x:g} {box.y:.1f})"
    lines = [
        f'<g class="part {part.section}" data-id="{escape(part.id)}" {button} transform="{at}">',
        f"<title>{escape(told)}</title>",
        f'<rect class="card" width="{WIDTH}" height="{HEIGHT}" rx="9"/>',
        f'<rect class="mark" x="6" y="9" width="4" height="{HEIGHT - 18}" rx="2"/>',
        f'<text x="{_INSET}" y="21">'
        + (f'<tspan class="owner">{escape(owner)}</tspan>' if owner else "")
        + f'<tspan class="name"{_gap(owner)}>{escape(title)}</tspan>'
        + (f'<tspan class="kind" dx="6">{escape(kind)}</tspan>' if kind else "")
        + "</text>",
        f'<text class="definition" x="{_INSET}" y="38">{escape(definition)}</text>',
    ]
    for number, icon in enumerate(icons):
        label, path = _ICONS[icon]
        x = WIDTH - 24 - 16 * number
        lines.append(f'<g class="icon" transform="translate({x} 10)"><title>{label}</title><path d="{path}"/></g>')
    return "".join([*lines, "</g>"])


def _gap(before: str) -> str:
    return ' dx="5"' if before else ""


def _icons(part: Part) -> list[str]:
    resource = part.resource
    having = {"data": resource.holds_data, "secret": bool(resource.secret_outputs), "pinned": resource.pinned}
    return [name for name, has in having.items() if has]


def _fitting(text: str, room: float, character: float) -> str:
    """As much of the text as there is room for."""
    count = int(room / character)
    return text if len(text) <= count else f"{text[: max(count - 1, 1)]}…"
