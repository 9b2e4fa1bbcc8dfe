"""The network: its subnets, their guards, the order they are made in, and what is refused."""

import ipaddress
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_components.azure.addresses import FORBIDDEN, SMALLEST, SUBNETS, address_plan
from platform_components.azure.network import security_rules
from platform_components.errors import InputError
from tests import mocks
from tests.azure.samples import LARGE, deploy


def ranges(recorded: mocks.Recorded) -> dict[str, str]:
    return {each.inputs["subnetName"]: each.inputs["addressPrefix"] for each in recorded.all(":Subnet")}


def test_subnets_get_ranges_of_their_own() -> None:
    assert ranges(deploy("Network")) == {
        "nodes": "10.100.0.0/20",
        "postgres": "10.100.16.0/24",
        "private-endpoints": "10.100.17.0/24",
    }


def test_a_range_of_ones_own_moves_the_others_out_of_its_way() -> None:
    assert ranges(deploy("Network", LARGE["Network"])) == {
        "nodes": "10.20.64.0/18",
        "postgres": "10.20.0.0/24",
        "private-endpoints": "10.20.1.0/24",
        "api-server": "10.20.2.0/28",
    }


def test_subnets_are_made_one_after_the_other() -> None:
    recorded = deploy("Network", LARGE["Network"])
    subnets = recorded.all(":Subnet")
    assert len(subnets) == 4
    for before, after in itertools.pairwise(subnets):
        assert before.urn in after.depends_on


def test_no_subnet_has_a_default_way_out_and_every_one_has_a_guard() -> None:
    for subnet in deploy("Network").all(":Subnet"):
        assert subnet.inputs["defaultOutboundAccess"] is False
        assert subnet.inputs["networkSecurityGroup"]["id"]


def test_only_servers_and_api_servers_are_delegated() -> None:
    subnets = deploy("Network", LARGE["Network"]).all(":Subnet")
    delegated = {
        each.inputs["subnetName"]: each.inputs["delegations"][0]["serviceName"]
        for each in subnets
        if "delegations" in each.inputs
    }
    assert delegated == {
        "postgres": "Microsoft.DBforPostgreSQL/flexibleServers",
        "api-server": "Microsoft.ContainerService/managedClusters",
    }


def test_a_nat_gateway_is_the_nodes_way_out() -> None:
    recorded = deploy("Network", nat_gateway=True)
    gateway = recorded.one(":NatGateway")
    assert [each.inputs["subnetName"] for each in recorded.all(":Subnet") if "natGateway" in each.inputs] == ["nodes"]
    assert recorded.one(":PublicIPAddress").urn in gateway.depends_on
    assert recorded.result["outbound_address"] == "203.0.113.10"


def test_the_zone_is_known_only_after_it_is_linked() -> None:
    recorded = deploy("Network")
    zone = recorded.one(":PrivateZone")
    assert zone.inputs["privateZoneName"] == "shared-net.private.postgres.database.azure.com"
    assert recorded.one(":VirtualNetworkLink").inputs["virtualNetwork"]["id"] == recorded.result["id"]
    assert recorded.result["postgres_zone_id"].endswith(f"/{zone.inputs['privateZoneName']}")


def test_without_postgres_there_is_neither_its_subnet_nor_its_zone() -> None:
    recorded = deploy("Network", postgres=False)
    assert not recorded.all(":PrivateZone")
    assert set(ranges(recorded)) == {"nodes", "private-endpoints"}
    assert recorded.result["postgres_subnet_id"] is None


def test_servers_are_reached_from_nodes_and_each_other_only() -> None:
    plan = address_plan("10.100.0.0/16")
    rules = security_rules("postgres", plan, (443,))
    assert [(rule["access"], rule["source_address_prefix"]) for rule in rules] == [
        ("Allow", plan.postgres),
        ("Allow", plan.nodes),
        ("Deny", "*"),
    ]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("address_space", "10.100.0.0/33", "no IPv4 range"),
        ("address_space", "10.100.0.1/16", "no IPv4 range"),
        ("address_space", "172.31.0.0/16", "172.31.0.0/16, which AKS keeps for itself"),
        ("address_space", "192.168.4.0/22", "overlaps 192.168.0.0/16, which pods and services"),
        ("address_space", "10.0.0.0/29", "no room for the subnet"),
        ("subnets", {"nodes": "10.200.0.0/20"}, r"the subnet nodes \(10.200.0.0/20\) is not inside 10.100.0.0/16"),
        ("subnets", {"postgres": "10.100.0.0/29"}, "too small; Azure needs a /28"),
        ("subnets", {"nodes": "10.100.0.0/20", "postgres": "10.100.1.0/24"}, "nodes .* and postgres .* overlap"),
        ("subnets", {"pods": "10.100.0.0/20"}, "there is no subnet pods; known: nodes"),
        ("postgres_zone_name", "example.com", "a name under postgres.database.azure.com"),
        ("ingress_ports", [0], "ingress_ports.0: Input should be greater than or equal to 1"),
        ("network_name", "-", "must be 2 to 64 letters"),
        ("resource_group_name", "ends.", "1 to 90 letters"),
        ("location", "West Europe", "a region's short name"),
        ("tags", {"a/b": "c"}, "the tag name 'a/b'"),
    ],
)
def test_a_network_that_azure_would_refuse_is_refused(key: str, value: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        deploy("Network", **{key: value})


@given(
    st.integers(min_value=8, max_value=24).flatmap(
        lambda prefix: st.integers(0, 2 ** (prefix - 8) - 1).map(
            lambda index: str(ipaddress.IPv4Network((10 * 2**24 + index * 2 ** (32 - prefix), prefix)))
        )
    )
)
def test_any_private_range_is_planned_without_overlap_or_told_to_be_too_small(space: str) -> None:
    plan = address_plan(space)
    parts = [ipaddress.IPv4Network(plan.of(name)) for name in SUBNETS]
    assert all(part.subnet_of(ipaddress.IPv4Network(space)) for part in parts)
    assert not [1 for index, part in enumerate(parts) for other in parts[index + 1 :] if part.overlaps(other)]
    assert all(part.prefixlen <= SMALLEST[name] for name, part in zip(SUBNETS, parts, strict=True))
    assert not [kept for kept in FORBIDDEN if ipaddress.IPv4Network(space).overlaps(ipaddress.IPv4Network(kept))]


def test_zones_for_private_endpoints_are_linked_before_they_are_handed_out() -> None:
    recorded = deploy("Network", private_zones=["blob"])
    names = [each.inputs["privateZoneName"] for each in recorded.all(":PrivateZone")]
    assert sorted(names) == ["privatelink.blob.core.windows.net", "shared-net.private.postgres.database.azure.com"]
    assert recorded.result["blob_zone_id"].endswith("/privatelink.blob.core.windows.net")
    assert recorded.result["key_vault_zone_id"] is None
    assert len(recorded.all(":VirtualNetworkLink")) == 2


def test_a_zone_for_an_unknown_service_is_refused() -> None:
    with pytest.raises(InputError, match=r"private_zones.0: Input should be 'blob' or 'key_vault'"):
        deploy("Network", private_zones=["queue"])
