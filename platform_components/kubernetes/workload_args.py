"""The arguments of `Workload`, as a program writes them. How they are checked: `workload_settings`."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi


class WorkloadFile(TypedDict):
    """One file in a container; exactly one of `content` and `binary_content`."""

    content: NotRequired[pulumi.Input[str]]
    """Text."""
    binary_content: NotRequired[pulumi.Input[str]]
    """Anything, in base64."""
    mode: NotRequired[str]
    """Permissions in octal, e.g. `0600`. Default `0644`, and `0440` for a secret file."""
    secret: NotRequired[bool]
    """Whether the content is secret: it then lives in the workload's Secret. Default false."""


class WorkloadMount(TypedDict):
    """A volume of the workload in a container."""

    volume: str
    """Name of one of the workload's `volumes`; containers that name the same one share it."""
    path: NotRequired[str]
    """A folder of the volume. Default all of it."""
    read_only: NotRequired[bool]
    """Default false."""


class WorkloadVolume(TypedDict):
    """A volume that containers can mount; exactly one of `source` and `claim`."""

    source: NotRequired[pulumi.Input[Mapping[str, Any]]]
    """A volume source as a pod template writes it, e.g. `{"emptyDir": {}}`."""
    claim: NotRequired[pulumi.Input[Mapping[str, Any]]]
    """The `spec` of a volume claim; each replica of a StatefulSet gets a volume of its own."""


class WorkloadSecretStore(TypedDict):
    """Secrets that the Secrets Store CSI driver reads from an external store, see `secret_stores`."""

    provider_class: pulumi.Input[str]
    """Name of the SecretProviderClass in the namespace."""
    secret: pulumi.Input[str]
    """Name of the Secret that the driver keeps while a pod mounts the store."""


class WorkloadStoredSecret(TypedDict):
    """One value of a store."""

    store: str
    """Name of one of the workload's `secret_stores`."""
    key: str
    """Its file's name in the store's volume, and its key in the Secret."""


class WorkloadHttpHeader(TypedDict):
    """A header of a probe's request."""

    name: str
    """Name."""
    value: str
    """Value."""


class WorkloadHttpGet(TypedDict):
    """A request that a healthy container answers with 200 to 399."""

    port: int
    """Port of the container."""
    path: str
    """Path, e.g. `/healthz`."""
    host: NotRequired[str]
    """Host that the request names (its `Host` header). It always goes to the pod itself."""
    scheme: NotRequired[str]
    """`HTTP` (default) or `HTTPS`."""
    headers: NotRequired[Sequence[WorkloadHttpHeader]]
    """Request headers."""


class WorkloadProbe(TypedDict):
    """How the kubelet asks a container how it is; `command` wins when both are given."""

    command: NotRequired[Sequence[str]]
    """A command that ends with 0 in a healthy container."""
    http_get: NotRequired[WorkloadHttpGet]
    """A request."""
    initial_delay_seconds: NotRequired[int]
    """Default 0."""
    period_seconds: NotRequired[int]
    """Default 10."""
    timeout_seconds: NotRequired[int]
    """Default 1."""
    failure_threshold: NotRequired[int]
    """Failures in a row that count. Default 3."""
    success_threshold: NotRequired[int]
    """Successes in a row that count. Default 1."""


class WorkloadContainer(TypedDict):
    """One container; everything that it refers to is resolved."""

    image: pulumi.Input[str]
    """Image, best with a digest."""
    command: NotRequired[Sequence[str]]
    """Replaces the image's entry point. Taken literally: `$(NAME)` is not expanded."""
    args: NotRequired[Sequence[str]]
    """Arguments. Taken literally."""
    variables: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Environment variables that everybody may read. A secret one here is an error."""
    secret_variables: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Environment variables with a secret in them; they live in the workload's Secret."""
    stored_variables: NotRequired[Mapping[str, WorkloadStoredSecret]]
    """Environment variables that are each a value of a store. A container gets another value when it starts anew."""
    stored_files: NotRequired[Mapping[str, WorkloadStoredSecret]]
    """Files by absolute path that are each a value of a store."""
    files: NotRequired[Mapping[str, WorkloadFile]]
    """Files by absolute path; mounted one by one, so that the rest of the folder stays visible."""
    volumes: NotRequired[Mapping[str, WorkloadMount]]
    """Volumes by absolute path."""
    requests: NotRequired[Mapping[str, str]]
    """`cpu` and `memory` it needs at least. Default: the workload's `default_requests`."""
    limits: NotRequired[Mapping[str, str]]
    """`cpu` and `memory` it gets at most. Default: the workload's `default_limits`."""
    liveness: NotRequired[WorkloadProbe]
    """A container that fails it is started anew."""
    readiness: NotRequired[WorkloadProbe]
    """A pod that fails it gets no traffic."""
    startup: NotRequired[WorkloadProbe]
    """The other probes begin once this one succeeded."""
    before: NotRequired[Mapping[str, str]]
    """Containers that wait for this one, and until it is `started`, `healthy` or `complete`."""


