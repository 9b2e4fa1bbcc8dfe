"""The way into a cluster: a static public address in Azure and a Gateway API gateway that answers on it.

Made for application routing's Gateway API; the cluster's add-on itself is turned on elsewhere. Which hosts lead where
is left to the routes of the namespaces it admits. Source: https://learn.microsoft.com/azure/aks/app-routing-gateway-api
"""

from typing import Any, cast

import pulumi

from platform_components.azure.gateway_args import GatewayArgs
from platform_components.azure.gateway_objects import GatewaySettings, gateway_objects
from platform_components.azure.retries import azure_child
from platform_components.azure.roles import assign_role
from platform_components.component import child, validated


class Gateway(pulumi.ComponentResource):
    """A gateway for a domain's hosts, new or by reference. A new one needs a Kubernetes provider in `providers`.

    The children of a new one are attributes: `public_ip`, `namespace_object`, `gateway`.
    """

    name: pulumi.Output[str]
    """Name of the Gateway object, for routes' `parentRefs`."""
    namespace: pulumi.Output[str]
    """Its namespace."""
    class_name: pulumi.Output[str]
    """Its class."""
    address: pulumi.Output[str]
    """The public address that hosts point at."""

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:Gateway", name, {}, opts)
        self._name = name
        settings = validated(GatewaySettings, "Gateway", name, args)
        if settings.existing is not None:
            existing = settings.existing
            self.name = pulumi.Output.from_input(existing.gateway_name)
            self.namespace = pulumi.Output.from_input(existing.namespace)
            self.class_name = pulumi.Output.from_input(existing.class_name)
            self.address = pulumi.Output.from_input(existing.address)
        else:
            self._make(settings)
        self.register_outputs(
            {
                "name": self.name,
                "namespace": self.namespace,
                "class_name": self.class_name,
                "address": self.address,
            }
        )

    def _make(self, settings: GatewaySettings) -> None:
        name = self._name
        self.public_ip = self._public_ip(settings)
        before: list[pulumi.Resource] = [self.public_ip]
        if settings.cluster_principal_id is not None:
            # The cloud provider looks addresses up by listing their resource group.
            group_id = self.public_ip.id.apply(lambda address_id: address_id.split("/providers/")[0])
            before.append(
                assign_role(
                    self,
                    f"{name}-attaches-address",
                    role="Network Contributor",
                    principal_id=settings.cluster_principal_id,
                    scope=group_id,
                )
            )
        made: dict[str, Any] = {}

        def make(suffix: str, manifest: dict[str, Any]) -> pulumi.Output[str]:
            after = {"gateway": ("certificate",), "to-https": ("gateway",)}.get(suffix, ())
            awaited = [made[each] for each in after if each in made]
            options = child(self, depends_on=[*before, *awaited] if suffix == "gateway" else awaited or None)
            made[suffix] = _object(f"{name}-{suffix}", manifest, options)
            return cast(pulumi.Output[str], made[suffix].metadata["name"])

        self.namespace, _ = gateway_objects(
            settings, make, address_name=self.public_ip.name, address_group=settings.resource_group_name
        )
        self.namespace_object, self.gateway = made["namespace"], made["gateway"]
        self.name = pulumi.Output.all(settings.gateway_name, self.gateway.id).apply(lambda known: str(known[0]))
        self.class_name = pulumi.Output.from_input(settings.class_name)
        self.address = self.public_ip.ip_address.apply(str)

    def _public_ip(self, settings: GatewaySettings) -> Any:
        from pulumi_azure_native import network

        return network.PublicIPAddress(
            f"{self._name}-address",
            resource_group_name=settings.resource_group_name,
            location=settings.location,
            public_ip_address_name=settings.public_ip_name,
            public_ip_allocation_method="Static",
            public_ip_address_version="IPv4",
            sku=network.PublicIPAddressSkuArgs(name="Standard", tier="Regional"),
            zones=list(settings.zones) or None,
            tags=settings.tags,
            opts=azure_child(self),
        )


def _object(name: str, manifest: dict[str, Any], opts: pulumi.ResourceOptions) -> Any:
    """The resource that keeps the cluster's object as the manifest says."""
    from pulumi_kubernetes import apiextensions, core

    match manifest["kind"]:
        case "Namespace":
            return core.v1.Namespace(name, metadata=manifest["metadata"], opts=opts)
        case "ServiceAccount":
            token = manifest["automountServiceAccountToken"]
            metadata = manifest["metadata"]
            return core.v1.ServiceAccount(name, metadata=metadata, automount_service_account_token=token, opts=opts)
    return apiextensions.CustomResource(
        name,
        api_version=manifest["apiVersion"],
        kind=manifest["kind"],
        metadata=manifest["metadata"],
        spec=manifest["spec"],
        opts=opts,
    )
