"""Whether the pods find room: in the namespace's quota, by the plan alone, and on the cluster's nodes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from platform_components.errors import InputError
from platform_components.kubernetes.quantities import amount, container_resources
from platform_components.lifecycle import cluster
from platform_components.lifecycle.preflight.findings import Check, Finding
from platform_components.plan import Plan

NAME = "capacity"
REQUESTS, LIMITS = {"cpu": "50m", "memory": "64Mi"}, {"memory": "256Mi"}
"""What a container has that says nothing: the defaults of `Workload` and of the namespace's LimitRange."""
S3_GATEWAY = (Decimal("0.05"), amount("128Mi"), amount("512Mi"))
"""Processor, memory and limit of a pod in front of a storage account."""
MOST_CREDENTIALS = 20
"""Federated credentials of one identity.
Source: https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations"""
_MEBI = Decimal(1024) ** 2


@dataclass(frozen=True)
class Need:
    """What pods ask for, all together."""

    cpu: Decimal = Decimal(0)
    memory: Decimal = Decimal(0)
    memory_limit: Decimal = Decimal(0)
    pods: int = 0

    def plus(self, cpu: Decimal, memory: Decimal, limit: Decimal, pods: int) -> "Need":
        """With so many pods more."""
        return Need(
            self.cpu + cpu * pods, self.memory + memory * pods, self.memory_limit + limit * pods, self.pods + pods
        )


def need(plan: Plan) -> Need:
    """Of every workload and S3 gateway, with all replicas: the least, for while one is replaced there are more."""
    total = Need()
    for workload in plan.workloads:
        resource = plan.by_id.get(f"workload.default#{workload.name}")
        if resource is None or resource.driver != "kubernetes/workload":
            continue  # what another driver makes of it only that driver knows
        replicas = resource.inputs.get("replicas")
        cpu = memory = limit = Decimal(0)
        for container in workload.document["containers"].values():
            own = container.get("resources") or {}
            settled = container_resources(
                own.get("requests") or {},
                own.get("limits") or {},
                default_requests=REQUESTS,
                default_limits=LIMITS,
            )
            cpu += amount(settled["requests"]["cpu"])
            memory += amount(settled["requests"]["memory"])
            limit += amount(settled["limits"]["memory"])
        total = total.plus(cpu, memory, limit, replicas if isinstance(replicas, int) else 1)
    for resource in plan.resources:
        if resource.driver == "azure/s3":
            replicas = resource.inputs.get("replicas")
            total = total.plus(*S3_GATEWAY, replicas if isinstance(replicas, int) else 1)
    return total


def checks(plan: Plan, kubeconfig: str | None) -> Iterator[Check]:
    """The quota first, which asks nobody; then the nodes."""
    if not plan.workloads:
        return
    for quota in _quotas(plan):
        yield Check(NAME, "namespace quota", partial(in_quota, plan, quota))
    yield Check(NAME, "workload identity", partial(on_identity, plan))
    if kubeconfig:
        yield Check(NAME, "cluster", lambda: on_nodes(need(plan), cluster.capacity(kubeconfig)))


def refuse_small_quota(plan: Plan) -> None:
    """Raise `InputError` when a namespace could never hold all the pods: the run would wait for them in vain."""
    found = [one for quota in _quotas(plan) for one in in_quota(plan, quota) if one.state == "problem"]
    if found:
        raise InputError(f"the namespace's quota is too small: {found[0].what}", fix=found[0].fix)


def refuse_crowd(plan: Plan) -> None:
    """Raise `InputError` when more workloads act as one identity than Azure lets: halfway through it would say so."""
    for found in on_identity(plan):
        if found.state == "problem":
            raise InputError(found.what, fix=found.fix)


def on_identity(plan: Plan) -> Iterator[Finding]:
    """Whether an identity keeps a credential for each workload; nothing where no identity is made."""
    for resource in plan.resources:
        if resource.driver == "azure/workload-identity":
            count = len(plan.workloads)
            words = f"{count} workloads act as one identity"
            if count <= MOST_CREDENTIALS:
                yield Finding(NAME, "workload identity", "ok", words)
            else:
                yield Finding(
                    NAME,
                    "workload identity",
                    "problem",
                    f"{words}, but Azure keeps at most {MOST_CREDENTIALS} federated credentials on it",
                    "deploy some of the workloads to an environment of another app",
                )


def in_quota(plan: Plan, quota: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether the namespace's quota holds what the workloads request."""
    wanted = need(plan)
    lacking = []
    for name, value, shown in (
        ("cpu", wanted.cpu, f"{wanted.cpu.normalize():f} CPUs"),
        ("memory", max(wanted.memory, wanted.memory_limit), _mebi(max(wanted.memory, wanted.memory_limit))),
        ("pods", Decimal(wanted.pods), f"{wanted.pods} pods"),
    ):
        given = quota.get(name)
        try:
            if given is None or value <= amount(str(given)):
                continue
        except ValueError as error:
            yield Finding(NAME, "namespace quota", "problem", f"{name}: {error}", "correct `namespace.quota`")
            return
        lacking.append(f"{shown} wanted, {given} allowed")
    if lacking:
        fix = (
            "raise `namespace.quota` of the environment type, or ask for less in the Score files (resources, replicas)"
        )
        yield Finding(NAME, "namespace quota", "problem", "; ".join(lacking), fix)
    else:
        words = f"{wanted.pods} pods, {wanted.cpu.normalize():f} CPUs, {_mebi(wanted.memory_limit)} fit in"
        yield Finding(NAME, "namespace quota", "ok", words)


def on_nodes(wanted: Need, free: cluster.Capacity) -> Iterator[Finding]:
    """Whether the nodes have room; an autoscaler may bring more, so little room is no problem by itself."""
    lacking = [
        shown
        for value, have, shown in (
            (wanted.cpu, free.cpu, f"{wanted.cpu.normalize():f} CPUs wanted, {free.cpu.normalize():f} free"),
            (wanted.memory, free.memory, f"{_mebi(wanted.memory)} wanted, {_mebi(free.memory)} free"),
            (Decimal(wanted.pods), Decimal(free.pods), f"{wanted.pods} pods wanted, {free.pods} free"),
        )
        if value > have
    ]
    if free.nodes == 0:
        yield Finding(NAME, "cluster", "problem", "no node is ready", "look at the node pools: kubectl get nodes")
    elif lacking:
        yield Finding(
            NAME,
            "cluster",
            "warning",
            f"{'; '.join(lacking)} on {free.nodes} nodes: the autoscaler has to add one",
            "raise `cluster.node_count_max` of the foundation if it can't",
        )
    else:
        words = f"{free.pods} pods, {free.cpu.normalize():f} CPUs, {_mebi(free.memory)} free on {free.nodes} nodes"
        yield Finding(NAME, "cluster", "ok", words)


def _quotas(plan: Plan) -> list[Mapping[str, Any]]:
    return [
        resource.inputs["quota"] for resource in plan.resources if isinstance(resource.inputs.get("quota"), Mapping)
    ]


def _mebi(value: Decimal) -> str:
    return f"{int(value / _MEBI)} MiB"
