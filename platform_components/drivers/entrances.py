"""What an environment has of its own where there is no cloud around it: a host, and no identity. Pure."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from platform_components.drivers.request import Request
from platform_components.open_values import concatenated

if TYPE_CHECKING:
    from platform_components.kubernetes.workload_args import WorkloadServiceAccount


def service_account(identity: Mapping[str, Any]) -> "WorkloadServiceAccount":
    """The account of a workload's pods, which acts as an identity in Azure where there is one."""
    return {"client_id": identity["client_id"]} if "client_id" in identity else {}


def host_outputs(request: Request) -> dict[str, Any]:
    """A host below a domain whose every name leads to the gateway already; outputs of the type `dns`."""
    host = concatenated(request.names["host"], ".", request.inputs["domain"])
    return {"host": host, "url": concatenated(request.inputs["scheme"], "://", host)}
