"""The verbs that need no engine and no cloud, and import no Pulumi: plan."""

import json
from pathlib import Path

import typer

from platform_components.cli import options
from platform_components.cli.options import platform_of, wanted


def add_to(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("plan", help="Show what an environment would be made of; nothing is created.")(plan)


def plan(
    scores: options.Scores = None,
    env_type: options.EnvType = "",
    app: options.App = "",
    env: options.Env = "",
    branch: options.Branch = "",
    image: options.Image = None,
    overrides_file: options.OverridesFile = None,
    override_property: options.OverrideProperty = None,
    platform: options.Platform = None,
    as_json: options.Json = False,
) -> None:
    """`pave plan examples/web --env-type ephemeral`"""
    from platform_components.lifecycle import stack_file
    from platform_components.lifecycle.wanted import offline

    choice = wanted(
        scores=scores,
        app=app,
        branch=branch,
        env=env,
        env_type=env_type,
        image=image,
        overrides_file=overrides_file,
        override_property=override_property,
    )
    repository: Path = platform_of(platform)
    stored = stack_file.read(repository, choice.env) if choice.env else {}
    prepared = offline(repository, choice, stored)
    found = prepared.matched.plan
    if as_json:
        typer.echo(found.to_json().decode())
        return
    typer.echo(f"{prepared.stack} ({prepared.matched.environment.type.name}): {len(found.resources)} resources")
    width = max((len(resource.id) for resource in found.resources), default=0)
    by_id = {resource.id: resource for resource in found.resources}
    for number, layer in enumerate(found.layers, 1):
        for index, identity in enumerate(layer):
            resource = by_id[identity]
            names = ", ".join(f"{kind} {json.dumps(name)[1:-1]}" for kind, name in resource.names.items())
            typer.echo(
                f"{number if index == 0 else '':>3}  {identity:{width}}  {resource.definition}  {names}".rstrip()
            )
