"""A shop's environment out of single components; examples/yaml-program is the same in Pulumi YAML."""

import pulumi

from platform_components import DnsRecord, Namespace, ObjectStorage, Route, Volume, Workload

config = pulumi.Config()
group = config.require("resourceGroup")
zone = config.require("zone")

namespace = Namespace(
    "shop",
    {"namespace_name": "shop-imported", "gateway_namespaces": ["gateways"], "quota": {"cpu": "4", "pods": 20}},
)
storage = ObjectStorage(
    "files",
    {
        "resource_group_name": group,
        "location": "westeurope",
        "account_name": config.require("account"),
        "container_names": ["files"],
        "delete_after_days": 30,
    },
)
volume = Volume("cache", {"namespace": namespace.name, "claim_name": "cache", "size": "1Gi"})
web = Workload(
    "web",
    {
        "namespace": namespace.name,
        "workload_name": "web",
        "replicas": 2,
        "max_unavailable": 1,
        "containers": {
            "web": {
                "image": "nginxinc/nginx-unprivileged",
                "variables": {"BLOBS": storage.blob_endpoint},
                "secret_variables": {"API_KEY": config.require_secret("apiKey")},
                "files": {"/etc/shop.conf": {"content": "level=info\n", "mode": "0444"}},
            }
        },
        "ports": {"http": {"port": 80, "target_port": 8080}},
    },
)
record = DnsRecord(
    "www", {"resource_group_name": group, "zone_name": zone, "record_name": "imported", "values": ["203.0.113.10"]}
)
route = Route(
    "www",
    {
        "namespace": namespace.name,
        "route_name": "www",
        "host": f"imported.{zone}",
        "service_name": "web",
        "port": 80,
        "gateway": {"name": "main", "namespace": "gateways"},
    },
)
pulumi.export("url", route.url)
