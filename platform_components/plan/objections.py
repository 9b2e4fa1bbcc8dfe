"""What a driver won't do for a workload, asked of each once everything is matched, told with its place."""

from collections.abc import Iterable, Iterator, Sequence

from platform_components.catalog import Catalog
from platform_components.catalog.drivers import Served, Wish
from platform_components.plan.asking import identities, itself
from platform_components.plan.following import Followed, Node
from platform_components.plan.values import shown
from platform_components.score.problems import Problem, path_text
from platform_components.score.reader import Source


def objections(sources: Sequence[Source], followed: Followed, catalog: Catalog) -> Iterator[Problem]:
    """A problem for each place of a Score file that a driver objects to."""
    workloads = {source.workload.name: source.workload for source in sources}
    names = {name: identities(each) for name, each in workloads.items()}
    asked_for_by: dict[str, list[str]] = {}
    for asking, mine in names.items():
        for identity in set(mine.values()):
            asked_for_by.setdefault(identity, []).append(asking)
    for source in sources:
        workload = source.workload
        nodes = _served([(None, itself(workload.name)), *names[workload.name].items()], followed)
        resources = {name: _as_served(node, catalog) for name, node in nodes.items() if name is not None}
        for name, node in nodes.items():
            assert node.match is not None
            wish = Wish(workload, name, shown(node.inputs), resources, workloads, asked_for_by)
            for found in catalog.drivers[node.match.definition.driver].objections(wish):
                at = source.positions.at(found.path)
                yield Problem("resource", path_text(found.path), found.what, at, found.fix)


def _served(wishes: Iterable[tuple[str | None, str]], followed: Followed) -> dict[str | None, Node]:
    """What is served by a definition with which nothing is wrong."""
    nodes = {name: followed.nodes[identity] for name, identity in wishes if identity in followed.nodes}
    return {name: node for name, node in nodes.items() if node.match is not None and not node.problems}


def _as_served(node: Node, catalog: Catalog) -> Served:
    assert node.match is not None
    identity = node.request.identity
    outputs = catalog.types[identity.type].outputs
    return Served(str(identity), identity.type, tuple(outputs), node.match.definition.driver, shown(node.inputs))
