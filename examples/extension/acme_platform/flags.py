"""The driver `acme/feature-flags`: any component is one, without knowing anything of platform-components."""

import json
from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes


class FeatureFlagsArgs(TypedDict):
    namespace: pulumi.Input[str]
    """Where the ConfigMap is."""
    flags: NotRequired[Mapping[str, bool] | None]
    """Flags, and whether they are on. Default: none."""


class FeatureFlags(pulumi.ComponentResource):
    """Feature flags in a ConfigMap."""

    name: pulumi.Output[str]
    """Name of the ConfigMap."""
    json: pulumi.Output[str]
    """The flags as JSON."""

    def __init__(self, name: str, args: FeatureFlagsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("acme-platform:index:FeatureFlags", name, {}, opts)
        text = json.dumps(dict(args.get("flags") or {}), sort_keys=True)
        config = kubernetes.core.v1.ConfigMap(
            f"{name}-flags",
            metadata={"namespace": args["namespace"]},
            data={"flags.json": text},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = config.metadata.name
        self.json = config.data["flags.json"]
        self.register_outputs({"name": self.name, "json": self.json})
