"""Every row of every kind's table of refusals: a body that passes, and one that ARM would not take."""

import re
import shutil
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sandbox.azure.errors import ArmError
from sandbox.azure.kind import Refusal
from sandbox.azure.kinds import KINDS
from sandbox.azure.quotas import Quotas
from sandbox.azure.store import Resource
from sandbox.state import State
from tests.sandbox.azure.conftest import new_azure, new_state
from tests.sandbox.azure.world import SUBSCRIPTION, TENANT, Azure

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
NODES, PLAIN, POSTGRES = (f"{NETWORK}/vnet/subnets/{name}" for name in ("nodes", "plain", "postgres"))
NATTED, SMALL = f"{NETWORK}/vnet/subnets/natted", f"{NETWORK}/vnet/subnets/small"
OTHER_NODES = f"{NETWORK}/other/subnets/nodes"
ZONE = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/x.postgres.database.azure.com"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/shop-vault"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/logs-1"
REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/basic1"
PRIVATE_SERVER = f"{GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers/private"
OPERATOR = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/"
OPERATOR += "f1a07417-d97a-45cb-824c-7a7467783830"

CLUSTER, POOL = "azure-native:containerservice:ManagedCluster", "azure-native:containerservice:AgentPool"
WINDOW = "azure-native:containerservice:MaintenanceConfiguration"
SERVER, DATABASE = "azure-native:dbforpostgresql:Server", "azure-native:dbforpostgresql:Database"
SUBNET, ADDRESS = "azure-native:network:Subnet", "azure-native:network:PublicIPAddress"
PEERING = "azure-native:network:VirtualNetworkPeering"
ENDPOINT, ZONES = "azure-native:network:PrivateEndpoint", "azure-native:network:PrivateDnsZoneGroup"
RECORDS = "azure-native:dns:RecordSet"
ACCOUNT, BLOBS = "azure-native:storage:StorageAccount", "azure-native:storage:BlobServiceProperties"
POLICY = "azure-native:storage:ManagementPolicy"
KEY_VAULT, ACR = "azure-native:keyvault:Vault", "azure-native:containerregistry:Registry"
LOGS, SETTING = "azure-native:operationalinsights:Workspace", "azure-native:monitor:DiagnosticSetting"

SYSTEM = {"name": "system", "mode": "System", "count": 1, "vmSize": "Standard_D2s_v5"}
USER = {"name": "apps", "mode": "User", "count": 1, "vmSize": "Standard_D2s_v5"}
ASSIGNED = {"type": "UserAssigned", "userAssignedIdentities": [f"{IDENTITY}/plane"]}
STAND_BY = {"mode": "ZoneRedundant", "standbyAvailabilityZone": "2"}
# What each kind is made with unless a case says otherwise
BASE: dict[str, dict[str, Any]] = {
    CLUSTER: {
        "resourceName": "aks",
        "dnsPrefix": "aks",
        "kubernetesVersion": "1.33",
        "identity": {"type": "SystemAssigned"},
        "agentPoolProfiles": [SYSTEM],
    },
    POOL: {"resourceName": "shared", "agentPoolName": "apps", "count": 1, "vmSize": "Standard_D2s_v5", "mode": "User"},
    WINDOW: {
        "resourceName": "shared",
        "configName": "aksManagedAutoUpgradeSchedule",
        "maintenanceWindow": {"durationHours": 4},
    },
    SERVER: {
        "serverName": "srv",
        "version": "17",
        "sku": {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"},
        "storage": {"storageSizeGB": 64},
        "authConfig": {"activeDirectoryAuth": "Enabled", "passwordAuth": "Disabled", "tenantId": TENANT},
    },
    DATABASE: {"serverName": "private", "databaseName": "shop"},
    SUBNET: {"virtualNetworkName": "vnet", "subnetName": "new", "addressPrefix": "10.100.9.0/24"},
    ADDRESS: {"publicIpAddressName": "ip", "sku": {"name": "Standard"}, "publicIPAllocationMethod": "Static"},
    PEERING: {"virtualNetworkName": "vnet", "virtualNetworkPeeringName": "other"},
    ENDPOINT: {"privateEndpointName": "endpoint", "subnet": {"id": PLAIN}},
    ZONES: {
        "privateEndpointName": "vault-endpoint",
        "privateDnsZoneGroupName": "default",
        "privateDnsZoneConfigs": [{"name": "a", "privateDnsZoneId": ZONE}],
    },
    RECORDS: {
        "zoneName": "dev.example.com",
        "relativeRecordSetName": "www",
        "recordType": "A",
        "ttl": 60,
        "aRecords": [{"ipv4Address": "10.0.0.1"}],
    },
    ACCOUNT: {"accountName": "shopdata", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}},
    BLOBS: {"accountName": "existing", "blobServicesName": "default"},
    POLICY: {"accountName": "existing", "managementPolicyName": "default", "policy": {"rules": []}},
    KEY_VAULT: {"vaultName": "new-vault"},
    ACR: {"registryName": "shopimages", "sku": {"name": "Basic"}},
    LOGS: {"workspaceName": "more", "sku": {"name": "PerGB2018"}},
    SETTING: {
        "resourceUri": VAULT,
        "name": "audit",
        "workspaceId": WORKSPACE,
        "logs": [{"categoryGroup": "audit", "enabled": True}],
    },
}


