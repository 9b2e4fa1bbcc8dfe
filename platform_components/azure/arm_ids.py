"""The ARM id of an Azure resource, worked out from its type and inputs, before anybody has asked Azure.

Needed where only the wish to make a resource is known: what a killed run was about to create. The components' own ids
come from Azure. Paths are those of the REST API: https://learn.microsoft.com/rest/api/azure/
"""

import re
from collections.abc import Mapping
from typing import Any

_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
_NETWORK = f"{_GROUP}/providers/Microsoft.Network"
_CLUSTER = f"{_GROUP}/providers/Microsoft.ContainerService/managedClusters/{{resourceName}}"
_SERVER = f"{_GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers/{{serverName}}"
_IDENTITY = f"{_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{{resourceName}}"
_ACCOUNT = f"{_GROUP}/providers/Microsoft.Storage/storageAccounts/{{accountName}}"
_PRIVATE_ZONE = f"{_NETWORK}/privateDnsZones/{{privateZoneName}}"

PATHS: Mapping[str, str] = {
    "authorization:ManagementLockByScope": "/{scope}/providers/Microsoft.Authorization/locks/{lockName}",
    "authorization:RoleAssignment": "/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
    "containerservice:AgentPool": f"{_CLUSTER}/agentPools/{{agentPoolName}}",
    "containerservice:MaintenanceConfiguration": f"{_CLUSTER}/maintenanceConfigurations/{{configName}}",
    "containerservice:ManagedCluster": _CLUSTER,
    "dbforpostgresql:AdministratorsMicrosoftEntra": f"{_SERVER}/administrators/{{objectId}}",
    "dbforpostgresql:Configuration": f"{_SERVER}/configurations/{{configurationName}}",
    "dbforpostgresql:FirewallRule": f"{_SERVER}/firewallRules/{{firewallRuleName}}",
    "dbforpostgresql:Server": _SERVER,
    "dns:RecordSet": f"{_NETWORK}/dnsZones/{{zoneName}}/{{recordType}}/{{relativeRecordSetName}}",
    "dns:Zone": f"{_NETWORK}/dnsZones/{{zoneName}}",
    "keyvault:Vault": f"{_GROUP}/providers/Microsoft.KeyVault/vaults/{{vaultName}}",
    "managedidentity:FederatedIdentityCredential": (
        f"{_IDENTITY}/federatedIdentityCredentials/{{federatedIdentityCredentialResourceName}}"
    ),
    "managedidentity:UserAssignedIdentity": _IDENTITY,
    "monitor:DataCollectionRule": (
        f"{_GROUP}/providers/Microsoft.Insights/dataCollectionRules/{{dataCollectionRuleName}}"
    ),
    "monitor:DataCollectionRuleAssociation": (
        "/{resourceUri}/providers/Microsoft.Insights/dataCollectionRuleAssociations/{associationName}"
    ),
    "monitor:DiagnosticSetting": "/{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
    "network:NatGateway": f"{_NETWORK}/natGateways/{{natGatewayName}}",
    "network:NetworkSecurityGroup": f"{_NETWORK}/networkSecurityGroups/{{networkSecurityGroupName}}",
    "network:PrivateDnsZoneGroup": (
        f"{_NETWORK}/privateEndpoints/{{privateEndpointName}}/privateDnsZoneGroups/{{privateDnsZoneGroupName}}"
    ),
    "network:PrivateEndpoint": f"{_NETWORK}/privateEndpoints/{{privateEndpointName}}",
    "network:PublicIPAddress": f"{_NETWORK}/publicIPAddresses/{{publicIpAddressName}}",
    "network:Subnet": f"{_NETWORK}/virtualNetworks/{{virtualNetworkName}}/subnets/{{subnetName}}",
    "network:VirtualNetwork": f"{_NETWORK}/virtualNetworks/{{virtualNetworkName}}",
    "privatedns:PrivateZone": _PRIVATE_ZONE,
    "privatedns:VirtualNetworkLink": f"{_PRIVATE_ZONE}/virtualNetworkLinks/{{virtualNetworkLinkName}}",
    "resources:ResourceGroup": _GROUP,
    "storage:BlobContainer": f"{_ACCOUNT}/blobServices/default/containers/{{containerName}}",
    "storage:BlobServiceProperties": f"{_ACCOUNT}/blobServices/{{blobServicesName}}",
    "storage:ManagementPolicy": f"{_ACCOUNT}/managementPolicies/{{managementPolicyName}}",
    "storage:StorageAccount": _ACCOUNT,
}
"""Of every type that this library makes, by `module:Type`; braces hold the names of inputs."""

_TOKEN = re.compile(r"azure-native:(?P<module>[A-Za-z0-9]+)(?:/v[0-9a-z]+)?:(?P<type>[A-Za-z0-9]+)")
_INPUT = re.compile(r"\{(\w+)\}")


def arm_id(token: str, inputs: Mapping[str, Any], subscription_id: str) -> str | None:
    """The id of the resource that `inputs` make, or None: another type, or an input that is not plain text."""
    matched = _TOKEN.fullmatch(token)
    path = PATHS.get(f"{matched['module']}:{matched['type']}") if matched else None
    if path is None:
        return None
    values = {"subscriptionId": subscription_id, **inputs}
    if not all(isinstance(values.get(name), str) for name in _INPUT.findall(path)):
        return None
    return "/" + _INPUT.sub(lambda found: values[found[1]].strip("/"), path).strip("/")


def subscription_of(resource_id: str) -> str | None:
    """The subscription that an ARM id lies in."""
    matched = re.match(r"/subscriptions/([^/]+)", resource_id, re.IGNORECASE)
    return matched[1] if matched else None
