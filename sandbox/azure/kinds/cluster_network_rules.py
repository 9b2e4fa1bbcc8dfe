"""What AKS refuses in the networks of a cluster, one row each.

Sources are pages below learn.microsoft.com/azure. "approximate": the rule is there, ARM's code and words could not be
looked up.
"""

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

from sandbox.azure import ids
from sandbox.azure.kind import Refusal, Request
from sandbox.azure.kinds.network import delegations_of, subnet_prefixes
from sandbox.azure.kinds.pool_rules import networks, pools_of, subnets
from sandbox.azure.values import look_up

DELEGATION = "Microsoft.ContainerService/managedClusters"
_OWN_GATEWAY = "userAssignedNATGateway"
_CODES = "aks/configure-azure-cni; Microsoft's list of AKS codes (package apierror)"
# virtual-network/virtual-networks-faq: Azure keeps five addresses of every subnet
_RESERVED = 5
# aks/concepts-network-ip-address-planning: what a node's pods take of a flat network when nothing is said
_PODS = 30


def _profile(request: Request, name: str) -> Any:
    return look_up(request.inputs, f"networkProfile.{name}")


def _range(request: Request, name: str) -> Any:
    text = _profile(request, name)
    try:
        return ip_network(text) if text else None
    except ValueError:
        return None


def _bad_range(request: Request) -> str:
    given = [(name, _profile(request, name)) for name in ("serviceCidr", "podCidr")]
    return next((f"{name} {text}" for name, text in given if text and _range(request, name) is None), "")


def _dns_address_outside(request: Request) -> str:
    services, address = _range(request, "serviceCidr"), _profile(request, "dnsServiceIP")
    return str(address) if services is not None and address and ip_address(address) not in services else ""


def _dns_address_taken(request: Request) -> str:
    services, address = _range(request, "serviceCidr"), _profile(request, "dnsServiceIP")
    return str(address) if services is not None and address and ip_address(address) == services[1] else ""


def _ranges_overlap(request: Request) -> bool:
    services, pods = _range(request, "serviceCidr"), _range(request, "podCidr")
    return services is not None and pods is not None and services.overlaps(pods)


def overlapped(name: str) -> Callable[[Request], str]:
    """Whether a range of the cluster's overlaps a subnet that its nodes go into."""

    def found(request: Request) -> str:
        own = _range(request, name)
        for subnet in subnets(request) if own is not None else ():
            if any(own.overlaps(prefix) for prefix in subnet_prefixes(subnet.inputs)):
                return f"{own} is conflicted with the existing subnet {subnet.name}'s CIDR"
        return ""

    return found


def _api_server_subnet(request: Request) -> str:
    given = look_up(request.inputs, "apiServerAccessProfile.subnetId")
    subnet = request.transaction.get(str(given)) if given else None
    return subnet.id if subnet is not None and DELEGATION not in delegations_of(subnet) else ""


def _subnet_without_gateway(request: Request) -> str:
    if _profile(request, "outboundType") != _OWN_GATEWAY:
        return ""
    return next((each.id for each in subnets(request) if not look_up(each.inputs, "natGateway.id")), "")


def _gateway_without_address(request: Request) -> str:
    if _profile(request, "outboundType") != _OWN_GATEWAY:
        return ""
    for subnet in subnets(request):
        gateway = request.transaction.get(str(look_up(subnet.inputs, "natGateway.id")))
        if (
            gateway is not None
            and not gateway.inputs.get("publicIpAddresses")
            and not gateway.inputs.get("publicIpPrefixes")
        ):
            return gateway.id
    return ""


def _full_subnet(request: Request) -> str:
    """Every node takes an address, one more while it is replaced, and in a flat network its pods take theirs."""
    flat = _profile(request, "networkPlugin") == "azure" and _profile(request, "networkPluginMode") != "overlay"
    needed: dict[str, int] = {}
    for pool in pools_of(request):
        each = 1 + (int(pool.get("maxPods") or _PODS) if flat and not pool.get("podSubnetID") else 0)
        subnet = ids.key(str(pool.get("vnetSubnetID")))
        needed[subnet] = needed.get(subnet, 0) + (int(pool.get("count") or 1) + 1) * each
    for found in subnets(request):
        free = sum(prefix.num_addresses for prefix in subnet_prefixes(found.inputs)) - _RESERVED
        if needed.get(ids.key(found.id), 0) > free:
            return f"{needed[ids.key(found.id)]} of {free} in {found.id}"
    return ""


