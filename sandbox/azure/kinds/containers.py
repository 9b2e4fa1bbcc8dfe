"""AKS clusters, node pools and maintenance windows.

Every cluster is the sandbox's own API server: `invokes` hands out its address. Node pools are records, the nodes that
pods land on are the sandbox's.
"""

from typing import Any
from uuid import uuid4

from sandbox.azure.kind import Kind, NameRule, Refusal, Request, Since
from sandbox.azure.kinds.cluster_rules import CLUSTER_REFUSALS, identity_ids, node_resource_group
from sandbox.azure.kinds.pool_rules import POOL_REFUSALS, keep_a_system_pool
from sandbox.azure.values import look_up

_VERSION = "2025-09-01"
_CLUSTER = (
    "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
    "/providers/Microsoft.ContainerService/managedClusters/{resourceName}"
)
# azure-rest-api-specs: ContainerService/aks, @added(Versions.v2026_02_01)
_SINCE = {
    "ingressProfile.gatewayAPI.installation": Since("2026-02-01", ("Disabled", "Standard")),
    "ingressProfile.webAppRouting.gatewayAPIImplementations.appRoutingIstio.mode": Since(
        "2026-02-01", ("Disabled", "Enabled")
    ),
}
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
        users = {each: _identity(request, each) for each in identity_ids(identity)}
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


_WINDOW_REFUSALS = (
    Refusal(
        "InvalidParameter",
        "The maintenance configuration name '{name}' is not one of " + ", ".join(_WINDOWS) + ".",
        "aks/planned-maintenance",
        lambda request: request.name not in _WINDOWS,
    ),
    Refusal(
        "InvalidParameter",
        "A maintenance window of {name} must have 4 to 24 hours, not {found}.",
        "aks/planned-maintenance, duration; approximate",
        lambda request: (
            isinstance(hours := look_up(request.inputs, "maintenanceWindow.durationHours"), int)
            and not 4 <= hours <= 24
            and str(hours)
        ),
    ),
    Refusal(
        "InvalidParameter",
        "{name} takes a maintenanceWindow, default takes timeInWeek.",
        "aks/planned-maintenance; approximate",
        lambda request: (request.name == "default") == bool(request.inputs.get("maintenanceWindow")),
    ),
)


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
        refusals=CLUSTER_REFUSALS,
        since=_SINCE,
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
        refusals=POOL_REFUSALS,
        delete_rules=(keep_a_system_pool,),
    ),
    Kind(
        token="azure-native:containerservice:MaintenanceConfiguration",
        api_version=_VERSION,
        path=f"{_CLUSTER}/maintenanceConfigurations/{{configName}}",
        refusals=_WINDOW_REFUSALS,
    ),
)
