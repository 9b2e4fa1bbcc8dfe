"""The verbs before a deployment: init, preflight."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_components.cli import options

if TYPE_CHECKING:
    from platform_components.lifecycle.preflight import Finding


def add_to(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("init", help="Write a new platform repository: program, definitions, stacks, example, pipelines.")(init)
    app.command("preflight", help="Say what would stop a deployment, before anything is made.")(preflight)
    app.command("doctor", help="Say whether this machine and this platform repository are fit for work.")(doctor)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.", show_default=False)],
    force: Annotated[
        bool, typer.Option("--force", help="Write what is missing into a folder that is not empty; nothing is changed.")
    ] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave init platform`"""
    from platform_components.scaffold import scaffold

    done = scaffold(folder, missing_only=force)
    if as_json:
        document = {"folder": str(done.folder.resolve()), "written": list(done.written), "kept": list(done.kept)}
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    if not quiet:
        for path in done.written:
            typer.echo(f"wrote  {path}")
        for path in done.kept:
            typer.echo(f"kept   {path}")
    typer.echo(f"{done.folder} is a platform repository; what to do next is in {done.folder / 'README.md'}")


def preflight(
    scores: options.Scores = None,
    branch: options.Branch = "",
    env: options.Env = "",
    env_type: options.EnvType = "",
    app: options.App = "",
    image: options.Image = None,
    overrides_file: options.OverridesFile = None,
    override_property: options.OverrideProperty = None,
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave preflight examples/web --app shop --branch feature/login`"""
    from platform_components.lifecycle import deployment
    from platform_components.lifecycle import preflight as looking
    from platform_components.lifecycle.locks import alone_in

    choice = options.wanted(
        scores=scores,
        app=app,
        branch=branch,
        env=env,
        env_type=env_type,
        image=image,
        overrides_file=overrides_file,
        override_property=override_property,
    )
    stack = choice.stack()
    engine = options.engine_of(platform, choice)
    with alone_in(engine.platform, stack, lambda who: typer.echo(who, err=True)):
        prepared = deployment.prepared_for(engine, choice)
    found = looking.looked(engine, prepared)
    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=2, ensure_ascii=False))
    else:
        _told(found.findings, quiet=quiet)
    code = looking.exit_code(found.findings)
    if code:
        raise typer.Exit(code)


def doctor(
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave doctor`"""
    from platform_components.lifecycle import doctor as examining
    from platform_components.lifecycle import preflight as looking

    findings = examining.examined(options.platform_of(platform))
    if as_json:
        document = {"findings": [one.as_json() for one in findings]}
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _told(findings, quiet=quiet)
    code = looking.exit_code(findings)
    if code:
        raise typer.Exit(code)


_MARKS = {"ok": "ok", "warning": "warning", "problem": "PROBLEM", "unknown": "unknown"}


def _told(findings: "Sequence[Finding]", *, quiet: bool) -> None:
    """A line for each, the fix below; quietly only what is not well."""
    shown = [one for one in findings if not quiet or one.state != "ok"]
    widths = [
        max((len(text) for text in column), default=0)
        for column in ([one.check for one in shown], [one.subject for one in shown])
    ]
    for one in shown:
        typer.echo(f"{_MARKS[one.state]:8} {one.check:{widths[0]}}  {one.subject:{widths[1]}}  {one.what}")
        for line in one.fix.splitlines():
            typer.echo(f"{'':9}{line}")
    counts = {state: sum(one.state == state for one in findings) for state in _MARKS}
    typer.echo(", ".join(f"{count} {state}" for state, count in counts.items() if count) or "nothing to look at")
