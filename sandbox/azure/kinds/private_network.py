"""What joins networks and services: peerings, private endpoints, private DNS zones and their links. Records only."""

from typing import Any
from uuid import uuid4

from sandbox.azure import ids
from sandbox.azure.errors import ArmError
from sandbox.azure.kind import Kind, NameRule, Refusal, Request
from sandbox.azure.kinds.network import GROUP, NAME, VERSION, VNET, address_space, delegations_of
from sandbox.azure.values import look_up

_ENDPOINT = f"{GROUP}/privateEndpoints/{{privateEndpointName}}"
# learn.microsoft.com/azure/private-link/private-endpoint-overview, private-link resource; and
# .../private-endpoint-dns, the zone that goes with each
SUB_RESOURCES: dict[str, dict[str, str]] = {
    "microsoft.storage/storageaccounts": {
        name: f"privatelink.{name}.core.windows.net" for name in ("blob", "dfs", "file", "queue", "table", "web")
    },
    "microsoft.keyvault/vaults": {"vault": "privatelink.vaultcore.azure.net"},
    "microsoft.containerregistry/registries": {"registry": "privatelink.azurecr.io"},
    "microsoft.dbforpostgresql/flexibleservers": {"postgresqlServer": "privatelink.postgres.database.azure.com"},
    "microsoft.containerservice/managedclusters": {"management": "privatelink.{region}.azmk8s.io"},
}


def _connections(request: Request) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = request.inputs.get("privateLinkServiceConnections") or []
    return found + (request.inputs.get("manualPrivateLinkServiceConnections") or [])


def _delegated_subnet(request: Request) -> str:
    subnet = request.transaction.get(str(look_up(request.inputs, "subnet.id")))
    return subnet.id if subnet is not None and delegations_of(subnet) else ""


def _wrong_sub_resource(request: Request) -> str:
    for connection in _connections(request):
        target = str(connection.get("privateLinkServiceId"))
        known = SUB_RESOURCES.get(ids.type_of(target).lower())
        wrong = [each for each in connection.get("groupIds") or [] if known is not None and each not in known]
        if wrong:
            return f"{wrong[0]} of {target}"
    return ""


def _private_server(request: Request) -> str:
    """A server in a virtual network of its own has no endpoints: postgresql/flexible-server/concepts-networking."""
    for connection in _connections(request):
        target = request.transaction.get(str(connection.get("privateLinkServiceId")))
        if target is not None and look_up(target.inputs, "network.delegatedSubnetResourceId"):
            return target.id
    return ""


def _basic_registry(request: Request) -> str:
    for connection in _connections(request):
        target = request.transaction.get(str(connection.get("privateLinkServiceId")))
        registry = target is not None and target.type.lower() == "microsoft.containerregistry/registries"
        if target is not None and registry and look_up(target.inputs, "sku.name") != "Premium":
            return target.id
    return ""


_ENDPOINT_REFUSALS = (
    Refusal(
        "PrivateEndpointCannotBeCreatedInSubnet",
        "Private endpoint {id} cannot be created in a subnet {found} since it is delegated to a service.",
        "virtual-network/subnet-delegation-overview; MicrosoftDocs/azure-docs#47048; approximate",
        _delegated_subnet,
    ),
    Refusal(
        "MissingParameter",
        "A private endpoint needs a subnet and one private link service connection.",
        "private-link/private-endpoint-overview; approximate",
        lambda request: not look_up(request.inputs, "subnet.id") or len(_connections(request)) != 1,
    ),
    Refusal(
        "InvalidPrivateLinkServiceId",
        "The sub-resource {found} does not exist.",
        "private-link/private-endpoint-overview, private-link resource; approximate",
        _wrong_sub_resource,
    ),
    Refusal(
        "PrivateEndpointNotSupported",
        "{found} is in a virtual network of its own and takes no private endpoints.",
        "postgresql/flexible-server/concepts-networking-private-link; approximate",
        _private_server,
    ),
    Refusal(
        "PrivateEndpointNotSupported",
        "{found} must be of the Premium SKU.",
        "container-registry/container-registry-private-link; approximate",
        _basic_registry,
    ),
)


def _endpoint_outputs(request: Request) -> dict[str, Any]:
    subnet = request.transaction.get(str(look_up(request.inputs, "subnet.id")))
    network = f"{ids.resource_group_id(request.id)}/providers/Microsoft.Network/networkInterfaces/{request.name}.nic"
    prefix = str((subnet.inputs if subnet else {}).get("addressPrefix") or "10.0.0.0/24")
    address = f"{prefix.split('/', maxsplit=1)[0].rsplit('.', 1)[0]}.{4 + sum(request.name.encode()) % 200}"
    target = str(_connections(request)[0].get("privateLinkServiceId"))
    zones = SUB_RESOURCES.get(ids.type_of(target).lower(), {})
    group = next(iter(_connections(request)[0].get("groupIds") or []), "")
    name = zones.get(group, "").removeprefix("privatelink.")
    return {
        "provisioningState": "Succeeded",
        "etag": f'W/"{uuid4()}"',
        "networkInterfaces": [{"id": network}],
        "customDnsConfigs": [{"fqdn": f"{ids.name_of(target)}.{name}", "ipAddresses": [address]}] if name else [],
    }


def _overlap(request: Request) -> str:
    """Peered networks have no address in common: virtual-network/virtual-network-manage-peering, requirements."""
    own = request.transaction.get(request.id.rsplit("/", 2)[0])
    other = request.transaction.get(str(look_up(request.inputs, "remoteVirtualNetwork.id")))
    if own is None or other is None:
        return ""
    mine, theirs = address_space(own), address_space(other)
    return next((f"{each} and {their}" for each in mine for their in theirs if each.overlaps(their)), "")


