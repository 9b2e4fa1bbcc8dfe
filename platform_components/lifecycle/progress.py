"""The engine's events, told in the plan's words: which planned resource is made, changed or removed, in which step.

A planned resource is usually a component with children; it is done when the component's outputs are known.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pulumi.automation import EngineEvent
from pulumi.automation.events import StepEventMetadata, StepEventStateMetadata

from platform_components.lifecycle.masking import is_signed
from platform_components.naming import ResourceIdentity, logical
from platform_components.plan import Plan

Step = Literal["Create", "Deploy", "Remove"]
CHANGES: Mapping[str, str] = {
    "create": "created",
    "update": "updated",
    "delete": "removed",
    "create-replacement": "replaced",
    "import": "imported",
}
"""The engine's operations that change something, in the words of the output. Others (`same`, `read`) change nothing."""
_REST_OF_A_REPLACEMENT = ("replace", "delete-replaced")
"""What the engine tells beside `create-replacement` of one resource that is replaced."""
_PROVIDER = "pulumi:providers:"
_STACK = "pulumi:pulumi:Stack"
# azure-native looks before it creates: provider/pkg/provider/provider.go, azureCanCreate
_EXISTING = re.compile(r"cannot create already existing (?:sub)?resource '(?P<id>[^']+)'")
_MARKUP = re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m")


def titles(plan: Plan) -> dict[str, str]:
    """How planned resources are called in the output, by logical name."""
    width = max((len(resource.id) for resource in plan.resources), default=0)
    return {
        logical(ResourceIdentity.parse(resource.id)): f"{resource.id:{width}}  by {resource.definition}"
        for resource in plan.resources
    }


class Listener(Protocol):
    """Who wants to know how a run goes."""

    def started(self, item: str, step: Step) -> None:
        """Work on a planned resource begins."""

    def finished(self, item: str, step: Step, change: str, seconds: float) -> None:
        """A planned resource is as it should be; `change` is empty when nothing had to be done."""

    def waiting(self, item: str, message: str) -> None:
        """What a long operation waits for."""

    def noted(self, message: str) -> None:
        """What is done before or beside the resources: waiting for another run, picking up a killed one."""


@dataclass(frozen=True)
class UnderWay:
    """A resource of a provider's that the engine is at."""

    item: str | None
    """The planned resource that it belongs to."""
    type: str
    operation: str
    since: float
    """By the clock of the progress."""


@dataclass
class _Item:
    started: float
    pending: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    ended: int = 0
    """Resources of a provider's that are done."""
    own_ends: int = 0
    """A component ends twice: when it is registered, and when its outputs are known."""
    told: bool = False


