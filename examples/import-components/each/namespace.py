import pulumi

from platform_components import Namespace

namespace = Namespace(
    "shop", {"namespace_name": "import-namespace", "quota": {"cpu": "4", "memory": "8Gi", "pods": 20}}
)
pulumi.export("namespace", namespace.name)
