"""The objects of a gateway on the cluster in the order in which they are made, and the checks of its arguments.

Whoever makes them, the engine or a rendering, comes in as a function; nothing is created here.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from platform_components.azure.rules import Location, PublicIpName, ResourceGroupName, Tags, ZoneName, matching
from platform_components.component import Known, Settings
from platform_components.open_values import concatenated

API_VERSION = "gateway.networking.k8s.io/v1"
Make = Callable[[str, dict[str, Any]], Any]
"""Makes the object called by a suffix as a manifest says, and returns its name."""
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


def gateway_objects(settings: GatewaySettings, make: Make, *, address_name: Any, address_group: Any) -> tuple[Any, Any]:
    """Have every object of a new gateway made; its namespace's name, and its own."""
    namespace = make(
        "namespace",
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": settings.namespace,
                "labels": {"pod-security.kubernetes.io/enforce": "baseline"},
            },
        },
    )
    certificate = settings.certificate
    if certificate is not None and certificate.client_id is not None:
        make(
            "certificate",
            {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {
                    "name": concatenated(settings.gateway_name, "-certificate"),
                    "namespace": namespace,
                    "annotations": {"azure.workload.identity/client-id": certificate.client_id},
                },
                "automountServiceAccountToken": False,
            },
        )
    name = make(
        "gateway",
        {
            "apiVersion": API_VERSION,
            "kind": "Gateway",
            "metadata": {"name": settings.gateway_name, "namespace": namespace},
            "spec": gateway_spec(settings, address_name=address_name, address_group=address_group),
        },
    )
    if certificate is not None:
        make(
            "to-https",
            {
                "apiVersion": API_VERSION,
                "kind": "HTTPRoute",
                "metadata": {"name": concatenated(settings.gateway_name, "-to-https"), "namespace": namespace},
                "spec": redirect_spec(settings.gateway_name),
            },
        )
    return namespace, name


def gateway_spec(settings: GatewaySettings, *, address_name: Any, address_group: Any) -> dict[str, Any]:
    """The Gateway's `spec`: listeners for the domain on the static address."""
    assert settings.domain is not None
    routes = {"namespaces": {"from": "Selector", "selector": {"matchLabels": settings.route_namespaces}}}
    listener = {"hostname": concatenated("*.", settings.domain)}
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


def redirect_spec(gateway_name: Any) -> dict[str, Any]:
    """The `spec` of a route that sends HTTP to HTTPS."""
    return {
        "parentRefs": [{"name": gateway_name, "sectionName": "http"}],
        "rules": [
            {"filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}]}
        ],
    }


def _tls(certificate: GatewayCertificateSettings, gateway_name: Any) -> dict[str, Any]:
    if certificate.secret_name is not None:
        return {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": certificate.secret_name}]}
    # Application routing fills in certificateRefs itself:
    # https://learn.microsoft.com/azure/aks/app-routing-gateway-api-dns-tls
    return {
        "mode": "Terminate",
        "options": {
            "kubernetes.azure.com/tls-cert-keyvault-uri": certificate.key_vault_uri,
            "kubernetes.azure.com/tls-cert-service-account": concatenated(gateway_name, "-certificate"),
        },
    }
