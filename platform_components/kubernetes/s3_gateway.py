"""An S3 endpoint in front of Azure Blob storage: versitygw, in the namespace of those who use it.

The storage account, its containers and the identity that may use them are others'; this one acts as that identity.
"""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from platform_components.component import child, validated
from platform_components.kubernetes.metadata import Manifest
from platform_components.kubernetes.objects import kubernetes_object, name_of
from platform_components.kubernetes.s3_gateway_objects import S3GatewaySettings, s3_gateway_objects
from platform_components.kubernetes.workload_args import WorkloadNetwork
from platform_components.passwords import GeneratedPassword


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
        settings = validated(S3GatewaySettings, "S3Gateway", name, args)
        made: dict[str, pulumi.CustomResource] = {}

        def make(suffix: str, manifest: Manifest, after: Sequence[str]) -> pulumi.Output[str]:
            options = child(self, depends_on=[made[each] for each in after])
            made[suffix] = kubernetes_object(f"{name}-{suffix}", manifest, options)
            return name_of(made[suffix])

        self.secret_key = GeneratedPassword(f"{name}-key", child(self)).value
        self.endpoint = pulumi.Output.from_input(s3_gateway_objects(settings, self.secret_key, make))
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
