"""The SDK's `ManagedCluster` under the type token of a newer API version: application routing's Gateway API needs it.

The provider holds the schema of every API version and finds a resource's by its token (pulumi-azure-native#4016); the
SDK has classes for the default versions alone. `docs/decisions` tells why neither a local SDK nor `resources.Resource`.
"""

from functools import cache
from importlib.metadata import version
from typing import Any

import pulumi

from platform_components.component import at_least

API_VERSION = "2026-03-01"
"""The first stable version that Azure Verified Modules use for `ingressProfile.gatewayAPI`."""
TOKEN = f"azure-native:containerservice/v{API_VERSION.replace('-', '')}:ManagedCluster"
DEFAULT_TOKEN = "azure-native:containerservice:ManagedCluster"  # noqa: S105 — a type token
"""What clusters are registered as where the SDK is older; the engine takes one over under the other token without
touching it."""
FIRST_SDK = (3, 20)
"""The first azure-native that lists the API version among a cluster's, as far as was looked; 3.16 does not."""


def installed_sdk() -> str:
    """The version of azure-native that is installed; its provider is of the same version."""
    return version("pulumi-azure-native")


def knows_api_version() -> bool:
    """Whether the installed azure-native knows the newer API version. Without it a cluster has no Gateway API."""
    return at_least(installed_sdk(), FIRST_SDK)


class _AtVersion(pulumi.CustomResource):
    """Takes the place of `CustomResource` below the SDK's class, and says another type token."""

    def __init__(self, _token: str, name: str, props: Any, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(TOKEN, name, props, opts)


def other_token() -> str:
    """What the cluster may have been registered as before, with another SDK."""
    return DEFAULT_TOKEN if knows_api_version() else TOKEN


def managed_cluster_class() -> Any:
    """The class; a function, because importing the SDK's modules takes time that not every program has to spend."""
    from pulumi_azure_native import containerservice

    return _class_at_version() if knows_api_version() else containerservice.ManagedCluster


@cache
def _class_at_version() -> Any:
    from pulumi_azure_native import containerservice

    return type("ManagedCluster", (containerservice.ManagedCluster, _AtVersion), {})
