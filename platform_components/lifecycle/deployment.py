"""Up and preview of one environment, from a prepared config to the engine's result.

The order is what makes a killed run harmless: everything is checked first, then the stack and its tags are made, then
its settings are written, and only then does the engine create anything; a second run goes through the same steps.
"""

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pulumi import RunError
from pulumi import automation as auto

from platform_components import naming
from platform_components.azure_cli import at_hand
from platform_components.creation import load_drivers
from platform_components.environment import PROJECT
from platform_components.errors import BusyError, ChangedMeanwhileError, InputError, OutsideError, PlatformError
from platform_components.exports import PAUSED_OUTPUT, PLAN_OUTPUT, URL_OUTPUT
from platform_components.lifecycle import (
    azure_cli,
    failure,
    marks,
    recovery,
    revisions,
    servers,
    showing,
    stack_file,
    stored_values,
)
from platform_components.lifecycle.backends import prune
from platform_components.lifecycle.engine import Engine, explained, outputs_in
from platform_components.lifecycle.foundation import foundation_outputs, refuse_foreign_namespace
from platform_components.lifecycle.hopeless import given_up
from platform_components.lifecycle.lifetime import refuse_over_limit
from platform_components.lifecycle.locks import WAIT_SECONDS, exclusively
from platform_components.lifecycle.preflight.names import refuse_taken
from platform_components.lifecycle.preflight.room import refuse_crowd, refuse_small_quota
from platform_components.lifecycle.progress import Listener, Progress, Step
from platform_components.lifecycle.unplanned_data import refuse_unplanned_losses
from platform_components.lifecycle.wanted import Prepared, Wanted, prepare
from platform_components.naming import ResourceIdentity
from platform_components.ownership import STACK_TAG
from platform_components.plan import Plan
from platform_components.plan.guard import refuse_losses
from platform_components.program import run


@dataclass(frozen=True)
class Result:
    """What a run of the engine came to."""

    prepared: Prepared
    outputs: Mapping[str, Any]
    changes: Mapping[str, int]
    """How many Azure and Kubernetes resources were created, updated, replaced, removed."""

    @property
    def changed(self) -> bool:
        """Whether anything was, or would be, different."""
        return any(self.changes.values())


def stored_config(engine: Engine, stack: str, *, exists: bool) -> dict[str, Any]:
    """The stack's config; taken from the backend when this checkout has none of an existing stack (a file with
    nothing but a salt is what a plain `pulumi` command leaves there), or an older one.
    """
    if exists and (
        not stack_file.read(engine.platform, stack) or revisions.is_stale(engine.platform, stack, engine.tags(stack))
    ):
        engine.restore_settings(stack)
    return stack_file.read(engine.platform, stack)


def prepared_for(engine: Engine, wanted: Wanted) -> Prepared:
    """Read and match; refuse a stack that is another branch's. Nothing is changed."""
    stack = wanted.stack()
    exists = engine.has_stack(stack)
    if exists:
        marks.refuse_other_branch(stack, engine.tags(stack), wanted.app, wanted.branch)
    stored = stored_config(engine, stack, exists=exists)
    like = _workloads_of(engine, wanted, stored) if wanted.like else ()
    return prepare(engine.platform, wanted, stored, stack=stack, like=like)


