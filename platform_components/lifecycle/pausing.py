"""An environment that nobody uses for a while: nothing of it runs, everything of it is there.

To pause is a push with `platform:paused`: the engine holds the lock, a killed run is taken on, and `pulumi up` by hand
afterwards changes nothing. The next push, or `pave resume`, takes the key out again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from platform_components.errors import InputError
from platform_components.exports import NAMESPACE_OUTPUT, PAUSED_OUTPUT, PLAN_OUTPUT, output_name
from platform_components.lifecycle import cluster, deployment, marks, servers
from platform_components.lifecycle.deployment import Result
from platform_components.lifecycle.engine import Engine, outputs_in
from platform_components.lifecycle.progress import Listener
from platform_components.lifecycle.wanted import Prepared, Wanted
from platform_components.plan import Plan

COSTS: Mapping[str, str] = {
    "azure/postgres-server": "the server's storage and backups; not its compute, as long as it is stopped",
    "azure/s3": "what is stored in it, and its requests",
    "azure/aks-cluster": "the cluster's own nodes and load balancer: pause does not stop them",
    "azure/gateway": "the gateway's public IP address",
    "azure/network": "the network's NAT gateway and its public IP address, if it has them",
    "azure/dns-zone": "the zone, by the month",
}
"""What goes on costing money in a paused environment, by the driver that made it; others cost nothing by themselves."""


@dataclass(frozen=True)
class Paused:
    """What a pause came to."""

    result: Result
    stopped: tuple[str, ...]
    """Database servers, by name."""
    running: tuple[str, ...]
    """What still runs in the namespace: not the platform's, so not the platform's to stop."""
    costs: tuple[str, ...]
    """What still costs money."""

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "stack": self.result.prepared.stack,
            "paused": True,
            "changes": dict(self.result.changes),
            "stopped_servers": list(self.stopped),
            "still_running": list(self.running),
            "still_costs": list(self.costs),
        }


def prepared_for(engine: Engine, stack: str, *, paused: bool, app: str = "", branch: str = "") -> Prepared:
    """The environment as it is, to be paused or resumed. Raises `InputError` for what can't be."""
    if not engine.has_stack(stack):
        raise InputError(f"there is no environment '{stack}'", fix="`pave list` shows those there are")
    marks.refuse_other_branch(stack, engine.tags(stack), app, branch)
    outputs = outputs_in(engine.state(stack))
    if PLAN_OUTPUT not in outputs:
        raise InputError(f"no deployment of '{stack}' has ended yet", fix="run `pave up` again; it goes on from there")
    if not paused and PAUSED_OUTPUT not in outputs:
        raise InputError(f"'{stack}' is not paused", fix="there is nothing to resume; `pave up` deploys")
    prepared = deployment.prepared_for(engine, Wanted(env=stack, paused=paused))
    if prepared.matched.environment.type.kind == "foundation":
        raise InputError(f"'{stack}' is a foundation: others run on it", fix="pause an application's environment")
    return prepared


def pause(engine: Engine, prepared: Prepared, listener: Listener) -> Paused:
    """Nothing runs afterwards; no data is touched."""
    result = deployment.deploy(engine, prepared, listener)
    own = servers.own(result.outputs)
    servers.stop(own, listener)
    plan = prepared.matched.plan
    running: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    kubeconfig = result.outputs.get(output_name("k8s-cluster.default#main", "kubeconfig"))
    namespace = result.outputs.get(NAMESPACE_OUTPUT)
    if kubeconfig and namespace:
        running, volumes = cluster.at_work(str(kubeconfig), str(namespace))
    return Paused(
        result,
        tuple(one.rpartition("/")[2] for one in own),
        running,
        (*_costs(plan), *(f"the disk of {name}" for name in volumes)),
    )


def _costs(plan: Plan) -> Iterator[str]:
    for resource in plan.resources:
        if resource.driver in COSTS:
            name = next(iter(resource.names.values()), resource.id)
            yield f"{resource.id} ({name}): {COSTS[resource.driver]}"
