"""What a workload's arguments must be like, and what they are when left out. Outputs pass unchecked.

Everything that the API server would refuse after half of the environment exists is refused here, before any of it does.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from platform_components.component import Known, Settings
from platform_components.kubernetes.container_order import Readiness, container_order
from platform_components.kubernetes.metadata import Label, LabelValue, PortNumber, ServiceName
from platform_components.kubernetes.network_policies import Egress
from platform_components.kubernetes.quantities import Quantity, amount
from platform_components.kubernetes.routes import ONE_WAY, GatewaySettings, IngressSettings, RoutePath

LONG_NAME = 52
"""StatefulSets and CronJobs add up to eleven characters to their names, for what must fit into 63."""
Seconds = Annotated[int, Field(ge=0)]


def _mount_path(path: str) -> str:
    if not path.startswith("/") or path == "/" or ":" in path or ".." in path.split("/"):
        raise ValueError(f"'{path}' is no path in a container: it must be absolute, without ':' and '..'")
    return path.rstrip("/")


def _sub_path(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"'{path}' must be relative to the volume and stay in it")
    return path


def _variable(name: str) -> str:
    # Any printable ASCII but '=' since 1.32: https://kubernetes.io/docs/tasks/inject-data-application/
    if not re.match(r"\A[ -<>-~]+\Z", name):
        raise ValueError(f"'{name}' is no name of an environment variable: printable ASCII without '='")
    return name


def _base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from None
    return text


MountPath = Annotated[str, AfterValidator(_mount_path)]
Variable = Annotated[str, AfterValidator(_variable)]
ResourceName = Annotated[str, Field(pattern=r"^(cpu|memory)$")]


class File(Settings):
    """A file, see `WorkloadFile`."""

    content: Known[str] | None = None
    binary_content: Known[Annotated[str, AfterValidator(_base64)]] | None = None
    mode: Annotated[str, Field(pattern=r"^0?[0-7]{3}$")] | None = None
    secret: bool = False

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if (self.content is None) == (self.binary_content is None):
            raise ValueError("give exactly one of content and binary_content")
        return self


class Mount(Settings):
    """A mounted volume, see `WorkloadMount`."""

    volume: str
    path: Annotated[str, AfterValidator(_sub_path)] = ""
    read_only: bool = False


class Volume(Settings):
    """A volume, see `WorkloadVolume`."""

    source: Mapping[str, Any] | None = None
    claim: Mapping[str, Any] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.source is None) == (self.claim is None):
            raise ValueError("give exactly one of source and claim")
        return self


class HttpHeader(Settings):
    """A header, see `WorkloadHttpHeader`."""

    name: str
    value: str


class HttpGet(Settings):
    """A request, see `WorkloadHttpGet`."""

    port: PortNumber
    path: str
    host: str | None = None
    scheme: Literal["HTTP", "HTTPS"] | None = None
    headers: tuple[HttpHeader, ...] = ()


class Probe(Settings):
    """A probe, see `WorkloadProbe`."""

    command: tuple[str, ...] | None = None
    http_get: HttpGet | None = None
    initial_delay_seconds: Seconds | None = None
    period_seconds: Annotated[int, Field(ge=1)] | None = None
    timeout_seconds: Annotated[int, Field(ge=1)] | None = None
    failure_threshold: Annotated[int, Field(ge=1)] | None = None
    success_threshold: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _some_question(self) -> Self:
        if self.command is None and self.http_get is None:
            raise ValueError("give command or http_get")
        return self


class Container(Settings):
    """A container, see `WorkloadContainer`."""

    image: Known[Annotated[str, Field(min_length=1)]]
    command: tuple[str, ...] | None = None
    args: tuple[str, ...] | None = None
    variables: Mapping[Variable, Known[str]] = {}
    secret_variables: Mapping[Variable, Known[str]] = {}
    files: Mapping[MountPath, File] = {}
    volumes: Mapping[MountPath, Mount] = {}
    requests: Mapping[ResourceName, Quantity] = {}
    limits: Mapping[ResourceName, Quantity] = {}
    liveness: Probe | None = None
    readiness: Probe | None = None
    startup: Probe | None = None
    before: Mapping[str, Readiness] = {}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if twice := sorted(self.variables.keys() & self.secret_variables.keys()):
            raise ValueError(f"variables and secret_variables both hold {', '.join(twice)}")
        if twice := sorted(self.files.keys() & self.volumes.keys()):
            raise ValueError(f"a file and a volume are both to be at {', '.join(twice)}")
        for name, requested in self.requests.items():
            limit = self.limits.get(name)
            if limit and amount(requested) > amount(limit):
                raise ValueError(f"requests.{name} ({requested}) is more than limits.{name} ({limit})")
        return self


class Port(Settings):
    """A port, see `WorkloadPort`."""

    port: PortNumber
    target_port: PortNumber | None = None
    protocol: Literal["TCP", "UDP"] = "TCP"


class RouteSettings(Settings):
    """A route, see `WorkloadRoute`."""

    host: Known[str]
    path: RoutePath = "/"
    port: PortNumber
    name: Label | None = None


class ServiceAccountSettings(Settings):
    """A service account, see `WorkloadServiceAccount`."""

    name: Known[Label] | None = None
    client_id: Known[str] | None = None
    annotations: Mapping[str, Known[str]] = {}


class Security(Settings):
    """How far a container may go, see `WorkloadSecurity`."""

    user: Annotated[int, Field(ge=0)] | None = None
    group: Annotated[int, Field(ge=0)] = 65532
    read_only_root: bool = True
    scratch_size: Quantity = "256Mi"
    allow_root: bool = False

    @model_validator(mode="after")
    def _root_is_declared(self) -> Self:
        if self.user == 0 and not self.allow_root:
            raise ValueError("user 0 is root: give another number, or set allow_root")
        return self


class Server(Settings):
    """A workload to connect to, see `WorkloadServer`."""

    workload: Label
    ports: tuple[PortNumber, ...] = Field(min_length=1)


class Network(Settings):
    """A workload's connections, see `WorkloadNetwork`."""

    clients: tuple[Label, ...] = ()
    client_namespaces: tuple[Known[Label], ...] = ()
    servers: tuple[Server, ...] = ()
    egress: tuple[Egress, ...] = ()


