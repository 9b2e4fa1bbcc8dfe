"""Quota and offers: whether the region sells the sizes that the plan wants, and the subscription may have so many."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from platform_components.environment import Environment
from platform_components.lifecycle.azure_cli import az, subscription
from platform_components.lifecycle.preflight.findings import Check, Finding
from platform_components.plan import Plan, PlannedResource

QUOTA, OFFER = "quota", "offer"
RAISE = "choose another size, or raise it: https://learn.microsoft.com/azure/quotas/quickstart-increase-quota-portal"
_POSTGRES_API = "2024-08-01"
# virtual-machines/vm-naming-conventions: family, vCPUs, constrained vCPUs, features, version
_SIZE = re.compile(r"Standard_(?P<family>[A-Z]+)(?P<cpus>\d+)(?:-\d+)?(?P<features>[a-z]*)\w*?(?:_(?P<version>v\d+))?")
NODE_SIZE, NODES = "Standard_D4ds_v5", 3
"""What a cluster has whose definition does not say: the driver's own defaults."""


def checks(plan: Plan, environment: Environment, *, new: bool) -> Iterator[Check]:
    """For clusters and database servers that this environment makes itself; what it has, it does not need again."""
    if not new:
        return
    location = environment.location or ""
    for resource in plan.resources:
        if resource.driver == "azure/aks-cluster" and location:
            sizes = node_sizes(resource)
            yield Check(QUOTA, f"vCPUs in {location}", partial(_vcpus, location, sizes))
            for size in sizes:
                yield Check(OFFER, f"{size} in {location}", partial(_machine, location, size))
        elif resource.driver == "azure/postgres-server" and location:
            sku, tier = (str(resource.inputs.get(name) or "") for name in ("sku", "tier"))
            subject = f"PostgreSQL {sku} in {location}"
            yield Check(OFFER, subject, partial(_server, location, sku, tier))
            count = _cpus(sku) * (2 if resource.inputs.get("high_availability") not in (None, "Disabled") else 1)
            yield Check(
                QUOTA,
                f"PostgreSQL vCores in {location}",
                partial(_vcores, location, sku, count),
            )


def node_sizes(cluster: PlannedResource) -> dict[str, int]:
    """By size, as many machines as the cluster's pools may grow to."""
    default = str(cluster.inputs.get("node_size") or NODE_SIZE)
    found = {default: int(cluster.inputs.get("node_count_max") or NODES)}
    for pool in cluster.inputs.get("user_pools") or ():
        size = str(pool.get("node_size") or default)
        found[size] = found.get(size, 0) + int(pool.get("node_count_max") or NODES)
    return found


def _vcpus(location: str, sizes: Mapping[str, int]) -> Iterator[Finding]:
    usage = {str(one["name"]["value"]): one for one in az("vm", "list-usage", "--location", location)}
    wanted: dict[str, int] = {"cores": 0}
    for size, count in sizes.items():
        cores = _cpus(size) * count
        wanted["cores"] += cores
        family = _family(size)
        if family:
            wanted[family] = wanted.get(family, 0) + cores
    for name, cores in wanted.items():
        # Families are spelt with capitals here and there: compared without
        found = next((one for key, one in usage.items() if key.lower() == name.lower()), None)
        subject = f"vCPUs in {location}" if name == "cores" else f"{name} in {location}"
        yield _enough(subject, cores, found)


def _vcores(location: str, sku: str, count: int) -> Iterator[Finding]:
    # The CLI has no command for it: Microsoft.DBforPostgreSQL, Quota Usages - List
    url = (
        f"/subscriptions/{subscription()}/providers/Microsoft.DBforPostgreSQL/locations/{location}"
        f"/resourceType/flexibleServers/usages?api-version={_POSTGRES_API}"
    )
    listed = az("rest", "--method", "get", "--url", url)["value"]
    usage = {str(one["name"]["value"]).lower(): one for one in listed}
    # By family or in all: which of the two a subscription is told differs
    found = [usage[name] for name in ("cores", _family(sku).lower()) if name in usage]
    for one in found or [None]:
        yield _enough(f"PostgreSQL vCores in {location}", count, one)


def _enough(subject: str, wanted: int, usage: Mapping[str, Any] | None) -> Finding:
    if usage is None:
        return Finding(QUOTA, subject, "unknown", "could not ask: Azure lists no such quota")
    limit, used = int(usage["limit"]), int(usage["currentValue"])
    words = f"{wanted} wanted at most, {max(0, limit - used)} of {limit} free"
    if wanted > limit - used:
        return Finding(QUOTA, subject, "problem", words, RAISE)
    return Finding(QUOTA, subject, "ok", words)


def _machine(location: str, size: str) -> Iterator[Finding]:
    subject = f"{size} in {location}"
    offers = az(
        "vm", "list-skus", "--location", location, "--size", size, "--resource-type", "virtualMachines", "--all"
    )
    offer = next((one for one in offers if one["name"] == size), None)
    restrictions = [one["reasonCode"] for one in (offer or {}).get("restrictions") or () if one["type"] == "Location"]
    if offer is None or restrictions:
        words = f"is not offered to this subscription ({restrictions[0]})" if restrictions else "is not offered"
        yield Finding(OFFER, subject, "problem", words, "choose another `node_size` or `location`: az vm list-skus")
    else:
        yield Finding(OFFER, subject, "ok", "is offered")


def _server(location: str, sku: str, tier: str) -> Iterator[Finding]:
    subject = f"PostgreSQL {sku} in {location}"
    offers = az("postgres", "flexible-server", "list-skus", "--location", location)
    editions = [edition for one in offers for edition in one.get("supportedServerEditions") or ()]
    offered = {
        str(one["name"]) for edition in editions if edition["name"] == tier for one in edition["supportedServerSkus"]
    }
    if sku.lower() in {name.lower() for name in offered}:
        yield Finding(OFFER, subject, "ok", "is offered")
        return
    near = f"; of the tier {tier} there are: {', '.join(sorted(offered)[:5])}" if offered else ""
    yield Finding(
        OFFER, subject, "problem", f"is not offered{near}", "choose another `sku`, `tier` or `location` in the settings"
    )


def _cpus(size: str) -> int:
    found = _SIZE.fullmatch(size)
    return int(found["cpus"]) if found else 0


def _family(size: str) -> str:
    found = _SIZE.fullmatch(size)
    if found is None:
        return ""
    return f"standard{(found['family'] + found['features']).upper()}{found['version'] or ''}Family"
