"""The objects of an S3 endpoint in the order in which they are made: those of a workload that runs versitygw.

Whoever makes them, the engine or a rendering, comes in as a function; nothing is created here.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from platform_components.component import Known, Settings
from platform_components.kubernetes.container_settings import SOON
from platform_components.kubernetes.metadata import Label, LabelValue, Manifest, ServiceName
from platform_components.kubernetes.network_policies import Network
from platform_components.kubernetes.objects import Make
from platform_components.kubernetes.workload_objects import workload_objects
from platform_components.kubernetes.workload_settings import WorkloadSettings
from platform_components.open_values import concatenated

PORT = 7070
HEALTH = "/healthz"
_SUFFIXES = {"controller": "deployment"}


class S3GatewaySettings(Settings):
    """An S3 endpoint, see `S3GatewayArgs`."""

    namespace: Known[Label]
    gateway_name: Known[ServiceName]
    image: Known[Annotated[str, Field(min_length=1)]]
    account_name: Known[str]
    blob_endpoint: Known[Annotated[str, Field(pattern=r"^https?://")]]
    bucket: Known[str]
    client_id: Known[str]
    region: str = "us-east-1"
    replicas: Known[Annotated[int, Field(ge=0)]] = 1
    labels: Mapping[str, Known[LabelValue]] = {}
    network: Network | None = None


def s3_gateway_objects(settings: S3GatewaySettings, secret_key: Any, make: Make) -> Any:
    """Have every object made; the endpoint."""

    def named(suffix: str, manifest: Manifest, after: Sequence[str]) -> Any:
        return make(_SUFFIXES.get(suffix, suffix), manifest, [_SUFFIXES.get(each, each) for each in after])

    made = workload_objects(_workload(settings, secret_key), named)
    return concatenated("http://", made.service, f":{PORT}")


def _workload(settings: S3GatewaySettings, secret_key: Any) -> WorkloadSettings:
    """The gateway as a workload like any other."""
    healthy = {"http_get": {"port": PORT, "path": HEALTH}}
    container = {
        "image": settings.image,
        "args": ("--port", f":{PORT}", "--health", HEALTH, "--disable-acl", "azure"),
        "variables": {
            # No AZ_ACCESS_KEY: it then signs in as the workload identity that the webhook hands it.
            "AZ_ACCOUNT_NAME": settings.account_name,
            "AZ_ENDPOINT": settings.blob_endpoint,
            "ROOT_ACCESS_KEY_ID": settings.gateway_name,
            "VGW_REGION": settings.region,
        },
        "secret_variables": {"ROOT_SECRET_ACCESS_KEY": secret_key},
        "readiness": {**healthy, **SOON},
        "liveness": healthy,
        # It holds the parts of multipart uploads in memory.
        "requests": {"cpu": "50m", "memory": "128Mi"},
        "limits": {"memory": "512Mi"},
    }
    return WorkloadSettings.model_validate(
        {
            "namespace": settings.namespace,
            "workload_name": settings.gateway_name,
            "containers": {"versitygw": container},
            "replicas": settings.replicas,
            "ports": {"s3": {"port": PORT}},
            "service_account": {"client_id": settings.client_id},
            "labels": settings.labels,
            "network": settings.network,
        }
    )
