"""What a container's arguments must be like, and what they are when left out. Outputs pass unchecked."""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from platform_components.component import Known, Settings
from platform_components.kubernetes.container_order import Readiness
from platform_components.kubernetes.metadata import PortNumber
from platform_components.kubernetes.quantities import Quantity, amount
from platform_components.kubernetes.secret_stores import Stored

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


def _twice(*maps: Mapping[str, object]) -> list[str]:
    """The keys that more than one map has."""
    counted = Counter(key for one in maps for key in one)
    return sorted(key for key, count in counted.items() if count > 1)


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


SOON = {"period_seconds": 2, "failure_threshold": 15}
"""Timings of a readiness probe without any of its own. Kubernetes asks every ten seconds, and first before the
container runs, so a deployment of one that is ready after one second takes ten. Half a minute of failures still has to
pass until no more requests are sent: kubernetes.io, "Configure Liveness, Readiness and Startup Probes"."""


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
    stored_variables: Mapping[Variable, Stored] = {}
    stored_files: Mapping[MountPath, Stored] = {}
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
        if twice := _twice(self.variables, self.secret_variables, self.stored_variables):
            raise ValueError(f"variables, secret_variables and stored_variables hold {', '.join(twice)} twice")
        if twice := _twice(self.files, self.stored_files, self.volumes):
            raise ValueError(f"two files, or a file and a volume, are both to be at {', '.join(twice)}")
        for name, requested in self.requests.items():
            limit = self.limits.get(name)
            if limit and amount(requested) > amount(limit):
                raise ValueError(f"requests.{name} ({requested}) is more than limits.{name} ({limit})")
        return self
