"""The end of an environment: removed by the engine, then looked for everywhere it was.

An engine can only say what its state held. So the proof asks the cluster, Azure, DNS and the database servers
themselves, by the owner marks and by the names that the plan gave, and names whatever it still finds.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from platform_components.environment import PROJECT
from platform_components.errors import ChangedMeanwhileError, InputError, SurvivorsError
from platform_components.exports import PAUSED_OUTPUT, PLAN_OUTPUT
from platform_components.lifecycle import marks, servers, stack_file, survivors
from platform_components.lifecycle.backends import prune
from platform_components.lifecycle.deployment import explaining, pick_up, steps, stored_config
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.locks import WAIT_SECONDS, exclusively
from platform_components.lifecycle.marks import Marks
from platform_components.lifecycle.orphans import Place, places
from platform_components.lifecycle.progress import Listener, Progress
from platform_components.lifecycle.survivors import Look
from platform_components.plan import Plan, PlannedEnvironment
from platform_components.repository import deployed


@dataclass(frozen=True)
class Doomed:
    """What is known of an environment before it goes: where to look for it afterwards."""

    stack: str
    plan: Plan
    outputs: Mapping[str, Any]
    marks: Marks
    places: tuple[Place, ...] = ()
    """Where to look for its marks, if nobody knows here what it was made of."""


@dataclass(frozen=True)
class Removed:
    """What the engine removed."""

    count: int


@dataclass(frozen=True)
class Proof:
    """Where was looked, and what was found."""

    looks: tuple[Look, ...]

    @property
    def survivors(self) -> tuple[str, ...]:
        """Everything that is still there, with its place."""
        return tuple(f"{look.place}: {name}" for look in self.looks for name in look.survivors)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {"looks": [look.as_json() for look in self.looks], "survivors": list(self.survivors)}


def find(engine: Engine, stack: str, *, app: str = "", branch: str = "") -> Doomed:
    """The environment that is to go.

    Raises `InputError` when there is none of this name, it is another branch's, or other environments stand on it.
    """
    if not engine.has_stack(stack):
        raise InputError(f"there is no environment '{stack}'", fix="`pave list` shows those there are")
    tags = engine.tags(stack)
    marks.refuse_other_branch(stack, tags, app, branch)
    if not Marks.of(tags).foundation:  # what stands on a foundation is none itself
        _refuse_while_used(engine, stack)
    outputs = engine.outputs(stack)
    document = outputs.get(PLAN_OUTPUT)
    if document is not None:
        return Doomed(stack, Plan.from_json(document, where=stack), outputs, Marks.of(tags))
    return _unfinished(engine, stack, outputs, Marks.of(tags))


def refuse_living(engine: Engine, stack: str, now: datetime | None = None) -> None:
    """Raise `BusyError` when its time is not over, by what its tags say at this moment."""
    engine.forget()
    if not engine.has_stack(stack):
        raise ChangedMeanwhileError(f"'{stack}' has been removed meanwhile", fix="there is nothing left to do")
    found = Marks.of(engine.tags(stack))
    if not found.expired(now or datetime.now(UTC)):
        end = f"until {found.ends:%Y-%m-%d %H:%M} UTC" if found.ends else "and does not expire"
        raise ChangedMeanwhileError(f"'{stack}' lives {end}", fix="`pave destroy` without --if-expired removes it")


def destroy(engine: Engine, doomed: Doomed, listener: Listener, *, if_expired: bool = False) -> Removed:
    """Let the engine remove everything that the stack's state holds.

    `if_expired`: only if its time is over when the engine begins, without waiting for whoever is at it.
    """
    progress = Progress(dict.fromkeys(steps(doomed.plan), "Remove"), listener)
    if not stack_file.read(engine.platform, doomed.stack):
        engine.restore_settings(doomed.stack)
    if PAUSED_OUTPUT in doomed.outputs:
        servers.start(servers.own(doomed.outputs), listener)  # databases are dropped by asking their server
    wait = 0 if if_expired else WAIT_SECONDS
    pick_up(engine, doomed.stack, listener, removing=True, wait=wait)
    stack = engine.stack(doomed.stack)

    def remove() -> None:
        if if_expired:  # a push first puts off the end, then lets the engine work: one of the two sees the other
            refuse_living(engine, doomed.stack)
        engine.mend()
        with explaining(progress):
            stack.destroy(on_event=progress, color="never", show_secrets=False)

    exclusively(doomed.stack, remove, listener.noted, wait=wait)
    progress.finish()
    return Removed(progress.changes["removed"])


def prove(doomed: Doomed) -> Proof:
    """Look for the environment everywhere it was. Raises `OutsideError` when a place can't be looked at."""
    by_marks = (
        Look(place.name, tuple(str(one) for one in place.marked() if one.stack == doomed.stack))
        for place in doomed.places
    )
    return Proof((*survivors.looks(doomed.stack, doomed.plan, doomed.outputs), *by_marks))


def forget(engine: Engine, stack: str, proof: Proof) -> None:
    """Take the empty stack out of the backend; its settings file too, if it was a branch's.

    Raises `SurvivorsError` when something was found; the stack is kept then, so that destroying it can be tried again.
    """
    if proof.survivors:
        raise SurvivorsError(
            f"{len(proof.survivors)} thing(s) of {stack} are still there",
            details=proof.survivors,
            fix="remove them by hand or find out who holds them; then run `pave destroy` again",
        )
    engine.remove(stack, keep_settings=not Marks.of(engine.tags(stack)).branch)
    prune(engine.backend, PROJECT, stack, keep=1)  # the engine keeps the history of a stack that is gone


def _unfinished(engine: Engine, stack: str, outputs: Mapping[str, Any], found: Marks) -> Doomed:
    """One whose first deployment did not end: what it wanted is in the config, if that is here.

    In another checkout it is not. The engine needs only the state to remove it; what may be left is looked for by its
    marks then, which everything of a branch bears.
    """
    config = stored_config(engine, stack, exists=True)
    if config:
        plan = deployed(engine.platform, config, stack).plan
        return Doomed(stack, plan, {**survivors.foundation_places(engine, plan), **outputs}, found)
    nothing = Plan(
        environment=PlannedEnvironment(name=stack, type=found.env_type), resources=(), layers=(), workloads=()
    )
    if not (engine.state(stack).get("deployment") or {}).get("resources"):
        return Doomed(stack, nothing, outputs, found)
    foundation = found.foundation.rpartition("/")[2]
    if not found.branch or not engine.has_stack(foundation):
        raise InputError(
            f"what '{stack}' is made of is not known here: its first deployment began elsewhere and did not end",
            fix="run the same `pave up` again, then destroy it",
        )
    return Doomed(stack, nothing, outputs, found, tuple(places(engine, [foundation])))


def _refuse_while_used(engine: Engine, stack: str) -> None:
    others = [name for name in engine.stack_names() if name != stack]
    with ThreadPoolExecutor(max_workers=8) as pool:  # one call of the engine for each
        found = [Marks.of(tags).foundation for tags in pool.map(engine.tags, others)]
    users = [name for name, foundation in zip(others, found, strict=True) if foundation.rpartition("/")[2] == stack]
    if users:
        raise InputError(
            f"{len(users)} environment(s) stand on '{stack}'", details=users, fix="destroy them first, then this"
        )
