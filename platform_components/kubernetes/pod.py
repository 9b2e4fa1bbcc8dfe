"""The pod template of a workload, such as Pod Security `restricted` admits it. Pure.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
"""

from typing import Any

from platform_components.kubernetes.container_order import Readiness, container_order
from platform_components.kubernetes.container_settings import Container, Probe
from platform_components.kubernetes.files import ContainerFile, file_mounts, file_volumes, files_of
from platform_components.kubernetes.metadata import Manifest, merged, selector
from platform_components.kubernetes.quantities import container_resources
from platform_components.kubernetes.secret_stores import store_environment, store_mounts, store_volumes
from platform_components.kubernetes.variables import environment, literal
from platform_components.kubernetes.workload_settings import Security, WorkloadSettings

SCRATCH = "/tmp"  # noqa: S108 -- a folder in the container, a volume of its own
SCRATCH_VOLUME = "workload-scratch"
NONROOT = 65532
WORKLOAD_IDENTITY = {"azure.workload.identity/use": "true"}
"""The label that lets the webhook hand the pod a token: https://learn.microsoft.com/azure/aks/workload-identity-overview"""


def pod_template(
    settings: WorkloadSettings, *, labels: Manifest, service_account: Any, config_map_name: Any, secret_name: Any
) -> Manifest:
    """The template's metadata and spec."""
    files = files_of(settings.containers)
    order = container_order(settings.containers)

    def built(name: str) -> Manifest:
        return _container(name, settings, files, secret_name)

    spec: Manifest = {
        "serviceAccountName": service_account,
        "automountServiceAccountToken": False,
        # Services would otherwise appear as variables that no Score file asked for.
        "enableServiceLinks": False,
        "securityContext": _pod_security(settings.security),
        "terminationGracePeriodSeconds": settings.termination_grace_seconds,
        "initContainers": [_first(built(name), settings.containers[name], until) for name, until in order.first],
        "containers": [built(name) for name in order.then],
        "volumes": [
            *file_volumes(files, config_map_name=config_map_name, secret_name=secret_name),
            *(
                merged({"name": name}, volume.source)
                for name, volume in sorted(settings.volumes.items())
                if volume.source is not None
            ),
            *store_volumes(settings.secret_stores),
            {"name": SCRATCH_VOLUME, "emptyDir": {"sizeLimit": settings.security.scratch_size}},
        ],
        "imagePullSecrets": [{"name": name} for name in settings.image_pull_secrets],
        "topologySpreadConstraints": _spread(settings),
    }
    if settings.runs_once:
        # A new pod for each attempt, so that the logs of those that failed can still be read.
        spec["restartPolicy"] = "Never"
    annotations = {"annotations": dict(settings.annotations)} if settings.annotations else {}
    identity = WORKLOAD_IDENTITY if settings.service_account.client_id is not None else {}
    return {
        "metadata": {"labels": {**labels, **identity}, **annotations},
        "spec": {key: value for key, value in spec.items() if value != []},
    }


def _container(name: str, settings: WorkloadSettings, files: list[ContainerFile], secret_name: Any) -> Manifest:
    container = settings.containers[name]
    mounts = [
        *file_mounts(files, name),
        *(
            {
                "name": mount.volume,
                "mountPath": path,
                **({"subPath": mount.path} if mount.path else {}),
                **({"readOnly": True} if mount.read_only else {}),
            }
            for path, mount in sorted(container.volumes.items())
        ),
        *store_mounts(container.stored_variables, container.stored_files),
    ]
    if SCRATCH not in container.volumes:
        # Each container has a folder of its own in the one volume, as it would have without it.
        mounts.append({"name": SCRATCH_VOLUME, "mountPath": SCRATCH, "subPath": name})
    manifest: Manifest = {
        "name": name,
        "image": container.image,
        "command": _literal(container.command),
        "args": _literal(container.args),
        "env": [
            *environment(name, container.variables, container.secret_variables, secret_name),
            *store_environment(container.stored_variables, settings.secret_stores),
        ]
        or None,
        "resources": container_resources(
            {**container.requests},
            {**container.limits},
            default_requests={**settings.default_requests},
            default_limits={**settings.default_limits},
        ),
        "livenessProbe": _probe(container.liveness),
        "readinessProbe": _probe(container.readiness),
        "startupProbe": _probe(container.startup),
        "volumeMounts": mounts,
        "securityContext": _container_security(settings.security),
        # Then whoever waits for a pod that does not start is told its last words, not only that it ended
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }
    if settings.pre_stop_seconds and settings.ports:
        manifest["lifecycle"] = {"preStop": {"sleep": {"seconds": settings.pre_stop_seconds}}}
    return {key: value for key, value in manifest.items() if value is not None}


def _first(manifest: Manifest, container: Container, until: Readiness) -> Manifest:
    """An init container; unless it completes, one that goes on running."""
    if until == "complete":
        return {key: value for key, value in manifest.items() if key != "lifecycle"}
    sidecar = {**manifest, "restartPolicy": "Always"}
    if until == "healthy" and container.startup is None:
        # Only a start-up probe holds back what comes next.
        sidecar["startupProbe"] = manifest.get("readinessProbe") or manifest["livenessProbe"]
        sidecar["startupProbe"] = {**sidecar["startupProbe"], "successThreshold": 1}
    return sidecar


def _literal(words: tuple[str, ...] | None) -> list[str] | None:
    return None if words is None else [literal(word) for word in words]


def _probe(probe: Probe | None) -> Manifest | None:
    if probe is None:
        return None
    manifest: Manifest
    if probe.command is not None:
        # The kubelet expands variables here, too.
        manifest = {"exec": {"command": _literal(probe.command)}}
    else:
        assert probe.http_get is not None
        request = probe.http_get
        headers = [{"name": header.name, "value": header.value} for header in request.headers]
        if request.host and all(header.name.lower() != "host" for header in request.headers):
            # Not the field `host`: the kubelet would ask another machine, which Pod Security refuses since 1.34.
            headers.insert(0, {"name": "Host", "value": request.host})
        get = {
            "path": request.path,
            "port": request.port,
            "scheme": request.scheme,
            "httpHeaders": headers or None,
        }
        manifest = {"httpGet": {key: value for key, value in get.items() if value is not None}}
    timings = {
        "initialDelaySeconds": probe.initial_delay_seconds,
        "periodSeconds": probe.period_seconds,
        "timeoutSeconds": probe.timeout_seconds,
        "failureThreshold": probe.failure_threshold,
        "successThreshold": probe.success_threshold,
    }
    return {**manifest, **{key: value for key, value in timings.items() if value is not None}}


def _pod_security(security: Security) -> Manifest:
    # An image that insists on root chooses its user itself.
    user = security.user if security.user is not None else None if security.allow_root else NONROOT
    return {
        "runAsNonRoot": not security.allow_root,
        **({} if user is None else {"runAsUser": user, "runAsGroup": security.group}),
        # Mounted files get this group, or a user other than root could not read those that not everybody may.
        "fsGroup": security.group,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _container_security(security: Security) -> Manifest:
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
        "readOnlyRootFilesystem": security.read_only_root,
    }


def _spread(settings: WorkloadSettings) -> list[Manifest]:
    if not settings.spread or settings.runs_once:
        return []
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector(settings.workload_name)},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
