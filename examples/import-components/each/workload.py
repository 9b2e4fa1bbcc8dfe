import pulumi

from platform_components import Namespace, Workload

namespace = Namespace("shop", {"namespace_name": "import-workload"})
web = Workload(
    "web",
    {
        "namespace": namespace.name,
        "workload_name": "web",
        "containers": {
            "web": {
                "image": "nginxinc/nginx-unprivileged",
                "variables": {"GREETING": "hello"},
                "secret_variables": {"API_KEY": pulumi.Output.secret("an API key")},
            }
        },
        "ports": {"http": {"port": 80, "target_port": 8080}},
    },
    pulumi.ResourceOptions(deleted_with=namespace.namespace),
)
pulumi.export("service", web.name)
