"""All objects of a workload as manifests. Pure; leaves may be Outputs.

What the engine names itself (Secret, ConfigMap) comes in by name, because the pod template refers to it.
"""

from typing import Any

from platform_components.kubernetes import controllers
from platform_components.kubernetes.files import ContainerFile, files_of
from platform_components.kubernetes.metadata import MANAGED_BY, Manifest, joined, metadata, selector
from platform_components.kubernetes.network_policies import pod_policy
from platform_components.kubernetes.objects import kubernetes_manifest
from platform_components.kubernetes.pod import pod_template
from platform_components.kubernetes.routes import Target, route_manifest
from platform_components.kubernetes.secrecy import plain
from platform_components.kubernetes.variables import variable_key
from platform_components.kubernetes.workload_settings import RouteSettings, WorkloadSettings

CONTROLLERS = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "Job": "batch/v1", "CronJob": "batch/v1"}
CLIENT_ID = "azure.workload.identity/client-id"


def secret_data(settings: WorkloadSettings) -> dict[str, tuple[Any, bool]]:
    """What belongs into the workload's Secret by key: the value, and whether it is base64 already."""
    variables = {
        variable_key(name, variable): (value, False)
        for name, container in sorted(settings.containers.items())
        for variable, value in sorted(container.secret_variables.items())
    }
    return variables | {file.key: _content(file) for file in files_of(settings.containers) if file.file.secret}


def config_map(settings: WorkloadSettings) -> Manifest | None:
    """The ConfigMap of the plain files, without a name; none without such files."""
    text: Manifest = {}
    binary: Manifest = {}
    for file in files_of(settings.containers):
        if not file.file.secret:
            content, encoded = _content(file)
            (binary if encoded else text)[file.key] = plain(content, file.where)
    if not text and not binary:
        return None
    return kubernetes_manifest(
        "v1",
        "ConfigMap",
        metadata(namespace=settings.namespace, labels=labels(settings)),
        data=text or None,
        binaryData=binary or None,
        immutable=True,
    )


def workload_manifests(
    settings: WorkloadSettings, *, replicas: Any, config_map_name: Any, secret_name: Any
) -> dict[str, Manifest]:
    """The other objects by what they are to the workload, in the order in which they are needed."""
    name, find = settings.workload_name, selector(settings.workload_name)
    account = settings.service_account

    def object_of(api_version: str, kind: str, spec: Manifest | None, object_name: Any = name, **more: Any) -> Manifest:
        return kubernetes_manifest(
            api_version, kind, metadata(object_name, settings.namespace, labels(settings)), spec, **more
        )

    identity = {CLIENT_ID: account.client_id} if account.client_id is not None else {}
    manifests = {
        "account": kubernetes_manifest(
            "v1",
            "ServiceAccount",
            metadata(account.name or name, settings.namespace, labels(settings), {**account.annotations, **identity}),
            automountServiceAccountToken=False,
        )
    }
    if settings.network:
        # Before the pods: without it they could not even look for what they need when they start.
        manifests["network"] = object_of(
            "networking.k8s.io/v1", "NetworkPolicy", pod_policy(name, settings.network), joined(name, "network")
        )
    template = pod_template(
        settings,
        labels=labels(settings),
        service_account=account.name or name,
        config_map_name=config_map_name,
        secret_name=secret_name,
    )
    manifests["controller"] = object_of(
        CONTROLLERS[settings.kind], settings.kind, _controller_spec(settings, template, replicas)
    )
    if settings.annotations:
        manifests["controller"]["metadata"]["annotations"] = dict(settings.annotations)
    if settings.kind == "StatefulSet":
        manifests["headless"] = object_of(
            "v1", "Service", controllers.headless_service_spec(find), headless_name(settings)
        )
    if settings.ports:
        manifests["service"] = object_of(
            "v1", "Service", controllers.service_spec(settings.ports, find), settings.service_name or name
        )
        if settings.replicas == 0:
            # The provider waits ten minutes for something that answers, even where nothing is meant to run.
            manifests["service"]["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    if settings.autoscaling:
        manifests["autoscaler"] = object_of(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            controllers.autoscaler_spec(settings.autoscaling, settings.kind, name),
        )
    if settings.max_unavailable is not None:
        manifests["disruption-budget"] = object_of(
            "policy/v1", "PodDisruptionBudget", controllers.disruption_budget_spec(settings.max_unavailable, find)
        )
    for suffix, route in zip(settings.route_names, settings.routes, strict=True):
        manifests[f"route-{suffix}"] = route_manifest(
            joined(name, suffix), settings.namespace, labels(settings), target(settings, route), settings.way
        )
    return manifests


def labels(settings: WorkloadSettings) -> Manifest:
    """The labels of all its objects and pods."""
    return {**MANAGED_BY, **settings.labels, **selector(settings.workload_name)}


def headless_name(settings: WorkloadSettings) -> Any:
    """The Service that gives each pod of a StatefulSet a name."""
    return joined(settings.workload_name, "headless")


def target(settings: WorkloadSettings, route: RouteSettings) -> Target:
    """Where a route leads."""
    return Target(route.host, route.path, settings.service_name or settings.workload_name, route.port)


def _controller_spec(settings: WorkloadSettings, template: Manifest, replicas: Any) -> Manifest:
    find = selector(settings.workload_name)
    match settings.kind:
        case "Deployment":
            return controllers.deployment_spec(settings, template, find, replicas)
        case "StatefulSet":
            return controllers.stateful_set_spec(settings, template, find, replicas, headless_name(settings))
        case "Job":
            return controllers.job_spec(template, settings.deadline_seconds)
        case "CronJob":
            return controllers.cron_job_spec(settings, template)


def _content(file: ContainerFile) -> tuple[Any, bool]:
    if file.file.binary_content is not None:
        return file.file.binary_content, True
    return file.file.content, False
