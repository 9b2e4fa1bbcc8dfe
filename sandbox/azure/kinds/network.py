"""Virtual networks, subnets, security groups, NAT gateways, public addresses and private DNS zones.

Traffic does not flow through any of it: addresses and delegations are checked as ARM checks them, a public address is
a loopback address of the sandbox.
"""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from uuid import uuid4

from sandbox.azure import ids
from sandbox.azure.errors import ArmError, NotSimulatedError
from sandbox.azure.kind import Exclusive, Kind, NameRule, Request
from sandbox.azure.store import Resource
from sandbox.azure.values import look_up

_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network"
_VERSION = "2024-05-01"
_NAME = NameRule(r"[a-zA-Z0-9]([-\w.]*\w)?", 1, 80, "it starts with a letter or digit and ends with one or _")
_VNET = f"{_GROUP}/virtualNetworks/{{virtualNetworkName}}"

Network = IPv4Network | IPv6Network


def subnet_prefixes(inputs: dict[str, Any]) -> list[Network]:
    """The address ranges of a subnet."""
    single = inputs.get("addressPrefix")
    return _networks([single] if single else inputs.get("addressPrefixes") or [])


def subnets_of(request: Request, virtual_network_id: str) -> list[Resource]:
    """The subnets of a virtual network."""
    return request.transaction.list(tokens=["azure-native:network:Subnet"], under=virtual_network_id)


def delegations_of(subnet: Resource) -> list[str]:
    """The services a subnet is delegated to."""
    return [str(each.get("serviceName")) for each in subnet.inputs.get("delegations") or []]


def _networks(prefixes: list[str]) -> list[Network]:
    try:
        return [ip_network(prefix) for prefix in prefixes]
    except ValueError as error:
        text = f"Address prefix is not valid: {error}"
        raise ArmError(400, "InvalidAddressPrefixFormat", text) from None


def _tracked(request: Request) -> dict[str, Any]:
    return {
        "provisioningState": "Succeeded",
        "resourceGuid": request.kept("resourceGuid", lambda: str(uuid4())),
        "etag": f'W/"{uuid4()}"',
    }


def _check_network(request: Request) -> None:
    if request.inputs.get("subnets"):
        raise NotSimulatedError("inline subnets of a VirtualNetwork: use Subnet resources")
    prefixes = look_up(request.inputs, "addressSpace.addressPrefixes")
    if not prefixes:
        text = f"Address space of virtual network {request.id} must have at least one address prefix."
        raise ArmError(400, "InvalidRequestFormat", text)
    space = _networks(prefixes)
    for subnet in subnets_of(request, request.id):
        if not all(_inside(prefix, space) for prefix in subnet_prefixes(subnet.inputs)):
            text = f"IpPrefix of subnet {subnet.name} is in use and cannot be removed from the virtual network."
            raise ArmError(400, "InUsePrefixCannotBeDeleted", text)


def _check_subnet(request: Request) -> None:
    network_id = request.id.rsplit("/", 2)[0]
    network = request.transaction.get(network_id)
    prefixes = subnet_prefixes(request.inputs)
    if network is None:
        return
    if not prefixes:
        text = f"Subnet {request.id} must have an address prefix."
        raise ArmError(400, "InvalidRequestFormat", text)
    where = f"virtual network '{network.name}'"
    refusal = f"Subnet '{request.name}' is not valid because its IP address range"
    if not all(_inside(prefix, _networks(network.inputs["addressSpace"]["addressPrefixes"])) for prefix in prefixes):
        text = f"{refusal} is outside the IP address range of {where}."
        raise ArmError(400, "NetcfgInvalidSubnet", text)
    for other in subnets_of(request, network_id):
        overlap = any(mine.overlaps(theirs) for mine in prefixes for theirs in subnet_prefixes(other.inputs))
        if overlap and ids.key(other.id) != ids.key(request.id):
            text = f"{refusal} overlaps with that of an existing subnet in {where}."
            raise ArmError(400, "NetcfgSubnetRangesOverlap", text)


def _inside(prefix: Network, space: list[Network]) -> bool:
    return any(
        prefix.version == each.version and prefix.subnet_of(each)  # type: ignore[arg-type]
        for each in space
    )


def _check_security_rules(request: Request) -> None:
    taken: dict[tuple[str, int], str] = {}
    for rule in request.inputs.get("securityRules") or []:
        priority, direction, name = rule.get("priority"), rule.get("direction"), str(rule.get("name"))
        if not isinstance(priority, int) or not 100 <= priority <= 4096:
            text = f"Security rule {name} has invalid priority {priority}: it must be between 100 and 4096."
            raise ArmError(400, "SecurityRuleInvalidPriority", text)
        other = taken.setdefault((str(direction), priority), name)
        if other != name:
            text = (
                f"Security rule {name} conflicts with rule {other}: rules cannot have the same Priority and Direction."
            )
            raise ArmError(400, "SecurityRuleConflict", text)


def _public_address(request: Request) -> dict[str, Any]:
    prefix = request.subscription.state.load_settings()["loopback_net"]
    candidates = [f"{prefix}.{last}" for last in range(100, 255)]
    address = request.transaction.address_of(ids.key(request.id), candidates)
    if address is None:
        text = "Cannot create more public IP addresses: the sandbox has 155 loopback addresses for them."
        raise ArmError(400, "PublicIPCountLimitReached", text)
    label = look_up(request.inputs, "dnsSettings.domainNameLabel")
    location = request.inputs.get("location")
    host = {"dnsSettings": {"fqdn": f"{label}.{location}.cloudapp.azure.com"}} if label else {}
    return {**_tracked(request), "ipAddress": address, **host}


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


