"""The verbs of step two, match: plan, explain and catalog. No cloud, no engine, no Pulumi."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_components.cli import options
from platform_components.cli.options import platform_of, wanted

if TYPE_CHECKING:
    from platform_components.repository import Matched


class Form(StrEnum):
    """The forms of a graph."""

    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"
    HTML = "html"


def add_to(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("plan", help="Show what an environment would be made of; nothing is created.")(plan)
    app.command("explain", help="Show which definition serves a resource, and why no other does.")(explain)
    app.command("graph", help="Draw what an environment is made of: Mermaid, DOT, SVG or an HTML page.")(graph)
    app.command("catalog", help="List the resource types, what serves them where, and how to ask for them.")(catalog)


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
    quiet: options.Quiet = False,
) -> None:
    """`pave plan examples/web --env-type ephemeral`"""
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
    found = chosen.plan
    if as_json:
        typer.echo(found.to_json().decode(), nl=False)
        return
    if quiet:
        typer.echo("\n".join(identity for layer in found.layers for identity in layer))
        return
    typer.echo(f"{chosen.environment.name} ({chosen.environment.type.name}): {len(found.resources)} resources")
    width = max((len(resource.id) for resource in found.resources), default=0)
    for number, layer in enumerate(found.layers, 1):
        for index, identity in enumerate(layer):
            resource = found.resource(identity)
            names = ", ".join(f"{kind} {name}" for kind, name in resource.names.items())
            rank = number if index == 0 else ""
            typer.echo(f"{rank:>3}  {identity:{width}}  {resource.definition}  {names}".rstrip())


def explain(
    resource: Annotated[
        str, typer.Option("--resource", metavar="NAME", help="Its name, `workload.name`, or its identity.")
    ],
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
    quiet: options.Quiet = False,
) -> None:
    """`pave explain examples/web --resource db --env-type ephemeral`"""
    from platform_components.plan import explain as explaining

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
    found = explaining.explain(chosen.environment, chosen.sources, chosen.catalog, resource)
    if as_json:
        typer.echo(json.dumps([one.to_dict() for one in found], indent=2, ensure_ascii=False))
    elif quiet:
        for one in found:
            typer.echo(f"{one.id}  {one.winner.definition if one.winner else ''}".rstrip())
    else:
        typer.echo("\n\n".join(explaining.as_text(one) for one in found))


def graph(
    scores: options.Scores = None,
    form: Annotated[Form, typer.Option("--format", help="What to draw.")] = Form.MERMAID,
    env_type: options.EnvType = "",
    app: options.App = "",
    env: options.Env = "",
    branch: options.Branch = "",
    platform: options.Platform = None,
    as_json: options.Json = False,
) -> None:
    """`pave graph examples --env-type ephemeral --format html > environment.html`"""
    from platform_components.plan import graph as drawing

    chosen = choice(platform, scores=scores, app=app, branch=branch, env=env, env_type=env_type)
    if as_json:
        nodes = [
            {"id": one.id, "definition": one.definition, "driver": one.driver, "workload": one.workload}
            for one in chosen.plan.resources
        ]
        edges = [{"from": one.id, "to": other} for one in chosen.plan.resources for other in one.depends_on]
        typer.echo(json.dumps({"nodes": nodes, "edges": edges}, indent=2, ensure_ascii=False))
        return
    draw = {Form.MERMAID: drawing.mermaid, Form.DOT: drawing.dot, Form.SVG: drawing.svg, Form.HTML: drawing.page}
    typer.echo(draw[form](chosen.plan).rstrip("\n"))


def catalog(
    type_name: Annotated[str, typer.Argument(metavar="[TYPE]", help="One resource type.", show_default=False)] = "",
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave catalog postgres`"""
    from platform_components.catalog import listing
    from platform_components.repository import catalog_of

    found = catalog_of(platform_of(platform))
    if as_json:
        document = (
            listing.listed(found, type_name).to_dict()
            if type_name
            else [one.to_dict() for one in listing.all_listed(found)]
        )
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    elif quiet:
        shown = [listing.listed(found, type_name)] if type_name else listing.all_listed(found)
        typer.echo("\n".join(one.type.name for one in shown if one.serving or type_name))
    elif type_name:
        typer.echo(listing.type_text(listing.listed(found, type_name), found))
    else:
        typer.echo(listing.overview_text(found))


def choice(platform: Path | None, **chosen: object) -> "Matched":
    """What a verb without a cloud is about."""
    from platform_components.lifecycle import stack_file
    from platform_components.lifecycle.wanted import offline

    picked = wanted(**chosen, offline=True)  # type: ignore[arg-type]
    repository = platform_of(platform)
    return offline(repository, picked, stack_file.read(repository, picked.env) if picked.env else {})
