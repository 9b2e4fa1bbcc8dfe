"""The order in which resources can be made: layers of what is independent, or the loop that makes it impossible."""

from collections.abc import Mapping, Sequence, Set


def layers(edges: Mapping[str, Set[str]]) -> tuple[tuple[str, ...], ...]:
    """What can be made at the same time, layer by layer, each sorted; what stands in a loop is left out."""
    waiting = {name: len(needs) for name, needs in edges.items()}
    dependants: dict[str, list[str]] = {name: [] for name in edges}
    for name, needs in edges.items():
        for need in needs:
            dependants[need].append(name)
    found: list[tuple[str, ...]] = []
    ready = sorted(name for name, count in waiting.items() if count == 0)
    while ready:
        found.append(tuple(ready))
        following = []
        for name in ready:
            for dependant in dependants[name]:
                waiting[dependant] -= 1
                if waiting[dependant] == 0:
                    following.append(dependant)
        ready = sorted(following)
    return tuple(found)


def loops(edges: Mapping[str, Set[str]], ordered: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """The shortest loop through each knot of resources that could not be ordered, each from its first name on."""
    done = {name for layer in ordered for name in layer}
    left = {
        name: sorted(need for need in needs if need not in done) for name, needs in edges.items() if name not in done
    }
    found: list[tuple[str, ...]] = []
    covered: set[str] = set()
    for name in sorted(left):
        if name in covered:
            continue
        loop = _shortest(name, left)
        if loop:
            found.append(loop)
            covered |= _reachable_both_ways(name, left)
    return tuple(found)


def reachable(start: str, edges: Mapping[str, Set[str]]) -> set[str]:
    """Everything that a resource waits for, directly or through others."""
    seen: set[str] = set()
    pending = [start]
    while pending:
        for need in edges[pending.pop()]:
            if need not in seen:
                seen.add(need)
                pending.append(need)
    return seen


def _shortest(start: str, edges: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The shortest way from a name back to itself; empty if there is none."""
    before: dict[str, str] = {}
    pending = [start]
    for name in pending:
        for need in edges[name]:
            if need == start:
                way = [name]
                while way[-1] != start:
                    way.append(before[way[-1]])
                return tuple(reversed(way))
            if need not in before:
                before[need] = name
                pending.append(need)
    return ()


def _reachable_both_ways(name: str, edges: Mapping[str, Sequence[str]]) -> set[str]:
    forward = {one: set(needs) for one, needs in edges.items()}
    backward: dict[str, set[str]] = {one: set() for one in edges}
    for one, needs in edges.items():
        for need in needs:
            backward[need].add(one)
    return reachable(name, forward) & reachable(name, backward)
