"""The verbs before the first deployment: init. It needs neither a platform repository nor an engine."""

import json
from pathlib import Path
from typing import Annotated

import typer

from platform_components.cli import options


def add_to(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("init", help="Write a new platform repository: program, definitions, stacks, example, pipelines.")(init)


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
