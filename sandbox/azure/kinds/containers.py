"""AKS clusters, node pools and maintenance windows.

Every cluster is the sandbox's own API server: `invokes` hands out its address. Node pools are records, the nodes that
pods land on are the sandbox's.
"""

import re
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

from sandbox.azure import ids
from sandbox.azure.errors import ArmError
from sandbox.azure.kind import Kind, NameRule, Request
from sandbox.azure.kinds.network import delegations_of, subnet_prefixes
from sandbox.azure.kinds.resources import MANAGED_IDENTITY_OPERATOR
from sandbox.azure.values import look_up

_VERSION = "2025-09-01"
_CLUSTER = (
    "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
    "/providers/Microsoft.ContainerService/managedClusters/{resourceName}"
)
_DEFAULT_VERSION = "1.35"
_WINDOWS = ("aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule", "default")
# github.com/pulumi/pulumi-azure-native: gen/replacement.go; the rest of networkProfile is updated in place
_FIXED_NETWORK = (
    "serviceCidr",
    "serviceCidrs",
    "dnsServiceIP",
    "networkMode",
    "networkPlugin",
    "networkPluginMode",
    "podCidr",
    "networkDataplane",
    "networkPolicy",
    "outboundType",
)
# az aks nodepool update has no option for these
_FIXED_POOL = (
    "vnetSubnetID",
    "podSubnetID",
    "osType",
    "osDiskType",
    "osDiskSizeGB",
    "availabilityZones",
    "maxPods",
    "type",
    "scaleSetPriority",
    "enableEncryptionAtHost",
)


def _check_cluster(request: Request) -> None:
    inputs = request.inputs
    pools = inputs.get("agentPoolProfiles") or []
    if not any(pool.get("mode") == "System" for pool in pools):
        text = "Required parameter agentPoolProfiles must have at least one pool of mode System."
        raise ArmError(400, "InvalidParameter", text)
    if not inputs.get("dnsPrefix") and not inputs.get("fqdnSubdomain"):
        raise ArmError(400, "InvalidParameter", "Required parameter dnsPrefix is missing (null).")
    prefix = inputs.get("dnsPrefix")
    if prefix and not re.fullmatch(r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,52}[a-zA-Z0-9])?", prefix):
        text = f"The dnsPrefix '{prefix}' is not valid: 1 to 54 letters, digits and hyphens, no hyphen at the ends."
        raise ArmError(400, "InvalidDNSPrefix", text)
    if not inputs.get("identity") and not inputs.get("servicePrincipalProfile"):
        raise ArmError(400, "InvalidParameter", "Either identity or servicePrincipalProfile must be given.")
    version = inputs.get("kubernetesVersion")
    if version and not re.fullmatch(r"1\.\d{2}(\.\d+)?", str(version)):
        text = f"Managed cluster {request.name} is on version {version}, which is not supported in this region."
        raise ArmError(400, "K8sVersionNotSupported", text)
    group = node_resource_group(request)
    if len(group) > 80:
        text = (
            f"The length of the node resource group name is too long. The maximum length is 80, "
            f"and the length of {group} is {len(group)}."
        )
        raise ArmError(400, "NodeResourceGroupNameTooLong", text)
    _check_network(request, pools)
    _check_kubelet_identity(request)


def _check_network(request: Request, pools: list[dict[str, Any]]) -> None:
    profile = request.inputs.get("networkProfile") or {}
    own = [ip_network(profile[name]) for name in ("serviceCidr", "podCidr") if profile.get(name)]
    for pool in pools:
        subnet = request.transaction.get(str(pool.get("vnetSubnetID"))) if pool.get("vnetSubnetID") else None
        if subnet is None:
            continue
        if delegations_of(subnet):
            text = (
                f"Subnet {subnet.id} is delegated to {', '.join(delegations_of(subnet))} and cannot be used for nodes."
            )
            raise ArmError(400, "SubnetIsDelegated", text)
        for range_ in own:
            if any(range_.overlaps(prefix) for prefix in subnet_prefixes(subnet.inputs)):
                text = f"The specified CIDR {range_} conflicts with the existing subnet {subnet.name}'s CIDR."
                raise ArmError(400, "ServiceCidrOverlapExistingSubnetsCidr", text)


