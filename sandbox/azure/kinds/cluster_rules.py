"""What AKS refuses in the body of a cluster, one row each; its pools' rows are `pool_rules`.

Sources are pages below learn.microsoft.com/azure. "approximate": the rule is there, ARM's code and words could not be
looked up.
"""

import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

from sandbox.azure import ids
from sandbox.azure.kind import Refusal, Request
from sandbox.azure.kinds.network import delegations_of, subnet_prefixes
from sandbox.azure.kinds.pool_rules import ALL_POOLS_REFUSALS, networks, pools_of, subnets
from sandbox.azure.kinds.resources import MANAGED_IDENTITY_OPERATOR
from sandbox.azure.values import look_up

DELEGATION = "Microsoft.ContainerService/managedClusters"
_MINOR = re.compile(r"1\.(\d{2})(\.\d+)?")


def node_resource_group(request: Request) -> str:
    """The group Azure puts the nodes into."""
    given = request.inputs.get("nodeResourceGroup")
    return str(given or f"MC_{request.resource_group}_{request.name}_{request.inputs['location']}")


def identity_ids(identity: Any) -> list[str]:
    """User-assigned identities, given as a list of ids or as an object with them as names."""
    return [str(each) for each in (identity or {}).get("userAssignedIdentities") or []]


def _on(request: Request, path: str) -> bool:
    return look_up(request.inputs, path) is True


def _is(path: str, *values: Any) -> Callable[[Request], bool]:
    return lambda request: look_up(request.inputs, path) in values


# networks


def _range(request: Request, name: str) -> Any:
    text = look_up(request.inputs, f"networkProfile.{name}")
    try:
        return ip_network(text) if text else None
    except ValueError:
        return None


def _bad_range(request: Request) -> str:
    names = ("serviceCidr", "podCidr")
    given = [(name, look_up(request.inputs, f"networkProfile.{name}")) for name in names]
    return next((f"{name} {text}" for name, text in given if text and _range(request, name) is None), "")


def _service_ip_outside(request: Request) -> object:
    services, address = _range(request, "serviceCidr"), look_up(request.inputs, "networkProfile.dnsServiceIP")
    if services is None or not address:
        return None
    inside = ip_address(address) in services
    return None if inside and ip_address(address) != services[1] else address


def _ranges_overlap(request: Request) -> bool:
    services, pods = _range(request, "serviceCidr"), _range(request, "podCidr")
    return services is not None and pods is not None and services.overlaps(pods)


def _overlapped_subnet(request: Request) -> str:
    own = [each for each in (_range(request, "serviceCidr"), _range(request, "podCidr")) if each is not None]
    for subnet in subnets(request):
        for range_ in own:
            if any(range_.overlaps(prefix) for prefix in subnet_prefixes(subnet.inputs)):
                return f"{range_} conflicts with the existing subnet {subnet.name}'s CIDR"
    return ""


def _api_server_subnet(request: Request) -> str:
    given = look_up(request.inputs, "apiServerAccessProfile.subnetId")
    subnet = request.transaction.get(str(given)) if given else None
    return subnet.id if subnet is not None and DELEGATION not in delegations_of(subnet) else ""


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
        "InvalidParameter",
        "Required parameter agentPoolProfiles must have at least one pool of mode System.",
        "aks/use-system-pools",
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
        "Upgrading Kubernetes version from {found} is not allowed: one minor version at a time, and never down.",
        "aks/upgrade-aks-cluster; approximate",
        _bad_upgrade,
    ),
    Refusal(
        "NodeResourceGroupNameTooLong",
        "The length of the node resource group name is too long. The maximum length is 80, and the length of {found}.",
        "aks/faq; field.md, Names",
        lambda request: len(group := node_resource_group(request)) > 80 and f"{group} is {len(group)}",
    ),
    Refusal(
        "InvalidParameter",
        "The address range of {found} is not valid.",
        "aks/configure-azure-cni; approximate",
        _bad_range,
    ),
    Refusal(
        "ServiceCidrOverlapExistingSubnetsCidr",
        "The specified CIDR {found}.",
        "aks/configure-azure-cni, and what az prints",
        _overlapped_subnet,
    ),
    Refusal(
        "InvalidParameter",
        "The service and pod ranges overlap.",
        "aks/azure-cni-overlay, IP address planning; approximate",
        _ranges_overlap,
    ),
    Refusal(
        "InvalidParameter",
        "dnsServiceIP {found} must lie in the service range and not be its first address.",
        "aks/configure-azure-cni, deployment parameters; approximate",
        _service_ip_outside,
    ),
    Refusal(
        "InvalidParameter",
        "networkPluginMode overlay needs networkPlugin azure.",
        "aks/azure-cni-overlay; approximate",
        lambda request: (
            _is("networkProfile.networkPluginMode", "overlay")(request)
            and not _is("networkProfile.networkPlugin", "azure")(request)
        ),
    ),
    Refusal(
        "InvalidParameter",
        "networkPolicy cilium needs networkDataplane cilium, and the other way round.",
        "aks/azure-cni-powered-by-cilium; approximate",
        lambda request: (
            _is("networkProfile.networkPolicy", "cilium")(request)
            != _is("networkProfile.networkDataplane", "cilium")(request)
            and not _is("networkProfile.networkPolicy", None, "none")(request)
        ),
    ),
    Refusal(
        "SubnetIsNotDelegated",
        "The subnet {found} of the API server must be delegated to " + DELEGATION + ".",
        "aks/api-server-vnet-integration; approximate",
        _api_server_subnet,
    ),
    Refusal(
        "InvalidParameter",
        "Private clusters cannot have authorized IP ranges.",
        "aks/api-server-authorized-ip-ranges, limitations; approximate",
        lambda request: (
            _on(request, "apiServerAccessProfile.enablePrivateCluster")
            and look_up(request.inputs, "apiServerAccessProfile.authorizedIPRanges")
        ),
    ),
    Refusal(
        "AgentPoolsNotInSameVirtualNetwork",
        "All node pools must be in the same virtual network.",
        "aks/create-node-pools, limitations; approximate",
        lambda request: len(networks(request)) > 1,
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
        "The OIDC issuer cannot be disabled once it is enabled.",
        "aks/use-oidc-issuer; approximate",
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
    *ALL_POOLS_REFUSALS,
)