@dataclass(frozen=True)
class Case:
    """A row, by a part of its message, with a body that passes and one that does not."""

    token: str
    row: str
    bad: dict[str, Any]
    good: dict[str, Any] = field(default_factory=dict)
    update: bool = False
    """The bad body is a change of the good one."""
    quotas: Quotas = field(default_factory=Quotas)

    def __str__(self) -> str:
        return f"{self.token.rsplit(':', 1)[-1]}: {self.row}"


def pools(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"agentPoolProfiles": [{**SYSTEM, **change} for change in changes]}


def network(**profile: Any) -> dict[str, Any]:
    return {"networkProfile": profile}


def vault(**properties: Any) -> dict[str, Any]:
    return {"properties": {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, **properties}}


def link(target: str, group: str) -> dict[str, Any]:
    return {"privateLinkServiceConnections": [{"name": "c", "privateLinkServiceId": target, "groupIds": [group]}]}


TO_VAULT = link(VAULT, "vault")
RANGES = {"serviceCidr": "172.16.0.0/16", "podCidr": "192.168.0.0/16", "dnsServiceIP": "172.16.0.10"}
CILIUM = {"networkPlugin": "azure", "networkPolicy": "cilium", "networkDataplane": "cilium"}
OIDC = {"oidcIssuerProfile": {"enabled": True}}
OVERLAY = network(networkPlugin="azure", networkPluginMode="overlay")
ISTIO = {"gatewayAPIImplementations": {"appRoutingIstio": {"mode": "Enabled"}}}
DELEGATED = {"delegations": [{"name": "d", "serviceName": "Microsoft.DBforPostgreSQL/flexibleServers"}]}
IN_NETWORK = {"network": {"delegatedSubnetResourceId": POSTGRES, "privateDnsZoneArmResourceId": ZONE}}
SCALING = {"enableAutoScaling": True, "minCount": 1, "maxCount": 3}
ONE, TWO = {"ipv4Address": "10.0.0.1"}, {"ipv4Address": "10.0.0.2"}

