import pulumi

from platform_components import Environment

environment = Environment("shop", {"app": "shop", "type": "ephemeral", "workloads": ["score.yaml"]})
pulumi.export("url", environment.url)
