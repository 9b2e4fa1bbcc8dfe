import pulumi
from pulumi_azure_native import authorization, resources

from platform_components import KeyVault

group = resources.ResourceGroup("group", resource_group_name="shop-vault", location="westeurope")
vault = KeyVault(
    "vault",
    {
        "resource_group_name": group.name,
        "location": group.location,
        "vault_name": "shop-4f1c",
        "tenant_id": authorization.get_client_config_output().tenant_id,
        "purge_protection": False,
    },
)
pulumi.export("uri", vault.uri)
