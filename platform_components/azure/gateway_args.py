"""Arguments of `Gateway` and their checks; `gateway` turns them into resources."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pulumi
from pydantic import Field, model_validator

from platform_components.azure.rules import Location, PublicIpName, ResourceGroupName, Tags, ZoneName, matching
from platform_components.component import Known, Settings


class ExistingGatewayArgs(TypedDict):
    """A gateway that somebody else runs."""

    gateway_name: pulumi.Input[str]
    """Name of the Gateway object."""
    namespace: pulumi.Input[str]
    """Its namespace."""
    class_name: NotRequired[pulumi.Input[str]]
    """Its class. Default `approuting-istio`."""
    address: pulumi.Input[str]
    """The address that hosts point at."""


class GatewayCertificateArgs(TypedDict):
    """Where the certificate for the domain comes from: a Secret or Key Vault."""

    secret_name: NotRequired[pulumi.Input[str]]
    """A TLS Secret in the gateway's namespace."""
    key_vault_uri: NotRequired[pulumi.Input[str]]
    """A Key Vault certificate without its version, so that renewals are picked up:
    `https://<vault>.vault.azure.net/certificates/<name>`."""
    client_id: NotRequired[pulumi.Input[str]]
    """With `key_vault_uri`: client id of the identity that may read it. It needs the role Key Vault Certificate User
    and a federated credential for the service account `<gateway_name>-certificate` in the gateway's namespace."""


class GatewayArgs(TypedDict):
    """Arguments of `Gateway`: `existing` alone, or what a new one needs."""

    existing: NotRequired[ExistingGatewayArgs]
    """A gateway to refer to; nothing is made."""
    resource_group_name: NotRequired[pulumi.Input[str]]
    """The resource group of the public address."""
    location: NotRequired[pulumi.Input[str]]
    """The region, e.g. `westeurope`."""
    public_ip_name: NotRequired[pulumi.Input[str]]
    """Name of the public address in Azure."""
    zones: NotRequired[Sequence[str]]
    """Availability zones the address is in. Default `1`, `2`, `3`; none in regions without zones."""
    gateway_name: NotRequired[pulumi.Input[str]]
    """Name of the Gateway object. Default `public`."""
    namespace: NotRequired[pulumi.Input[str]]
    """The namespace that is made for it. Default `gateway`."""
    class_name: NotRequired[pulumi.Input[str]]
    """The gateway's class. Default `approuting-istio`, application routing's."""
    domain: NotRequired[pulumi.Input[str]]
    """Domain whose hosts it serves, e.g. `dev.example.com`: all names below it."""
    route_namespaces: NotRequired[Mapping[str, str]]
    """Labels of the namespaces whose routes it takes. Without them any workload could answer for any host."""
    certificate: NotRequired[GatewayCertificateArgs]
    """Certificate for `*.<domain>`; with it HTTP only redirects to HTTPS. Default: HTTP alone."""
    cluster_principal_id: NotRequired[pulumi.Input[str]]
    """Principal id of the cluster's control plane (`AksCluster.control_plane_principal_id`), which attaches the address
    to its load balancer. Default: it already may."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of the address."""


