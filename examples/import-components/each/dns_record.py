import pulumi
from pulumi_azure_native import resources

from platform_components import DnsRecord, DnsZone

group = resources.ResourceGroup("group", resource_group_name="shop-record", location="westeurope")
zone = DnsZone("zone", {"resource_group_name": group.name, "zone_name": "record.example.com"})
record = DnsRecord(
    "www",
    {"resource_group_name": group.name, "zone_name": zone.name, "record_name": "www", "values": ["203.0.113.10"]},
)
pulumi.export("fqdn", record.fqdn)
