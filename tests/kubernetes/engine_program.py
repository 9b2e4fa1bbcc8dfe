"""The program of `test_engine`'s stack."""

import json
from pathlib import Path
from typing import Any

import pulumi

from platform_components.kubernetes import Namespace, Route, S3Gateway, Workload

settings: dict[str, Any] = json.loads(Path("settings.json").read_text())
secret = pulumi.Output.secret(settings["secret"])

namespace = Namespace(
    "shop",
    {
        "namespace_name": settings["namespace"],
        "gateway_namespaces": ["gateway"],
        "quota": {"cpu": "4", "memory": "8Gi", "pods": 20},
        "owner": {"group": "7c1b2b3e-0000-4000-8000-000000000000"},
    },
)
inside = pulumi.ResourceOptions(deleted_with=namespace.namespace)
variables = {"PLAIN": settings["variable"]}
if settings.get("leak"):
    variables["LEAK"] = secret
web = Workload(
    "web",
    {
        "namespace": namespace.name,
        "workload_name": "web",
        "replicas": settings["replicas"],
        "containers": {
            "web": {
                "image": "python",
                "variables": variables,
                "secret_variables": {"URL": pulumi.Output.concat("postgresql://shop:", secret, "@db/shop")},
                "files": {
                    "/etc/shop/app.conf": {"content": settings["file"]},
                    "/etc/shop/token": {"content": pulumi.Output.secret(settings["secret_file"]), "secret": True},
                },
            }
        },
        "ports": {"http": {"port": 80, "target_port": 8080}},
        "gateway": {"name": "main", "namespace": "gateway"},
        "routes": [{"host": "shop.example", "port": 80}],
        "max_unavailable": 1,
        "network": {"egress": [{"cidr": "10.100.16.0/24", "ports": [5432]}]},
    },
    inside,
)
Route(
    "extra",
    {
        "namespace": namespace.name,
        "route_name": "extra",
        "host": "extra.example",
        "service_name": "web",
        "port": 80,
        "gateway": {"name": "main", "namespace": "gateway"},
    },
    inside,
)
S3Gateway(
    "storage",
    {
        "namespace": namespace.name,
        "gateway_name": "storage",
        "image": "versitygw",
        "account_name": "shopdata",
        "blob_endpoint": "https://shopdata.blob.core.windows.net/",
        "bucket": "data",
        "client_id": "00000000-0000-4000-8000-000000000000",
    },
    inside,
)
pulumi.export("urls", web.urls)
