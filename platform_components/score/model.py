"""The Score v1b1 workload as frozen models, in the map form; what each element means is its description here.

Only what one element alone says is checked here. Deprecated forms are upgraded before (`upgrade`), what elements say
about each other is checked beside it (`checks`). The JSON Schema for editors is made from these models (`schema`).
"""

import base64
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal, Required

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema
from typing_extensions import TypedDict

from platform_components.score import quantities

API_VERSION = "score.dev/v1b1"
IMAGE_AT_DEPLOY_TIME = "."
"""An image that is supplied when the workload is deployed."""

MAX_NAME = 63
LABEL_PATTERN = "^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$"
TYPE_PATTERN = "^[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]$"
ID_PATTERN = "^[a-z0-9]+(?:-+[a-z0-9]+)*(?:\\.[a-z0-9]+(?:-+[a-z0-9]+)*)*$"
ANNOTATION_PATTERN = (
    "^(([a-z0-9][a-z0-9-]{0,61}[a-z0-9])(\\.[a-z0-9][a-z0-9-]{0,61}[a-z0-9])*/)?"
    "[A-Za-z0-9][A-Za-z0-9._-]{0,61}[A-Za-z0-9]$"
)
VARIABLE_PATTERN = "^[^=]+$"
MODE_PATTERN = "^0?[0-7]{3}$"
# RFC 4648 §4, in one line or several, as Go's encoding/base64 (and so Kubernetes) takes it.
BASE64_PATTERN = (
    "^[\r\n]*(([A-Za-z0-9+/][\r\n]*){4})*(([A-Za-z0-9+/][\r\n]*){2}(=[\r\n]*){2}|([A-Za-z0-9+/][\r\n]*){3}=[\r\n]*)?$"
)
HEADER_PATTERN = "^[A-Za-z0-9_-]+$"


class _NotNull:
    """An optional key may be left out, but not be empty: the schema knows no null."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: Any = handler(source)
        inner: CoreSchema = schema["schema"] if schema["type"] == "nullable" else schema
        return inner


class _Shape:
    """Validates a mapping by a TypedDict: known keys by their types, other keys as they are."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(self.shape)


def _whole(value: Any) -> Any:
    """JSON Schema counts 80.0 as an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Text = Annotated[str, Field(strict=True)]
Filled = Annotated[str, Field(strict=True, min_length=1)]
Flag = Annotated[bool, Field(strict=True)]
Label = Annotated[str, StringConstraints(strict=True, pattern=LABEL_PATTERN)]
TypeName = Annotated[str, StringConstraints(strict=True, pattern=TYPE_PATTERN)]
ResourceId = Annotated[str, StringConstraints(strict=True, pattern=ID_PATTERN, min_length=2, max_length=63)]
AnnotationName = Annotated[str, StringConstraints(strict=True, pattern=ANNOTATION_PATTERN, max_length=316)]
VariableName = Annotated[str, StringConstraints(strict=True, pattern=VARIABLE_PATTERN)]
FileMode = Annotated[str, StringConstraints(strict=True, pattern=MODE_PATTERN)]
Base64 = Annotated[str, StringConstraints(strict=True, pattern=BASE64_PATTERN)]
PortNumber = Annotated[int, Field(strict=True, ge=1, le=65535), BeforeValidator(_whole)]
Memory = Annotated[str, StringConstraints(strict=True, pattern=quantities.MEMORY_PATTERN)]
Cpu = Annotated[str, StringConstraints(strict=True, pattern=quantities.CPU_PATTERN)]
Annotations = Mapping[AnnotationName, Text]
Ready = Literal["started", "healthy", "complete"]


class _WorkloadMetadata(TypedDict, total=False):
    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]

    name: Required[Annotated[Label, Field(description="The workload's name: 2 to 63 of a-z, 0-9 and '-'.")]]
    annotations: Annotated[Annotations, Field(description="Annotations of the workload; values are strings.")]


class _ResourceMetadata(TypedDict, total=False):
    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]

    annotations: Annotated[Annotations, Field(description="Annotations of the resource; values are strings.")]


class Element(BaseModel):
    """Base of every element that is closed: no key but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Port(Element):
    """A network port that the workload's service opens."""

    port: PortNumber = Field(description="The service's port.")
    protocol: Literal["TCP", "UDP"] = Field("TCP", description="TCP, unless said otherwise.")
    target: Annotated[PortNumber | None, _NotNull()] = Field(
        None, alias="targetPort", description="The container's port; the same as `port`, unless said otherwise."
    )

    @property
    def target_port(self) -> int:
        """The container's port."""
        return self.port if self.target is None else self.target


class Service(Element):
    """What the workload offers to the network."""

    ports: Mapping[Label, Port] = Field({}, description="Ports by name.")


class File(Element):
    """A file in a container: exactly one of `source`, `content` and `binaryContent`."""

    source: Annotated[Filled | None, _NotNull()] = Field(
        None, description="Path of the file to mount, relative to the Score file and below its folder."
    )
    content: Annotated[Text | None, _NotNull()] = Field(None, description="The text of the file.")
    binary_content: Annotated[Base64 | None, _NotNull()] = Field(
        None, alias="binaryContent", description="The bytes of the file in standard base64; never expanded."
    )
    mode: Annotated[FileMode | None, _NotNull()] = Field(
        None, description='Access mode as an octal string, such as "0644".'
    )
    no_expand: Flag = Field(False, alias="noExpand", description="Leave placeholders in the text as they are.")

    @property
    def binary(self) -> bytes | None:
        """The bytes of `binaryContent`."""
        return None if self.binary_content is None else base64.b64decode(self.binary_content)


