"""Loops in a graph of things that wait for each other."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

Edge = TypeVar("Edge")


class _Walk(Generic[Edge]):
    """A way through the graph: the nodes on it by their place, the edges between them, and where to go on."""

    def __init__(self, start: str, ways: Iterable[tuple[str, Edge]]) -> None:
        self.place = {start: 0}
        self.nodes = [start]
        self.edges: list[Edge] = []
        self.ways = [iter(ways)]

    def enter(self, node: str, edge: Edge, ways: Iterable[tuple[str, Edge]]) -> None:
        self.place[node] = len(self.nodes)
        self.nodes.append(node)
        self.edges.append(edge)
        self.ways.append(iter(ways))

    def leave(self) -> str:
        self.ways.pop()
        if self.edges:
            self.edges.pop()
        node = self.nodes.pop()
        del self.place[node]
        return node


def loops(outgoing: Mapping[str, Iterable[tuple[str, Edge]]]) -> Iterator[tuple[Edge, ...]]:
    """The loops of a graph, each as its edges in order; without recursion, in time linear in the graph.

    `outgoing` holds for each node the nodes it leads to, each with whatever describes that edge. Nodes that are not
    in it lead nowhere. Of loops that share all their nodes with others, not every one is told.
    """
    finished: set[str] = set()
    for start in outgoing:
        if start in finished:
            continue
        walk = _Walk(start, outgoing[start])
        while walk.ways:
            step = next(walk.ways[-1], None)
            if step is None:
                finished.add(walk.leave())
                continue
            node, edge = step
            if node in walk.place:
                yield (*walk.edges[walk.place[node] :], edge)
            elif node in outgoing and node not in finished:
                walk.enter(node, edge, outgoing[node])
