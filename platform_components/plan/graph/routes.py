"""The ways of edges: straight lines with right angles, together from where several lead to one part.

In each gap between two columns every part that edges lead to has one bus, a vertical line; buses stand in the order in
which they cross others least.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

Bend = tuple[float, float]
BUS_GAP, GAP_SIDE = 9, 15
TRACK_SIDE, TRACK_GAP = 13, 6
_SPREAD = 6
"""Between the lines that leave one box for different parts."""


class Place(Protocol):
    """A box or lane, as far as edges are about it; compared by identity."""

    name: str
    column: int

    @property
    def middle(self) -> float:
        """Half-way down."""

    def __hash__(self) -> int: ...


@dataclass
class _Bus:
    """The edges to one part in one gap."""

    ins: list[tuple[Place, Place]] = field(default_factory=list)
    x: float = 0.0


@dataclass
class Gap:
    """The space between two columns."""

    buses: dict[str, _Bus] = field(default_factory=dict)
    _offsets: dict[tuple[Place, str], float] = field(default_factory=dict)

    def add(self, end: str, one: Place, other: Place) -> None:
        """A piece of an edge to `end`, from one place to another."""
        ins = self.buses.setdefault(end, _Bus()).ins
        if (one, other) not in ins:
            ins.append((one, other))

    @property
    def width(self) -> float:
        """The room that the buses take."""
        return 2 * GAP_SIDE + BUS_GAP * max(len(self.buses) - 1, 0) + 8

    def arrange(self) -> None:
        """Put the buses in an order, and spread the lines that leave one box."""
        leaving: dict[Place, list[str]] = {}
        for end, bus in self.buses.items():
            for one, _ in bus.ins:
                if one.name:
                    leaving.setdefault(one, []).append(end)
        for one, ends in leaving.items():
            ends.sort(key=lambda end: (self.buses[end].ins[0][1].middle, end))
            for index, end in enumerate(ends):
                self._offsets[one, end] = (index - (len(ends) - 1) / 2) * _SPREAD
        order = sorted(self.buses, key=lambda end: (self.buses[end].ins[0][1].middle, end))
        spans = {end: self._span(end) for end in order}
        for _ in range(len(order)):
            swapped = False
            for index in range(len(order) - 1):
                left, right = order[index], order[index + 1]
                if _crossed(spans[right], spans[left]) < _crossed(spans[left], spans[right]):
                    order[index], order[index + 1] = right, left
                    swapped = True
            if not swapped:
                break
        self.buses = {end: self.buses[end] for end in order}

    def place(self, left: float) -> None:
        """Where the gap is."""
        for number, bus in enumerate(self.buses.values()):
            bus.x = left + GAP_SIDE + number * BUS_GAP

    def leaving(self, one: Place, end: str) -> float:
        """The height at which the line to `end` leaves a place."""
        return one.middle + self._offsets.get((one, end), 0.0)

    def entering(self, one: Place, other: Place, end: str) -> float:
        """The height at which it comes to the next place: its middle, but no step is made for a hair."""
        start = self.leaving(one, end)
        alone = len(self.buses[end].ins) == 1
        return start if alone and other.name and abs(start - other.middle) <= _SPREAD else other.middle

    def _span(self, end: str) -> tuple[list[float], float]:
        ins = self.buses[end].ins
        return [self.leaving(one, end) for one, _ in ins], ins[0][1].middle


def _crossed(left: tuple[list[float], float], right: tuple[list[float], float]) -> int:
    """How often the lines of two buses cross when one stands to the left of the other."""
    (left_ins, left_out), (right_ins, right_out) = left, right
    left_heights, right_heights = [*left_ins, left_out], [*right_ins, right_out]
    crossed = sum(min(left_heights) < height < max(left_heights) for height in right_ins)
    return crossed + (min(right_heights) < left_out < max(right_heights))


def brackets(ways: Iterable[Sequence[Place]]) -> dict[str, int]:
    """For parts that others of their own column need, the track of the lines to them: lines on one do not meet."""
    spans: dict[str, list[float]] = {}
    for way in ways:
        if way[0].column == way[-1].column:
            spans.setdefault(way[-1].name, [way[-1].middle]).append(way[0].middle)
    tracks: list[list[tuple[float, float]]] = []
    found: dict[str, int] = {}
    for end, heights in sorted(spans.items(), key=lambda one: (max(one[1]) - min(one[1]), one[0])):
        top, bottom = min(heights), max(heights)
        free = (
            number for number, taken in enumerate(tracks) if all(bottom < one or top > other for one, other in taken)
        )
        found[end] = next(free, len(tracks))
        if found[end] == len(tracks):
            tracks.append([])
        tracks[found[end]].append((top, bottom))
    return found


def bent(
    way: Sequence[Place], columns: Sequence[tuple[float, float]], gaps: Sequence[Gap], tracks: Mapping[str, int]
) -> tuple[Bend, ...]:
    """The points of an edge, out of its start's side, straight through each lane, into its end's other side.

    `columns`: left side and width of the column that each place stands in.
    """
    end = way[-1].name
    if way[0].column == way[-1].column:
        x = columns[0][0]
        out = x - TRACK_SIDE - TRACK_GAP * tracks[end]
        return ((x, way[0].middle), (out, way[0].middle), (out, way[1].middle), (x, way[1].middle))
    rightwards = way[-1].column > way[0].column
    points: list[Bend] = []
    for (one, (x1, width1)), (other, (x2, width2)) in pairwise(zip(way, columns, strict=True)):
        gap = gaps[min(one.column, other.column)]
        start = gap.leaving(one, end)
        stop = gap.entering(one, other, end)
        bus = gap.buses[end].x
        points += [
            (x1 + (width1 if rightwards else 0), start),
            (bus, start),
            (bus, stop),
            (x2 + (0 if rightwards else width2), stop),
        ]
    return tuple(points)
