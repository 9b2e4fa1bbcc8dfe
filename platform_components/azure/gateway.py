"""The way into a cluster: a static public address in Azure and a Gateway API gateway that answers on it.

Made for application routing's Gateway API; the cluster's add-on itself is turned on elsewhere. Which hosts lead where
is left to the routes of the namespaces it admits. Source: https://learn.microsoft.com/azure/aks/app-routing-gateway-api
"""

from typing import Any

import pulumi

from platform_components.azure.gateway_args import GatewayArgs, GatewaySettings, gateway_spec, redirect_spec
from platform_components.azure.retries import azure_child
from platform_components.azure.roles import assign_role
from platform_components.component import child, validated

API_VERSION = "gateway.networking.k8s.io/v1"


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
        from pulumi_kubernetes import apiextensions, core, meta

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
        self.namespace_object = core.v1.Namespace(
            f"{name}-namespace",
            metadata=meta.v1.ObjectMetaArgs(
                name=settings.namespace, labels={"pod-security.kubernetes.io/enforce": "baseline"}
            ),
            opts=child(self),
        )
        self.namespace = self.namespace_object.metadata.apply(lambda metadata: str(metadata.name))
        certificate = settings.certificate
        if certificate is not None and certificate.client_id is not None:
            before.append(
                core.v1.ServiceAccount(
                    f"{name}-certificate",
                    metadata=meta.v1.ObjectMetaArgs(
                        name=pulumi.Output.concat(settings.gateway_name, "-certificate"),
                        namespace=self.namespace,
                        annotations={"azure.workload.identity/client-id": certificate.client_id},
                    ),
                    automount_service_account_token=False,
                    opts=child(self),
                )
            )
        self.gateway = apiextensions.CustomResource(
            f"{name}-gateway",
            api_version=API_VERSION,
            kind="Gateway",
            metadata=meta.v1.ObjectMetaArgs(name=settings.gateway_name, namespace=self.namespace),
            spec=gateway_spec(settings, address_name=self.public_ip.name, address_group=settings.resource_group_name),
            opts=child(self, depends_on=before),
        )
        if certificate is not None:
            apiextensions.CustomResource(
                f"{name}-to-https",
                api_version=API_VERSION,
                kind="HTTPRoute",
                metadata=meta.v1.ObjectMetaArgs(
                    name=pulumi.Output.concat(settings.gateway_name, "-to-https"), namespace=self.namespace
                ),
                spec=redirect_spec(settings.gateway_name),
                opts=child(self, depends_on=[self.gateway]),
            )
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