def _check_kubelet_identity(request: Request) -> None:
    """The control plane must be allowed to use a kubelet identity of one's own, before the cluster is made."""
    kubelet = look_up(request.inputs, "identityProfile.kubeletidentity.resourceId")
    if not kubelet:
        return
    control_planes = _identity_ids(request.inputs.get("identity"))
    if not control_planes:
        text = "A custom kubelet identity can only be used with a user-assigned control plane identity."
        raise ArmError(400, "CustomKubeletIdentityOnlySupportedOnUserAssignedMSICluster", text)
    principals = {_principal(request, each) for each in control_planes}
    for assignment in request.transaction.list(tokens=["azure-native:authorization:RoleAssignment"]):
        operator = str(assignment.inputs.get("roleDefinitionId")).lower().endswith(MANAGED_IDENTITY_OPERATOR)
        scope = ids.key(str(assignment.inputs.get("scope")))
        covers = f"{ids.key(kubelet)}/".startswith(f"{scope}/")
        if operator and covers and assignment.inputs.get("principalId") in principals:
            return
    text = (
        f"The cluster using user-assigned managed identity must be granted 'Managed Identity Operator' role to assign "
        f"kubelet identity. The identity {', '.join(control_planes)} lacks it on {kubelet}."
    )
    raise ArmError(400, "CustomKubeletIdentityMissingPermissionError", text)


def _identity_ids(identity: Any) -> list[str]:
    """User-assigned identities, given as a list of ids or as an object with them as names."""
    given = (identity or {}).get("userAssignedIdentities") or []
    return [str(each) for each in given]


def _principal(request: Request, identity_id: str) -> str:
    identity = request.transaction.get(identity_id)
    return str(identity.outputs["principalId"]) if identity else ""


def node_resource_group(request: Request) -> str:
    """The group Azure puts the nodes into."""
    given = request.inputs.get("nodeResourceGroup")
    return str(given or f"MC_{request.resource_group}_{request.name}_{request.inputs['location']}")


def _identity(request: Request, identity_id: str) -> dict[str, str]:
    resource = request.transaction.get(identity_id)
    outputs = resource.outputs if resource else {}
    return {"clientId": outputs.get("clientId", ""), "principalId": outputs.get("principalId", "")}


def _kubelet_identity(request: Request) -> dict[str, str]:
    given = look_up(request.inputs, "identityProfile.kubeletidentity.resourceId")
    if given:
        identity = _identity(request, given)
        return {"resourceId": given, "clientId": identity["clientId"], "objectId": identity["principalId"]}
    old = request.old.outputs.get("identityProfile") if request.old else None
    group = f"/subscriptions/{request.subscription.subscription_id}/resourcegroups/{node_resource_group(request)}"
    provider = "Microsoft.ManagedIdentity/userAssignedIdentities"
    return (old or {}).get("kubeletidentity") or {
        "resourceId": f"{group}/providers/{provider}/{request.name}-agentpool",
        "clientId": str(uuid4()),
        "objectId": str(uuid4()),
    }


def _full_version(version: Any) -> str:
    text = str(version or _DEFAULT_VERSION)
    return text if text.count(".") == 2 else f"{text}.3"


