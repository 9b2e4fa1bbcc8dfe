"""What a volume's arguments must be like, and its claim as a manifest. Pure, and without Pulumi."""

from collections.abc import Mapping
from typing import Any, Literal

from platform_components.component import Known, Settings
from platform_components.kubernetes.metadata import MANAGED_BY, Label, LabelValue, Manifest, metadata
from platform_components.kubernetes.objects import kubernetes_manifest
from platform_components.kubernetes.quantities import Quantity


class VolumeSettings(Settings):
    """A volume, see `VolumeArgs`."""

    namespace: Known[Label]
    claim_name: Known[Label]
    size: Quantity
    access_mode: Literal["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany"] = "ReadWriteOnce"
    storage_class: str | None = None
    labels: Mapping[str, Known[LabelValue]] = {}
    annotations: Mapping[str, Known[str]] = {}


def claim_manifest(settings: VolumeSettings) -> Manifest:
    """The claim."""
    # Many classes bind a claim when the first pod mounts it: whoever waits for that before would wait for ever
    annotations: dict[str, Any] = {**settings.annotations, "pulumi.com/skipAwait": "true"}
    spec: Manifest = {
        "accessModes": [settings.access_mode],
        "resources": {"requests": {"storage": settings.size}},
    }
    if settings.storage_class is not None:
        spec["storageClassName"] = settings.storage_class
    place = metadata(settings.claim_name, settings.namespace, {**MANAGED_BY, **settings.labels}, annotations)
    return kubernetes_manifest("v1", "PersistentVolumeClaim", place, spec)
