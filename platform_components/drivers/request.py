"""What a driver is given for one matched resource, and the options its components get."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from platform_components.environment import Environment
from platform_components.plan import Edge, Plan, PlannedResource
from platform_components.score import Workload

if TYPE_CHECKING:
    import pulumi

Outputs = Mapping[str, Any]
"""What a resource gives: plain values and open ones by the names of its type's contract."""


@dataclass(frozen=True)
class Deployed:
    """What a driver made: the outputs of the type's contract, and what later resources hang on."""

    outputs: Outputs
    namespace: "pulumi.Resource | None" = None
    """The namespace object, when this is one: what goes away with it need not be deleted one by one."""
    done: "pulumi.Resource | None" = None
    """What has to be through before anything begins that the plan makes wait for this, though it refers to none of its
    outputs: the Job of a migration."""


@dataclass(frozen=True)
class StoredSecret:
    """An output that no program ever knows: the place of a value in a store that the cluster reads by itself.

    It can be a whole variable or a whole file of a workload, and nothing else.
    """

    store: str
    """What the workload calls the store: the name of the resource that brings it."""
    provider_class: Any
    """Name of the SecretProviderClass; may be open."""
    secret: str
    """Name of the Kubernetes Secret that follows the store while a pod mounts it."""
    key: str
    """The file in the store's volume, and the key in the Secret."""


@dataclass(frozen=True)
class InjectedContainer:
    """A container's texts with every placeholder filled in; those the plan marks secret are secret and open."""

    variables: Mapping[str, "pulumi.Input[str]"]
    secret_variables: Mapping[str, "pulumi.Input[str]"]
    files: Mapping[str, "pulumi.Input[str]"]
    secret_files: Mapping[str, "pulumi.Input[str]"]
    stored_variables: Mapping[str, StoredSecret] = field(default_factory=dict)
    stored_files: Mapping[str, StoredSecret] = field(default_factory=dict)


@dataclass(frozen=True)
class Injected:
    """A workload with all that it depends on injected."""

    workload: Workload
    containers: Mapping[str, InjectedContainer]
    resources: Mapping[str, Outputs]
    """Outputs of the resources the workload asks for, by their names in the Score file."""
    identities: Mapping[str, str]
    """Which resources these are: two names may mean one."""


@dataclass(frozen=True)
class Request:
    """One matched resource, to be made."""

    resource: PlannedResource
    name: str
    """Logical name: the resource's identity, written so that names derived from it are legal in Kubernetes."""
    inputs: Mapping[str, Any]
    expected: tuple[str, ...]
    """The outputs that the type's contract demands, without aliases."""
    optional: tuple[str, ...]
    """The outputs that the contract knows and does not demand."""
    environment: Environment
    plan: Plan
    workload: Workload | None = None
    """The workload that asks for the resource; None for a shared one."""
    injected: Injected | None = None
    """Only for a workload's own resource."""
    edges: tuple[Edge, ...] = ()
    """The edges of the plan that its own pods are an end of, with nothing left open."""
    provider: "pulumi.ProviderResource | None" = None
    """The Kubernetes provider of the cluster that the resource uses, directly or through others."""
    namespace: "pulumi.Resource | None" = None
    parent: "pulumi.Resource | None" = None
    """The component that all of the environment belongs to; None: it is the stack's own."""

    references: "dict[str, pulumi.StackReference]" = field(default_factory=dict)
    """To other stacks, by name, that all resources of the environment share: for each the engine derives a key from the
    passphrase, a fifth of a second of a processor."""

    @property
    def names(self) -> Mapping[str, str]:
        """The physical names that the plan gave the resource."""
        return self.resource.names

    def options(self, *, in_namespace: bool = False, holds_data: bool = True) -> "pulumi.ResourceOptions":
        """Options of the driver's component.

        `in_namespace`: it goes away with the namespace in ephemeral types. `holds_data`: false for what stands beside
        the data of a resource that holds some, and may be replaced.
        """
        import pulumi

        leaves_with_it = in_namespace and bool(self.environment.setting("delete_with_namespace"))
        return pulumi.ResourceOptions(
            parent=self.parent,
            providers=[self.provider] if self.provider is not None else None,
            protect=True if holds_data and self._protected else None,
            deleted_with=self.namespace if leaves_with_it else None,
        )

    @property
    def _protected(self) -> bool:
        """Data, and everything that others stand on, where the environment type says so."""
        type_ = self.environment.type
        return type_.protect and (self.resource.holds_data or type_.kind == "foundation")


Implementation = Callable[[Request], Deployed]
