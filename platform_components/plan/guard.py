"""The data guard: what a new plan would lose of what the deployed one keeps, told before anything is touched.

Both plans are plain data, so the guard needs neither the engine nor the catalogue that the old one was made from. It
compares what cannot be told apart by names in the cloud alone: identities, drivers, physical names, and what the data
lives in.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from platform_components.errors import InputError
from platform_components.plan.model import Plan, PlannedResource
from platform_components.plan.values import shown
from platform_components.score.problems import did_you_mean


@dataclass(frozen=True)
class Loss:
    """One resource whose data would be gone, and why."""

    resource: str
    """Its identity."""
    reasons: tuple[str, ...]
    """What changes, each in a line."""
    keeps: str
    """What keeps the data, by its physical names; empty where its driver makes none."""
    was: str
    """The rule by which it is served now, and where that is written if it still is."""
    now: str
    """The rule by which it would be served; empty if nobody asks for it any more."""

    def to_dict(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "resource": self.resource,
            "reasons": list(self.reasons),
            "keeps": self.keeps,
            "was": self.was,
            "now": self.now,
        }


class DataLossError(InputError):
    """The wanted plan would lose data."""

    kind = "data"

    def __init__(self, environment: str, losses: Collection[Loss]) -> None:
        self.losses = tuple(losses)
        details = [line for loss in self.losses for line in _lines(loss)]
        options = " ".join(f"--replace-data '{loss.resource}'" for loss in self.losses)
        super().__init__(
            "data would be lost, so nothing was changed",
            where=environment,
            details=details,
            fix=f"save the data first; then, to lose it: {options}",
        )


def refuse_losses(
    deployed: Plan, wanted: Plan, *, replace: Collection[str] = (), places: Mapping[str, str] | None = None
) -> None:
    """Raise `DataLossError` for what would be lost, but for the identities that a person has named.

    `places`: where definitions are written today, by name; a deployed plan does not say it.
    """
    for identity in sorted(replace):
        if identity not in deployed.by_id:
            raise InputError(
                f"'{identity}' is not deployed in {deployed.environment.name}",
                where="--replace-data",
                fix=did_you_mean(identity, [one.id for one in deployed.resources if one.holds_data], of="data is in"),
            )
    lost = [loss for loss in losses(deployed, wanted, places) if loss.resource not in replace]
    if lost:
        raise DataLossError(deployed.environment.name, lost)


def losses(deployed: Plan, wanted: Plan, places: Mapping[str, str] | None = None) -> tuple[Loss, ...]:
    """Everything that keeps data now and would not keep it."""
    found = []
    for old in deployed.resources:
        new = wanted.by_id.get(old.id)
        if not (old.holds_data or (new is not None and new.holds_data)) or _only_refers(old):
            continue
        reasons = ("it would be removed",) if new is None else tuple(_reasons(old, new, deployed, wanted))
        if reasons:
            keeps = ", ".join(f"{kind} {name}" for kind, name in sorted(old.names.items()))
            was = _rule(old, old.definition_at if places is None else places.get(old.definition, "no longer there"))
            now = "" if new is None else _rule(new, new.criteria_at or new.definition_at)
            found.append(Loss(old.id, reasons, keeps, was, now))
    return tuple(sorted(found, key=lambda loss: loss.resource))


REFERRING = ("static", "stack-reference")
"""Drivers that make nothing of their own. (What a custom driver makes is not named in the plan.)"""


def _only_refers(resource: PlannedResource) -> bool:
    """Whether it makes nothing of its own, such as a reference to another stack's: its data is not this one's."""
    return resource.driver in REFERRING and not resource.uses


def _reasons(old: PlannedResource, new: PlannedResource, deployed: Plan, wanted: Plan) -> Iterator[str]:
    if old.driver != new.driver:
        yield f"the driver {old.driver} would become {new.driver}"
    yield from (f"{change}, and nothing moves there by itself" for change in _moves(old, new))
    for kind, name in sorted(old.names.items()):
        if new.names.get(kind) != name:
            yield f"the {kind} '{name}' would become {_quoted(new.names.get(kind))}"
    for identity in old.data_in:
        if identity in new.data_in or _still_used(identity, old, new):
            yield from _ground(identity, deployed, wanted, set())
        else:
            others = ", ".join(new.data_in) or "nothing"
            yield f"it would leave {identity} for {others}"


def _moves(old: PlannedResource, new: PlannedResource) -> Iterator[str]:
    """Azure moves nothing to another region: it is made anew there, under the same name."""
    was, now = shown(old.inputs.get("location")), shown(new.inputs.get("location"))
    if not _only_refers(old) and was != now:
        yield f"the location {_quoted(was)} would become {_quoted(now)}"


def _still_used(identity: str, old: PlannedResource, new: PlannedResource) -> bool:
    """Whether a definition uses the same as before, and only says that the data does not live in it (any more)."""
    return any(used == identity and new.uses.get(alias) == identity for alias, used in old.uses.items())


def _ground(identity: str, deployed: Plan, wanted: Plan, seen: set[str]) -> Iterator[str]:
    """Whether what data lives in stays what it is, and what that lives in itself."""
    old, new = deployed.by_id.get(identity), wanted.by_id.get(identity)
    if old is None or new is None or identity in seen:
        return
    seen.add(identity)
    if old.driver != new.driver:
        yield f"{identity}, which it is in, would be made by {_made_by(new, old)} instead of {_made_by(old, new)}"
    for kind, name in sorted(old.names.items()):
        if new.names.get(kind) != name:
            yield f"the {kind} '{name}' of {identity}, which it is in, would become {_quoted(new.names.get(kind))}"
    for change in _moves(old, new):
        yield f"{change} of {identity}, which it is in, and nothing moves there by itself"
    if _only_refers(old) and old.driver == new.driver:
        for key in sorted(old.inputs.keys() | new.inputs.keys()):
            was, now = shown(old.inputs.get(key)), shown(new.inputs.get(key))
            if was == now:
                continue
            secret = key in old.secret_outputs  # written out, but called like a secret output
            told = "changes" if secret else f"{_quoted(was)} would become {_quoted(now)}"
            yield f"{identity}, which it is in, would be another: {key} {told}"
    for below in old.data_in if old.holds_data else old.uses.values():
        yield from _ground(below, deployed, wanted, seen)


def _made_by(one: PlannedResource, other: PlannedResource) -> str:
    same = one.definition == other.definition
    return f"driver {one.driver}" if same else f"{one.definition} ({one.driver})"


def _rule(resource: PlannedResource, place: str) -> str:
    because = f", because of {resource.criteria}" if resource.criteria else ""
    at = f"      {place}" if place else ""
    return f"{resource.definition} ({resource.driver}){because}{at}"


def _quoted(value: Any) -> str:
    return "nothing" if value is None else f"'{value}'"


def _lines(loss: Loss) -> Iterator[str]:
    yield loss.resource
    yield from (f"  {reason}" for reason in loss.reasons)
    if loss.keeps:
        yield f"  what is lost  {loss.keeps}"
    yield f"  served by     {loss.was}"
    yield f"  then by       {loss.now or 'nobody: nothing asks for it any more'}"


def data_of(plan: Plan) -> Mapping[str, Mapping[str, str]]:
    """The resources of an environment that keep data, with their physical names: what `destroy` would lose."""
    return {one.id: one.names for one in plan.resources if one.holds_data and not _only_refers(one)}
