"""Addresses of a node: two sandboxes never meet."""

from ipaddress import ip_address, ip_network
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import SandboxError
from sandbox.node.addresses import Addresses
from sandbox.state import Settings

NETS = st.tuples(st.integers(64, 127), st.integers(0, 255))


def addresses(second: int, third: int) -> Addresses:
    return Addresses.of(cast(Settings, {"loopback_net": f"127.{second}.{third}"}))


@given(one=NETS, other=NETS)
def test_two_sandboxes_never_meet(one: tuple[int, int], other: tuple[int, int]) -> None:
    first, second = addresses(*one), addresses(*other)
    if one == other:
        assert first == second
        return
    assert first.link != second.link
    nets = [ip_network(net) for each in (first, second) for net in (each.loopback, each.pods, each.services)]
    assert not any(a.overlaps(b) for number, a in enumerate(nets) for b in nets[number + 1 :])


@given(net=NETS)
def test_what_belongs_to_a_net_lies_in_it(net: tuple[int, int]) -> None:
    found = addresses(*net)
    own = ip_network(found.pods)
    assert all(
        ip_address(one) in own for one in (found.host, found.node, found.gateway, found.first_pod, found.last_pod)
    )
    assert ip_address(found.api_service) in ip_network(found.services)
    assert len(found.link) <= 15  # of an interface: linux/if.h, IFNAMSIZ


def test_a_sandbox_from_before_there_were_nodes_says_what_to_do() -> None:
    with pytest.raises(SandboxError, match="down --purge"):
        addresses(200, 1)
