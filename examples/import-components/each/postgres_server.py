import pulumi
from pulumi_azure_native import authorization, resources

from platform_components import PostgresServer

group = resources.ResourceGroup("group", resource_group_name="shop-server", location="westeurope")
tenant = authorization.get_client_config_output().tenant_id
server = PostgresServer(
    "server",
    {
        "resource_group_name": group.name,
        "location": group.location,
        "server_name": "shop-server-4f1c",
        "administrator": {
            "object_id": "11111111-1111-1111-1111-111111111111",
            "name": "platform-team",
            "tenant_id": tenant,
        },
        "firewall_rules": [{"name": "office", "start": "203.0.113.0", "end": "203.0.113.255"}],
    },
)
pulumi.export("host", server.host)
