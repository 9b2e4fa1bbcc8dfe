"""The SDK's `ManagedCluster` under the type token of a newer API version: application routing's Gateway API needs it.

The provider holds the schema of every API version and finds a resource's by its token (pulumi-azure-native#4016); the
SDK has classes for the default versions alone. `docs/decisions` tells why neither a local SDK nor `resources.Resource`.
"""

from functools import cache
from typing import Any

import pulumi

API_VERSION = "2026-03-01"
"""The first stable version that Azure Verified Modules use for `ingressProfile.gatewayAPI`."""
TOKEN = f"azure-native:containerservice/v{API_VERSION.replace('-', '')}:ManagedCluster"
DEFAULT_TOKEN = "azure-native:containerservice:ManagedCluster"  # noqa: S105 — a type token
"""What clusters were registered as before; the engine takes one over under the new token without touching it."""


class _AtVersion(pulumi.CustomResource):
    """Takes the place of `CustomResource` below the SDK's class, and says another type token."""

    def __init__(self, _token: str, name: str, props: Any, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(TOKEN, name, props, opts)


@cache
def managed_cluster_class() -> Any:
    """The class; a function, because importing the SDK's modules takes time that not every program has to spend."""
    from pulumi_azure_native import containerservice

    return type("ManagedCluster", (containerservice.ManagedCluster, _AtVersion), {})
