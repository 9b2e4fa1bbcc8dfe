"""Virtual networks, subnets and security groups.

Traffic does not flow through any of it: addresses and delegations are checked as ARM checks them.
"""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from uuid import uuid4

from sandbox.azure import ids
from sandbox.azure.errors import ArmError, NotSimulatedError
from sandbox.azure.kind import Exclusive, Kind, NameRule, Refusal, Request
from sandbox.azure.references import users_of
from sandbox.azure.store import Resource, Transaction
from sandbox.azure.values import look_up

GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network"
VERSION = "2024-05-01"
NAME = NameRule(r"[a-zA-Z0-9]([-\w.]*\w)?", 1, 80, "it starts with a letter or digit and ends with one or _")
VNET = f"{GROUP}/virtualNetworks/{{virtualNetworkName}}"

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


def address_space(network: Resource) -> list[Network]:
    """The address ranges of a virtual network."""
    return _networks(look_up(network.inputs, "addressSpace.addressPrefixes") or [])


def _networks(prefixes: list[str]) -> list[Network]:
    try:
        return [ip_network(prefix) for prefix in prefixes]
    except ValueError as error:
        text = f"Address prefix is not valid: {error}"
        raise ArmError(400, "InvalidAddressPrefixFormat", text) from None


def tracked(request: Request) -> dict[str, Any]:
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
    if not all(_inside(prefix, address_space(network)) for prefix in prefixes):
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


# virtual-network/subnet-delegation-overview names more; these are the services that ARM's own message lists first and
# those of the platform
_DELEGATED_TO = (
    "Microsoft.App/environments",
    "Microsoft.ContainerInstance/containerGroups",
    "Microsoft.ContainerService/managedClusters",
    "Microsoft.DBforMySQL/flexibleServers",
    "Microsoft.DBforPostgreSQL/flexibleServers",
    "Microsoft.Netapp/volumes",
    "Microsoft.Network/dnsResolvers",
    "Microsoft.Sql/managedInstances",
    "Microsoft.Web/hostingEnvironments",
    "Microsoft.Web/serverFarms",
)


def _subnet_users(request: Request) -> list[Resource]:
    return users_of(request.transaction, request.old) if request.old else []


def _used_prefix(request: Request) -> str:
    if request.old is None or subnet_prefixes(request.old.inputs) == subnet_prefixes(request.inputs):
        return ""
    return next((each.id for each in _subnet_users(request)), "")


def _used_delegation(request: Request) -> str:
    """A delegation stays while the service has something in the subnet."""
    if request.old is None:
        return ""
    lost = {each.lower() for each in delegations_of(request.old)} - {
        str(each.get("serviceName")).lower() for each in request.inputs.get("delegations") or []
    }
    return next((each.id for each in _subnet_users(request) if each.type.lower() in lost), "")


_SUBNET_REFUSALS = (
    Refusal(
        "InvalidCIDRNotation",
        "The smallest subnet is a /29: {found}.",
        "virtual-network/virtual-networks-faq, smallest and largest; approximate",
        lambda request: (
            next((str(each) for each in subnet_prefixes(request.inputs) if each.prefixlen > 29), "")
            if all(each.version == 4 for each in subnet_prefixes(request.inputs))
            else ""
        ),
    ),
    Refusal(
        "InvalidServiceNameOnDelegation",
        "The service name {found} specified on a delegation of {id} is not valid.",
        "what ARM says: crossplane-contrib/provider-upjet-azure#342",
        lambda request: next(
            (
                str(each.get("serviceName"))
                for each in request.inputs.get("delegations") or []
                if each.get("serviceName") not in _DELEGATED_TO
            ),
            "",
        ),
    ),
    Refusal(
        "SubnetMissingRequiredDelegation",
        "Subnet {id} is missing required delegations: {found} is in it.",
        "virtual-network/manage-subnet-delegation; Azure/Azure-Landing-Zones#3683",
        _used_delegation,
    ),
    Refusal(
        "InUsePrefixCannotBeDeleted",
        "IpPrefix of subnet {name} is in use by {found} and cannot be deleted.",
        "virtual-network/virtual-network-manage-subnet, change subnet settings; approximate",
        _used_prefix,
    ),
)


def _refuse_peered(transaction: Transaction, network: Resource) -> None:
    """virtual-network/virtual-network-troubleshoot-cannot-delete-vnet, "virtual network peering"; approximate."""
    peerings = transaction.list(tokens=["azure-native:network:VirtualNetworkPeering"], under=network.id)
    if peerings:
        text = f"Virtual network {network.id} is in use by {peerings[0].id}. Delete its peerings first."
        raise ArmError(400, "InUseVirtualNetworkCannotBeDeleted", text)


KINDS = (
    Kind(
        token="azure-native:network:VirtualNetwork",
        api_version=VERSION,
        path=VNET,
        name=NameRule(NAME.pattern, 2, 64, NAME.words),
        has_location=True,
        required=("addressSpace",),
        immutable=("location",),
        read_only=("provisioningState", "resourceGuid", "etag"),
        outputs=tracked,
        rules=(_check_network,),
        delete_rules=(_refuse_peered,),
    ),
    Kind(
        token="azure-native:network:Subnet",
        api_version=VERSION,
        path=f"{VNET}/subnets/{{subnetName}}",
        name=NAME,
        read_only=("provisioningState", "etag"),
        outputs=lambda _: {"provisioningState": "Succeeded", "etag": f'W/"{uuid4()}"'},
        rules=(_check_subnet,),
        refusals=_SUBNET_REFUSALS,
        exclusive=Exclusive(
            VNET, "AnotherOperationInProgress", "Another operation on this or dependent resource is in progress."
        ),
        in_use="InUseSubnetCannotBeDeleted",
    ),
    Kind(
        token="azure-native:network:NetworkSecurityGroup",
        api_version=VERSION,
        path=f"{GROUP}/networkSecurityGroups/{{networkSecurityGroupName}}",
        name=NAME,
        has_location=True,
        immutable=("location",),
        read_only=("provisioningState", "resourceGuid", "etag"),
        outputs=tracked,
        rules=(_check_security_rules,),
        in_use="InUseNetworkSecurityGroupCannotBeDeleted",
    ),
)