CLUSTER_CASES = [
    Case(CLUSTER, "Must define at least one system pool", pools({"mode": "User"})),
    Case(CLUSTER, "Required parameter dnsPrefix is missing", {"dnsPrefix": None}, {"fqdnSubdomain": "a"}),
    Case(CLUSTER, "The dnsPrefix", {"dnsPrefix": "-aks"}, {"dnsPrefix": "a" * 54}),
    Case(CLUSTER, "Either identity", {"identity": None}),
    Case(CLUSTER, "which is not supported in this region", {"kubernetesVersion": "latest"}),
    Case(CLUSTER, "Upgrading Kubernetes", {"kubernetesVersion": "1.35"}, {"kubernetesVersion": "1.33"}, update=True),
    Case(CLUSTER, "Upgrading Kubernetes", {"kubernetesVersion": "1.32"}, {"kubernetesVersion": "1.33"}, update=True),
    Case(CLUSTER, "node resource group name is too long", {"nodeResourceGroup": "x" * 81}),
    Case(CLUSTER, "The address range of", network(serviceCidr="172.16.0.1/16"), network(**RANGES)),
    Case(
        CLUSTER,
        "The specified service CIDR",
        {**pools({"vnetSubnetID": NODES}), **network(serviceCidr="10.100.0.0/16")},
        {**pools({"vnetSubnetID": NODES}), **network(**RANGES)},
    ),
    Case(
        CLUSTER,
        "The specified pod CIDR",
        {**pools({"vnetSubnetID": NODES}), **network(podCidr="10.100.0.0/16")},
        {**pools({"vnetSubnetID": NODES}), **network(**RANGES)},
    ),
    Case(
        CLUSTER,
        "needs nodes in a subnet of one's own",
        network(outboundType="userAssignedNATGateway"),
        {**pools({"vnetSubnetID": NATTED}), **network(outboundType="userAssignedNATGateway")},
    ),
    Case(
        CLUSTER,
        "is not associated with a NAT gateway",
        {**pools({"vnetSubnetID": NODES}), **network(outboundType="userAssignedNATGateway")},
        {**pools({"vnetSubnetID": NATTED}), **network(outboundType="userAssignedNATGateway")},
    ),
    Case(
        CLUSTER,
        "is not associated with any public IP",
        {**pools({"vnetSubnetID": f"{NATTED}-nowhere"}), **network(outboundType="userAssignedNATGateway")},
        {**pools({"vnetSubnetID": NATTED}), **network(outboundType="userAssignedNATGateway")},
    ),
    Case(
        CLUSTER,
        "managedNATGateway does not go with",
        {**pools({"vnetSubnetID": NODES}), **network(outboundType="managedNATGateway")},
        network(outboundType="managedNATGateway"),
    ),
    Case(
        CLUSTER,
        "needs a standard load balancer",
        network(outboundType="managedNATGateway", loadBalancerSku="basic"),
        network(outboundType="managedNATGateway", loadBalancerSku="standard"),
    ),
    Case(
        CLUSTER,
        "Pre-allocated IPs exceed",
        {**pools({"vnetSubnetID": PLAIN, "count": 9}), **network(networkPlugin="azure")},
        {**pools({"vnetSubnetID": PLAIN, "count": 7}), **network(networkPlugin="azure")},
    ),
    Case(
        CLUSTER,
        "Pre-allocated IPs exceed",
        {**pools({"vnetSubnetID": SMALL, "count": 3}), **OVERLAY},
        {**pools({"vnetSubnetID": SMALL, "count": 2}), **OVERLAY},
    ),
    Case(CLUSTER, "must be another than the cluster's", {"nodeResourceGroup": "G"}, {"nodeResourceGroup": "nodes"}),
    Case(CLUSTER, "already exists", {"nodeResourceGroup": "MC_g_shared_northeurope"}, {"nodeResourceGroup": "nodes"}),
    Case(
        CLUSTER,
        "needs a user-assigned identity",
        {"apiServerAccessProfile": {"privateDNSZone": ZONE}},
        {"apiServerAccessProfile": {"privateDNSZone": ZONE}, "identity": ASSIGNED},
    ),
    Case(CLUSTER, "The pod CIDR overlaps with", network(**{**RANGES, "podCidr": "172.16.0.0/20"})),
    Case(CLUSTER, "is outside the service CIDR", network(**{**RANGES, "dnsServiceIP": "10.0.0.10"})),
    Case(CLUSTER, "which is the API server's", network(**{**RANGES, "dnsServiceIP": "172.16.0.1"})),
    Case(
        CLUSTER,
        "networkPluginMode overlay",
        network(networkPluginMode="overlay", networkPlugin="kubenet"),
        network(networkPluginMode="overlay", networkPlugin="azure"),
    ),
    Case(
        CLUSTER,
        "networkPolicy cilium needs",
        network(**{**CILIUM, "networkDataplane": "azure"}),
        network(**CILIUM),
    ),
    Case(
        CLUSTER,
        "of the API server must be delegated",
        {"apiServerAccessProfile": {"subnetId": PLAIN}},
        {"apiServerAccessProfile": {"subnetId": f"{NETWORK}/vnet/subnets/api"}},
    ),
    Case(
        CLUSTER,
        "Private clusters cannot have",
        {"apiServerAccessProfile": {"enablePrivateCluster": True, "authorizedIPRanges": ["203.0.113.0/24"]}},
        {"apiServerAccessProfile": {"authorizedIPRanges": ["203.0.113.0/24"]}},
    ),
    Case(
        CLUSTER,
        "All node pools must be in the same virtual network",
        pools({"vnetSubnetID": NODES}, {"name": "b", "vnetSubnetID": OTHER_NODES}),
        pools({"vnetSubnetID": NODES}, {"name": "b", "vnetSubnetID": PLAIN}),
    ),
    Case(
        CLUSTER,
        "A custom kubelet identity can only",
        {"identityProfile": {"kubeletidentity": {"resourceId": f"{IDENTITY}/kubelet"}}},
        {"identity": ASSIGNED, "identityProfile": {"kubeletidentity": {"resourceId": f"{IDENTITY}/kubelet"}}},
    ),
    Case(
        CLUSTER,
        "must be granted 'Managed Identity Operator'",
        {"identity": ASSIGNED, "identityProfile": {"kubeletidentity": {"resourceId": f"{IDENTITY}/plane"}}},
        {"identity": ASSIGNED, "identityProfile": {"kubeletidentity": {"resourceId": f"{IDENTITY}/kubelet"}}},
    ),
    Case(CLUSTER, "OIDC issuer feature", {"oidcIssuerProfile": {"enabled": False}}, OIDC, update=True),
    Case(
        CLUSTER,
        "Workload identity needs the OIDC issuer",
        {"securityProfile": {"workloadIdentity": {"enabled": True}}},
        {"securityProfile": {"workloadIdentity": {"enabled": True}}, **OIDC},
    ),
    Case(
        CLUSTER,
        "Local accounts can only be disabled",
        {"disableLocalAccounts": True},
        {"disableLocalAccounts": True, "aadProfile": {"managed": True}},
    ),
    Case(
        CLUSTER,
        "Cost analysis needs",
        {"sku": {"tier": "Free"}, "metricsProfile": {"costAnalysis": {"enabled": True}}},
        {"sku": {"tier": "Standard"}, "metricsProfile": {"costAnalysis": {"enabled": True}}},
    ),
    Case(
        CLUSTER,
        "Long-term support needs",
        {"sku": {"tier": "Standard"}, "supportPlan": "AKSLongTermSupport"},
        {"sku": {"tier": "Premium"}, "supportPlan": "AKSLongTermSupport"},
    ),
    Case(
        CLUSTER,
        "Application routing with Istio needs",
        {"ingressProfile": {"webAppRouting": ISTIO}},
        {"ingressProfile": {"webAppRouting": ISTIO, "gatewayAPI": {"installation": "Standard"}}},
    ),
]


