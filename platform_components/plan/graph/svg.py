"""A plan as a drawing that needs nothing else: one SVG, light or dark as the reader's screen is."""

from collections.abc import Iterator, Sequence
from html import escape
from importlib import resources
from itertools import pairwise

from platform_components.plan.graph.layout import HEADER, MARGIN, Band, Box, Layout, layout_of
from platform_components.plan.graph.parts import Part, Parts, parts_of
from platform_components.plan.model import Plan

_HEAD_SIZE, _TITLE_SIZE, _BAND_SIZE, _SMALL_SIZE = 14.5, 13, 12, 11
# Average width of a character in units of the font's size: of DejaVu Sans, the widest that systems come with.
_BOLD, _REGULAR = 0.65, 0.58
_INSET = 18
_CORNER = 6

# 12 by 12 each, drawn with strokes.
_CYLINDER = "M1.5 3c0-1.1 2-2 4.5-2s4.5.9 4.5 2-2 2-4.5 2-4.5-.9-4.5-2z"
_ICONS = {
    "data": ("keeps data", f"{_CYLINDER}M1.5 3v6c0 1.1 2 2 4.5 2s4.5-.9 4.5-2V3M1.5 6c0 1.1 2 2 4.5 2s4.5-.9 4.5-2"),
    "secret": ("has secret outputs", "M3 5.5V4a3 3 0 0 1 6 0v1.5M2 5.5h8v5.5H2z"),
    "pinned": ("pinned to a version", "M4 1h4l-.5 3.5L9.5 7h-7L4.5 4.5zM6 7v4"),
}
_ICONS_OF_ROWS = ("data", "secret")
"""Rows leave room for these, so that definitions stand above each other."""
_ARROW = (
    'viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"'
)


def svg(plan: Plan) -> str:
    """The plan as an SVG document."""
    parts = parts_of(plan)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{drawing(parts, layout_of(parts))}\n'


def legend(parts: Parts) -> tuple[tuple[str, str], ...]:
    """What borders and icons in the drawing say, and each as an `svg` element."""
    used = {icon for part in parts.all for icon in _icons(part)}
    frame = '<svg class="plan" viewBox="0 0 {0} 12" width="{0}" height="12" aria-hidden="true">{1}</svg>'
    card = '<g class="{0} key"><rect class="card" x="1" y="1" width="18" height="10" rx="3"/></g>'
    return (
        *((label, frame.format(20, card.format(origin))) for origin, label in parts.summary),
        *(
            (label, frame.format(12, f'<g class="icon"><path d="{path}"/></g>'))
            for name, (label, path) in _ICONS.items()
            if name in used
        ),
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
        *(_panel(name, box) for name, box in layout.panels.items()),
        *(_edge(edge, points) for edge, points in layout.routes.items()),
        *(_part(part, layout.boxes[part.id]) for part in parts.all),
        "</svg>",
    ]
    return "\n".join(lines)


def _tip(name: str) -> str:
    return f'<marker id="{name}" {_ARROW}><path class="{name}" d="M0 1l7 3-7 3z"/></marker>'


def _band(band: Band, height: float) -> str:
    pad = MARGIN * 0.6
    ground = (
        ""
        if band.section == "workloads"
        else f'<rect x="{band.x - pad:g}" y="8" width="{band.width + 2 * pad:g}" height="{height - 16:g}" rx="14"/>'
    )
    told = _fitting(band.title, band.width + pad, _BAND_SIZE * _BOLD)
    title = f'<text class="band-title" x="{band.x:g}" y="{HEADER - 14}">{escape(told)}</text>'
    return f'<g class="band {band.section}">{ground}{title}</g>'


def _panel(name: str, box: Box) -> str:
    at = f'x="{box.x:g}" y="{box.y:.1f}" width="{box.width:g}" height="{box.height:.1f}" rx="11"'
    return f'<rect class="panel" data-panel="{escape(name)}" {at}/>'


def _edge(edge: tuple[str, str], points: tuple[tuple[float, float], ...]) -> str:
    start, end = edge
    return f'<path class="edge" data-from="{escape(start)}" data-to="{escape(end)}" d="{_rounded(points)}"/>'


def _rounded(points: tuple[tuple[float, float], ...]) -> str:
    """Straight lines with round corners."""
    kept = [points[0]]
    for point, following in pairwise(points[1:]):
        (x0, y0), (x1, y1), (x2, y2) = kept[-1], point, following
        turns = abs((x1 - x0) * (y2 - y1) - (y1 - y0) * (x2 - x1)) > 0.01
        if turns:
            kept.append(point)
    kept.append(points[-1])
    path = [f"M{kept[0][0]:g} {kept[0][1]:.1f}"]
    for index in range(1, len(kept) - 1):
        (x0, y0), (x1, y1), (x2, y2) = kept[index - 1 : index + 2]
        before, after = abs(x1 - x0) + abs(y1 - y0), abs(x2 - x1) + abs(y2 - y1)
        radius = min(_CORNER, before / 2, after / 2)
        xa, ya = x1 + (x0 - x1) / before * radius, y1 + (y0 - y1) / before * radius
        xb, yb = x1 + (x2 - x1) / after * radius, y1 + (y2 - y1) / after * radius
        path.append(f"L{xa:g} {ya:.1f}Q{x1:g} {y1:.1f} {xb:g} {yb:.1f}")
    return "".join([*path, f"L{kept[-1][0]:g} {kept[-1][1]:.1f}"])


