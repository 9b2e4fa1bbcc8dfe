"""What each driver makes on the cluster, and what is known of the outputs of those that make nothing there.

The counterpart of `drivers.kubernetes`, by the same functions: arguments, manifests and outputs are theirs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from platform_components.azure.gateway_objects import GatewaySettings, gateway_objects
from platform_components.component import SettingsT, validated
from platform_components.drivers.entrances import host_outputs
from platform_components.drivers.kubernetes_args import (
    gateway_args,
    job_args,
    namespace_args,
    route_args,
    s3_gateway_args,
    service_outputs,
    service_port_outputs,
    volume_args,
    volume_outputs,
)
from platform_components.drivers.manifests_objects import manifest_objects
from platform_components.drivers.request import Request
from platform_components.drivers.stored_values import provider_class, stored
from platform_components.drivers.workload_args import workload_args, workload_outputs
from platform_components.exports import output_name
from platform_components.kubernetes.namespace_manifests import NamespaceSettings, namespace_content, namespace_manifest
from platform_components.kubernetes.objects import Make
from platform_components.kubernetes.routes import HostRouteSettings, route_object
from platform_components.kubernetes.s3_gateway_objects import S3GatewaySettings, s3_gateway_objects
from platform_components.kubernetes.volume_manifests import VolumeSettings, claim_manifest
from platform_components.kubernetes.workload_objects import WorkloadOutputs, workload_objects
from platform_components.kubernetes.workload_settings import WorkloadSettings
from platform_components.open_values import StandIn, concatenated
from platform_components.rendering.objects import Objects, opened

StandIns = Callable[[str], StandIn]
"""What stands for an output that exists once the resource was created."""


@dataclass(frozen=True)
class Rendering:
    """One resource, to be rendered."""

    request: Request
    objects: Objects
    stand_in: StandIns

    def make(self, suffix: str = "") -> Make:
        """Renders objects as those of the resource's component."""
        return self.objects.maker(self.request.resource.id, self.request.name + suffix)

    def settings(self, model: type[SettingsT], component: str, args: Any) -> SettingsT:
        """A component's checked arguments."""
        return validated(model, component, self.request.name, opened(args))


Outputs = Mapping[str, Any]


def _namespace(rendering: Rendering) -> Outputs:
    settings = rendering.settings(NamespaceSettings, "Namespace", namespace_args(rendering.request))
    make = rendering.make()
    name = make("namespace", namespace_manifest(settings), ())
    for suffix, manifest in namespace_content(settings, name).items():
        make(suffix, manifest, ())
    return {"name": name}


def _workload(rendering: Rendering) -> Outputs:
    args = workload_args(rendering.request)
    return workload_outputs(args, _made(rendering, args))


def _job(rendering: Rendering) -> Outputs:
    return {"name": _made(rendering, job_args(rendering.request)).name}


def _volume(rendering: Rendering) -> Outputs:
    settings = rendering.settings(VolumeSettings, "Volume", volume_args(rendering.request))
    return volume_outputs(rendering.make()("claim", claim_manifest(settings), ()))


def _route(rendering: Rendering) -> Outputs:
    manifest, url = route_object(rendering.settings(HostRouteSettings, "Route", route_args(rendering.request)))
    rendering.make()("route", manifest, ())
    return {"url": url}


def _s3(rendering: Rendering) -> Outputs:
    """The way to the data is rendered; account, bucket and identity are not the cluster's."""
    request, of = rendering.request, rendering.request.resource.id
    args = s3_gateway_args(
        request,
        account_name=request.names["account"],
        blob_endpoint=StandIn(f"<{of}.blob_endpoint>"),
        bucket=request.names["bucket"],
        client_id=StandIn(f"<{of}.client_id>"),
    )
    settings = rendering.settings(S3GatewaySettings, "S3Gateway", args)
    secret_key = rendering.stand_in("secret_key")
    return {
        "endpoint": s3_gateway_objects(settings, secret_key, rendering.make("-gateway")),
        "access_key_id": settings.gateway_name,
        "secret_key": secret_key,
        "bucket": settings.bucket,
        "region": settings.region,
    }


