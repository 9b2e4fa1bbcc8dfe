"""What the simulated Resource Manager takes and refuses, as a program would meet it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.azure.errors import ArmError, NotSimulatedError
from sandbox.azure.kinds import KINDS, kind_of
from sandbox.azure.store import Resource
from sandbox.azure.values import Secret
from tests.sandbox.azure.world import SUBSCRIPTION, TENANT, Azure

GROUP = "azure-native:resources:ResourceGroup"
NETWORK = "azure-native:network:VirtualNetwork"
SUBNET = "azure-native:network:Subnet"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
LOCK = "azure-native:authorization:ManagementLockByScope"
CLUSTER = "azure-native:containerservice:ManagedCluster"
SERVER = "azure-native:dbforpostgresql:Server"
ACCOUNT = "azure-native:storage:StorageAccount"
ZONE = "azure-native:dns:Zone"
RECORDS = "azure-native:dns:RecordSet"
VAULT = "azure-native:keyvault:Vault"
ROLES = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
READER = f"{ROLES}/acdd72a7-3385-48ef-bd42-f606fba81ae7"
IDENTITY_OPERATOR = f"{ROLES}/f1a07417-d97a-45cb-824c-7a7467783830"
GUID = "33333333-3333-4333-8333-333333333333"


def refusal(code: str) -> Any:
    return pytest.raises(ArmError, match=f'Code="{code}"')


def network(azure: Azure) -> Resource:
    return azure.create(NETWORK, virtualNetworkName="vnet", addressSpace={"addressPrefixes": ["10.100.0.0/16"]})


def subnet(azure: Azure, name: str, prefix: str, *delegations: str) -> Resource:
    services = [{"name": "d", "serviceName": service} for service in delegations]
    inputs = {"virtualNetworkName": "vnet", "subnetName": name, "addressPrefix": prefix}
    return azure.create(SUBNET, **inputs, **({"delegations": services} if services else {}))


def cluster(azure: Azure, **inputs: Any) -> Resource:
    pool = {"name": "system", "mode": "System", "count": 1, "vmSize": "Standard_D2s_v5"}
    base = {
        "resourceName": "aks",
        "dnsPrefix": "aks",
        "identity": {"type": "SystemAssigned"},
        "agentPoolProfiles": [pool],
    }
    return azure.create(CLUSTER, **{**base, **inputs})


def server(azure: Azure, **inputs: Any) -> Resource:
    base = {
        "serverName": "srv",
        "version": "17",
        "sku": {"name": "Standard_B1ms", "tier": "Burstable"},
        "storage": {"storageSizeGB": 32},
        "authConfig": {"activeDirectoryAuth": "Enabled", "passwordAuth": "Disabled", "tenantId": TENANT},
    }
    return azure.create(SERVER, **{**base, **inputs})


def zone(azure: Azure) -> Resource:
    return azure.create(ZONE, zoneName="dev.example.com")


def record(azure: Azure, name: str = "www", record_type: str = "A", **inputs: Any) -> Resource:
    records = inputs or {"aRecords": [{"ipv4Address": "10.0.0.1"}]}
    base = {"zoneName": "dev.example.com", "relativeRecordSetName": name, "recordType": record_type, "ttl": 300}
    return azure.create(RECORDS, **base, **records)


def test_a_resource_gets_its_id_and_outputs_and_is_kept(azure: Azure) -> None:
    account = azure.create(ACCOUNT, accountName="shopdata", kind="StorageV2", sku={"name": "Standard_LRS"})
    where = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g"
    assert account.id == f"{where}/providers/Microsoft.Storage/storageAccounts/shopdata"
    assert account.outputs["primaryEndpoints"]["blob"] == "https://shopdata.blob.core.windows.net/"
    assert account.outputs["type"] == "Microsoft.Storage/storageAccounts"
    assert "resourceGroupName" not in account.outputs
    kept = azure.get(account)
    assert kept is not None
    assert kept.outputs == account.outputs


def test_creating_what_exists_is_refused(azure: Azure) -> None:
    zone(azure)
    with pytest.raises(ArmError, match="cannot create already existing resource"):
        azure.create(ZONE, zoneName="DEV.example.com")


def test_a_parent_must_exist(azure: Azure) -> None:
    with refusal("ParentResourceNotFound"):
        record(azure)
    with refusal("ResourceGroupNotFound"):
        azure.create(ZONE, resourceGroupName="nowhere", zoneName="dev.example.com")


def test_global_names_are_global(azure: Azure) -> None:
    other = {"resourceGroupName": "other"}
    azure.create(GROUP, **other)
    account: dict[str, Any] = {"accountName": "shopdata", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    azure.create(ACCOUNT, **account)
    with refusal("StorageAccountAlreadyTaken"):
        azure.create(ACCOUNT, **account, **other)
    server(azure)
    with refusal("ServerNameAlreadyExists"):
        server(azure, **other)


def test_a_secret_never_reaches_the_store(azure: Azure) -> None:
    auth = {"authConfig": {"passwordAuth": "Enabled"}}
    made = server(azure, administratorLogin="boss", administratorLoginPassword=Secret("Hunter2Hunter2"), **auth)
    assert "administratorLoginPassword" not in made.outputs
    zone(azure)
    shown = record(azure, aRecords=[{"ipv4Address": "10.0.0.1"}], metadata={"k": Secret("Hunter2Hunter2")})
    assert shown.outputs["metadata"]["k"] == Secret("Hunter2Hunter2")
    for file in azure.subscription.state.azure.rglob("*"):
        assert not file.is_file() or b"Hunter2" not in file.read_bytes()


def test_a_group_takes_its_content_along(azure: Azure) -> None:
    zone(azure)
    made = record(azure)
    group = azure.store.get(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g")
    assert group is not None
    azure.delete(group)
    assert azure.get(made) is None
    assert azure.store.list() == []


def test_deleting_what_is_gone_is_no_error(azure: Azure) -> None:
    made = zone(azure)
    azure.delete(made)
    azure.delete(made)


def test_an_update_keeps_what_was_made_once(azure: Azure) -> None:
    identity = azure.create(IDENTITY, resourceName="shop")
    changed = azure.update(identity, tags={"a": "b"})
    assert changed.outputs["clientId"] == identity.outputs["clientId"]
    assert changed.outputs["tags"] == {"a": "b"}
    azure.delete(identity)
    again = azure.create(IDENTITY, resourceName="shop")
    assert again.outputs["principalId"] != identity.outputs["principalId"]


def test_a_body_cannot_point_at_what_is_not_there(azure: Azure) -> None:
    network(azure)
    missing = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Network/natGateways/none"
    with refusal("InvalidResourceReference"):
        azure.create(
            SUBNET,
            virtualNetworkName="vnet",
            subnetName="a",
            addressPrefix="10.100.0.0/24",
            natGateway={"id": missing},
        )


def test_what_is_used_cannot_be_deleted(azure: Azure) -> None:
    network(azure)
    nodes = subnet(azure, "nodes", "10.100.0.0/22")
    pool = {"name": "system", "mode": "System", "count": 1, "vmSize": "Standard_D2s_v5", "vnetSubnetID": nodes.id}
    aks = cluster(azure, agentPoolProfiles=[pool])
    with refusal("InUseSubnetCannotBeDeleted"):
        azure.delete(nodes)
    vnet = azure.store.get(nodes.id.rsplit("/", 2)[0])
    assert vnet is not None
    with refusal("InUseSubnetCannotBeDeleted"):
        azure.delete(vnet)
    azure.delete(aks)
    azure.delete(vnet)
    assert azure.get(nodes) is None


def test_subnets_lie_inside_their_network_and_apart(azure: Azure) -> None:
    network(azure)
    subnet(azure, "a", "10.100.0.0/24")
    with refusal("NetcfgSubnetRangesOverlap"):
        subnet(azure, "b", "10.100.0.128/25")
    with refusal("NetcfgInvalidSubnet"):
        subnet(azure, "b", "10.101.0.0/24")
    with refusal("InvalidAddressPrefixFormat"):
        subnet(azure, "b", "10.100.1.1/24")


def test_inline_subnets_are_not_silently_lost(azure: Azure) -> None:
    with pytest.raises(NotSimulatedError, match="inline subnets"):
        azure.create(NETWORK, virtualNetworkName="v", addressSpace={"addressPrefixes": ["10.0.0.0/8"]}, subnets=[{}])


def test_two_writers_on_one_identity_collide(azure: Azure) -> None:
    azure.create(IDENTITY, resourceName="shop")

    def make(number: int) -> str:
        try:
            credential(azure, number)
        except ArmError as error:
            return error.code
        return "made"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(make, range(2)))
    assert outcomes == ["ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity", "made"]


def credential(azure: Azure, number: int, subject: str = "") -> Resource:
    return azure.create(
        CREDENTIAL,
        resourceName="shop",
        federatedIdentityCredentialResourceName=f"credential-{number}",
        issuer="https://issuer",
        subject=subject or f"system:serviceaccount:ns:{number}",
        audiences=["api://AzureADTokenExchange"],
    )


def test_an_identity_takes_twenty_credentials(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.azure.operations._WRITE_SECONDS", 0)
    azure.create(IDENTITY, resourceName="shop")
    for number in range(20):
        credential(azure, number)
    with pytest.raises(ArmError, match="Too many Federated Identity Credentials"):
        credential(azure, 20)
    with refusal("Conflict"):
        credential(azure, 21, subject="system:serviceaccount:ns:3")


def assignment(azure: Azure, principal: str, kind: str = "ServicePrincipal", **inputs: Any) -> Resource:
    base = {
        "scope": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g",
        "roleAssignmentName": GUID,
        "principalId": principal,
        "principalType": kind,
        "roleDefinitionId": READER,
    }
    return azure.create(ASSIGNMENT, **{**base, **inputs})


def test_a_role_goes_to_a_principal_that_exists(azure: Azure) -> None:
    identity = azure.create(IDENTITY, resourceName="shop")
    principal = identity.outputs["principalId"]
    with refusal("PrincipalNotFound"):
        assignment(azure, GUID)
    with refusal("UnmatchedPrincipalType"):
        assignment(azure, principal, "User")
    with refusal("InvalidRoleDefinitionId"):
        assignment(azure, principal, roleDefinitionId="acdd72a7-3385-48ef-bd42-f606fba81ae7")
    with refusal("ResourceGroupNotFound"):
        assignment(azure, principal, scope=f"/subscriptions/{SUBSCRIPTION}/resourceGroups/none")
    made = assignment(azure, principal)
    with refusal("RoleAssignmentExists"):
        assignment(azure, principal, roleAssignmentName=TENANT)
    with refusal("RoleAssignmentUpdateNotPermitted"):
        azure.update(made, roleDefinitionId=IDENTITY_OPERATOR)
    assignment(azure, GUID, "Group", roleAssignmentName=TENANT)


def test_a_lock_keeps_what_it_covers(azure: Azure) -> None:
    scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g"
    made = zone(azure)
    lock = azure.create(LOCK, scope=scope, lockName="keep", level="CanNotDelete")
    with refusal("ScopeLocked"):
        azure.delete(made)
    azure.update(made, tags={"a": "b"})
    azure.update(lock, level="ReadOnly")
    with refusal("ScopeLocked"):
        azure.update(made, tags={"a": "c"})
    azure.delete(lock)
    azure.delete(made)


def test_a_cluster_tells_its_issuer_and_kubelet_identity(azure: Azure) -> None:
    made = cluster(azure, oidcIssuerProfile={"enabled": True}, kubernetesVersion="1.34")
    assert made.outputs["oidcIssuerProfile"]["issuerURL"].startswith("https://westeurope.oic.prod-aks.azure.com/")
    assert made.outputs["currentKubernetesVersion"].startswith("1.34.")
    assert made.outputs["nodeResourceGroup"] == "MC_g_aks_westeurope"
    kubelet = made.outputs["identityProfile"]["kubeletidentity"]
    again = azure.update(made, tags={"a": "b"})
    assert again.outputs["identityProfile"]["kubeletidentity"] == kubelet
    assert again.outputs["oidcIssuerProfile"] == made.outputs["oidcIssuerProfile"]
    assignment(azure, kubelet["objectId"])


def test_a_cluster_needs_the_right_to_use_its_kubelet_identity_first(azure: Azure) -> None:
    plane, kubelet = (azure.create(IDENTITY, resourceName=name) for name in ("plane", "kubelet"))
    identities: dict[str, Any] = {
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [plane.id]},
        "identityProfile": {"kubeletidentity": {"resourceId": kubelet.id}},
    }
    with refusal("CustomKubeletIdentityMissingPermissionError"):
        cluster(azure, **identities)
    assignment(azure, plane.outputs["principalId"], scope=kubelet.id, roleDefinitionId=IDENTITY_OPERATOR)
    made = cluster(azure, **identities)
    assert made.outputs["identityProfile"]["kubeletidentity"]["objectId"] == kubelet.outputs["principalId"]
    assert plane.id in made.outputs["identity"]["userAssignedIdentities"]


def test_a_private_server_needs_its_subnet_delegated_and_its_zone_linked(azure: Azure) -> None:
    vnet = network(azure)
    plain = subnet(azure, "plain", "10.100.0.0/24")
    own = subnet(azure, "pg", "10.100.1.0/24", "Microsoft.DBforPostgreSQL/flexibleServers")
    private = azure.create("azure-native:privatedns:PrivateZone", privateZoneName="x.postgres.database.azure.com")

    def place(subnet_id: str) -> dict[str, Any]:
        return {"network": {"delegatedSubnetResourceId": subnet_id, "privateDnsZoneArmResourceId": private.id}}

    with refusal("SubnetNotDelegated"):
        server(azure, **place(plain.id))
    with refusal("PrivateDnsZoneNotLinked"):
        server(azure, **place(own.id))
    link = azure.create(
        "azure-native:privatedns:VirtualNetworkLink",
        privateZoneName=private.name,
        virtualNetworkLinkName="link",
        virtualNetwork={"id": vnet.id},
        registrationEnabled=False,
    )
    made = server(azure, **place(own.id))
    assert made.outputs["fullyQualifiedDomainName"] == "127.99.7.10"
    with refusal("FirewallRulesNotSupported"):
        azure.create(
            "azure-native:dbforpostgresql:FirewallRule",
            serverName="srv",
            firewallRuleName="all",
            startIpAddress="10.0.0.1",
            endIpAddress="10.0.0.2",
        )
    with refusal("CannotDeleteResource"):
        azure.delete(private)
    azure.delete(link)
    azure.delete(private)


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"sku": {"name": "Standard_D2s_v3", "tier": "Burstable"}}, "InvalidSku"),
        ({"highAvailability": {"mode": "ZoneRedundant"}}, "HighAvailabilityNotSupported"),
        ({"backup": {"backupRetentionDays": 3}}, "InvalidParameterValue"),
        ({"version": None}, "InvalidParameterValue"),
        ({"authConfig": {"passwordAuth": "Disabled"}}, "InvalidParameterValue"),
        ({"authConfig": {"passwordAuth": "Enabled"}}, "InvalidParameterValue"),
        (
            {
                "authConfig": {"passwordAuth": "Enabled"},
                "administratorLogin": "boss",
                "administratorLoginPassword": "short",
            },
            "PasswordNotComplex",
        ),
    ],
)
def test_servers_azure_refuses_are_refused(azure: Azure, inputs: dict[str, Any], code: str) -> None:
    with refusal(code):
        server(azure, **inputs)


def test_storage_only_grows(azure: Azure) -> None:
    made = server(azure)
    azure.update(made, storage={"storageSizeGB": 64})
    with refusal("InvalidParameterValue"):
        azure.update(made, storage={"storageSizeGB": 32})


def test_each_server_has_an_address_of_its_own_and_gives_it_back(azure: Azure) -> None:
    first, second = server(azure), server(azure, serverName="srv-2")
    assert first.outputs["fullyQualifiedDomainName"] == "127.99.7.10"
    assert second.outputs["fullyQualifiedDomainName"] == "127.99.7.11"
    azure.delete(first)
    assert server(azure, serverName="srv-3").outputs["fullyQualifiedDomainName"] == "127.99.7.10"


def test_a_public_address_is_a_loopback_address_that_stays(azure: Azure) -> None:
    token = "azure-native:network:PublicIPAddress"
    static = {"sku": {"name": "Standard"}, "publicIPAllocationMethod": "Static"}
    first = azure.create(token, publicIpAddressName="a", **static)
    second = azure.create(token, publicIpAddressName="b", **static)
    assert (first.outputs["ipAddress"], second.outputs["ipAddress"]) == ("127.99.7.100", "127.99.7.101")
    assert azure.update(first, tags={"a": "b"}).outputs["ipAddress"] == "127.99.7.100"
    with refusal("ResourceAvailabilityZonesCannotBeModified"):
        azure.update(first, zones=["1"])


def test_record_sets_follow_the_rules_of_dns(azure: Azure) -> None:
    made = zone(azure)
    assert len(made.outputs["nameServers"]) == 4
    assert record(azure).outputs["fqdn"] == "www.dev.example.com."
    assert record(azure, "@").outputs["fqdn"] == "dev.example.com."
    record(azure, "*")
    for inputs in (
        {"name": "@", "record_type": "CNAME", "cnameRecord": {"cname": "x.example."}},
        {"name": "www", "record_type": "CNAME", "cnameRecord": {"cname": "x.example."}},
        {"name": "a", "record_type": "A", "aRecords": [{"ipv4Address": "10.0.0.999"}]},
        {"name": "a", "record_type": "AAAA", "aaaaRecords": [{"ipv6Address": "10.0.0.1"}]},
        {"name": "a", "record_type": "TXT", "txtRecords": [{"value": ["x" * 256]}]},
        {"name": "a", "record_type": "A", "txtRecords": [{"value": ["x"]}]},
        {"name": "@", "record_type": "NS", "nsRecords": [{"nsdname": "ns.example."}]},
        {"name": "a", "record_type": "SPF", "txtRecords": [{"value": ["x"]}]},
    ):
        with refusal("BadRequest"):
            record(azure, **inputs)


def test_a_zone_is_nowhere_but_global(azure: Azure) -> None:
    with refusal("LocationNotAvailableForResourceType"):
        azure.create(ZONE, zoneName="dev.example.com", location="westeurope")


def test_a_deleted_vaults_name_stays_taken(azure: Azure) -> None:
    properties = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}}
    made = azure.create(VAULT, vaultName="shop-vault", properties=properties)
    assert made.outputs["properties"]["vaultUri"] == "https://shop-vault.vault.azure.net/"
    azure.delete(made)
    with refusal("ConflictError"):
        azure.create(VAULT, vaultName="shop-vault", properties=properties)
    azure.create(VAULT, vaultName="shop-vault", properties={**properties, "createMode": "recover"})


def test_blobs_are_public_only_where_the_account_allows_it(azure: Azure) -> None:
    azure.create(ACCOUNT, accountName="shopdata", kind="StorageV2", sku={"name": "Standard_LRS"})
    container = {"accountName": "shopdata", "containerName": "data"}
    with refusal("PublicAccessNotPermitted"):
        azure.create("azure-native:storage:BlobContainer", **container, publicAccess="Blob")
    made = azure.create("azure-native:storage:BlobContainer", **container)
    assert made.id.endswith("/blobServices/default/containers/data")
    policy = {"accountName": "shopdata", "policy": {"rules": []}}
    with refusal("InvalidResourceName"):
        azure.create("azure-native:storage:ManagementPolicy", **policy, managementPolicyName="own")
    azure.create("azure-native:storage:ManagementPolicy", **policy, managementPolicyName="default")


def test_what_the_sandbox_does_not_have_is_an_error() -> None:
    with pytest.raises(NotSimulatedError, match="does not simulate 'azure-native:cache:Redis'"):
        kind_of("azure-native:cache:Redis")


def test_a_versioned_token_is_the_same_kind() -> None:
    assert kind_of("azure-native:containerservice/v20250901:ManagedCluster") is KINDS[CLUSTER]
