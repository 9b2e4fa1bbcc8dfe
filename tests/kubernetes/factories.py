"""The arguments of small workloads, for tests to change."""

from typing import Any

from platform_components.component import validated
from platform_components.kubernetes.workload_settings import WorkloadSettings


def workload_arguments(**changes: Any) -> Any:
    return {
        "namespace": "shop-login",
        "workload_name": "web",
        "containers": {"web": container()},
        **changes,
    }


def container(**changes: Any) -> dict[str, Any]:
    return {"image": "registry.example/web:1", **changes}


def settings(**changes: Any) -> WorkloadSettings:
    return validated(WorkloadSettings, "Workload", "web", workload_arguments(**changes))
