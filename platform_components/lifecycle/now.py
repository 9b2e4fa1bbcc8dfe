"""One environment as it is now: what its workloads do, and how its last run ended.

Also of one whose first run failed. What of it can't be found out is said in the place of what is missing.
"""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from platform_components.errors import BusyError, InputError, OutsideError, PlatformError
from platform_components.exports import PLAN_OUTPUT
from platform_components.lifecycle import showing, stack_file
from platform_components.lifecycle.deployment import stored_config
from platform_components.lifecycle.engine import Engine, outputs_in
from platform_components.lifecycle.failure import LOOK_SECONDS, in_short, masked, within
from platform_components.lifecycle.listing import Listed
from platform_components.lifecycle.locks import alone_in
from platform_components.lifecycle.marks import Marks
from platform_components.lifecycle.place import Place, hiding, opened, place_of
from platform_components.lifecycle.reader import reading
from platform_components.lifecycle.reasons import WorkloadState, claims_waiting, workloads
from platform_components.lifecycle.recovery import was_killed
from platform_components.lifecycle.showing import Shown
from platform_components.lifecycle.snapshot import Snapshot, time_of
from platform_components.lifecycle.wanted import Wanted, prepare
from platform_components.plan import Plan


@dataclass(frozen=True)
class LastRun:
    """How the last `up` or `destroy` ended."""

    kind: str
    """`update`, `destroy`, `refresh`; what the engine calls it."""
    result: str
    """`succeeded`, `failed`, `killed`, or `in-progress`."""
    ended: datetime | None
    problems: tuple[str, ...] = ()
    """Of resources that did not become ready, as the state has them."""

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        ended = self.ended.isoformat() if self.ended else None
        return {"kind": self.kind, "result": self.result, "ended": ended, "problems": list(self.problems)}


@dataclass(frozen=True)
class Now:
    """An environment as far as it can be seen."""

    entry: Listed
    last_run: LastRun | None
    shown: Shown | None
    """As it was last deployed; None when no deployment has ended."""
    workloads: tuple[WorkloadState, ...] = ()
    claims: tuple[str, ...] = ()
    not_looked: str = ""
    """Why the cluster says nothing of it."""

    def as_json(self) -> dict[str, Any]:
        """What is so now, for machines; as it was deployed is others'."""
        return {
            "deployed": self.shown is not None,
            "last_run": self.last_run.as_json() if self.last_run else None,
            "workloads": [state.as_json() for state in self.workloads],
            "claims": list(self.claims),
            "not_looked": self.not_looked or None,
        }


def environment(engine: Engine, stack: str) -> Now:
    """Everything that is known of it. Raises `InputError` when there is no such environment."""
    if not engine.has_stack(stack):
        raise InputError(f"there is no environment '{stack}'", fix="`pave list` shows those there are")
    # The engine takes a quarter of a second for each answer; these do not wait for each other
    with ThreadPoolExecutor(max_workers=3) as pool:
        state, history, tags = (
            pool.submit(engine.state, stack),
            pool.submit(engine.run, "stack", "history", "--json", "--page-size", "1", "-s", stack),
            pool.submit(engine.tags, stack),
        )
        found, run, marks = state.result(), _last_run(history.result(), state.result()), Marks.of(tags.result())
    outputs = outputs_in(found)
    shown = showing.environment(engine, stack) if PLAN_OUTPUT in outputs else None
    plan = shown.plan if shown else _planned(engine, stack)
    entry = shown.entry if shown else Listed(stack, marks, "")
    if plan is None or not any(one.type == "k8s-namespace" for one in plan.resources):
        return Now(entry, run, shown)
    states, claims, not_looked = _looked(engine, stack, plan, shown.outputs if shown else outputs)
    return Now(entry, run, shown, states, claims, not_looked)


def place(engine: Engine, stack: str) -> Place:
    """Where an environment's workloads are. Raises `InputError` for none, `OutsideError` where that is not known."""
    if not engine.has_stack(stack):
        raise InputError(f"there is no environment '{stack}'", fix="`pave list` shows those there are")
    outputs = engine.outputs(stack)
    deployed = outputs.get(PLAN_OUTPUT)
    plan = Plan.from_json(deployed, where=stack) if deployed is not None else _planned(engine, stack)
    found = None if plan is None else place_of(engine, plan, outputs)
    if found is None:
        raise OutsideError(
            f"it is not known where the workloads of '{stack}' are: it has no namespace yet",
            fix="run `pave up` again; it goes on from there",
        )
    return found


def _looked(
    engine: Engine, stack: str, plan: Plan, outputs: Mapping[str, Any]
) -> tuple[tuple[WorkloadState, ...], tuple[str, ...], str]:
    def look() -> tuple[list[WorkloadState], list[str]]:
        found = place_of(engine, plan, outputs)
        if found is None:
            return [], []
        with reading(found.kubeconfig, found.context) as reader:
            snapshot = Snapshot.of(reader, found.namespace)
        return workloads(snapshot), claims_waiting(snapshot)

    try:
        states, claims = within(LOOK_SECONDS, look)
    except OutsideError as error:
        return (), (), f"the state of the workloads is not known: {error.what}"
    if not states and not claims:
        return (), (), "no workloads are there"
    if all(state.well for state in states) and not claims:
        return tuple(states), (), ""
    mask = hiding(opened(engine, stack))  # a container may have ended with any message
    return tuple(masked(state, mask) for state in states), tuple(map(mask, claims)), ""


def _planned(engine: Engine, stack: str) -> Plan | None:
    """What was to be deployed, by the stack's config; None where that is lost or wrong."""
    try:
        try:
            with alone_in(engine.platform, stack, wait=0):
                stored = stored_config(engine, stack, exists=True)
        except BusyError:  # whoever works here has written the settings, and they are not this one's to restore
            stored = stack_file.read(engine.platform, stack)
        return prepare(engine.platform, Wanted(env=stack), stored, stack=stack).matched.plan if stored else None
    except PlatformError:
        return None


def _last_run(history: str, state: Mapping[str, Any]) -> LastRun | None:
    entries = json.loads(history) or []
    if was_killed(state):
        return LastRun("update", "killed", None)
    if not entries:
        return None
    entry = entries[0]
    resources = (state.get("deployment") or {}).get("resources") or ()
    # The first says which resource it is; the others say of pods what the cluster says better
    problems = [in_short(str(one["initErrors"][0])) for one in resources if one.get("initErrors")]
    result = str(entry.get("result"))
    return LastRun(
        kind=str(entry.get("kind")),
        result=result,
        ended=time_of(entry.get("endTime")),
        problems=() if result == "succeeded" else tuple(dict.fromkeys(problems)),
    )
