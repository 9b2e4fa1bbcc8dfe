"""Where each part stands in the drawing, and the way of each edge.

On the left a panel for each workload, with all that is made for it alone; then what the environment's workloads share,
then what comes from elsewhere. What a panel holds needs no line to it. Columns to the right are the classic layered
drawing (Sugiyama, Tagawa, Toda 1981). Edges to one part run together like lines on a board: straight, with one bus in
each gap between columns (`routes`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from platform_components.plan.graph.columns import Column, Slot, order, place
from platform_components.plan.graph.parts import Part, Parts, SectionName
from platform_components.plan.graph.routes import TRACK_GAP, Bend, Gap, bent, brackets

PANEL_WIDTH, PANEL_HEAD, PANEL_ROW, PANEL_FOOT = 300, 44, 30, 8
WIDTH, HEIGHT = 226, 48
PANEL_GAP = 16
LANE = 8
"""Height of the edges to one part where they pass a column."""
SECTION_GAP = 34
"""What a section takes beside the edges, between its columns and the next one's."""
MARGIN, HEADER = 24, 44


@dataclass(frozen=True)
class Box:
    """A part's place."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Half-way down."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Band:
    """A section's place."""

    section: SectionName
    title: str
    x: float
    width: float


@dataclass(frozen=True)
class Layout:
    """The whole drawing."""

    boxes: Mapping[str, Box]
    panels: Mapping[str, Box]
    """Around each workload and what is made for it, by the workload's identity."""
    bands: tuple[Band, ...]
    routes: Mapping[tuple[str, str], tuple[Bend, ...]]
    """The points that each edge passes, from its start's side to its end's."""
    width: float
    height: float


def layout_of(parts: Parts) -> Layout:
    """The drawing of these parts."""
    columns, slots, panels = _columns(parts)
    lanes: dict[tuple[str, int], Slot] = {}
    ways = {edge: _way(edge, columns, slots, lanes) for edge in parts.drawn_edges}
    order(columns)
    place(columns)
    slot_lists = [column.slots for column in columns]
    top = min((slot.y for column in slot_lists for slot in column), default=0) - MARGIN - HEADER
    for slot in (slot for column in slot_lists for slot in column):
        slot.y -= top
    gaps, tracks = _gaps(ways, len(columns)), brackets(ways.values())
    lefts, width = _lefts(columns, gaps, MARGIN + TRACK_GAP * max(tracks.values(), default=0))
    boxes = {
        name: Box(lefts[slot.column], slot.y, columns[slot.column].width, slot.height) for name, slot in slots.items()
    }
    return Layout(
        boxes=boxes,
        panels={name: _around([boxes[one] for one in inside]) for name, inside in panels.items()},
        bands=tuple(_bands(columns, lefts)),
        routes={
            edge: bent(way, [(lefts[slot.column], columns[slot.column].width) for slot in way], gaps, tracks)
            for edge, way in ways.items()
        },
        width=width,
        height=max((slot.y + slot.height for column in slot_lists for slot in column), default=0) + MARGIN + PANEL_FOOT,
    )


def first_column(layout: Layout) -> float:
    """The width up to where the first column ends, which a narrow screen starts with."""
    left = min((box.x for box in layout.boxes.values()), default=0.0)
    return max((box.x + box.width for box in layout.boxes.values() if box.x == left), default=0.0) + MARGIN


def _columns(parts: Parts) -> tuple[list[Column], dict[str, Slot], dict[str, list[str]]]:
    """The panels' column, and as many for each other section as its longest chain: what waits stands to the left."""
    columns: list[Column] = []
    slots: dict[str, Slot] = {}
    panels: dict[str, list[str]] = {part.id: [part.id] for part in parts.all if part.panel == part.id}
    for part in parts.all:
        if part.panel is not None and part.panel != part.id:
            panels[part.panel].append(part.id)
    if panels:
        columns.append(Column([], PANEL_WIDTH, ("workloads", "Workloads, and what is made for each"), fixed=True))
        y = 0.0
        for inside in panels.values():
            for index, name in enumerate(inside):
                slots[name] = Slot(name, PANEL_ROW if index else PANEL_HEAD, 0, y=y)
                columns[0].slots.append(slots[name])
                y += slots[name].height
            y += PANEL_FOOT + PANEL_GAP
    shared = [part for part in parts.all if part.panel is None and part.section != "foundation"]
    elsewhere = [part for part in parts.all if part.panel is None and part.section == "foundation"]
    groups: tuple[tuple[SectionName, list[Part]], ...] = (("own", shared), ("foundation", elsewhere))
    for name, group in groups:
        depths = _depths(group, parts)
        for depth in range(max(depths.values(), default=-1) + 1):
            number = len(columns)
            columns.append(Column([], WIDTH, None if depth else (name, _band_title(name, parts))))
            for part in group:
                if depths[part.id] == depth:
                    slots[part.id] = Slot(part.id, HEIGHT, number)
                    columns[number].slots.append(slots[part.id])
    return columns, slots, panels