def _of_both(row: str, bad: dict[str, Any], good: dict[str, Any] | None = None, **more: Any) -> list[Case]:
    """A row that holds for a pool in a cluster's body and for one of its own."""
    inside = Case(CLUSTER, row, pools(bad), pools(good or {}), **more)
    return [inside, Case(POOL, row, {"mode": "System", **bad}, {"mode": "System", **(good or {})}, **more)]


POOL_CASES = [
    *_of_both("is delegated to other services", {"vnetSubnetID": POSTGRES}, {"vnetSubnetID": NODES}),
    *_of_both("The VM size of", {"vmSize": "D2s_v5"}),
    *_of_both("System node pool must use VM sku", {"vmSize": "Standard_B1ms"}, {"vmSize": "Standard_B2ms"}),
    *_of_both("System node pool must use VM sku", {"vmSize": "Standard_B2ats_v2"}),
    *_of_both("A system pool needs at least one node", {"count": 0}),
    *_of_both("do not fit the autoscaler", {**SCALING, "maxCount": 0}, SCALING),
    *_of_both("do not fit the autoscaler", {"minCount": 1, "maxCount": 2}),
    *_of_both("must be 10 or more", {"maxPods": 9}, {"maxPods": 10}),
    *_of_both("must be 250 or less", {"maxPods": 251}, {"maxPods": 250}),
    *_of_both("Insufficient vcpu quota", {"count": 6}, {"count": 4}, quotas=Quotas(family_vcpus=10)),
    *_of_both("Insufficient vcpu quota", {"count": 6}, {"count": 4}, quotas=Quotas(regional_vcpus=10)),
    Case(POOL, "All node pools must be in the same", {"vnetSubnetID": OTHER_NODES}, {"vnetSubnetID": PLAIN}),
    Case(
        POOL, "A system pool cannot be a spot pool", {"scaleSetPriority": "Spot", "mode": "System"}, {"mode": "System"}
    ),
    Case(POOL, "cannot create already existing resource", {"agentPoolName": "system"}),
    Case(WINDOW, "The maintenance configuration name", {"configName": "nightly"}),
    Case(WINDOW, "must have 4 to 24 hours", {"maintenanceWindow": {"durationHours": 3}}),
    Case(WINDOW, "takes a maintenanceWindow", {"configName": "default"}),
]

