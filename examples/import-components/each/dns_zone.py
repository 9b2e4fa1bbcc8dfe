import pulumi
from pulumi_azure_native import resources

from platform_components import DnsZone

group = resources.ResourceGroup("group", resource_group_name="shop-zone", location="westeurope")
zone = DnsZone("zone", {"resource_group_name": group.name, "zone_name": "zone.example.com"})
pulumi.export("name_servers", zone.name_servers)
