import pulumi
from pulumi_azure_native import resources

from platform_components import WorkloadIdentity

group = resources.ResourceGroup("group", resource_group_name="shop-identity", location="westeurope")
identity = WorkloadIdentity(
    "identity",
    {
        "resource_group_name": group.name,
        "location": group.location,
        "identity_name": "shop",
        "issuer_url": "https://westeurope.oic.prod-aks.azure.com/tenant/cluster/",
        "service_accounts": [{"namespace": "shop", "name": "web"}],
    },
)
pulumi.export("client_id", identity.client_id)
