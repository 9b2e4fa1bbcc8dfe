"""What AKS refuses in node pools, one row each, whether in a cluster's own body or as resources of their own.

Sources are pages below learn.microsoft.com/azure. "approximate": the rule is there, ARM's code and words could not be
looked up.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sandbox.azure import ids
from sandbox.azure.errors import ArmError
from sandbox.azure.kind import Refusal, Request
from sandbox.azure.kinds.network import delegations_of
from sandbox.azure.quotas import Shortage, shortage, size_of
from sandbox.azure.store import Resource, Transaction

CLUSTER = "azure-native:containerservice:ManagedCluster"
POOL = "azure-native:containerservice:AgentPool"
# Two vCPUs, but not the 4 GiB that a system pool needs: virtual-machines/sizes/general-purpose/bpsv2-series, basv2
_SMALL = ("Standard_B2ats_v2", "Standard_B2pts_v2", "Standard_B2ts_v2")


def pools_of(cluster: Any) -> list[dict[str, Any]]:
    """The pools in a cluster's own body."""
    found: list[dict[str, Any]] = cluster.inputs.get("agentPoolProfiles") or []
    return found


def subnets(request: Request) -> Iterator[Resource]:
    """The subnets that nodes go into."""
    for pool in _own_pools(request):
        subnet = request.transaction.get(str(pool.get("vnetSubnetID")))
        if subnet is not None:
            yield subnet


def networks(request: Request) -> set[str]:
    """The virtual networks that these are of."""
    return {ids.key(subnet.id.rsplit("/", 2)[0]) for subnet in subnets(request)}


def _own_pools(request: Request) -> list[dict[str, Any]]:
    """The pools that a request is about, with the name of each."""
    return pools_of(request) if request.kind.token == CLUSTER else [{"name": request.name, **request.inputs}]


def _bad_size(request: Request) -> str:
    sizes = (str(pool["vmSize"]) for pool in _own_pools(request) if pool.get("vmSize"))
    return next((size for size in sizes if size_of(size) is None), "")


def _small_system_pool(request: Request) -> str:
    for pool in _own_pools(request):
        size = size_of(str(pool.get("vmSize")))
        if pool.get("mode") == "System" and size and (size.vcpus < 2 or pool["vmSize"] in _SMALL):
            return str(pool["name"])
    return ""


def _bad_scaling(request: Request) -> str:
    for pool in _own_pools(request):
        fewest, most, count = (pool.get(name) for name in ("minCount", "maxCount", "count"))
        if pool.get("enableAutoScaling"):
            given = [each for each in (fewest, count, most) if isinstance(each, int)]
            if fewest is None or most is None or given != sorted(given):
                return f"{pool['name']}: minCount {fewest}, count {count}, maxCount {most}"
        elif fewest is not None or most is not None:
            return f"{pool['name']}: minCount and maxCount need enableAutoScaling"
    return ""


def _empty_system_pool(request: Request) -> str:
    empty = (pool for pool in _own_pools(request) if pool.get("mode") == "System")
    return next((str(pool["name"]) for pool in empty if pool.get("count") == 0 or pool.get("minCount") == 0), "")


def _pods(request: Request, wrong: Callable[[int], bool]) -> str:
    counts = ((pool["name"], pool.get("maxPods")) for pool in _own_pools(request))
    return next((f"{name}: {pods}" for name, pods in counts if isinstance(pods, int) and wrong(pods)), "")


def _delegated_subnet(request: Request) -> str:
    taken = (subnet.id for subnet in subnets(request) if delegations_of(subnet))
    return next(taken, "")


def _other_network(request: Request) -> bool:
    own, cluster = networks(request), _cluster(request)
    first = next((pool.get("vnetSubnetID") for pool in pools_of(cluster)), None) if cluster else None
    return bool(own) and bool(first) and own != {ids.key(str(first).rsplit("/", 2)[0])}


def _cluster(request: Request) -> Resource | None:
    return request.transaction.get(request.id.rsplit("/", 2)[0])


def _by_family(pools: list[dict[str, Any]]) -> dict[str, int]:
    """How many vCPUs pools take, by size family."""
    found: dict[str, int] = {}
    for pool in pools:
        size, nodes = size_of(str(pool.get("vmSize"))), int(pool.get("count") or pool.get("minCount") or 1)
        if size is not None:
            found[size.family] = found.get(size.family, 0) + size.vcpus * nodes
    return found


