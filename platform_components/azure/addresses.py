"""The address plan of a network: which subnet gets which range, and that none overlaps another.

Pure arithmetic; `network` turns the plan into subnets.
"""

import ipaddress
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict

Network = ipaddress.IPv4Network

SUBNETS: Final = ("nodes", "postgres", "private_endpoints", "api_server")
"""In the order of their ranges, and of their creation."""

SHARES: Final = {"nodes": 4, "postgres": 8, "private_endpoints": 8, "api_server": 12}
"""Bits by which a subnet is smaller than the network: in a /16 a /20 of nodes (pods have addresses of their own),
/24 for servers and endpoints, a /28 for the API server."""

SMALLEST: Final = {"nodes": 28, "postgres": 28, "private_endpoints": 28, "api_server": 28}
"""Azure: a flexible server's subnet and the API server's are at least a /28, and it keeps five addresses of each."""

FORBIDDEN: Final = ("169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24")
"""AKS uses them itself: https://learn.microsoft.com/azure/aks/configure-azure-cni"""


class AddressPlan(BaseModel):
    """The range of each subnet."""

    model_config = ConfigDict(frozen=True)

    nodes: str
    postgres: str
    private_endpoints: str
    api_server: str

    def of(self, subnet: str) -> str:
        """The range of a subnet by its name."""
        return str(getattr(self, subnet))


def address_plan(space: str, chosen: Mapping[str, str] | None = None, reserved: Sequence[str] = ()) -> AddressPlan:
    """Ranges for all subnets in `space`; `chosen` fixes some, and none may overlap `reserved`.

    Raises ValueError with every conflict in words.
    """
    network = Network(space)
    given = {name: Network(text) for name, text in (chosen or {}).items()}
    problems = [
        f"the network {network} overlaps {other}, which {why}"
        for other, why in [
            *((text, "AKS keeps for itself") for text in FORBIDDEN),
            *((text, "pods and services of the clusters in it use") for text in reserved),
        ]
        if network.overlaps(Network(other))
    ]
    problems += [
        f"the subnet {name} ({part}) is not inside {network}"
        for name, part in given.items()
        if not part.subnet_of(network)
    ]
    problems += [
        f"the subnet {name} ({part}) is too small; Azure needs a /{SMALLEST[name]}"
        for name, part in given.items()
        if part.prefixlen > SMALLEST[name]
    ]
    problems += _overlaps(given)
    if problems:
        raise ValueError("; ".join(problems))
    plan = dict(given)
    for name in SUBNETS:
        if name not in plan:
            plan[name] = _first_free(network, _size(network, name), plan.values(), name)
    return AddressPlan(**{name: str(plan[name]) for name in SUBNETS})


def _size(network: Network, name: str) -> int:
    return min(network.prefixlen + SHARES[name], SMALLEST[name])


def _first_free(network: Network, prefix: int, taken: Collection[Network], name: str) -> Network:
    if prefix >= network.prefixlen:
        for candidate in network.subnets(new_prefix=prefix):
            if not any(candidate.overlaps(other) for other in taken):
                return candidate
    raise ValueError(f"no room for the subnet {name} (a /{prefix}) in {network}; give it a range or a wider network")


def _overlaps(parts: Mapping[str, Network]) -> list[str]:
    names = list(parts)
    return [
        f"the subnets {first} ({parts[first]}) and {second} ({parts[second]}) overlap"
        for index, first in enumerate(names)
        for second in names[index + 1 :]
        if parts[first].overlaps(parts[second])
    ]
