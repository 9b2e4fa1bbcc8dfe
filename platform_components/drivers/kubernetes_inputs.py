"""What the drivers of the cluster's side take."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from platform_components.drivers.inputs import WRITTEN_OUT, AtLeastOne, Count, Inputs, Quantity, Resource


class Quota(Inputs):
    """What a namespace may use altogether."""

    cpu: Quantity
    memory: Quantity
    pods: Count


class LimitRange(Inputs):
    """What a container gets that does not say what it needs."""

    cpu_request: Quantity = "50m"
    memory_request: Quantity = "64Mi"
    memory_limit: Quantity = "256Mi"


class NamespaceOwner(Inputs):
    """The team that may look after a namespace."""

    group: str
    """Object id of its Entra group."""
    role: str = "view"
    """The ClusterRole it gets in the namespace."""


class NamespaceInputs(Inputs):
    """The environment's namespace."""

    cluster: Resource
    quota: Quota | None = None
    limit_range: LimitRange | None = None
    owner: NamespaceOwner | None = None
    pod_security: Annotated[Literal["restricted", "baseline", "privileged"], WRITTEN_OUT] = "restricted"


class IngressController(Inputs):
    """What serves routes where there is no gateway."""

    class_name: str
    namespace: str
    """Where its pods are: they may connect to what routes lead to."""
    tls_secret: str | None = None
    """A Secret of the environment's namespace; None: the controller's own certificate."""
    annotations: Mapping[str, str] = {}
    scheme: Literal["https", "http"] = "https"


WorkloadKind = Literal["Deployment", "StatefulSet", "Job", "CronJob"]
Amounts = Mapping[Literal["cpu", "memory"], Quantity]


class Autoscaling(Inputs):
    """More pods when there is more to do."""

    min_replicas: AtLeastOne
    max_replicas: AtLeastOne
    cpu_percent: AtLeastOne = 80


class WorkloadInputs(Inputs):
    """A workload's pods, and what belongs to them."""

    cluster: Resource
    namespace: Resource
    identity: Resource
    gateway: Resource | None = None
    ingress: IngressController | None = None
    kind: WorkloadKind | None = None
    """What it runs as, whatever its Score file says; None: what an annotation says there, else a Deployment."""
    kinds: tuple[WorkloadKind, ...] = ("Deployment", "StatefulSet", "Job", "CronJob")
    """What the annotation may say."""
    annotations: tuple[str, ...] | None = None
    """The platform's annotations that a Score file may bear, without their prefix; None: all of them."""
    schedule: str | None = None
    """When a CronJob runs whose Score file does not say it."""
    replicas: Count = 1
    autoscaling: Autoscaling | None = None
    """What a workload gets that asks for no autoscaler of its own."""
    max_unavailable: AtLeastOne | None = None
    spread: bool = True
    strategy: Mapping[str, Any] | None = None
    """How a Deployment replaces its pods."""
    pre_stop_seconds: Count = 0
    termination_grace_seconds: Count = 30
    deadline_seconds: AtLeastOne = 600
    default_requests: Amounts = Field({"cpu": "50m", "memory": "64Mi"})
    default_limits: Amounts = Field({"memory": "256Mi"})
    user: AtLeastOne | None = None
    group: AtLeastOne | None = None
    read_only_root: bool = True
    scratch_size: Quantity = "256Mi"
    allow_root: bool = False
    """For images that insist on root. A Score file can't ask for it."""
    image_pull_secrets: tuple[str, ...] = ()


class VolumeInputs(Inputs):
    """A volume that outlives the pods which mount it."""

    cluster: Resource
    namespace: Resource
    size: Quantity
    access_mode: Literal["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany"] = "ReadWriteOnce"
    storage_class: str | None = None
    """None: the cluster's own."""


class AutoscalerInputs(Inputs):
    """How many pods the workload that asks may have."""

    min_replicas: AtLeastOne = 2
    max_replicas: AtLeastOne = 3
    cpu_percent: AtLeastOne = 80


class ServiceInputs(Inputs):
    """The Service of another workload."""

    workload: str | None = None
    """None: the one that the resource is called like."""


class ServicePortInputs(Inputs):
    """A port of another workload's Service."""

    workload: str
    port: str | int


class JobInputs(Inputs):
    """A Job that runs once for what brought it along, and again when it changes."""

    cluster: Resource
    namespace: Resource
    image: str | None = None
    """None: that of the first container of the workload that asks."""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    variables: Mapping[str, str | int | bool] = {}
    """Environment variables; all of them are kept in a Secret."""
    deadline_seconds: Annotated[int, Field(ge=1)] = 600


class RouteInputs(Inputs):
    """A path of a host that leads to a port of the workload that asks."""

    cluster: Resource
    namespace: Resource
    gateway: Resource | None = None
    ingress: IngressController | None = None
    host: str
    path: str = "/"
    port: str | int


class ManifestsInputs(Inputs):
    """Objects of a file of manifests, in the environment's namespace."""

    cluster: Resource
    namespace: Resource
    file: str | None = None
    """The manifests, in a YAML file; its path is relative to the definition's own file."""
    manifests: tuple[Mapping[str, Any], ...] = ()
    """The same, written here."""
    values: Mapping[str, Any] = {}
    """What the templates read as `${values.<key>}`."""
    secrets: tuple[str, ...] = ()
    """Credentials to generate, which the templates read as `${secrets.<name>}`."""
    outputs: Mapping[str, Any] = {}
    """Templates of the type's outputs."""
    cluster_scoped: bool = False
    """Whether objects that belong to no namespace may be among them."""
