import pulumi
from pulumi_azure_native import resources

from platform_components import Network

group = resources.ResourceGroup("group", resource_group_name="shop-network", location="westeurope")
network = Network(
    "network",
    {"resource_group_name": group.name, "location": group.location, "network_name": "shop", "nat_gateway": True},
)
pulumi.export("nodes_subnet_id", network.nodes_subnet_id)
