import pulumi
from pulumi_azure_native import resources

from platform_components import Gateway

group = resources.ResourceGroup("group", resource_group_name="shop-gateway", location="westeurope")
gateway = Gateway(
    "gateway",
    {
        "resource_group_name": group.name,
        "location": group.location,
        "public_ip_name": "shop-gateway",
        "domain": "shop.example.com",
        "namespace": "shop-gateway",
        "route_namespaces": {"platform-components/routes": "public"},
    },
)
pulumi.export("address", gateway.address)