NETWORK_CASES = [
    Case(
        SUBNET, "The smallest subnet is a /29", {"addressPrefix": "10.100.9.0/30"}, {"addressPrefix": "10.100.9.0/29"}
    ),
    Case(SUBNET, "specified on a delegation", {"delegations": [{"serviceName": "Microsoft.Sql"}]}, DELEGATED),
    Case(
        SUBNET,
        "is missing required delegations",
        {"delegations": []},
        {"subnetName": "postgres", "addressPrefix": "10.100.4.0/24", **DELEGATED},
        update=True,
    ),
    Case(
        SUBNET,
        "is in use by",
        {"addressPrefix": "10.100.8.0/24"},
        {"subnetName": "postgres", "addressPrefix": "10.100.4.0/24", **DELEGATED},
        update=True,
    ),
    Case(ADDRESS, "IPv4 Basic SKU", {"sku": {"name": "Basic"}}),
    Case(ADDRESS, "must have AllocationMethod", {"publicIPAllocationMethod": "Dynamic"}),
    Case(ADDRESS, "is already used by another", {"dnsSettings": {"domainNameLabel": "taken"}}),
    Case(ADDRESS, "Cannot create more than {found}", {}, {"location": "francecentral"}, quotas=Quotas(public_ips=1)),
    Case(
        PEERING,
        "overlapping address space",
        {"remoteVirtualNetwork": {"id": f"{NETWORK}/same"}},
        {"remoteVirtualNetwork": {"id": f"{NETWORK}/other"}},
    ),
    Case(
        PEERING,
        "cannot be peered with itself",
        {"remoteVirtualNetwork": {"id": f"{NETWORK}/empty"}, "virtualNetworkName": "empty"},
        {"remoteVirtualNetwork": {"id": f"{NETWORK}/other"}},
    ),
    Case(ENDPOINT, "since it is delegated", {"subnet": {"id": POSTGRES}, **TO_VAULT}, TO_VAULT),
    Case(ENDPOINT, "needs a subnet and one", {"privateLinkServiceConnections": []}, TO_VAULT),
    Case(ENDPOINT, "The sub-resource", link(VAULT, "blob"), TO_VAULT),
    Case(ENDPOINT, "takes no private endpoints", link(PRIVATE_SERVER, "postgresqlServer"), TO_VAULT),
    Case(ENDPOINT, "must be of the Premium SKU", link(REGISTRY, "registry"), TO_VAULT),
    Case(ZONES, "takes 1 to 5 zones", {"privateDnsZoneConfigs": []}),
    Case(ZONES, "takes one private DNS zone group", {"privateEndpointName": "full", "privateDnsZoneGroupName": "b"}),
]