def _missing_vcpus(request: Request) -> Shortage | None:
    cluster = _cluster(request) if request.kind.token == POOL else None
    region = str((cluster or request).inputs.get("location"))
    clusters = request.transaction.list(tokens=[CLUSTER])
    here = {ids.key(each.id) for each in clusters if each.inputs.get("location") == region}
    others = [pools_of(each) for each in clusters if ids.key(each.id) in here - {ids.key(request.id)}]
    for pool in request.transaction.list(tokens=[POOL]):
        if ids.key(pool.id.rsplit("/", 2)[0]) in here and ids.key(pool.id) != ids.key(request.id):
            others.append([pool.inputs])
    wanted, used = _by_family(_own_pools(request)), [_by_family(pools) for pools in others]
    limits = request.subscription.quotas
    total, taken = {"all": sum(wanted.values())}, [{"all": sum(each.values())} for each in used]
    in_family = shortage(wanted, used, limits.family_vcpus, lambda family: f"family {family} for region {region}")
    return in_family or shortage(total, taken, limits.regional_vcpus, lambda _: f"all families for region {region}")


ALL_POOLS_REFUSALS = (
    Refusal(
        "SubnetIsDelegated",
        "Subnet {found} is delegated to other services so cannot be used for the agentpool.",
        "aks/configure-azure-cni; Microsoft's list of AKS codes (package apierror)",
        _delegated_subnet,
    ),
    Refusal(
        "BadRequest",
        "The VM size of {found} is not allowed in your subscription in this location.",
        "aks/quotas-skus-regions; virtual-machines/vm-naming-conventions",
        _bad_size,
    ),
    Refusal(
        "SystemPoolSkuTooLow",
        "System node pool must use VM sku with more than 2 cores and 4GB memory. Nodepool name: {found}.",
        "aks/use-system-pools, and what az prints; two cores and 4 GB are enough",
        _small_system_pool,
    ),
    Refusal(
        "InvalidParameter",
        "A system pool needs at least one node: {found}.",
        "aks/use-system-pools; approximate",
        _empty_system_pool,
    ),
    Refusal(
        "InvalidParameter",
        "The counts of a pool do not fit the autoscaler: {found}.",
        "aks/cluster-autoscaler; approximate",
        _bad_scaling,
    ),
    Refusal(
        "InsufficientMaxPods",
        "The value of maxPods must be 10 or more: {found}.",
        "aks/concepts-network-ip-address-planning; Microsoft's list of AKS codes (package apierror)",
        lambda request: _pods(request, lambda pods: pods < 10),
    ),
    Refusal(
        "MaxPodsLimitExceeded",
        "The value of maxPods must be 250 or less: {found}.",
        "aks/concepts-network-ip-address-planning; Microsoft's list of AKS codes (package apierror)",
        lambda request: _pods(request, lambda pods: pods > 250),
    ),
    Refusal(
        "ErrCode_InsufficientVCPUQuota",
        "Insufficient vcpu quota {found}. If you want to increase the quota, please follow this instruction: "
        "https://learn.microsoft.com/azure/quotas/view-quotas. Surge nodes would also consume vcpu quota.",
        "aks/troubleshooting, and what Terraform printed",
        _missing_vcpus,
    ),
)

POOL_REFUSALS = (
    Refusal(
        "AgentPoolsNotInSameVirtualNetwork",
        "All node pools must be in the same virtual network.",
        "aks/create-node-pools, limitations; approximate",
        _other_network,
    ),
    Refusal(
        "SystemPoolMustBeRegular",
        "A system pool cannot be a spot pool.",
        "aks/spot-node-pool, limitations; Microsoft's list of AKS codes (package apierror)",
        lambda request: request.inputs.get("scaleSetPriority") == "Spot" and request.inputs.get("mode") == "System",
    ),
    Refusal(
        "Conflict",
        "cannot create already existing resource '{id}': it is in the cluster's own agentPoolProfiles",
        "pulumi-azure-native: client_azcore.go, CanCreate; a pool of a cluster's body is the same resource",
        lambda request: (
            request.old is None
            and (cluster := _cluster(request))
            and any(pool.get("name") == request.name for pool in pools_of(cluster))
        ),
        409,
    ),
    *ALL_POOLS_REFUSALS,
)


def keep_a_system_pool(transaction: Transaction, pool: Resource) -> None:
    """A cluster's last system pool cannot be deleted by itself: aks/use-system-pools; the code is approximate."""
    cluster = transaction.get(pool.id.rsplit("/", 2)[0])
    pools = transaction.list(tokens=[POOL], under=cluster.id) if cluster else []
    others = [each.inputs for each in pools if ids.key(each.id) != ids.key(pool.id)]
    left = [*(pools_of(cluster) if cluster else []), *others]
    if pool.inputs.get("mode") == "System" and not any(each.get("mode") == "System" for each in left):
        raise ArmError(400, "OperationNotAllowed", "There has to be at least one system agent pool.")