NETWORK_REFUSALS = (
    Refusal(
        "CidrStringParseError",
        "The address range of {found} is not valid.",
        _CODES,
        _bad_range,
    ),
    *(
        Refusal(
            code,
            "The specified " + words + " CIDR {found}.",
            "aks/configure-azure-cni; Microsoft's list of AKS codes (package apierror)",
            overlapped(name),
        )
        for name, words, code in (
            ("serviceCidr", "service", "ServiceCidrOverlapExistingSubnetsCidr"),
            ("podCidr", "pod", "PodCidrOverlapExistingSubnetsCidr"),
        )
    ),
    Refusal(
        "PodCidrOverlapServiceCidr",
        "The pod CIDR overlaps with the service CIDR.",
        "aks/azure-cni-overlay, IP address planning; Microsoft's list of AKS codes (package apierror)",
        _ranges_overlap,
    ),
    Refusal(
        "DnsServiceIpOutOfServiceCidr",
        "The DNS service IP {found} is outside the service CIDR range.",
        "troubleshoot/azure/azure-kubernetes, DnsServiceIpOutOfServiceCidr",
        _dns_address_outside,
    ),
    Refusal(
        "DnsServiceIpConflicting",
        "The DNS service IP {found} is the first of the service CIDR, which is the API server's.",
        _CODES,
        _dns_address_taken,
    ),
    Refusal(
        "InvalidParameter",
        "networkPluginMode overlay needs networkPlugin azure.",
        "aks/azure-cni-overlay; approximate",
        lambda request: (
            _profile(request, "networkPluginMode") == "overlay" and _profile(request, "networkPlugin") != "azure"
        ),
    ),
    Refusal(
        "InvalidParameter",
        "networkPolicy cilium needs networkDataplane cilium, and the other way round.",
        "aks/azure-cni-powered-by-cilium; approximate",
        lambda request: (
            _profile(request, "networkPolicy") not in (None, "none")
            and (_profile(request, "networkPolicy") == "cilium") != (_profile(request, "networkDataplane") == "cilium")
        ),
    ),
    Refusal(
        "SubnetIsNotDelegated",
        "The subnet {found} of the API server must be delegated to " + DELEGATION + ".",
        "aks/api-server-vnet-integration; approximate",
        _api_server_subnet,
    ),
    Refusal(
        "InvalidParameter",
        "Private clusters cannot have authorized IP ranges.",
        "aks/api-server-authorized-ip-ranges, limitations; approximate",
        lambda request: (
            look_up(request.inputs, "apiServerAccessProfile.enablePrivateCluster") is True
            and look_up(request.inputs, "apiServerAccessProfile.authorizedIPRanges")
        ),
    ),
    Refusal(
        "AgentPoolsNotInSameVirtualNetwork",
        "All node pools must be in the same virtual network.",
        "aks/create-node-pools, limitations; approximate",
        lambda request: len(networks(request)) > 1,
    ),
    Refusal(
        "UserAssignedNATGatewayWithManagedVNetNotAllowed",
        "The outbound type userAssignedNATGateway needs nodes in a subnet of one's own.",
        "aks/nat-gateway; Microsoft's list of AKS codes (package apierror)",
        lambda request: _profile(request, "outboundType") == _OWN_GATEWAY and not [*subnets(request)],
    ),
    Refusal(
        "SubnetNotAssociatedWithNATGateway",
        "The subnet {found} is not associated with a NAT gateway.",
        "aks/nat-gateway; Microsoft's list of AKS codes (package apierror)",
        _subnet_without_gateway,
    ),
    Refusal(
        "NATGatewayNotAssociatedWithPublicIPOrIPPrefix",
        "The NAT gateway {found} is not associated with any public IP or IP prefix.",
        "aks/nat-gateway; Microsoft's list of AKS codes (package apierror)",
        _gateway_without_address,
    ),
    Refusal(
        "ManagedNATGatewayWithCustomVNetNotAllowed",
        "The outbound type managedNATGateway does not go with nodes in a subnet of one's own: {found}.",
        "aks/nat-gateway; Microsoft's list of AKS codes (package apierror)",
        lambda request: (
            _profile(request, "outboundType") == "managedNATGateway"
            and next((subnet.id for subnet in subnets(request)), "")
        ),
    ),
    Refusal(
        "UnexpectedLoadBalancerSkuForCurrentOutboundConfiguration",
        "The outbound type {found} needs a standard load balancer.",
        "aks/egress-outboundtype; Microsoft's list of AKS codes (package apierror)",
        lambda request: (
            str(_profile(request, "loadBalancerSku")).lower() == "basic"
            and _profile(request, "outboundType") not in (None, "loadBalancer")
            and str(_profile(request, "outboundType"))
        ),
    ),
    Refusal(
        "InsufficientSubnetSize",
        "Pre-allocated IPs exceed the IPs available in the subnet CIDR: {found}.",
        "aks/azure-cni-overlay, IP address planning; Microsoft's list of AKS codes (package apierror)",
        _full_subnet,
    ),
)
