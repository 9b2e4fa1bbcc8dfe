"""A private address for one Azure service inside a network, and the private DNS record that leads there.

The service's own public door is shut by the component that asks. Source:
https://learn.microsoft.com/azure/private-link/private-endpoint-dns
"""

from collections.abc import Mapping
from typing import Any, TypedDict

import pulumi

from platform_components.azure.retries import azure_child
from platform_components.azure.rules import PrivateZoneId, SubnetId
from platform_components.component import Known, Settings


class PrivateEndpointArgs(TypedDict):
    """Where a service is reached privately; with it, it is reached in no other way."""

    subnet_id: pulumi.Input[str]
    """ARM id of the subnet for private endpoints (`Network.private_endpoints_subnet_id`)."""
    private_dns_zone_id: pulumi.Input[str]
    """ARM id of the service's private DNS zone, linked to the network (`Network.blob_zone_id`, `key_vault_zone_id`)."""


class PrivateEndpointSettings(Settings):
    """`PrivateEndpointArgs`, checked."""

    subnet_id: Known[SubnetId]
    private_dns_zone_id: Known[PrivateZoneId]


def private_endpoint(
    component: pulumi.ComponentResource,
    name: str,
    settings: PrivateEndpointSettings,
    *,
    resource_group_name: pulumi.Input[str],
    location: pulumi.Input[str],
    endpoint_name: pulumi.Input[str],
    service_id: pulumi.Input[str],
    group: str,
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None,
) -> pulumi.CustomResource:
    """An endpoint for a part (`group`) of the service, as a child of `component`; what is returned is ready last."""
    from pulumi_azure_native import network

    endpoint = network.PrivateEndpoint(
        f"{name}-endpoint",
        resource_group_name=resource_group_name,
        location=location,
        private_endpoint_name=endpoint_name,
        # A reference alone: the class would say more of the subnet than its id.
        subnet={"id": settings.subnet_id},
        private_link_service_connections=[
            network.PrivateLinkServiceConnectionArgs(name=group, private_link_service_id=service_id, group_ids=[group])
        ],
        custom_network_interface_name=pulumi.Output.concat(endpoint_name, "-nic"),
        tags=tags,
        opts=azure_child(component),
    )
    group_of_zones: Any = network.PrivateDnsZoneGroup(
        f"{name}-endpoint-zone",
        resource_group_name=resource_group_name,
        private_endpoint_name=endpoint.name,
        private_dns_zone_group_name="default",
        private_dns_zone_configs=[
            network.PrivateDnsZoneConfigArgs(name=group, private_dns_zone_id=settings.private_dns_zone_id)
        ],
        opts=azure_child(component),
    )
    made: pulumi.CustomResource = group_of_zones
    return made
