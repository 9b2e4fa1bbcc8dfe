"""Why a deployment failed, for a person who has to do something about it.

The engine says that something did not become ready; why it did not, the cluster knows. So after a failed run this looks
there itself, whichever provider was used, and takes bounded time for it.
"""

import re
import shlex
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from platform_components import naming
from platform_components.errors import OutsideError
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.logs import Excerpt, Source, Wanted, excerpt
from platform_components.lifecycle.place import Opened, hiding, opened, place_of
from platform_components.lifecycle.progress import Progress, Step
from platform_components.lifecycle.reader import Reader, reading
from platform_components.lifecycle.reasons import WorkloadState, claims_waiting, workloads
from platform_components.lifecycle.snapshot import Event, Snapshot, warnings
from platform_components.lifecycle.wanted import Prepared
from platform_components.naming import ResourceIdentity
from platform_components.plan import Plan

Answer = TypeVar("Answer")

LOOK_SECONDS = 20.0
"""How long the cluster may take for all its answers together."""
_MAKES_NOTHING = ("static", "stack-reference", "values", "azure/key-vault-values")
"""Drivers whose resources are neither done nor not done: their outputs are known, or not."""
_LINES = 10
_MOST_EVENTS = 8
_BEFORE = timedelta(seconds=10)
"""Clocks differ: events so much older than the run count as its own."""
# pulumi-kubernetes: provider/pkg/provider/provider.go, Create and Update
_UNREADY = re.compile(
    r'"(?P<object>[^"]+)" (?:was successfully created, but the Kubernetes API server reported that it )?'
    r"failed to fully initialize or become live"
)


@dataclass(frozen=True)
class Problem:
    """What went wrong with one planned resource."""

    resource: str
    """Its identity; empty when it happened to none in particular."""
    definition: str
    step: Step
    texts: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "resource": self.resource or None,
            "definition": self.definition or None,
            "step": self.step.lower(),
            "texts": list(self.texts),
        }


@dataclass(frozen=True)
class Found:
    """What the cluster says."""

    workloads: tuple[WorkloadState, ...] = ()
    """Those that are not as they should be."""
    claims: tuple[str, ...] = ()
    logs: tuple[Excerpt, ...] = ()
    events: tuple[Event, ...] = ()
    not_looked: str = ""
    """Why there is nothing more to tell."""


@dataclass(frozen=True)
class Failure:
    """Everything that is known of a run that failed."""

    stack: str
    problems: tuple[Problem, ...]
    done: Mapping[str, str]
    """Identities of what is as it should be, and what the run did to it."""
    not_done: tuple[str, ...]
    retry: str
    found: Found = field(default_factory=Found)
    stopped: tuple[str, ...] = ()
    """Why its workloads were not waited for until their deadline, if they were not."""

    @property
    def what(self) -> str:
        """In one line: which step, and which resource."""
        first = self.problems[0] if self.problems else None
        if first is None or not first.resource:
            return f"step {first.step if first else 'Create'} failed"
        more = f", and {len(self.problems) - 1} more" if len(self.problems) > 1 else ""
        return f"step {first.step} failed at {first.resource} (by {first.definition}){more}"

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "stack": self.stack,
            "step": self.problems[0].step.lower() if self.problems else None,
            "problems": [problem.as_json() for problem in self.problems],
            "workloads": [state.as_json() for state in self.found.workloads],
            "claims": list(self.found.claims),
            "logs": [one.as_json() for one in self.found.logs],
            "events": [event.as_json() for event in self.found.events],
            "not_looked": self.found.not_looked or None,
            "done": dict(self.done),
            "not_done": list(self.not_done),
            "retry": self.retry,
            "stopped": list(self.stopped),
        }

    def lines(self) -> Iterator[str]:
        """For people; the most telling first."""
        for problem in self.problems:
            title = f"{problem.resource}: " if len(self.problems) > 1 and problem.resource else ""
            yield from (f"{title}{text}" for text in problem.texts)
        yield from (f"not waited for any longer, time does not help: {why}" for why in self.stopped)
        for state in self.found.workloads:
            yield from workload_lines(state, self.found.logs)
        yield from self.found.claims
        if self.found.events:
            yield "warnings of the namespace, the latest last"
            yield from (f"  {event}" for event in self.found.events)
        if self.found.not_looked:
            yield self.found.not_looked
        changes = [change for change in self.done.values() if change]
        words = ", ".join(f"{changes.count(word)} {word}" for word in dict.fromkeys(changes)) or "none changed"
        yield f"done: {len(self.done)} of {len(self.done) + len(self.not_done)} resources ({words})"
        if self.not_done:
            yield f"not done: {', '.join(self.not_done)}"


class DeploymentFailedError(OutsideError):
    """A run of the engine that did not end well."""

    def __init__(self, failure: Failure) -> None:
        """Told line by line, and kept as data."""
        fix = f"try again, it goes on from there: {failure.retry}"
        super().__init__(failure.what, details=list(failure.lines()), fix=fix)
        self.failure = failure


