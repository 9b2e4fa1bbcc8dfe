"""Outputs of types that take any name, such as `environment`: who names which, and which of them nobody will give.

Whether a name exists is the driver's to say, where it knows: the type's contract takes them all.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from platform_components.catalog import Catalog
from platform_components.environment import Environment
from platform_components.plan.following import Followed
from platform_components.plan.values import references
from platform_components.score.positions import Position
from platform_components.score.problems import Problem


@dataclass(frozen=True)
class Place:
    """One place that names an output."""

    path: str
    told: str
    """The placeholder as it is written."""
    position: Position
    part_of: str = ""
    """What the output would have to be known for: a longer text, for instance. Nothing where it stands alone."""


Named = dict[str, dict[str, list[Place]]]
"""By the resource's identity and the output's name, every place that names it."""


def all_named(by_workloads: Named, followed: Followed, catalog: Catalog) -> Named:
    """What workloads name in their texts, and what reaches the inputs of other resources."""
    found: Named = {
        identity: {name: list(places) for name, places in of.items()} for identity, of in by_workloads.items()
    }
    for node in followed.nodes.values():
        for ref in references(node.inputs):
            named = followed.nodes.get(ref.resource)
            if named is None or ref.output is None or not _is_open(catalog, named.request.identity.type, ref.output):
                continue
            assert node.match is not None  # it has inputs
            definition = node.match.definition
            position = definition.positions.at(("inputs",))
            place = Place(f"{definition.name}: inputs", str(ref), position, "an input of a driver")
            found.setdefault(ref.resource, {}).setdefault(ref.output, []).append(place)
    return found


def refusals(named: Named, followed: Followed, environment: Environment, catalog: Catalog) -> Iterator[Problem]:
    """A problem for each place that names an output which the driver says it won't give."""
    for identity, outputs in named.items():
        node = followed.nodes.get(identity)
        if node is None or node.match is None:
            continue
        driver = catalog.drivers[node.match.definition.driver]
        for place in (place for places in outputs.values() for place in places if driver.stores and place.part_of):
            what = f"{place.told}: is known to the cluster alone, and cannot be {place.part_of}"
            yield Problem("contract", place.path, what, place.position, _WHOLE)
        for output, places in outputs.items():
            if refused := driver.refusal(environment, output):
                what, hint = refused
                for place in places:
                    yield Problem("contract", place.path, f"{place.told}: {what}", place.position, hint)


_WHOLE = "a variable or a file can be it as a whole: hand it over alone, and let the container put the text together"


def _is_open(catalog: Catalog, type_: str, output: str) -> bool:
    known = catalog.types.get(type_)
    return known is not None and known.open_outputs and output not in known.outputs
