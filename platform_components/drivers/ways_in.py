"""Where connections from outside arrive: at a gateway, or at an ingress controller where a definition says so. Pure."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from platform_components.kubernetes.workload_args import WorkloadGateway, WorkloadIngress


def gateway_of(inputs: Mapping[str, Any]) -> "WorkloadGateway | None":
    """The gateway that routes attach to."""
    gateway = inputs["gateway"]
    return None if gateway is None else {"name": gateway["name"], "namespace": gateway["namespace"]}


def ingress_of(inputs: Mapping[str, Any]) -> "WorkloadIngress | None":
    """The ingress controller that serves them instead; where it is matters to the edges alone."""
    ingress = inputs["ingress"]
    if ingress is None:
        return None
    given = {key: value for key, value in dict(ingress).items() if key != "namespace" and value is not None}
    return cast("WorkloadIngress", given)
