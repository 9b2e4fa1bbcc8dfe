"""The verb `render`: the Kubernetes objects of an environment as YAML. No cloud, no engine, no Pulumi."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from platform_components.cli import options
from platform_components.cli.matching import choice
from platform_components.errors import InputError

if TYPE_CHECKING:
    pass

_Folder = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="DIR",
        help="Write a file for each object into DIR, and take away those of an earlier rendering.",
        show_default=False,
    ),
]
_Known = Annotated[
    Path | None,
    typer.Option(
        "--known",
        metavar="F",
        help="Outputs that are known already, as `pulumi stack output --json` prints them; - is standard input.",
        show_default=False,
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("render", help="Print the Kubernetes objects of an environment as YAML; nothing is created.")(render)


def render(
    scores: options.Scores = None,
    env_type: options.EnvType = "",
    app: options.App = "",
    env: options.Env = "",
    branch: options.Branch = "",
    image: options.Image = None,
    overrides_file: options.OverridesFile = None,
    override_property: options.OverrideProperty = None,
    known: _Known = None,
    folder: _Folder = None,
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave render examples/web --app shop --branch main | kubectl apply --dry-run=server -f -`"""
    from platform_components import rendering

    chosen = choice(
        platform,
        scores=scores,
        app=app,
        branch=branch,
        env=env,
        env_type=env_type,
        image=image,
        overrides_file=overrides_file,
        override_property=override_property,
    )
    rendered = rendering.render(chosen, _read(known) if known else {})
    for each in rendered.unknown:
        typer.echo(
            f"warning: {each.resource} cannot be rendered: only the code of {each.driver} says what it makes", err=True
        )
    if folder is not None:
        _write(folder, rendering.as_files(rendered))
    if as_json:
        typer.echo(json.dumps(rendering.as_document(rendered), indent=2, ensure_ascii=False))
    elif folder is None:
        typer.echo(rendering.as_yaml(rendered), nl=False)
    elif not quiet:
        typer.echo("".join(f"{line}\n" for line in rendering.heading(rendered)) + f"written to {folder}")


def _read(file: Path) -> Mapping[str, Any]:
    """The outputs in a file, by the names under which stacks export them."""
    import yaml

    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        document = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"cannot be read: {str(error).splitlines()[0]}", where=str(file)) from None
    if not isinstance(document, Mapping):
        raise InputError("must be a map of outputs", where=str(file), fix="write it with `pulumi stack output --json`")
    return document


def _write(folder: Path, files: Mapping[str, str]) -> None:
    """Makes the folder hold these files, and no other of an earlier rendering; what is not ours stays."""
    from platform_components.rendering import MARK

    try:
        folder.mkdir(parents=True, exist_ok=True)
        ours = {path for path in folder.glob("*.yaml") if path.read_text(encoding="utf-8").startswith(MARK)}
        for name in files:
            if (folder / name).exists() and folder / name not in ours:
                raise InputError(
                    "is there already, and no rendering wrote it",
                    where=str(folder / name),
                    fix="take it away, or name another folder",
                )
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        for path in ours - {folder / name for name in files}:
            path.unlink()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be written: {error}", where=str(folder)) from None
