"""What AKS refuses in the body of a cluster, one row each; its pools' rows are `pool_rules`.

Sources are pages below learn.microsoft.com/azure. "approximate": the rule is there, ARM's code and words could not be
looked up.
"""

import re
from collections.abc import Callable
from typing import Any

from sandbox.azure import ids
from sandbox.azure.kind import Refusal, Request
from sandbox.azure.kinds.cluster_network_rules import NETWORK_REFUSALS
from sandbox.azure.kinds.pool_rules import ALL_POOLS_REFUSALS, pools_of
from sandbox.azure.kinds.resources import MANAGED_IDENTITY_OPERATOR
from sandbox.azure.values import look_up

_MINOR = re.compile(r"1\.(\d{2})(\.\d+)?")


def node_resource_group(request: Request) -> str:
    """The group Azure puts the nodes into."""
    given = request.inputs.get("nodeResourceGroup")
    return str(given or f"MC_{request.resource_group}_{request.name}_{request.inputs['location']}")


def _taken_node_group(request: Request) -> str:
    """Azure makes the group itself, so nobody else may have one of that name."""
    if request.old is not None:
        return ""
    group = node_resource_group(request)
    own = request.transaction.get(f"/subscriptions/{request.subscription.subscription_id}/resourceGroups/{group}")
    clusters = request.transaction.list(tokens=[request.kind.token])
    others = (each for each in clusters if str(each.outputs.get("nodeResourceGroup")).lower() == group.lower())
    return group if own or next(others, None) else ""


def identity_ids(identity: Any) -> list[str]:
    """User-assigned identities, given as a list of ids or as an object with them as names."""
    return [str(each) for each in (identity or {}).get("userAssignedIdentities") or []]


def _on(request: Request, path: str) -> bool:
    return look_up(request.inputs, path) is True


def _is(path: str, *values: Any) -> Callable[[Request], bool]:
    return lambda request: look_up(request.inputs, path) in values


# identities


def _principal(request: Request, identity_id: str) -> str:
    identity = request.transaction.get(identity_id)
    return str(identity.outputs.get("principalId")) if identity else ""


def _kubelet(request: Request) -> str:
    return str(look_up(request.inputs, "identityProfile.kubeletidentity.resourceId") or "")


def _may_not_use_kubelet_identity(request: Request) -> str:
    """The control plane must be allowed to use a kubelet identity of one's own, before the cluster is made."""
    kubelet, planes = _kubelet(request), identity_ids(request.inputs.get("identity"))
    if not kubelet:
        return ""
    principals = {_principal(request, each) for each in planes}
    for assignment in request.transaction.list(tokens=["azure-native:authorization:RoleAssignment"]):
        operator = str(assignment.inputs.get("roleDefinitionId")).lower().endswith(MANAGED_IDENTITY_OPERATOR)
        scope = ids.key(str(assignment.inputs.get("scope")))
        covers = f"{ids.key(kubelet)}/".startswith(f"{scope}/")
        if operator and covers and assignment.inputs.get("principalId") in principals:
            return ""
    return f"{', '.join(planes)} lacks it on {kubelet}"


# versions and sizes


def _minor(version: object) -> int | None:
    found = _MINOR.fullmatch(str(version))
    return int(found[1]) if found else None


def _bad_version(request: Request) -> object:
    version = request.inputs.get("kubernetesVersion")
    return version if version and _minor(version) is None else None


def _bad_upgrade(request: Request) -> str:
    before = _minor(request.old.outputs.get("currentKubernetesVersion")) if request.old else None
    after = _minor(request.inputs.get("kubernetesVersion"))
    allowed = before is None or after is None or before <= after <= before + 1
    return "" if allowed else f"1.{before} to {request.inputs['kubernetesVersion']}"