def _part(part: Part, box: Box) -> str:
    told = f"{part.id}, by {part.definition}"
    button = f'tabindex="0" role="button" aria-label="{escape(told)}"'
    classes = f"part {part.section} {part.origin}"
    at = f"translate({box.x:g} {box.y:.1f})"
    inside = _row(part, box) if part.panel and part.panel != part.id else _card(part, box)
    head = f'<g class="{classes}" data-id="{escape(part.id)}" {button} transform="{at}"><title>{escape(told)}</title>'
    return "".join([head, *inside, "</g>"])


def _card(part: Part, box: Box) -> Iterator[str]:
    """Two lines: what it is, and the definition that it comes from."""
    if part.panel is None:
        yield f'<rect class="card" width="{box.width:g}" height="{box.height:g}" rx="9"/>'
    else:
        yield f'<rect class="card head" x="1" y="1" width="{box.width - 2:g}" height="{box.height - 2:g}" rx="10"/>'
    yield f'<rect class="mark" x="6" y="9" width="4" height="{box.height - 18:g}" rx="2"/>'
    icons = _icons(part)
    room = box.width - 2 * _INSET - 16 * len(icons)
    size = _HEAD_SIZE if part.panel else _TITLE_SIZE
    title = _fitting(part.title, room, size * _BOLD)
    kind = _beside(part.kind, room - len(title) * size * _BOLD)
    yield f'<text x="{_INSET}" y="{box.height / 2 - 3:g}"><tspan class="name">{escape(title)}</tspan>{kind}</text>'
    definition = _fitting(part.definition, box.width - 2 * _INSET, _SMALL_SIZE * _REGULAR)
    yield f'<text class="definition" x="{_INSET}" y="{box.height / 2 + 14:g}">{escape(definition)}</text>'
    yield from _drawn_icons(icons, box.width - 24, 10)


def _row(part: Part, box: Box) -> Iterator[str]:
    """One line in a panel: what it is on the left, the definition that it comes from on the right."""
    middle = box.height / 2
    yield f'<rect class="card row" x="5" y="1" width="{box.width - 10:g}" height="{box.height - 2:g}" rx="7"/>'
    yield f'<rect class="mark" x="16" y="{middle - 7:g}" width="4" height="14" rx="2"/>'
    icons = _icons(part)
    left, right = 28, box.width - 14 - 16 * len(_ICONS_OF_ROWS)
    title = _fitting(part.title, (right - left) * 0.6, _TITLE_SIZE * _BOLD)
    room = right - left - len(title) * _TITLE_SIZE * _BOLD
    kind = _beside(part.kind, room)
    if kind:
        room -= len(part.kind) * _SMALL_SIZE * _REGULAR + 6
    yield f'<text x="{left}" y="{middle + 4.5:g}"><tspan class="name">{escape(title)}</tspan>{kind}</text>'
    definition = _fitting(part.definition, room - 12, _SMALL_SIZE * _REGULAR) if room > 60 else ""
    yield (
        f'<text class="definition" x="{right - 2:g}" y="{middle + 4:g}" text-anchor="end">{escape(definition)}</text>'
        if definition
        else ""
    )
    yield from _drawn_icons(icons, box.width - 28, middle - 6)


def _beside(kind: str, room: float) -> str:
    """The type beside a title, as far as there is room."""
    if not kind or room < 36:
        return ""
    return f'<tspan class="kind" dx="6">{escape(_fitting(kind, room - 6, _SMALL_SIZE * _REGULAR))}</tspan>'


def _drawn_icons(icons: Sequence[str], x: float, y: float) -> Iterator[str]:
    for number, icon in enumerate(icons):
        label, path = _ICONS[icon]
        at = f"translate({x - 16 * number:g} {y:g})"
        yield f'<g class="icon" transform="{at}"><title>{label}</title><path d="{path}"/></g>'


def _icons(part: Part) -> list[str]:
    resource = part.resource
    having = {"data": resource.holds_data, "secret": bool(resource.secret_outputs), "pinned": resource.pinned}
    return [name for name, has in having.items() if has]


def _fitting(text: str, room: float, character: float) -> str:
    """As much of the text as there is room for."""
    count = int(room / character)
    return text if len(text) <= count else f"{text[: max(count - 1, 1)]}…"