def _peering_outputs(request: Request) -> dict[str, Any]:
    own, remote = request.id.rsplit("/", 2)[0], str(look_up(request.inputs, "remoteVirtualNetwork.id"))
    back = [
        other
        for other in request.transaction.list(tokens=[request.kind.token], under=remote)
        if ids.key(str(look_up(other.inputs, "remoteVirtualNetwork.id"))) == ids.key(own)
    ]
    state = "Connected" if back else "Initiated"
    return {"provisioningState": "Succeeded", "peeringState": state, "etag": f'W/"{uuid4()}"'}


_PEERING_REFUSALS = (
    Refusal(
        "InvalidRequestFormat",
        "A virtual network cannot be peered with itself: {id}.",
        "virtual-network/virtual-network-manage-peering; approximate",
        lambda request: (
            ids.key(str(look_up(request.inputs, "remoteVirtualNetwork.id"))) == ids.key(request.id.rsplit("/", 2)[0])
        ),
    ),
    Refusal(
        "VnetAddressSpacesOverlap",
        "Cannot create or update peering {id}. Virtual networks have overlapping address space: {found}.",
        "virtual-network/virtual-network-manage-peering",
        _overlap,
    ),
)


def _check_link(request: Request) -> None:
    network = str(look_up(request.inputs, "virtualNetwork.id"))
    zone = request.id.split("/")[-3]
    for other in request.transaction.list(tokens=[request.kind.token]):
        linked = ids.key(str(look_up(other.inputs, "virtualNetwork.id"))) == ids.key(network)
        if linked and other.id.split("/")[-3].lower() == zone.lower() and ids.key(other.id) != ids.key(request.id):
            text = (
                "A virtual network cannot be linked to multiple zones with overlapping namespaces: "
                f"'{zone}' is linked by {other.id}."
            )
            raise ArmError(400, "BadRequest", text)


KINDS = (
    Kind(
        token="azure-native:privatedns:PrivateZone",
        api_version="2024-06-01",
        path=f"{GROUP}/privateDnsZones/{{privateZoneName}}",
        name=NameRule(r"[\w-]+(\.[\w-]+)*", 1, 63, "labels of letters, digits, - and _"),
        has_location=True,
        fixed_location="global",
        read_only=("provisioningState", "etag", "maxNumberOfRecordSets", "numberOfRecordSets"),
        outputs=lambda _: {
            "provisioningState": "Succeeded",
            "etag": str(uuid4()),
            "maxNumberOfRecordSets": 25000,
            "numberOfRecordSets": 1,
        },
        children_block="CannotDeleteResource",
    ),
    Kind(
        token="azure-native:privatedns:VirtualNetworkLink",
        api_version="2024-06-01",
        path=f"{GROUP}/privateDnsZones/{{privateZoneName}}/virtualNetworkLinks/{{virtualNetworkLinkName}}",
        name=NAME,
        has_location=True,
        fixed_location="global",
        required=("virtualNetwork",),
        immutable=("virtualNetwork",),
        read_only=("provisioningState", "virtualNetworkLinkState", "etag"),
        outputs=lambda _: {
            "provisioningState": "Succeeded",
            "virtualNetworkLinkState": "Completed",
            "etag": f'"{uuid4()}"',
        },
        rules=(_check_link,),
    ),
    Kind(
        token="azure-native:network:VirtualNetworkPeering",
        api_version=VERSION,
        path=f"{VNET}/virtualNetworkPeerings/{{virtualNetworkPeeringName}}",
        name=NAME,
        required=("remoteVirtualNetwork",),
        immutable=("remoteVirtualNetwork",),
        read_only=("provisioningState", "peeringState", "etag"),
        outputs=_peering_outputs,
        refusals=_PEERING_REFUSALS,
    ),
    Kind(
        token="azure-native:network:PrivateEndpoint",
        api_version=VERSION,
        path=_ENDPOINT,
        name=NameRule(NAME.pattern, 2, 64, NAME.words),
        has_location=True,
        immutable=("location", "subnet"),
        read_only=("provisioningState", "etag", "networkInterfaces", "customDnsConfigs"),
        outputs=_endpoint_outputs,
        refusals=_ENDPOINT_REFUSALS,
    ),
    Kind(
        token="azure-native:network:PrivateDnsZoneGroup",
        api_version=VERSION,
        path=f"{_ENDPOINT}/privateDnsZoneGroups/{{privateDnsZoneGroupName}}",
        name=NAME,
        read_only=("provisioningState", "etag"),
        outputs=lambda _: {"provisioningState": "Succeeded", "etag": f'W/"{uuid4()}"'},
        refusals=(
            Refusal(
                "InvalidRequestFormat",
                "A private DNS zone group takes 1 to 5 zones.",
                "private-link/private-endpoint-dns-integration, private DNS zone group; approximate",
                lambda request: not 1 <= len(request.inputs.get("privateDnsZoneConfigs") or []) <= 5,
            ),
            Refusal(
                "PrivateDnsZoneGroupExists",
                "A private endpoint takes one private DNS zone group.",
                "private-link/private-endpoint-dns-integration, private DNS zone group; approximate",
                lambda request: (
                    request.old is None
                    and request.transaction.list(tokens=[request.kind.token], under=request.id.rsplit("/", 2)[0])
                ),
            ),
        ),
    ),
)