class Autoscaling(Settings):
    """Autoscaling, see `WorkloadAutoscaling`."""

    min_replicas: Annotated[int, Field(ge=1)]
    max_replicas: Annotated[int, Field(ge=1)]
    cpu_percent: Annotated[int, Field(ge=1)] = 80

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_replicas > self.max_replicas:
            raise ValueError(f"min_replicas ({self.min_replicas}) is more than max_replicas ({self.max_replicas})")
        return self


class WorkloadSettings(Settings):
    """A workload, see `WorkloadArgs`."""

    namespace: Known[Label]
    workload_name: Known[Label]
    service_name: Known[ServiceName] | None = None
    containers: Mapping[Label, Container] = Field(min_length=1)
    kind: Literal["Deployment", "StatefulSet", "Job", "CronJob"] = "Deployment"
    schedule: str | None = None
    replicas: Known[Annotated[int, Field(ge=0)]] = 1
    ports: Mapping[Label, Port] = {}
    routes: tuple[RouteSettings, ...] = ()
    gateway: GatewaySettings | None = None
    ingress: IngressSettings | None = None
    volumes: Mapping[Label, Volume] = {}
    service_account: ServiceAccountSettings = ServiceAccountSettings()
    labels: Mapping[str, Known[LabelValue]] = {}
    annotations: Mapping[str, Known[str]] = {}
    security: Security = Security()
    default_requests: Mapping[ResourceName, Quantity] = {"cpu": "50m", "memory": "64Mi"}
    default_limits: Mapping[ResourceName, Quantity] = {"memory": "256Mi"}
    strategy: Mapping[str, Any] | None = None
    autoscaling: Autoscaling | None = None
    max_unavailable: Annotated[int, Field(ge=1)] | None = None
    spread: bool = True
    network: Network | None = None
    pre_stop_seconds: Seconds = 0
    termination_grace_seconds: Seconds = 30
    image_pull_secrets: tuple[Known[str], ...] = ()

    @property
    def way(self) -> GatewaySettings | IngressSettings:
        """What serves the routes."""
        way = self.gateway or self.ingress
        assert way is not None
        return way

    @property
    def runs_once(self) -> bool:
        """Whether the workload ends by itself."""
        return self.kind in {"Job", "CronJob"}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = [*self._problems_of_kind(), *self._problems_of_routes(), *self._problems_of_volumes()]
        if problems:
            raise ValueError("; ".join(problems))
        container_order(self.containers)
        return self

    def _problems_of_kind(self) -> list[str]:
        problems = []
        if (self.kind == "CronJob") != (self.schedule is not None):
            problems.append("a CronJob needs a schedule, and nothing else has one")
        if self.runs_once and (self.autoscaling or self.max_unavailable is not None):
            problems.append(f"a {self.kind} has neither autoscaling nor max_unavailable")
        if self.kind in {"StatefulSet", "CronJob"} and len(_known(self.workload_name)) > LONG_NAME:
            problems.append(f"workload_name: a {self.kind} has a name of {LONG_NAME} characters at most")
        if self.ports and self.service_name is None and _known(self.workload_name)[:1].isdigit():
            problems.append(
                f"service_name: '{self.workload_name}' cannot name a Service: give a name with a letter first"
            )
        return problems

    def _problems_of_routes(self) -> list[str]:
        problems = []
        if self.routes and (self.gateway is None) == (self.ingress is None):
            problems.append(ONE_WAY)
        numbers = sorted(port.port for port in self.ports.values())
        problems += [
            f"routes[{index}].port: the workload has no port {route.port}; it has {numbers or 'none'}"
            for index, route in enumerate(self.routes)
            if route.port not in numbers
        ]
        return problems

    def _problems_of_volumes(self) -> list[str]:
        problems = [
            f"containers.{name}.volumes.{path}: the workload has no volume '{mount.volume}'"
            for name, container in self.containers.items()
            for path, mount in container.volumes.items()
            if mount.volume not in self.volumes
        ]
        problems += [
            f"volumes.{name}: names that begin with 'workload-' are the platform's"
            for name in self.volumes
            if name.startswith("workload-")
        ]
        problems += [
            f"volumes.{name}: a claim makes a volume for each replica of a StatefulSet; a {self.kind} needs a source"
            for name, volume in self.volumes.items()
            if volume.claim is not None and self.kind != "StatefulSet"
        ]
        return problems


def _known(text: Any) -> str:
    """A plain text, nothing for an Output."""
    return text if isinstance(text, str) else ""
