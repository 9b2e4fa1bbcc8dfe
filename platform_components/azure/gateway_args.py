"""The arguments of `Gateway`, as a program writes them. How they are checked: `gateway_objects`."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi


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
