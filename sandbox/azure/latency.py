"""How long Azure takes, by kind and operation, scaled by `SANDBOX_AZURE_LATENCY`: 0, the default, is no time at all.

Seconds with "logs" are what users saw in public logs of azure-native and Terraform, the others are estimates: an order
of magnitude, no more. azure-native asks for the end of an operation every 10 s, of a deletion every 30 s
(pulumi-azure-native: provider/pkg/azure/client_azcore.go), which these figures contain.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.errors import SandboxError

VARIABLE = "SANDBOX_AZURE_LATENCY"
OPERATIONS = ("create", "update", "delete")

# By token: to create, update and delete one
SECONDS: Mapping[str, tuple[float, float, float]] = {
    # logs: group 2 s; a deletion waits for what is in it, here that is counted with each resource, 21 s when empty
    "azure-native:resources:ResourceGroup": (2, 2, 21),
    # logs: 25 and 26 s
    "azure-native:authorization:RoleAssignment": (25, 5, 5),
    "azure-native:authorization:ManagementLockByScope": (2, 2, 2),
    # logs: 8 s
    "azure-native:network:VirtualNetwork": (8, 8, 12),
    "azure-native:network:VirtualNetworkPeering": (12, 12, 12),
    "azure-native:network:Subnet": (8, 8, 12),
    "azure-native:network:NetworkSecurityGroup": (4, 4, 12),
    "azure-native:network:NatGateway": (12, 12, 12),
    "azure-native:network:PublicIPAddress": (4, 4, 12),
    "azure-native:network:PrivateEndpoint": (60, 30, 60),
    "azure-native:network:PrivateDnsZoneGroup": (12, 12, 12),
    "azure-native:privatedns:PrivateZone": (35, 35, 35),
    "azure-native:privatedns:VirtualNetworkLink": (35, 35, 35),
    "azure-native:dns:Zone": (5, 5, 12),
    "azure-native:dns:RecordSet": (2, 2, 2),
    "azure-native:managedidentity:UserAssignedIdentity": (3, 3, 3),
    "azure-native:managedidentity:FederatedIdentityCredential": (5, 5, 5),
    # logs: 219, 229, 258, 274, 285, 450 and 504 s; others tell of 15 min and more
    "azure-native:containerservice:ManagedCluster": (285, 120, 300),
    "azure-native:containerservice:AgentPool": (150, 60, 120),
    "azure-native:containerservice:MaintenanceConfiguration": (3, 3, 3),
    # logs: 28 and 60 s
    "azure-native:containerregistry:Registry": (28, 12, 15),
    # logs: 306 and 563 s; from nothing, with AKS, people tell of 15 to 25 min
    "azure-native:dbforpostgresql:Server": (306, 120, 60),
    # logs: 14 s
    "azure-native:dbforpostgresql:Database": (14, 12, 14),
    "azure-native:dbforpostgresql:Configuration": (25, 25, 25),
    "azure-native:dbforpostgresql:FirewallRule": (60, 60, 30),
    "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra": (60, 30, 60),
    # logs: 19 s
    "azure-native:storage:StorageAccount": (19, 5, 5),
    "azure-native:storage:BlobContainer": (1, 1, 1),
    "azure-native:storage:BlobServiceProperties": (2, 2, 2),
    "azure-native:storage:ManagementPolicy": (2, 2, 2),
    # logs: 135 s
    "azure-native:keyvault:Vault": (135, 30, 30),
    "azure-native:operationalinsights:Workspace": (35, 12, 30),
    "azure-native:monitor:DiagnosticSetting": (5, 5, 5),
    "azure-native:monitor:DataCollectionRule": (5, 5, 5),
    "azure-native:monitor:DataCollectionRuleAssociation": (5, 5, 5),
}
# A read, or a function that reads
_ASK = 0.5


def seconds(operation: str, token: str) -> float:
    """How long Azure takes for one call."""
    return SECONDS[token][OPERATIONS.index(operation)] if operation in OPERATIONS else _ASK


@dataclass
class Latency:
    """Takes the time that Azure would; `hurry` ends every wait, as nobody is there any more who would feel it."""

    scale: float
    hurry: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Latency | None":
        """What the environment asks for; None: no time at all."""
        given = environment.get(VARIABLE, "0")
        try:
            scale = float(given)
        except ValueError:
            scale = -1
        if not 0 <= scale <= 100:
            raise SandboxError(f"{VARIABLE}: '{given}' is not a number from 0 (none) over 1 (as Azure) to 100")
        return cls(scale) if scale else None

    def take(self, operation: str, token: str) -> None:
        """Wait; the caller holds no transaction, so that others go on meanwhile."""
        self.hurry.wait(self.scale * seconds(operation, token))