def _band_title(name: SectionName, parts: Parts) -> str:
    titles = {section.name: section.title for section in parts.sections}
    if name == "foundation":
        return titles["foundation"]
    return "Shared in the environment" if "workloads" in titles else titles["own"]


def _depths(group: Sequence[Part], parts: Parts) -> dict[str, int]:
    inside = {part.id for part in group}
    waiters: dict[str, list[str]] = {name: [] for name in inside}
    for start, end in parts.edges:
        if start in inside and end in inside:
            waiters[end].append(start)
    depths: dict[str, int] = {}
    order = [part.id for part in parts.all if part.id in inside]
    for name in _users_first(order, waiters):
        depths[name] = max((depths[waiter] + 1 for waiter in waiters[name]), default=0)
    return depths


def _users_first(names: Sequence[str], waiters: Mapping[str, Sequence[str]]) -> list[str]:
    """Every part after all that wait for it."""
    done: dict[str, None] = {}
    for first in names:
        pending = [first]
        while pending:
            name = pending[-1]
            missing = [waiter for waiter in waiters[name] if waiter not in done]
            pending += missing
            if not missing:
                done.setdefault(pending.pop())
    return list(done)


def _way(
    edge: tuple[str, str],
    columns: Sequence[Column],
    slots: Mapping[str, Slot],
    lanes: dict[tuple[str, int], Slot],
) -> list[Slot]:
    """The slots that an edge passes: in every column between its ends the lane of all edges to the same part."""
    start, end = slots[edge[0]], slots[edge[1]]
    if start.column == end.column:
        return [start, end]
    way = [start]
    step = 1 if end.column > start.column else -1
    for number in range(start.column + step, end.column, step):
        lane = lanes.get((end.name, number))
        if lane is None:
            lane = lanes[end.name, number] = Slot("", LANE, number)
            columns[number].slots.append(lane)
        way.append(lane)
    way.append(end)
    for one, other in pairwise(way):
        ahead, back = (one.right, other.left) if step > 0 else (one.left, other.right)
        if other not in ahead:
            ahead.append(other)
            back.append(one)
    return way


def _gaps(ways: Mapping[tuple[str, str], Sequence[Slot]], count: int) -> list[Gap]:
    """What runs between each column and the next."""
    gaps = [Gap() for _ in range(max(count - 1, 0))]
    for (_, end), way in ways.items():
        for one, other in pairwise(way):
            if one.column != other.column:
                gaps[min(one.column, other.column)].add(end, one, other)
    for gap in gaps:
        gap.arrange()
    return gaps


def _lefts(columns: Sequence[Column], gaps: Sequence[Gap], first: float) -> tuple[list[float], float]:
    """The left side of each column, and the width of the drawing; tells the gaps where they are."""
    lefts: list[float] = []
    x = first
    for number, column in enumerate(columns):
        if number:
            gap = gaps[number - 1]
            section = SECTION_GAP if column.starts else 0
            gap.place(x + section / 2)
            x += section + gap.width
        lefts.append(x)
        x += column.width
    return lefts, x + MARGIN


def _bands(columns: Sequence[Column], lefts: Sequence[float]) -> list[Band]:
    starts = [number for number, column in enumerate(columns) if column.starts]
    bands = []
    for first, following in pairwise([*starts, len(columns)]):
        last = following - 1
        section, title = columns[first].starts or ("own", "")
        bands.append(Band(section, title, lefts[first], lefts[last] + columns[last].width - lefts[first]))
    return bands


def _around(boxes: Sequence[Box]) -> Box:
    x, y = boxes[0].x, boxes[0].y
    return Box(x, y, boxes[0].width, sum(box.height for box in boxes) + (PANEL_FOOT if len(boxes) > 1 else 0))
