"""What the sandbox knows of one kind of Azure resource, as data; `kinds/` holds the table.

A kind says how its id is made, which names ARM accepts, what it demands, what cannot be changed in place, and which
outputs it adds. `operations` applies all of it in one place.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.azure import ids
from sandbox.azure.errors import ArmError
from sandbox.azure.quotas import Quotas
from sandbox.azure.store import Resource, Store, Transaction
from sandbox.state import State

if TYPE_CHECKING:
    from sandbox.azure.faults import Faults
    from sandbox.azure.latency import Latency


@dataclass(frozen=True)
class Subscription:
    """Where and as whom the provider works."""

    state: State
    store: Store
    subscription_id: str
    tenant_id: str
    client_id: str
    object_id: str
    location: str | None = None
    faults: "Faults | None" = None
    """What goes wrong on purpose; None: nothing."""
    latency: "Latency | None" = None
    """How long Azure takes; None: no time."""
    quotas: Quotas = field(default_factory=Quotas)


@dataclass(frozen=True)
class NameRule:
    """Which names ARM accepts for a kind."""

    pattern: str = r"[^<>*%&:\\?+/]+"
    minimum: int = 1
    maximum: int = 80
    words: str = ""

    def problem(self, name: str) -> str | None:
        """What is wrong with a name, or None."""
        if not self.minimum <= len(name) <= self.maximum:
            return f"'{name}' has {len(name)} characters; allowed are {self.minimum} to {self.maximum}"
        if not re.fullmatch(self.pattern, name):
            return f"'{name}' is not allowed: {self.words or f'it must match {self.pattern}'}"
        return None


@dataclass(frozen=True)
class Exclusive:
    """ARM takes one write at a time below one parent and refuses the others with this error."""

    path: str
    """The path of the resource that is written to, a prefix of the kind's own."""
    code: str
    message: str


@dataclass(frozen=True)
class Request:
    """One create or update, as a kind's own rules and outputs see it; values are plain, secrets opened."""

    subscription: Subscription
    transaction: Transaction
    kind: "Kind"
    id: str
    inputs: dict[str, Any]
    old: Resource | None = None

    @property
    def name(self) -> str:
        return ids.name_of(self.id)

    @property
    def resource_group(self) -> str:
        return ids.name_of(ids.resource_group_id(self.id) or "")

    def kept(self, output: str, make: Callable[[], Any]) -> Any:
        """An output that is made once, at creation, and stays."""
        if self.old is not None and output in self.old.outputs:
            return self.old.outputs[output]
        return make()


class Effects(Protocol):
    """What really happens for a resource that is more than a record: it runs before the record is written."""

    def create(self, request: Request, /) -> None: ...

    def update(self, request: Request, /) -> None: ...

    def delete(self, subscription: Subscription, resource: Resource, /) -> None: ...


@dataclass(frozen=True)
class Refusal:
    """One thing ARM does not take, as data: when, with which words, and who says so."""

    code: str
    message: str
    """What ARM says; `{name}`, `{id}`, `{kind}` and `{found}`, what `found` returned, may stand in it."""
    source: str
    """Where this is written, e.g. a page below learn.microsoft.com/azure; `approximate` where only the rule is, and
    not ARM's code and words."""
    found: Callable[[Request], object]
    """What there is to complain about; nothing when it is false."""
    status: int = 400

    def check(self, request: Request) -> None:
        """Raise if the request is one of these."""
        found = self.found(request)
        if found:
            text = self.message.format(name=request.name, id=request.id, kind=request.kind.type, found=found)
            raise ArmError(self.status, self.code, text)


@dataclass(frozen=True)
class Since:
    """A property that came with a newer API version than the SDK's default."""

    version: str
    values: tuple[str, ...] = ()
    """What it takes; empty: anything."""