CLUSTER_REFUSALS = (
    Refusal(
        "MustDefineAtLeastOneSystemPool",
        "Must define at least one system pool.",
        "aks/use-system-pools; Microsoft's list of AKS codes (package apierror)",
        lambda request: not any(pool.get("mode") == "System" for pool in pools_of(request)),
    ),
    Refusal(
        "InvalidParameter",
        "Required parameter dnsPrefix is missing (null).",
        "rest/api/aks/managed-clusters/create-or-update",
        lambda request: not request.inputs.get("dnsPrefix") and not request.inputs.get("fqdnSubdomain"),
    ),
    Refusal(
        "InvalidDNSPrefix",
        "The dnsPrefix '{found}' is not valid: 1 to 54 letters, digits and hyphens, no hyphen at the ends.",
        "aks/troubleshooting",
        lambda request: (
            (prefix := request.inputs.get("dnsPrefix"))
            and not re.fullmatch(r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,52}[a-zA-Z0-9])?", prefix)
            and prefix
        ),
    ),
    Refusal(
        "InvalidParameter",
        "Either identity or servicePrincipalProfile must be given.",
        "aks/use-managed-identity; approximate",
        lambda request: not request.inputs.get("identity") and not request.inputs.get("servicePrincipalProfile"),
    ),
    Refusal(
        "K8sVersionNotSupported",
        "Managed cluster {name} is on version {found}, which is not supported in this region.",
        "aks/supported-kubernetes-versions",
        _bad_version,
    ),
    Refusal(
        "OperationNotAllowed",
        "Upgrading Kubernetes version {found} is not allowed. Available upgrades: the next minor version. Please see "
        "https://aka.ms/aks-supported-k8s-ver for version details.",
        "aks/upgrade-aks-cluster; troubleshoot/azure/azure-kubernetes, OperationNotAllowed",
        _bad_upgrade,
    ),
    Refusal(
        "NodeResourceGroupNameTooLong",
        "The length of the node resource group name is too long. The maximum length is 80, and the length of {found}.",
        "aks/faq",
        lambda request: len(group := node_resource_group(request)) > 80 and f"{group} is {len(group)}",
    ),
    Refusal(
        "NodeResourceGroupSameAsResourceGroup",
        "The node resource group must be another than the cluster's: {found}.",
        "aks/faq; Microsoft's list of AKS codes (package apierror)",
        lambda request: (group := node_resource_group(request)).lower() == request.resource_group.lower() and group,
    ),
    Refusal(
        "NodeResourceGroupAlreadyExists",
        "The node resource group {found} already exists.",
        "aks/faq; Microsoft's list of AKS codes (package apierror)",
        _taken_node_group,
    ),
    Refusal(
        "SystemAssignedIdentityNotSupportedForCustomPrivateDNSZone",
        "A private DNS zone of one's own needs a user-assigned identity: {found}.",
        "aks/private-clusters; Microsoft's list of AKS codes (package apierror)",
        lambda request: (
            ids.looks_like_id(zone := look_up(request.inputs, "apiServerAccessProfile.privateDNSZone"))
            and not identity_ids(request.inputs.get("identity"))
            and zone
        ),
    ),
    Refusal(
        "CustomKubeletIdentityOnlySupportedOnUserAssignedMSICluster",
        "A custom kubelet identity can only be used with a user-assigned control plane identity.",
        "aks/use-managed-identity",
        lambda request: _kubelet(request) and not identity_ids(request.inputs.get("identity")),
    ),
    Refusal(
        "CustomKubeletIdentityMissingPermissionError",
        "The cluster using user-assigned managed identity must be granted 'Managed Identity Operator' role to assign "
        "kubelet identity. The identity {found}.",
        "aks/use-managed-identity, and what az prints",
        _may_not_use_kubelet_identity,
    ),
    Refusal(
        "OIDCIssuerFeatureCannotBeDisabled",
        "OIDC issuer feature cannot be disabled.",
        "aks/use-oidc-issuer, and what Terraform printed",
        lambda request: (
            request.old
            and look_up(request.old.inputs, "oidcIssuerProfile.enabled") is True
            and not _on(request, "oidcIssuerProfile.enabled")
        ),
    ),
    Refusal(
        "InvalidParameter",
        "Workload identity needs the OIDC issuer.",
        "aks/workload-identity-deploy-cluster; approximate",
        lambda request: (
            _on(request, "securityProfile.workloadIdentity.enabled") and not _on(request, "oidcIssuerProfile.enabled")
        ),
    ),
    Refusal(
        "InvalidParameter",
        "Local accounts can only be disabled on a cluster with Microsoft Entra integration.",
        "aks/manage-local-accounts-managed-azure-ad; approximate",
        lambda request: _on(request, "disableLocalAccounts") and not _on(request, "aadProfile.managed"),
    ),
    Refusal(
        "InvalidParameter",
        "Cost analysis needs the Standard or Premium tier.",
        "aks/cost-analysis; approximate",
        lambda request: (
            _on(request, "metricsProfile.costAnalysis.enabled") and not _is("sku.tier", "Standard", "Premium")(request)
        ),
    ),
    Refusal(
        "InvalidParameter",
        "Long-term support needs the Premium tier.",
        "aks/long-term-support; approximate",
        lambda request: _is("supportPlan", "AKSLongTermSupport")(request) and not _is("sku.tier", "Premium")(request),
    ),
    Refusal(
        "InvalidParameter",
        "Application routing with Istio needs the managed installation of Gateway API.",
        "aks/app-routing-gateway-api; approximate",
        lambda request: (
            _is("ingressProfile.webAppRouting.gatewayAPIImplementations.appRoutingIstio.mode", "Enabled")(request)
            and not _is("ingressProfile.gatewayAPI.installation", "Standard")(request)
        ),
    ),
    *NETWORK_REFUSALS,
    *ALL_POOLS_REFUSALS,
)