def _workloads_of(engine: Engine, wanted: Wanted, stored: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The workloads of another environment as they are deployed there: images, overrides and files are in them."""
    other = showing.environment(engine, wanted.like).plan
    app = wanted.app or stored.get("app")
    if other.environment.app != app:
        raise InputError(
            f"'{wanted.like}' is of the app '{other.environment.app or 'none'}', not of '{app or 'none'}'",
            where="--like",
            fix="name an environment of the same app: pave list --app APP",
        )
    return tuple(workload.document for workload in other.workloads)


def deploy(
    engine: Engine,
    prepared: Prepared,
    listener: Listener,
    *,
    replace_data: Collection[str] = (),
    until_deadline: bool = True,
    now: datetime | None = None,
) -> Result:
    """Make the environment what its config says.

    `replace_data`: identities of resources whose data may go. `until_deadline`: workloads are waited for even if only
    a person can help them. Raises `DataLossError` when others' would,
    `OutsideError` when something outside fails, `BusyError` when another operation holds the stack.
    """
    with ThreadPoolExecutor(max_workers=1) as beside:
        loading = beside.submit(load_drivers, prepared.matched.plan)  # while the engine is asked this and that
        state = _check(engine, prepared, replace_data)
        if state is None:
            engine.init(prepared.stack)
        now = now or datetime.now(UTC)
        tags = _tags(engine, prepared, now)
        before = stack_file.text_of(engine.platform, prepared.stack)
        _write_settings(engine, prepared)
        tags |= revisions.noted(engine.platform, prepared.stack)
        # Each takes the engine a fifth of a second; it begins meanwhile, and the program waits for them
        marked = beside.submit(engine.set_tags, prepared.stack, tags)
        try:
            if state is not None and recovery.was_killed(state):
                marked.result()
                pick_up(engine, prepared.stack, listener)
            result = _run(engine, prepared, listener, state, (loading, marked), until_deadline=until_deadline)
        except BusyError:
            wait((marked,))
            revisions.refused(engine, prepared.stack, before)
            raise
    prune(engine.backend, PROJECT, prepared.stack, keep=prepared.matched.environment.type.keep_checkpoints)
    _mark_done(engine, prepared, result.outputs, now)
    return result


def _run(
    engine: Engine,
    prepared: Prepared,
    listener: Listener,
    state: Mapping[str, Any] | None,
    awaited: Sequence[Future[None]],
    *,
    until_deadline: bool,
) -> Result:
    """What the engine's run comes to. `awaited` is what its program waits for."""
    plan = prepared.matched.plan
    progress = Progress(steps(plan), listener)
    stack = engine.stack(prepared.stack)
    deployed = outputs_in(state or {})
    checked = _checked(deployed)
    if PAUSED_OUTPUT in deployed and not prepared.matched.environment.paused:
        servers.start(servers.own(deployed), listener)
    attempts: list[None] = []
    hopeless: list[str] = []
    program = _program(engine.platform, awaited)

    def up() -> None:
        attempts.append(None)
        if len(attempts) > 1 and not progress.changes:  # it was waited for somebody, who may have changed everything
            wait(awaited)
            _refuse_changed(engine, prepared.stack, checked)
        engine.mend()
        watched = contextlib.nullcontext(hopeless) if until_deadline else given_up(engine, plan, deployed, progress)
        with explaining(progress), watched as reasons:
            try:
                stack.up(program=program, on_event=progress, color="never", show_secrets=False)
            finally:
                hopeless[:] = reasons
                if hopeless:  # no further attempt
                    progress.existing.clear()

    started = datetime.now(UTC)
    try:
        _with_what_is_there(engine, prepared.stack, up, progress, listener)
    except OutsideError as error:
        listener.noted("it failed: looking for the reasons")
        raise failure.explained(engine, prepared, progress, error, started, hopeless) from error
    progress.finish()
    return Result(prepared, progress.outputs, progress.changes)


def preview(engine: Engine, prepared: Prepared, listener: Listener, *, replace_data: Collection[str] = ()) -> Result:
    """What `deploy` would do. A stack that does not exist yet is made for the preview, and removed again."""
    new = _check(engine, prepared, replace_data) is None
    progress = Progress(steps(prepared.matched.plan), listener)
    with stack_file.untouched(engine.platform, prepared.stack):
        if new:
            engine.init(prepared.stack)
        try:
            _write_settings(engine, prepared)
            stack = engine.stack(prepared.stack)
            with explaining(progress):
                stack.preview(program=_program(engine.platform), on_event=progress, color="never")
            progress.finish()
        finally:
            if new:
                engine.remove(prepared.stack)
    return Result(prepared, {}, progress.changes)


def pick_up(
    engine: Engine, stack: str, listener: Listener, *, removing: bool = False, wait: float = WAIT_SECONDS
) -> None:
    """Go on where a killed run stopped: find what it was about to make."""

    def found() -> tuple[str, ...]:
        # A run that is alive has notes, too; and what is read before it ends would take its end back when written
        engine.probe(stack)
        state = engine.state(stack)
        if not recovery.was_killed(state):
            return ()
        listener.noted("the last run was killed: looking for what it was about to make")
        return recovery.recover(engine, stack, state, subscription=azure_cli.subscription, removing=removing)

    # Looked at before: an operation that never asked for the lock would take away what says whose the lock is
    if recovery.was_killed(engine.state(stack)):
        for name in exclusively(stack, found, listener.noted, wait=wait):
            listener.noted(f"found {name}")


def _mark_done(engine: Engine, prepared: Prepared, outputs: Mapping[str, Any], now: datetime) -> None:
    """What is known only afterwards. It stands in the state, too; tags are asked for many stacks at a time."""
    marked = {marks.URL: str(outputs[URL_OUTPUT])} if URL_OUTPUT in outputs else {}
    if not prepared.matched.environment.paused:
        engine.drop_tags(prepared.stack, marks.PAUSED)
    elif marks.PAUSED not in engine.tags(prepared.stack):
        marked[marks.PAUSED] = str(marks.Decision(marks.owner(engine.platform), now))
    engine.set_tags(prepared.stack, marked)


def _refuse_changed(engine: Engine, stack: str, checked: Any) -> None:
    try:
        state = engine.state(stack)
    except InputError:
        raise ChangedMeanwhileError(
            f"another run has removed '{stack}' meanwhile, so nothing was done",
            fix="run the command again to make it anew",
        ) from None
    if _checked(outputs_in(state)) != checked:
        raise ChangedMeanwhileError(
            f"another run has changed '{stack}' meanwhile, so nothing was done",
            fix="run the command again: it is checked against what is there now",
        )


def _checked(outputs: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a run has been checked against: what is deployed, and whether that is paused."""
    return outputs.get(PLAN_OUTPUT), outputs.get(PAUSED_OUTPUT)


def _with_what_is_there(
    engine: Engine, stack: str, up: Callable[[], None], progress: Progress, listener: Listener
) -> None:
    """Let the engine work; what an earlier run made without being told of it is taken on, and the engine goes on."""
    tried: set[str] = set()
    while True:
        try:
            return exclusively(stack, up, listener.noted)
        except OutsideError:
            existing = [one for urn, one in progress.existing.items() if urn not in tried]
            tried.update(progress.existing)
            found = exclusively(stack, partial(_adopted, engine, stack, existing)) if existing else ()
            if not found:
                raise
            for name in found:
                listener.noted(f"{name} is there already, and this environment's own: it is taken on")
            progress.again()


def _adopted(engine: Engine, stack: str, existing: list[dict[str, Any]]) -> tuple[str, ...]:
    engine.probe(stack)
    return recovery.adopt(engine, stack, existing)


def steps(plan: Plan) -> dict[str, Step]:
    """Which step of the golden path each planned resource belongs to, by logical name."""
    return {
        naming.logical(ResourceIdentity.parse(resource.id)): "Deploy"
        if resource.type in ("workload", "route")
        else "Create"
        for resource in plan.resources
    }


def _check(engine: Engine, prepared: Prepared, replace_data: Collection[str]) -> Mapping[str, Any] | None:
    """Everything that can be refused before anything is touched; the stack's state, if there is a stack already."""
    plan = prepared.matched.plan
    exists = engine.has_stack(prepared.stack)
    refuse_crowd(plan)
    if not exists:
        refuse_small_quota(plan)
    # The engine takes a quarter of a second for each answer, and so does `az`; these do not wait for each other
    with ThreadPoolExecutor(max_workers=2) as pool:
        reading = pool.submit(
            engine.state if exists else partial(_nothing_in_the_way, engine, prepared), prepared.stack
        )
        free = None if exists or not at_hand() else pool.submit(refuse_taken, plan)
        outputs = foundation_outputs(engine, prepared.matched.environment)
        refuse_foreign_namespace(plan, prepared.stack, outputs, new=not exists)
    state = reading.result()
    if free is not None:
        free.result()
    if state is None:
        return None
    document = outputs_in(state).get(PLAN_OUTPUT)
    deployed = None if document is None else Plan.from_json(document, where=prepared.stack)
    named = set(replace_data) - refuse_unplanned_losses(state, plan, deployed, replace=replace_data)
    if deployed is not None:
        places = {one.name: one.place for one in prepared.matched.catalog.definitions}
        refuse_losses(deployed, plan, replace=named, places=places)
    return state


def _nothing_in_the_way(engine: Engine, prepared: Prepared, stack: str) -> None:
    environment = prepared.matched.environment
    refuse_over_limit(engine, stack, environment, marks.owner(engine.platform))
    _nothing_elsewhere(prepared.matched.plan, stack)


def _nothing_elsewhere(plan: Plan, stack: str) -> None:
    """Raise `InputError` when a stack that this backend does not know has resources in Azure."""
    if not any(resource.driver == "azure/resource-group" for resource in plan.resources) or not at_hand():
        return
    found = azure_cli.az("group", "list", "--tag", f"{STACK_TAG}={stack}")
    if found:
        raise InputError(
            f"'{stack}' is there already, but not in this backend: its resource group is {found[0]['name']}",
            where="PULUMI_BACKEND_URL",
            fix="use the backend that it was deployed with; if that is lost, remove what is left of it first",
        )


def _write_settings(engine: Engine, prepared: Prepared) -> None:
    stack_file.write(engine.platform, prepared.stack, prepared.config)
    stored_values.store(engine, prepared.stack, prepared.values)


def _program(platform: Path, awaited: Sequence[Future[None]] = ()) -> Callable[[], None]:
    def program() -> None:
        for one in awaited:
            try:
                one.result()
            except PlatformError as error:
                raise RunError(str(error)) from None
        run(platform)

    return program


def _tags(engine: Engine, prepared: Prepared, now: datetime) -> dict[str, str]:
    environment = prepared.matched.environment
    before = marks.Marks.of(engine.tags(prepared.stack))
    ends = before.expires
    if not environment.paused:  # what only pauses is no push
        ttl = environment.ttl or environment.type.ttl
        ends = marks.expiry(ttl, now, None if prepared.ends_anew else before.expires)
    return marks.Marks(
        app=environment.app or "",
        branch=environment.branch or "",
        env_type=environment.type.name,
        owner=before.owner if environment.paused else marks.owner(engine.platform),
        foundation=environment.foundation or "",
        expires=None if before.kept else ends,
    ).tags()


@contextlib.contextmanager
def explaining(progress: Progress) -> Iterator[None]:
    """Turns the engine's failure into this program's error, with what its events said."""
    try:
        yield
    except auto.errors.CommandError as error:
        raise explained(error, progress.problems) from error