class WorkloadPort(TypedDict):
    """A port of the workload's Service."""

    port: int
    """Where others connect."""
    target_port: NotRequired[int]
    """Where the container listens. Default `port`."""
    protocol: NotRequired[str]
    """`TCP` (default) or `UDP`."""


class WorkloadRoute(TypedDict):
    """A path of a host that leads to a port of the workload."""

    host: pulumi.Input[str]
    """Host name, e.g. `shop.example.com`."""
    path: NotRequired[str]
    """Everything below this path. Default `/`."""
    port: int
    """One of the workload's ports, by number."""
    name: NotRequired[str]
    """Tells routes of a workload apart; keep it and the route can change without being made anew. Default: a number."""


class WorkloadGateway(TypedDict):
    """The Gateway API gateway that routes attach to."""

    name: pulumi.Input[str]
    """Name of the Gateway."""
    namespace: pulumi.Input[str]
    """Its namespace."""
    listener: NotRequired[str]
    """Name of a listener. Default: every one that admits the route."""
    scheme: NotRequired[str]
    """`https` (default) or `http`: how the URL begins, which depends on the listener."""


class WorkloadIngress(TypedDict):
    """The ingress controller that serves routes, where there is no gateway."""

    class_name: pulumi.Input[str]
    """Its ingress class."""
    tls_secret: NotRequired[pulumi.Input[str]]
    """Secret of the namespace with the hosts' certificate. Default: the controller's own certificate."""
    annotations: NotRequired[Mapping[str, pulumi.Input[str]]]
    """What the controller is told besides."""
    scheme: NotRequired[str]
    """`https` (default) or `http`: how the URL begins."""


class WorkloadServiceAccount(TypedDict):
    """Who the workload is."""

    name: NotRequired[pulumi.Input[str]]
    """Name of the ServiceAccount; a federated credential names it. Default: the workload's name."""
    client_id: NotRequired[pulumi.Input[str]]
    """Client id of the Azure identity that it acts as. Default: none."""
    annotations: NotRequired[Mapping[str, pulumi.Input[str]]]
    """More annotations."""


class WorkloadSecurity(TypedDict):
    """How far a container may go. The defaults are what Pod Security `restricted` demands, and more."""

    user: NotRequired[int]
    """Numeric user that containers run as. Default 65532, the `nonroot` of common images."""
    group: NotRequired[int]
    """Numeric group, also of mounted files. Default 65532."""
    read_only_root: NotRequired[bool]
    """Whether the image's files cannot be changed. Default true."""
    scratch_size: NotRequired[str]
    """Size of the writable `/tmp` of each container. Default `256Mi`."""
    allow_root: NotRequired[bool]
    """For images that insist on root, which then choose their user. The namespace must not enforce `restricted`.
    Default false."""


class WorkloadConnection(TypedDict):
    """The other end of connections: another workload, pods, or addresses outside the cluster (`cidr`)."""

    workload: NotRequired[str]
    """The workload of this name; what else bears a name in the label `app.kubernetes.io/name` can be named so, too."""
    pods: NotRequired[Mapping[str, str]]
    """The pods with these labels."""
    namespace: NotRequired[pulumi.Input[str]]
    """Where the pods are; alone: all of them. Default: the workload's namespace."""
    cidr: NotRequired[pulumi.Input[str]]
    """E.g. `10.100.16.0/24`."""
    without: NotRequired[Sequence[str]]
    """Parts of `cidr` that are not meant."""
    ports: Sequence[str]
    """Where the one that is connected to listens (its containers, not its Service): `5432` or `53/UDP`."""


