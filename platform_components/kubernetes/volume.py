"""A volume that outlives the pods which mount it: a claim in a namespace. Which storage there is, is the cluster's."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

from platform_components.component import child, validated
from platform_components.kubernetes.objects import kubernetes_object, name_of
from platform_components.kubernetes.volume_manifests import VolumeSettings, claim_manifest

_FIXED = ["spec.accessModes", "spec.storageClassName"]
"""What no claim can change: it would be made anew, without its data."""


class VolumeArgs(TypedDict):
    """Arguments of `Volume`."""

    namespace: pulumi.Input[str]
    """The namespace of the pods that mount it."""
    claim_name: pulumi.Input[str]
    """Name of the claim."""
    size: str
    """How much it holds, e.g. `10Gi`; it can grow later, if the storage class lets it."""
    access_mode: NotRequired[str]
    """`ReadWriteOnce` (default: the pods of one node), `ReadWriteOncePod`, `ReadWriteMany` or `ReadOnlyMany`. Stays
    what it was when the claim was made."""
    storage_class: NotRequired[str]
    """The storage class. Default: the cluster's own. Stays what it was when the claim was made."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """More labels."""
    annotations: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Annotations."""


class Volume(pulumi.ComponentResource):
    """A PersistentVolumeClaim.

    Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/
    """

    claim_name: pulumi.Output[str]
    """Name of the claim, for `persistentVolumeClaim` of a pod."""

    def __init__(self, name: str, args: VolumeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:Volume", name, {}, opts)
        settings = validated(VolumeSettings, "Volume", name, args)
        claim = kubernetes_object(f"{name}-claim", claim_manifest(settings), child(self, ignore_changes=_FIXED))
        self.claim_name = name_of(claim)
        self.register_outputs({"claim_name": self.claim_name})
