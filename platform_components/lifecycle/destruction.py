"""The end of an environment: removed by the engine, then looked for everywhere it was.

An engine can only say what its state held. So the proof asks the cluster, Azure, DNS and the database servers
themselves, by the owner marks and by the names that the plan gave, and names whatever it still finds.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pulumi import automation as auto

from platform_components.environment import PROJECT
from platform_components.errors import InputError, SurvivorsError
from platform_components.exports import PLAN_OUTPUT
from platform_components.lifecycle import marks, stack_file, survivors
from platform_components.lifecycle.backends import prune
from platform_components.lifecycle.deployment import explaining, pick_up, steps, stored_config
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.locks import exclusively
from platform_components.lifecycle.marks import Marks
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
        plan = Plan.from_json(document, where=stack)
    else:
        plan = _unfinished(engine, stack, Marks.of(tags))
        outputs = {**survivors.foundation_places(engine, plan), **outputs}
    return Doomed(stack, plan, outputs, Marks.of(tags))


def destroy(engine: Engine, doomed: Doomed, listener: Listener) -> Removed:
    """Let the engine remove everything that the stack's state holds."""
    progress = Progress(dict.fromkeys(steps(doomed.plan), "Remove"), listener)
    if not stack_file.read(engine.platform, doomed.stack):
        engine.restore_settings(doomed.stack)
    pick_up(engine, doomed.stack, listener, removing=True)
    stack = auto.Stack.select(doomed.stack, engine.workspace)

    def remove() -> None:
        with explaining(progress):
            stack.destroy(on_event=progress, color="never", show_secrets=False)

    exclusively(doomed.stack, remove, listener.noted)
    progress.finish()
    return Removed(progress.changes["removed"])


def prove(doomed: Doomed) -> Proof:
    """Look for the environment everywhere it was. Raises `OutsideError` when a place can't be looked at."""
    return Proof(tuple(survivors.looks(doomed.stack, doomed.plan, doomed.outputs)))


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


def _unfinished(engine: Engine, stack: str, found: Marks) -> Plan:
    """The plan of a first deployment that did not end: what it wanted is in the config, if it came that far."""
    config = stored_config(engine, stack, exists=True)
    if config:
        return deployed(engine.platform, config, stack).plan
    if (engine.state(stack).get("deployment") or {}).get("resources"):
        raise InputError(
            f"what '{stack}' is made of is not known here: its first deployment began elsewhere and did not end",
            fix="run the same `pave up` again, then destroy it",
        )
    nothing = PlannedEnvironment(name=stack, type=found.env_type)
    return Plan(environment=nothing, resources=(), layers=(), workloads=())


def _refuse_while_used(engine: Engine, stack: str) -> None:
    others = [name for name in engine.stack_names() if name != stack]
    with ThreadPoolExecutor(max_workers=8) as pool:  # one call of the engine for each
        found = [Marks.of(tags).foundation for tags in pool.map(engine.tags, others)]
    users = [name for name, foundation in zip(others, found, strict=True) if foundation.rpartition("/")[2] == stack]
    if users:
        raise InputError(
            f"{len(users)} environment(s) stand on '{stack}'", details=users, fix="destroy them first, then this"
        )
