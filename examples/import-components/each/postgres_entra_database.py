import pulumi
from pulumi_azure_native import managedidentity, resources

from platform_components import PostgresEntraDatabase

config = pulumi.Config()  # a server that is there: pulumi config set host … ; pulumi config set administrator …
group = resources.ResourceGroup("group", resource_group_name="shop-entra", location="westeurope")
identity = managedidentity.UserAssignedIdentity("identity", resource_group_name=group.name, location=group.location)
database = PostgresEntraDatabase(
    "db",
    {
        "host": config.require("host"),
        "administrator": config.require("administrator"),
        "principal_id": identity.principal_id,
        "database_name": "shop-entra",
        "role_name": "shop-entra",
        "on_destroy": "drop",
    },
)
pulumi.export("username", database.username)
