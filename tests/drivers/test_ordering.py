"""Nothing waits that needs not: the longest chain of waiting resources, by Azure's own times, against one by hand."""

import re

import pytest

from benchmarks.chains import CHAINS, seconds
from sandbox.azure.latency import SECONDS
from tests.drivers.world import Made, environment, foundation


def longest(made: Made) -> tuple[float, list[str]]:
    """Seconds and names of the chain that ends last when everything begins as soon as what it waits for has ended."""
    ends: dict[str, float] = {}
    chains: dict[str, list[str]] = {}
    for each in made.recorded.registrations:
        token = re.sub(r"/v[0-9a-z]+:", ":", each.type)
        took = SECONDS[token][0] if token.startswith("azure-native:") else 0.0
        last = max((urn for urn in each.depends_on if urn in ends), key=ends.__getitem__, default="")
        ends[each.urn] = ends.get(last, 0.0) + took
        chains[each.urn] = [*chains.get(last, []), *([each.name] if took else [])]
    end = max(ends, key=ends.__getitem__)
    return ends[end], chains[end]


@pytest.mark.parametrize("type_", CHAINS)
def test_an_environment_takes_at_most_a_tenth_longer_than_what_truly_has_to_wait(type_: str) -> None:
    found, chain = longest(foundation(type_) if type_.startswith("foundation") else environment(type_))

    assert found <= 1.10 * seconds(CHAINS[type_]), chain


@pytest.mark.parametrize("type_", CHAINS)
def test_the_chain_by_hand_is_not_longer_than_what_is_deployed(type_: str) -> None:
    """Else it would allow for waiting that nobody does any more."""
    found, chain = longest(foundation(type_) if type_.startswith("foundation") else environment(type_))

    assert found >= seconds(CHAINS[type_]), chain