Label = Annotated[str, matching(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", "a lower-case DNS label")]
NEEDED = ("resource_group_name", "location", "public_ip_name", "domain", "route_namespaces")


class ExistingGatewaySettings(Settings):
    """`ExistingGatewayArgs`, checked."""

    gateway_name: Known[str]
    namespace: Known[Label]
    class_name: Known[str] = "approuting-istio"
    address: Known[str]


class GatewayCertificateSettings(Settings):
    """`GatewayCertificateArgs`, checked."""

    secret_name: Known[str] | None = None
    key_vault_uri: (
        Known[
            Annotated[
                str,
                matching(
                    r"https://[a-zA-Z0-9-]+\.vault\.azure\.net/certificates/[^/]+",
                    "https://<vault>.vault.azure.net/certificates/<name>, without a version",
                ),
            ]
        ]
        | None
    ) = None
    client_id: Known[str] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "GatewayCertificateSettings":
        if (self.secret_name is None) == (self.key_vault_uri is None):
            raise ValueError("give one of secret_name and key_vault_uri")
        if (self.key_vault_uri is None) != (self.client_id is None):
            raise ValueError("key_vault_uri and client_id belong together")
        return self


class GatewaySettings(Settings):
    """`GatewayArgs`, checked."""

    existing: ExistingGatewaySettings | None = None
    resource_group_name: Known[ResourceGroupName] | None = None
    location: Known[Location] | None = None
    public_ip_name: Known[PublicIpName] | None = None
    zones: tuple[Literal["1", "2", "3"], ...] = ("1", "2", "3")
    gateway_name: Known[Label] = "public"
    namespace: Known[Label] = "gateway"
    class_name: Known[Label] = "approuting-istio"
    domain: Known[ZoneName] | None = None
    route_namespaces: Annotated[dict[str, str], Field(min_length=1)] | None = None
    certificate: GatewayCertificateSettings | None = None
    cluster_principal_id: Known[str] | None = None
    tags: Tags | None = None

    @model_validator(mode="after")
    def _new_or_existing(self) -> "GatewaySettings":
        given = sorted(self.model_fields_set - {"existing", "tags"})
        if self.existing is not None and given:
            raise ValueError(f"with `existing` nothing is made; {', '.join(given)} cannot be given")
        missing = [field for field in NEEDED if getattr(self, field) is None]
        if self.existing is None and missing:
            raise ValueError(f"a new gateway needs {', '.join(missing)}; for one at hand give `existing`")
        return self


def gateway_spec(settings: GatewaySettings, *, address_name: Any, address_group: Any) -> dict[str, Any]:
    """The Gateway's `spec`: listeners for the domain on the static address."""
    assert settings.domain is not None
    routes = {"namespaces": {"from": "Selector", "selector": {"matchLabels": settings.route_namespaces}}}
    listener = {"hostname": pulumi.Output.concat("*.", settings.domain)}
    plain = {"name": "http", "protocol": "HTTP", "port": 80, **listener}
    if settings.certificate is None:
        listeners = [{**plain, "allowedRoutes": routes}]
    else:
        listeners = [
            {**plain, "allowedRoutes": {"namespaces": {"from": "Same"}}},
            {
                "name": "https",
                "protocol": "HTTPS",
                "port": 443,
                **listener,
                "tls": _tls(settings.certificate, settings.gateway_name),
                "allowedRoutes": routes,
            },
        ]
    return {
        "gatewayClassName": settings.class_name,
        "listeners": listeners,
        # The load balancer takes the address by name: https://learn.microsoft.com/azure/aks/static-ip
        "infrastructure": {
            "annotations": {
                "service.beta.kubernetes.io/azure-pip-name": address_name,
                "service.beta.kubernetes.io/azure-load-balancer-resource-group": address_group,
            }
        },
    }


def redirect_spec(gateway_name: pulumi.Input[str]) -> dict[str, Any]:
    """The `spec` of a route that sends HTTP to HTTPS."""
    return {
        "parentRefs": [{"name": gateway_name, "sectionName": "http"}],
        "rules": [
            {"filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}]}
        ],
    }


def _tls(certificate: GatewayCertificateSettings, gateway_name: pulumi.Input[str]) -> dict[str, Any]:
    if certificate.secret_name is not None:
        return {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": certificate.secret_name}]}
    # Application routing fills in certificateRefs itself:
    # https://learn.microsoft.com/azure/aks/app-routing-gateway-api-dns-tls
    return {
        "mode": "Terminate",
        "options": {
            "kubernetes.azure.com/tls-cert-keyvault-uri": certificate.key_vault_uri,
            "kubernetes.azure.com/tls-cert-service-account": pulumi.Output.concat(gateway_name, "-certificate"),
        },
    }