def _key_vault_csi(rendering: Rendering) -> Outputs:
    return stored(rendering.request, rendering.make()("class", provider_class(rendering.request), ()))


def _gateway(rendering: Rendering) -> Outputs:
    """A foundation's way in; its address and who reads its certificate are not the cluster's."""
    request, of = rendering.request, rendering.request.resource.id
    args = gateway_args(request, certificate_client_id=StandIn(f"<{of}.client_id>"))
    settings = rendering.settings(GatewaySettings, "Gateway", args)
    make = rendering.make()
    namespace, name = gateway_objects(
        settings,
        lambda suffix, manifest: make(suffix, manifest, ()),
        address_name=settings.public_ip_name,
        address_group=settings.resource_group_name,
    )
    return {
        "name": name,
        "namespace": namespace,
        "class": settings.class_name,
        "address": rendering.stand_in("address"),
    }


def _made(rendering: Rendering, args: Any) -> WorkloadOutputs:
    return workload_objects(rendering.settings(WorkloadSettings, "Workload", args), rendering.make())


def _manifests(rendering: Rendering) -> Outputs:
    request = rendering.request
    secrets = {
        name: StandIn(f"<secret {request.resource.id} {name}>", secret=True) for name in request.inputs["secrets"]
    }
    found = manifest_objects(request, secrets)
    make = rendering.make()
    for one in found.objects:
        make(one.suffix, opened(one.manifest), ())
    return found.outputs


def _host(rendering: Rendering) -> Outputs:
    return host_outputs(rendering.request)


def _static(rendering: Rendering) -> Outputs:
    return dict(rendering.request.inputs)


def _database(rendering: Rendering) -> Outputs:
    names, server = rendering.request.names, rendering.request.inputs["server"]
    return {"name": names["database"], "username": names["role"], "host": server["host"], "port": server["port"]}


def _record(rendering: Rendering) -> Outputs:
    host = concatenated(rendering.request.names["record"], ".", rendering.request.inputs["zone"]["name"])
    return {"host": host, "url": concatenated("https://", host)}


RENDERED: Mapping[str, Callable[[Rendering], Outputs]] = {
    "azure/gateway": _gateway,
    "azure/key-vault-csi": _key_vault_csi,
    "azure/s3": _s3,
    "kubernetes/job": _job,
    "kubernetes/manifests": _manifests,
    "kubernetes/namespace": _namespace,
    "kubernetes/route": _route,
    "kubernetes/volume": _volume,
    "kubernetes/workload": _workload,
}
"""By driver, what renders the objects that it makes on the cluster."""

KNOWN: Mapping[str, Callable[[Rendering], Outputs]] = {
    "azure/dns-record": _record,
    "kubernetes/autoscaler": lambda _rendering: {},
    "kubernetes/service": lambda rendering: service_outputs(rendering.request),
    "kubernetes/service-port": lambda rendering: service_port_outputs(rendering.request),
    "postgres/database": _database,
    "postgres/entra-database": _database,
    "static": _static,
    "wildcard-host": _host,
}
"""By driver that makes none, the outputs that are known before it has made anything; others have a stand-in."""

PARTLY = frozenset({"azure/gateway", "azure/s3"})
"""The drivers of which only a part is on the cluster."""

EMPTY = frozenset(
    {
        *("static", "stack-reference", "values", "azure/key-vault-values"),
        *("kubernetes/autoscaler", "kubernetes/service", "kubernetes/service-port"),
        *("kubeconfig", "wildcard-host"),
    }
)
"""The drivers that make nothing at all, here or elsewhere: they look something up."""


def referenced(request: Request) -> Callable[[str], str]:
    """The names under which another stack exports the outputs of a `stack-reference`."""
    inputs, resource = request.inputs, request.resource
    type_, class_ = inputs["type"] or resource.type, inputs["class_"] or resource.class_
    identity = f"{type_}.{class_}#{inputs['id'] or resource.res_id}"
    return lambda output: output_name(identity, output)