class Volume(Element):
    """A volume mounted into a container."""

    source: Text = Field(description="The volume, usually `${resources.NAME}`.")
    path: Annotated[Text | None, _NotNull()] = Field(None, description="A path inside the volume.")
    read_only: Flag = Field(False, alias="readOnly", description="Mount the volume read-only.")


class Before(Element):
    """What a container that starts first has to reach before another one starts."""

    ready: Ready = Field(description="`started`, `healthy` or `complete`.")


class Amounts(Element):
    """CPU and memory."""

    memory: Annotated[Memory | None, _NotNull()] = Field(None, description="Bytes, such as 125M or 1.5Gi.")
    cpu: Annotated[Cpu | None, _NotNull()] = Field(None, description="CPUs, such as 2, 0.5 or 250m.")

    @property
    def memory_bytes(self) -> Fraction | None:
        """The memory as an exact number of bytes."""
        return None if self.memory is None else quantities.memory(self.memory)

    @property
    def cpus(self) -> Fraction | None:
        """The exact number of CPUs."""
        return None if self.cpu is None else quantities.cpu(self.cpu)


class ContainerResources(Element):
    """The CPU and memory that a container needs and may use at most."""

    limits: Amounts = Field(Amounts(), description="The most it may use.")
    requests: Amounts = Field(Amounts(), description="What it needs.")


class HttpHeader(Element):
    """A header of an HTTP probe."""

    name: Annotated[str, StringConstraints(strict=True, pattern=HEADER_PATTERN)] = Field(description="Its name.")
    value: Filled = Field(description="Its value.")


class HttpGet(Element):
    """An HTTP request that succeeds while the container is well."""

    port: PortNumber = Field(description="The container's port.")
    path: Text = Field(description="The path to ask for.")
    host: Annotated[Filled | None, _NotNull()] = Field(None, description="The host name to send; default the pod's IP.")
    scheme: Literal["HTTP", "HTTPS"] = Field("HTTP", description="HTTP, unless said otherwise.")
    http_headers: tuple[HttpHeader, ...] = Field((), alias="httpHeaders", description="Further headers.")


class Exec(Element):
    """A command that succeeds while the container is well."""

    command: tuple[Text, ...] = Field(description="The command and its arguments.")


class Probe(Element):
    """How to find out how a container is: at least one of the two; `exec` is preferred where both are given."""

    http_get: Annotated[HttpGet | None, _NotNull()] = Field(None, alias="httpGet", description="Ask over HTTP.")
    exec: Annotated[Exec | None, _NotNull()] = Field(None, description="Run a command.")


class Container(Element):
    """One container of the workload."""

    image: Filled = Field(description="The image; `.` if it is supplied at deploy time.")
    command: tuple[Text, ...] = Field((), description="Replaces the image's entrypoint.")
    args: tuple[Text, ...] = Field((), description="Replaces the image's arguments.")
    variables: Mapping[VariableName, Text] = Field({}, description="Environment variables; values are strings.")
    files: Mapping[str, File] = Field({}, description="Files to mount, by their path in the container.")
    volumes: Mapping[str, Volume] = Field({}, description="Volumes to mount, by their path in the container.")
    before: Mapping[Label, Before] = Field(
        {},
        description="Containers that start after this one, each once this one is `started`, `healthy` or `complete`.",
    )
    resources: ContainerResources = Field(ContainerResources(), description="CPU and memory.")
    liveness_probe: Annotated[Probe | None, _NotNull()] = Field(
        None, alias="livenessProbe", description="Restart the container when this fails."
    )
    readiness_probe: Annotated[Probe | None, _NotNull()] = Field(
        None, alias="readinessProbe", description="Send no requests to the container while this fails."
    )


class Resource(Element):
    """Something the workload needs from the platform."""

    type: TypeName = Field(description="The resource type, such as `postgres`.")
    class_: TypeName = Field("default", alias="class", description="A kind of that type; `default` if left out.")
    id: Annotated[ResourceId | None, _NotNull()] = Field(
        None, description="Workloads that ask for the same type, class and id share one resource."
    )
    metadata: Annotated[Mapping[str, Any], _Shape(_ResourceMetadata)] = Field({}, description="Metadata.")
    params: Mapping[str, Any] = Field({}, description="What the resource type lets a developer set.")


class Workload(Element):
    """One Score file."""

    api_version: Literal["score.dev/v1b1"] = Field(alias="apiVersion", description="The version of the specification.")
    metadata: Annotated[Mapping[str, Any], _Shape(_WorkloadMetadata)] = Field(description="Name and annotations.")
    service: Annotated[Service | None, _NotNull()] = Field(None, description="The ports that the workload opens.")
    containers: Annotated[Mapping[Label, Container], Field(min_length=1)] = Field(description="Containers by name.")
    resources: Mapping[Label, Resource] = Field({}, description="What the workload needs, by the name it uses for it.")

    @property
    def name(self) -> str:
        """The workload's name."""
        name: str = self.metadata["name"]
        return name

    @property
    def annotations(self) -> Mapping[str, str]:
        """The workload's annotations."""
        annotations: Mapping[str, str] = self.metadata.get("annotations", {})
        return annotations

    @property
    def missing_images(self) -> tuple[str, ...]:
        """The containers whose image is still to be supplied."""
        return tuple(sorted(name for name, one in self.containers.items() if one.image == IMAGE_AT_DEPLOY_TIME))

    def to_document(self) -> dict[str, Any]:
        """The workload as a Score document again, with the keys that were given and no others."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
