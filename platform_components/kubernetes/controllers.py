"""The object that keeps a workload's pods, and those that go with it: Service, autoscaler, budget. Pure."""

from collections.abc import Mapping
from typing import Any

from platform_components.kubernetes.metadata import Manifest, merged
from platform_components.kubernetes.workload_settings import Autoscaling, Port, WorkloadSettings

# A new pod first, then an old one goes: at no time are there fewer than asked for.
ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
HISTORY = 3
"""Old ReplicaSets and Jobs that are kept to look at; Kubernetes keeps ten."""
JOB_ATTEMPTS = 3
STEADY_SECONDS = 2
"""So long a pod has to run where no container says when it is ready: one that ends at once would count as ready for the
moment that it ran, and the deployment as done. A kubelet looks once a second: kubernetes.io, PLEG."""


def deployment_spec(settings: WorkloadSettings, template: Manifest, selector: Manifest, replicas: Any) -> Manifest:
    """The spec of a Deployment."""
    return {
        **_replicas(settings, replicas),
        **_steady(settings),
        "selector": {"matchLabels": selector},
        "strategy": dict(settings.strategy or ROLLING),
        "revisionHistoryLimit": HISTORY,
        "progressDeadlineSeconds": settings.deadline_seconds,
        "template": template,
    }


def stateful_set_spec(
    settings: WorkloadSettings, template: Manifest, selector: Manifest, replicas: Any, service_name: Any
) -> Manifest:
    """The spec of a StatefulSet; `service_name` is its headless Service."""
    claims = [
        {"metadata": {"name": name}, "spec": merged({}, volume.claim)}
        for name, volume in sorted(settings.volumes.items())
        if volume.claim is not None
    ]
    return {
        **_replicas(settings, replicas),
        **_steady(settings),
        "selector": {"matchLabels": selector},
        "serviceName": service_name,
        "revisionHistoryLimit": HISTORY,
        "template": template,
        **({"updateStrategy": dict(settings.strategy)} if settings.strategy else {}),
        **({"volumeClaimTemplates": claims} if claims else {}),
    }


def job_spec(template: Manifest, deadline_seconds: int | None = None) -> Manifest:
    """The spec of a Job."""
    # Without a deadline of the cluster's own it would go on when nobody waits for it any more
    deadline = {} if deadline_seconds is None else {"activeDeadlineSeconds": deadline_seconds}
    return {"backoffLimit": JOB_ATTEMPTS, **deadline, "template": template}


def cron_job_spec(settings: WorkloadSettings, template: Manifest) -> Manifest:
    """The spec of a CronJob; a run is left out while the last one still goes on."""
    return {
        "schedule": settings.schedule,
        "concurrencyPolicy": "Forbid",
        "successfulJobsHistoryLimit": HISTORY,
        "failedJobsHistoryLimit": HISTORY,
        "jobTemplate": {"spec": job_spec(template)},
    }


def service_spec(ports: Mapping[str, Port], selector: Manifest) -> Manifest:
    """The spec of the Service."""
    return {
        "type": "ClusterIP",
        "selector": selector,
        "ports": [
            {
                "name": name,
                "port": port.port,
                "targetPort": port.target_port or port.port,
                "protocol": port.protocol,
            }
            for name, port in sorted(ports.items())
        ],
    }


def headless_service_spec(selector: Manifest) -> Manifest:
    """The spec of the Service that gives each pod of a StatefulSet a name."""
    return {"clusterIP": "None", "selector": selector, "publishNotReadyAddresses": True}


def autoscaler_spec(autoscaling: Autoscaling, kind: str, name: Any) -> Manifest:
    """The spec of a HorizontalPodAutoscaler."""
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": name},
        "minReplicas": autoscaling.min_replicas,
        "maxReplicas": autoscaling.max_replicas,
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {"type": "Utilization", "averageUtilization": autoscaling.cpu_percent},
                },
            }
        ],
    }


def disruption_budget_spec(max_unavailable: int, selector: Manifest) -> Manifest:
    """The spec of a PodDisruptionBudget. `maxUnavailable`, because a `minAvailable` of all replicas blocks drains."""
    return {"maxUnavailable": max_unavailable, "selector": {"matchLabels": selector}}


def _replicas(settings: WorkloadSettings, replicas: Any) -> Manifest:
    # An autoscaler owns the number; writing it here would reset it with every update.
    return {} if settings.autoscaling or settings.scaled_elsewhere else {"replicas": replicas}


def _steady(settings: WorkloadSettings) -> Manifest:
    told = any(container.readiness is not None for container in settings.containers.values())
    return {} if told else {"minReadySeconds": STEADY_SECONDS}
