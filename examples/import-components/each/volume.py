import pulumi

from platform_components import Namespace, Volume

namespace = Namespace("shop", {"namespace_name": "import-volume"})
volume = Volume(
    "cache",
    {"namespace": namespace.name, "claim_name": "cache", "size": "1Gi"},
    pulumi.ResourceOptions(deleted_with=namespace.namespace),
)
pulumi.export("claim", volume.claim_name)
