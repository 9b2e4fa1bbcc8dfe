"""The verbs of an environment's life: extend, keep, pause, resume, sweep. They need the engine."""

from typing import Annotated

import typer

from platform_components.cli import options
from platform_components.cli.options import engine_of, interactive, wanted


def add_to(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("extend", help="Put off the end of an environment.")(extend)
    app.command("keep", help="Let an environment stay until somebody extends or destroys it.")(keep)
    app.command("pause", help="Stop all that runs in an environment; its data and addresses stay.")(pause)
    app.command("resume", help="Let a paused environment run again.")(resume)
    app.command("sweep", help="Remove environments whose time is over, and what is left of others.")(sweep)


def extend(
    duration: Annotated[str, typer.Argument(metavar="DURATION", help="45s, 90m, 12h, 3d or 2w, from its end.")],
    branch: options.Branch = "",
    env: options.Env = "",
    app: options.App = "",
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave extend 2d --app shop --branch feature/login`"""
    from platform_components.cli.living_report import LifeReport
    from platform_components.environment import duration as length_of
    from platform_components.lifecycle import lifetime
    from platform_components.lifecycle.locks import alone_in
    from platform_components.repository import catalog_of

    report = LifeReport(as_json=as_json, quiet=quiet)
    by = length_of(duration)
    choice = wanted(app=app, branch=branch, env=env)
    stack = choice.stack()
    engine = engine_of(platform, choice)
    types = catalog_of(engine.platform).environment_types
    with alone_in(engine.platform, stack, report.noted):
        moved = lifetime.extend(engine, stack, by, types, report.listener(), app=app, branch=branch)
    report.extended(moved, types)


def keep(
    branch: options.Branch = "",
    env: options.Env = "",
    app: options.App = "",
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave keep --app shop --branch feature/login`"""
    from platform_components.cli.living_report import LifeReport
    from platform_components.lifecycle import lifetime, marks
    from platform_components.lifecycle.locks import alone_in
    from platform_components.repository import catalog_of

    report = LifeReport(as_json=as_json, quiet=quiet)
    choice = wanted(app=app, branch=branch, env=env)
    stack = choice.stack()
    engine = engine_of(platform, choice)
    with alone_in(engine.platform, stack, report.noted):
        kept = lifetime.keep(engine, stack, marks.owner(engine.platform), report.listener(), app=app, branch=branch)
    report.kept(kept, catalog_of(engine.platform).environment_types)


def pause(
    branch: options.Branch = "",
    env: options.Env = "",
    app: options.App = "",
    yes: options.Yes = False,
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave pause --app shop --branch feature/login`"""
    from platform_components.cli.living_report import LifeReport
    from platform_components.lifecycle import pausing
    from platform_components.lifecycle.locks import alone_in

    report = LifeReport(as_json=as_json, quiet=quiet)
    choice = wanted(app=app, branch=branch, env=env)
    stack = choice.stack()
    engine = engine_of(platform, choice)
    with alone_in(engine.platform, stack, report.noted):
        prepared = pausing.prepared_for(engine, stack, paused=True, app=app, branch=branch)
        if not yes and interactive() and not as_json:
            typer.confirm(f"Stop all that runs in {stack}?", default=True, abort=True)
        with report.running(prepared.matched.plan) as listener:
            paused = pausing.pause(engine, prepared, listener)
    report.paused(paused)


def resume(
    branch: options.Branch = "",
    env: options.Env = "",
    app: options.App = "",
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave resume --app shop --branch feature/login`"""
    from platform_components.cli.living_report import LifeReport
    from platform_components.lifecycle import deployment, pausing
    from platform_components.lifecycle.locks import alone_in

    report = LifeReport(as_json=as_json, quiet=quiet)
    choice = wanted(app=app, branch=branch, env=env)
    stack = choice.stack()
    engine = engine_of(platform, choice)
    with alone_in(engine.platform, stack, report.noted):
        prepared = pausing.prepared_for(engine, stack, paused=False, app=app, branch=branch)
        with report.running(prepared.matched.plan) as listener:
            result = deployment.deploy(engine, prepared, listener)
    report.deployed(result)


def sweep(
    app: options.App = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, it only says what it would do.")] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, max=16, help="How many are removed at a time.")] = 4,
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave sweep`, and then `pave sweep --yes`"""
    from platform_components.cli.living_report import LifeReport
    from platform_components.cli.removal import removal
    from platform_components.lifecycle import sweeping

    report = LifeReport(as_json=as_json, quiet=quiet)
    engine = engine_of(platform)
    found = sweeping.look(engine, app=app)
    report.found(found)
    swept = found
    if yes:
        swept = sweeping.sweep(engine, found, removal(engine.platform), report.listener(), workers=workers)
    report.swept(swept, doing=yes)
    if swept.exit_code:
        raise typer.Exit(swept.exit_code)
