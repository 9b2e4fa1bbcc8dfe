"""The order and the heights of what stands in columns side by side: few crossings, neighbours near each other.

The classic layered drawing: barycentres for the order, pool adjacent violators for the heights (Sugiyama, Tagawa, Toda
1981).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from platform_components.plan.graph.parts import SectionName

ROW_GAP = 14
_SWEEPS = 12


@dataclass(eq=False)
class Slot:
    """A box, or the lane in which the edges to one part pass a column."""

    name: str
    height: float
    column: int
    left: list["Slot"] = field(default_factory=list)
    right: list["Slot"] = field(default_factory=list)
    y: float = 0.0

    @property
    def middle(self) -> float:
        """Half-way down."""
        return self.y + self.height / 2


@dataclass
class Column:
    """Parts that stand above each other."""

    slots: list[Slot]
    width: float
    starts: tuple[SectionName, str] | None = None
    """The section that begins here, with its title."""
    fixed: bool = False
    """Whether its order and places stay as they are: it holds panels."""


def order(columns: Sequence[Column]) -> None:
    """Sort each column by the middle of its neighbours, left to right and back, and keep the best order seen."""
    lists = [column.slots for column in columns]
    best, crossings = [list(slots) for slots in lists], _crossings(lists)
    for sweep in range(_SWEEPS):
        if crossings == 0:
            break
        forward = sweep % 2 == 0
        for column in columns if forward else reversed(columns):
            if column.fixed:
                continue
            position = {slot: index for slots in lists for index, slot in enumerate(slots)}
            keys = {slot: _barycenter(slot, forward, position) for slot in column.slots}
            column.slots.sort(key=keys.__getitem__)
        found = _crossings(lists)
        if found < crossings:
            best, crossings = [list(slots) for slots in lists], found
    for slots, order in zip(lists, best, strict=True):
        slots[:] = order


def _barycenter(slot: Slot, forward: bool, position: Mapping[Slot, int]) -> float:
    neighbours = (slot.left if forward else slot.right) or (slot.right if forward else slot.left)
    if not neighbours:
        return position[slot]
    return sum(position[one] for one in neighbours) / len(neighbours)


def _crossings(columns: Sequence[Sequence[Slot]]) -> int:
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


def place(columns: Sequence[Column]) -> None:
    """Give every slot its height: as near to its neighbours as its place in the column allows."""
    free = [column.slots for column in columns if not column.fixed]
    for slots in free:
        _settle(slots, [0.0] * len(slots))
    for sweep in range(_SWEEPS):
        for slots in free if sweep % 2 else reversed(free):
            wanted = []
            for slot in slots:
                pulls = [(one.middle, _pull(slot, one)) for one in (*slot.left, *slot.right)]
                weight = sum(pull for _, pull in pulls)
                middle = sum(at * pull for at, pull in pulls) / weight if weight else slot.middle
                wanted.append(middle - slot.height / 2)
            _settle(slots, wanted)


def _pull(one: Slot, other: Slot) -> int:
    """Lanes want to run straight more than boxes want to be near each other."""
    return (1, 3, 9)[(not one.name) + (not other.name)]


def _settle(column: Sequence[Slot], wanted: Sequence[float]) -> None:
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
