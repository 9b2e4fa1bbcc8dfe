"""Where each part stands in the drawing: sections side by side, few crossings, edges that run between boxes.

The classic layered drawing (Sugiyama, Tagawa, Toda 1981), with one difference: a column belongs to a section, so that
a person reads from what a developer wrote on the left to what others share on the right.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from platform_components.plan.graph.parts import Parts, SectionName

WIDTH, HEIGHT = 200, 50
COLUMN_GAP, SECTION_GAP, ROW_GAP = 46, 70, 14
LANE = 8
"""Height of the edges to one part where they pass a column."""
MARGIN, HEADER = 28, 46
_SWEEPS = 12


@dataclass(frozen=True)
class Box:
    """A part's place: left, top, and the centre's height."""

    x: float
    y: float

    @property
    def middle(self) -> float:
        """Half-way down."""
        return self.y + HEIGHT / 2


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
    bands: tuple[Band, ...]
    routes: Mapping[tuple[str, str], tuple[tuple[float, float], ...]]
    """The points that each edge passes, from its start's side to its end's."""
    width: float
    height: float


@dataclass(eq=False)
class _Slot:
    """A box, or the lane in which the edges to one part pass a column."""

    name: str
    height: float
    left: list["_Slot"] = field(default_factory=list)
    right: list["_Slot"] = field(default_factory=list)
    y: float = 0.0

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def layout_of(parts: Parts) -> Layout:
    """The drawing of these parts."""
    column_of, bands = _columns(parts)
    width = max((band.x + band.width for band in bands), default=0) + MARGIN
    columns: list[list[_Slot]] = [[] for _ in range(max(column_of.values(), default=-1) + 1)]
    slots: dict[str, _Slot] = {}
    for part in parts.all:
        slots[part.id] = _Slot(part.id, HEIGHT)
        columns[column_of[part.id]].append(slots[part.id])
    lanes: dict[tuple[str, int], _Slot] = {}
    ways = {edge: _way(edge, column_of, columns, slots, lanes) for edge in parts.edges}
    _order(columns)
    _place(columns)
    left = _lefts(columns, parts, column_of)
    top = min((slot.y for column in columns for slot in column), default=0) - MARGIN - HEADER
    boxes = {name: Box(left[column_of[name]], slot.y - top) for name, slot in slots.items()}
    routes = {
        edge: tuple(_points(way, left, column_of[edge[0]], column_of[edge[1]], top)) for edge, way in ways.items()
    }
    height = max((slot.y + slot.height - top for column in columns for slot in column), default=0) + MARGIN
    return Layout(boxes, bands, routes, width, height)


def _columns(parts: Parts) -> tuple[dict[str, int], tuple[Band, ...]]:
    """Each section has as many columns as its longest chain; what waits stands left of what it waits for."""
    column_of: dict[str, int] = {}
    bands = []
    first, x = 0, float(MARGIN)
    for section in parts.sections:
        inside = {part.id for part in section.parts}
        waiters: dict[str, list[str]] = {name: [] for name in inside}
        for start, end in parts.edges:
            if start in inside and end in inside:
                waiters[end].append(start)
        depth: dict[str, int] = {}
        for part in reversed(section.parts):  # plans list what is needed first
            depth[part.id] = max((depth[waiter] + 1 for waiter in waiters[part.id]), default=0)
        count = max(depth.values()) + 1
        column_of |= {name: first + number for name, number in depth.items()}
        width = count * WIDTH + (count - 1) * COLUMN_GAP
        bands.append(Band(section.name, section.title, x, width))
        first, x = first + count, x + width + SECTION_GAP
    return column_of, tuple(bands)


def _lefts(columns: Sequence[object], parts: Parts, column_of: Mapping[str, int]) -> list[float]:
    """The left side of each column."""
    starts = {min(column_of[part.id] for part in section.parts) for section in parts.sections}
    lefts: list[float] = []
    x = float(MARGIN)
    for number in range(len(columns)):
        if number:
            x += WIDTH + (SECTION_GAP if number in starts else COLUMN_GAP)
        lefts.append(x)
    return lefts


def _way(
    edge: tuple[str, str],
    column_of: Mapping[str, int],
    columns: list[list[_Slot]],
    slots: Mapping[str, _Slot],
    lanes: dict[tuple[str, int], _Slot],
) -> list[_Slot]:
    """The slots that an edge passes: in every column between its ends the lane of all edges to the same part."""
    start, end = edge
    way = [slots[start]]
    step = 1 if column_of[end] >= column_of[start] else -1
    for number in range(column_of[start] + step, column_of[end], step):
        lane = lanes.get((end, number))
        if lane is None:
            lane = lanes[end, number] = _Slot("", LANE)
            columns[number].append(lane)
        way.append(lane)
    way.append(slots[end])
    for one, other in pairwise(way):
        ahead, back = (one.right, other.left) if step > 0 else (one.left, other.right)
        if other not in ahead:
            ahead.append(other)
            back.append(one)
    return way


def _order(columns: list[list[_Slot]]) -> None:
    """Sort each column by the middle of its neighbours, left to right and back, and keep the best order seen."""
    best, crossings = [list(column) for column in columns], _crossings(columns)
    for sweep in range(_SWEEPS):
        if crossings == 0:
            break
        forward = sweep % 2 == 0
        for column in columns if forward else reversed(columns):
            position = {slot: index for other in columns for index, slot in enumerate(other)}
            keys = {slot: _barycenter(slot, forward, position) for slot in column}
            column.sort(key=keys.__getitem__)
        found = _crossings(columns)
        if found < crossings:
            best, crossings = [list(column) for column in columns], found
    for column, order in zip(columns, best, strict=True):
        column[:] = order


def _barycenter(slot: _Slot, forward: bool, position: Mapping[_Slot, int]) -> float:
    neighbours = (slot.left if forward else slot.right) or (slot.right if forward else slot.left)
    if not neighbours:
        return position[slot]
    return sum(position[one] for one in neighbours) / len(neighbours)


def _crossings(columns: Sequence[Sequence[_Slot]]) -> int:
    """How often edges between neighbouring columns cross: inversions, counted with a binary indexed tree."""
    total = 0
    for column, following in pairwise(columns):
        position = {slot: index for index, slot in enumerate(following)}
        tree = [0] * (len(following) + 1)
        seen = 0
        for slot in column:
            ends = sorted(position[other] for other in slot.right if other in position)
            for end in ends:
                index, before = end + 1, 0
                while index:
                    before += tree[index]
                    index &= index - 1
                total += seen - before
            for end in ends:
                index = end + 1
                while index < len(tree):
                    tree[index] += 1
                    index += index & -index
                seen += 1
    return total


def _place(columns: Sequence[Sequence[_Slot]]) -> None:
    """Give every slot its height: as near to its neighbours as its place in the column allows."""
    for column in columns:
        _settle(column, [0.0] * len(column))
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 else reversed(columns):
            wanted = []
            for slot in column:
                pulls = [(one.middle, _pull(slot, one)) for one in (*slot.left, *slot.right)]
                weight = sum(pull for _, pull in pulls)
                middle = sum(at * pull for at, pull in pulls) / weight if weight else slot.middle
                wanted.append(middle - slot.height / 2)
            _settle(column, wanted)


def _pull(one: _Slot, other: _Slot) -> int:
    """Lanes want to run straight more than boxes want to be near each other."""
    return (1, 3, 9)[(not one.name) + (not other.name)]


def _settle(column: Sequence[_Slot], wanted: Sequence[float]) -> None:
    """The places nearest to the wanted ones that keep the order and the gaps (pool adjacent violators)."""
    offsets = [0.0]
    for slot in column[:-1]:
        offsets.append(offsets[-1] + slot.height + ROW_GAP)
    pools: list[tuple[float, int]] = []  # mean, count
    for want, offset in zip(wanted, offsets, strict=False):
        mean, count = want - offset, 1
        while pools and pools[-1][0] > mean:
            other, size = pools.pop()
            mean, count = (mean * count + other * size) / (count + size), count + size
        pools.append((mean, count))
    means = [mean for mean, count in pools for _ in range(count)]
    for slot, mean, offset in zip(column, means, offsets, strict=False):
        slot.y = mean + offset


def _points(
    way: Sequence[_Slot], left: Sequence[float], start: int, end: int, top: float
) -> Iterator[tuple[float, float]]:
    """Out of the start's side, straight through each lane, into the end's other side."""
    rightwards = end >= start
    step = 1 if rightwards else -1
    yield (left[start] + (WIDTH if rightwards else 0), way[0].middle - top)
    for number, lane in enumerate(way[1:-1], 1):
        x = left[start + number * step]
        for side in (x, x + WIDTH)[::step]:
            yield (side, lane.middle - top)
    yield (left[end] + (0 if rightwards else WIDTH), way[-1].middle - top)
