"""Public addresses, each a loopback address of the sandbox, and the NAT gateways that use them."""

from typing import Any

from sandbox.azure import ids
from sandbox.azure.errors import ArmError
from sandbox.azure.kind import Kind, Refusal, Request
from sandbox.azure.kinds.network import GROUP, NAME, VERSION, tracked
from sandbox.azure.values import look_up


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
    return {**tracked(request), "ipAddress": address, **host}


_ADDRESS_REFUSALS = (
    Refusal(
        "IPv4BasicSkuPublicIpCountLimitReached",
        "Cannot create more than 0 IPv4 Basic SKU public IP addresses for this subscription in this region.",
        "virtual-network/ip-services/public-ip-basic-upgrade-guidance: retired in September 2025",
        lambda request: look_up(request.inputs, "sku.name") not in ("Standard", "StandardV2"),
    ),
    Refusal(
        "StandardSkuPublicIPAddressesMustBeStatic",
        "Standard sku publicIp must have AllocationMethod set to Static.",
        "virtual-network/ip-services/public-ip-addresses, SKU; the code is approximate",
        lambda request: request.inputs.get("publicIPAllocationMethod") != "Static",
    ),
    Refusal(
        "DnsRecordInUse",
        "DNS record {found} is already used by another public IP.",
        "azure-resource-manager/troubleshooting/error-reserved-resource-name",
        lambda request: next(
            (
                str(look_up(other.outputs, "dnsSettings.fqdn"))
                for other in request.transaction.list(tokens=[request.kind.token])
                if ids.key(other.id) != ids.key(request.id)
                and look_up(request.inputs, "dnsSettings.domainNameLabel")
                and look_up(other.inputs, "dnsSettings.domainNameLabel")
                == look_up(request.inputs, "dnsSettings.domainNameLabel")
                and other.inputs.get("location") == request.inputs.get("location")
            ),
            "",
        ),
    ),
    Refusal(
        "PublicIPCountLimitReached",
        "Cannot create more than {found} public IP addresses for this subscription in this region.",
        "azure-resource-manager/management/azure-subscription-service-limits, networking limits",
        lambda request: (
            request.old is None
            and _addresses_here(request) > request.subscription.quotas.public_ips
            and str(request.subscription.quotas.public_ips)
        ),
    ),
)


def _addresses_here(request: Request) -> int:
    here = [
        other
        for other in request.transaction.list(tokens=[request.kind.token])
        if other.inputs.get("location") == request.inputs.get("location") and ids.key(other.id) != ids.key(request.id)
    ]
    return len(here) + 1


KINDS = (
    Kind(
        token="azure-native:network:NatGateway",
        api_version=VERSION,
        path=f"{GROUP}/natGateways/{{natGatewayName}}",
        name=NAME,
        has_location=True,
        required=("sku",),
        immutable=("location",),
        unchangeable={"zones": "ResourceAvailabilityZonesCannotBeModified"},
        read_only=("provisioningState", "resourceGuid", "etag"),
        outputs=tracked,
        in_use="InUseNatGatewayCannotBeDeleted",
    ),
    Kind(
        token="azure-native:network:PublicIPAddress",
        api_version=VERSION,
        path=f"{GROUP}/publicIPAddresses/{{publicIpAddressName}}",
        name=NAME,
        has_location=True,
        # pulumi-azure-native: gen/replacement.go
        immutable=("location", "publicIPAddressVersion", "publicIPPrefix", "sku"),
        unchangeable={"zones": "ResourceAvailabilityZonesCannotBeModified"},
        read_only=("provisioningState", "resourceGuid", "etag", "ipAddress", "dnsSettings.fqdn"),
        outputs=_public_address,
        refusals=_ADDRESS_REFUSALS,
        in_use="PublicIPAddressCannotBeDeleted",
    ),
)
