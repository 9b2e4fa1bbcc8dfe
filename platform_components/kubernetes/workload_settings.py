"""What a workload's arguments must be like, and what they are when left out. Outputs pass unchecked.

Everything that the API server would refuse after half of the environment exists is refused here, before any of it does.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from platform_components.component import Known, Settings
from platform_components.kubernetes.container_order import container_order
from platform_components.kubernetes.container_settings import Container, File, ResourceName, Seconds
from platform_components.kubernetes.metadata import Label, LabelValue, PortNumber, ServiceName
from platform_components.kubernetes.network_policies import Network
from platform_components.kubernetes.quantities import Quantity
from platform_components.kubernetes.routes import ONE_WAY, GatewaySettings, IngressSettings, RoutePath
from platform_components.kubernetes.secret_stores import SecretStore, StoreName

LARGEST_CONFIGURATION = 1024 * 1024
"""Bytes that a ConfigMap or Secret may hold: https://kubernetes.io/docs/concepts/configuration/configmap/"""
LONG_NAME = 52
"""StatefulSets and CronJobs add up to eleven characters to their names, for what must fit into 63."""


class Volume(Settings):
    """A volume, see `WorkloadVolume`."""

    source: Known[Mapping[str, Any]] | None = None
    claim: Known[Mapping[str, Any]] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.source is None) == (self.claim is None):
            raise ValueError("give exactly one of source and claim")
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
    secret_stores: Mapping[StoreName, SecretStore] = {}
    service_account: ServiceAccountSettings = ServiceAccountSettings()
    labels: Mapping[str, Known[LabelValue]] = {}
    annotations: Mapping[str, Known[str]] = {}
    security: Security = Security()
    default_requests: Mapping[ResourceName, Quantity] = {"cpu": "50m", "memory": "64Mi"}
    default_limits: Mapping[ResourceName, Quantity] = {"memory": "256Mi"}
    strategy: Mapping[str, Any] | None = None
    autoscaling: Autoscaling | None = None
    scaled_elsewhere: bool = False
    max_unavailable: Annotated[int, Field(ge=1)] | None = None
    spread: bool = True
    network: Network | None = None
    pre_stop_seconds: Seconds = 0
    termination_grace_seconds: Seconds = 30
    deadline_seconds: Annotated[int, Field(ge=1)] = 600
    image_pull_secrets: tuple[Known[str], ...] = ()

    @property
    def route_names(self) -> list[str]:
        """What tells the routes apart, in their order."""
        return [route.name or str(index) for index, route in enumerate(self.routes, start=1)]

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
        problems = [
            *self._problems_of_kind(),
            *self._problems_of_routes(),
            *self._problems_of_volumes(),
            *self._problems_of_stores(),
            *self._problems_of_files(),
        ]
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
        if self.workload_name == "default" and self.service_account.name is None:
            problems.append(
                "service_account.name: every namespace has a ServiceAccount 'default' already; give another"
            )
        if self.ports and self.service_name is None and _known(self.workload_name)[:1].isdigit():
            problems.append(
                f"service_name: '{self.workload_name}' cannot name a Service: give a name with a letter first"
            )
        return problems

    def _problems_of_routes(self) -> list[str]:
        problems = []
        if self.routes and (self.gateway is None) == (self.ingress is None):
            problems.append(ONE_WAY)
        if len(set(self.route_names)) < len(self.routes):
            problems.append(f"routes: names come twice among {', '.join(self.route_names)}")
        numbers = sorted({port.port for port in self.ports.values() if port.protocol == "TCP"})
        problems += [
            f"routes[{index}].port: the workload has no TCP port {route.port}; it has {numbers or 'none'}"
            for index, route in enumerate(self.routes)
            if route.port not in numbers
        ]
        taken = Counter((port.port, port.protocol) for port in self.ports.values())
        problems += [
            f"ports: {number}/{protocol} is opened {count} times"
            for (number, protocol), count in taken.items()
            if count > 1
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

    def _problems_of_stores(self) -> list[str]:
        return [
            f"containers.{name}.{kind}.{key}: the workload has no secret store '{one.store}'"
            for name, container in self.containers.items()
            for kind, stored in (
                ("stored_variables", container.stored_variables),
                ("stored_files", container.stored_files),
            )
            for key, one in stored.items()
            if one.store not in self.secret_stores
        ]

    def _problems_of_files(self) -> list[str]:
        problems = []
        for secret, kind in ((False, "plain"), (True, "secret")):
            sizes = {
                f"containers.{name}.files.{path}": _size(file)
                for name, container in self.containers.items()
                for path, file in container.files.items()
                if file.secret is secret
            }
            if sum(sizes.values()) > LARGEST_CONFIGURATION:
                largest = max(sizes, key=lambda place: sizes[place])
                problems.append(
                    f"the {kind} files of a workload may have 1 MiB together, and have {sum(sizes.values())} bytes;"
                    f" the largest is {largest}: put it into the image or into a volume"
                )
        return problems


def _size(file: File) -> int:
    """What is known of a file's size; an Output's shows when it is deployed."""
    return len(_known(file.content).encode()) + len(_known(file.binary_content)) * 3 // 4


def _known(text: Any) -> str:
    """A plain text, nothing for an Output."""
    return text if isinstance(text, str) else ""
