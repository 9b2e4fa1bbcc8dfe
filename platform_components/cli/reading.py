"""The verbs of step one, read: validate and schema. No cloud, no engine, no Pulumi."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_components.cli import options
from platform_components.cli.options import platform_of
from platform_components.errors import UsageError

if TYPE_CHECKING:
    from platform_components.score import Contracts, Source
    from platform_components.score.problems import Problem


def add_to(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("validate", help="Check Score files: every problem of every file, with its place.")(validate)
    app.command("schema", help="Print a JSON Schema of the Score file, for editors; or of what a verb prints.")(schema)


def validate(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Score files, or folders of them.")],
    schema_only: Annotated[
        bool, typer.Option("--schema-only", help="Check against the specification alone: no contracts, no other files.")
    ] = False,
    platform: options.Platform = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """`pave validate examples`"""
    from platform_components import score
    from platform_components.score.problems import excerpt

    contracts = None if schema_only else _types(platform)
    found = score.examine(paths, contracts=contracts, schema_only=schema_only)
    problems = found.problems if schema_only else (*found.problems, *_of_annotations(found.sources))
    if as_json:
        document = {
            "problems": [problem.to_dict() for problem in problems],
            "warnings": [warning.to_dict() for warning in found.warnings],
        }
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        for level, told in (("error", problems), ("warning", found.warnings)):
            for problem in told:
                typer.echo(f"{level}: {problem}")
                text = found.texts.get(problem.position.file, "") if problem.position else ""
                if text and (lines := excerpt(problem, text)):
                    typer.echo("\n".join(f"  {line}" for line in lines.splitlines()))
        if not problems and not quiet:
            names = ", ".join(source.workload.name for source in found.sources)
            typer.echo(f"{len(found.sources)} workload(s) without a problem: {names}")
    if problems:
        raise typer.Exit(1)


def schema(
    verb: Annotated[
        str,
        typer.Argument(
            metavar="[VERB]", help="Instead, the schema of what this verb prints with --json.", show_default=False
        ),
    ] = "",
    platform: options.Platform = None,
) -> None:
    """`pave schema > score.schema.json`, `pave schema list`"""
    from platform_components.cli import outputs
    from platform_components.repository import catalog_of
    from platform_components.score.schema import workload_schema

    if verb:
        typer.echo(json.dumps(outputs.schema_of(verb), indent=2, ensure_ascii=False))
        return
    found = _platform(platform)
    if found is None:
        document = workload_schema()
    else:
        catalog = catalog_of(found)
        offered = {name: type_ for name, type_ in catalog.types.items() if type_.developer}
        document = workload_schema(offered, {name: catalog.classes(name) for name in offered})
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def _of_annotations(sources: Sequence["Source"]) -> Iterator["Problem"]:
    """Problems of annotations that mean something to the platform; most files have none, and need not wait for this."""
    if any(name.startswith(("platform-components/", "k8s.")) for one in sources for name in one.workload.annotations):
        from platform_components.drivers.workload_annotations import annotation_problems

        yield from annotation_problems(sources)


def _types(platform: Path | None) -> "Contracts":
    """The platform's resource types; where there is no platform repository, those that were installed."""
    from platform_components.catalog import packages
    from platform_components.catalog.load import load_types

    found = _platform(platform)
    own = [] if found is None else [found / "definitions"]
    return load_types(own, packages=packages.entries(packages.DEFINITIONS))


def _platform(named: Path | None) -> Path | None:
    """The platform repository; None where there is none and none was named."""
    try:
        return platform_of(named)
    except UsageError:
        if named is not None:
            raise
        return None