def explained(
    engine: Engine,
    prepared: Prepared,
    progress: Progress,
    error: OutsideError,
    started: datetime,
    stopped: Sequence[str] = (),
) -> OutsideError:
    """The engine's failure with everything that can be found out about it; the error itself, where that is nothing."""
    failures = progress.failures or {"": tuple(error.details) or (error.what,)}
    plan = prepared.matched.plan
    identities = {naming.logical(ResourceIdentity.parse(one.id)): one for one in plan.resources}
    secrets = opened(engine, prepared.stack)
    found = looked(engine, plan, prepared.stack, secrets, since=started - _BEFORE) if progress.on_cluster else Found()
    mask: Callable[[str], str] = secrets.mask if secrets else _nothing_else
    problems = tuple(
        Problem(
            resource=identities[item].id if item else "",
            definition=identities[item].definition if item else "",
            step=progress.steps.get(item, "Create"),
            # What the provider says of pods the cluster says better, if it was asked
            texts=tuple(mask(in_short(text) if found.workloads else text) for text in texts),
        )
        for item, texts in failures.items()
        if item or texts
    )
    done = {identities[item].id: change for item, change in progress.done.items()}
    failure = Failure(
        stack=prepared.stack,
        problems=problems,
        done=done,
        not_done=tuple(one.id for one in plan.resources if one.id not in done and one.driver not in _MAKES_NOTHING),
        retry=command(plan),
        found=found,
        stopped=tuple(stopped),
    )
    return DeploymentFailedError(failure)


def looked(engine: Engine, plan: Plan, stack: str, secrets: Opened | None, *, since: datetime | None = None) -> Found:
    """What the cluster says of an environment that is not well; why it can't be asked, where it can't."""

    def look() -> Found:
        place = place_of(engine, plan, engine.outputs(stack))
        if place is None:
            return Found(not_looked="the cluster was not asked: the environment has no namespace yet")
        known = secrets if secrets and secrets.kubeconfig else place
        with reading(str(known.kubeconfig), known.context) as reader:
            return _of_namespace(reader, place.namespace, secrets, since)

    try:
        return within(LOOK_SECONDS, look)
    except OutsideError as error:
        return Found(not_looked=f"the cluster could not be asked for the reasons: {error.what}")


def within(seconds: float, look: Callable[[], Answer]) -> Answer:
    """The answer of `look`, or `OutsideError` after so many seconds: a log-in program may wait for ever."""
    answers: list[Answer] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(look())
        except BaseException as error:  # noqa: BLE001 — raised again below, in the thread that asked
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not answers:
        raise OutsideError(f"it did not answer within {seconds:.0f} s")
    return answers[0]


def command(plan: Plan) -> str:
    """The command that deploys an environment as it is configured."""
    environment = plan.environment
    if environment.branch and environment.app:
        return f"pave up --app {shlex.quote(environment.app)} --branch {shlex.quote(environment.branch)}"
    return f"pave up --env {shlex.quote(environment.name)}"


def workload_lines(state: WorkloadState, excerpts: Sequence[Excerpt] = ()) -> Iterator[str]:
    """A workload that is not well, for people."""
    before = f" ({state.before} of the version before)" if state.before else ""
    yield f"{state.kind} {state.name}: {state.ready} of {state.wanted} ready{before}, {state.state}"
    yield from (f"  {reason}" for reason in state.reasons)
    for pod in state.shown:
        yield f"  pod {pod.name}"
        yield from (f"    {reason}" for reason in pod.reasons)
        for one in excerpts:
            if one.source.pod == pod.name:
                yield from (f"    {one.source.container} | {line}" for line in one.lines)
                if one.none:
                    yield f"    {one.source.container}: no log: {one.none}"


def _of_namespace(reader: Reader, namespace: str, secrets: Opened | None, since: datetime | None) -> Found:
    snapshot = Snapshot.of(reader, namespace)
    unwell = [state for state in workloads(snapshot) if not state.well]
    excerpts = []
    for state in unwell:
        for pod in state.pods[:1]:  # the others of a workload say the same
            for container, previous in pod.containers:
                source = Source(pod.name, state.workload, container)
                wanted = Wanted(tail=_LINES, previous=previous)
                excerpts += [excerpt(reader, namespace, source, wanted, secrets.mask)] if secrets else []
    hide = hiding(secrets)
    return Found(
        workloads=tuple(masked(state, hide) for state in unwell),
        claims=tuple(hide(claim) for claim in claims_waiting(snapshot)),
        logs=tuple(excerpts),
        events=tuple(
            replace(event, message=hide(event.message)) for event in warnings(snapshot, since)[-_MOST_EVENTS:]
        ),
        not_looked="" if secrets or not unwell else "logs are not shown: what must not be in them can't be decrypted",
    )


def masked(state: WorkloadState, mask: Callable[[str], str]) -> WorkloadState:
    """The state with its reasons masked: a container may end with any message."""
    pods = tuple(replace(pod, reasons=tuple(map(mask, pod.reasons))) for pod in state.pods)
    return replace(state, reasons=tuple(map(mask, state.reasons)), pods=pods)


def _nothing_else(text: str) -> str:
    return text


def in_short(text: str) -> str:
    """Only that something is not ready, of what the provider says of it: why, the cluster says better."""
    # hashicorp/go-multierror, `ListFormatFunc`, joins what belongs to one resource
    head, separator, rest = text.partition(" errors occurred:\n\t* ")
    first = rest.partition("\n\t* ")[0] if separator and head.isdigit() else text
    unready = _UNREADY.search(first)
    # Of what is new the provider says the URN, which ends in the name
    return f"{unready['object'].rpartition('::')[2]} did not become ready" if unready else first
