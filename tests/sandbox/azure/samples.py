"""One resource of every kind, in the order in which they can be made."""

from collections.abc import Callable
from typing import Any

from tests.sandbox.azure.world import SUBSCRIPTION, TENANT

_GROUP = {"resourceGroupName": "g"}
_ROLES = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
_PASSWORD = "Hunter2Hunter2"
GROUP_OBJECT = "33333333-3333-4333-8333-333333333333"

Outputs = dict[str, dict[str, Any]]
"""What was made so far: outputs and `id` by token."""
Inputs = Callable[[Outputs], dict[str, Any]]

SAMPLES: dict[str, Inputs] = {
    "azure-native:resources:ResourceGroup": lambda made: {**_GROUP, "location": "westeurope", "tags": {"a": "b"}},
    "azure-native:network:VirtualNetwork": lambda made: {
        **_GROUP,
        "virtualNetworkName": "vnet",
        "addressSpace": {"addressPrefixes": ["10.100.0.0/16"]},
    },
    "azure-native:network:NetworkSecurityGroup": lambda made: {
        **_GROUP,
        "networkSecurityGroupName": "nsg",
        "securityRules": [
            {
                "name": "web",
                "priority": 100,
                "direction": "Inbound",
                "access": "Allow",
                "protocol": "Tcp",
                "sourceAddressPrefix": "*",
                "sourcePortRange": "*",
                "destinationAddressPrefix": "*",
                "destinationPortRange": "443",
            }
        ],
    },
    "azure-native:network:PublicIPAddress": lambda made: {
        **_GROUP,
        "publicIpAddressName": "ip",
        "publicIPAllocationMethod": "Static",
        "sku": {"name": "Standard"},
        "dnsSettings": {"domainNameLabel": "shop"},
    },
    "azure-native:network:NatGateway": lambda made: {
        **_GROUP,
        "natGatewayName": "nat",
        "sku": {"name": "Standard"},
        "publicIpAddresses": [{"id": made["azure-native:network:PublicIPAddress"]["id"]}],
    },
    "azure-native:network:Subnet": lambda made: {
        **_GROUP,
        "virtualNetworkName": "vnet",
        "subnetName": "postgres",
        "addressPrefix": "10.100.0.0/24",
        "privateEndpointNetworkPolicies": "Disabled",
        "natGateway": {"id": made["azure-native:network:NatGateway"]["id"]},
        "networkSecurityGroup": {"id": made["azure-native:network:NetworkSecurityGroup"]["id"]},
        "delegations": [{"name": "pg", "serviceName": "Microsoft.DBforPostgreSQL/flexibleServers"}],
    },
    "azure-native:privatedns:PrivateZone": lambda made: {
        **_GROUP,
        "privateZoneName": "shop.postgres.database.azure.com",
        "location": "global",
    },
    "azure-native:privatedns:VirtualNetworkLink": lambda made: {
        **_GROUP,
        "privateZoneName": "shop.postgres.database.azure.com",
        "virtualNetworkLinkName": "link",
        "location": "global",
        "registrationEnabled": False,
        "virtualNetwork": {"id": made["azure-native:network:VirtualNetwork"]["id"]},
    },
    "azure-native:managedidentity:UserAssignedIdentity": lambda made: {**_GROUP, "resourceName": "shop"},
    "azure-native:managedidentity:FederatedIdentityCredential": lambda made: {
        **_GROUP,
        "resourceName": "shop",
        "federatedIdentityCredentialResourceName": "web",
        "issuer": "https://issuer",
        "subject": "system:serviceaccount:shop:web",
        "audiences": ["api://AzureADTokenExchange"],
    },
    "azure-native:storage:StorageAccount": lambda made: {
        **_GROUP,
        "accountName": "shopdata",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "minimumTlsVersion": "TLS1_2",
        "allowBlobPublicAccess": False,
    },
    "azure-native:storage:BlobContainer": lambda made: {
        **_GROUP,
        "accountName": "shopdata",
        "containerName": "data",
        "publicAccess": "None",
    },
    "azure-native:storage:BlobServiceProperties": lambda made: {
        **_GROUP,
        "accountName": "shopdata",
        "blobServicesName": "default",
        "isVersioningEnabled": True,
    },
    "azure-native:storage:ManagementPolicy": lambda made: {
        **_GROUP,
        "accountName": "shopdata",
        "managementPolicyName": "default",
        "policy": {
            "rules": [
                {
                    "name": "expire",
                    "type": "Lifecycle",
                    "enabled": True,
                    "definition": {
                        "actions": {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 7}}},
                        "filters": {"blobTypes": ["blockBlob"]},
                    },
                }
            ]
        },
    },
    "azure-native:authorization:RoleAssignment": lambda made: {
        "scope": made["azure-native:storage:StorageAccount"]["id"],
        "roleAssignmentName": "44444444-4444-4444-8444-444444444444",
        "principalId": made["azure-native:managedidentity:UserAssignedIdentity"]["principalId"],
        "principalType": "ServicePrincipal",
        "roleDefinitionId": f"{_ROLES}/ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    },
    "azure-native:containerservice:ManagedCluster": lambda made: {
        **_GROUP,
        "resourceName": "aks",
        "dnsPrefix": "aks",
        "kubernetesVersion": "1.34",
        "identity": {
            "type": "UserAssigned",
            "userAssignedIdentities": [made["azure-native:managedidentity:UserAssignedIdentity"]["id"]],
        },
        "agentPoolProfiles": [{"name": "system", "mode": "System", "count": 1, "vmSize": "Standard_D2s_v5"}],
        "aadProfile": {"managed": True, "enableAzureRBAC": True},
        "oidcIssuerProfile": {"enabled": True},
        "networkProfile": {"networkPlugin": "azure", "serviceCidr": "172.16.0.0/16", "dnsServiceIP": "172.16.0.10"},
    },
    "azure-native:containerservice:AgentPool": lambda made: {
        **_GROUP,
        "resourceName": "aks",
        "agentPoolName": "apps",
        "mode": "User",
        "type": "VirtualMachineScaleSets",
        "vmSize": "Standard_D2s_v5",
        "count": 1,
    },
    "azure-native:containerservice:MaintenanceConfiguration": lambda made: {
        **_GROUP,
        "resourceName": "aks",
        "configName": "aksManagedAutoUpgradeSchedule",
        "maintenanceWindow": {
            "durationHours": 4,
            "startTime": "02:00",
            "schedule": {"weekly": {"intervalWeeks": 1, "dayOfWeek": "Sunday"}},
        },
    },
    "azure-native:dbforpostgresql:Server": lambda made: {
        **_GROUP,
        "serverName": "shop-server",
        "version": "17",
        "sku": {"name": "Standard_B1ms", "tier": "Burstable"},
        "storage": {"storageSizeGB": 32, "autoGrow": "Enabled"},
        "administratorLogin": "boss",
        "administratorLoginPassword": _PASSWORD,
        "authConfig": {"activeDirectoryAuth": "Enabled", "passwordAuth": "Enabled", "tenantId": TENANT},
        "network": {
            "delegatedSubnetResourceId": made["azure-native:network:Subnet"]["id"],
            "privateDnsZoneArmResourceId": made["azure-native:privatedns:PrivateZone"]["id"],
        },
    },
    "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra": lambda made: {
        **_GROUP,
        "serverName": "shop-server",
        "objectId": GROUP_OBJECT,
        "principalName": "platform-team",
        "principalType": "Group",
        "tenantId": TENANT,
    },
    "azure-native:dbforpostgresql:Configuration": lambda made: {
        **_GROUP,
        "serverName": "shop-server",
        "configurationName": "azure.extensions",
        "value": "pg_trgm",
        "source": "user-override",
    },
    "azure-native:dbforpostgresql:Database": lambda made: {
        **_GROUP,
        "serverName": "shop-server",
        "databaseName": "shop",
        "charset": "UTF8",
        "collation": "en_US.utf8",
    },
    "azure-native:dns:Zone": lambda made: {
        **_GROUP,
        "zoneName": "dev.example.com",
        "location": "global",
        "zoneType": "Public",
    },
    "azure-native:dns:RecordSet": lambda made: {
        **_GROUP,
        "zoneName": "dev.example.com",
        "recordType": "A",
        "relativeRecordSetName": "www",
        "ttl": 300,
        "aRecords": [{"ipv4Address": made["azure-native:network:PublicIPAddress"]["ipAddress"]}],
    },
    "azure-native:keyvault:Vault": lambda made: {
        **_GROUP,
        "vaultName": "shop-vault",
        "properties": {
            "tenantId": TENANT,
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": True,
        },
    },
    "azure-native:network:PrivateEndpoint": lambda made: {
        **_GROUP,
        "privateEndpointName": "shop-vault",
        "subnet": {"id": made["azure-native:network:Subnet"]["id"]},
        "privateLinkServiceConnections": [
            {
                "name": "vault",
                "privateLinkServiceId": made["azure-native:keyvault:Vault"]["id"],
                "groupIds": ["vault"],
            }
        ],
    },
    "azure-native:network:PrivateDnsZoneGroup": lambda made: {
        **_GROUP,
        "privateEndpointName": "shop-vault",
        "privateDnsZoneGroupName": "default",
        "privateDnsZoneConfigs": [
            {"name": "vault", "privateDnsZoneId": made["azure-native:privatedns:PrivateZone"]["id"]}
        ],
    },
    "azure-native:operationalinsights:Workspace": lambda made: {
        **_GROUP,
        "workspaceName": "logs",
        "sku": {"name": "PerGB2018"},
        "retentionInDays": 30,
    },
    "azure-native:monitor:DiagnosticSetting": lambda made: {
        "resourceUri": made["azure-native:containerservice:ManagedCluster"]["id"],
        "name": "control-plane",
        "workspaceId": made["azure-native:operationalinsights:Workspace"]["id"],
        "logs": [{"category": "guard", "enabled": True}],
    },
    "azure-native:monitor:DataCollectionRule": lambda made: {
        **_GROUP,
        "dataCollectionRuleName": "MSCI-aks",
        "kind": "Linux",
        "destinations": {
            "logAnalytics": [
                {
                    "name": "workspace",
                    "workspaceResourceId": made["azure-native:operationalinsights:Workspace"]["id"],
                }
            ]
        },
    },
    "azure-native:monitor:DataCollectionRuleAssociation": lambda made: {
        "resourceUri": made["azure-native:containerservice:ManagedCluster"]["id"],
        "associationName": "ContainerInsightsExtension",
        "dataCollectionRuleId": made["azure-native:monitor:DataCollectionRule"]["id"],
    },
    "azure-native:authorization:ManagementLockByScope": lambda made: {
        "scope": made["azure-native:keyvault:Vault"]["id"],
        "lockName": "keep",
        "level": "CanNotDelete",
    },
}
# The server above is private, so the sample of a rule needs a public one.
PUBLIC_SERVER: Inputs = lambda made: {  # noqa: E731 - as the samples above
    **_GROUP,
    "serverName": "public-server",
    "version": "17",
    "sku": {"name": "Standard_B1ms", "tier": "Burstable"},
    "storage": {"storageSizeGB": 32},
    "authConfig": {"activeDirectoryAuth": "Enabled", "passwordAuth": "Disabled", "tenantId": TENANT},
    "network": {"publicNetworkAccess": "Enabled"},
}
FIREWALL_RULE: Inputs = lambda made: {  # noqa: E731 - as the samples above
    **_GROUP,
    "serverName": "public-server",
    "firewallRuleName": "office",
    "startIpAddress": "203.0.113.1",
    "endIpAddress": "203.0.113.8",
}
