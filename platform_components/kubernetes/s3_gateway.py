"""An S3 endpoint in front of Azure Blob storage: versitygw, in the namespace of those who use it.

The storage account, its containers and the identity that may use them are others'; this one acts as that identity.
"""

from collections.abc import Mapping
from typing import Annotated, NotRequired, TypedDict

import pulumi
from pydantic import Field

from platform_components.component import Known, Settings, child, validated, whole
from platform_components.kubernetes.metadata import Label, LabelValue, ServiceName, metadata
from platform_components.kubernetes.objects import kubernetes_manifest, kubernetes_object, name_of
from platform_components.kubernetes.secrecy import sealed
from platform_components.kubernetes.workload_args import WorkloadNetwork
from platform_components.kubernetes.workload_manifests import labels, secret_data, workload_manifests
from platform_components.kubernetes.workload_settings import Network, WorkloadSettings
from platform_components.passwords import GeneratedPassword

PORT = 7070
HEALTH = "/healthz"


class S3GatewayArgs(TypedDict):
    """Arguments of `S3Gateway`."""

    namespace: pulumi.Input[str]
    """The namespace it runs in."""
    gateway_name: pulumi.Input[str]
    """Name of its Deployment, Service and ServiceAccount, and the access key's id; begins with a letter."""
    image: pulumi.Input[str]
    """Image of versitygw 1.8 or later, best with a digest."""
    account_name: pulumi.Input[str]
    """The storage account."""
    blob_endpoint: pulumi.Input[str]
    """The account's blob endpoint, e.g. `https://shopdata.blob.core.windows.net/`."""
    bucket: pulumi.Input[str]
    """The blob container that serves as bucket. One gateway serves all containers of its account."""
    client_id: pulumi.Input[str]
    """Client id of an Azure identity with the role Storage Blob Data Contributor there, federated with
    `system:serviceaccount:<namespace>:<gateway_name>`."""
    region: NotRequired[str]
    """Region that clients name. Default `us-east-1`, theirs."""
    replicas: NotRequired[pulumi.Input[float]]
    """Pods. Default 1."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """More labels of all its objects and pods."""
    network: NotRequired[WorkloadNetwork]
    """Its connections: it needs TCP 443 to Azure's storage and sign-in. Default: those of its namespace."""


class _S3GatewaySettings(Settings):
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


class S3Gateway(pulumi.ComponentResource):
    """versitygw with workload identity: no account key exists anywhere.

    Source: https://github.com/versity/versitygw/wiki/Azure-Blob-Storage
    """

    endpoint: pulumi.Output[str]
    """Where S3 clients connect, inside the cluster: `http://<name>.<namespace>.svc:7070`; use path-style addresses."""
    access_key_id: pulumi.Output[str]
    """Who clients are."""
    secret_key: pulumi.Output[str]
    """What clients sign with; secret."""
    bucket: pulumi.Output[str]
    """The bucket."""
    region: pulumi.Output[str]
    """The region to name."""

    def __init__(self, name: str, args: S3GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:S3Gateway", name, {}, opts)
        settings = validated(_S3GatewaySettings, "S3Gateway", name, args)
        self.secret_key = GeneratedPassword(f"{name}-key", child(self)).value
        workload = _workload(settings, self.secret_key)
        secret = kubernetes_object(
            f"{name}-secret",
            kubernetes_manifest(
                "v1",
                "Secret",
                metadata(namespace=settings.namespace, labels=labels(workload)),
                type="Opaque",
                data={key: sealed(value) for key, (value, _) in secret_data(workload).items()},
                immutable=True,
            ),
            child(self),
        )
        manifests = workload_manifests(
            workload, replicas=whole(settings.replicas), config_map_name=None, secret_name=name_of(secret)
        )
        before = [
            kubernetes_object(f"{name}-{suffix}", manifests[suffix], child(self))
            for suffix in ("account", "network")
            if suffix in manifests
        ]
        deployment = kubernetes_object(f"{name}-deployment", manifests["controller"], child(self, depends_on=before))
        service = kubernetes_object(f"{name}-service", manifests["service"], child(self, depends_on=[deployment]))
        self.endpoint = pulumi.Output.concat("http://", name_of(service), ".", settings.namespace, f".svc:{PORT}")
        self.access_key_id = pulumi.Output.from_input(settings.gateway_name)
        self.bucket = pulumi.Output.from_input(settings.bucket)
        self.region = pulumi.Output.from_input(settings.region)
        self.register_outputs(
            {
                "endpoint": self.endpoint,
                "access_key_id": self.access_key_id,
                "secret_key": self.secret_key,
                "bucket": self.bucket,
                "region": self.region,
            }
        )


def _workload(settings: _S3GatewaySettings, secret_key: pulumi.Output[str]) -> WorkloadSettings:
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
        "readiness": healthy,
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
            "ports": {"s3": {"port": PORT}},
            "service_account": {"client_id": settings.client_id},
            "labels": settings.labels,
            "network": settings.network,
        }
    )