class Progress:
    """Takes the engine's events of one run; afterwards `problems` and `changes` say what happened."""

    def __init__(
        self, steps: Mapping[str, Step], listener: Listener, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`steps`: logical name of every planned resource, with the step it belongs to."""
        self.steps = steps
        self._listener = listener
        self._clock = clock
        self._items: dict[str, _Item] = {}
        self._problems: dict[str, list[str]] = {}
        self._failed_types: set[str] = set()
        self._under_way: dict[str, UnderWay] = {}
        self._creating: dict[str, StepEventStateMetadata] = {}
        self.changes: Counter[str] = Counter()
        self.made: set[str] = set()
        """The types of the resources that were created."""
        self.outputs: dict[str, Any] = {}
        """The stack's, once its program is through; secret ones as `[secret]`."""
        self.existing: dict[str, dict[str, Any]] = {}
        """By URN: what was to be created and is there already, as a state has it, but for secrets."""

    def again(self) -> None:
        """The engine is asked once more to do the same: what went wrong before does not count."""
        self._problems.clear()
        self._failed_types.clear()
        self._under_way.clear()
        self.existing.clear()

    def __call__(self, event: EngineEvent) -> None:
        """Take one event."""
        if event.resource_pre_event is not None:
            metadata = event.resource_pre_event.metadata
            state = metadata.new or metadata.old
            if state is not None and state.custom:
                item = self._item_of(metadata.urn)
                self._under_way[metadata.urn] = UnderWay(item, metadata.type, _operation(metadata), self._clock())
            if metadata.new is not None:
                self._creating[metadata.urn] = metadata.new
            self._begin(metadata)
        elif event.res_op_failed_event is not None:
            self._under_way.pop(event.res_op_failed_event.metadata.urn, None)
        elif event.res_outputs_event is not None:
            metadata = event.res_outputs_event.metadata
            self._under_way.pop(metadata.urn, None)
            if metadata.type == _STACK and metadata.new is not None:
                self.outputs = {name: _shown(value) for name, value in (metadata.new.outputs or {}).items()}
            self._end(metadata)
        elif event.diagnostic_event is not None:
            diagnostic = event.diagnostic_event
            # gRPC says it of an error in the program, which the program's own words tell as well
            text = _MARKUP.sub("", diagnostic.message).strip().removeprefix("Exception calling application: ")
            item = self._item_of(diagnostic.urn or "")
            if diagnostic.severity == "error" and text:
                self._problem(item, text)
                self._failed_types.add(_type(diagnostic.urn or ""))
                self._note_existing(diagnostic.urn or "", text)
            elif diagnostic.severity.startswith("info") and text and item:
                self._listener.waiting(item, text.splitlines()[0])

    @property
    def under_way(self) -> Mapping[str, UnderWay]:
        """What the engine waits for right now, by URN. May be asked for in another thread."""
        return dict(self._under_way)

    @property
    def problems(self) -> list[str]:
        """What went wrong, each with the planned resource it happened to; without the engine's repetitions."""
        return [f"{item}: {text}" if item else text for item, texts in self._problems.items() for text in texts]

    @property
    def failures(self) -> Mapping[str, tuple[str, ...]]:
        """What went wrong, by the planned resource it happened to; the empty name: to none in particular."""
        return {item: tuple(texts) for item, texts in self._problems.items()}

    @property
    def on_cluster(self) -> bool:
        """Whether something failed that is an object of Kubernetes'."""
        return any(type_.startswith("kubernetes:") for type_ in self._failed_types)

    @property
    def done(self) -> Mapping[str, str]:
        """The planned resources that are as they should be, with what was done to them; empty: nothing had to be."""
        return {
            item: _change(state)
            for item, state in self._items.items()
            if item not in self._problems and (state.told or (state.pending == 0 and state.ended))
        }

    def _note_existing(self, urn: str, text: str) -> None:
        matched, wanted = _EXISTING.search(text), self._creating.get(urn)
        if matched is not None and wanted is not None:
            self.existing[urn] = {
                "urn": urn,
                "custom": True,
                "type": wanted.type,
                "id": matched["id"],
                "parent": wanted.parent,
                "provider": wanted.provider,
                "inputs": _without_secrets(wanted.inputs or {}),
            }

    def _begin(self, metadata: StepEventMetadata) -> None:
        item = self._item_of(metadata.urn)
        if item is None or metadata.type.startswith(_PROVIDER):
            return
        if item not in self._items:
            self._items[item] = _Item(self._clock())
            self._listener.started(item, self.steps[item])
        self._items[item].pending += 1

    def _end(self, metadata: StepEventMetadata) -> None:
        if metadata.type.startswith(_PROVIDER):
            return
        operation = _operation(metadata)
        change = CHANGES.get(operation, "")
        state_after = metadata.new or metadata.old
        custom = state_after is not None and state_after.custom
        if change and custom:
            self.changes[change] += 1
            if change == "created":
                self.made.add(metadata.type)
        item = self._item_of(metadata.urn)
        if item is None or item not in self._items:
            return
        state = self._items[item]
        state.pending = max(0, state.pending - 1)
        if custom and operation not in _REST_OF_A_REPLACEMENT:
            state.ended += 1
            state.changes.update([change] if change else [])
        own = _name(metadata.urn) == item
        state.own_ends += own
        whole = (own and custom) or state.own_ends >= 2
        if whole and state.pending == 0 and state.ended and not state.told:
            self._tell(item, state)

    def finish(self) -> None:
        """The run is over: tell of whatever was not told yet."""
        for item, state in self._items.items():
            if not state.told and item not in self._problems:
                self._tell(item, state)

    def _tell(self, item: str, state: _Item) -> None:
        state.told = True
        self._listener.finished(item, self.steps[item], _change(state), self._clock() - state.started)

    def _item_of(self, urn: str) -> str | None:
        name = _name(urn)
        while name:
            if name in self.steps:
                return name
            name = name.rpartition("-")[0]
        return None

    def _problem(self, item: str | None, text: str) -> None:
        texts = self._problems.setdefault(item or "", [])
        # The stack's own "update failed" says nothing that the resources' errors do not
        if text not in texts and not text.startswith("update failed"):
            texts.append(text)


def _operation(metadata: StepEventMetadata) -> str:
    return str(getattr(metadata.op, "value", metadata.op))


def _change(state: _Item) -> str:
    # A component of which only a part was made, replaced or removed is updated
    whole = max(state.changes.values(), default=0) == state.ended
    return ("updated" if not whole else next(iter(state.changes))) if state.changes.total() else ""


def _type(urn: str) -> str:
    """`urn:pulumi:stack::project::parent's types$type::name`"""
    return urn.rpartition("::")[0].rpartition("::")[2].rpartition("$")[2]


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _without_secrets(value: Any) -> Any:
    """Values of an event without those that are hidden in it: a state that held their masks could not be read again.

    What is left out is a difference to what the program wants, so the engine sends it with the next update.
    """
    if isinstance(value, Mapping):
        return {key: _without_secrets(one) for key, one in value.items() if not _is_hidden(one)}
    if isinstance(value, list):
        return [_without_secrets(one) for one in value if not _is_hidden(one)]
    return value


def _shown(value: Any) -> Any:
    """An output as `pulumi stack output --json` prints it."""
    if _is_hidden(value):
        return "[secret]"
    if isinstance(value, Mapping):
        return {key: _shown(one) for key, one in value.items()}
    return [_shown(one) for one in value] if isinstance(value, list) else value


def _is_hidden(value: Any) -> bool:
    return value == "[secret]" or is_signed(value)
