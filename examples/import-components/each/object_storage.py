import pulumi
from pulumi_azure_native import resources

from platform_components import ObjectStorage

group = resources.ResourceGroup("group", resource_group_name="shop-storage", location="westeurope")
storage = ObjectStorage(
    "storage",
    {
        "resource_group_name": group.name,
        "location": group.location,
        "account_name": "shopfiles4f1c",
        "container_names": ["files"],
        "delete_after_days": 30,
    },
)
pulumi.export("endpoint", storage.blob_endpoint)
