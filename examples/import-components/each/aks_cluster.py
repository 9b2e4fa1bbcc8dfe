import pulumi
from pulumi_azure_native import resources

from platform_components import AksCluster, Network

group = resources.ResourceGroup("group", resource_group_name="shop-cluster", location="westeurope")
network = Network("network", {"resource_group_name": group.name, "location": group.location, "network_name": "shop"})
cluster = AksCluster(
    "cluster",
    {
        "resource_group_name": group.name,
        "location": group.location,
        "cluster_name": "shop",
        "nodes_subnet_id": network.nodes_subnet_id,
        "admin_group_object_ids": ["11111111-1111-1111-1111-111111111111"],
        "authorized_ip_ranges": ["203.0.113.0/24"],
    },
)
pulumi.export("issuer", cluster.oidc_issuer_url)