class WorkloadNetwork(TypedDict):
    """All connections that a workload may have, when its namespace allows none but look-ups of names."""

    ingress: NotRequired[Sequence[WorkloadConnection]]
    """Who may connect to it. Default nobody."""
    egress: NotRequired[Sequence[WorkloadConnection]]
    """What it may connect to. Default nothing. Another pod must have the workload among its own `ingress`, too."""


class WorkloadAutoscaling(TypedDict):
    """More pods when there is more to do."""

    min_replicas: int
    """Pods at least."""
    max_replicas: int
    """Pods at most."""
    cpu_percent: NotRequired[int]
    """Share of the requested processor time to aim at. Default 80."""


class WorkloadArgs(TypedDict):
    """Arguments of `Workload`."""

    namespace: pulumi.Input[str]
    """The namespace it runs in."""
    workload_name: pulumi.Input[str]
    """Name of its objects."""
    service_name: NotRequired[pulumi.Input[str]]
    """Name of its Service; begins with a letter. Default: the workload's name."""
    containers: Mapping[str, WorkloadContainer]
    """The containers by name."""
    kind: NotRequired[str]
    """`Deployment` (default), `StatefulSet`, `Job` or `CronJob`."""
    schedule: NotRequired[str]
    """When a CronJob runs, e.g. `*/5 * * * *`."""
    replicas: NotRequired[pulumi.Input[float]]
    """Pods. Default 1."""
    ports: NotRequired[Mapping[str, WorkloadPort]]
    """Ports of the Service by name; none: no Service and no route."""
    routes: NotRequired[Sequence[WorkloadRoute]]
    """Ways in from outside, through `gateway` or `ingress`."""
    gateway: NotRequired[WorkloadGateway]
    """Serves the routes; either this or `ingress`."""
    ingress: NotRequired[WorkloadIngress]
    """Serves the routes instead."""
    volumes: NotRequired[Mapping[str, WorkloadVolume]]
    """Volumes by name."""
    secret_stores: NotRequired[Mapping[str, WorkloadSecretStore]]
    """External stores of secrets by name; the pods' service account has to stand for who may read there."""
    service_account: NotRequired[WorkloadServiceAccount]
    """Default: one of its own without rights."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """More labels of all objects and pods."""
    annotations: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Annotations of the workload and its pods."""
    security: NotRequired[WorkloadSecurity]
    """How far its containers may go."""
    default_requests: NotRequired[Mapping[str, str]]
    """What a container requests that does not say. Default `{"cpu": "50m", "memory": "64Mi"}`."""
    default_limits: NotRequired[Mapping[str, str]]
    """Limits of a container that does not say. Default `{"memory": "256Mi"}`; a processor limit only slows down."""
    strategy: NotRequired[Mapping[str, Any]]
    """How a Deployment or StatefulSet replaces pods. Default: a new one first, then an old one goes."""
    autoscaling: NotRequired[WorkloadAutoscaling]
    """Lets a HorizontalPodAutoscaler own the number of pods; `replicas` is not used then."""
    scaled_elsewhere: NotRequired[bool]
    """Whether something that is not made here owns the number of pods; `replicas` is not used then. Default false."""
    max_unavailable: NotRequired[int]
    """Pods that may be missing while nodes are drained (a PodDisruptionBudget). Default: no such budget."""
    spread: NotRequired[bool]
    """Whether pods go to different zones and nodes where possible. Default true."""
    network: NotRequired[WorkloadNetwork]
    """Its connections. Default: those of its namespace."""
    pre_stop_seconds: NotRequired[int]
    """Seconds a pod goes on answering after it was taken out of its Service. Default 0."""
    termination_grace_seconds: NotRequired[int]
    """Seconds a pod has to end. Default 30."""
    deadline_seconds: NotRequired[int]
    """Seconds that its pods have to become ready (a Job: to end), before it counts as failed. Default 600."""
    image_pull_secrets: NotRequired[Sequence[pulumi.Input[str]]]
    """Secrets of the namespace with credentials for registries."""