@dataclass(frozen=True)
class SoftDelete:
    """What is left of a resource after a delete, until it is purged."""

    days: Callable[[Mapping[str, Any]], int]
    """How long, by its inputs."""
    purge_protected: Callable[[Mapping[str, Any]], bool] = lambda _: False
    """Whether nobody can purge it sooner."""


Outputs = Callable[[Request], dict[str, Any]]
Rule = Callable[[Request], None]
DeleteRule = Callable[[Transaction, Resource], None]


def no_outputs(_: Request) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Kind:
    """One kind of resource; see the module."""

    token: str
    api_version: str
    path: str
    name: NameRule = field(default_factory=NameRule)
    required: tuple[str, ...] = ()
    """Inputs without which ARM refuses, beside the parameters of the path."""
    has_location: bool = False
    fixed_location: str = ""
    """The one location ARM accepts, e.g. `global`."""
    immutable: tuple[str, ...] = ()
    """Inputs whose change means a new resource, as dotted paths, `[]` for the items of a list."""
    unchangeable: Mapping[str, str] = field(default_factory=dict)
    """Inputs whose change ARM refuses, with its code; azure-native sends the update all the same."""
    secrets: tuple[str, ...] = ()
    """Inputs that ARM never returns."""
    read_only: tuple[str, ...] = ()
    """Outputs beside the inputs: unknown while the resource is only planned."""
    outputs: Outputs = no_outputs
    rules: tuple[Rule, ...] = ()
    """What ARM checks when it creates or changes one; each raises ArmError."""
    refusals: tuple[Refusal, ...] = ()
    """The same as a table; checked after the rules."""
    delete_rules: tuple[DeleteRule, ...] = ()
    """What ARM checks before it deletes one by itself, not with its group or parent."""
    since: Mapping[str, Since] = field(default_factory=dict)
    """Properties that older API versions do not have, by dotted path."""
    parent: str | None = None
    """The path of the resource that must exist; None: the path without its last type and name."""
    globally_unique: Callable[[str], ArmError] | None = None
    """The refusal when the name is taken anywhere in Azure."""
    exclusive: Exclusive | None = None
    in_use: str | None = None
    """ARM's code for refusing to delete it while another resource points at it."""
    children_block: str | None = None
    """ARM's code for refusing to delete it while something lies below it."""
    singleton: bool = False
    """It exists with its parent: creating it changes it, deleting it sets it back."""
    soft_delete: SoftDelete | None = None
    effects: Effects | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """The inputs that make the id."""
        return tuple(name for name in ids.parameters_of(self.path) if name != "subscriptionId")

    @property
    def name_input(self) -> str:
        return self.parameters[-1]

    @property
    def parent_path(self) -> str | None:
        """The path of the parent; None for what lies directly in the subscription or at any scope."""
        if self.parent is not None:
            return self.parent
        head = self.path.strip("/").split("/")[:-2]
        if "providers" in head and head.index("providers") == len(head) - 2:
            head = head[:-2]
        return "/" + "/".join(head) if len(head) > 2 else None

    @property
    def auto_name(self) -> str:
        """How azure-native names it: `uuid`, `random` (a suffix) for what lies in a group, `copy` below that."""
        if self.name_input == "roleAssignmentName":
            return "uuid"
        own = self.path.lower().split("microsoft.")
        return "random" if len(own) == 1 or own[-1].count("{") == 1 else "copy"

    @property
    def type(self) -> str:
        """ARM's name of the type; a part that is a parameter stays one (`{recordType}`)."""
        return ids.type_of(self.path)

    def id_of(self, subscription_id: str, inputs: Mapping[str, Any]) -> str:
        """The ARM id that inputs make."""
        values = {name: str(inputs[name]) for name in self.parameters}
        return ids.format_id(self.path, {"subscriptionId": subscription_id, **values})


def indexed(kinds: Sequence[Kind]) -> dict[str, Kind]:
    """Kinds by token."""
    return {kind.token: kind for kind in kinds}