def _cluster_outputs(request: Request) -> dict[str, Any]:
    inputs, location = request.inputs, request.inputs["location"]
    unique = request.kept("resourceUID", lambda: uuid4().hex[:24])
    private = look_up(inputs, "apiServerAccessProfile.enablePrivateCluster") is True
    host = f"{inputs.get('dnsPrefix') or inputs.get('fqdnSubdomain')}-{unique[:8]}"
    version = _full_version(inputs.get("kubernetesVersion"))
    outputs: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "powerState": {"code": "Running"},
        "maxAgentPools": 100,
        "resourceUID": unique,
        "currentKubernetesVersion": version,
        "kubernetesVersion": inputs.get("kubernetesVersion") or version,
        "fqdn": f"{host}.hcp.{location}.azmk8s.io",
        "azurePortalFQDN": f"{host}.portal.hcp.{location}.azmk8s.io",
        "nodeResourceGroup": node_resource_group(request),
        "identityProfile": {"kubeletidentity": _kubelet_identity(request)},
        "agentPoolProfiles": [_pool_outputs(pool, version) for pool in inputs["agentPoolProfiles"]],
    }
    if private:
        outputs["privateFQDN"] = f"{host}.{uuid4()}.privatelink.{location}.azmk8s.io"
    if look_up(inputs, "oidcIssuerProfile.enabled") is True:
        issuer = f"https://{location}.oic.prod-aks.azure.com/{request.subscription.tenant_id}/{unique}/"
        outputs["oidcIssuerProfile"] = {"issuerURL": issuer}
    identity = inputs.get("identity") or {}
    if identity.get("userAssignedIdentities"):
        users = {each: _identity(request, each) for each in _identity_ids(identity)}
        outputs["identity"] = {"type": identity.get("type"), "userAssignedIdentities": users}
    elif identity:
        old = request.old.outputs.get("identity") if request.old else None
        principal = (old or {}).get("principalId") or str(uuid4())
        outputs["identity"] = {"principalId": principal, "tenantId": request.subscription.tenant_id}
    if look_up(inputs, "ingressProfile.webAppRouting.enabled") is True:
        old_profile = look_up(request.old.outputs, "ingressProfile.webAppRouting.identity") if request.old else None
        made = {"clientId": str(uuid4()), "objectId": str(uuid4())}
        outputs["ingressProfile"] = {"webAppRouting": {"identity": old_profile or made}}
    return outputs


def _pool_outputs(pool: dict[str, Any], version: str) -> dict[str, Any]:
    own = _full_version(pool.get("orchestratorVersion") or version)
    return {
        **pool,
        "currentOrchestratorVersion": own,
        "nodeImageVersion": "AKSSandbox-gen2-1",
        "powerState": {"code": "Running"},
        "provisioningState": "Succeeded",
    }


def _check_window(request: Request) -> None:
    if request.name not in _WINDOWS:
        text = f"The maintenance configuration name '{request.name}' is not one of {', '.join(_WINDOWS)}."
        raise ArmError(400, "InvalidParameter", text)


KINDS = (
    Kind(
        token="azure-native:containerservice:ManagedCluster",
        api_version=_VERSION,
        path=_CLUSTER,
        name=NameRule(
            r"[a-zA-Z0-9]([-\w]*[a-zA-Z0-9])?", 1, 63, "letters, digits, - and _; a letter or digit at both ends"
        ),
        has_location=True,
        immutable=(
            "diskEncryptionSetID",
            "dnsPrefix",
            "fqdnSubdomain",
            "linuxProfile",
            "location",
            "nodeResourceGroup",
            "windowsProfile",
            *(f"networkProfile.{name}" for name in _FIXED_NETWORK),
        ),
        secrets=("servicePrincipalProfile.secret", "windowsProfile.adminPassword"),
        read_only=(
            "provisioningState",
            "powerState",
            "maxAgentPools",
            "resourceUID",
            "currentKubernetesVersion",
            "fqdn",
            "azurePortalFQDN",
            "privateFQDN",
            "nodeResourceGroup",
            "oidcIssuerProfile.issuerURL",
            "ingressProfile.webAppRouting.identity",
            "identity",
            "identityProfile",
            "kubernetesVersion",
        ),
        outputs=_cluster_outputs,
        rules=(_check_cluster,),
    ),
    Kind(
        token="azure-native:containerservice:AgentPool",
        api_version=_VERSION,
        path=f"{_CLUSTER}/agentPools/{{agentPoolName}}",
        name=NameRule(r"[a-z][a-z0-9]*", 1, 12, "lower-case letters and digits, a letter first"),
        immutable=("gpuInstanceProfile", "vmSize"),
        unchangeable=dict.fromkeys(_FIXED_POOL, "PropertyChangeNotAllowed"),
        read_only=("provisioningState", "currentOrchestratorVersion", "nodeImageVersion", "powerState"),
        outputs=lambda request: _pool_outputs({}, _full_version(request.inputs.get("orchestratorVersion"))),
    ),
    Kind(
        token="azure-native:containerservice:MaintenanceConfiguration",
        api_version=_VERSION,
        path=f"{_CLUSTER}/maintenanceConfigurations/{{configName}}",
        rules=(_check_window,),
    ),
)
