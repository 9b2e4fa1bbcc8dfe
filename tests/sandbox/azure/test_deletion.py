"""What Azure lets go, what it keeps, and what of a deleted thing is still there."""

import pytest

from sandbox.azure.errors import ArmError
from tests.sandbox.azure.test_operations import (
    CLUSTER,
    GROUP,
    IDENTITY,
    NETWORK,
    RECORDS,
    VAULT,
    cluster,
    network,
    refusal,
    server,
    subnet,
    zone,
)
from tests.sandbox.azure.world import TENANT, Azure

POOL = "azure-native:containerservice:AgentPool"
PEERING = "azure-native:network:VirtualNetworkPeering"
WORKSPACE = "azure-native:operationalinsights:Workspace"
BODY = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}}
RECOVER = {**BODY, "createMode": "recover"}


def test_a_vault_is_recovered_only_where_it_was(azure: Azure) -> None:
    azure.create(GROUP, resourceGroupName="other")
    with refusal("SoftDeletedVaultDoesNotExist"):
        azure.create(VAULT, vaultName="shop-vault", properties=RECOVER)
    azure.delete(azure.create(VAULT, vaultName="shop-vault", properties=BODY))
    with refusal("SoftDeletedVaultDoesNotExist"):
        azure.create(VAULT, vaultName="shop-vault", properties=RECOVER, resourceGroupName="other")
    azure.create(VAULT, vaultName="shop-vault", properties=RECOVER)
    azure.create(VAULT, vaultName="another", properties=BODY)


def test_a_vault_in_a_deleted_group_is_soft_deleted_too(azure: Azure) -> None:
    azure.create(VAULT, vaultName="shop-vault", properties=BODY)
    azure.delete(azure.store.list()[0])
    azure.create(GROUP, resourceGroupName="g")
    with refusal("ConflictError"):
        azure.create(VAULT, vaultName="shop-vault", properties=BODY)


def test_a_workspace_made_again_is_the_deleted_one(azure: Azure) -> None:
    azure.delete(azure.create(WORKSPACE, workspaceName="logs"))
    with refusal("Conflict"):
        azure.create(WORKSPACE, workspaceName="logs", location="northeurope")
    azure.create(WORKSPACE, workspaceName="logs")
    with azure.store.reading() as transaction:
        assert transaction.all_deleted() == []


def test_a_peered_network_stays(azure: Azure) -> None:
    vnet = network(azure)
    other = azure.create(NETWORK, virtualNetworkName="o", addressSpace={"addressPrefixes": ["10.200.0.0/16"]})
    peering = azure.create(
        PEERING, virtualNetworkName="vnet", virtualNetworkPeeringName="p", remoteVirtualNetwork={"id": other.id}
    )
    assert peering.outputs["peeringState"] == "Initiated"
    back = azure.create(
        PEERING, virtualNetworkName="o", virtualNetworkPeeringName="p", remoteVirtualNetwork={"id": vnet.id}
    )
    assert back.outputs["peeringState"] == "Connected"
    with refusal("InUseVirtualNetworkCannotBeDeleted"):
        azure.delete(vnet)
    azure.delete(peering)
    azure.delete(vnet)


def test_the_last_system_pool_stays(azure: Azure) -> None:
    made = cluster(azure)
    body = {"resourceName": "aks", "vmSize": "Standard_D2s_v5", "count": 1}
    second = azure.create(POOL, agentPoolName="second", mode="System", **body)
    user = azure.create(POOL, agentPoolName="apps", mode="User", **body)
    azure.delete(second)
    azure.delete(user)
    with azure.store.writing() as transaction:  # a cluster whose own pool somebody made a user pool
        made.inputs["agentPoolProfiles"][0]["mode"] = "User"
        transaction.put(made)
    last = azure.create(POOL, agentPoolName="last", mode="System", **body)
    with refusal("OperationNotAllowed"):
        azure.delete(last)
    azure.delete(made)
    assert azure.store.list(tokens=[CLUSTER, POOL]) == []


def test_what_a_zone_brings_stays(azure: Azure) -> None:
    zone(azure)
    made = azure.create(
        RECORDS,
        zoneName="dev.example.com",
        relativeRecordSetName="sub",
        recordType="NS",
        ttl=60,
        nsRecords=[{"nsdname": "ns.example."}],
    )
    azure.delete(made)
    with azure.store.writing() as transaction:
        apex = transaction.put(type(made)(**{**made.__dict__, "id": f"{made.id.rsplit('/', 1)[0]}/@"}))
    with pytest.raises(ArmError, match="The NS record set at the apex cannot be deleted"):
        azure.delete(apex)


def test_an_identity_goes_though_a_cluster_points_at_it(azure: Azure) -> None:
    """entra/identity/managed-identities-azure-resources: what points at it keeps the reference."""
    identity = azure.create(IDENTITY, resourceName="plane")
    cluster(azure, identity={"type": "UserAssigned", "userAssignedIdentities": [identity.id]})
    azure.delete(identity)
    assert azure.get(identity) is None


def test_a_server_takes_its_databases_along(azure: Azure) -> None:
    made = server(azure)
    database = azure.create("azure-native:dbforpostgresql:Database", serverName="srv", databaseName="shop")
    azure.delete(made)
    assert azure.get(database) is None


def test_a_firewall_that_lets_a_subnet_in_does_not_keep_it(azure: Azure) -> None:
    network(azure)
    made = subnet(azure, "nodes", "10.100.0.0/24")
    azure.update(made, serviceEndpoints=[{"service": "Microsoft.Storage"}])
    azure.create(
        "azure-native:storage:StorageAccount",
        accountName="shopdata",
        kind="StorageV2",
        sku={"name": "Standard_LRS"},
        networkRuleSet={"virtualNetworkRules": [{"virtualNetworkResourceId": made.id}]},
    )
    azure.delete(made)
    assert azure.get(made) is None
