"""The verbs that look at a living environment: show, logs."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from platform_components.cli import options
from platform_components.cli.options import engine_of, wanted
from platform_components.errors import OutsideError, UsageError

if TYPE_CHECKING:
    from platform_components.lifecycle.now import Now
    from platform_components.lifecycle.reasons import WorkloadState

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LINES = 100


def add_to(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("show", help="Show one environment: its URL, what its workloads do now, and what was injected where.")(
        show
    )
    app.command("logs", help="Print what an environment's containers write.")(logs)


def show(
    branch: options.Branch = "",
    env: options.Env = "",
    app: options.App = "",
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave show --app shop --branch feature/login`"""
    from platform_components.cli.report import Report
    from platform_components.lifecycle import now

    choice = wanted(app=app, branch=branch, env=env)
    found = now.environment(engine_of(platform, choice), choice.stack())
    if quiet and not as_json:
        typer.echo(found.entry.url or found.entry.stack)
    else:
        Report(as_json=as_json).shown(found)


def logs(
    branch: options.Branch = "",
    env: options.Env = "",
    app: options.App = "",
    workload: Annotated[
        str, typer.Option("--workload", metavar="W", help="Only of this workload.", show_default=False)
    ] = "",
    container: Annotated[
        str, typer.Option("--container", metavar="C", help="Only of this container.", show_default=False)
    ] = "",
    tail: Annotated[
        int, typer.Option("--tail", metavar="N", min=0, help="The last N lines of each container.")
    ] = _LINES,
    previous: Annotated[
        bool, typer.Option("--previous", help="Of the run before, which has ended: why it crashed.")
    ] = False,
    since: Annotated[
        str, typer.Option("--since", metavar="10m", help="Not older than this: 30s, 10m, 2h, 1d.", show_default=False)
    ] = "",
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with what is written from now on.")] = False,
    platform: options.Platform = None,
    as_json: options.Json = False,
) -> None:
    """`pave logs --app shop --branch feature/login --workload web`"""
    from platform_components.lifecycle import now
    from platform_components.lifecycle.logs import Wanted, excerpt, followed, sources
    from platform_components.lifecycle.place import opened
    from platform_components.lifecycle.reader import reading

    if follow and (as_json or previous):
        raise UsageError(f"--follow goes on for ever: leave {'--json' if as_json else '--previous'} out")
    which = Wanted(tail=tail, since_seconds=_seconds(since), previous=previous, follow=follow)
    choice = wanted(app=app, branch=branch, env=env)
    stack = choice.stack()
    engine = engine_of(platform, choice)
    place = now.place(engine, stack)
    secrets = opened(engine, stack)
    if secrets is None:
        raise OutsideError(
            "what must not be shown of a log can't be decrypted",
            fix="set the secrets provider's credentials (PULUMI_CONFIG_PASSPHRASE), or read the log as it is: "
            f"kubectl --namespace {place.namespace} logs …",
        )
    with reading(place.kubeconfig, place.context) as reader:
        chosen = sources(reader, place.namespace, workload=workload, container=container)
        if follow:
            for source, line in followed(reader, place.namespace, chosen, which, secrets.mask):
                print(f"{source.title} | {line}", flush=True)
            return
        excerpts = [excerpt(reader, place.namespace, source, which, secrets.mask) for source in chosen]
    if as_json:
        print(json.dumps([one.as_json() for one in excerpts], indent=2, ensure_ascii=False))
        return
    if not any(one.lines or one.none for one in excerpts):
        print("no lines" if chosen else "no pods", flush=True)
    for one in excerpts:
        for line in (*one.lines, *([f"({one.none})"] if one.none else [])):
            print(f"{one.source.title} | {line}" if len(excerpts) > 1 else line)


def state_lines(now: "Now", at: datetime | None = None) -> Iterator[str]:
    """What the workloads of an environment do, for people."""
    from platform_components.cli.report import table
    from platform_components.lifecycle.failure import workload_lines

    run = now.last_run
    if run is not None and run.result != "succeeded":
        ended = f" at {run.ended:%Y-%m-%d %H:%M} UTC" if run.ended else ""
        yield f"the last run ({run.kind}) {'was killed' if run.result == 'killed' else run.result}{ended}"
        yield from (f"  {problem}" for problem in run.problems)
        yield ""
    if now.workloads:
        at = at or datetime.now(UTC)
        rows: list[tuple[str, ...]] = [("WORKLOAD", "KIND", "READY", "STATE", "RESTARTS", "AGE", "IMAGE")]
        rows += [_row(state, at) for state in now.workloads]
        yield from table(rows)
        for state in now.workloads:
            if not state.well:
                yield ""
                yield from workload_lines(state)
    elif now.not_looked:
        yield now.not_looked
    yield from now.claims


def _row(state: "WorkloadState", at: datetime) -> tuple[str, ...]:
    ready = "" if state.kind == "CronJob" else f"{state.ready}/{state.wanted}"
    age = _age((at - state.since).total_seconds()) if state.since else ""
    restarts = str(state.restarts) if state.restarts else ""
    return state.name, state.kind, ready, state.state, restarts, age, ", ".join(state.images)


def _age(seconds: float) -> str:
    """The largest unit that fits twice, as `kubectl` shows it."""
    for unit, size in reversed(_UNITS.items()):
        if seconds >= 2 * size:
            return f"{int(seconds // size)}{unit}"
    return f"{max(0, int(seconds))}s"


def _seconds(text: str) -> int | None:
    if not text:
        return None
    matched = re.fullmatch(r"([1-9][0-9]*)([smhd])", text)
    if matched is None:
        raise UsageError(f"--since {text}: write it as 30s, 10m, 2h or 1d")
    return int(matched[1]) * _UNITS[matched[2]]