DATA_CASES = [
    Case(SERVER, "Storage of", {"storage": {"storageSizeGB": 100}}, {"storage": {"storageSizeGB": 128}}),
    Case(
        SERVER,
        "Geo-redundant backup",
        {"backup": {"geoRedundantBackup": "Enabled"}},
        {"backup": {"geoRedundantBackup": "Disabled"}},
        update=True,
    ),
    Case(
        SERVER,
        "The zone of the standby",
        {"highAvailability": STAND_BY, "availabilityZone": "2"},
        {"highAvailability": STAND_BY, "availabilityZone": "1"},
    ),
    Case(
        SERVER,
        "Conflicting configuration is detected",
        {"network": {**IN_NETWORK["network"], "publicNetworkAccess": "Enabled"}},
        IN_NETWORK,
    ),
    Case(SERVER, "A private DNS zone needs", {"network": {"privateDnsZoneArmResourceId": ZONE}}, IN_NETWORK),
    Case(
        SERVER,
        "must hold flexible servers only",
        {"network": {**IN_NETWORK["network"], "delegatedSubnetResourceId": f"{NETWORK}/vnet/subnets/mixed"}},
        IN_NETWORK,
    ),
    Case(
        SERVER,
        "exceeding approved vCores",
        {"sku": {"name": "Standard_D8ds_v5", "tier": "GeneralPurpose"}},
        quotas=Quotas(postgres_vcores=6),
    ),
    Case(DATABASE, "is reserved", {"databaseName": "azure_sys"}),
    Case(RECORDS, "The TTL", {"ttl": 0}, {"ttl": 2**31 - 1}),
    Case(RECORDS, "takes at most 20 records", {"aRecords": [ONE] * 21}, {"aRecords": [ONE] * 20}),
    Case(RECORDS, "not both", {"targetResource": {"id": f"{GROUP}/x/y"}}, {"aRecords": [TWO]}),
    Case(
        RECORDS,
        "at most 4096 characters",
        {"recordType": "TXT", "aRecords": None, "txtRecords": [{"value": ["x" * 255] * 17}]},
        {"recordType": "TXT", "aRecords": None, "txtRecords": [{"value": ["x" * 255] * 16}]},
    ),
    Case(
        ACCOUNT,
        "SubnetsHaveNoServiceEndpointsConfigured",
        {"networkRuleSet": {"virtualNetworkRules": [{"virtualNetworkResourceId": PLAIN}]}},
        {"networkRuleSet": {"virtualNetworkRules": [{"virtualNetworkResourceId": NODES}]}},
    ),
    Case(
        ACCOUNT,
        "networkAcls.ipRule",
        {"networkRuleSet": {"ipRules": [{"iPAddressOrRange": "10.0.0.1"}]}},
        {"networkRuleSet": {"ipRules": [{"iPAddressOrRange": "203.0.113.0/24"}]}},
    ),
    Case(ACCOUNT, "Hierarchical namespace", {"isHnsEnabled": True, "kind": "Storage"}, {"isHnsEnabled": True}),
    Case(ACCOUNT, "Premium accounts take", {"sku": {"name": "Premium_GRS"}}, {"sku": {"name": "Premium_ZRS"}}),
    Case(BLOBS, "is always called 'default'", {"blobServicesName": "own"}),
    Case(POLICY, "is always called 'default'", {"managementPolicyName": "own"}),
    Case(
        BLOBS,
        "is not from 1 to 365",
        {"deleteRetentionPolicy": {"enabled": True, "days": 366}},
        {"deleteRetentionPolicy": {"enabled": True, "days": 365}},
    ),
]