# learn.microsoft.com/azure/private-link/private-endpoint-overview, "private-link resource"
_ENDPOINT_GROUPS = {
    "microsoft.storage/storageaccounts": {"blob", "dfs", "file", "queue", "table", "web"},
    "microsoft.keyvault/vaults": {"vault"},
    "microsoft.dbforpostgresql/flexibleservers": {"postgresqlServer"},
}


def _check_endpoint(request: Request) -> None:
    for connection in request.inputs.get("privateLinkServiceConnections") or []:
        target = str(connection.get("privateLinkServiceId"))
        known = _ENDPOINT_GROUPS.get("/".join(target.lower().split("/")[-3:-1]))
        unknown = sorted(set(connection.get("groupIds") or []) - known) if known is not None else []
        if unknown:
            allowed = ", ".join(sorted(known or ()))
            text = f"Call to {target} failed: the group id {', '.join(unknown)} is not one of {allowed}."
            raise ArmError(400, "PrivateEndpointCreationNotAllowedAsGroupIdIsInvalid", text)  # approximate


KINDS = (
    Kind(
        token="azure-native:network:VirtualNetwork",
        api_version=_VERSION,
        path=_VNET,
        name=NameRule(_NAME.pattern, 2, 64, _NAME.words),
        has_location=True,
        required=("addressSpace",),
        immutable=("location",),
        read_only=("provisioningState", "resourceGuid", "etag"),
        outputs=_tracked,
        rules=(_check_network,),
    ),
    Kind(
        token="azure-native:network:Subnet",
        api_version=_VERSION,
        path=f"{_VNET}/subnets/{{subnetName}}",
        name=_NAME,
        read_only=("provisioningState", "etag"),
        outputs=lambda _: {"provisioningState": "Succeeded", "etag": f'W/"{uuid4()}"'},
        rules=(_check_subnet,),
        exclusive=Exclusive(
            _VNET, "AnotherOperationInProgress", "Another operation on this or dependent resource is in progress."
        ),
        in_use="InUseSubnetCannotBeDeleted",
    ),
    Kind(
        token="azure-native:network:NetworkSecurityGroup",
        api_version=_VERSION,
        path=f"{_GROUP}/networkSecurityGroups/{{networkSecurityGroupName}}",
        name=_NAME,
        has_location=True,
        immutable=("location",),
        read_only=("provisioningState", "resourceGuid", "etag"),
        outputs=_tracked,
        rules=(_check_security_rules,),
        in_use="InUseNetworkSecurityGroupCannotBeDeleted",
    ),
    Kind(
        token="azure-native:network:NatGateway",
        api_version=_VERSION,
        path=f"{_GROUP}/natGateways/{{natGatewayName}}",
        name=_NAME,
        has_location=True,
        required=("sku",),
        immutable=("location",),
        unchangeable={"zones": "ResourceAvailabilityZonesCannotBeModified"},
        read_only=("provisioningState", "resourceGuid", "etag"),
        outputs=_tracked,
        in_use="InUseNatGatewayCannotBeDeleted",
    ),
    Kind(
        token="azure-native:network:PublicIPAddress",
        api_version=_VERSION,
        path=f"{_GROUP}/publicIPAddresses/{{publicIpAddressName}}",
        name=_NAME,
        has_location=True,
        # pulumi-azure-native: gen/replacement.go
        immutable=("location", "publicIPAddressVersion", "publicIPPrefix", "sku"),
        unchangeable={"zones": "ResourceAvailabilityZonesCannotBeModified"},
        read_only=("provisioningState", "resourceGuid", "etag", "ipAddress", "dnsSettings.fqdn"),
        outputs=_public_address,
        in_use="PublicIPAddressCannotBeDeleted",
    ),
    Kind(
        token="azure-native:network:PrivateEndpoint",
        api_version=_VERSION,
        path=f"{_GROUP}/privateEndpoints/{{privateEndpointName}}",
        name=NameRule(_NAME.pattern, 2, 64, _NAME.words),
        has_location=True,
        required=("subnet",),
        immutable=("location", "subnet"),
        read_only=("provisioningState", "customDnsConfigs", "networkInterfaces"),
        outputs=lambda _: {"provisioningState": "Succeeded", "customDnsConfigs": [], "networkInterfaces": []},
        rules=(_check_endpoint,),
    ),
    Kind(
        token="azure-native:network:PrivateDnsZoneGroup",
        api_version=_VERSION,
        path=f"{_GROUP}/privateEndpoints/{{privateEndpointName}}/privateDnsZoneGroups/{{privateDnsZoneGroupName}}",
        name=_NAME,
        read_only=("provisioningState",),
        outputs=lambda _: {"provisioningState": "Succeeded"},
    ),
    Kind(
        token="azure-native:privatedns:PrivateZone",
        api_version="2024-06-01",
        path=f"{_GROUP}/privateDnsZones/{{privateZoneName}}",
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
        path=f"{_GROUP}/privateDnsZones/{{privateZoneName}}/virtualNetworkLinks/{{virtualNetworkLinkName}}",
        name=_NAME,
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
)
