"""The network: what it registers, its address plan, and what it refuses."""

from typing import Any

import pytest

from platform_components.azure.network import Network, NetworkArgs, security_rules
from platform_components.azure.addresses import SUBNETS, address_plan
from platform_components.errors import InputError
from tests import mocks


def network_args(**overrides: Any) -> NetworkArgs:
    args = {"resource_group_name": "shared", "location": "westeurope", "network_name": "shared-net"}
    return NetworkArgs(**{**args, **overrides})  # type: ignore[typeddict-item]


def deploy(**overrides: Any) -> mocks.Recorded:
    def program() -> Any:
        network = Network("main", network_args(**overrides))
        return {
            "id": network.id,
            "nodes": network.nodes_subnet_id,
            "postgres": network.postgres_subnet_id,
            "endpoints": network.private_endpoints_subnet_id,
            "zone": network.postgres_zone_id,
        }

    return mocks.run(program)


def test_a_network_has_subnets_for_nodes_servers_and_endpoints() -> None:
    recorded = deploy()
    mocks.assert_component_conventions(recorded)
    prefixes = {each.inputs["subnetName"]: each.inputs["addressPrefix"] for each in recorded.all(":Subnet")}
    assert prefixes == {"nodes": "10.100.0.0/20", "postgres": "10.100.16.0/24", "private-endpoints": "10.100.17.0/24"}
    assert recorded.result["nodes"].endswith("/virtualNetworks/shared-net/subnets/nodes")