VAULT_CASES = [
    Case(KEY_VAULT, "provided for 'tenantId'", vault(tenantId="mine"), vault()),
    Case(KEY_VAULT, "enableSoftDelete", vault(enableSoftDelete=False), vault(enableSoftDelete=True)),
    Case(KEY_VAULT, "must be from 7 to 90", vault(softDeleteRetentionInDays=6), vault(softDeleteRetentionInDays=7)),
    Case(KEY_VAULT, "has been set already", vault(softDeleteRetentionInDays=8), vault(), update=True),
    Case(KEY_VAULT, "enablePurgeProtection", vault(), vault(enablePurgeProtection=True), update=True),
    Case(
        KEY_VAULT,
        "service endpoint Microsoft.KeyVault",
        vault(networkAcls={"virtualNetworkRules": [{"id": PLAIN}]}),
        vault(networkAcls={"virtualNetworkRules": [{"id": NODES}]}),
    ),
    Case(ACR, "is not one of", {"sku": {"name": "Gold"}}),
    Case(ACR, "use Premium", {"zoneRedundancy": "Enabled"}, {"zoneRedundancy": "Enabled", "sku": {"name": "Premium"}}),
    Case(LOGS, "doesn't match the SKU limits", {"retentionInDays": 7}, {"retentionInDays": 730}),
    Case(SETTING, "At least one data sink", {"workspaceId": None}),
    Case(SETTING, "At least one log or metric", {"logs": []}),
    Case(SETTING, "Only one of category", {"logs": [{"category": "AuditEvent"}, {"categoryGroup": "audit"}]}),
    Case(SETTING, "can't be reused in different settings", {"resourceUri": REGISTRY}),
    Case(SETTING, "at most five", {"resourceUri": PRIVATE_SERVER}),
]

CASES = [*CLUSTER_CASES, *POOL_CASES, *NETWORK_CASES, *DATA_CASES, *VAULT_CASES]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> State:
    """The state of a subscription in which every base body passes."""
    state = new_state(tmp_path_factory.mktemp("template"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sandbox.azure.operations._WRITE_SECONDS", 0)
        _furnish(new_azure(state, patch))
    return state


@pytest.fixture
def furnished(template: State, azure: Azure) -> Azure:
    """A copy of it for one test."""
    shutil.copytree(template.root, azure.subscription.state.root, dirs_exist_ok=True)
    return azure


def _furnish(azure: Azure) -> None:
    for name, prefix in (("vnet", "10.100.0.0/16"), ("other", "10.200.0.0/16"), ("same", "10.100.0.0/24")):
        _network(azure, name, prefix)
    _network(azure, "empty", "10.210.0.0/16")
    endpoints = [{"service": "Microsoft.Storage"}, {"service": "Microsoft.KeyVault"}]
    _subnet(azure, "nodes", "10.100.0.0/22", serviceEndpoints=endpoints)
    _subnet(azure, "postgres", "10.100.4.0/24", **DELEGATED)
    _subnet(azure, "plain", "10.100.5.0/24")
    mixed = _subnet(azure, "mixed", "10.100.6.0/24")
    _subnet(azure, "api", "10.100.7.0/28", delegations=[{"serviceName": "Microsoft.ContainerService/managedClusters"}])
    _subnet(azure, "nodes", "10.200.0.0/22", virtualNetworkName="other")
    _subnet(azure, "small", "10.100.10.0/29")
    nat, sku = "azure-native:network:NatGateway", {"name": "Standard"}
    address = _make(azure, ADDRESS, publicIpAddressName="out", location="northeurope")
    out = azure.create(nat, natGatewayName="out", sku=sku, publicIpAddresses=[{"id": address.id}])
    _subnet(azure, "natted", "10.100.11.0/24", natGateway={"id": out.id})
    nowhere = azure.create(nat, natGatewayName="nowhere", sku=sku)
    _subnet(azure, "natted-nowhere", "10.100.12.0/24", natGateway={"id": nowhere.id})
    zone = azure.create("azure-native:privatedns:PrivateZone", privateZoneName=ZONE.rsplit("/", 1)[-1])
    link_ = {"privateZoneName": zone.name, "virtualNetworkLinkName": "l", "registrationEnabled": False}
    azure.create("azure-native:privatedns:VirtualNetworkLink", **link_, virtualNetwork={"id": f"{NETWORK}/vnet"})
    identity = "azure-native:managedidentity:UserAssignedIdentity"
    plane, kubelet = (azure.create(identity, resourceName=name) for name in ("plane", "kubelet"))
    azure.create(
        "azure-native:authorization:RoleAssignment",
        scope=kubelet.id,
        roleAssignmentName="33333333-3333-4333-8333-333333333333",
        principalId=plane.outputs["principalId"],
        principalType="ServicePrincipal",
        roleDefinitionId=OPERATOR,
    )
    _make(azure, CLUSTER, resourceName="shared", location="northeurope", **pools({"vnetSubnetID": NODES}))
    _make(azure, SERVER, serverName="private", **IN_NETWORK)
    _make(azure, ADDRESS, publicIpAddressName="first", dnsSettings={"domainNameLabel": "taken"}, location="westeurope")
    azure.create("azure-native:dns:Zone", zoneName="dev.example.com")
    _make(azure, ACCOUNT, accountName="existing")
    _make(azure, KEY_VAULT, vaultName="shop-vault", **vault())
    _make(azure, ACR, registryName="basic1")
    _make(azure, LOGS, workspaceName="logs-1")
    _make(azure, ENDPOINT, privateEndpointName="vault-endpoint", **TO_VAULT)
    _make(azure, ENDPOINT, privateEndpointName="full", **TO_VAULT)
    _make(azure, ENDPOINT, privateEndpointName="mixed", subnet={"id": mixed.id}, **TO_VAULT)
    azure.update(mixed, **DELEGATED)
    _make(azure, ZONES, privateEndpointName="full")
    _make(azure, SETTING, resourceUri=REGISTRY, name="first")
    for number in range(5):
        partner = {"workspaceId": None, "marketplacePartnerId": str(number)}
        _make(azure, SETTING, resourceUri=PRIVATE_SERVER, name=f"n{number}", **partner)


def _network(azure: Azure, name: str, prefix: str) -> None:
    space = {"addressPrefixes": [prefix]}
    azure.create("azure-native:network:VirtualNetwork", virtualNetworkName=name, addressSpace=space)


def _subnet(azure: Azure, name: str, prefix: str, **inputs: Any) -> Resource:
    return azure.create(SUBNET, **{"virtualNetworkName": "vnet", "subnetName": name, "addressPrefix": prefix, **inputs})


def _make(azure: Azure, token: str, **inputs: Any) -> Resource:
    body = {name: value for name, value in {**BASE[token], **inputs}.items() if value is not None}
    return azure.create(token, **body)


def row_of(case: Case) -> Refusal:
    (row,) = [each for each in KINDS[case.token].refusals if case.row in each.message]
    return row


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_body_passes_and_another_is_refused(furnished: Azure, case: Case) -> None:
    furnished.subscription = replace(furnished.subscription, quotas=case.quotas)
    row = row_of(case)
    if case.update:
        kind = KINDS[case.token]
        present = furnished.store.get(
            kind.id_of(SUBSCRIPTION, {"resourceGroupName": "g", **BASE[case.token], **case.good})
        )
        made = present or _make(furnished, case.token, **case.good)
        furnished.update(made)
        with pytest.raises(ArmError) as refused:
            furnished.update(made, **case.bad)
    else:
        with pytest.raises(ArmError) as refused:
            _make(furnished, case.token, **case.bad)
        _make(furnished, case.token, **case.good)
    assert (refused.value.status, refused.value.code) == (row.status, row.code)
    words = re.sub(r"\\{\w+\\}", "(.+)", re.escape(row.message))
    assert re.fullmatch(words, refused.value.message), refused.value.message


def test_every_row_has_its_case() -> None:
    """A row without one could be wrong without anybody noticing."""
    tested = {(case.token, row_of(case).message) for case in CASES}
    rows = {(token, row.message) for token, kind in KINDS.items() for row in kind.refusals}
    assert rows - tested == set()


@pytest.mark.parametrize("token", sorted(token for token, kind in KINDS.items() if kind.refusals))
def test_every_row_says_where_it_is_written(token: str) -> None:
    for row in KINDS[token].refusals:
        assert re.match(r"[\w-]+(/|: )", row.source) or row.source.startswith("what "), row
